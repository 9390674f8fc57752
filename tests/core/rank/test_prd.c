#include <peerless/rank.h>

#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <string.h>

static pl_ranking *run(const pl_maker *k)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    pl_ranking *r = NULL;
    PL_KIT_OK(pl_peer_table_build(&k->set, NULL, &t, &err), &err);
    PL_KIT_OK(pl_rank_run("prd", t, k->models, NULL, &r, &err), &err);
    pl_peer_table_free(t);
    return r;
}

/* m000 and m001 judge; m000 prefers itself to both, m001 ranks m001 > m000 > m002. Each model is in 2 battles of each
 * judge, 4 in all. Uniform: scores (3/4, 3/4, 0), so the weights stay equal. */
static void test_a_balanced_case(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(3, 1, 1);
    pl__maker_add(k, 0, 0, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 0, 0, 2, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 0, 1, 2, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 1, 0, 1, 0, PL_VERDICT_B);
    pl__maker_add(k, 0, 1, 0, 2, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 1, 1, 2, 0, PL_VERDICT_A);
    pl_ranking *r = run(k);
    PL_KIT_CLOSE(pl_ranking_scores(r)[0], 0.75, 1e-15);
    PL_KIT_CLOSE(pl_ranking_scores(r)[1], 0.75, 1e-15);
    PL_KIT_CLOSE(pl_ranking_scores(r)[2], 0, 1e-15);
    PL_KIT_CLOSE(pl_ranking_weights(r)[0], 0.5, 1e-15);
    assert_true(isnan(pl_ranking_weights(r)[2]));
    size_t n = 9;
    (void)pl_ranking_loss(r, &n);
    assert_int_equal(n, 0);
    (void)pl_ranking_warnings(r, &n);
    assert_int_equal(n, 0);
    pl_ranking_free(r);

    /* A third judge from outside sides with m001: its weight is that of the mean candidate. */
    k->set.n_models = 4;
    pl__maker_add(k, 0, 3, 0, 1, 0, PL_VERDICT_B);
    r = run(k);
    const double *w = pl_ranking_weights(r);
    const double *s = pl_ranking_scores(r);
    PL_KIT_CLOSE(w[0] + w[1] + w[3], 1, 1e-15);
    assert_true(s[1] > s[0] && s[0] > s[2] && isnan(s[3]));
    double high = fmax(s[0], s[1]);
    double low = s[2];
    double mean = ((s[0] + s[1] + s[2]) / 3 - low) / (high - low);
    PL_KIT_CLOSE(w[3] / w[1], mean, 1e-12);
    pl_ranking_free(r);
    pl__maker_free(k);
}

static void test_equal_scores(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(3, 1, 1);
    pl_ranking *r = run(k); /* no judges at all */
    assert_true(isnan(pl_ranking_scores(r)[0]) && isnan(pl_ranking_weights(r)[0]));
    pl_ranking_free(r);
    pl__maker_add(k, 0, 0, 0, 1, 0, PL_VERDICT_TIE);
    pl__maker_add(k, 0, 1, 1, 0, 0, PL_VERDICT_TIE);
    r = run(k);
    PL_KIT_CLOSE(pl_ranking_scores(r)[0], 0.5, 0);
    PL_KIT_CLOSE(pl_ranking_scores(r)[1], 0.5, 0);
    PL_KIT_CLOSE(pl_ranking_weights(r)[1], 0.5, 0);
    size_t n = 0;
    const char *const *w = pl_ranking_warnings(r, &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(w[0], "equally"));
    pl_ranking_free(r);

    /* 0.1 + 0.2 against 0.3: equal but for rounding, which must not be stretched to weights of 0 and 1. */
    k->set.n_rows = 0;
    for (uint32_t judge = 0; judge < 2; judge++) {
        pl__maker_add(k, 0, judge, 0, 1, 0, PL_VERDICT_A)->weight = 0.1;
        pl__maker_add(k, 0, judge, 0, 1, 0, PL_VERDICT_A)->weight = 0.2;
        pl__maker_add(k, 0, judge, 1, 0, 0, PL_VERDICT_A)->weight = 0.3;
    }
    r = run(k);
    PL_KIT_CLOSE(pl_ranking_scores(r)[0], 0.5, 1e-15);
    PL_KIT_CLOSE(pl_ranking_weights(r)[1], 0.5, 0);
    pl_ranking_free(r);

    /* The only judge is the worst candidate: all weight would be gone. */
    k->set.n_rows = 0;
    pl__maker_add(k, 0, 0, 0, 1, 0, PL_VERDICT_B);
    r = run(k);
    PL_KIT_CLOSE(pl_ranking_scores(r)[1], 1, 0);
    PL_KIT_CLOSE(pl_ranking_weights(r)[0], 1, 0);
    pl_ranking_free(r);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_balanced_case),
        cmocka_unit_test(test_equal_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
