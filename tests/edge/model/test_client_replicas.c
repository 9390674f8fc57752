/* The client with several servers of one model, with several models, and when it is told to stop. */
#include "flow_world.h"
#include "json.h"

/* ---- replicas ---- */

/* https://github.com/UKGovernmentBEIS/inspect_ai/issues/2362 */
static void a_dead_replica_is_stood_in_for(void **state)
{
    flow_world *w = flow_build(1, 32);
    pl_client_stats stats;
    (void)state;
    flow_replicas(w, 3);
    w->servers[1].down_from_ns = 3 * S;
    w->servers[1].down_to_ns = 5 * S;
    flow_open(w);
    flow_finish_one(w, 4000);
    assert_int_equal(w->answered[0], 4000);
    pl__client_stats(w->c, 0, &stats);
    assert_int_equal(stats.breaker_openings, 1);
    assert_true(flow_requests_between(&w->servers[1], 3 * S, 5 * S) < 32);
    assert_true(w->last_ns[0] < 30 * S); /* the others went on meanwhile */
    for (int i = 0; i < 3; i++)
        assert_true(w->servers[i].requests > 500);
    flow_close(w);
}

static void pictures_stay_with_their_replica(void **state)
{
    flow_world *w = flow_build(1, 4);
    uint64_t together = 0;
    (void)state;
    flow_replicas(w, 4);
    for (uint64_t i = 0; i < 1000; i++)
        w->images[i] = 1 + i % 50;
    flow_open(w);
    for (uint64_t tag = 0; tag < 1000; tag++) { /* one at a time: no load to share */
        uint64_t before[FLOW_SERVERS];
        pl_call_result r = {0};
        pl_error err = {0};
        size_t n = 0;
        for (int i = 0; i < FLOW_SERVERS; i++)
            before[i] = w->servers[i].requests;
        PL_KIT_OK(flow_ask(w, 0, tag, &err), &err);
        PL_KIT_OK(pl__client_poll(w->c, UINT64_MAX, &r, 1, &n, &err), &err);
        assert_int_equal(n, 1);
        pl__call_result_clear(&r);
        pl__client_release(w->c, 0);
        for (int i = 0; i < FLOW_SERVERS; i++) {
            if (w->servers[i].requests == before[i])
                continue;
            char *host = &w->hosts[w->images[tag]];
            assert_true(*host == 0 || *host == 'a' + i);
            *host = (char)('a' + i);
            together++;
        }
    }
    assert_int_equal(together, 1000);
    for (int i = 0; i < FLOW_SERVERS; i++)
        assert_true(w->servers[i].requests > 0);
    flow_close(w);
}

static void one_picture_does_not_overload_its_replica(void **state)
{
    flow_world *w = flow_build(1, 40);
    (void)state;
    flow_replicas(w, 4);
    for (uint64_t i = 0; i < 2000; i++)
        w->images[i] = 7;
    flow_open(w);
    flow_finish_one(w, 2000);
    for (int i = 0; i < FLOW_SERVERS; i++)
        assert_true(w->servers[i].requests > 0 && w->servers[i].requests < 800); /* 13 of 40 places each, at most */
    flow_close(w);
}

/* ---- sharing ---- */

/* Thirty places for three models, and the first to ask takes a minute for each reply. The others have at least half of
 * an equal share at once, which makes their thousand calls 15 s of work. */
static void a_slow_endpoint_does_not_hold_the_rest_up(void **state)
{
    static const uint32_t n[FLOW_MODELS] = {60, 1000, 1000};
    flow_world *w = flow_build(3, 40);
    pl_error err = {0};
    pl_error none = {0};
    (void)state;
    w->servers[0].delay_ns = 60 * S;
    flow_open(w);
    PL_KIT_STATUS(pl__client_set_requests_max(w->c, 0, &none), PL_E_INVALID, &none);
    PL_KIT_OK(pl__client_set_requests_max(w->c, 30, &err), &err);
    flow_finish(w, n);
    for (uint32_t m = 0; m < 3; m++)
        assert_int_equal(w->answered[m], n[m]);
    assert_true(w->last_ns[1] < 20 * S);
    assert_true(w->last_ns[2] < 20 * S);
    assert_true(w->last_ns[0] < 300 * S);
    flow_close(w);
}

/* It may even have been there first, with every place to itself. */
static void who_comes_late_finds_a_place(void **state)
{
    flow_world *w = flow_build(2, 16);
    pl_error err = {0};
    pl_call_result r = {0};
    size_t n = 0;
    (void)state;
    w->servers[0].delay_ns = 600 * S;
    flow_open(w);
    PL_KIT_OK(pl__client_set_requests_max(w->c, 8, &err), &err);
    for (uint64_t i = 0; i < 16; i++)
        PL_KIT_OK(flow_ask(w, 0, i, &err), &err);
    PL_KIT_OK(pl__client_poll(w->c, flow_now_ns(w) + S, &r, 1, &n, &err), &err);
    assert_int_equal(n, 0);
    assert_int_equal(w->servers[0].requests, 6);
    for (uint64_t i = 0; i < 4; i++)
        PL_KIT_OK(flow_ask(w, 1, i, &err), &err);
    for (int i = 0; i < 4; i++) {
        PL_KIT_OK(pl__client_poll(w->c, flow_now_ns(w) + S, &r, 1, &n, &err), &err);
        assert_int_equal(n, 1);
        assert_int_equal(r.endpoint, 1);
        pl__call_result_clear(&r);
    }
    flow_close(w);
}

/* ---- stopping ---- */

static void unsent_calls_can_be_dropped(void **state)
{
    flow_world *w = flow_build(1, 8);
    pl_error err = {0};
    pl_call_result r[8];
    size_t n = 0;
    unsigned never = 0;
    (void)state;
    w->models[0].reach.rpm = 60; /* two go at once */
    flow_open(w);
    for (uint64_t i = 0; i < 8; i++)
        PL_KIT_OK(flow_ask(w, 0, i, &err), &err);
    pl__client_stop_retrying(w->c); /* what was begun by asking still goes out ... */
    PL_KIT_OK(pl__client_poll(w->c, flow_now_ns(w) + 2 * S, r, 8, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_int_equal(r[0].decoded.reply.outcome, PL_OUTCOME_ANSWERED);
    pl__call_result_clear(&r[0]);
    pl__client_drop_unsent(w->c); /* ... until that is over, too */
    for (unsigned ended = 1; ended < 8;) {
        PL_KIT_OK(pl__client_poll(w->c, flow_now_ns(w) + S, r, 8, &n, &err), &err);
        assert_true(n > 0);
        for (size_t i = 0; i < n; i++) {
            bool unsent = r[i].decoded.reply.outcome == PL_OUTCOME_NONE;
            assert_int_equal(r[i].attempts, unsent ? 0 : 1);
            never += unsent;
            pl__call_result_clear(&r[i]);
            ended++;
        }
    }
    assert_int_equal(never, 8 - w->servers[0].requests);
    assert_true(never >= 5);
    assert_int_equal(pl__client_in_flight(w->c), 0);
    flow_close(w);
}

/* ---- everything at once ---- */

static void nothing_is_lost_whatever_happens(void **state)
{
    static const uint32_t n[FLOW_MODELS] = {1500, 700, 700};
    flow_world *w = flow_build(3, 24);
    pl_error err = {0};
    (void)state;
    flow_replicas(w, 2); /* a and b; dog shares b, eel has c */
    w->servers[0].failing = 0.1;
    w->servers[0].down_from_ns = 4 * S;
    w->servers[0].down_to_ns = 30 * S;
    w->servers[1].capacity = 12;
    w->servers[1].rate_reply = "retry-after-ms: 700\n";
    w->servers[2].bucket = 300;
    w->models[1].reach.rpm = 600;
    for (uint64_t i = 0; i < 1500; i++)
        w->images[i] = i % 3 ? 1 + i % 40 : 0;
    flow_open(w);
    PL_KIT_OK(pl__client_set_requests_max(w->c, 40, &err), &err);
    flow_finish(w, n);
    for (uint32_t m = 0; m < 3; m++) {
        if (w->answered[m] < n[m] * 99 / 100)
            fail_msg("model %u: %llu answered, %llu rate limited", m, (unsigned long long)w->answered[m],
                     (unsigned long long)w->outcomes[PL_OUTCOME_RATE_LIMITED]);
        assert_int_equal(w->ended[m], n[m]);
        assert_true(w->attempts[m] / 2 < n[m]);
    }
    uint64_t requests = 0;
    for (int i = 0; i < FLOW_SERVERS; i++)
        requests += w->servers[i].requests;
    assert_int_equal(requests, w->attempts[0] + w->attempts[1] + w->attempts[2]); /* the servers' own count */
    flow_close(w);
}

/* Calls that wait in the queue, go to two replicas, and come again. */
static pl_status queued_calls(void *user, pl_error *err)
{
    flow_world *w = flow_build(1, 4);
    pl_call_result r[4];
    size_t ended = 0;
    unsigned short_of_memory = 0;
    pl_status rc = PL_OK;
    (void)user;
    flow_replicas(w, 2);
    w->models[0].reach.rpm = 30;
    w->servers[0].failing = w->servers[1].failing = 0.5;
    rc = flow_open_status(w, err);
    for (uint64_t i = 0; i < 4 && !rc; i++)
        rc = flow_ask(w, 0, i, err);
    while (!rc && ended < 4) {
        size_t n = 0;
        pl_error problem = {0};
        pl_status polled = pl__client_poll(w->c, flow_now_ns(w) + S, r, 4, &n, &problem);
        if (polled) { /* the next poll goes on where this one ended */
            assert_int_equal(polled, PL_E_NOMEM);
            assert_true(++short_of_memory < 2);
            continue;
        }
        for (size_t i = 0; i < n; i++)
            pl__call_result_clear(&r[i]);
        ended += n;
    }
    flow_close(w);
    return rc;
}

static void survives_refusals(void **state)
{
    (void)state;
    pl__kit_fault_loop("client flow", queued_calls, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_replica_is_stood_in_for),
        cmocka_unit_test(pictures_stay_with_their_replica),
        cmocka_unit_test(one_picture_does_not_overload_its_replica),
        cmocka_unit_test(a_slow_endpoint_does_not_hold_the_rest_up),
        cmocka_unit_test(who_comes_late_finds_a_place),
        cmocka_unit_test(unsent_calls_can_be_dropped),
        cmocka_unit_test(nothing_is_lost_whatever_happens),
        cmocka_unit_test(survives_refusals),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
