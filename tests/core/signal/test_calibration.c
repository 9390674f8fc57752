#include "answers_golden.h"
#include "kit.h"
#include "response_maker.h"
#include <peerless/answers.h>

#include <stdlib.h>

static void goldens(void **state)
{
    (void)state;
    response_maker *x =
        response_maker_new(GOLDEN_MODELS, GOLDEN_ITEMS, GOLDEN_OPTIONS, golden_options, golden_logits, golden_labels);
    pl_answer_table *t = NULL;
    pl_calibration c[GOLDEN_MODELS];
    pl_reliability_bin bins[GOLDEN_MODELS * 15];
    pl_error err = {0};
    PL_KIT_OK(pl_answer_table_build(&x->set, NULL, &t, &err), &err);
    PL_KIT_OK(pl_calibration_run(t, 15, c, bins, &err), &err);
    for (size_t m = 0; m < GOLDEN_MODELS; m++) {
        uint64_t n = 0;
        PL_KIT_CLOSE(c[m].accuracy, golden_calibration[4 * m], 1e-9);
        PL_KIT_CLOSE(c[m].ece, golden_calibration[4 * m + 1], 1e-9);
        PL_KIT_CLOSE(c[m].mce, golden_calibration[4 * m + 2], 1e-9);
        PL_KIT_CLOSE(c[m].aurc, golden_calibration[4 * m + 3], 1e-9);
        for (uint32_t b = 0; b < 15; b++)
            n += bins[15 * m + b].n;
        assert_int_equal(n, c[m].n_sure);
        assert_int_equal(c[m].n + c[m].missing, GOLDEN_ITEMS);
    }
    PL_KIT_STATUS(pl_calibration_run(t, 0, c, NULL, &err), PL_E_RANGE, &err);
    pl_answer_table_free(t);
    free(x);
}

/* Two options at 1/2 : 1/2 fall on a bound of 2 bins: (0, 1/2] takes them. Ties choose the first option, and equal
 * confidences share their errors. */
static void bounds_and_ties(void **state)
{
    (void)state;
    const uint32_t n_options[4] = {2, 2, 2, 2};
    const double logits[8] = {0};
    const uint8_t labels[4] = {0, 0, 0, 1};
    response_maker *x = response_maker_new(1, 4, 2, n_options, logits, labels);
    pl_answer_table *t = NULL;
    pl_calibration c;
    pl_reliability_bin bins[2];
    pl_error err = {0};
    PL_KIT_OK(pl_answer_table_build(&x->set, NULL, &t, &err), &err);
    PL_KIT_OK(pl_calibration_run(t, 2, &c, bins, &err), &err);
    assert_int_equal(bins[0].n, 4);
    assert_int_equal(bins[1].n, 0);
    assert_true(isnan(bins[1].accuracy));
    PL_KIT_CLOSE(c.accuracy, 0.75, 0.0);
    PL_KIT_CLOSE(c.ece, 0.25, 1e-15);
    PL_KIT_CLOSE(c.mce, 0.25, 1e-15);
    PL_KIT_CLOSE(c.aurc, 0.25, 1e-15);
    pl_answer_table_free(t);
    for (size_t i = 0; i < 4; i++)
        x->rows[i].labels = 0;
    PL_KIT_OK(pl_answer_table_build(&x->set, NULL, &t, &err), &err);
    PL_KIT_OK(pl_calibration_run(t, 15, &c, NULL, &err), &err);
    assert_int_equal(c.n, 0);
    assert_true(isnan(c.accuracy) && isnan(c.ece) && isnan(c.aurc));
    pl_answer_table_free(t);
    free(x);
}

static pl_status run_once(void *user, pl_error *err)
{
    const response_maker *x = user;
    pl_answer_table *t = NULL;
    pl_calibration c[3];
    double values[3 * 20];
    pl_status rc = pl_answer_table_build(&x->set, NULL, &t, err);
    rc = rc ? rc : pl_calibration_run(t, 15, c, NULL, err);
    rc = rc ? rc : pl_answer_signal_values(t, "entropy", values, NULL, err);
    pl_answer_table_free(t);
    return rc;
}

static void refused_memory(void **state)
{
    (void)state;
    response_maker *x = response_maker_random(3, 3, 20, 3);
    pl__kit_fault_loop("calibration and signals", run_once, x);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(goldens), cmocka_unit_test(bounds_and_ties),
                                       cmocka_unit_test(refused_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
