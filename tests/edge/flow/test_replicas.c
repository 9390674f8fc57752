#include "kit.h"

#include "replicas.h"
#include "rng.h"

#define S UINT64_C(1000000000)
#define N 4

static const uint64_t ids[N] = {11, 22, 33, 44};

static pl_replicas make(uint32_t n, uint32_t concurrency, uint64_t rpm)
{
    const pl_replicas_spec spec = {.ids = ids, .n = n, .concurrency = concurrency, .rpm = rpm, .seed = 1};
    pl_replicas rs = {0};
    assert_int_equal(pl__replicas_init(&rs, &spec, 0), PL_OK);
    return rs;
}

static uint32_t route(pl_replicas *rs, uint64_t affinity, uint64_t now, uint64_t *ret_ready)
{
    const pl_route_wish wish = {.affinity = affinity, .avoid = PL_REPLICA_NONE};
    return pl__replicas_route(rs, &wish, now, ret_ready);
}

static uint32_t send(pl_replicas *rs, uint64_t affinity, uint64_t now)
{
    uint64_t ready = 0;
    uint32_t i = route(rs, affinity, now, &ready);
    if (i != PL_REPLICA_NONE)
        (void)pl__replicas_sent(rs, i, 0.0, now);
    return i;
}

static void end(pl_replicas *rs, uint32_t replica, pl_flow_verdict verdict, uint64_t sent, uint64_t now)
{
    const pl_flow_end e = {.replica = replica,
                           .verdict = verdict,
                           .probe = rs->replica[replica].breaker.state == PL_BREAKER_PROBING,
                           .sent_ns = sent};
    (void)pl__replicas_ended(rs, &e, now);
}

static void break_it(pl_replicas *rs, uint32_t replica, uint64_t now)
{
    for (uint32_t i = 0; i < PL_BREAKER_FAILURES; i++) {
        (void)pl__replicas_sent(rs, replica, 0.0, now);
        end(rs, replica, PL_FLOW_UNREACHABLE, now, now);
    }
}

/* The same picture goes to the same server; pictures spread evenly; a lost server moves only its own. */
static void pictures_keep_their_server(void **state)
{
    enum { PICTURES = 4000 };
    pl_replicas rs = make(N, 16, 0);
    uint32_t home[PICTURES];
    unsigned count[N] = {0};
    uint64_t ready = 0;
    (void)state;
    for (uint64_t i = 0; i < PICTURES; i++) {
        home[i] = route(&rs, i * 977, 1, &ready);
        assert_int_equal(route(&rs, i * 977, 2, &ready), home[i]);
        count[home[i]]++;
    }
    for (int k = 0; k < N; k++)
        assert_true(count[k] > PICTURES / N * 8 / 10 && count[k] < PICTURES / N * 12 / 10);
    break_it(&rs, 2, 3);
    for (uint64_t i = 0; i < PICTURES; i++) {
        uint32_t now_at = route(&rs, i * 977, 3, &ready);
        assert_true(now_at != 2);
        assert_true(home[i] == 2 || now_at == home[i]);
    }
    pl__replicas_clear(&rs);
}

/* The address decides, not its place in the list. */
static void order_of_addresses_does_not_matter(void **state)
{
    static const uint64_t turned[N] = {44, 33, 22, 11};
    const pl_replicas_spec spec = {.ids = turned, .n = N, .concurrency = 16};
    pl_replicas a = make(N, 16, 0);
    pl_replicas b = {0};
    uint64_t ready = 0;
    (void)state;
    assert_int_equal(pl__replicas_init(&b, &spec, 0), PL_OK);
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(ids[route(&a, i, 1, &ready)], turned[route(&b, i, 1, &ready)]);
    pl__replicas_clear(&a);
    pl__replicas_clear(&b);
}

/* Even if everything is about one picture. */
static void load_is_bounded(void **state)
{
    pl_replicas rs = make(N, 1000, 0);
    (void)state;
    for (uint32_t sent = 1; sent <= 400; sent++) {
        uint32_t i = send(&rs, 5, 1);
        assert_true((double)rs.replica[i].in_flight <= PL_REPLICA_SLACK * sent / N + 1.0);
    }
    for (int k = 0; k < N; k++)
        assert_true(rs.replica[k].in_flight >= 20);
    pl__replicas_clear(&rs);
}

static void failed_one_is_avoided_if_it_can_be(void **state)
{
    pl_replicas rs = make(2, 4, 0);
    uint64_t ready = 0;
    (void)state;
    for (uint64_t i = 0; i < 20; i++) {
        const pl_route_wish wish = {.affinity = i, .avoid = 1};
        assert_int_equal(pl__replicas_route(&rs, &wish, 1, &ready), 0);
    }
    break_it(&rs, 0, 1);
    const pl_route_wish wish = {.affinity = 3, .avoid = 1};
    assert_int_equal(pl__replicas_route(&rs, &wish, 1, &ready), 1);
    pl__replicas_clear(&rs);
}

static void last_attempts_do_not_probe(void **state)
{
    pl_replicas rs = make(2, 4, 0);
    uint64_t ready = 0;
    unsigned probes = 0;
    (void)state;
    break_it(&rs, 0, 1);
    for (uint64_t i = 0; i < 20; i++) {
        const pl_route_wish careful = {.affinity = i, .avoid = PL_REPLICA_NONE, .careful = true};
        const pl_route_wish bold = {.affinity = i, .avoid = PL_REPLICA_NONE};
        assert_int_equal(pl__replicas_route(&rs, &careful, 2 * S, &ready), 1);
        probes += pl__replicas_route(&rs, &bold, 2 * S, &ready) == 0;
    }
    assert_true(probes > 3);
    pl__replicas_clear(&rs);
}

/* A rate reply's delay holds its replica, for every request; the other one goes on. */
static void delay_holds_the_replica(void **state)
{
    pl_replicas rs = make(2, 4, 0);
    uint64_t ready = 0;
    (void)state;
    (void)pl__replicas_sent(&rs, 0, 0.0, 1);
    const pl_flow_end rate = {.replica = 0, .verdict = PL_FLOW_RATE, .sent_ns = 1, .delay_ms = 7000};
    (void)pl__replicas_ended(&rs, &rate, S);
    for (uint64_t i = 0; i < 20; i++)
        assert_int_equal(route(&rs, i, S, &ready), 1);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(send(&rs, 1, S), 1);
    assert_int_equal(route(&rs, 1, S, &ready), PL_REPLICA_NONE);
    assert_int_equal(ready, 8 * S);
    assert_int_equal(route(&rs, 1, 8 * S, &ready), 0);
    assert_int_equal(pl__replicas_limit(&rs, 4), 4);
    assert_int_equal(pl__replicas_limit(&rs, 100), 6);
    pl__replicas_clear(&rs);
}

static void ceilings_hold_for_all_together(void **state)
{
    pl_replicas rs = make(N, 100, 60);
    uint64_t now = 0;
    unsigned sent = 0;
    (void)state;
    while (now < 60 * S) {
        uint64_t ready = 0;
        uint32_t i = route(&rs, sent, now, &ready);
        if (i == PL_REPLICA_NONE) {
            now = ready;
            continue;
        }
        (void)pl__replicas_sent(&rs, i, 0.0, now);
        end(&rs, i, PL_FLOW_SERVED, now, now);
        sent++;
    }
    assert_true(sent <= 60 && sent >= 57);
    pl__replicas_clear(&rs);
}

static void down_is_when_none_serves(void **state)
{
    pl_replicas rs = make(2, 4, 0);
    uint64_t ready = 0;
    (void)state;
    break_it(&rs, 0, 10);
    assert_true(pl__replicas_down_since_ns(&rs) == PL_FLOW_NEVER);
    break_it(&rs, 1, 20);
    assert_int_equal(pl__replicas_down_since_ns(&rs), 20);
    assert_int_equal(pl__replicas_openings(&rs), 2);
    assert_false(rs.ever_answered);
    assert_int_equal(route(&rs, 1, 20, &ready), PL_REPLICA_NONE);
    assert_true(ready > 20 && ready <= S + 20);
    uint32_t i = send(&rs, 1, ready);
    assert_true(i != PL_REPLICA_NONE);
    end(&rs, i, PL_FLOW_SERVED, ready, ready + 5);
    assert_true(pl__replicas_down_since_ns(&rs) == PL_FLOW_NEVER);
    assert_true(rs.ever_answered);
    pl__replicas_clear(&rs);
}

/* Random replies of every kind: what is in flight always adds up, no limit is passed, and a wait always has an end. */
static void everything_at_random(void **state)
{
    enum { FLYING = 64 };
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "replicas", 0);
    for (int world = 0; world < 100; world++) {
        uint32_t n = 1 + (uint32_t)pl__rng_below(&rng, N);
        pl_replicas rs = make(n, 1 + (uint32_t)pl__rng_below(&rng, 16), pl__rng_below(&rng, 2) * 600);
        struct {
            uint64_t sent;
            uint32_t replica;
            bool probe;
        } flying[FLYING];
        size_t n_flying = 0;
        uint64_t now = 1;
        for (int step = 0; step < 2000; step++) {
            const pl_route_wish wish = {.affinity = pl__rng_below(&rng, 5),
                                        .avoid = (uint32_t)pl__rng_below(&rng, n + 1),
                                        .careful = pl__rng_below(&rng, 2) == 0};
            uint64_t ready = 0;
            uint32_t i = n_flying < FLYING ? pl__replicas_route(&rs, &wish, now, &ready) : PL_REPLICA_NONE;
            if (i != PL_REPLICA_NONE) {
                assert_true(i < n && rs.replica[i].in_flight < pl__limiter_limit(&rs.replica[i].limiter));
                flying[n_flying].probe = pl__replicas_sent(&rs, i, 10.0, now);
                flying[n_flying].replica = i;
                flying[n_flying++].sent = now;
            } else if (n_flying == 0) {
                assert_true(ready > now && ready != PL_FLOW_NEVER);
                now = ready;
            }
            now += pl__rng_below(&rng, S / 10);
            if (n_flying > 0 && pl__rng_below(&rng, 2) == 0) {
                size_t k = (size_t)pl__rng_below(&rng, n_flying);
                const pl_flow_end e = {.replica = flying[k].replica,
                                       .verdict = (pl_flow_verdict)pl__rng_below(&rng, 7),
                                       .probe = flying[k].probe,
                                       .sent_ns = flying[k].sent,
                                       .tokens = 10.0,
                                       .delay_ms = pl__rng_below(&rng, 20) * 100};
                (void)pl__replicas_ended(&rs, &e, now);
                flying[k] = flying[--n_flying];
            }
            assert_int_equal(rs.in_flight, n_flying);
        }
        pl__replicas_clear(&rs);
    }
}

static pl_status one(void *user, pl_error *err)
{
    const pl_replicas_spec spec = {.ids = ids, .n = N, .concurrency = 2};
    pl_replicas rs = {0};
    (void)user;
    (void)err;
    pl_status rc = pl__replicas_init(&rs, &spec, 0);
    pl__replicas_clear(&rs);
    return rc;
}

static void survives_refusals(void **state)
{
    (void)state;
    pl__kit_fault_loop("replicas", one, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_keep_their_server),
        cmocka_unit_test(order_of_addresses_does_not_matter),
        cmocka_unit_test(load_is_bounded),
        cmocka_unit_test(failed_one_is_avoided_if_it_can_be),
        cmocka_unit_test(last_attempts_do_not_probe),
        cmocka_unit_test(delay_holds_the_replica),
        cmocka_unit_test(ceilings_hold_for_all_together),
        cmocka_unit_test(down_is_when_none_serves),
        cmocka_unit_test(everything_at_random),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
