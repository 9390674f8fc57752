#include "answer_rank.h"
#include "answers_golden.h"
#include "kit.h"
#include "response_maker.h"
#include "rng.h"
#include <peerless/answers.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const ALL[] = {"within", "majority", "soft-vote", "weighted-vote", "dawid-skene-one-coin",
                                  "nll",    "entropy",  "max_prob",  "margin"};
#define N_ALL (sizeof(ALL) / sizeof(ALL[0]))

static pl_answer_table *build(const response_maker *x, const pl_answer_opts *opts)
{
    pl_answer_table *t = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl_answer_table_build(&x->set, opts, &t, &err), &err);
    return t;
}

static pl_ranking *rank_table(const pl_answer_table *t, const char *method)
{
    pl_ranking *r = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl_answer_rank_run(method, t, NULL, &r, &err), &err);
    return r;
}

static response_maker *golden_pool(void)
{
    return response_maker_new(GOLDEN_MODELS, GOLDEN_ITEMS, GOLDEN_OPTIONS, golden_options, golden_logits,
                              golden_labels);
}

static void check(const pl_answer_table *t, const char *method, const double *scores, const double *weights)
{
    pl_ranking *r = rank_table(t, method);
    for (uint32_t m = 0; m < GOLDEN_MODELS; m++) {
        PL_KIT_CLOSE(pl_ranking_scores(r)[m], scores[m], 1e-9);
        if (weights)
            PL_KIT_CLOSE(pl_ranking_weights(r)[m], weights[m], 1e-9);
    }
    pl_ranking_free(r);
}

static void goldens(void **state)
{
    (void)state;
    response_maker *x = golden_pool();
    pl_answer_table *t = build(x, NULL);
    check(t, "nll", golden_nll, NULL);
    check(t, "entropy", golden_entropy, NULL);
    check(t, "max_prob", golden_max_prob, NULL);
    check(t, "margin", golden_margin, NULL);
    check(t, "majority", golden_majority, NULL);
    check(t, "soft-vote", golden_soft_vote, NULL);
    check(t, "weighted-vote", golden_weighted_vote, golden_vote_weights);
    check(t, "dawid-skene-one-coin", golden_one_coin, NULL);
    check(t, "within", golden_within, golden_weights);
    pl_answer_table_free(t);
    free(x);
}

static void dawid_skene(void **state)
{
    (void)state;
    uint32_t n_options[GOLDEN_ITEMS];
    double *logits = calloc((size_t)GOLDEN_MODELS * GOLDEN_ITEMS * 3, sizeof(*logits));
    assert_non_null(logits);
    for (uint32_t i = 0; i < GOLDEN_ITEMS; i++)
        n_options[i] = 3;
    for (size_t i = 0; i < (size_t)GOLDEN_MODELS * GOLDEN_ITEMS; i++)
        logits[3 * i + golden_three[i]] = 1.0;
    response_maker *x = response_maker_new(GOLDEN_MODELS, GOLDEN_ITEMS, 3, n_options, logits, NULL);
    pl_answer_table *t = build(x, NULL);
    check(t, "dawid-skene", golden_dawid_skene, NULL);
    pl_answer_table_free(t);
    free(logits);
    free(x);
    x = golden_pool(); /* items with three, four and five options */
    t = build(x, NULL);
    pl_ranking *r = rank_table(t, "dawid-skene");
    size_t n = 0;
    assert_true(isnan(pl_ranking_scores(r)[0]));
    assert_non_null(strstr(pl_ranking_warnings(r, &n)[0], "different numbers of options"));
    pl_ranking_free(r);
    pl_answer_table_free(t);
    free(x);
}

/* No label reaches a score: with all labels changed, every byte of every ranking is the same. */
static void labels_do_not_matter(void **state)
{
    (void)state;
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "labels", 0);
    response_maker *x = response_maker_random(pl__kit_seed(), 9, 200, 4);
    pl_answer_table *t = build(x, NULL);
    pl_ranking *before[N_ALL];
    for (size_t k = 0; k < N_ALL; k++)
        before[k] = rank_table(t, ALL[k]);
    pl_answer_table_free(t);
    uint64_t labels[MAKER_ITEMS_MAX];
    for (uint32_t i = 0; i < x->set.n_items; i++)
        labels[i] = (uint64_t)1 << pl__rng_below(&rng, 4);
    for (size_t i = 0; i < x->set.n_rows; i++)
        x->rows[i].labels = labels[x->rows[i].item];
    t = build(x, NULL);
    for (size_t k = 0; k < N_ALL; k++) {
        pl_ranking *after = rank_table(t, ALL[k]);
        assert_memory_equal(pl_ranking_scores(after), pl_ranking_scores(before[k]), 9 * sizeof(double));
        if (pl_ranking_weights(after))
            assert_memory_equal(pl_ranking_weights(after), pl_ranking_weights(before[k]), 9 * sizeof(double));
        pl_ranking_free(after);
        pl_ranking_free(before[k]);
    }
    pl_answer_table_free(t);
    free(x);
}

/* Rows in another order, and models with other indices (but the same names), give the same bytes. */
static void order_does_not_matter(void **state)
{
    (void)state;
    uint32_t order[MAKER_MODELS_MAX];
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "order", 0);
    response_maker *x = response_maker_random(pl__kit_seed(), 9, 150, 4);
    pl_answer_table *t = build(x, NULL);
    pl_ranking *before[N_ALL];
    for (size_t k = 0; k < N_ALL; k++)
        before[k] = rank_table(t, ALL[k]);
    pl_answer_table_free(t);
    for (uint32_t m = 0; m < 9; m++)
        order[m] = m;
    pl__rng_shuffle(&rng, order, 9);
    for (uint32_t m = 0; m < 9; m++)
        x->model_ptrs[order[m]] = x->names[m];
    for (size_t i = 0; i < x->set.n_rows; i++)
        x->rows[i].model = order[x->rows[i].model];
    for (size_t i = 0; i < x->set.n_rows; i++) {
        size_t k = i + pl__rng_below(&rng, x->set.n_rows - i);
        pl_response swap = x->rows[i];
        x->rows[i] = x->rows[k];
        x->rows[k] = swap;
    }
    t = build(x, NULL);
    for (size_t k = 0; k < N_ALL; k++) {
        pl_ranking *after = rank_table(t, ALL[k]);
        for (uint32_t m = 0; m < 9; m++)
            assert_memory_equal(&pl_ranking_scores(after)[order[m]], &pl_ranking_scores(before[k])[m], sizeof(double));
        pl_ranking_free(after);
    }
    pl_answer_table_free(t);
    for (size_t k = 0; k < N_ALL; k++)
        pl_ranking_free(before[k]);
    free(x);
}

static void coverage(void **state)
{
    (void)state;
    uint32_t n_options[20];
    double logits[3 * 20 * 4];
    for (uint32_t i = 0; i < 20; i++)
        n_options[i] = 4;
    for (size_t i = 0; i < (size_t)3 * 20 * 4; i++)
        logits[i] = i % 4 == (i / 4) % 3 ? 2.0 : 0.0;
    for (size_t i = 0; i < 4; i++) /* exactly a fifth */
        logits[(20 + i) * 4] = (double)NAN;
    for (size_t i = 0; i < 5; i++) /* more */
        logits[(40 + i) * 4] = (double)NAN;
    response_maker *x = response_maker_new(3, 20, 4, n_options, logits, NULL);
    pl_answer_table *t = build(x, NULL);
    for (size_t k = 0; k < N_ALL; k++) {
        pl_ranking *r = rank_table(t, ALL[k]);
        const double *scores = pl_ranking_scores(r);
        size_t n = 0;
        bool told = false;
        assert_false(isnan(scores[0]) || isnan(scores[1]));
        assert_true(isnan(scores[2]));
        const char *const *warnings = pl_ranking_warnings(r, &n);
        for (size_t i = 0; i < n; i++)
            told = told || strstr(warnings[i], "m02 is not ranked: it has nothing to go by at 5 of 20 items");
        assert_true(told);
        pl_ranking_free(r);
    }
    assert_int_equal(pl_answer_table_missing(t, 2)[PL_ANSWER_NO_RESPONSE], 5);
    assert_int_equal(pl_answer_table_missing(t, 2)[PL_ANSWER_THERE], 15);
    pl_answer_table_free(t);
    free(x);
}

static void pool_finds_the_order(void **state)
{
    (void)state;
    response_maker *x = response_maker_random(7, 12, 500, 4);
    pl_answer_table *t = build(x, NULL);
    pl_ranking *r = rank_table(t, "within");
    const double *scores = pl_ranking_scores(r);
    double sum = 0.0;
    uint8_t choices[MAKER_ITEMS_MAX];
    uint64_t n = 0;
    pl_error err = {0};
    for (uint32_t m = 0; m < 12; m++)
        sum += pl_ranking_weights(r)[m];
    PL_KIT_CLOSE(sum, 1.0, 1e-12);
    for (uint32_t m = 4; m < 12; m++) /* skill falls with the index */
        assert_true(scores[m] < scores[m - 4]);
    PL_KIT_OK(pl_answer_pool_choices(t, choices, &err), &err);
    assert_true(pl_choices_accuracy(t, choices, &n) > 0.9);
    assert_int_equal(n, 500);
    pl_ranking_free(r);
    pl_answer_table_free(t);
    free(x);
}

static void refusals(void **state)
{
    (void)state;
    response_maker *x = response_maker_random(1, 3, 30, 4);
    pl_answer_table *t = build(x, NULL);
    pl_ranking *r = NULL;
    pl_error err = {0};
    PL_KIT_STATUS(pl_answer_rank_run("withhin", t, NULL, &r, &err), PL_E_NOT_FOUND, &err);
    assert_non_null(strstr(err.msg, "within, majority"));
    PL_KIT_STATUS(pl_answer_rank_run("consistency.embedding", t, NULL, &r, &err), PL_E_UNSUPPORTED, &err);
    assert_non_null(strstr(err.msg, "there is no encoder yet; use consistency.exact"));
    PL_KIT_STATUS(pl_answer_rank_run("semantic_entropy.embedding", t, NULL, &r, &err), PL_E_UNSUPPORTED, &err);
    assert_non_null(strstr(err.msg, "there is no encoder yet; use semantic_entropy or semantic_entropy.judge"));
    PL_KIT_STATUS(pl_answer_rank_run("consistency.bertscore", t, NULL, &r, &err), PL_E_UNSUPPORTED, &err);
    assert_non_null(strstr(err.msg, "there is no encoder yet; samples mean the same by option or exact text"));
    PL_KIT_STATUS(pl_answer_rank_run(NULL, t, NULL, &r, &err), PL_E_INVALID, &err);
    assert_null(r);
    pl_answer_table_free(t);
    x->set.n_rows = 0; /* nothing at all */
    t = build(x, NULL);
    for (size_t k = 0; k < N_ALL; k++) {
        r = rank_table(t, ALL[k]);
        assert_true(isnan(pl_ranking_scores(r)[0]));
        pl_ranking_free(r);
    }
    pl_answer_table_free(t);
    free(x);
}

/* One model, and models that agree in everything and are certain of it: nothing to divide by zero. */
static void degenerate(void **state)
{
    (void)state;
    uint32_t n_options[40];
    double logits[5 * 40 * 2];
    for (uint32_t i = 0; i < 40; i++)
        n_options[i] = 2;
    for (size_t i = 0; i < (size_t)5 * 40 * 2; i++)
        logits[i] = i % 2 ? -800.0 : 800.0;
    for (uint32_t n_models = 1; n_models <= 5; n_models += 4) {
        response_maker *x = response_maker_new(n_models, 40, 2, n_options, logits, NULL);
        pl_answer_table *t = build(x, NULL);
        for (size_t k = 0; k < N_ALL; k++) {
            pl_ranking *r = rank_table(t, ALL[k]);
            for (uint32_t m = 0; m < n_models; m++)
                assert_true(isfinite(pl_ranking_scores(r)[m]));
            pl_ranking_free(r);
        }
        pl_answer_table_free(t);
        free(x);
    }
}

typedef struct faulty {
    const response_maker *x;
    const char *method;
} faulty;

static pl_status run_once(void *user, pl_error *err)
{
    const faulty *f = user;
    pl_answer_table *t = NULL;
    pl_ranking *r = NULL;
    pl_status rc = pl_answer_table_build(&f->x->set, NULL, &t, err);
    if (rc == PL_OK)
        rc = pl_answer_rank_run(f->method, t, NULL, &r, err);
    pl_ranking_free(r);
    pl_answer_table_free(t);
    return rc;
}

static pl_status pool_once(void *user, pl_error *err)
{
    const response_maker *x = user;
    pl_answer_table *t = NULL;
    uint8_t choices[20];
    pl_status rc = pl_answer_table_build(&x->set, NULL, &t, err);
    rc = rc ? rc : pl_answer_pool_choices(t, choices, err);
    pl_answer_table_free(t);
    return rc;
}

/* Two models at two items with two tokens each; the second model does not say how many words it knows. */
static void bounds(void **state)
{
    static const char *const names[] = {"a", "b"};
    static const char *const none[] = {""};
    static const uint32_t texts[] = {0, 1};
    static const double logprobs[] = {-0.5, -1.5};
    pl_response_token tokens[8];
    pl_response rows[4];
    double values[8];
    double upper[2] = {0.0, 0.0};
    pl_answer_table *t = NULL;
    pl_ranking *r = NULL;
    pl_error err = {0};
    (void)state;
    for (uint32_t i = 0; i < 8; i++)
        tokens[i] = (pl_response_token){.n_top = 1 + i % 2, .first_top = i / 4, .logprob = -0.5};
    for (uint32_t i = 0; i < 8; i++)
        tokens[i].n_top = tokens[i].first_top + tokens[i].n_top > 2 ? 1 : tokens[i].n_top;
    for (uint32_t i = 0; i < 4; i++)
        rows[i] = (pl_response){.item = i / 2,
                                .model = i % 2,
                                .image = i / 2,
                                .options = PL_RESPONSE_NONE,
                                .text = PL_RESPONSE_NONE,
                                .prediction = PL_RESPONSE_NONE,
                                .vocabulary = i % 2 ? 0 : 100,
                                .n_tokens = 2,
                                .first_token = 2 * (uint64_t)i,
                                .matches = -1};
    const pl_response_set set = {.models = names,
                                 .n_models = 2,
                                 .items = names,
                                 .n_items = 2,
                                 .images = names,
                                 .n_images = 2,
                                 .datasets = none,
                                 .n_datasets = 1,
                                 .texts = names,
                                 .n_texts = 2,
                                 .tokens = tokens,
                                 .n_tokens = 8,
                                 .top_texts = texts,
                                 .top_logprobs = logprobs,
                                 .n_tops = 2,
                                 .rows = rows,
                                 .n_rows = 4};
    PL_KIT_OK(pl_answer_table_build(&set, NULL, &t, &err), &err);
    PL_KIT_OK(pl_answer_signal_values(t, "entropy.mean", values, values + 4, &err), &err);
    PL_KIT_OK(pl__answer_rank_bounded("entropy.mean", t, upper, &r, &err), &err);
    for (uint32_t m = 0; m < 2; m++)
        PL_KIT_CLOSE(pl_ranking_scores(r)[m], (values[2 * m] + values[2 * m + 1]) / 2.0, 1e-15);
    PL_KIT_CLOSE(upper[0], (values[4] + values[5]) / 2.0, 1e-15);
    assert_true(upper[0] < pl_ranking_scores(r)[0]);
    assert_true(isnan(upper[1]));
    pl_ranking_free(r);
    upper[0] = 0.0;
    PL_KIT_OK(pl__answer_rank_bounded("majority", t, upper, &r, &err), &err); /* has none */
    assert_true(isnan(upper[0]));
    pl_ranking_free(r);
    pl_answer_table_free(t);
}

static void refused_memory(void **state)
{
    (void)state;
    response_maker *x = response_maker_random(3, 4, 20, 3);
    for (size_t k = 0; k < N_ALL; k++) {
        faulty f = {x, ALL[k]};
        pl__kit_fault_loop(ALL[k], run_once, &f);
        if (k == 0)
            pl__kit_fault_loop("pool", pool_once, x);
    }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(dawid_skene),
        cmocka_unit_test(labels_do_not_matter),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(coverage),
        cmocka_unit_test(pool_finds_the_order),
        cmocka_unit_test(refusals),
        cmocka_unit_test(degenerate),
        cmocka_unit_test(bounds),
        cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
