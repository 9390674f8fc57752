#include "kit.h"

#include "rng.h"
#include "token_bucket.h"

#include <math.h>
#include <stdlib.h>

#define S UINT64_C(1000000000)
#define SENT_MAX 20000

static void no_ceiling_never_waits(void **state)
{
    pl_token_bucket b;
    (void)state;
    pl__bucket_init(&b, 0, 5);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(pl__bucket_ready_ns(&b, 1e9, 5), 5);
        pl__bucket_take(&b, 1e9, 5);
    }
    pl__bucket_correct(&b, 1.0, 1e12);
    assert_int_equal(pl__bucket_ready_ns(&b, 1e9, 6), 6);
}

static void sixty_a_minute_is_one_a_second(void **state)
{
    pl_token_bucket b;
    (void)state;
    pl__bucket_init(&b, 60, 0);
    pl__bucket_take(&b, 1.0, 0);
    pl__bucket_take(&b, 1.0, 0); /* the burst of two seconds */
    uint64_t at = pl__bucket_ready_ns(&b, 1.0, 0);
    assert_true(at >= S && at < S + S / 10);
    pl__bucket_init(&b, 1, 0);
    assert_int_equal(pl__bucket_ready_ns(&b, 1.0, 7), 7);
    pl__bucket_take(&b, 1.0, 7);
    at = pl__bucket_ready_ns(&b, 1.0, 7);
    assert_true(at >= 60 * S && at <= 60 * S + 8);
}

static void time_that_runs_back_is_no_time(void **state)
{
    pl_token_bucket b;
    (void)state;
    pl__bucket_init(&b, 60, 100 * S);
    for (int i = 0; i < 2; i++)
        pl__bucket_take(&b, 1.0, 100 * S);
    assert_true(pl__bucket_ready_ns(&b, 1.0, 50 * S) > 50 * S);
    assert_true(pl__bucket_ready_ns(&b, 1.0, 102 * S) == 102 * S);
}

/* Random ceilings and costs, sent as early as it may be: no half-open minute exceeds the ceiling, and what could be
 * sent is sent: at least nine tenths of the ceiling. */
static void no_minute_exceeds_the_ceiling(void **state)
{
    uint64_t *at = calloc(SENT_MAX, sizeof(*at));
    double *cost = calloc(SENT_MAX, sizeof(*cost));
    pl_rng rng;
    (void)state;
    assert_non_null(at);
    assert_non_null(cost);
    pl__rng_init(&rng, pl__kit_seed(), "bucket", 0);
    for (int world = 0; world < 60; world++) {
        uint64_t ceiling = 1 + pl__rng_below(&rng, world % 2 ? 3000 : 90000);
        uint64_t cost_max = world % 3 == 0 ? 1 : 1 + pl__rng_below(&rng, ceiling / 20 + 1);
        uint64_t now = pl__rng_below(&rng, 100 * S);
        uint64_t start = now;
        double sum = 0.0;
        double in_minute = 0.0;
        pl_token_bucket b;
        size_t n = 0;
        size_t oldest = 0;
        pl__bucket_init(&b, ceiling, now);
        while (n < SENT_MAX && now - start < 240 * S) {
            double c = 1.0 + (double)pl__rng_below(&rng, cost_max);
            uint64_t ready = pl__bucket_ready_ns(&b, c, now);
            assert_true(ready >= now);
            now = ready;
            assert_int_equal(pl__bucket_ready_ns(&b, c, now), now); /* it keeps its word */
            pl__bucket_take(&b, c, now);
            at[n] = now;
            cost[n] = c;
            sum += c;
            in_minute += c;
            while (at[n] - at[oldest] >= 60 * S - 1000) /* a microsecond for rounding */
                in_minute -= cost[oldest++];
            if (in_minute > (double)ceiling)
                fail_msg("%.0f in a minute of at most %llu, costs up to %llu", in_minute, (unsigned long long)ceiling,
                         (unsigned long long)cost_max);
            n++;
            if (pl__rng_below(&rng, 200) == 0) /* an idle while */
                now += pl__rng_below(&rng, 3 * S);
        }
        if (n < SENT_MAX && cost_max == 1 && ceiling > 1000)
            assert_true(sum > 0.5 * (double)ceiling * (double)(now - start) / 60e9);
    }
    free(at);
    free(cost);
}

static void full_use_is_nearly_the_ceiling(void **state)
{
    static const uint64_t ceilings[] = {1, 10, 60, 500, 10000};
    (void)state;
    for (size_t i = 0; i < sizeof(ceilings) / sizeof(ceilings[0]); i++) {
        pl_token_bucket b;
        uint64_t now = 0;
        uint64_t n = 0;
        pl__bucket_init(&b, ceilings[i], 0);
        while ((now = pl__bucket_ready_ns(&b, 1.0, now)) < 600 * S) {
            pl__bucket_take(&b, 1.0, now);
            n++;
        }
        assert_true(n <= 10 * ceilings[i]);
        assert_true((double)n >= 9.6 * (double)ceilings[i] - 1.0);
    }
}

static void large_cost_passes_and_is_paid_off(void **state)
{
    pl_token_bucket b;
    (void)state;
    pl__bucket_init(&b, 1000, 0);
    uint64_t at = pl__bucket_ready_ns(&b, 5000.0, 0); /* grows to half a minute's worth first */
    assert_true(at > 0 && at < 61 * S);
    pl__bucket_take(&b, 5000.0, at);
    uint64_t next = pl__bucket_ready_ns(&b, 1.0, at);
    assert_true(next - at > 500 * S && next - at < 700 * S); /* 4,500 at 501 a minute */
}

static void corrections_count(void **state)
{
    pl_token_bucket b;
    (void)state;
    pl__bucket_init(&b, 60000, 0);
    pl__bucket_take(&b, 2000.0, 0);
    uint64_t before = pl__bucket_ready_ns(&b, 1000.0, 0);
    pl__bucket_correct(&b, 2000.0, 1000.0); /* it was less */
    assert_true(before > 0);
    assert_int_equal(pl__bucket_ready_ns(&b, 1000.0, 0), 0);
    pl__bucket_correct(&b, 0.0, 2000.0); /* it was more */
    assert_true(pl__bucket_ready_ns(&b, 1000.0, 0) > before);
    for (int i = 0; i < 100; i++)
        pl__bucket_correct(&b, 1e9, 0.0); /* never more than the burst */
    pl__bucket_take(&b, 2001.0, 0);
    assert_true(pl__bucket_ready_ns(&b, 1.0, 0) > 0);
}

static void estimate_adds_up(void **state)
{
    (void)state;
    PL_KIT_CLOSE(pl__tokens_estimate(0, 0, 0), 0.0, 0.0);
    PL_KIT_CLOSE(pl__tokens_estimate(401, 2, 512), 101.0 + 2000.0 + 512.0, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_ceiling_never_waits),
        cmocka_unit_test(sixty_a_minute_is_one_a_second),
        cmocka_unit_test(time_that_runs_back_is_no_time),
        cmocka_unit_test(no_minute_exceeds_the_ceiling),
        cmocka_unit_test(full_use_is_nearly_the_ceiling),
        cmocka_unit_test(large_cost_passes_and_is_paid_off),
        cmocka_unit_test(corrections_count),
        cmocka_unit_test(estimate_adds_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
