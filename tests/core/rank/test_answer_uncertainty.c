#include "kit.h"
#include "response_maker.h"
#include <peerless/answers.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const METHODS[] = {"margin", "within", "majority", "dawid-skene"};
#define N_METHODS 4u

static pl_uncertainty *run(const response_maker *x, size_t n_methods, const pl_uncertainty_opts *opts)
{
    pl_answer_table *t = NULL;
    pl_uncertainty *u = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl_answer_table_build(&x->set, NULL, &t, &err), &err);
    PL_KIT_OK(pl_answer_uncertainty_run(METHODS, n_methods, t, opts, &u, &err), &err);
    pl_answer_table_free(t);
    return u;
}

static void same_on_all_threads(void **state)
{
    (void)state;
    response_maker *x = response_maker_random(5, 7, 80, 4);
    pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
    opts.replicates = 50;
    pl_uncertainty *one = run(x, N_METHODS, &opts);
    opts.threads = 4;
    pl_uncertainty *four = run(x, N_METHODS, &opts);
    for (uint32_t k = 0; k < N_METHODS; k++) {
        const pl_method_uncertainty *a = pl_uncertainty_method(one, k);
        const pl_method_uncertainty *b = pl_uncertainty_method(four, k);
        assert_memory_equal(a->replicates, b->replicates, sizeof(double) * 50 * 7);
        assert_memory_equal(a->low, b->low, 7 * sizeof(double));
        assert_int_equal(a->n_ranked, 7);
        for (uint32_t m = 0; m < 7; m++) {
            assert_true(a->low[m] <= a->high[m] && a->se[m] > 0.0);
            assert_true(a->rank_low[m] >= 1 && a->rank_high[m] <= 7);
        }
    }
    assert_int_equal(pl_uncertainty_n_images(one), 80);
    pl_uncertainty_free(one);
    pl_uncertainty_free(four);
    free(x);
}

/* The mean of a signal has the standard error of a mean. */
static void error_of_a_mean(void **state)
{
    (void)state;
    response_maker *x = response_maker_random(6, 2, 400, 3);
    pl_answer_table *t = NULL;
    pl_error err = {0};
    double *values = calloc(800, sizeof(*values));
    pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
    opts.replicates = 2000;
    pl_uncertainty *u = run(x, 1, &opts); /* margin */
    PL_KIT_OK(pl_answer_table_build(&x->set, NULL, &t, &err), &err);
    PL_KIT_OK(pl_answer_signal_values(t, "margin", values, NULL, &err), &err);
    for (uint32_t m = 0; m < 2; m++) {
        double mean = 0.0;
        double squares = 0.0;
        for (uint32_t i = 0; i < 400; i++)
            mean += values[m * 400 + i] / 400.0;
        for (uint32_t i = 0; i < 400; i++)
            squares += pow(values[m * 400 + i] - mean, 2.0);
        double error = sqrt(squares) / 400.0;
        PL_KIT_CLOSE(pl_uncertainty_method(u, 0)->se[m], error, 0.06 * error);
    }
    free(values);
    pl_answer_table_free(t);
    pl_uncertainty_free(u);
    free(x);
}

static void kinds_and_refusals(void **state)
{
    (void)state;
    response_maker *x = response_maker_random(8, 4, 20, 3);
    pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
    size_t n = 0;
    opts.replicates = 100;
    opts.interval = PL_INTERVAL_BCA;
    pl_uncertainty *u = run(x, N_METHODS, &opts);
    assert_non_null(strstr(pl_uncertainty_warnings(u, &n)[0], "20 images are few"));
    pl_uncertainty_free(u);
    for (size_t i = 0; i < x->set.n_rows; i++)
        x->rows[i].image = 0; /* one cluster */
    u = run(x, N_METHODS, &opts);
    assert_null(pl_uncertainty_method(u, 0)->replicates);
    assert_non_null(strstr(pl_uncertainty_warnings(u, &n)[0], "one image"));
    pl_uncertainty_free(u);
    opts.replicates = 1;
    pl_answer_table *t = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl_answer_table_build(&x->set, NULL, &t, &err), &err);
    u = NULL;
    PL_KIT_STATUS(pl_answer_uncertainty_run(METHODS, N_METHODS, t, &opts, &u, &err), PL_E_RANGE, &err);
    assert_null(u);
    pl_answer_table_free(t);
    free(x);
}

static pl_status run_once(void *user, pl_error *err)
{
    pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
    pl_uncertainty *u = NULL;
    opts.replicates = 3;
    pl_status rc = pl_answer_uncertainty_run(METHODS, N_METHODS, user, &opts, &u, err);
    pl_uncertainty_free(u);
    return rc;
}

static void refused_memory(void **state)
{
    (void)state;
    response_maker *x = response_maker_random(3, 4, 30, 3);
    pl_answer_table *t = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl_answer_table_build(&x->set, NULL, &t, &err), &err);
    pl__kit_fault_loop("answer_uncertainty", run_once, t);
    pl_answer_table_free(t);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_on_all_threads),
        cmocka_unit_test(error_of_a_mean),
        cmocka_unit_test(kinds_and_refusals),
        cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
