/* The client and servers that are limited, broken or away. */
#include "flow_world.h"
#include "json.h"

#include <string.h>

/* ---- ceilings ---- */

static void rpm_is_never_exceeded(void **state)
{
    flow_world *w = flow_build(1, 16);
    (void)state;
    w->models[0].reach.rpm = 120;
    w->servers[0].failing = 0.2; /* retries count, too */
    flow_open(w);
    flow_finish_one(w, 500);
    assert_true(w->answered[0] >= 498); /* 1 in 15,625 fails six times */
    assert_true(flow_busiest_minute(&w->servers[0]) <= 120);
    assert_true(flow_busiest_minute(&w->servers[0]) >= 114);
    pl_client_stats stats;
    pl__client_stats(w->c, 0, &stats);
    assert_true(stats.throttled_ns > 100 * S);
    flow_close(w);
}

/* A call sets aside 504 tokens and uses 100: of 10,000 a minute the second figure fits a hundred times, the first
 * twenty. */
static void tpm_counts_what_was_used(void **state)
{
    flow_world *w = flow_build(1, 4);
    (void)state;
    w->models[0].reach.tpm = 10000;
    flow_open(w);
    flow_finish_one(w, 500);
    assert_int_equal(w->answered[0], 500);
    assert_true(flow_busiest_minute(&w->servers[0]) <=
                104); /* what is under way may turn out to be less than set aside */
    assert_true(w->last_ns[0] < 360 * S);
    flow_close(w);
}

/* https://github.com/promptfoo/promptfoo/issues/1970, https://github.com/explodinggradients/ragas/issues/2061 */
static void rate_limits_neither_kill_nor_stall_a_run(void **state)
{
    flow_world *w = flow_build(1, 32);
    (void)state;
    w->servers[0].bucket = 200;
    flow_open(w);
    flow_finish_one(w, 1000);
    assert_int_equal(w->answered[0], 1000);
    assert_true(w->servers[0].refused <= 5); /* its headers are believed */
    assert_true(w->last_ns[0] < 300 * S);    /* 200 at once, 800 in four minutes */
    flow_close(w);
}

/* Without headers that say how much is left, only the refusals tell. */
static void a_delay_holds_the_endpoint_and_no_other(void **state)
{
    static const uint32_t n[FLOW_MODELS] = {40, 40, 0};
    flow_world *w = flow_build(2, 8);
    (void)state;
    w->servers[0].capacity = 2;
    w->servers[0].rate_reply = "retry-after: 10\n";
    flow_open(w);
    flow_finish(w, n);
    assert_int_equal(w->answered[0], 40);
    assert_int_equal(w->answered[1], 40);
    uint64_t first = w->servers[0].at_ns[0];
    assert_int_equal(flow_requests_between(&w->servers[0], first + 2 * MS, first + 9900 * MS), 0);
    assert_true(w->last_ns[1] < 3 * S);
    flow_close(w);
}

/* "Full again in 20 ms" and nothing left: whoever was refused waits for it, however short its own pause would be. */
static void a_refused_call_waits_for_the_reset(void **state)
{
    flow_world *w = flow_build(1, 1);
    (void)state;
    w->servers[0].capacity = 1;
    w->servers[0].busy_until_ns[0] = 2 * S; /* someone else's request */
    w->servers[0].rate_reply = "x-ratelimit-limit-requests: 600\nx-ratelimit-remaining-requests: 0\n"
                               "x-ratelimit-reset-requests: 700ms\n";
    flow_open(w);
    flow_finish_one(w, 1);
    assert_int_equal(w->answered[0], 1);
    assert_true(w->servers[0].refused > 0);
    for (uint64_t i = 1; i < w->servers[0].requests; i++)
        assert_true(w->servers[0].at_ns[i] - w->servers[0].at_ns[i - 1] >= 700 * MS);
    flow_close(w);
}

/* ---- concurrency ---- */

static void concurrency_finds_what_the_server_bears(void **state)
{
    flow_world *w = flow_build(1, 64);
    pl_client_stats stats;
    (void)state;
    w->servers[0].capacity = 10;
    flow_open(w);
    flow_finish_one(w, 3000);
    assert_int_equal(w->answered[0], 3000);
    pl__client_stats(w->c, 0, &stats);
    assert_true(stats.limit <= 16);
    assert_true(stats.limit_cuts > 3);
    assert_true(w->attempts[0] < 3000 * 13 / 10);
    assert_true(w->last_ns[0] < 60 * S); /* ten at a time would take 23 s */
    assert_int_equal(stats.retries[PL_OUTCOME_RATE_LIMITED], stats.attempts - 3000);
    flow_close(w);
}

/* ---- servers that are down ---- */

/* https://github.com/EvolvingLMMs-Lab/lmms-eval/issues/531, https://github.com/UKGovernmentBEIS/inspect_ai/issues/1277
 */
static void a_restart_in_the_middle_loses_nothing(void **state)
{
    flow_world *w = flow_build(1, 16);
    pl_client_stats stats;
    (void)state;
    w->servers[0].down_from_ns = 5 * S;
    w->servers[0].down_to_ns = 185 * S;
    flow_open(w);
    flow_finish_one(w, 2000);
    assert_int_equal(w->answered[0], 2000);
    pl__client_stats(w->c, 0, &stats);
    assert_int_equal(stats.breaker_openings, 1);
    assert_true(flow_requests_between(&w->servers[0], 5 * S, 185 * S) <= 16 + 5 + 14); /* and no storm meanwhile */
    assert_true(stats.retries[PL_OUTCOME_UNREACHABLE] >= 16);
    assert_true(w->last_ns[0] < 185 * S + 31 * S + 15 * S);
    assert_non_null(strstr(w->warned, "cat: server 1 of 1 does not serve (unreachable"));
    flow_close(w);
}

static void a_server_that_never_was_ends_soon(void **state)
{
    static const uint32_t n[FLOW_MODELS] = {500, 500, 0};
    flow_world *w = flow_build(2, 16);
    (void)state;
    w->servers[0].down_to_ns = UINT64_MAX;
    flow_open(w);
    flow_finish(w, n);
    assert_int_equal(w->answered[1], 500);
    assert_int_equal(w->outcomes[PL_OUTCOME_UNREACHABLE], 500);
    assert_true(w->servers[0].requests < 60);
    assert_true(w->last_ns[0] < 60 * S);
    assert_int_equal(pl__client_closed(w->c, 0), PL_OUTCOME_UNREACHABLE);
    assert_int_equal(pl__client_closed(w->c, 1), PL_OUTCOME_NONE);
    assert_non_null(strstr(w->warned, "cat: closed after"));
    flow_close(w);
}

/* One that has served is waited for, but not for ever. */
static void a_server_that_stays_away_is_given_up(void **state)
{
    flow_world *w = flow_build(1, 16);
    (void)state;
    w->servers[0].down_from_ns = 5 * S;
    w->servers[0].down_to_ns = UINT64_MAX;
    flow_open(w);
    flow_finish_one(w, 3000);
    assert_int_equal(w->ended[0], 3000);
    assert_true(w->answered[0] > 500 && w->answered[0] < 3000);
    assert_true(w->last_ns[0] > 600 * S && w->last_ns[0] < 640 * S);
    assert_true(flow_requests_between(&w->servers[0], 5 * S, UINT64_MAX) < 80);
    flow_close(w);
}

static void a_broken_server_gets_no_storm(void **state)
{
    flow_world *w = flow_build(1, 64);
    (void)state;
    w->servers[0].failing = 1.0;
    flow_open(w);
    flow_finish_one(w, 2000);
    assert_int_equal(w->outcomes[PL_OUTCOME_SERVER_ERROR], 2000);
    assert_true(w->servers[0].requests < 64 + 64);
    flow_close(w);
}

/* Half of all requests fail: 2 requests a call is what it takes, 6 the bound for each. */
static void half_failing_takes_twice_the_requests(void **state)
{
    flow_world *w = flow_build(1, 16);
    pl_client_stats stats;
    (void)state;
    w->servers[0].failing = 0.5;
    flow_open(w);
    flow_finish_one(w, 2000);
    pl__client_stats(w->c, 0, &stats);
    assert_true(w->answered[0] >= 1900); /* 1 in 64 fails six times */
    assert_int_equal(w->answered[0] + w->outcomes[PL_OUTCOME_SERVER_ERROR], 2000);
    assert_true(stats.attempts * 10 <= stats.calls * 22);
    assert_true(w->attempts_most <= 6);
    assert_int_equal(stats.attempts_most, w->attempts_most);
    assert_int_equal(stats.attempts, w->servers[0].requests);
    assert_int_equal(stats.retries[PL_OUTCOME_SERVER_ERROR], stats.attempts - stats.calls);
    flow_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rpm_is_never_exceeded),
        cmocka_unit_test(tpm_counts_what_was_used),
        cmocka_unit_test(rate_limits_neither_kill_nor_stall_a_run),
        cmocka_unit_test(a_delay_holds_the_endpoint_and_no_other),
        cmocka_unit_test(a_refused_call_waits_for_the_reset),
        cmocka_unit_test(concurrency_finds_what_the_server_bears),
        cmocka_unit_test(a_restart_in_the_middle_loses_nothing),
        cmocka_unit_test(a_server_that_never_was_ends_soon),
        cmocka_unit_test(a_server_that_stays_away_is_given_up),
        cmocka_unit_test(a_broken_server_gets_no_storm),
        cmocka_unit_test(half_failing_takes_twice_the_requests),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
