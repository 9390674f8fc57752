#include <peerless/rank.h>

#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <string.h>

static pl_ranking *run(const pl_maker *k, uint32_t criterion)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    pl_ranking *r = NULL;
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.criterion = criterion;
    PL_KIT_OK(pl_peer_table_build(&k->set, NULL, &t, &err), &err);
    PL_KIT_OK(pl_rank_run("majority-vote", t, k->models, &opts, &r, &err), &err);
    pl_peer_table_free(t);
    return r;
}

static void votes(pl_maker *k, uint32_t item, unsigned for_a, unsigned ties, unsigned for_b)
{
    uint32_t judge = 2;
    for (; for_a > 0; for_a--)
        pl__maker_add(k, item, judge++, 0, 1, 0, PL_VERDICT_A);
    for (; ties > 0; ties--)
        pl__maker_add(k, item, judge++, 1, 0, 0, PL_VERDICT_TIE);
    for (; for_b > 0; for_b--)
        pl__maker_add(k, item, judge++, 1, 0, 0, PL_VERDICT_A);
}

static void test_plurality(void **state)
{
    (void)state;
    static const struct {
        unsigned for_a, ties, for_b;
        double a_score;
    } cases[] = {{2, 1, 1, 1},   {1, 1, 2, 0},   {1, 2, 1, 0.5}, {2, 0, 2, 0.5}, {2, 2, 0, 0.5},
                 {0, 2, 2, 0.5}, {1, 1, 1, 0.5}, {1, 0, 0, 1},   {0, 0, 3, 0},   {3, 2, 2, 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_maker *k = pl__maker_new(12, 1, 1);
        votes(k, 0, cases[i].for_a, cases[i].ties, cases[i].for_b);
        pl_ranking *r = run(k, UINT32_MAX);
        PL_KIT_CLOSE(pl_ranking_scores(r)[0], cases[i].a_score, 0);
        PL_KIT_CLOSE(pl_ranking_scores(r)[1], 1 - cases[i].a_score, 0);
        assert_true(isnan(pl_ranking_scores(r)[2]));
        assert_null(pl_ranking_weights(r));
        pl_ranking_free(r);
        pl__maker_free(k);
    }
}

/* 0.1 + 0.2 is not 0.3 in binary: such votes are equal all the same. */
static void test_equal_up_to_rounding(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(6, 1, 1);
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A)->weight = 0.1;
    pl__maker_add(k, 0, 3, 0, 1, 0, PL_VERDICT_A)->weight = 0.2;
    pl__maker_add(k, 0, 4, 0, 1, 0, PL_VERDICT_B)->weight = 0.3;
    pl_ranking *r = run(k, UINT32_MAX);
    PL_KIT_CLOSE(pl_ranking_scores(r)[0], 0.5, 0);
    pl_ranking_free(r);
    pl__maker_free(k);
}

static void test_win_rate_over_questions(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(6, 3, 2);
    votes(k, 0, 2, 0, 1);
    votes(k, 1, 0, 0, 2);
    votes(k, 2, 0, 2, 1);
    pl__maker_add(k, 2, 4, 0, 5, 0, PL_VERDICT_A);
    for (uint32_t judge = 2; judge < 5; judge++) /* the other criterion would turn item 1 */
        pl__maker_add(k, 1, judge, 0, 1, 1, PL_VERDICT_A);
    pl_ranking *r = run(k, 0);
    PL_KIT_CLOSE(pl_ranking_scores(r)[0], 2.5 / 4, 1e-15);
    PL_KIT_CLOSE(pl_ranking_scores(r)[1], 1.5 / 3, 1e-15);
    PL_KIT_CLOSE(pl_ranking_scores(r)[5], 0, 0);
    size_t n = 9;
    (void)pl_ranking_warnings(r, &n);
    assert_int_equal(n, 0);
    pl_ranking_free(r);
    r = run(k, UINT32_MAX);
    PL_KIT_CLOSE(pl_ranking_scores(r)[1], 0.5 / 3, 1e-15);
    pl_ranking_free(r);
    r = run(k, 7); /* no such criterion: nothing counts */
    assert_true(isnan(pl_ranking_scores(r)[0]));
    (void)pl_ranking_warnings(r, &n);
    assert_int_equal(n, 1);
    pl_ranking_free(r);
    pl__maker_free(k);
}

static void test_one_judge_per_question_is_said(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(4, 2, 1);
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 2, 1, 0, 0, PL_VERDICT_B);
    pl__maker_add(k, 1, 3, 0, 1, 0, PL_VERDICT_B);
    pl_ranking *r = run(k, UINT32_MAX);
    size_t n = 0;
    const char *const *w = pl_ranking_warnings(r, &n);
    assert_int_equal(n, 1);
    assert_non_null(strstr(w[0], "peer-review"));
    pl_ranking_free(r);
    pl__maker_add(k, 1, 2, 0, 1, 0, PL_VERDICT_B);
    r = run(k, UINT32_MAX);
    (void)pl_ranking_warnings(r, &n);
    assert_int_equal(n, 0);
    pl_ranking_free(r);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plurality),
        cmocka_unit_test(test_equal_up_to_rounding),
        cmocka_unit_test(test_win_rate_over_questions),
        cmocka_unit_test(test_one_judge_per_question_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
