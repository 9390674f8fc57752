#include <peerless/rank.h>

#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <string.h>

static pl_ranking *run(const char *method, const pl_maker *k, double ridge)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    pl_ranking *r = NULL;
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.bt_ridge = ridge;
    PL_KIT_OK(pl_peer_table_build(&k->set, NULL, &t, &err), &err);
    PL_KIT_OK(pl_rank_run(method, t, k->models, &opts, &r, &err), &err);
    pl_peer_table_free(t);
    return r;
}

static bool warns(const pl_ranking *r, const char *text)
{
    size_t n = 0;
    const char *const *w = pl_ranking_warnings(r, &n);
    for (size_t i = 0; i < n; i++) {
        if (strstr(w[i], text))
            return true;
    }
    return false;
}

static void wins(pl_maker *k, uint32_t winner, uint32_t loser, unsigned n)
{
    for (; n > 0; n--)
        pl__maker_add(k, 0, 9, winner, loser, 0, PL_VERDICT_A);
}

static void ties(pl_maker *k, uint32_t a, uint32_t b, unsigned n)
{
    for (; n > 0; n--)
        pl__maker_add(k, 0, 9, a, b, 0, PL_VERDICT_TIE);
}

/* Two models: the log odds of the wins. With a penalty lambda: w - n P = 2 lambda theta_a, for theta_a = d / 2. */
static void test_two_models(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(10, 1, 1);
    wins(k, 0, 1, 6);
    wins(k, 1, 0, 2);
    ties(k, 0, 1, 1);
    pl_ranking *r = run("bt", k, 0);
    PL_KIT_CLOSE(pl_ranking_scores(r)[0] - pl_ranking_scores(r)[1], log(6.5 / 2.5), 1e-13);
    PL_KIT_CLOSE(pl_ranking_scores(r)[0] + pl_ranking_scores(r)[1], 0, 1e-15);
    assert_true(isnan(pl_ranking_scores(r)[2]) && isnan(pl_ranking_scores(r)[9]));
    const pl_fit_report *fit = pl_ranking_fit(r);
    assert_int_equal(fit->state, PL_FIT_CONVERGED);
    PL_KIT_CLOSE(fit->tolerance, 1e-11, 1e-20);
    PL_KIT_CLOSE(fit->log_likelihood, 6.5 * log(6.5 / 9) + 2.5 * log(2.5 / 9), 1e-12);
    assert_true(isnan(fit->nu) && fit->n_groups == 1 && fit->n_classes == 1);
    size_t n = 9;
    (void)pl_ranking_warnings(r, &n);
    assert_int_equal(n, 0);
    pl_ranking_free(r);

    r = run("bt", k, 0.3);
    double d = pl_ranking_scores(r)[0] - pl_ranking_scores(r)[1];
    PL_KIT_CLOSE(6.5 - 9 / (1 + exp(-d)), 0.3 * d / 2, 1e-12);
    pl_ranking_free(r);

    r = run("bt-davidson", k, 0); /* saturated: odds of wins, and ties over their geometric mean */
    PL_KIT_CLOSE(pl_ranking_scores(r)[0] - pl_ranking_scores(r)[1], log(6.0 / 2), 1e-12);
    PL_KIT_CLOSE(pl_ranking_fit(r)->nu, 1 / sqrt(12.0), 1e-12);
    PL_KIT_CLOSE(pl_ranking_fit(r)->log_likelihood, 6 * log(6.0 / 9) + 2 * log(2.0 / 9) + log(1.0 / 9), 1e-12);
    pl_ranking_free(r);
    pl__maker_free(k);
}

/* m000 never lost, m004 never won; the others are a round of wins. */
static void test_undefeated(void **state)
{
    (void)state;
    static const char *const both[] = {"bt", "bt-davidson"};
    pl_maker *k = pl__maker_new(10, 1, 1);
    wins(k, 0, 1, 3);
    wins(k, 0, 2, 1);
    wins(k, 1, 2, 2);
    wins(k, 2, 3, 2);
    wins(k, 3, 1, 1);
    wins(k, 2, 4, 1);
    pl_maker *middle = pl__maker_new(10, 1, 1);
    wins(middle, 1, 2, 2);
    wins(middle, 2, 3, 2);
    wins(middle, 3, 1, 1);
    for (size_t i = 0; i < 2; i++) {
        pl_ranking *r = run(both[i], k, 1e-3);
        const double *s = pl_ranking_scores(r);
        assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_CONVERGED);
        assert_true(isfinite(s[0]) && s[0] > s[1] + 3 && s[4] < s[3] - 3);
        assert_true(warns(r, "never lost a point, so that only the penalty keeps the strength finite: m000"));
        assert_true(warns(r, "never won a point, so that only the penalty keeps the strength finite: m004"));
        assert_true(warns(r, "3 classes"));
        assert_int_equal(pl_ranking_fit(r)->n_classes, 3);
        assert_int_equal(pl_ranking_fit(r)->n_groups, 1);
        pl_ranking_free(r);

        r = run(both[i], k, 0); /* what is left is the fit of the middle */
        pl_ranking *m = run(both[i], middle, 0);
        s = pl_ranking_scores(r);
        assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_PARTIAL);
        assert_true(isnan(s[0]) && isnan(s[4]));
        for (uint32_t j = 1; j <= 3; j++)
            PL_KIT_CLOSE(s[j], pl_ranking_scores(m)[j], 1e-12);
        assert_true(warns(r, "no finite strength: m000"));
        assert_true(warns(r, "no finite strength: m004"));
        assert_true(warns(r, "only the largest class"));
        assert_false(warns(r, "because no judgment")); /* there are judgments behind them */
        pl_ranking_free(m);
        pl_ranking_free(r);
    }
    pl__maker_free(k);
    pl__maker_free(middle);
}

static void test_groups(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(10, 1, 1);
    wins(k, 0, 1, 3);
    wins(k, 1, 0, 1);
    wins(k, 2, 3, 1);
    ties(k, 3, 2, 2);
    wins(k, 4, 2, 1);
    wins(k, 3, 4, 1);
    pl_ranking *r = run("bt", k, 1e-3);
    const double *s = pl_ranking_scores(r);
    PL_KIT_CLOSE(s[0] + s[1], 0, 1e-9); /* each group keeps its own mean at 0: nothing else is known */
    PL_KIT_CLOSE(s[2] + s[3] + s[4], 0, 1e-9);
    assert_true(warns(r, "2 groups of models that never met") && warns(r, "penalty alone"));
    assert_int_equal(pl_ranking_fit(r)->n_groups, 2);
    assert_int_equal(pl_ranking_fit(r)->n_classes, 2);
    assert_false(warns(r, "classes"));
    pl_ranking_free(r);
    r = run("bt", k, 0);
    for (uint32_t m = 0; m < 10; m++)
        assert_true(isnan(pl_ranking_scores(r)[m]));
    assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_NO_MAXIMUM);
    assert_true(warns(r, "there is no common scale"));
    assert_false(warns(r, "because no judgment"));
    pl_ranking_free(r);

    wins(k, 1, 2, 1); /* a bridge that goes one way: two classes, of which the larger is scored */
    r = run("bt", k, 0);
    s = pl_ranking_scores(r);
    assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_PARTIAL);
    assert_true(isnan(s[0]) && isnan(s[1]) && isfinite(s[2]) && isfinite(s[3]) && isfinite(s[4]));
    assert_true(warns(r, "2 classes"));
    pl_ranking_free(r);
    pl__maker_free(k);

    k = pl__maker_new(10, 1, 1); /* two classes of one size: neither is the scale of the other */
    wins(k, 0, 1, 1);
    wins(k, 1, 0, 1);
    wins(k, 2, 3, 1);
    wins(k, 3, 2, 1);
    wins(k, 0, 2, 1);
    r = run("bt", k, 0);
    assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_NO_MAXIMUM);
    assert_true(isnan(pl_ranking_scores(r)[0]) && isnan(pl_ranking_scores(r)[3]));
    assert_true(warns(r, "nothing is scored"));
    pl_ranking_free(r);
    pl__maker_free(k);
}

static void test_only_ties(void **state)
{
    (void)state;
    static const double ridges[2] = {0, 1e-3};
    pl_maker *k = pl__maker_new(10, 1, 1);
    ties(k, 0, 1, 3);
    ties(k, 1, 2, 1);
    for (size_t i = 0; i < 2; i++) {
        pl_ranking *r = run("bt-davidson", k, ridges[i]);
        assert_true(isinf(pl_ranking_fit(r)->nu));
        assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_CONVERGED);
        for (uint32_t m = 0; m < 3; m++)
            PL_KIT_CLOSE(pl_ranking_scores(r)[m], 0, 0);
        assert_true(warns(r, "every verdict is a tie"));
        pl_ranking_free(r);
        r = run("bt", k, ridges[i]);
        for (uint32_t m = 0; m < 3; m++)
            PL_KIT_CLOSE(pl_ranking_scores(r)[m], 0, 1e-12);
        pl_ranking_free(r);
    }
    pl__maker_free(k);
}

/* One class, and yet without a maximum: A beats B, both tie with C. The wider the ties, the further A and B part. */
static void test_ever_wider_ties(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(10, 1, 1);
    wins(k, 0, 1, 2);
    ties(k, 1, 2, 2);
    ties(k, 2, 0, 2);
    pl_ranking *r = run("bt-davidson", k, 0);
    assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_NO_MAXIMUM);
    assert_int_equal(pl_ranking_fit(r)->n_classes, 1);
    assert_true(isnan(pl_ranking_scores(r)[0]) && warns(r, "nothing is scored"));
    pl_ranking_free(r);
    r = run("bt-davidson", k, 1e-3); /* finite with a penalty */
    assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_CONVERGED);
    PL_KIT_CLOSE(pl_ranking_scores(r)[2], 0, 1e-9);
    assert_true(pl_ranking_scores(r)[0] > 1);
    pl_ranking_free(r);
    wins(k, 1, 0, 1); /* one upset, and the maximum is back */
    r = run("bt-davidson", k, 0);
    assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_CONVERGED);
    assert_true(isfinite(pl_ranking_fit(r)->nu));
    pl_ranking_free(r);
    pl__maker_free(k);
}

/* Weights far from 1 must not break the fit. */
static void test_extreme_weights(void **state)
{
    (void)state;
    static const double weights[] = {1e-300, 1e-12, 1e12, 1e250};
    static const char *const methods[] = {"bt", "bt-davidson", "judge-bt", "dawid-skene"};
    for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++) {
        pl_maker *k = pl__maker_new(10, 1, 1);
        wins(k, 0, 1, 4);
        wins(k, 1, 2, 3);
        wins(k, 2, 0, 1);
        wins(k, 1, 0, 1);
        ties(k, 0, 2, 1);
        for (size_t j = 0; j < k->set.n_rows; j++)
            k->rows[j].weight = weights[i];
        for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++) {
            pl_ranking *r = run(methods[m], k, m < 2 ? 0 : 1e-3);
            for (uint32_t j = 0; j < 3; j++)
                assert_true(isfinite(pl_ranking_scores(r)[j]));
            assert_true(pl_ranking_fit(r)->state == PL_FIT_CONVERGED);
            if (m == 0)
                assert_true(pl_ranking_scores(r)[1] > pl_ranking_scores(r)[2]);
            pl_ranking_free(r);
        }
        k->rows[0].weight = 1; /* beside one that is */
        for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++) {
            pl_ranking *r = run(methods[m], k, 1e-3);
            for (uint32_t j = 0; j < 3; j++)
                assert_true(isfinite(pl_ranking_scores(r)[j]));
            pl_ranking_free(r);
        }
        pl__maker_free(k);
    }
}

/* A chain of lopsided games: strengths far apart are still found. */
static void test_long_chain(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(40, 1, 1);
    for (uint32_t m = 0; m + 1 < 40; m++) {
        pl__maker_add(k, 0, 9, m, m + 1, 0, PL_VERDICT_A)->weight = 1000;
        pl__maker_add(k, 0, 9, m, m + 1, 0, PL_VERDICT_B);
    }
    pl_ranking *r = run("bt", k, 0);
    assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_CONVERGED);
    for (uint32_t m = 0; m + 1 < 40; m++)
        PL_KIT_CLOSE(pl_ranking_scores(r)[m] - pl_ranking_scores(r)[m + 1], log(1000.0), 1e-7);
    pl_ranking_free(r);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_models),      cmocka_unit_test(test_undefeated),
        cmocka_unit_test(test_groups),          cmocka_unit_test(test_only_ties),
        cmocka_unit_test(test_ever_wider_ties), cmocka_unit_test(test_extreme_weights),
        cmocka_unit_test(test_long_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
