#include "kit.h"

#include "breaker.h"
#include "rng.h"

#define MS UINT64_C(1000000)

static void fail_times(pl_breaker *b, int n, uint64_t now)
{
    for (int i = 0; i < n; i++)
        (void)pl__breaker_failed(b, false, now, now);
}

static void opens_after_failures_in_a_row(void **state)
{
    pl_breaker b;
    (void)state;
    pl__breaker_init(&b, 1, 1);
    fail_times(&b, 4, 10);
    pl__breaker_succeeded(&b, 10);
    fail_times(&b, 4, 11);
    assert_int_equal(pl__breaker_ready_ns(&b, 12), 12);
    assert_true(pl__breaker_failed(&b, false, 12, 12));
    assert_int_equal(b.state, PL_BREAKER_OPEN);
    assert_int_equal(b.openings, 1);
    assert_int_equal(b.down_ns, 12);
    uint64_t due = pl__breaker_ready_ns(&b, 12);
    assert_true(due >= 12 + 500 * MS && due < 12 + 1000 * MS);
    fail_times(&b, 30, 13); /* what was under way changes nothing */
    assert_int_equal(pl__breaker_ready_ns(&b, 13), due);
}

static void one_probe_at_a_time(void **state)
{
    pl_breaker b;
    (void)state;
    pl__breaker_init(&b, 1, 1);
    assert_false(pl__breaker_sent(&b));
    fail_times(&b, 5, 10);
    uint64_t due = pl__breaker_ready_ns(&b, 10);
    assert_int_equal(pl__breaker_ready_ns(&b, due), due);
    assert_true(pl__breaker_sent(&b));
    assert_true(pl__breaker_ready_ns(&b, due + 1) == PL_FLOW_NEVER);
    assert_false(pl__breaker_failed(&b, false, 9, due + 1)); /* of another one */
    assert_true(pl__breaker_ready_ns(&b, due + 1) == PL_FLOW_NEVER);
    pl__breaker_learnt_nothing(&b, true, due + 2);
    assert_int_equal(pl__breaker_ready_ns(&b, due + 2), due + 2);
    assert_true(pl__breaker_sent(&b));
    pl__breaker_succeeded(&b, due + 3);
    assert_int_equal(b.state, PL_BREAKER_CLOSED);
    for (int i = 0; i < 20; i++) /* sent before it closed: old news */
        assert_false(pl__breaker_failed(&b, false, due, due + 4));
    assert_int_equal(b.state, PL_BREAKER_CLOSED);
}

static void pauses_grow_to_a_bound(void **state)
{
    static const uint64_t pauses_ms[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    pl_breaker b;
    uint64_t now = 10;
    (void)state;
    pl__breaker_init(&b, 1, 1);
    fail_times(&b, 5, now);
    for (size_t i = 0; i < sizeof(pauses_ms) / sizeof(pauses_ms[0]); i++) {
        uint64_t due = pl__breaker_ready_ns(&b, now);
        assert_true(due - now >= pauses_ms[i] / 2 * MS && due - now < pauses_ms[i] * MS);
        now = due;
        assert_true(pl__breaker_sent(&b));
        assert_false(pl__breaker_failed(&b, true, now, now));
    }
    assert_int_equal(b.openings, 1);
    assert_int_equal(b.down_ns, 10);
    now = pl__breaker_ready_ns(&b, now);
    (void)pl__breaker_sent(&b);
    pl__breaker_succeeded(&b, now);
    fail_times(&b, 5, now);
    assert_true(pl__breaker_ready_ns(&b, now) - now < 1000 * MS); /* small again */
    assert_int_equal(b.openings, 2);
}

static void servers_that_failed_together_come_back_apart(void **state)
{
    pl_breaker b[8];
    (void)state;
    for (uint64_t i = 0; i < 8; i++) {
        pl__breaker_init(&b[i], 3, i);
        fail_times(&b[i], 5, 10);
        for (uint64_t k = 0; k < i; k++)
            assert_true(pl__breaker_ready_ns(&b[i], 10) != pl__breaker_ready_ns(&b[k], 10));
    }
    pl__breaker_init(&b[1], 3, 0);
    fail_times(&b[1], 5, 10);
    assert_int_equal(pl__breaker_ready_ns(&b[1], 10), pl__breaker_ready_ns(&b[0], 10));
}

/* Random events: while a server is down, requests reach it at most once in half a second; and once it serves, the
 * next probe closes the breaker. */
static void a_dead_server_is_let_alone(void **state)
{
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "breaker", 0);
    for (uint64_t world = 0; world < 100; world++) {
        uint64_t now = 1 + pl__rng_below(&rng, 1000);
        uint64_t start = now;
        unsigned reached = 0;
        pl_breaker b;
        pl__breaker_init(&b, world, 1);
        while (now < start + 120000 * MS) {
            if (pl__breaker_ready_ns(&b, now) <= now) {
                bool probe = pl__breaker_sent(&b);
                reached++;
                uint64_t sent = now;
                now += pl__rng_below(&rng, 20 * MS);
                (void)pl__breaker_failed(&b, probe, sent, now);
            }
            now += pl__rng_below(&rng, 300 * MS);
        }
        assert_true(reached >= 8 && reached < 5 + 5 + 9); /* until it opens; while pauses grow; one in 15 s or more */
        uint64_t due = pl__breaker_ready_ns(&b, now);
        assert_true(due - now <= 30000 * MS);
        assert_true(pl__breaker_sent(&b));
        pl__breaker_succeeded(&b, due);
        assert_int_equal(pl__breaker_ready_ns(&b, due), due);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_after_failures_in_a_row), cmocka_unit_test(one_probe_at_a_time),
        cmocka_unit_test(pauses_grow_to_a_bound),        cmocka_unit_test(servers_that_failed_together_come_back_apart),
        cmocka_unit_test(a_dead_server_is_let_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
