#include "kit.h"
#include "proxies_golden.h"
#include "response_maker.h"
#include "rng.h"
#include <peerless/answers.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const ALL[] = {"aol", "aol.rank", "atc", "doc"};
#define N_ALL 4u
static const char *const DATASETS[] = {"a", "b", "t"};

/* What is ranked on is "t", in one set with its sources. */
static void split(response_maker *x, uint32_t end_of_a, uint32_t end_of_b)
{
    x->set.datasets = DATASETS;
    x->set.n_datasets = 3;
    for (size_t i = 0; i < x->set.n_rows; i++)
        x->rows[i].dataset = (x->rows[i].item >= end_of_a ? 1u : 0u) + (x->rows[i].item >= end_of_b ? 1u : 0u);
}

static response_maker *golden_pool(void)
{
    uint32_t n_options[GOLDEN_ITEMS];
    for (uint32_t i = 0; i < GOLDEN_ITEMS; i++)
        n_options[i] = GOLDEN_OPTIONS;
    response_maker *x =
        response_maker_new(GOLDEN_MODELS, GOLDEN_ITEMS, GOLDEN_OPTIONS, n_options, golden_logits, golden_labels);
    split(x, GOLDEN_A, GOLDEN_B);
    return x;
}

static response_maker *random_pool(uint64_t seed, uint32_t n_models)
{
    response_maker *x = response_maker_random(seed, n_models, 240, 4);
    split(x, 80, 140);
    return x;
}

typedef struct world {
    pl_answer_source *source;
    pl_answer_table *table;
} world;

static world open_world(const response_maker *x, size_t n_sources, const char *dataset)
{
    world w = {0};
    pl_error err = {0};
    pl_answer_opts opts = PL_ANSWER_OPTS_INIT;
    PL_KIT_OK(pl_answer_source_build(&x->set, NULL, DATASETS, n_sources, &w.source, &err), &err);
    opts.dataset = dataset;
    opts.source = w.source;
    PL_KIT_OK(pl_answer_table_build(&x->set, &opts, &w.table, &err), &err);
    assert_ptr_equal(pl_answer_table_source(w.table), w.source);
    return w;
}

static void close_world(world *w)
{
    pl_answer_table_free(w->table);
    pl_answer_source_free(w->source);
}

static pl_ranking *rank_by(const world *w, const char *method, const uint32_t *weights)
{
    pl_ranking *r = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl_answer_rank_run(method, w->table, weights, &r, &err), &err);
    return r;
}

static void check_golden(const response_maker *x, size_t n_sources, const double *golden)
{
    world w = open_world(x, n_sources, "t");
    for (size_t k = 0; k < N_ALL; k++) {
        pl_ranking *r = rank_by(&w, ALL[k], NULL);
        for (uint32_t m = 0; m < GOLDEN_MODELS; m++)
            PL_KIT_CLOSE(pl_ranking_scores(r)[m], golden[k * GOLDEN_MODELS + m], 1e-12);
        pl_ranking_free(r);
    }
    close_world(&w);
}

static void goldens(void **state)
{
    (void)state;
    response_maker *x = golden_pool();
    check_golden(x, 1, golden_from_a);
    check_golden(x, 2, golden_from_both);
    free(x);
}

/* On the source itself each proxy that predicts accuracy meets it, ties and all. */
static void exact_on_the_source(void **state)
{
    (void)state;
    response_maker *x = golden_pool();
    world w = open_world(x, 1, "a");
    pl_calibration c[GOLDEN_MODELS];
    pl_error err = {0};
    PL_KIT_OK(pl_calibration_run(w.table, 15, c, NULL, &err), &err);
    for (size_t k = 0; k < N_ALL; k++) {
        pl_ranking *r = rank_by(&w, ALL[k], NULL);
        for (uint32_t m = 0; m < GOLDEN_MODELS && k != 1; m++)
            PL_KIT_CLOSE(pl_ranking_scores(r)[m], c[m].accuracy, 1e-12);
        pl_ranking_free(r);
    }
    close_world(&w);
    free(x);
}

/* Labels of what is ranked on reach no score; those of the source do. */
static void labels_here_do_not_matter(void **state)
{
    (void)state;
    pl_rng rng;
    uint64_t labels[MAKER_ITEMS_MAX];
    response_maker *x = random_pool(pl__kit_seed(), 8);
    world w = open_world(x, 2, "t");
    pl_ranking *before[N_ALL];
    for (size_t k = 0; k < N_ALL; k++)
        before[k] = rank_by(&w, ALL[k], NULL);
    close_world(&w);
    pl__rng_init(&rng, pl__kit_seed(), "labels", 0);
    for (uint32_t i = 0; i < MAKER_ITEMS_MAX; i++)
        labels[i] = (uint64_t)1 << pl__rng_below(&rng, 4);
    for (int pass = 0; pass < 2; pass++) { /* of "t", then of "a" too */
        for (size_t i = 0; i < x->set.n_rows; i++) {
            if (x->rows[i].dataset == (pass == 0 ? 2u : 0u))
                x->rows[i].labels = labels[x->rows[i].item];
        }
        w = open_world(x, 2, "t");
        for (size_t k = 0; k < N_ALL; k++) {
            pl_ranking *after = rank_by(&w, ALL[k], NULL);
            bool same = true;
            for (size_t m = 0; m < 8; m++)
                same = same && pl_ranking_scores(after)[m] == pl_ranking_scores(before[k])[m];
            assert_int_equal(same, pass == 0);
            pl_ranking_free(after);
        }
        close_world(&w);
    }
    for (size_t k = 0; k < N_ALL; k++)
        pl_ranking_free(before[k]);
    free(x);
}

/* Rows in another order give the same bytes; an image that counts twice is its items twice. */
static void order_and_weights(void **state)
{
    (void)state;
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "order", 0);
    response_maker *x = random_pool(pl__kit_seed() + 1, 6);
    world w = open_world(x, 2, "t");
    uint32_t twice[100];
    pl_ranking *before[N_ALL];
    for (uint32_t i = 0; i < 100; i++)
        twice[i] = 2;
    for (size_t k = 0; k < N_ALL; k++) {
        before[k] = rank_by(&w, ALL[k], NULL);
        pl_ranking *r = rank_by(&w, ALL[k], twice);
        for (uint32_t m = 0; m < 6; m++)
            PL_KIT_CLOSE(pl_ranking_scores(r)[m], pl_ranking_scores(before[k])[m], 1e-12);
        pl_ranking_free(r);
    }
    close_world(&w);
    for (size_t i = 0; i < x->set.n_rows; i++) {
        size_t k = i + pl__rng_below(&rng, x->set.n_rows - i);
        pl_response swap = x->rows[i];
        x->rows[i] = x->rows[k];
        x->rows[k] = swap;
    }
    w = open_world(x, 2, "t");
    for (size_t k = 0; k < N_ALL; k++) {
        pl_ranking *after = rank_by(&w, ALL[k], NULL);
        assert_memory_equal(pl_ranking_scores(after), pl_ranking_scores(before[k]), 6 * sizeof(double));
        pl_ranking_free(after);
        pl_ranking_free(before[k]);
    }
    close_world(&w);
    free(x);
}

/* A model that the source does not know, and one that misses too much there or here. */
static void coverage(void **state)
{
    (void)state;
    size_t n = 0;
    response_maker *x = random_pool(3, 4);
    response_maker *y = random_pool(3, 4); /* the source */
    size_t kept = 0;
    for (size_t i = 0; i < y->set.n_rows; i++) {
        const pl_response *row = &y->rows[i];
        if (row->model == 3 || (row->model == 2 && row->dataset == 1 && row->item % 3 == 0))
            continue;
        y->rows[kept++] = *row;
    }
    y->set.n_rows = kept;
    y->set.n_models = 3;
    for (size_t i = 0; i < x->set.n_rows; i++) { /* here, model 1 names options without probabilities */
        if (x->rows[i].model != 1)
            continue;
        x->rows[i].value_kind = PL_OPTION_VALUES_NONE;
        x->rows[i].prediction = 0;
    }
    pl_error err = {0};
    pl_answer_opts opts = PL_ANSWER_OPTS_INIT;
    world w = {0};
    PL_KIT_OK(pl_answer_source_build(&y->set, NULL, DATASETS, 2, &w.source, &err), &err);
    opts.dataset = "t";
    opts.source = w.source;
    PL_KIT_OK(pl_answer_table_build(&x->set, &opts, &w.table, &err), &err);
    pl_ranking *aol = rank_by(&w, "aol", NULL);
    pl_ranking *doc = rank_by(&w, "doc", NULL);
    const char *const *words = pl_ranking_warnings(aol, &n);
    assert_int_equal(n, 2);
    assert_string_equal(words[0], "m02 is not ranked: there is nothing to learn from at 20 of 60 labelled items of the "
                                  "source \"b\"");
    assert_string_equal(words[1], "m03 is not ranked: the source has no answer of it");
    assert_true(pl_ranking_scores(aol)[1] > 0.0);
    assert_true(isnan(pl_ranking_scores(aol)[2]) && isnan(pl_ranking_scores(aol)[3]));
    words = pl_ranking_warnings(doc, &n);
    assert_int_equal(n, 3);
    assert_non_null(strstr(words[0], "m01 is not ranked: it has nothing to go by at 100 of 100 items"));
    assert_true(isnan(pl_ranking_scores(doc)[1]));
    pl_ranking_free(aol);
    pl_ranking_free(doc);
    close_world(&w);
    free(x);
    free(y);
}

static void refusals(void **state)
{
    (void)state;
    static const char *const unknown[] = {"c"};
    static const char *const twice[] = {"a", "a"};
    response_maker *x = random_pool(2, 3);
    pl_answer_source *source = NULL;
    pl_answer_table *t = NULL;
    pl_ranking *r = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl_answer_table_build(&x->set, NULL, &t, &err), &err);
    for (size_t k = 0; k < N_ALL; k++) {
        assert_true(pl_answer_method_is_proxy(ALL[k]));
        PL_KIT_STATUS(pl_answer_rank_run(ALL[k], t, NULL, &r, &err), PL_E_UNSUPPORTED, &err);
        assert_non_null(strstr(err.msg, "needs a source"));
    }
    assert_false(pl_answer_method_is_proxy("within"));
    assert_false(pl_answer_method_is_proxy(NULL));
    PL_KIT_STATUS(pl_answer_source_build(&x->set, NULL, unknown, 1, &source, &err), PL_E_NOT_FOUND, &err);
    PL_KIT_STATUS(pl_answer_source_build(&x->set, NULL, twice, 2, &source, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_answer_source_build(&x->set, NULL, NULL, 1, &source, &err), PL_E_INVALID, &err);
    for (size_t i = 0; i < x->set.n_rows; i++) {
        if (x->rows[i].dataset == 1)
            x->rows[i].labels = 0;
    }
    PL_KIT_STATUS(pl_answer_source_build(&x->set, NULL, DATASETS, 2, &source, &err), PL_E_INVALID, &err);
    assert_non_null(strstr(err.msg, "\"b\" has no labels"));
    err = (pl_error){0};
    PL_KIT_OK(pl_answer_source_build(&x->set, NULL, NULL, 0, &source, &err), &err); /* the two that have some */
    assert_int_equal(pl_answer_source_n_datasets(source), 2);
    assert_string_equal(pl_answer_source_dataset(source, 1), "t");
    assert_int_equal(pl_answer_source_n_labelled(source, 1), 100);
    assert_int_equal(pl_answer_source_images(source)[2], 180);
    pl_answer_source_free(source);
    source = NULL;
    for (size_t i = 0; i < x->set.n_rows; i++)
        x->rows[i].labels = 0;
    PL_KIT_STATUS(pl_answer_source_build(&x->set, NULL, NULL, 0, &source, &err), PL_E_INVALID, &err);
    assert_null(source);
    pl_answer_table_free(t);
    free(x);
}

static pl_uncertainty *resample(const world *w, const pl_uncertainty_opts *opts)
{
    pl_uncertainty *u = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl_answer_uncertainty_run(ALL, N_ALL, w->table, opts, &u, &err), &err);
    return u;
}

/* Threads do not matter, and the error of aol is that of a share of the source's items. */
static void bootstrap(void **state)
{
    (void)state;
    size_t n = 0;
    response_maker *x = random_pool(5, 4);
    world w = open_world(x, 1, "t");
    pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
    opts.replicates = 1000;
    pl_uncertainty *one = resample(&w, &opts);
    opts.threads = 3;
    opts.interval = PL_INTERVAL_BCA;
    pl_uncertainty *three = resample(&w, &opts);
    pl_ranking *aol = rank_by(&w, "aol", NULL);
    for (uint32_t k = 0; k < N_ALL; k++) {
        const pl_method_uncertainty *a = pl_uncertainty_method(one, k);
        const pl_method_uncertainty *b = pl_uncertainty_method(three, k);
        assert_memory_equal(a->replicates, b->replicates, sizeof(double) * 1000 * 4);
        assert_memory_equal(a->low, b->low, 4 * sizeof(double)); /* BCa gives way */
        assert_true(a->n_warnings == 0 && b->n_warnings == 1 && strstr(b->warnings[0], "BCa"));
        for (uint32_t m = 0; m < 4; m++)
            assert_true(a->low[m] <= a->high[m]);
    }
    for (uint32_t m = 0; m < 4; m++) {
        double p = pl_ranking_scores(aol)[m];
        double se = sqrt(p * (1.0 - p) / 80.0);
        PL_KIT_CLOSE(pl_uncertainty_method(one, 0)->se[m], se, 0.15 * se);
        assert_true(pl_uncertainty_method(one, 3)->se[m] > 0.0);
    }
    assert_non_null(pl_answer_source_items(w.source, 0, 0, &n));
    assert_int_equal(n, 80);
    pl_ranking_free(aol);
    pl_uncertainty_free(one);
    pl_uncertainty_free(three);
    close_world(&w);
    for (size_t i = 0; i < x->set.n_rows; i++) { /* the whole source on one image */
        if (x->rows[i].dataset == 0)
            x->rows[i].image = 0;
    }
    w = open_world(x, 1, "t");
    one = resample(&w, &opts);
    assert_true(isnan(pl_uncertainty_method(one, 0)->low[0]));
    assert_non_null(strstr(pl_uncertainty_method(one, 0)->warnings[0], "one image"));
    pl_uncertainty_free(one);
    close_world(&w);
    free(x);
}

static pl_status run_once(void *user, pl_error *err)
{
    const response_maker *x = user;
    pl_answer_opts opts = PL_ANSWER_OPTS_INIT;
    pl_uncertainty_opts resampling = PL_UNCERTAINTY_OPTS_INIT;
    pl_answer_source *source = NULL;
    pl_answer_table *t = NULL;
    pl_ranking *r = NULL;
    pl_uncertainty *u = NULL;
    resampling.replicates = 3;
    pl_status rc = pl_answer_source_build(&x->set, NULL, DATASETS, 2, &source, err);
    opts.dataset = "t";
    opts.source = source;
    rc = rc ? rc : pl_answer_table_build(&x->set, &opts, &t, err);
    for (size_t k = 0; k < N_ALL && !rc; k++) {
        rc = pl_answer_rank_run(ALL[k], t, NULL, &r, err);
        pl_ranking_free(r);
        r = NULL;
    }
    rc = rc ? rc : pl_answer_uncertainty_run(ALL, N_ALL, t, &resampling, &u, err);
    pl_uncertainty_free(u);
    pl_answer_table_free(t);
    pl_answer_source_free(source);
    return rc;
}

static void refused_memory(void **state)
{
    (void)state;
    response_maker *x = response_maker_random(3, 4, 30, 3);
    split(x, 10, 20);
    x->rows[3].value_kind = PL_OPTION_VALUES_NONE; /* something to explain */
    x->rows[4].value_kind = PL_OPTION_VALUES_NONE;
    x->rows[5].value_kind = PL_OPTION_VALUES_NONE;
    pl__kit_fault_loop("proxies", run_once, x);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(exact_on_the_source),
        cmocka_unit_test(labels_here_do_not_matter),
        cmocka_unit_test(order_and_weights),
        cmocka_unit_test(coverage),
        cmocka_unit_test(refusals),
        cmocka_unit_test(bootstrap),
        cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
