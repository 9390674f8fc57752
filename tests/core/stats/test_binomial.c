#include "binomial.h"
#include "kit.h"
#include "rng.h"
#include "stats_golden.h"

#include <math.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void tails_agree_with_exact_integers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_tails); i++) {
        double tail = pl__binomial_tail(golden_tails[i].k, golden_tails[i].n, golden_tails[i].p);
        PL_KIT_CLOSE(tail / golden_tails[i].tail, 1, 2e-13);
    }
}

static void tails_at_the_edges(void **state)
{
    (void)state;
    PL_KIT_CLOSE(pl__binomial_tail(0, 0, 0.3), 1, 0);
    PL_KIT_CLOSE(pl__binomial_tail(1, 0, 0.3), 0, 0);
    PL_KIT_CLOSE(pl__binomial_tail(3, 2, 1), 0, 0);
    PL_KIT_CLOSE(pl__binomial_tail(2, 2, 1), 1, 0);
    PL_KIT_CLOSE(pl__binomial_tail(1, 2, 0), 0, 0);
    PL_KIT_CLOSE(pl__binomial_tail(0, 2, 0), 1, 0);
    assert_true(isnan(pl__binomial_tail(1, 2, nan(""))));
    assert_true(isnan(pl__binomial_tail(1, 2, 1.5)));
}

static void betas_agree_with_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_betas); i++) {
        double value = pl__beta_inc(golden_betas[i].a, golden_betas[i].b, golden_betas[i].x);
        PL_KIT_CLOSE(value / golden_betas[i].value, 1, 1e-12);
    }
    PL_KIT_CLOSE(pl__beta_inc(1e5, 1e5, 0.5), 0.5, 1e-12); /* by symmetry; scipy is off by 3e-10 here */
    PL_KIT_CLOSE(pl__beta_inc(2, 3, 0), 0, 0);
    PL_KIT_CLOSE(pl__beta_inc(2, 3, 1), 1, 0);
    assert_true(isnan(pl__beta_inc(0, 1, 0.5)) && isnan(pl__beta_inc(1, -1, 0.5)) && isnan(pl__beta_inc(1, 1, 2)));
    assert_true(isnan(pl__beta_inc(1, 1, nan(""))) && isnan(pl__beta_inc(nan(""), 1, 0.5)));
}

static void sign_test(void **state)
{
    (void)state;
    PL_KIT_CLOSE(pl__binomial_sign_test(0, 0), 1, 0);
    assert_true(isnan(pl__binomial_sign_test(2, 1)));
    for (size_t i = 0; i < COUNT(golden_sign_tests); i++) {
        double p = pl__binomial_sign_test(golden_sign_tests[i].k, golden_sign_tests[i].n);
        PL_KIT_CLOSE(p / golden_sign_tests[i].p, 1, 1e-12);
    }
}

static void intervals_agree_with_scipy(void **state)
{
    (void)state;
    double low = 0;
    double high = 0;
    for (size_t i = 0; i < COUNT(golden_intervals); i++) {
        pl__binomial_interval(golden_intervals[i].k, golden_intervals[i].n, golden_intervals[i].level, &low, &high);
        PL_KIT_CLOSE(low, golden_intervals[i].low, 1e-9);
        PL_KIT_CLOSE(high, golden_intervals[i].high, 1e-9);
    }
    pl__binomial_interval(0, 0, 0.95, &low, &high);
    PL_KIT_CLOSE(low, 0, 0);
    PL_KIT_CLOSE(high, 1, 0);
    pl__binomial_interval(3, 2, 0.95, &low, &high);
    assert_true(isnan(low) && isnan(high));
    pl__binomial_interval(1, 2, nan(""), &low, &high);
    assert_true(isnan(low) && isnan(high));
}

/* By definition the interval's ends are where the two tails have half of what is left over. */
static void intervals_hold_their_definition(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 60; round++) {
        pl_rng rng;
        pl__rng_init(&rng, pl__kit_seed(), "binomial", round);
        uint64_t n = 2 + pl__rng_below(&rng, 3000);
        uint64_t k = 1 + pl__rng_below(&rng, n - 1);
        double low = 0;
        double high = 0;
        pl__binomial_interval(k, n, 0.95, &low, &high);
        assert_true(low < (double)k / (double)n && (double)k / (double)n < high);
        PL_KIT_CLOSE(pl__binomial_tail(k, n, low), 0.025, 1e-11);
        PL_KIT_CLOSE(1 - pl__binomial_tail(k + 1, n, high), 0.025, 1e-11);
        PL_KIT_CLOSE(pl__binomial_tail(k, n, 0.4) + pl__binomial_tail(n - k + 1, n, 0.6), 1, 1e-13);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails_agree_with_exact_integers), cmocka_unit_test(tails_at_the_edges),
        cmocka_unit_test(betas_agree_with_scipy),          cmocka_unit_test(sign_test),
        cmocka_unit_test(intervals_agree_with_scipy),      cmocka_unit_test(intervals_hold_their_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
