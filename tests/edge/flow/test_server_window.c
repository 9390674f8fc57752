#include "kit.h"

#include "rng.h"
#include "server_window.h"

#include <math.h>

#define S UINT64_C(1000000000)

static pl_window_report report(double limit, double remaining, uint64_t reset_ms)
{
    return (pl_window_report){.has_limit = true,
                              .has_remaining = true,
                              .has_reset = true,
                              .limit = limit,
                              .remaining = remaining,
                              .reset_ms = reset_ms};
}

/* Rounding may cost a nanosecond or two. */
static void assert_about(uint64_t got, uint64_t wanted)
{
    if (got + 16 < wanted || got > wanted + 16)
        fail_msg("%llu instead of %llu ns", (unsigned long long)got, (unsigned long long)wanted);
}

static void nothing_known_nothing_waits(void **state)
{
    pl_server_window w = {0};
    pl_window_report r = {.has_remaining = true, .remaining = 0};
    (void)state;
    pl__window_take(&w, 5.0, 1);
    assert_int_equal(pl__window_ready_ns(&w, 1e9, 3), 3);
    pl__window_report(&w, &r, 0.0, 3, 3); /* no reset: when should it end? */
    assert_int_equal(pl__window_ready_ns(&w, 1.0, 3), 3);
    r = report(100.0, 100.0, 0);
    pl__window_report(&w, &r, 9.0, 3, 3); /* full */
    assert_int_equal(pl__window_ready_ns(&w, 1.0, 3), 3);
}

/* 60 a minute, none left, full in a minute: the next in a second, ten in ten. */
static void empty_bucket_fills_evenly(void **state)
{
    pl_server_window w = {0};
    pl_window_report r = report(60.0, 0.0, 60000);
    (void)state;
    pl__window_report(&w, &r, 0.0, 100 * S, 100 * S);
    assert_about(pl__window_ready_ns(&w, 1.0, 100 * S), 101 * S);
    assert_about(pl__window_ready_ns(&w, 10.0, 100 * S), 110 * S);
    assert_about(pl__window_ready_ns(&w, 10.0, 105 * S), 110 * S);
    pl__window_report(&w, &r, 0.0, 101 * S, 100 * S);
    pl__window_take(&w, 1.0, 101 * S);
    assert_about(pl__window_ready_ns(&w, 1.0, 101 * S), 102 * S);
    assert_about(pl__window_ready_ns(&w, 1e6, 101 * S), 161 * S); /* more than it holds: when it is full */
    assert_about(pl__window_ready_ns(&w, 1e6, 161 * S + 16), 161 * S + 16);
}

static void what_is_under_way_is_taken_off(void **state)
{
    pl_server_window w = {0};
    pl_window_report r = report(60.0, 5.0, 55000);
    (void)state;
    pl__window_report(&w, &r, 5.0, 0, 0);
    assert_about(pl__window_ready_ns(&w, 1.0, 0), S);
    pl__window_report(&w, &r, 4.0, 1, 0);
    assert_int_equal(pl__window_ready_ns(&w, 1.0, 0), 0);
}

/* The report of an earlier request comes after a later one's: it does not know of that one. */
static void overtaken_reports_say_nothing(void **state)
{
    pl_server_window w = {0};
    pl_window_report empty = report(60.0, 0.0, 60000);
    pl_window_report earlier = report(60.0, 1.0, 59000);
    (void)state;
    pl__window_report(&w, &empty, 0.0, 5, 10);
    pl__window_report(&w, &earlier, 0.0, 4, 11);
    assert_true(pl__window_ready_ns(&w, 1.0, 11) > 11);
    pl__window_report(&w, &earlier, 0.0, 6, 11);
    assert_int_equal(pl__window_ready_ns(&w, 1.0, 11), 11);
}

static void without_a_limit_it_waits_for_the_reset(void **state)
{
    pl_server_window w = {0};
    pl_window_report r = report(0.0, 1.0, 7000);
    (void)state;
    r.has_limit = false;
    pl__window_report(&w, &r, 0.0, 0, 0);
    assert_int_equal(pl__window_ready_ns(&w, 1.0, 0), 0);
    pl__window_take(&w, 1.0, 0);
    assert_int_equal(pl__window_ready_ns(&w, 1.0, S), 7 * S);
    assert_int_equal(pl__window_ready_ns(&w, 1.0, 7 * S), 7 * S);
}

/* A reset in ten hours: every ten minutes one request asks how things stand. */
static void no_wait_is_longer_than_ten_minutes(void **state)
{
    pl_server_window w = {0};
    pl_window_report r = report(0.0, 0.0, 36000000);
    (void)state;
    r.has_limit = false;
    pl__window_report(&w, &r, 0.0, 0, 0);
    assert_int_equal(pl__window_ready_ns(&w, 1.0, 0), 600 * S);
    assert_int_equal(pl__window_ready_ns(&w, 1.0, 600 * S), 600 * S);
    pl__window_take(&w, 1.0, 600 * S);
    assert_int_equal(pl__window_ready_ns(&w, 1.0, 600 * S), 1200 * S);
}

/* Against the server itself: a token bucket whose headers are read, replies late and out of order. It is never
 * overdrawn, and nine tenths of what it gives are used. */
static void a_bucket_server_is_never_overdrawn(void **state)
{
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "window", 0);
    for (int world = 0; world < 20; world++) {
        enum { FLYING = 8 };
        double limit = 30.0 + (double)pl__rng_below(&rng, 500);
        double per_ns = limit / 60e9;
        double level = limit;
        uint64_t level_ns = 0;
        uint64_t arrives[FLYING] = {0}; /* 0: free */
        uint64_t left[FLYING] = {0};
        pl_window_report said[FLYING];
        pl_server_window w = {0};
        uint64_t now = S;
        uint64_t sent = 0;
        while (now < 300 * S) {
            uint64_t next = UINT64_MAX;
            unsigned flying = 0;
            int place = -1;
            for (int i = 0; i < FLYING; i++)
                if (arrives[i] > 0 && arrives[i] <= now) {
                    arrives[i] = 0;
                    for (int k = 0; k < FLYING; k++)
                        flying += arrives[k] > 0;
                    pl__window_report(&w, &said[i], flying, left[i], now);
                    flying = 0;
                }
            for (int i = 0; i < FLYING; i++) {
                if (arrives[i] == 0)
                    place = i;
                else if (arrives[i] < next)
                    next = arrives[i];
            }
            uint64_t ready = pl__window_ready_ns(&w, 1.0, now);
            if (place < 0 || ready > now) {
                uint64_t until = place < 0 || next < ready ? next : ready;
                now = until > now ? until : now + 1;
                continue;
            }
            pl__window_take(&w, 1.0, now);
            level = fmin(limit, level + (double)(now - level_ns) * per_ns);
            level_ns = now;
            if (level < 0.0) /* it says whole requests: one may be spent in advance */
                fail_msg("a server of %.0f a minute has %.3f left, world %d, %.3f s", limit, level, world,
                         (double)now * 1e-9);
            level -= 1.0;
            sent++;
            left[place] = now;
            said[place] = report(limit, floor(level), (uint64_t)ceil((limit - level) / per_ns / 1e6));
            arrives[place] = now + S / 50 + pl__rng_below(&rng, S / 5);
        }
        assert_true((double)sent > 0.9 * (limit + limit * 299.0 / 60.0) - FLYING);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_known_nothing_waits),
        cmocka_unit_test(empty_bucket_fills_evenly),
        cmocka_unit_test(what_is_under_way_is_taken_off),
        cmocka_unit_test(overtaken_reports_say_nothing),
        cmocka_unit_test(without_a_limit_it_waits_for_the_reset),
        cmocka_unit_test(no_wait_is_longer_than_ten_minutes),
        cmocka_unit_test(a_bucket_server_is_never_overdrawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
