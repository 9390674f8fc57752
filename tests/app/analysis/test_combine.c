/* The combined rankings of the resamples, against pl_consensus_run on the methods' own replicates. */
#include "analysis.h"

#include "combine.h"
#include "judgment_maker.h"
#include "kit.h"
#include "rng.h"

#include <math.h>
#include <string.h>

#define MODELS 5u
#define IMAGES 30u
#define REPLICATES 60u

static pl_maker *noisy(uint32_t n_models, uint32_t n_items)
{
    pl_maker *k = pl__maker_new(n_models, n_items, 1);
    pl_rng rng;

    pl__rng_init(&rng, pl__kit_seed(), "combine", 0);
    for (uint32_t item = 0; item < n_items; item++) {
        for (uint32_t n = 0; n < 2 * n_models; n++) {
            uint32_t a = (uint32_t)pl__rng_below(&rng, n_models);
            uint32_t b = (a + 1 + (uint32_t)pl__rng_below(&rng, n_models - 1)) % n_models;
            uint32_t judge = (uint32_t)pl__rng_below(&rng, n_models);
            bool better = pl__rng_uniform(&rng) < (a < b ? 0.65 : 0.35);

            pl__maker_add(k, item, judge, a, b, 0, better ? PL_VERDICT_A : PL_VERDICT_B);
        }
    }
    return k;
}

static pl_analysis *analyse(const pl_maker *k, uint32_t bootstrap)
{
    static const char *const methods[] = {"upme", "majority-vote", "bt"};
    pl_rank_request request = {.methods = methods,
                               .n_methods = 3,
                               .rank = PL_RANK_OPTS_INIT,
                               .bootstrap = bootstrap,
                               .threads = 2,
                               .consensus = true};
    pl_analysis *a = NULL;
    pl_error err = {0};

    PL_KIT_OK(pl__analysis_new(&k->set, &request, &a, &err), &err);
    return a;
}

/* How often each model is first by points, a shared place divided. */
static void count_best(const pl_analysis *a, double *ret)
{
    for (size_t r = 0; r < REPLICATES; r++) {
        pl_consensus_list lists[3];
        pl_consensus *c = NULL;
        pl_error err = {0};
        const double *points = NULL;
        double most = -1.0;
        unsigned n_best = 0;

        for (size_t i = 0; i < 3; i++)
            lists[i] =
                (pl_consensus_list){a->methods[i].name, a->methods[i].uncertainty->replicates + r * a->set->n_models};
        PL_KIT_OK(pl_consensus_run(lists, 3, a->set->models, a->set->n_models, NULL, &c, &err), &err);
        points = pl_consensus_borda(c);
        for (uint32_t m = 0; m < MODELS; m++)
            most = fmax(most, points[m]);
        for (uint32_t m = 0; m < MODELS; m++)
            n_best += points[m] >= most;
        for (uint32_t m = 0; m < MODELS; m++)
            ret[m] += points[m] >= most ? 1.0 / n_best / REPLICATES : 0.0;
        pl_consensus_free(c);
    }
}

static void ranks_are_those_of_the_combined_resamples(void **state)
{
    pl_maker *k = noisy(MODELS, IMAGES);
    pl_analysis *a = analyse(k, REPLICATES);
    double best[MODELS] = {0.0};

    (void)state;
    assert_int_equal(a->n_methods, 5);
    assert_int_equal(a->n_combined, 3);
    count_best(a, best);
    for (size_t i = 3; i < 5; i++) {
        const pl_method_uncertainty *x = a->methods[i].uncertainty;
        double sum = 0.0;

        assert_non_null(x);
        assert_int_equal(x->n_ranked, MODELS);
        for (uint32_t m = 0; m < MODELS; m++) {
            sum += x->p_best[m];
            assert_in_range(x->rank_low[m], 1, x->rank_high[m]);
            assert_in_range(x->rank_high[m], x->rank_low[m], MODELS);
            assert_true(isnan(x->low[m]) && isnan(x->high[m]) && isnan(x->se[m]));
            assert_int_equal(x->group[m], 0);
            if (i == 3)
                PL_KIT_CLOSE(x->p_best[m], best[m], 1e-12);
        }
        PL_KIT_CLOSE(sum, 1.0, 1e-12);
    }
    pl__analysis_free(a);
    pl__maker_free(k);
}

static void without_resamples_there_are_no_rank_intervals(void **state)
{
    pl_maker *k = noisy(MODELS, IMAGES);
    pl_maker *one = noisy(MODELS, 1);
    pl_analysis *a = analyse(k, 0);

    (void)state;
    assert_null(a->methods[3].uncertainty);
    pl__analysis_free(a);
    a = analyse(one, REPLICATES); /* one image: nothing to resample */
    assert_null(a->methods[3].uncertainty);
    pl__analysis_free(a);
    pl__maker_free(k);
    pl__maker_free(one);
}

static void large_pools_are_combined_once(void **state)
{
    pl_maker *k = noisy(PL_COMBINED_RESAMPLES_MODELS_MAX + 1, 20);
    pl_analysis *a = analyse(k, 2);
    bool told = false;

    (void)state;
    assert_null(a->methods[3].uncertainty);
    for (size_t i = 0; i < a->notes.n; i++)
        told = told || strstr(a->notes.texts[i], "are not resampled") != NULL;
    assert_true(told);
    pl__analysis_free(a);
    pl__maker_free(k);
}

static pl_status once(void *user, pl_error *err)
{
    static const char *const methods[] = {"peer-review", "majority-vote"};
    const pl_maker *k = user;
    pl_rank_request request = {
        .methods = methods, .n_methods = 2, .rank = PL_RANK_OPTS_INIT, .bootstrap = 3, .threads = 1, .consensus = true};
    pl_analysis *a = NULL;
    pl_status rc = pl__analysis_new(&k->set, &request, &a, err);

    pl__analysis_free(a);
    return rc;
}

static void refused_memory_is_told(void **state)
{
    pl_maker *k = noisy(3, 3);

    (void)state;
    pl__kit_fault_loop("combined resamples", once, k);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_are_those_of_the_combined_resamples),
        cmocka_unit_test(without_resamples_there_are_no_rank_intervals),
        cmocka_unit_test(large_pools_are_combined_once),
        cmocka_unit_test(refused_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
