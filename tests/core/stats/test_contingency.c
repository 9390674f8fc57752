#include "binomial.h"
#include "contingency.h"
#include "contingency_golden.h"
#include "jackknife.h"
#include "kit.h"
#include "rng.h"

#include <math.h>
#include <stdio.h>

#define COUNT(x) (sizeof(x) / sizeof((x)[0]))

static void test_chi2(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_chi2); i++) {
        const double *g = golden_chi2[i];
        const uint64_t t[2][2] = {{(uint64_t)g[0], (uint64_t)g[1]}, {(uint64_t)g[2], (uint64_t)g[3]}};
        PL_KIT_CLOSE(pl__chi2_table(t, 0), g[4], 1e-12 * (1 + g[4]));
        PL_KIT_CLOSE(pl__chi2_table(t, 1), g[5], 1e-12 * (1 + g[5]));
        PL_KIT_CLOSE(pl__chi2_p(g[4]), g[6], 1e-12);
    }
    const uint64_t empty_row[2][2] = {{0, 0}, {3, 4}};
    assert_true(isnan(pl__chi2_table(empty_row, 0)));
    assert_true(isnan(pl__chi2_p((double)NAN)));
}

static void test_mid_p(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_mid); i++) {
        uint64_t k = (uint64_t)golden_mid[i][0];
        uint64_t n = (uint64_t)golden_mid[i][1];
        PL_KIT_CLOSE(pl__binomial_sign_test(k, n), golden_mid[i][2], 1e-12);
        PL_KIT_CLOSE(pl__sign_test_mid(k, n), golden_mid[i][3], 1e-12);
    }
    PL_KIT_CLOSE(pl__sign_test_mid(0, 0), 1, 0);
    assert_true(isnan(pl__sign_test_mid(2, 1)));
}

static void test_kappa(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_kappa); i++) {
        uint64_t table[9];
        for (size_t v = 0; v < 9; v++)
            table[v] = (uint64_t)golden_kappa[i][v];
        PL_KIT_CLOSE(pl__kappa(table, 3), golden_kappa[i][9], 1e-12);
    }
    const uint64_t empty[4] = {0};
    const uint64_t constant[4] = {7, 0, 0, 0};
    const uint64_t same[4] = {4, 0, 0, 3};
    const uint64_t opposite[4] = {0, 5, 5, 0};
    assert_true(isnan(pl__kappa(empty, 2)));
    assert_true(isnan(pl__kappa(constant, 2)));
    PL_KIT_CLOSE(pl__kappa(same, 2), 1, 0);
    PL_KIT_CLOSE(pl__kappa(opposite, 2), -1, 0);
}

static void test_alpha(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT(golden_alpha); s++) {
        pl_alpha alpha = {{0}, 0, 0};
        for (size_t u = 0; u < GOLDEN_UNITS; u++) {
            uint32_t counts[PL_ALPHA_VALUES_MAX] = {0};
            for (size_t c = 0; c < GOLDEN_CODERS; c++) {
                if (golden_codes[s][c][u] > 0)
                    counts[golden_codes[s][c][u]]++;
            }
            pl__alpha_add(&alpha, counts, PL_ALPHA_VALUES_MAX);
        }
        PL_KIT_CLOSE(pl__alpha_value(&alpha), golden_alpha[s], 1e-12);
        if (s == 0)
            PL_KIT_CLOSE(pl__alpha_value(&alpha), 0.743, 0.0005); /* as published */
    }
    pl_alpha none = {{0}, 0, 0};
    const uint32_t single[2] = {1, 0};
    const uint32_t alike[2] = {3, 0};
    pl__alpha_add(&none, single, 2);
    assert_int_equal(none.units, 0);
    assert_true(isnan(pl__alpha_value(&none)));
    pl__alpha_add(&none, alike, 2);
    assert_true(isnan(pl__alpha_value(&none))); /* nobody ever differs: no chance to be better than chance */
}

/* For a mean the jackknife is the ordinary t test. */
static void test_jackknife(void **state)
{
    (void)state;
    const double x[] = {0.5, -0.2, 1.1, 0.7, 0.4, 0.0};
    const size_t n = COUNT(x);
    double sum = 0;
    double squares = 0;
    double without[COUNT(x)];
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    for (size_t i = 0; i < n; i++) {
        squares += (x[i] - sum / 6) * (x[i] - sum / 6);
        without[i] = (sum - x[i]) / 5;
    }
    pl_jackknife j = pl__jackknife(sum / 6, without, n, 5);
    PL_KIT_CLOSE(j.estimate, sum / 6, 1e-12);
    PL_KIT_CLOSE(j.error, sqrt(squares / 5 / 6), 1e-12);
    PL_KIT_CLOSE(j.p, 0.08237411371283371, 1e-12); /* scipy.stats.ttest_1samp */
    without[2] = (double)NAN;
    assert_true(isnan(pl__jackknife(sum / 6, without, n, 5).p));
    const double alike[] = {0.3, 0.3};
    PL_KIT_CLOSE(pl__jackknife(0.3, alike, 2, 1).p, 0, 0);
    const double zeros[] = {0, 0};
    PL_KIT_CLOSE(pl__jackknife(0, zeros, 2, 1).p, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chi2),  cmocka_unit_test(test_mid_p),     cmocka_unit_test(test_kappa),
        cmocka_unit_test(test_alpha), cmocka_unit_test(test_jackknife),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
