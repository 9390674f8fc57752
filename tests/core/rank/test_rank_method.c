#include <peerless/rank.h>

#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <string.h>

static const char *const all[] = {"upme",          "upme-ema",    "upme-sum",    "pico",
                                  "weights:given", "peer-review", "single:m000", "majority-vote",
                                  "rating-vote",   "elo",         "prd",         "bt",
                                  "bt-davidson",   "judge-bt",    "dawid-skene", "dawid-skene-one-coin"};
#define N_ALL (sizeof(all) / sizeof(all[0]))

static pl_peer_table *build(const pl_maker *k)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    PL_KIT_OK(pl_peer_table_build(&k->set, NULL, &t, &err), &err);
    return t;
}

static void test_registry(void **state)
{
    (void)state;
    size_t n = 0;
    const pl_rank_method *m = pl_rank_methods(&n);
    assert_ptr_equal(m, pl_rank_methods(NULL));
    assert_int_equal(n, N_ALL);
    for (size_t i = 0; i < n; i++) {
        assert_true(strlen(m[i].name) > 0 && strlen(m[i].description) > 0 && strlen(m[i].source) > 0);
        assert_memory_equal(m[i].name, all[i], strlen(m[i].name));
        assert_null(strchr(m[i].description, '\n'));
    }
}

/* For "weights:given": 0, 0.5, 1, ... */
static const double *some_weights(void)
{
    static double weights[PL_MAKER_NAMES_MAX];
    for (size_t m = 0; m < PL_MAKER_NAMES_MAX; m++)
        weights[m] = 0.5 * (double)m;
    return weights;
}

static void refused(const char *method, const pl_peer_table *t, const pl_maker *k, const pl_rank_opts *opts,
                    pl_status wanted)
{
    pl_error err = {0};
    pl_ranking *r = NULL;
    PL_KIT_STATUS(pl_rank_run(method, t, k ? k->models : NULL, opts, &r, &err), wanted, &err);
    assert_null(r);
}

static void test_refusals(void **state)
{
    (void)state;
    pl_error err = {0};
    pl_ranking *r = NULL;
    pl_maker *k = pl__maker_new(3, 1, 1);
    pl__maker_add(k, 0, 0, 1, 2, 0, PL_VERDICT_A);
    pl_peer_table *t = build(k);
    refused(NULL, t, k, NULL, PL_E_INVALID);
    refused("upme", NULL, k, NULL, PL_E_INVALID);
    refused("upme", t, NULL, NULL, PL_E_INVALID);
    PL_KIT_STATUS(pl_rank_run("upme", t, k->models, NULL, NULL, &err), PL_E_INVALID, &err);
    refused("", t, k, NULL, PL_E_NOT_FOUND);
    refused("upme ", t, k, NULL, PL_E_NOT_FOUND);
    PL_KIT_STATUS(pl_rank_run("glicko", t, k->models, NULL, &r, &err), PL_E_NOT_FOUND, &err);
    for (size_t i = 0; i < N_ALL; i++) {
        if (strchr(all[i], ':') == NULL)
            assert_non_null(strstr(err.msg, all[i]));
    }
    assert_non_null(strstr(err.msg, "single:JUDGE"));
    assert_non_null(strstr(err.msg, "weights:FILE"));

    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.upme_step = 1.01;
    refused("upme", t, k, &opts, PL_E_INVALID);
    opts.upme_step = -0.5;
    refused("upme", t, k, &opts, PL_E_INVALID);
    opts.upme_step = (double)NAN;
    refused("upme", t, k, &opts, PL_E_INVALID);
    opts.upme_step = 0.5;
    opts.upme_epochs = UINT32_MAX;
    refused("upme", t, k, &opts, PL_E_INVALID);
    opts.upme_epochs = 5;
    opts.upme_restarts = UINT32_MAX;
    refused("upme", t, k, &opts, PL_E_INVALID);
    opts.upme_restarts = 0;
    opts.upme_init = (pl_upme_init)7;
    refused("upme", t, k, &opts, PL_E_INVALID);
    opts.upme_init = PL_UPME_INIT_ONES;
    opts.bt_ridge = -1e-9;
    refused("upme", t, k, &opts, PL_E_INVALID);
    opts.bt_ridge = (double)NAN;
    refused("bt", t, k, &opts, PL_E_INVALID);
    opts.bt_ridge = 1;
    opts.size_bytes = 4;
    refused("upme", t, k, &opts, PL_E_INVALID);
    k->models[1] = NULL;
    refused("upme", t, k, NULL, PL_E_INVALID);
    pl_ranking_free(NULL);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

/* No rows, one model, nothing but missing verdicts: no score, never 0. */
static void test_nothing_to_rank(void **state)
{
    (void)state;
    for (uint32_t n_models = 0; n_models <= 3; n_models++) {
        pl_maker *k = pl__maker_new(n_models, 1, 1);
        if (n_models == 3)
            pl__maker_add(k, 0, 0, 1, 2, 0, PL_VERDICT_MISSING);
        pl_peer_table *t = build(k);
        for (size_t i = 0; i < N_ALL; i++) {
            pl_error err = {0};
            pl_ranking *r = NULL;
            if (strncmp(all[i], "single:", 7) == 0 && n_models < 3) {
                refused(all[i], t, k, NULL, PL_E_NOT_FOUND);
                continue;
            }
            pl_rank_opts opts = PL_RANK_OPTS_INIT;
            opts.weights = some_weights();
            PL_KIT_OK(pl_rank_run(all[i], t, k->models, &opts, &r, &err), &err);
            for (uint32_t m = 0; m < n_models; m++)
                assert_true(isnan(pl_ranking_scores(r)[m]));
            size_t n = 9;
            const char *const *w = pl_ranking_warnings(r, &n);
            assert_int_equal(n, n_models == 3 ? 1 : 0);
            if (n > 0)
                assert_non_null(strstr(w[0], "m001, m002"));
            pl_ranking_free(r);
        }
        pl_peer_table_free(t);
        pl__maker_free(k);
    }
}

static void test_given_weights(void **state)
{
    (void)state;
    pl_error err = {0};
    pl_ranking *r = NULL;
    double weights[] = {0.0, 2e307, (double)NAN, 6e307};
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    pl_maker *k = pl__maker_new(4, 1, 1);
    pl__maker_add(k, 0, 0, 1, 2, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 1, 1, 2, 0, PL_VERDICT_B);
    pl__maker_add(k, 0, 3, 1, 2, 0, PL_VERDICT_A);
    pl_peer_table *t = build(k);
    refused("weights:w.csv", t, k, NULL, PL_E_INVALID);
    opts.weights = weights;
    PL_KIT_OK(pl_rank_run("weights:w.csv", t, k->models, &opts, &r, &err), &err); /* 0 : 1 : 3, and 2 never judges */
    PL_KIT_CLOSE(pl_ranking_scores(r)[1], 0.75, 1e-15);
    PL_KIT_CLOSE(pl_ranking_scores(r)[2], 0.25, 1e-15);
    assert_true(isnan(pl_ranking_scores(r)[0]) && isnan(pl_ranking_weights(r)[2]));
    PL_KIT_CLOSE(pl_ranking_weights(r)[3], 6e307, 0);
    pl_ranking_free(r);
    weights[1] = (double)NAN;
    r = NULL;
    err = (pl_error){0};
    PL_KIT_STATUS(pl_rank_run("weights:w.csv", t, k->models, &opts, &r, &err), PL_E_INVALID, &err);
    assert_non_null(strstr(err.msg, "m001"));
    weights[1] = -1.0;
    refused("weights:w.csv", t, k, &opts, PL_E_INVALID);
    weights[1] = (double)INFINITY;
    refused("weights:w.csv", t, k, &opts, PL_E_INVALID);
    weights[1] = weights[3] = 0.0; /* nobody counts: undefined, with a reason */
    err = (pl_error){0};
    PL_KIT_OK(pl_rank_run("weights:w.csv", t, k->models, &opts, &r, &err), &err);
    size_t n = 0;
    assert_true(isnan(pl_ranking_scores(r)[1]));
    (void)pl_ranking_warnings(r, &n);
    assert_int_equal(n, 1);
    pl_ranking_free(r);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

/* Weights of rows as far apart as a table takes: finite scores, whatever the method. */
static void test_huge_row_weights(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(4, 2, 1);
    pl__maker_add(k, 0, 3, 0, 1, 0, PL_VERDICT_A)->weight = 1e300;
    pl__maker_add(k, 0, 2, 1, 0, 0, PL_VERDICT_A)->weight = 1e-300;
    pl__maker_add(k, 1, 2, 0, 1, 0, PL_VERDICT_TIE)->weight = 1e300;
    pl__maker_add(k, 1, 3, 1, 0, 0, PL_VERDICT_A)->weight = 1.0;
    pl_peer_table *t = build(k);
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.weights = some_weights();
    for (size_t i = 0; i < N_ALL; i++) {
        pl_error err = {0};
        pl_ranking *r = NULL;
        if (strncmp(all[i], "single:", 7) == 0)
            continue;
        PL_KIT_OK(pl_rank_run(all[i], t, k->models, &opts, &r, &err), &err);
        if (!isfinite(pl_ranking_scores(r)[0]) || !isfinite(pl_ranking_scores(r)[1]))
            fail_msg("%s: %g, %g", all[i], pl_ranking_scores(r)[0], pl_ranking_scores(r)[1]);
        pl_ranking_free(r);
    }
    pl_peer_table_free(t);
    pl__maker_free(k);
}

/* Nothing but ties: everyone alike, and nothing undefined where there are judgments. */
static void test_all_ties(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(3, 4, 1);
    for (uint32_t i = 0; i < 4; i++) {
        pl__maker_add(k, i, 2, 0, 1, 0, PL_VERDICT_TIE);
        pl__maker_add(k, i, 0, 1, 2, 0, PL_VERDICT_TIE);
        pl__maker_add(k, i, 1, 0, 2, 0, PL_VERDICT_TIE);
    }
    pl_peer_table *t = build(k);
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.weights = (const double[]){1.0, 1.0, 1.0};
    for (size_t i = 0; i < N_ALL; i++) {
        pl_error err = {0};
        pl_ranking *r = NULL;
        PL_KIT_OK(pl_rank_run(all[i], t, k->models, &opts, &r, &err), &err);
        const double *s = pl_ranking_scores(r);
        bool by_draws = strcmp(all[i], "pico") == 0; /* its weights differ, so do halves of them */
        if (!isfinite(s[1]) || (!by_draws && fabs(s[1] - s[2]) > 1e-12))
            fail_msg("%s: %g, %g, %g", all[i], s[0], s[1], s[2]);
        pl_ranking_free(r);
    }
    pl_peer_table_free(t);
    pl__maker_free(k);
}

static void test_256_models(void **state)
{
    (void)state;
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "256 models", 1);
    pl_maker *k = pl__maker_new(256, 40, 1);
    pl__maker_random(k, &rng, PL_MAKER_ROWS_MAX, true);
    pl_peer_table *t = build(k);
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.upme_restarts = 2;
    opts.weights = some_weights();
    for (size_t i = 0; i < N_ALL; i++) {
        pl_error err = {0};
        pl_ranking *r = NULL;
        PL_KIT_OK(pl_rank_run(all[i], t, k->models, &opts, &r, &err), &err);
        for (uint32_t m = 0; m < 256; m++) {
            double s = pl_ranking_scores(r)[m];
            bool is_share = !strstr(all[i], "bt") && strcmp(all[i], "prd") != 0 && strcmp(all[i], "elo") != 0 &&
                            strcmp(all[i], "upme-sum") != 0;
            assert_true(isnan(s) || !is_share || (s >= 0 && s <= 1));
            assert_true(isnan(s) || isfinite(s));
        }
        pl_ranking_free(r);
    }
    pl_peer_table_free(t);
    pl__maker_free(k);
}

typedef struct fault_case {
    const char *method;
    const pl_peer_table *table;
    const pl_maker *k;
} fault_case;

static pl_status run_once(void *user, pl_error *err)
{
    const fault_case *c = user;
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    pl_ranking *r = NULL;
    opts.upme_restarts = 3;
    opts.upme_epochs = 2;
    opts.weights = some_weights();
    pl_status rc = pl_rank_run(c->method, c->table, c->k->models, &opts, &r, err);
    if (rc == PL_E_NOT_FOUND) { /* the right answer to two of the methods */
        memset(err, 0, sizeof(*err));
        return PL_OK;
    }
    assert_true((rc == PL_OK) == (r != NULL));
    pl_ranking_free(r);
    return rc;
}

static void test_faults(void **state)
{
    (void)state;
    static const char *const methods[] = {
        "upme",          "peer-review", "single:m000", "single:nobody",       "upme-ema", "upme-sum", "pico",
        "weights:given", "rating-vote", "elo",         "majority-vote",       "prd",      "nothing",  "bt",
        "bt-davidson",   "judge-bt",    "dawid-skene", "dawid-skene-one-coin"};
    pl_maker *k = pl__maker_new(5, 3, 1);
    pl__maker_add(k, 0, 0, 1, 2, 0, PL_VERDICT_A);
    pl__maker_add(k, 1, 1, 0, 2, 0, PL_VERDICT_A);
    pl__maker_add(k, 2, 2, 0, 1, 0, PL_VERDICT_TIE);
    pl__maker_add(k, 2, 2, 0, 3, 0, PL_VERDICT_MISSING); /* gives a warning */
    pl_peer_table *t = build(k);
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        fault_case c = {methods[i], t, k};
        pl__kit_fault_loop(methods[i], run_once, &c);
    }
    pl_peer_table_free(t);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registry),         cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_nothing_to_rank),  cmocka_unit_test(test_256_models),
        cmocka_unit_test(test_faults),           cmocka_unit_test(test_given_weights),
        cmocka_unit_test(test_huge_row_weights), cmocka_unit_test(test_all_ties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
