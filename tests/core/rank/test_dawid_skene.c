#include <peerless/rank.h>

#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <string.h>

static pl_ranking *run(const char *method, const pl_maker *k, bool pair_orders)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    pl_ranking *r = NULL;
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    opts.pair_orders = pair_orders;
    PL_KIT_OK(pl_peer_table_build(&k->set, &opts, &t, &err), &err);
    PL_KIT_OK(pl_rank_run(method, t, k->models, NULL, &r, &err), &err);
    pl_peer_table_free(t);
    return r;
}

/* With one voter a comparison every label is taken at its word. */
static void test_one_voter(void **state)
{
    (void)state;
    static const char *const both[] = {"dawid-skene", "dawid-skene-one-coin"};
    pl_maker *k = pl__maker_new(6, 4, 1);
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t judge = 2 + i % 3;
        pl__maker_add(k, i, judge, 0, 1, 0, i < 3 ? PL_VERDICT_A : PL_VERDICT_B);
        pl__maker_add(k, i, judge, 1, 0, 0, i < 2 ? PL_VERDICT_B : PL_VERDICT_TIE);
    }
    for (size_t i = 0; i < 2; i++) {
        pl_ranking *r = run(both[i], k, true);
        pl_ranking *win_rate = run("peer-review", k, true);
        PL_KIT_CLOSE(pl_ranking_scores(r)[0], pl_ranking_scores(win_rate)[0], 1e-12);
        PL_KIT_CLOSE(pl_ranking_scores(r)[1], pl_ranking_scores(win_rate)[1], 1e-12);
        assert_true(isnan(pl_ranking_scores(r)[2]));
        PL_KIT_CLOSE(pl_ranking_weights(r)[3], 1, 1e-12);
        assert_true(isnan(pl_ranking_weights(r)[5]));
        size_t n = 0;
        const char *const *w = pl_ranking_warnings(r, &n);
        assert_int_equal(n, 1);
        assert_non_null(strstr(w[0], "not identified"));
        assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_CONVERGED);
        pl_ranking_free(win_rate);
        pl_ranking_free(r);
    }
    pl__maker_free(k);
}

/* Two judges that agree, and one that says the opposite: it is the one who is wrong, and read backwards it helps. */
static void test_contrarian(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(6, 40, 1);
    for (uint32_t i = 0; i < 40; i++) {
        pl_verdict truth = i % 4 == 0 ? PL_VERDICT_B : PL_VERDICT_A;
        pl_verdict wrong = truth == PL_VERDICT_A ? PL_VERDICT_B : PL_VERDICT_A;
        pl__maker_add(k, i, 2, 0, 1, 0, truth);
        if (i % 2 == 0)
            pl__maker_add(k, i, 3, 0, 1, 0, truth);
        pl__maker_add(k, i, 4, 0, 1, 0, wrong);
        pl__maker_add(k, i, 5, 0, 1, 0, wrong);
        if (i % 2 == 0)
            pl__maker_add(k, i, 3, 0, 1, 0, truth);
    }
    pl_ranking *r = run("dawid-skene", k, false);
    PL_KIT_CLOSE(pl_ranking_scores(r)[0], 0.75, 1e-6);
    PL_KIT_CLOSE(pl_ranking_scores(r)[1], 0.25, 1e-6);
    PL_KIT_CLOSE(pl_ranking_weights(r)[2], 1, 1e-6);
    PL_KIT_CLOSE(pl_ranking_weights(r)[4], 0, 1e-6);
    size_t n = 9;
    (void)pl_ranking_warnings(r, &n);
    assert_int_equal(n, 0);
    pl_ranking_free(r);
    pl__maker_free(k);
}

/* Gamma, and both orders instead of one, change no posterior. */
static void test_scale_of_weights(void **state)
{
    (void)state;
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "dawid-skene", 0);
    pl_maker *k = pl__maker_new(5, 12, 1);
    for (uint32_t i = 0; i < 12; i++) {
        for (uint32_t judge = 2; judge < 5; judge++) {
            pl__maker_add(k, i, judge, 0, 1, 0, (pl_verdict)(1 + pl__rng_below(&rng, 3)));
            pl__maker_add(k, i, judge, 1, 0, 0, (pl_verdict)(1 + pl__rng_below(&rng, 3)));
        }
    }
    pl_ranking *x = run("dawid-skene-one-coin", k, false);
    pl_ranking *y = run("dawid-skene-one-coin", k, true);
    for (size_t i = 0; i < k->set.n_rows; i++)
        k->rows[i].weight = 0.125;
    pl_ranking *z = run("dawid-skene-one-coin", k, true);
    for (uint32_t m = 0; m < 2; m++) {
        PL_KIT_CLOSE(pl_ranking_scores(x)[m], pl_ranking_scores(y)[m], 1e-12);
        PL_KIT_CLOSE(pl_ranking_scores(x)[m], pl_ranking_scores(z)[m], 1e-12);
    }
    pl_ranking_free(x);
    pl_ranking_free(y);
    pl_ranking_free(z);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_voter),
        cmocka_unit_test(test_contrarian),
        cmocka_unit_test(test_scale_of_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
