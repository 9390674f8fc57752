#include "design_replay.h"

#include "alloc.h"
#include "judgment_maker.h"
#include "kit.h"
#include "rng.h"

#include <string.h>

/* One judge (4) on four models whose first two are alike and whose others are far below, one after the other. */
static pl_peer_table *close_race(uint32_t n_items, pl_maker **ret)
{
    pl_maker *k = pl__maker_new(5, n_items, 1);
    pl_peer_table *table = NULL;
    pl_error err = {0};
    pl_rng rng;

    pl__rng_init(&rng, 3, "close race", 0);
    for (uint32_t i = 0; i < n_items; i++) {
        for (uint32_t a = 0; a < 4; a++) {
            for (uint32_t b = a + 1; b < 4; b++) {
                double chance = a == 0 && b == 1 ? 0.5 : 0.95;

                pl__maker_add(k, i, 4, a, b, 0, pl__rng_uniform(&rng) < chance ? PL_VERDICT_A : PL_VERDICT_B);
            }
        }
    }
    PL_KIT_OK(pl_peer_table_build(&k->set, NULL, &table, &err), &err);
    *ret = k;
    return table;
}

static void assert_permutation(const uint32_t *order, size_t n)
{
    bool seen[4096] = {false};

    assert_true(n <= 4096);
    for (size_t i = 0; i < n; i++) {
        assert_true(order[i] < n);
        assert_false(seen[order[i]]);
        seen[order[i]] = true;
    }
}

static void a_design_is_its_comparisons(void **state)
{
    pl_maker *k = NULL;
    pl_peer_table *table = close_race(10, &k);
    pl_design d = {0};
    pl_error err = {0};
    uint32_t order[60];

    (void)state;
    PL_KIT_OK(pl__design_of(table, k->set.models, &d, &err), &err);
    assert_int_equal(d.n_candidates, 4);
    assert_int_equal(d.n_judges, 1);
    assert_int_equal(d.n, 60);
    assert_int_equal(d.n_judgments, 60);
    for (size_t i = 0; i < d.n; i++) {
        assert_int_equal(d.judgments[i], 1);
        assert_int_equal(d.pairs[i].cluster, d.item[i]);
    }
    PL_KIT_OK(pl__design_random(&d, 1, order, &err), &err);
    assert_permutation(order, 60);
    pl__design_clear(&d);
    pl_peer_table_free(table);
    pl__maker_free(k);
}

static void work_goes_where_the_doubt_is(void **state)
{
    pl_maker *k = NULL;
    pl_peer_table *table = close_race(60, &k);
    pl_design d = {0};
    pl_error err = {0};
    uint32_t order[360];
    uint32_t again[360];
    size_t stop = 0;
    size_t close_ones = 0;
    size_t on_item[60] = {0};
    const size_t n = 90;

    (void)state;
    PL_KIT_OK(pl__design_of(table, k->set.models, &d, &err), &err);
    PL_KIT_OK(pl__design_adaptive(&d, 1, n, 5, 0.95, order, &stop, &err), &err);
    assert_permutation(order, d.n);
    for (size_t i = 0; i < n; i++) {
        const pl_scored_pair *x = &d.pairs[order[i]];

        close_ones += x->a + x->b == 1;
        on_item[d.item[order[i]]]++;
    }
    assert_true(close_ones > n / 3); /* a sixth by chance */
    for (size_t i = 0; i < 60; i++)
        assert_true(on_item[i] <= 4); /* all images have a say */
    assert_int_equal(stop, d.n);      /* two that are alike are never told apart */
    PL_KIT_OK(pl__design_adaptive(&d, 1, n, 5, 0.95, again, &stop, &err), &err);
    assert_memory_equal(order, again, sizeof(order));
    PL_KIT_OK(pl__design_adaptive(&d, 2, n, 5, 0.95, again, &stop, &err), &err);
    assert_memory_not_equal(order, again, sizeof(order));
    pl__design_clear(&d);
    pl_peer_table_free(table);
    pl__maker_free(k);
}

static void clear_rankings_are_separated_early(void **state)
{
    pl_maker *k = pl__maker_new(4, 100, 1);
    pl_peer_table *table = NULL;
    pl_design d = {0};
    pl_error err = {0};
    uint32_t order[300];
    size_t stop = 0;

    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        for (uint32_t pair = 0; pair < 3; pair++) {
            uint32_t a = pair == 2;
            uint32_t b = pair == 0 ? 1 : 2;

            pl__maker_add(k, i, 3, a, b, 0, (i + pair) % 10 == 0 ? PL_VERDICT_B : PL_VERDICT_A);
        }
    }
    PL_KIT_OK(pl_peer_table_build(&k->set, NULL, &table, &err), &err);
    PL_KIT_OK(pl__design_of(table, k->set.models, &d, &err), &err);
    PL_KIT_OK(pl__design_adaptive(&d, 1, d.n, 5, 0.95, order, &stop, &err), &err);
    assert_true(stop >= 10 && stop < 100);
    pl__design_clear(&d);
    pl_peer_table_free(table);
    pl__maker_free(k);
}

static void nothing_is_no_design(void **state)
{
    pl_maker *k = pl__maker_new(3, 1, 1);
    pl_peer_table *table = NULL;
    pl_design d = {0};
    pl_error err = {0};

    (void)state;
    PL_KIT_OK(pl_peer_table_build(&k->set, NULL, &table, &err), &err);
    PL_KIT_STATUS(pl__design_of(table, k->set.models, &d, &err), PL_E_INVALID, &err);
    pl_peer_table_free(table);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_design_is_its_comparisons),
        cmocka_unit_test(work_goes_where_the_doubt_is),
        cmocka_unit_test(clear_rankings_are_separated_early),
        cmocka_unit_test(nothing_is_no_design),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
