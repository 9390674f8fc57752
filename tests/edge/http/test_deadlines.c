#include "kit.h"

#include "alloc.h"
#include "deadlines.h"
#include "rng.h"

#define N 200u

static void empty_has_no_first(void **state)
{
    pl_deadlines d = {0};
    uint32_t index = 0;
    uint64_t due_ns = 0;
    (void)state;
    assert_false(pl__deadlines_first(&d, &index, &due_ns));
    pl__deadlines_drop(&d, 3);
    pl__deadlines_clear(&d);
}

static void equal_times_come_in_index_order(void **state)
{
    pl_deadlines d = {0};
    uint32_t index = 0;
    uint64_t due_ns = 0;
    (void)state;
    assert_int_equal(pl__deadlines_reserve(&d, 5), PL_OK);
    for (uint32_t i = 5; i-- > 0;)
        pl__deadlines_set(&d, i, 7);
    for (uint32_t i = 0; i < 5; i++) {
        assert_true(pl__deadlines_first(&d, &index, &due_ns));
        assert_int_equal(index, i);
        assert_int_equal(due_ns, 7);
        pl__deadlines_drop(&d, index);
    }
    assert_false(pl__deadlines_first(&d, &index, &due_ns));
    pl__deadlines_clear(&d);
}

/* Against a plain array, through random sets, moves and drops. */
static void agrees_with_a_plain_array(void **state)
{
    pl_deadlines d = {0};
    uint64_t plain[N] = {0}; /* 0: absent */
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "deadlines", 0);
    for (int step = 0; step < 20000; step++) {
        uint32_t i = (uint32_t)pl__rng_below(&rng, N);
        if (pl__rng_below(&rng, 3) == 0) {
            plain[i] = 0;
            pl__deadlines_drop(&d, i);
        } else {
            assert_int_equal(pl__deadlines_reserve(&d, i + 1), PL_OK);
            plain[i] = 1 + pl__rng_below(&rng, 50);
            pl__deadlines_set(&d, i, plain[i]);
        }
        uint32_t best = N;
        for (uint32_t k = 0; k < N; k++)
            if (plain[k] > 0 && (best == N || plain[k] < plain[best]))
                best = k;
        uint32_t index = 0;
        uint64_t due_ns = 0;
        assert_int_equal(pl__deadlines_first(&d, &index, &due_ns), best < N);
        if (best < N) {
            assert_int_equal(index, best);
            assert_int_equal(due_ns, plain[best]);
        }
    }
    pl__deadlines_clear(&d);
}

static pl_status reserve_twice(void *user, pl_error *err)
{
    pl_deadlines d = {0};
    (void)user;
    pl_status rc = pl__deadlines_reserve(&d, 4);
    if (rc == PL_OK) {
        pl__deadlines_set(&d, 3, 9);
        rc = pl__deadlines_reserve(&d, 400);
        uint32_t index = 0;
        uint64_t due_ns = 0;
        assert_true(pl__deadlines_first(&d, &index, &due_ns)); /* kept, whatever was refused */
        assert_int_equal(index, 3);
        pl__deadlines_drop(&d, 3);
    }
    pl__deadlines_clear(&d);
    if (rc)
        err->code = rc;
    return rc;
}

static void survives_refusals(void **state)
{
    (void)state;
    pl__kit_fault_loop("deadlines", reserve_twice, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_has_no_first),
        cmocka_unit_test(equal_times_come_in_index_order),
        cmocka_unit_test(agrees_with_a_plain_array),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
