/* Tables, reports and rankings against an independent computation (scripts/reference/peer_golden.py). */
#include <peerless/rank.h>

#include "judgment_maker.h"
#include "kit.h"
#include "peer_golden.h"

#include <stdio.h>
#include <string.h>

#define TOLERANCE 1e-12
#define N_CASES (sizeof(pl_golden_cases) / sizeof(pl_golden_cases[0]))

static void same(const char *what, const double *got, const double *wanted, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(got[i]) != isnan(wanted[i]) || fabs(got[i] - wanted[i]) > TOLERANCE)
            fail_msg("%s [%zu]: got %.17g, wanted %.17g", what, i, got[i], wanted[i]);
    }
}

static pl_maker *judgments(const pl_golden_case *g)
{
    pl_maker *k = pl__maker_new(g->n_models, g->n_items, g->n_criteria);
    for (size_t i = 0; i < g->n_rows; i++) {
        const pl_golden_row *r = &g->rows[i];
        pl_judgment *row = pl__maker_add(k, r->item, r->judge, r->a, r->b, r->criterion, (pl_verdict)r->verdict);
        row->image = r->image;
        row->missing = (uint8_t)r->missing;
        row->weight = r->weight;
    }
    return k;
}

static pl_ranking *run(const char *method, const pl_peer_table *t, const pl_maker *k, uint32_t criterion)
{
    pl_error err = {0};
    pl_ranking *r = NULL;
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.criterion = criterion;
    PL_KIT_OK(pl_rank_run(method, t, k->models, &opts, &r, &err), &err);
    return r;
}

static void check_rankings(const pl_golden_case *g, const pl_peer_table *t, const pl_maker *k)
{
    size_t m = g->n_models;
    size_t n = 0;
    pl_ranking *r = run("upme", t, k, UINT32_MAX);
    same("upme", pl_ranking_scores(r), g->upme, m);
    same("upme weights", pl_ranking_weights(r), g->upme_weights, m);
    const double *loss = pl_ranking_loss(r, &n);
    assert_int_equal(n, g->n_loss);
    same("upme loss", loss, g->upme_loss, n);
    pl_ranking_free(r);
    r = run("peer-review", t, k, UINT32_MAX);
    same("peer-review", pl_ranking_scores(r), g->peer_review, m);
    assert_null(pl_ranking_weights(r));
    pl_ranking_free(r);
    r = run("prd", t, k, UINT32_MAX);
    same("prd", pl_ranking_scores(r), g->prd, m);
    same("prd weights", pl_ranking_weights(r), g->prd_weights, m);
    pl_ranking_free(r);
    r = run("majority-vote", t, k, UINT32_MAX);
    same("majority-vote", pl_ranking_scores(r), g->majority, m);
    pl_ranking_free(r);
    r = run("majority-vote", t, k, 0);
    same("majority-vote of the first criterion", pl_ranking_scores(r), g->majority_first, m);
    pl_ranking_free(r);
    for (uint32_t judge = 0; judge < m; judge++) {
        char name[32];
        if (!pl_peer_table_is_judge(t, judge))
            continue;
        (void)snprintf(name, sizeof(name), "single:%s", k->models[judge]);
        r = run(name, t, k, UINT32_MAX);
        double wanted[PL_MAKER_NAMES_MAX];
        for (size_t j = 0; j < m; j++)
            wanted[j] = g->single[j * m + judge];
        same(name, pl_ranking_scores(r), wanted, m);
        pl_ranking_free(r);
    }
}

static void check_reports(const pl_golden_case *g, const pl_maker *k)
{
    pl_error err = {0};
    pl_judge_report r[PL_MAKER_NAMES_MAX];
    PL_KIT_OK(pl_judge_reports(&k->set, r, &err), &err);
    for (uint32_t j = 0; j < g->n_models; j++) {
        const pl_golden_report *w = &g->reports[j];
        assert_int_equal(r[j].asked, w->asked);
        assert_int_equal(r[j].usable, w->usable);
        assert_int_equal(r[j].first, w->first);
        assert_int_equal(r[j].second, w->second);
        assert_int_equal(r[j].tie, w->tie);
        assert_int_equal(r[j].swap_pairs, w->swap_pairs);
        assert_int_equal(r[j].swap_consistent, w->swap_consistent);
        same("position p", &r[j].position_p, &w->position_p, 1);
        assert_int_equal(r[j].flags, w->flags);
    }
}

static void test_golden(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_CASES; c++) {
        const pl_golden_case *g = &pl_golden_cases[c];
        pl_error err = {0};
        pl_peer_table *t = NULL;
        pl_peer_opts opts = PL_PEER_OPTS_INIT;
        pl_maker *k = judgments(g);
        print_message("case %s\n", g->name);
        opts.criterion_weights = g->gamma;
        opts.pair_orders = g->pair_orders;
        opts.drop_self_reviews = g->drop_self_reviews;
        opts.exclude_judges = g->exclude;
        PL_KIT_OK(pl_peer_table_build(&k->set, &opts, &t, &err), &err);
        same("mean", pl_peer_table_mean(t), g->mean, (size_t)g->n_models * g->n_models);
        same("count", pl_peer_table_count(t), g->count, (size_t)g->n_models * g->n_models);
        assert_int_equal(pl_peer_table_dropped_pairs(t), g->dropped_pairs);
        assert_int_equal(pl_peer_table_rescaled_pairs(t), g->rescaled_pairs);
        size_t n = 0;
        (void)pl_peer_table_ballots(t, &n);
        assert_int_equal(n, g->n_ballots);
        check_rankings(g, t, k);
        check_reports(g, k);
        pl_peer_table_free(t);
        pl__maker_free(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
