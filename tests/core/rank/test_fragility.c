#include "alloc.h"
#include "judgment_maker.h"
#include "kit.h"
#include "rng.h"
#include "spread.h"

#include <math.h>
#include <string.h>

#define CASES 40
#define COMPARISONS_MAX 9u /* for which all subsets are tried */

static pl_peer_table *build(const pl_maker *k)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    PL_KIT_OK(pl_peer_table_build(&k->set, NULL, &t, &err), &err);
    return t;
}

/* Places in the ranking, best first; equal scores by index, which is by name here. */
static uint32_t order_of(const char *method, const pl_peer_table *t, const pl_maker *k, uint32_t *order, bool *ret_tied)
{
    pl_ranking *r = NULL;
    uint32_t n = 0;
    PL_KIT_OK(pl_rank_run(method, t, k->models, NULL, &r, NULL), NULL);
    const double *x = pl_ranking_scores(r);
    for (uint32_t m = 0; m < k->set.n_models; m++) {
        if (isnan(x[m]))
            continue;
        uint32_t i = n++;
        for (; i > 0 && x[m] > x[order[i - 1]]; i--)
            order[i] = order[i - 1];
        order[i] = m;
    }
    *ret_tied = n < 2 || !(x[order[0]] > x[order[1]]);
    pl_ranking_free(r);
    return n;
}

static uint32_t top_without(const char *method, const pl_resampler *r, const pl_maker *k, const bool *left_out,
                            pl_peer_table **scratch, uint32_t top)
{
    pl_ranking *ranking = NULL;
    uint32_t best = top;
    PL_KIT_OK(pl_resampler_leave_out(r, left_out, scratch, NULL), NULL);
    PL_KIT_OK(pl_rank_run(method, *scratch, k->models, NULL, &ranking, NULL), NULL);
    const double *x = pl_ranking_scores(ranking);
    for (uint32_t m = 0; m < k->set.n_models; m++) {
        if (!isnan(x[m]) && (isnan(x[best]) || x[m] > x[best]))
            best = m;
    }
    pl_ranking_free(ranking);
    return best;
}

/* The true minimum, by trying all subsets; 0 if there is none. */
static uint64_t fewest(const char *method, const pl_resampler *r, const pl_maker *k, size_t n, uint32_t top)
{
    uint64_t least = 0;
    pl_peer_table *scratch = NULL;
    for (uint32_t subset = 1; subset < 1u << n; subset++) {
        bool left_out[COMPARISONS_MAX] = {false};
        uint64_t size = 0;
        for (size_t i = 0; i < n; i++) {
            left_out[i] = (subset >> i & 1u) != 0;
            size += left_out[i];
        }
        if ((least == 0 || size < least) && top_without(method, r, k, left_out, &scratch, top) != top)
            least = size;
    }
    pl_peer_table_free(scratch);
    return least;
}

static void the_bound_holds_and_is_verified(void **state)
{
    static const char *const methods[] = {"peer-review", "upme", "majority-vote", "single:m003", "bt", "bt-davidson"};
    uint64_t n_exact = 0;
    uint64_t n_all = 0;
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        pl_maker *k = pl__maker_new(4, 9, 1);
        const char *method = methods[i % 4];
        uint32_t order[4];
        bool tied = false;
        bool left_out[COMPARISONS_MAX] = {false};
        uint64_t n = 0;
        uint32_t top = 0;
        pl__rng_init(&rng, pl__kit_seed(), "fragility", i);
        for (uint32_t j = 0; j < COMPARISONS_MAX; j++) { /* one comparison for each item */
            uint32_t a = (uint32_t)pl__rng_below(&rng, 3);
            uint32_t judge = i % 4 == 1 ? (a + 1) % 3 : 3;
            pl__maker_add(k, j, judge, a, (a + 2) % 3, 0, (pl_verdict)(1 + pl__rng_below(&rng, 3)));
        }
        pl_peer_table *t = build(k);
        pl_resampler *r = NULL;
        PL_KIT_OK(pl_resampler_new(t, &r, NULL), NULL);
        assert_int_equal(pl_peer_table_n_comparisons(t), COMPARISONS_MAX);
        pl_fragility_job job = {.method = method,
                                .table = t,
                                .resampler = &r,
                                .models = k->models,
                                .rank = NULL,
                                .order = order,
                                .n_ranked = order_of(method, t, k, order, &tied)};
        if (!tied) {
            uint64_t least = fewest(method, r, k, COMPARISONS_MAX, order[0]);
            pl_peer_table *scratch = NULL;
            uint64_t removed = 0;
            PL_KIT_OK(pl__fragility(&job, left_out, &n, &top, NULL), NULL);
            for (size_t j = 0; j < COMPARISONS_MAX; j++)
                removed += left_out[j];
            assert_int_equal(removed, n);
            assert_true(n == 0 || (least > 0 && n >= least));
            if (n > 0)
                assert_int_equal(top_without(method, r, k, left_out, &scratch, order[0]), top);
            n_exact += n == least;
            n_all++;
            pl_peer_table_free(scratch);
        }
        pl_resampler_free(r);
        pl_peer_table_free(t);
        pl__maker_free(k);
    }
    assert_true(n_all > CASES / 2);
    assert_true(4 * n_exact >= 3 * n_all); /* the bound is mostly tight */
}

/* A won 5 of 8 against B: without three of these wins B leads by 3 to 2, without two it is a draw. */
static void the_known_answer(void **state)
{
    const uint32_t order[] = {0, 1};
    bool left_out[8] = {false};
    uint64_t n = 0;
    uint32_t top = 0;
    pl_maker *k = pl__maker_new(3, 8, 1);
    pl_resampler *r = NULL;
    (void)state;
    for (uint32_t i = 0; i < 8; i++)
        pl__maker_add(k, i, 2, 0, 1, 0, i < 5 ? PL_VERDICT_A : PL_VERDICT_B);
    pl_peer_table *t = build(k);
    PL_KIT_OK(pl_resampler_new(t, &r, NULL), NULL);
    pl_fragility_job job = {"peer-review", t, &r, k->models, NULL, order, 2};
    PL_KIT_OK(pl__fragility(&job, left_out, &n, &top, NULL), NULL);
    assert_int_equal(n, 3);
    assert_int_equal(top, 1);
    pl_resampler_free(r);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_holds_and_is_verified),
        cmocka_unit_test(the_known_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
