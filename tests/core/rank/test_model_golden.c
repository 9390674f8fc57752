/* Fitted methods against an independent computation (scripts/reference/model_golden.py). */
#include <peerless/rank.h>

#include "judgment_maker.h"
#include "kit.h"
#include "model_golden.h"

#include <math.h>
#include <string.h>

#define N_CASES (sizeof(pl_model_cases) / sizeof(pl_model_cases[0]))
#define CLOSE 1e-9 /* of bt */
#define FAIR 1e-6  /* of the others */

static void same(const char *what, const double *got, const double *wanted, size_t n, double tolerance)
{
    for (size_t i = 0; i < n; i++) {
        bool both_infinite = isinf(got[i]) && isinf(wanted[i]);
        if (isnan(got[i]) != isnan(wanted[i]) || (!both_infinite && fabs(got[i] - wanted[i]) > tolerance))
            fail_msg("%s [%zu]: got %.17g, wanted %.17g", what, i, got[i], wanted[i]);
    }
}

static pl_maker *judgments(const pl_model_case *g)
{
    pl_maker *k = pl__maker_new(g->n_models, g->n_items, g->n_criteria);
    for (size_t i = 0; i < g->n_rows; i++) {
        const pl_model_row *r = &g->rows[i];
        pl_judgment *row = pl__maker_add(k, r->item, r->judge, r->a, r->b, r->criterion, (pl_verdict)r->verdict);
        row->weight = r->weight;
        row->a_length = r->a_length;
        row->b_length = r->b_length;
    }
    k->set.families = g->families;
    return k;
}

static pl_ranking *run(const char *method, const pl_model_case *g, const pl_maker *k, const pl_peer_table *t)
{
    pl_error err = {0};
    pl_ranking *r = NULL;
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.criterion = 0;
    opts.bt_ridge = g->ridge;
    PL_KIT_OK(pl_rank_run(method, t, k->models, &opts, &r, &err), &err);
    const pl_fit_report *fit = pl_ranking_fit(r);
    assert_non_null(fit);
    if (fit->state != PL_FIT_CONVERGED)
        fail_msg("%s: state %d after %u iterations, gradient %g, tolerance %g", method, (int)fit->state,
                 fit->iterations, fit->gradient, fit->tolerance);
    assert_true(fit->gradient <= fit->tolerance);
    assert_true(fit->iterations > 0);
    return r;
}

static void check_bt(const pl_model_case *g, const pl_maker *k, const pl_peer_table *t)
{
    size_t m = g->n_models;
    pl_ranking *r = run("bt", g, k, t);
    const double *scores = pl_ranking_scores(r);
    same("bt", scores, g->bt, m, CLOSE);
    if (!isnan(g->choix[0])) {
        same("bt against choix", scores, g->choix, m, CLOSE);
        same("bt against evalica", scores, g->evalica, m, CLOSE);
    }
    assert_int_equal(pl_ranking_fit(r)->n_classes, 1);
    assert_null(pl_ranking_bias(r));
    assert_null(pl_ranking_errors(r));
    pl_ranking_free(r);
    r = run("bt-davidson", g, k, t);
    same("bt-davidson", pl_ranking_scores(r), g->davidson, m, FAIR);
    same("nu", &pl_ranking_fit(r)->nu, &g->davidson[m], 1, FAIR);
    pl_ranking_free(r);
}

static void check_judges(const pl_model_case *g, const pl_maker *k, const pl_peer_table *t)
{
    size_t m = g->n_models;
    pl_ranking *r = run("judge-bt", g, k, t);
    same("theta", pl_ranking_scores(r), g->theta, m, FAIR);
    same("errors of theta", pl_ranking_errors(r), g->theta_errors, m, FAIR);
    const pl_bias_report *b = pl_ranking_bias(r);
    assert_non_null(b);
    for (size_t j = 0; j < m; j++) {
        const pl_judge_bias *x = &b->judges[j];
        const pl_bias_term *const terms[5] = {&x->a, &x->delta, &x->beta, &x->s, &x->nu};
        for (size_t p = 0; p < 5; p++) {
            const double got[2] = {terms[p]->estimate, terms[p]->error};
            same("term of a judge", got, g->terms + (j * 5 + p) * 2, 2, FAIR);
        }
        same("weight of a judge", &pl_ranking_weights(r)[j], g->terms + j * 10, 1, FAIR);
    }
    const double common[5] = {b->beta.estimate, b->beta.error, b->s.estimate, b->s.error, b->length_sd};
    same("common terms", common, g->common, 5, FAIR);
    pl_ranking_free(r);
}

static void check_outcomes(const pl_model_case *g, const pl_maker *k, const pl_peer_table *t)
{
    pl_ranking *r = run("dawid-skene", g, k, t);
    same("dawid-skene", pl_ranking_scores(r), g->skene, g->n_models, FAIR);
    same("accuracies", pl_ranking_weights(r), g->accuracy, g->n_models, FAIR);
    pl_ranking_free(r);
    r = run("dawid-skene-one-coin", g, k, t);
    same("dawid-skene-one-coin", pl_ranking_scores(r), g->coin, g->n_models, FAIR);
    same("accuracies of one coin", pl_ranking_weights(r), g->coin_accuracy, g->n_models, FAIR);
    pl_ranking_free(r);
}

static void test_golden(void **state)
{
    (void)state;
    static const double gamma[2] = {0.3, 0.7}; /* of which nothing may be seen with one criterion */
    for (size_t c = 0; c < N_CASES; c++) {
        const pl_model_case *g = &pl_model_cases[c];
        pl_error err = {0};
        pl_peer_table *t = NULL;
        pl_peer_opts opts = PL_PEER_OPTS_INIT;
        pl_maker *k = judgments(g);
        print_message("case %s\n", g->name);
        opts.pair_orders = g->pair_orders;
        opts.criterion_weights = g->n_criteria == 2 ? gamma : NULL;
        PL_KIT_OK(pl_peer_table_build(&k->set, &opts, &t, &err), &err);
        check_bt(g, k, t);
        check_judges(g, k, t);
        check_outcomes(g, k, t);
        pl_peer_table_free(t);
        pl__maker_free(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
