#include <peerless/ppi.h>

#include "distribution.h"
#include "kit.h"
#include "ppi_golden.h"
#include "rng.h"

#include <math.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define N_MAX 100u
#define MACHINE_MAX 1000u

static pl_ppi_mean_result mean(const double *y, const double *f, size_t n, const double *machine, size_t n_machine,
                               const pl_ppi_opts *opts)
{
    pl_error err = {0};
    pl_ppi_mean_result r = {0};
    PL_KIT_OK(pl_ppi_mean(y, f, n, machine, n_machine, opts, &r, &err), &err);
    return r;
}

/* Both parts divided by n as ppi-python does, and the normal quantile. `spent`: n - spent was divided by instead. */
static double normal_half(const pl_ppi_mean_result *r, double n, double spent, double n_machine)
{
    double labels = r->error_labels * r->error_labels * (n - spent) / n;
    double machine = r->error_machine * r->error_machine * (n_machine - 1) / n_machine;
    return pl__normal_quantile(0.975) * sqrt(labels + machine);
}

static void agrees_with_ppi_python(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ppi_goldens); i++) {
        const ppi_golden *g = &ppi_goldens[i];
        double n = (double)g->n;
        double n_machine = (double)g->n_machine;
        pl_ppi_opts opts = PL_PPI_OPTS_INIT;
        pl_ppi_mean_result r = mean(g->labels, g->predictions, g->n, g->machine, g->n_machine, NULL);
        PL_KIT_CLOSE(r.estimate, g->tuned_estimate, 1e-12);
        PL_KIT_CLOSE(r.estimate - normal_half(&r, n, 2, n_machine), g->tuned_low, 1e-12);
        PL_KIT_CLOSE(r.estimate + normal_half(&r, n, 2, n_machine), g->tuned_high, 1e-12);
        PL_KIT_CLOSE(r.labelled_low, g->labelled_low, 1e-12);
        PL_KIT_CLOSE(r.labelled_high, g->labelled_high, 1e-12);
        assert_true(r.high - r.low <= r.labelled_high - r.labelled_low);
        opts.fixed_lambda = true;
        opts.lambda = 1;
        r = mean(g->labels, g->predictions, g->n, g->machine, g->n_machine, &opts);
        PL_KIT_CLOSE(r.estimate, g->plain_estimate, 1e-12);
        PL_KIT_CLOSE(r.estimate - normal_half(&r, n, 1, n_machine), g->plain_low, 1e-12);
        opts.lambda = 0.5;
        r = mean(g->labels, g->predictions, g->n, g->machine, g->n_machine, &opts);
        PL_KIT_CLOSE(r.estimate, g->half_estimate, 1e-12);
        PL_KIT_CLOSE(r.estimate + normal_half(&r, n, 1, n_machine), g->half_high, 1e-12);
        PL_KIT_CLOSE(r.high, r.estimate + pl__student_quantile(0.975, n - 1) * r.error, 1e-12);
    }
}

static void edges(void **state)
{
    (void)state;
    static const double y[] = {1, 0, 1, 1, 0, 1};
    static const double f[] = {1, 0, 1, 0, 0, 1};
    static const double ones[] = {1, 1, 1, 1, 1, 1};
    static const double opposite[] = {0, 1, 0, 0, 1, 0};
    pl_ppi_opts opts = PL_PPI_OPTS_INIT;

    pl_ppi_mean_result r = mean(NULL, NULL, 0, f, 6, NULL); /* no labels: nothing is known */
    assert_true(isnan(r.estimate) && isnan(r.low) && isnan(r.error) && (r.flags & PL_PPI_FEW_LABELS));
    r = mean(y, f, 1, f, 6, NULL);
    assert_true(r.estimate > 0.5 && isnan(r.low) && isnan(r.high));
    r = mean(y, f, 6, NULL, 0, NULL); /* the labels alone */
    PL_KIT_CLOSE(r.estimate, 4.0 / 6, 1e-15);
    PL_KIT_CLOSE(r.low, r.labelled_low, 0);
    assert_true(r.flags & PL_PPI_NO_PREDICTIONS);
    r = mean(y, opposite, 6, f, 6, NULL); /* predictions that are wrong throughout: lambda is cut at 0 */
    PL_KIT_CLOSE(r.lambda, 0, 0);
    PL_KIT_CLOSE(r.df, 5, 0);
    assert_true(r.flags & PL_PPI_PREDICTIONS_IDLE);
    r = mean(ones, f, 6, f, 6, NULL); /* every label the same: no spread to judge by */
    assert_true(isnan(r.low) && isnan(r.labelled_high) && (r.flags & PL_PPI_NO_SPREAD));
    PL_KIT_CLOSE(r.estimate, 1, 0);
    double machine[120];
    for (size_t i = 0; i < COUNT(machine); i++)
        machine[i] = f[i % 6];
    r = mean(y, f, 6, f, 6, NULL); /* the degree of freedom that tuning costs is not worth it here */
    assert_true(r.flags & PL_PPI_PREDICTIONS_IDLE);
    r = mean(y, f, 6, machine, COUNT(machine), NULL);
    assert_true(r.lambda > 0 && r.flags == (PL_PPI_FEW_LABELS | PL_PPI_FEW_CORRECTIONS));
    opts.level = 0.5;
    assert_true(mean(y, f, 6, machine, COUNT(machine), &opts).high < r.high);
    for (uint32_t flag = 1; flag <= PL_PPI_PREDICTIONS_IDLE; flag <<= 1)
        assert_true(strlen(pl_ppi_flag_text(flag)) > 20);
    assert_non_null(pl_ppi_flag_text(0));
}

static void refusals(void **state)
{
    (void)state;
    static const double y[] = {1, 0, 1};
    static const double bad[] = {1, (double)NAN, 1};
    static const double endless[] = {1, 0, (double)INFINITY};
    static const double huge[] = {1e300, -1e300, 1};
    pl_error err = {0};
    pl_ppi_mean_result r = {.df = 77};
    pl_ppi_opts opts = PL_PPI_OPTS_INIT;
    PL_KIT_STATUS(pl_ppi_mean(y, y, 3, y, 3, NULL, NULL, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_ppi_mean(NULL, y, 3, y, 3, NULL, &r, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_ppi_mean(y, NULL, 3, y, 3, NULL, &r, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_ppi_mean(y, y, 3, NULL, 3, NULL, &r, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_ppi_mean(bad, y, 3, y, 3, NULL, &r, &err), PL_E_RANGE, &err);
    PL_KIT_STATUS(pl_ppi_mean(y, endless, 3, y, 3, NULL, &r, &err), PL_E_RANGE, &err);
    PL_KIT_STATUS(pl_ppi_mean(y, y, 3, bad, 3, NULL, &r, &err), PL_E_RANGE, &err);
    PL_KIT_STATUS(pl_ppi_mean(huge, y, 3, y, 3, NULL, &r, &err), PL_E_RANGE, &err);
    PL_KIT_STATUS(pl_ppi_mean(y, y, 3, huge, 3, NULL, &r, &err), PL_E_RANGE, &err);
    opts.level = 1;
    PL_KIT_STATUS(pl_ppi_mean(y, y, 3, y, 3, &opts, &r, &err), PL_E_INVALID, &err);
    opts.level = 0;
    opts.fixed_lambda = true;
    opts.lambda = 1.5;
    PL_KIT_STATUS(pl_ppi_mean(y, y, 3, y, 3, &opts, &r, &err), PL_E_INVALID, &err);
    opts.size_bytes = 3;
    PL_KIT_STATUS(pl_ppi_mean(y, y, 3, y, 3, &opts, &r, &err), PL_E_INVALID, &err);
    PL_KIT_CLOSE(r.df, 77, 0); /* untouched by failures */
}

typedef struct coverage {
    double share;
    double width;
    double labelled_width;
} coverage;

/* Labels 0 or 1, predictions that are right with probability `accuracy`. */
static coverage simulate(size_t n, size_t n_machine, double truth, double accuracy, uint64_t runs)
{
    static double y[N_MAX];
    static double f[N_MAX];
    static double machine[MACHINE_MAX];
    coverage c = {0};
    for (uint64_t i = 0; i < runs; i++) {
        pl_rng rng;
        pl__rng_init(&rng, pl__kit_seed(), "ppi coverage", i);
        for (size_t k = 0; k < n + n_machine; k++) {
            double label = pl__rng_uniform(&rng) < truth ? 1 : 0;
            double prediction = pl__rng_uniform(&rng) < accuracy ? label : 1 - label;
            if (k < n) {
                y[k] = label;
                f[k] = prediction;
            } else {
                machine[k - n] = prediction;
            }
        }
        pl_ppi_mean_result r = mean(y, f, n, machine, n_machine, NULL);
        c.share += r.low <= truth && truth <= r.high ? 1 : 0;
        c.width += r.high - r.low;
        c.labelled_width += r.labelled_high - r.labelled_low;
        assert_true(r.high - r.low <= r.labelled_high - r.labelled_low);
    }
    c.share /= (double)runs;
    print_message("n %zu, N %zu, truth %g, accuracy %g: coverage %.4f, width %.4f of %.4f\n", n, n_machine, truth,
                  accuracy, c.share, c.width / (double)runs, c.labelled_width / (double)runs);
    return c;
}

/* 2,000 runs: the standard error of a coverage of 95 % is half a percent. */
static void covers(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        size_t n_machine;
        double truth;
        double accuracy;
    } rows[] = {{50, 1000, 0.6, 0.9}, {50, 1000, 0.6, 0.7}, {100, 1000, 0.7, 0.85}, {50, 100, 0.5, 0.8}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        coverage c = simulate(rows[i].n, rows[i].n_machine, rows[i].truth, rows[i].accuracy, 2000);
        assert_true(c.share > 0.93 && c.share < 0.97);
        assert_true(c.width < 0.95 * c.labelled_width);
    }
}

static pl_status mean_once(void *user, pl_error *err)
{
    static const double y[] = {0, 1, 1, 0, 1};
    (void)user;
    pl_ppi_mean_result r;
    return pl_ppi_mean(y, y, 5, y, 5, NULL, &r, err);
}

static void needs_no_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("ppi", mean_once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_ppi_python), cmocka_unit_test(edges),
                                       cmocka_unit_test(refusals), cmocka_unit_test(covers),
                                       cmocka_unit_test(needs_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
