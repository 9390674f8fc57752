#include <peerless/rank.h>

#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <string.h>

static pl_ranking *run(const pl_maker *k, const pl_rank_opts *opts)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    pl_ranking *r = NULL;
    PL_KIT_OK(pl_peer_table_build(&k->set, NULL, &t, &err), &err);
    PL_KIT_OK(pl_rank_run("upme", t, k->models, opts, &r, &err), &err);
    pl_peer_table_free(t);
    return r;
}

static bool warns(const pl_ranking *r, const char *part)
{
    size_t n = 0;
    const char *const *w = pl_ranking_warnings(r, &n);
    for (size_t i = 0; i < n; i++) {
        if (strstr(w[i], part))
            return true;
    }
    return false;
}

/* Three models; each judges the other two on its own item: m000 > m001 > m002 twice, and m000 thinks the opposite. */
static pl_maker *three(void)
{
    pl_maker *k = pl__maker_new(3, 3, 1);
    pl__maker_add(k, 0, 0, 1, 2, 0, PL_VERDICT_B);
    pl__maker_add(k, 1, 1, 0, 2, 0, PL_VERDICT_A);
    pl__maker_add(k, 2, 2, 0, 1, 0, PL_VERDICT_A);
    return k;
}

static void test_two_epochs_by_hand(void **state)
{
    (void)state;
    pl_maker *k = three();
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.upme_epochs = 2;
    pl_ranking *r = run(k, &opts);
    /* G(1,1,1) = (1, 0, 1/2): loss (0 + 1 + 1/4) / 3, w = (1, 1/2, 3/4);
     * G = (1, 0, 1 / 1.5): w = (1, 1/4, (3/4 + 2/3) / 2). */
    size_t n = 0;
    const double *loss = pl_ranking_loss(r, &n);
    assert_int_equal(n, 2);
    PL_KIT_CLOSE(loss[0], 1.25 / 3, 1e-15);
    PL_KIT_CLOSE(loss[1], (0.25 + 1.0 / 144) / 3, 1e-15);
    const double *w = pl_ranking_weights(r);
    PL_KIT_CLOSE(w[0], 1, 1e-15);
    PL_KIT_CLOSE(w[1], 0.25, 1e-15);
    PL_KIT_CLOSE(w[2], 17.0 / 24, 1e-15);
    const double *g = pl_ranking_scores(r);
    PL_KIT_CLOSE(g[0], 1, 1e-15);
    PL_KIT_CLOSE(g[1], 0, 1e-15);
    PL_KIT_CLOSE(g[2], 0.8, 1e-15);
    assert_true(warns(r, "not settled after 2 epochs"));
    pl_ranking_free(r);
    pl__maker_free(k);
}

static void test_stops_at_the_fixed_point(void **state)
{
    (void)state;
    pl_maker *k = three();
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.upme_epochs = 1000;
    pl_ranking *r = run(k, &opts);
    size_t n = 0;
    const double *loss = pl_ranking_loss(r, &n);
    assert_in_range(n, 30, 60);
    assert_true(loss[n - 1] < 1e-24);
    for (uint32_t m = 0; m < 3; m++)
        PL_KIT_CLOSE(pl_ranking_scores(r)[m], pl_ranking_weights(r)[m], 2e-12);
    size_t n_warnings = 9;
    (void)pl_ranking_warnings(r, &n_warnings);
    assert_int_equal(n_warnings, 0);
    pl_ranking_free(r);
    pl__maker_free(k);
}

static void test_random_start_is_seeded(void **state)
{
    (void)state;
    pl_maker *k = three();
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.upme_init = PL_UPME_INIT_RANDOM;
    opts.upme_epochs = 1;
    double w[3][3];
    for (size_t i = 0; i < 3; i++) {
        opts.seed = i == 2 ? 6 : 5;
        pl_ranking *r = run(k, &opts);
        memcpy(w[i], pl_ranking_weights(r), sizeof(w[i]));
        pl_ranking_free(r);
    }
    assert_memory_equal(w[0], w[1], sizeof(w[0]));
    assert_memory_not_equal(w[0], w[2], sizeof(w[0]));
    opts.upme_epochs = 200;
    pl_ranking *random = run(k, &opts);
    opts.upme_init = PL_UPME_INIT_ONES;
    pl_ranking *ones = run(k, &opts);
    for (uint32_t m = 0; m < 3; m++)
        PL_KIT_CLOSE(pl_ranking_scores(random)[m], pl_ranking_scores(ones)[m], 1e-11);
    pl_ranking_free(random);
    pl_ranking_free(ones);
    pl__maker_free(k);
}

/* A judge from outside weighs as the mean candidate; a candidate that does not judge weighs as its score. */
static void test_outsiders(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(5, 4, 1);
    pl__maker_add(k, 0, 3, 0, 1, 0, PL_VERDICT_A); /* m003 judges only */
    pl__maker_add(k, 1, 3, 1, 2, 0, PL_VERDICT_A);
    pl__maker_add(k, 2, 0, 1, 2, 0, PL_VERDICT_B);
    pl__maker_add(k, 3, 3, 0, 2, 0, PL_VERDICT_TIE);
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.upme_epochs = 300;
    pl_ranking *r = run(k, &opts);
    const double *g = pl_ranking_scores(r);
    const double *w = pl_ranking_weights(r);
    assert_true(isnan(g[3]) && isnan(g[4]) && isnan(w[4]));
    PL_KIT_CLOSE(w[1], g[1], 0);
    PL_KIT_CLOSE(w[2], g[2], 0);
    PL_KIT_CLOSE(w[3], (w[0] + w[1] + w[2]) / 3, 1e-15);
    PL_KIT_CLOSE(w[0], g[0], 1e-11);
    PL_KIT_CLOSE(g[0], 0.75, 1e-15);
    PL_KIT_CLOSE(g[1], w[3] / (2 * w[3] + w[0]), 1e-11);
    PL_KIT_CLOSE(g[2], (0.5 * w[3] + w[0]) / (2 * w[3] + w[0]), 1e-11);
    size_t n_warnings = 9;
    (void)pl_ranking_warnings(r, &n_warnings);
    assert_int_equal(n_warnings, 0); /* m003 and m004 are no candidates */
    pl_ranking_free(r);
    pl__maker_free(k);
}

/* A candidate about whom nothing usable was said: undefined, and as a judge it weighs as the mean. */
static void test_undefined_candidate(void **state)
{
    (void)state;
    pl_maker *k = three();
    k->set.n_models = 4;
    pl__maker_add(k, 0, 1, 3, 0, 0, PL_VERDICT_MISSING);
    pl__maker_add(k, 0, 3, 0, 1, 0, PL_VERDICT_A);
    pl_ranking *r = run(k, NULL);
    const double *w = pl_ranking_weights(r);
    assert_true(isnan(pl_ranking_scores(r)[3]));
    PL_KIT_CLOSE(w[3], (w[0] + w[1] + w[2]) / 3, 1e-15);
    assert_true(warns(r, "m003"));
    pl_ranking_free(r);
    pl__maker_free(k);
}

/* With step 1, weights can reach 0: what only such judges looked at is undefined, not 0. */
static void test_weights_of_zero(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(3, 3, 1);
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A); /* m001 loses, and alone judges m002 */
    pl__maker_add(k, 1, 1, 2, 0, 0, PL_VERDICT_A);
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.upme_step = 1;
    pl_ranking *r = run(k, &opts);
    PL_KIT_CLOSE(pl_ranking_scores(r)[1], 0, 0);
    assert_true(isnan(pl_ranking_scores(r)[2]));
    assert_true(!isnan(pl_ranking_weights(r)[2]));
    assert_true(warns(r, "m002"));
    pl_ranking_free(r);
    pl__maker_free(k);
}

static void test_restarts_find_one_fixed_point(void **state)
{
    (void)state;
    pl_maker *k = three();
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.upme_restarts = 16;
    pl_ranking *r = run(k, &opts);
    assert_true(warns(r, "all of 16 random starts end in the one fixed point"));
    pl_ranking_free(r);
    pl__maker_free(k);
}

/* m000 and m001 praise themselves; each is run down twice as often by the other: either of them can win. */
static void test_restarts_find_two_fixed_points(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(4, 4, 1);
    pl__maker_add(k, 0, 0, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 1, 0, 3, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 2, 1, 1, 0, 0, PL_VERDICT_A);
    pl__maker_add(k, 3, 1, 2, 0, 0, PL_VERDICT_A);
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.upme_restarts = 64;
    opts.upme_init = PL_UPME_INIT_RANDOM;
    opts.upme_epochs = 200;
    pl_ranking *r = run(k, &opts);
    assert_true(warns(r, "64 random starts end in 2 fixed points"));
    assert_true(warns(r, "m000 1.000000, m001 0.000000"));
    assert_true(warns(r, "m000 0.000000, m001 1.000000"));
    assert_true(warns(r, "the one shown"));
    pl_ranking_free(r);
    pl__maker_free(k);
}

static void test_no_candidates(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(3, 1, 1);
    for (int i = 0; i < 2; i++) {
        pl_rank_opts opts = PL_RANK_OPTS_INIT;
        opts.upme_restarts = 4;
        pl_ranking *r = run(k, &opts);
        size_t n = 9;
        (void)pl_ranking_loss(r, &n);
        assert_int_equal(n, 0);
        for (uint32_t m = 0; m < 3; m++)
            assert_true(isnan(pl_ranking_scores(r)[m]) && isnan(pl_ranking_weights(r)[m]));
        assert_true(warns(r, "undefined") == (i == 1));
        pl_ranking_free(r);
        pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_MISSING);
    }
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_epochs_by_hand),
        cmocka_unit_test(test_stops_at_the_fixed_point),
        cmocka_unit_test(test_random_start_is_seeded),
        cmocka_unit_test(test_outsiders),
        cmocka_unit_test(test_undefined_candidate),
        cmocka_unit_test(test_weights_of_zero),
        cmocka_unit_test(test_restarts_find_one_fixed_point),
        cmocka_unit_test(test_restarts_find_two_fixed_points),
        cmocka_unit_test(test_no_candidates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
