/* Sums of replicates against sums that are added up one by one. */
#include "cluster_sums.h"
#include "kit.h"

#include "alloc.h"
#include "rng.h"

#include <stdlib.h>
#include <string.h>

#define CELLS 7u
#define CLUSTERS_MAX 5000u
#define EACH_MAX 600u /* additions of a cluster */

typedef struct world {
    uint32_t n_clusters;
    uint32_t each; /* additions of a cluster, at most */
    uint64_t seed;
    bool counted;
} world;

static size_t room_of(void *user, uint32_t cluster)
{
    const world *w = user;
    (void)cluster;
    return w->each;
}

/* A cluster's additions are drawn anew from a stream of its own. The last cell is never added to. */
static size_t list_one(void *user, uint32_t cluster, uint32_t *ret_cells, double *ret_amounts)
{
    const world *w = user;
    pl_rng rng;
    pl__rng_init(&rng, w->seed, "cluster", cluster);
    size_t n = (size_t)pl__rng_below(&rng, w->each + 1);
    for (size_t i = 0; i < n; i++) {
        ret_cells[i] = (uint32_t)pl__rng_below(&rng, 1 + pl__rng_below(&rng, CELLS - 1)); /* some more often */
        if (ret_amounts)
            ret_amounts[i] = pl__rng_uniform(&rng);
    }
    return n;
}

static void check_lane(const world *w, const pl_lanes *lanes, uint32_t lane)
{
    double sums[CELLS] = {0};
    uint32_t cells[EACH_MAX];
    double amounts[EACH_MAX];
    for (uint32_t c = 0; c < w->n_clusters; c++) {
        size_t n = list_one((void *)(uintptr_t)w, c, cells, w->counted ? NULL : amounts);
        for (size_t i = 0; i < n; i++)
            sums[cells[i]] += pl__lanes_copies(lanes, c, lane) * (w->counted ? 1.0 : amounts[i]);
    }
    for (size_t k = 0; k < CELLS; k++)
        PL_KIT_CLOSE(lanes->sums[k * PL_LANES + lane], sums[k], w->counted ? 0.0 : 1e-12 * (1.0 + sums[k]));
}

static void check(world *w, uint32_t copies_max, uint32_t threads)
{
    pl_addition_list list = {.n_clusters = w->n_clusters,
                             .n_cells = CELLS,
                             .counted = w->counted,
                             .user = w,
                             .room = room_of,
                             .list = list_one};
    pl_cluster_sums *s = NULL;
    pl_lanes lanes = {0};
    pl_error err = {0};
    pl_rng rng;
    pl__rng_init(&rng, w->seed, "copies", 0);
    PL_KIT_OK(pl__cluster_sums_new(&list, threads, &s, &err), &err);
    PL_KIT_OK(pl__lanes_init(&lanes, s, &err), &err);
    for (unsigned round = 0; round < 2; round++) { /* the same memory twice */
        pl__lanes_reset(&lanes, s);
        for (uint32_t c = 0; c < w->n_clusters; c++) {
            for (uint32_t l = 0; l < PL_LANES; l++) {
                for (uint64_t k = pl__rng_below(&rng, copies_max + 1); k > 0; k--)
                    assert_true(pl__lanes_draw(&lanes, c, l));
            }
        }
        pl__lanes_add(&lanes, s);
        for (uint32_t l = 0; l < PL_LANES; l += 9)
            check_lane(w, &lanes, l);
    }
    pl__lanes_clear(&lanes);
    pl__cluster_sums_free(s);
}

static void few_and_many(void **state)
{
    static const world worlds[] = {{.n_clusters = 1, .each = EACH_MAX},
                                   {.n_clusters = 3, .each = 2},
                                   {.n_clusters = 40, .each = 200},
                                   {.n_clusters = CLUSTERS_MAX, .each = 9}};
    static const uint32_t copies[] = {0, 1, 5, PL_LANE_COPIES_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
        for (size_t k = 0; k < sizeof(copies) / sizeof(copies[0]); k++) {
            world w = worlds[i];
            if (w.n_clusters == CLUSTERS_MAX && copies[k] > 5)
                continue; /* slow to draw one by one */
            w.seed = pl__kit_seed() + 10 * i + k;
            for (unsigned counted = 0; counted < 2; counted++) {
                w.counted = counted == 1;
                check(&w, copies[k], 1 + counted);
            }
        }
    }
}

/* More of one cluster than two bytes can add up before they are moved on. */
static void many_of_few(void **state)
{
    (void)state;
    world w = {.n_clusters = 600, .each = 3, .seed = pl__kit_seed(), .counted = true};
    check(&w, PL_LANE_COPIES_MAX, 2);
}

static void a_byte_holds_255(void **state)
{
    (void)state;
    uint64_t words[2 * PL_LANES / 8] = {0};
    pl_lanes lanes = {.copies = words};
    for (uint32_t i = 0; i < PL_LANE_COPIES_MAX; i++)
        assert_true(pl__lanes_draw(&lanes, 1, 9));
    assert_false(pl__lanes_draw(&lanes, 1, 9));
    assert_int_equal(pl__lanes_copies(&lanes, 1, 9), PL_LANE_COPIES_MAX);
    assert_int_equal(pl__lanes_copies(&lanes, 1, 10), 0);
    assert_int_equal(lanes.most, PL_LANE_COPIES_MAX);
}

static void nothing_to_add(void **state)
{
    (void)state;
    world w = {.n_clusters = 0, .each = 3, .seed = 1, .counted = true};
    check(&w, 1, 2);
    w = (world){.n_clusters = 4, .each = 0, .seed = 1, .counted = false};
    check(&w, 1, 2);
}

static pl_status make_once(void *user, pl_error *reterr)
{
    world *w = user;
    pl_addition_list list = {.n_clusters = w->n_clusters,
                             .n_cells = CELLS,
                             .counted = w->counted,
                             .user = w,
                             .room = room_of,
                             .list = list_one};
    pl_cluster_sums *s = NULL;
    pl_lanes lanes = {0};
    pl_status rc = pl__cluster_sums_new(&list, 2, &s, reterr);
    if (!rc)
        rc = pl__lanes_init(&lanes, s, reterr);
    pl__lanes_clear(&lanes);
    pl__cluster_sums_free(s);
    return rc;
}

static void refused_memory(void **state)
{
    (void)state;
    world w = {.n_clusters = 2500, .each = 20, .seed = 1, .counted = true};
    pl__kit_fault_loop("counted sums of clusters", make_once, &w);
    w.counted = false;
    pl__kit_fault_loop("sums of clusters", make_once, &w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_and_many),   cmocka_unit_test(many_of_few),    cmocka_unit_test(a_byte_holds_255),
        cmocka_unit_test(nothing_to_add), cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
