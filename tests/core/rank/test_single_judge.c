#include <peerless/rank.h>

#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <string.h>

static void test_only_that_judge_counts(void **state)
{
    (void)state;
    pl_error err = {0};
    pl_peer_table *t = NULL;
    pl_ranking *r = NULL;
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    pl_maker *k = pl__maker_new(5, 2, 2);
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 1, 2, 0, 1, 0, PL_VERDICT_TIE);
    pl__maker_add(k, 1, 2, 2, 1, 0, PL_VERDICT_A); /* itself */
    pl__maker_add(k, 1, 2, 0, 1, 1, PL_VERDICT_B);
    pl__maker_add(k, 0, 3, 0, 1, 0, PL_VERDICT_B);
    pl__maker_add(k, 0, 3, 3, 1, 0, PL_VERDICT_B);
    PL_KIT_OK(pl_peer_table_build(&k->set, NULL, &t, &err), &err);
    opts.criterion = 0;
    PL_KIT_OK(pl_rank_run("single:m002", t, k->models, &opts, &r, &err), &err);
    PL_KIT_CLOSE(pl_ranking_scores(r)[0], 0.75, 0);
    PL_KIT_CLOSE(pl_ranking_scores(r)[1], 0.5 / 3, 1e-15);
    PL_KIT_CLOSE(pl_ranking_scores(r)[2], 1, 0);
    assert_true(isnan(pl_ranking_scores(r)[3]) && isnan(pl_ranking_scores(r)[4]));
    size_t n = 0;
    const char *const *w = pl_ranking_warnings(r, &n);
    assert_int_equal(n, 1); /* m003 is a candidate that this judge never saw; m004 is none */
    assert_non_null(strstr(w[0], "m003"));
    assert_null(strstr(w[0], "m004"));
    pl_ranking_free(r);
    r = NULL;

    PL_KIT_STATUS(pl_rank_run("single:m001", t, k->models, &opts, &r, &err), PL_E_NOT_FOUND, &err);
    assert_non_null(strstr(err.msg, "m002, m003"));
    PL_KIT_STATUS(pl_rank_run("single:", t, k->models, &opts, &r, &err), PL_E_NOT_FOUND, &err);
    PL_KIT_STATUS(pl_rank_run("single:M002", t, k->models, &opts, &r, &err), PL_E_NOT_FOUND, &err);
    PL_KIT_STATUS(pl_rank_run("single", t, k->models, &opts, &r, &err), PL_E_NOT_FOUND, &err);
    assert_null(r);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_only_that_judge_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
