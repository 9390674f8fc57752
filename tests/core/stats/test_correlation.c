#include "alloc.h"
#include "kit.h"
#include "rng.h"
#include "stats_golden.h"

#include <math.h>
#include <peerless/stats.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static double spearman(const double *x, const double *y, size_t n)
{
    double ret = -9;
    pl_error err = {0};
    PL_KIT_OK(pl_stats_spearman(x, y, n, &ret, &err), &err);
    return ret;
}

static double kendall(const double *x, const double *y, size_t n)
{
    double ret = -9;
    pl_error err = {0};
    PL_KIT_OK(pl_stats_kendall(x, y, n, &ret, &err), &err);
    return ret;
}

static void agrees_with_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_pairs); i++) {
        const double *x = golden_pairs[i].x;
        const double *y = golden_pairs[i].y;
        size_t n = golden_pairs[i].n;
        PL_KIT_CLOSE(pl_stats_pearson(x, y, n), golden_pairs[i].pearson, 1e-14);
        PL_KIT_CLOSE(spearman(x, y, n), golden_pairs[i].spearman, 1e-14);
        PL_KIT_CLOSE(kendall(x, y, n), golden_pairs[i].kendall, 1e-14);
    }
}

static void undefined_is_nan(void **state)
{
    (void)state;
    static const double some[] = {1, 2, 3, 4};
    const double bad[][4] = {{5, 5, 5, 5}, {1, nan(""), 2, 3}, {1, 2, HUGE_VAL, 3}, {0.1, 0.1, 0.1, 0.1}};
    for (size_t n = 0; n < 2; n++) {
        assert_true(isnan(pl_stats_pearson(some, some, n)));
        assert_true(isnan(spearman(some, some, n)));
        assert_true(isnan(kendall(some, some, n)));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_true(isnan(pl_stats_pearson(bad[i], some, 4)) && isnan(pl_stats_pearson(some, bad[i], 4)));
        assert_true(isnan(spearman(bad[i], some, 4)) && isnan(spearman(some, bad[i], 4)));
        assert_true(isnan(kendall(bad[i], some, 4)) && isnan(kendall(some, bad[i], 4)));
    }
    assert_true(isnan(pl_stats_pearson(NULL, some, 4)));
}

static void refuses_null(void **state)
{
    (void)state;
    static const double some[] = {1, 2};
    double ret = 7;
    pl_error err = {0};
    PL_KIT_STATUS(pl_stats_spearman(NULL, some, 2, &ret, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_stats_spearman(some, some, 2, NULL, NULL), PL_E_INVALID, NULL);
    PL_KIT_STATUS(pl_stats_kendall(some, NULL, 2, &ret, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_stats_kendall(some, some, 2, NULL, NULL), PL_E_INVALID, NULL);
    PL_KIT_CLOSE(ret, 7, 0);
    err = (pl_error){0};
    PL_KIT_OK(pl_stats_spearman(NULL, NULL, 0, &ret, &err), &err);
    assert_true(isnan(ret));
    PL_KIT_OK(pl_stats_kendall(NULL, NULL, 0, &ret, &err), &err);
    assert_true(isnan(ret));
}

static void survives_extreme_sizes(void **state)
{
    (void)state;
    static const double huge[] = {-1.7e308, 1.7e308, 0.3e308, 1.1e308};
    static const double tiny[] = {-5e-324, 1e-323, 0, 5e-324};
    static const double plain[] = {-17, 17, 3, 11};
    PL_KIT_CLOSE(pl_stats_pearson(huge, plain, 4), 1, 1e-15);
    PL_KIT_CLOSE(pl_stats_pearson(tiny, tiny, 4), 1, 1e-15);
    PL_KIT_CLOSE(pl_stats_pearson(huge, tiny, 4), pl_stats_pearson(plain, (double[]){-1, 2, 0, 1}, 4), 1e-15);
}

static int sign_of(double a, double b)
{
    return (a > b) - (a < b);
}

static double tau_by_definition(const double *x, const double *y, size_t n)
{
    double concordant = 0;
    double not_tied_x = 0;
    double not_tied_y = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            int sx = sign_of(x[i], x[j]);
            int sy = sign_of(y[i], y[j]);
            concordant += sx * sy;
            not_tied_x += sx * sx;
            not_tied_y += sy * sy;
        }
    }
    return concordant / sqrt(not_tied_x * not_tied_y);
}

static void matches_definitions_on_random_lists(void **state)
{
    (void)state;
    double x[60];
    double y[60];
    for (uint64_t round = 0; round < 300; round++) {
        pl_rng rng;
        pl__rng_init(&rng, pl__kit_seed(), "correlation", round);
        size_t n = 2 + (size_t)pl__rng_below(&rng, 59);
        uint64_t levels = 2 + pl__rng_below(&rng, 40);
        for (size_t i = 0; i < n; i++) {
            x[i] = (double)pl__rng_below(&rng, levels);
            y[i] = (double)pl__rng_below(&rng, levels) - x[i] / 2;
        }
        double expected = tau_by_definition(x, y, n);
        double tau = kendall(x, y, n);
        assert_int_equal(isnan(tau), isnan(expected));
        if (isnan(tau))
            continue;
        PL_KIT_CLOSE(tau, expected, 1e-13);
        /* A rank correlation sees order only; every one of them is symmetric and changes sign with one list. */
        double rho = spearman(x, y, n);
        double r = pl_stats_pearson(x, y, n);
        PL_KIT_CLOSE(spearman(y, x, n), rho, 1e-14);
        PL_KIT_CLOSE(pl_stats_pearson(y, x, n), r, 1e-14);
        for (size_t i = 0; i < n; i++)
            x[i] = -exp(x[i]);
        PL_KIT_CLOSE(spearman(x, y, n), -rho, 1e-13);
        PL_KIT_CLOSE(kendall(x, y, n), -tau, 1e-13);
    }
}

static pl_status all_of_them(void *user, pl_error *err)
{
    const double *x = user;
    double ret = 0;
    pl_status rc = pl_stats_spearman(x, x + 1, 5, &ret, err);
    return rc == PL_OK ? pl_stats_kendall(x, x + 1, 5, &ret, err) : rc;
}

static void survives_refused_memory(void **state)
{
    (void)state;
    double x[] = {3, 1, 4, 1, 5, 9};
    pl__kit_fault_loop("correlation", all_of_them, x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_scipy),
        cmocka_unit_test(undefined_is_nan),
        cmocka_unit_test(refuses_null),
        cmocka_unit_test(survives_extreme_sizes),
        cmocka_unit_test(matches_definitions_on_random_lists),
        cmocka_unit_test(survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
