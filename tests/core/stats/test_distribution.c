#include "distribution.h"
#include "distribution_golden.h"
#include "kit.h"

#include <math.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void same(double value, double wanted, double tolerance)
{
    PL_KIT_CLOSE(value, wanted, tolerance * fmax(fabs(wanted), 1e-300));
}

static void normal_agrees_with_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_normal); i++)
        same(pl__normal_cdf(golden_normal[i][0]), golden_normal[i][1], 1e-12);
    for (size_t i = 0; i < COUNT(golden_normal_quantiles); i++)
        same(pl__normal_quantile(golden_normal_quantiles[i][0]), golden_normal_quantiles[i][1], 1e-13);
}

static void student_agrees_with_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_student); i++) {
        const double *g = golden_student[i];
        double tolerance = g[1] > 1e5 ? 1e-9 : 1e-12; /* scipy itself is off by some 1e-10 there */
        same(pl__student_cdf(g[0], g[1]), g[2], tolerance);
        same(pl__student_two_sided(g[0], g[1]), g[3], tolerance);
    }
    for (size_t i = 0; i < COUNT(golden_student_quantiles); i++) {
        const double *g = golden_student_quantiles[i];
        PL_KIT_CLOSE(pl__student_quantile(g[0], g[1]), g[2], 1e-10 * fmax(1.0, fabs(g[2])));
    }
}

static void edges(void **state)
{
    double infinity = (double)INFINITY;
    (void)state;
    assert_true(isnan(pl__normal_cdf(nan(""))) && isnan(pl__normal_quantile(nan(""))));
    assert_true(isnan(pl__normal_quantile(-0.1)) && isnan(pl__normal_quantile(1.1)));
    assert_true(pl__normal_quantile(0) < 0 && isinf(pl__normal_quantile(0)));
    assert_true(pl__normal_quantile(1) > 0 && isinf(pl__normal_quantile(1)));
    PL_KIT_CLOSE(pl__normal_cdf(infinity), 1, 0);
    assert_true(isnan(pl__student_cdf(nan(""), 3)) && isnan(pl__student_cdf(1, 0)) && isnan(pl__student_cdf(1, -2)));
    assert_true(isnan(pl__student_quantile(0.3, nan(""))) && isnan(pl__student_quantile(2, 3)));
    PL_KIT_CLOSE(pl__student_cdf(infinity, 4), 1, 0);
    PL_KIT_CLOSE(pl__student_cdf(-infinity, 4), 0, 0);
    PL_KIT_CLOSE(pl__student_cdf(0, 4), 0.5, 1e-15);
    assert_true(isinf(pl__student_quantile(0, 4)) && isinf(pl__student_quantile(1, 4)));
    PL_KIT_CLOSE(pl__student_quantile(0.975, infinity), pl__normal_quantile(0.975), 0);
    PL_KIT_CLOSE(pl__student_cdf(1.5, infinity), pl__normal_cdf(1.5), 1e-15);
}

static void quantiles_invert(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 200; i++) {
        double p = i / 200.0;
        PL_KIT_CLOSE(pl__normal_cdf(pl__normal_quantile(p)), p, 1e-14);
        PL_KIT_CLOSE(pl__student_cdf(pl__student_quantile(p, 1 + i % 50), 1 + i % 50), p, 1e-13);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_agrees_with_scipy),
        cmocka_unit_test(student_agrees_with_scipy),
        cmocka_unit_test(edges),
        cmocka_unit_test(quantiles_invert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
