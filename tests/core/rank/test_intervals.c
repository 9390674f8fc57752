#include "intervals.h"

#include "bca_golden.h"
#include "distribution.h"
#include "kit.h"
#include "percentile_golden.h"
#include "spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int compare(const void *x, const void *y)
{
    double a = *(const double *)x;
    double b = *(const double *)y;
    return (a > b) - (a < b);
}

static void bca_agrees_with_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_bca); i++) {
        double sorted[256];
        double low = 0;
        double high = 0;
        assert_true(golden_bca[i].n_replicates <= COUNT(sorted));
        memcpy(sorted, golden_bca[i].replicates, golden_bca[i].n_replicates * sizeof(*sorted));
        qsort(sorted, golden_bca[i].n_replicates, sizeof(*sorted), compare);
        pl_bca_fault fault = pl__bca_interval(golden_bca[i].estimate, sorted, golden_bca[i].n_replicates,
                                              golden_bca[i].without, golden_bca[i].n, golden_bca[i].level, &low, &high);
        assert_int_equal(fault, PL_BCA_FINE);
        PL_KIT_CLOSE(low, golden_bca[i].low, 1e-9);
        PL_KIT_CLOSE(high, golden_bca[i].high, 1e-9);
    }
}

static void bca_says_what_is_wrong(void **state)
{
    const double sorted[] = {1, 2, 3, 4};
    const double fine[] = {2, 3, 2, 3};
    const double none[] = {2, 3, nan(""), 3};
    const double flat[] = {2, 2, 2, 2};
    const double steep[40] = {1e9};
    double low = -1;
    double high = -1;
    (void)state;
    assert_int_equal(pl__bca_interval(0.5, sorted, 4, fine, 4, 0.95, &low, &high), PL_BCA_ONE_SIDED);
    assert_int_equal(pl__bca_interval(4.5, sorted, 4, fine, 4, 0.95, &low, &high), PL_BCA_ONE_SIDED);
    assert_int_equal(pl__bca_interval(2.5, sorted, 4, none, 4, 0.95, &low, &high), PL_BCA_NO_JACKKNIFE);
    assert_int_equal(pl__bca_interval(2.5, sorted, 4, steep, 40, 1 - 1e-12, &low, &high), PL_BCA_STEEP);
    PL_KIT_CLOSE(low, -1, 0);
    PL_KIT_CLOSE(high, -1, 0);
    assert_int_equal(pl__bca_interval(2, flat, 4, flat, 4, 0.95, &low, &high), PL_BCA_FINE);
    PL_KIT_CLOSE(low, 2, 0);
    PL_KIT_CLOSE(high, 2, 0);
}

static void quantiles(void **state)
{
    const double x[] = {1, 2, 4, 8};
    (void)state;
    PL_KIT_CLOSE(pl__quantile(x, 4, 0), 1, 0);
    PL_KIT_CLOSE(pl__quantile(x, 4, 1), 8, 0);
    PL_KIT_CLOSE(pl__quantile(x, 4, 0.5), 3, 1e-15);
    PL_KIT_CLOSE(pl__quantile(x, 4, 0.9), 6.8, 1e-14);
    PL_KIT_CLOSE(pl__quantile(x, 1, 0.3), 1, 0);
}

/* type=6 of R's quantile(), by hand: place p (n + 1), the ends held. */
static void percentiles(void **state)
{
    const double x[] = {1, 2, 4, 8};
    (void)state;
    PL_KIT_CLOSE(pl__percentile(x, 4, 0.5), 3, 1e-15);
    PL_KIT_CLOSE(pl__percentile(x, 4, 0.25), 1.25, 1e-15);
    PL_KIT_CLOSE(pl__percentile(x, 4, 0.7), 6, 1e-14);
    PL_KIT_CLOSE(pl__percentile(x, 4, 0.2), 1, 1e-15);
    PL_KIT_CLOSE(pl__percentile(x, 4, 0.1), 1, 0);
    PL_KIT_CLOSE(pl__percentile(x, 4, 0), 1, 0);
    PL_KIT_CLOSE(pl__percentile(x, 4, 0.81), 8, 0);
    PL_KIT_CLOSE(pl__percentile(x, 4, 1), 8, 0);
    PL_KIT_CLOSE(pl__percentile(x, 1, 0.3), 1, 0);
}

static void percentiles_agree_with_numpy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_percentiles); i++) {
        double sorted[256];
        size_t n = golden_percentiles[i].n;
        assert_true(n <= COUNT(sorted));
        memcpy(sorted, golden_percentiles[i].x, n * sizeof(*sorted));
        qsort(sorted, n, sizeof(*sorted), compare);
        for (size_t k = 0; k < COUNT(golden_shares); k++)
            PL_KIT_CLOSE(pl__percentile(sorted, n, golden_shares[k]), golden_percentiles[i].values[k], 1e-12);
        double low = 0;
        double high = 0;
        assert_true(
            pl__corrected_interval(golden_percentiles[i].estimate, sorted, n, golden_percentiles[i].tail, &low, &high));
        PL_KIT_CLOSE(low, golden_percentiles[i].low, 1e-9);
        PL_KIT_CLOSE(high, golden_percentiles[i].high, 1e-9);
    }
}

static void a_corrected_interval_without_a_middle(void **state)
{
    const double x[] = {1, 2, 4, 8};
    double low = 0;
    double high = 0;
    (void)state;
    assert_true(pl__corrected_interval(3, x, 4, 0.3, &low, &high)); /* half lie below: not moved */
    PL_KIT_CLOSE(low, pl__percentile(x, 4, 0.3), 1e-12);
    PL_KIT_CLOSE(high, pl__percentile(x, 4, 0.7), 1e-12);
    assert_false(pl__corrected_interval(9, x, 4, 0.3, &low, &high));
    PL_KIT_CLOSE(low, pl__percentile(x, 4, 0.3), 0);
    PL_KIT_CLOSE(high, pl__percentile(x, 4, 0.7), 0);
    assert_true(pl__corrected_interval(5, x, 4, 0.3, &low, &high)); /* the replicates lean down, the truth lies above */
    assert_true(low > pl__percentile(x, 4, 0.3) && high > pl__percentile(x, 4, 0.7));
}

/* By hand from tables: t_{.975,24} = 2.0639; sqrt(25/24) = 1.0206; Phi(-2.1064) = 0.01758. */
static void the_expanded_tail(void **state)
{
    (void)state;
    PL_KIT_CLOSE(pl__expanded_tail(25, 0.95), 0.01758, 1e-5);
    PL_KIT_CLOSE(pl__expanded_tail(1000000, 0.95), 0.025, 1e-6);
    assert_true(pl__expanded_tail(2, 0.95) < 1e-12);
}

/* The example of R's p.adjust, "holm". */
static void holm(void **state)
{
    double p[] = {0.01, 0.04, 0.03, 0.005, nan("")};
    double none = 0;
    (void)state;
    PL_KIT_OK(pl__holm(p, 4), NULL);
    PL_KIT_CLOSE(p[0], 0.03, 1e-15);
    PL_KIT_CLOSE(p[1], 0.06, 1e-15);
    PL_KIT_CLOSE(p[2], 0.06, 1e-15);
    PL_KIT_CLOSE(p[3], 0.02, 1e-15);
    PL_KIT_OK(pl__holm(&none, 0), NULL);
    double with_undefined[] = {0.01, nan(""), 0.02};
    PL_KIT_OK(pl__holm(with_undefined, 3), NULL);
    PL_KIT_CLOSE(with_undefined[0], 0.03, 1e-15);
    assert_true(isnan(with_undefined[1]));
    PL_KIT_CLOSE(with_undefined[2], 0.04, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bca_agrees_with_scipy),
        cmocka_unit_test(bca_says_what_is_wrong),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(percentiles),
        cmocka_unit_test(percentiles_agree_with_numpy),
        cmocka_unit_test(a_corrected_interval_without_a_middle),
        cmocka_unit_test(the_expanded_tail),
        cmocka_unit_test(holm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
