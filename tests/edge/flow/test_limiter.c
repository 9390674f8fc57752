#include "kit.h"

#include "limiter.h"
#include "rng.h"

#define MS UINT64_C(1000000)

static void starts_at_what_was_asked_for(void **state)
{
    pl_limiter l;
    (void)state;
    pl__limiter_init(&l, 16);
    assert_int_equal(pl__limiter_limit(&l), 16);
    assert_int_equal(pl__limiter_ready_ns(&l, 15, 3), 3);
    assert_true(pl__limiter_ready_ns(&l, 16, 3) == PL_FLOW_NEVER);
    pl__limiter_init(&l, 0);
    assert_int_equal(pl__limiter_limit(&l), 1);
}

/* Sixteen requests sent together, all answered 429: one decrease. */
static void one_decrease_for_a_round_trip(void **state)
{
    pl_limiter l;
    (void)state;
    pl__limiter_init(&l, 16);
    for (int i = 0; i < 16; i++)
        assert_int_equal(pl__limiter_congested(&l, 100, 200 + (uint64_t)i), i == 0);
    assert_int_equal(pl__limiter_limit(&l), 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(pl__limiter_congested(&l, 300, 400 + (uint64_t)i), i == 0);
    assert_int_equal(pl__limiter_limit(&l), 4);
    for (uint64_t i = 0; i < 20; i++)
        (void)pl__limiter_congested(&l, 1000 + 10 * i, 1005 + 10 * i);
    assert_int_equal(pl__limiter_limit(&l), 1);
}

static void a_round_trip_of_successes_adds_a_step(void **state)
{
    static const struct {
        uint32_t max;
        uint32_t step;
    } cases[] = {{4, 1}, {16, 1}, {64, 4}, {320, 20}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_limiter l;
        pl__limiter_init(&l, cases[i].max);
        (void)pl__limiter_congested(&l, 1, 2);
        uint32_t window = pl__limiter_limit(&l);
        for (uint32_t k = 0; k < window; k++) /* each step is a little less than the one before */
            pl__limiter_succeeded(&l, window, 3, 4);
        assert_true(l.limit > window + 0.8 * cases[i].step && l.limit <= window + cases[i].step);
        for (int k = 0; k < 100000; k++)
            pl__limiter_succeeded(&l, cases[i].max, 3, 4);
        assert_int_equal(pl__limiter_limit(&l), cases[i].max);
    }
}

static void what_is_not_used_does_not_grow(void **state)
{
    pl_limiter l;
    (void)state;
    pl__limiter_init(&l, 64);
    (void)pl__limiter_congested(&l, 1, 2);
    for (int i = 0; i < 1000; i++)
        pl__limiter_succeeded(&l, 15, 3, 4);
    assert_int_equal(pl__limiter_limit(&l), 32);
}

static void old_successes_do_not_undo_a_cut(void **state)
{
    pl_limiter l;
    (void)state;
    pl__limiter_init(&l, 64);
    (void)pl__limiter_congested(&l, 10, 20);
    for (int i = 0; i < 1000; i++)
        pl__limiter_succeeded(&l, 32, 15, 30);
    assert_int_equal(pl__limiter_limit(&l), 32);
}

static void pause_holds_and_is_not_shortened(void **state)
{
    pl_limiter l;
    (void)state;
    pl__limiter_init(&l, 4);
    pl__limiter_pause(&l, 100);
    pl__limiter_pause(&l, 50);
    assert_int_equal(pl__limiter_ready_ns(&l, 0, 60), 100);
    assert_int_equal(pl__limiter_ready_ns(&l, 0, 100), 100);
    assert_int_equal(pl__limiter_ready_ns(&l, 0, 101), 101);
}

static void latency(pl_limiter *l, uint64_t ns, int n, uint64_t *now)
{
    for (int i = 0; i < n; i++) {
        uint64_t sent = *now;
        *now += ns;
        pl__limiter_succeeded(l, pl__limiter_limit(l), sent, *now);
    }
}

/* Steady latency, however it scatters, costs nothing; four times as long lowers the limit; the limit recovers when
 * that has become usual, and never falls to a quarter. */
static void slow_replies_lower_the_limit(void **state)
{
    pl_limiter l;
    pl_rng rng;
    uint64_t now = 1000;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "limiter", 0);
    pl__limiter_init(&l, 64);
    for (int i = 0; i < 1000; i++)
        latency(&l, 50 * MS + pl__rng_below(&rng, 100 * MS), 1, &now);
    assert_int_equal(pl__limiter_limit(&l), 64);
    uint32_t lowest = 64;
    for (int i = 0; i < 100; i++) {
        latency(&l, 400 * MS, 1, &now);
        lowest = pl__limiter_limit(&l) < lowest ? pl__limiter_limit(&l) : lowest;
    }
    assert_true(lowest < 58);
    assert_true(l.cuts > 0);
    latency(&l, 400 * MS, 2000, &now);
    assert_int_equal(pl__limiter_limit(&l), 64);
}

/* Anything in any order: the limit stays within 1 and max, and is lowered once at most for what was under way. */
static void stays_within_its_bounds(void **state)
{
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "limiter", 1);
    for (int world = 0; world < 200; world++) {
        uint32_t max = 1 + (uint32_t)pl__rng_below(&rng, 300);
        uint64_t now = 1;
        pl_limiter l;
        pl__limiter_init(&l, max);
        for (int i = 0; i < 500; i++) {
            now += pl__rng_below(&rng, 10 * MS);
            uint64_t sent = now - pl__rng_below(&rng, now < 100 * MS ? now : 100 * MS);
            double before = l.limit;
            uint64_t cut = l.was_cut ? l.cut_ns : 0;
            if (pl__rng_below(&rng, 4) == 0)
                (void)pl__limiter_congested(&l, sent, now);
            else
                pl__limiter_succeeded(&l, (uint32_t)pl__rng_below(&rng, max + 1), sent, now);
            assert_true(l.limit >= 1.0 && l.limit <= max);
            assert_true(l.limit >= before || sent > cut);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_at_what_was_asked_for),          cmocka_unit_test(one_decrease_for_a_round_trip),
        cmocka_unit_test(a_round_trip_of_successes_adds_a_step), cmocka_unit_test(what_is_not_used_does_not_grow),
        cmocka_unit_test(old_successes_do_not_undo_a_cut),       cmocka_unit_test(pause_holds_and_is_not_shortened),
        cmocka_unit_test(slow_replies_lower_the_limit),          cmocka_unit_test(stays_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
