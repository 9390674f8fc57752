/* Rankings and consensus against an independent computation (scripts/reference/votes_golden.py). */
#include <peerless/consensus.h>
#include <peerless/rank.h>

#include "judgment_maker.h"
#include "kit.h"
#include "votes_golden.h"

#include <string.h>

#define TOLERANCE 1e-12
#define LOOSE 1e-9 /* many steps, each of which adds its own rounding; ratings are numbers around 1000 */
#define N_CASES (sizeof(pl_votes_cases) / sizeof(pl_votes_cases[0]))
#define N_CONSENSUSES (sizeof(pl_consensus_cases) / sizeof(pl_consensus_cases[0]))

static void same(const char *what, const double *got, const double *wanted, size_t n, double tolerance)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(got[i]) != isnan(wanted[i]) || fabs(got[i] - wanted[i]) > tolerance)
            fail_msg("%s [%zu]: got %.17g, wanted %.17g", what, i, got[i], wanted[i]);
    }
}

static pl_maker *judgments(const pl_votes_case *g)
{
    pl_maker *k = pl__maker_new(g->n_models, g->n_items, g->n_criteria);
    for (size_t i = 0; i < g->n_rows; i++) {
        const pl_votes_row *r = &g->rows[i];
        pl__maker_add(k, r->item, r->judge, r->a, r->b, r->criterion, (pl_verdict)r->verdict)->weight = r->weight;
    }
    return k;
}

static void check(const char *method, const pl_peer_table *t, const pl_maker *k, const pl_rank_opts *opts,
                  double tolerance, const double *scores, const double *weights, const double *loss, size_t n_loss)
{
    pl_error err = {0};
    pl_ranking *r = NULL;
    size_t n = 0;
    print_message("  %s\n", method);
    PL_KIT_OK(pl_rank_run(method, t, k->models, opts, &r, &err), &err);
    same("scores", pl_ranking_scores(r), scores, k->set.n_models, tolerance);
    if (weights)
        same("weights", pl_ranking_weights(r), weights, k->set.n_models, tolerance);
    const double *got = pl_ranking_loss(r, &n);
    if (n_loss > 0) {
        assert_int_equal(n, n_loss);
        same("loss", got, loss, n, tolerance);
    }
    pl_ranking_free(r);
}

static void test_rankings(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_CASES; c++) {
        const pl_votes_case *g = &pl_votes_cases[c];
        pl_error err = {0};
        pl_peer_table *t = NULL;
        pl_peer_opts peer = PL_PEER_OPTS_INIT;
        pl_rank_opts opts = PL_RANK_OPTS_INIT;
        pl_maker *k = judgments(g);
        print_message("case %s\n", g->name);
        peer.criterion_weights = g->gamma;
        peer.pair_orders = g->pair_orders;
        peer.exclude_judges = g->exclude;
        opts.seed = PL_VOTES_SEED;
        opts.criterion = g->criterion;
        opts.weights = g->given;
        PL_KIT_OK(pl_peer_table_build(&k->set, &peer, &t, &err), &err);
        check("upme-sum", t, k, &opts, TOLERANCE, g->sum, g->sum_weights, g->sum_loss, g->n_sum_loss);
        check("upme-ema", t, k, &opts, TOLERANCE, g->ema, g->ema_weights, g->ema_loss, 30);
        check("pico", t, k, &opts, LOOSE, g->pico, g->pico_weights, g->pico_loss, 30);
        check("weights:given.csv", t, k, &opts, TOLERANCE, g->fixed, NULL, NULL, 0);
        check("rating-vote", t, k, &opts, LOOSE, g->rating, g->rating_weights, NULL, 0);
        check("elo", t, k, &opts, LOOSE, g->elo, NULL, NULL, 0);
        opts.upme_init = PL_UPME_INIT_RANDOM;
        check("upme-sum", t, k, &opts, TOLERANCE, g->sum_random, NULL, NULL, 0);
        pl_peer_table_free(t);
        pl__maker_free(k);
    }
}

static void test_consensuses(void **state)
{
    (void)state;
    static const char *const names[] = {"m0", "m1", "m2", "m3", "m4", "m5", "m6"};
    for (size_t c = 0; c < N_CONSENSUSES; c++) {
        const pl_consensus_case *g = &pl_consensus_cases[c];
        pl_error err = {0};
        pl_consensus *r = NULL;
        pl_consensus_list lists[8];
        print_message("case %s\n", g->name);
        for (size_t l = 0; l < g->n_lists; l++)
            lists[l] = (pl_consensus_list){"a list", g->lists + l * g->n_models};
        PL_KIT_OK(pl_consensus_run(lists, g->n_lists, names, g->n_models, NULL, &r, &err), &err);
        same("weights", pl_consensus_weights(r), g->weights, g->n_lists, TOLERANCE);
        same("Borda", pl_consensus_borda(r), g->borda, g->n_models, TOLERANCE);
        same("Spearman", pl_consensus_spearman(r), g->spearman, g->n_lists * g->n_lists, TOLERANCE);
        same("Kendall", pl_consensus_kendall(r), g->kendall, g->n_lists * g->n_lists, TOLERANCE);
        PL_KIT_CLOSE(pl_consensus_distance(r), g->distance, TOLERANCE);
        assert_memory_equal(pl_consensus_kemeny(r), g->places, g->n_models * sizeof(*g->places));
        assert_true(pl_consensus_is_exact(r));
        pl_consensus_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rankings), cmocka_unit_test(test_consensuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
