#include "kit.h"

#include "fair_share.h"
#include "rng.h"

#include <string.h>

#define N_MAX 12

static void least_served_goes_first(void **state)
{
    static const uint32_t caps[] = {100, 100, 100};
    static const bool all[] = {true, true, true};
    pl_fair_share f = {0};
    (void)state;
    assert_int_equal(pl__fair_init(&f, caps, 3, 30), PL_OK);
    for (uint32_t k = 0; k < 30; k++) {
        uint32_t i = pl__fair_pick(&f, all);
        assert_int_equal(i, k % 3);
        pl__fair_take(&f, i);
    }
    assert_int_equal(pl__fair_pick(&f, all), 3);
    pl__fair_give(&f, 1);
    assert_int_equal(pl__fair_pick(&f, all), 1);
    pl__fair_clear(&f);
}

/* One endpoint alone may take all but what is kept for the others; these find their places at once. */
static void a_greedy_one_leaves_room(void **state)
{
    static const uint32_t caps[] = {1000, 1000, 1000, 2};
    bool wants[4] = {true, false, false, false};
    pl_fair_share f = {0};
    (void)state;
    assert_int_equal(pl__fair_init(&f, caps, 4, 80), PL_OK);
    while (pl__fair_pick(&f, wants) == 0)
        pl__fair_take(&f, 0);
    assert_int_equal(f.held[0], 80 - 10 - 10 - 2);
    memset(wants, true, sizeof(wants));
    for (uint32_t i = pl__fair_pick(&f, wants); i < 4; i = pl__fair_pick(&f, wants))
        pl__fair_take(&f, i);
    assert_int_equal(f.held[1], 10);
    assert_int_equal(f.held[2], 10);
    assert_int_equal(f.held[3], 2);
    pl__fair_clear(&f);
}

static void more_endpoints_than_places(void **state)
{
    static const uint32_t caps[] = {5, 5, 5, 5};
    static const bool all[] = {true, true, true, true};
    pl_fair_share f = {0};
    (void)state;
    assert_int_equal(pl__fair_init(&f, caps, 4, 2), PL_OK);
    for (uint32_t k = 0; k < 20; k++) { /* each comes up in turn */
        uint32_t i = pl__fair_pick(&f, all);
        assert_int_equal(i, k % 4);
        pl__fair_take(&f, i);
        if (k > 0)
            pl__fair_give(&f, (k - 1) % 4);
    }
    pl__fair_clear(&f);
}

/* Random takers: never more than max, always room for what is kept, and an endpoint below its kept places never
 * waits. */
static void kept_places_are_there(void **state)
{
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "fair", 0);
    for (int world = 0; world < 200; world++) {
        uint32_t n = 1 + (uint32_t)pl__rng_below(&rng, N_MAX);
        uint32_t max = n + (uint32_t)pl__rng_below(&rng, 100);
        uint32_t caps[N_MAX];
        bool wants[N_MAX];
        pl_fair_share f = {0};
        for (uint32_t i = 0; i < n; i++)
            caps[i] = 1 + (uint32_t)pl__rng_below(&rng, 50);
        assert_int_equal(pl__fair_init(&f, caps, n, max), PL_OK);
        for (int step = 0; step < 1000; step++) {
            uint32_t someone = (uint32_t)pl__rng_below(&rng, n);
            uint32_t sum = 0;
            uint32_t reserved = 0;
            for (uint32_t i = 0; i < n; i++)
                wants[i] = f.held[i] < caps[i] && pl__rng_below(&rng, 2) == 0;
            uint32_t i = pl__fair_pick(&f, wants);
            if (i < n && pl__rng_below(&rng, 3) > 0)
                pl__fair_take(&f, i);
            else if (f.held[someone] > 0)
                pl__fair_give(&f, someone);
            for (uint32_t k = 0; k < n; k++) {
                sum += f.held[k];
                reserved += f.held[k] < f.kept[k] ? f.kept[k] - f.held[k] : 0;
                assert_true(f.kept[k] >= 1 && f.kept[k] <= caps[k]);
                assert_true(f.held[k] >= f.kept[k] || pl__fair_may(&f, k));
            }
            assert_int_equal(sum, f.held_total);
            assert_int_equal(reserved, f.kept_free);
            assert_true(sum + reserved <= max);
        }
        pl__fair_clear(&f);
    }
}

static pl_status one(void *user, pl_error *err)
{
    static const uint32_t caps[] = {1, 2};
    pl_fair_share f = {0};
    (void)user;
    (void)err;
    pl_status rc = pl__fair_init(&f, caps, 2, 4);
    pl__fair_clear(&f);
    return rc;
}

static void survives_refusals(void **state)
{
    (void)state;
    pl__kit_fault_loop("fair share", one, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_served_goes_first),    cmocka_unit_test(a_greedy_one_leaves_room),
        cmocka_unit_test(more_endpoints_than_places), cmocka_unit_test(kept_places_are_there),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
