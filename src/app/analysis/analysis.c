#include "analysis.h"

#include "agreement.h"
#include "alloc.h"
#include "bounds.h"
#include "combine.h"
#include "confidence.h"
#include "corrected.h"
#include "error.h"
#include "groups.h"
#include "judge_report.h"
#include "judgment_check.h"
#include "peer_table.h"
#include <string.h>

static pl_status run_methods(pl_analysis *a, const pl_rank_request *request, const pl_peer_table *table,
                             const pl_rank_opts *opts, pl_error *reterr)
{
    pl_status rc = PL_OK;

    /* two places for the consensus, one for ppi */
    a->methods = pl__arena_calloc(&a->arena, request->n_methods + 3, sizeof(*a->methods));
    if (!a->methods)
        return pl__fail(reterr, PL_E_NOMEM, "methods");
    for (size_t k = 0; k < request->n_methods && rc == PL_OK; k++) {
        pl_ranking *ranking = NULL;
        pl_method_result *m = &a->methods[k];

        m->name = pl__arena_strdup(&a->arena, request->methods[k]);
        if (!m->name)
            return pl__fail(reterr, PL_E_NOMEM, "methods");
        rc = pl_rank_run(m->name, table, a->set->models, opts, &ranking, reterr);
        if (rc == PL_OK)
            rc = pl__take_ranking(a, ranking, m, reterr);
        pl_ranking_free(ranking);
        a->n_methods += rc == PL_OK;
    }
    return rc;
}

pl_status pl__find_criterion(const pl_judgment_set *set, const char *name, uint32_t *ret, pl_error *reterr)
{
    const char *wanted = name ? name : "correctness";

    for (uint32_t c = 0; c < set->n_criteria; c++) {
        if (strcmp(set->criteria[c], wanted) == 0) {
            *ret = c;
            return PL_OK;
        }
    }
    if (name && strcmp(name, "all") != 0)
        return pl__fail(reterr, PL_E_NOT_FOUND, "no judgment has the criterion \"%s\"", name);
    *ret = UINT32_MAX;
    return PL_OK;
}

static pl_status judge_flags(pl_analysis *a, const pl_rank_request *request, pl_row_words *ret_words, pl_error *reterr)
{
    uint32_t n = a->set->n_models;
    pl_status rc = PL_OK;

    a->judges = pl__arena_calloc(&a->arena, n > 0 ? n : 1, sizeof(*a->judges));
    a->excluded = pl__arena_calloc(&a->arena, n > 0 ? n : 1, sizeof(*a->excluded));
    if (!a->judges || !a->excluded)
        return pl__fail(reterr, PL_E_NOMEM, "judges");
    rc = pl__judge_reports(a->set, request->rows, request->threads, a->judges, ret_words, reterr);
    for (uint32_t i = 0; i < n && rc == PL_OK; i++) {
        for (size_t k = PL_MISSING_NOT + 1; k < PL_MISSING_COUNT; k++)
            a->missing += a->judges[i].missing[k];
        if (a->judges[i].flags == 0 || !request->exclude_flagged)
            continue;
        a->excluded[i] = true;
        rc = pl__notes_add(&a->notes, &a->arena, reterr, "judge %s is flagged and was left out (--exclude-flagged)",
                           a->set->models[i]);
    }
    return rc;
}

static pl_status note_table(pl_analysis *a, const pl_peer_table *table, pl_error *reterr)
{
    uint64_t dropped = pl_peer_table_dropped_pairs(table);
    uint64_t rescaled = pl_peer_table_rescaled_pairs(table);
    pl_status rc = PL_OK;

    if (dropped > 0)
        rc = pl__notes_add(&a->notes, &a->arena, reterr,
                           "%llu pairs were left out because only one of their two orders has a verdict",
                           (unsigned long long)dropped);
    if (rc == PL_OK && rescaled > 0)
        rc = pl__notes_add(&a->notes, &a->arena, reterr,
                           "%llu pairs lack a criterion; the weights of the others were rescaled for them",
                           (unsigned long long)rescaled);
    return rc;
}

static bool wants_bounds(const pl_analysis *a)
{
    return a->set->n_models <= PL_BOUNDS_MODELS_MAX && a->set->n_rows > 0 &&
           (double)a->missing > PL_BOUNDS_SHARE * (double)a->set->n_rows;
}

/* Judges, then the table without those that are left out. */
static pl_status tabulate(pl_analysis *a, const pl_rank_request *request, pl_peer_opts *peer, pl_peer_table **ret,
                          pl_error *reterr)
{
    pl_row_words words = {0};
    pl_status rc = judge_flags(a, request, &words, reterr);

    peer->criterion_weights = request->criterion_weights;
    peer->pair_orders = request->pair_orders;
    peer->drop_self_reviews = request->drop_self_reviews;
    peer->exclude_judges = a->excluded;
    peer->threads = request->threads;
    if (rc == PL_OK)
        rc = pl__peer_table_from_words(&words, peer, ret, reterr);
    pl__row_words_clear(&words);
    if (rc == PL_OK)
        rc = pl__note_groups(a, *ret, reterr);
    return rc == PL_OK ? note_table(a, *ret, reterr) : rc;
}

/* What looks at the rows again. */
static pl_status compare_rows(pl_analysis *a, const pl_rank_request *request, const pl_peer_opts *peer,
                              const pl_rank_opts *opts, pl_error *reterr)
{
    pl_status rc = PL_OK;

    if (wants_bounds(a) || request->reference)
        rc = pl__rows_expand(a->set, request->rows, reterr);
    if (rc == PL_OK && wants_bounds(a))
        rc = pl__bounds(&a->arena, a->set, peer, opts, a->methods, a->n_methods, reterr);
    if (rc == PL_OK && request->consensus)
        rc = pl__combine(a, reterr);
    if (rc == PL_OK && request->reference)
        rc = pl__correct(a, request->reference, peer, opts->criterion, reterr);
    return rc;
}

static pl_status analyse(pl_analysis *a, const pl_rank_request *request, pl_error *reterr)
{
    pl_peer_opts peer = PL_PEER_OPTS_INIT;
    pl_rank_opts opts = request->rank;
    pl_uncertainty_opts uncertainty = PL_UNCERTAINTY_OPTS_INIT;
    pl_peer_table *table = NULL;
    pl_status rc = pl__judgment_names_check(a->set, reterr);

    if (rc == PL_OK)
        rc = pl__find_criterion(a->set, request->criterion, &opts.criterion, reterr);
    if (rc == PL_OK && a->set->n_models > PL_ANALYSIS_MODELS_MAX)
        rc = pl__fail(reterr, PL_E_LIMIT, "%u models and judges; at most %u can be ranked at once", a->set->n_models,
                      PL_ANALYSIS_MODELS_MAX);
    if (rc == PL_OK)
        rc = tabulate(a, request, &peer, &table, reterr);
    uncertainty.replicates = request->bootstrap;
    uncertainty.seed = opts.seed;
    uncertainty.threads = request->threads;
    uncertainty.interval = request->interval;
    if (rc == PL_OK)
        rc = run_methods(a, request, table, &opts, reterr);
    if (rc == PL_OK && request->bootstrap > 0 && request->n_methods > 0)
        rc = pl__confidence(a, request->methods, table, &opts, &uncertainty, reterr);
    pl_peer_table_free(table);
    if (rc == PL_OK)
        rc = compare_rows(a, request, &peer, &opts, reterr);
    if (rc == PL_OK && request->truth)
        rc = pl__analysis_compare(a, request->truth, reterr);
    return rc;
}

pl_status pl__analysis_new(const pl_judgment_set *set, const pl_rank_request *request, pl_analysis **ret,
                           pl_error *reterr)
{
    pl_analysis *a = NULL;
    pl_status rc = PL_OK;

    if ((request->n_methods == 0 && !request->reference) || request->n_methods > PL_METHODS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "between 1 and %d methods can be ranked by at once", PL_METHODS_MAX);
    a = pl__calloc(1, sizeof(*a));
    if (!a)
        return pl__fail(reterr, PL_E_NOMEM, "analysis");
    pl__arena_init(&a->arena);
    a->set = set;
    a->interval = request->interval;
    rc = analyse(a, request, reterr);
    if (rc != PL_OK) {
        pl__analysis_free(a);
        return rc;
    }
    *ret = a;
    return PL_OK;
}
