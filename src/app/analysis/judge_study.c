#include "judge_study.h"

#include "alloc.h"
#include "error.h"

#include <math.h>
#include <string.h>

static void rank_scores(const double *scores, uint32_t n, uint32_t *ret)
{
    for (uint32_t i = 0; i < n; i++) {
        ret[i] = isnan(scores[i]) ? 0u : 1u;
        for (uint32_t k = 0; k < n && ret[i] > 0; k++)
            ret[i] += scores[k] > scores[i];
    }
}

static pl_status rank_without(const pl_judgment_set *set, const pl_peer_opts *peer, const pl_rank_opts *rank,
                              const char *method, uint32_t *ret, pl_error *reterr)
{
    pl_peer_table *table = NULL;
    pl_ranking *ranking = NULL;
    pl_status rc = pl_peer_table_build(set, peer, &table, reterr);

    if (rc == PL_OK)
        rc = pl_rank_run(method, table, set->models, rank, &ranking, reterr);
    if (rc == PL_OK)
        rank_scores(pl_ranking_scores(ranking), set->n_models, ret);
    pl_ranking_free(ranking);
    pl_peer_table_free(table);
    return rc;
}

static void mark_judges(const pl_judgment_set *set, const bool *excluded, bool *ret)
{
    for (size_t i = 0; i < set->n_rows; i++) {
        uint32_t judge = set->rows[i].judge;

        ret[judge] = !excluded || !excluded[judge];
    }
}

pl_status pl__leave_one_judge_out(const pl_judgment_set *set, const pl_peer_opts *peer, const pl_rank_opts *rank,
                                  const char *method, uint32_t *ret, pl_error *reterr)
{
    uint32_t m = set->n_models;
    pl_peer_opts less = *peer;
    pl_status rc = PL_OK;
    bool *judge = pl__calloc(m, sizeof(*judge));
    bool *excluded = pl__calloc(m, sizeof(*excluded));
    uint32_t *ranks = pl__calloc((size_t)m * m, sizeof(*ranks));

    if (!judge || !excluded || !ranks) {
        rc = pl__fail(reterr, PL_E_NOMEM, "ranks without each of %u models", m);
        goto out;
    }
    mark_judges(set, peer->exclude_judges, judge);
    less.exclude_judges = excluded;
    for (uint32_t r = 0; r < m && rc == PL_OK; r++) {
        if (!judge[r])
            continue;
        if (peer->exclude_judges)
            memcpy(excluded, peer->exclude_judges, m * sizeof(*excluded));
        else
            memset(excluded, 0, m * sizeof(*excluded));
        excluded[r] = true;
        rc = rank_without(set, &less, rank, method, ranks + (size_t)r * m, reterr);
    }
    if (rc == PL_OK && m > 0)
        memcpy(ret, ranks, (size_t)m * m * sizeof(*ret));
out:
    pl__free(judge);
    pl__free(excluded);
    pl__free(ranks);
    return rc;
}

static pl_status make_heat(pl_judge_study *s, const pl_judgment_set *set, const pl_peer_table *table, pl_error *reterr)
{
    size_t cells = (size_t)set->n_models * set->n_models;
    double *heat = pl__arena_calloc(&s->arena, cells > 0 ? cells : 1, sizeof(*heat));

    if (!heat)
        return pl__fail(reterr, PL_E_NOMEM, "heat map");
    for (size_t i = 0; i < cells; i++)
        heat[i] = pl_peer_table_count(table)[i] > 0.0 ? pl_peer_table_mean(table)[i] : (double)NAN;
    s->heat = heat;
    return PL_OK;
}

/* What judge-bt says of the judges, from the same table. */
static pl_status fit_biases(pl_judge_study *s, const pl_judgment_set *set, const pl_rank_request *request,
                            const pl_peer_table *table, pl_error *reterr)
{
    pl_rank_opts opts = request->rank;
    pl_error limit = {0};
    pl_status rc = pl__find_criterion(set, request->criterion, &opts.criterion, reterr);

    if (rc != PL_OK)
        return rc;
    rc = pl_rank_run("judge-bt", table, set->models, &opts, &s->judge_bt, &limit);
    if (rc == PL_E_LIMIT)
        return PL_OK; /* too many models for a fit */
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "%s", limit.msg);
}

static pl_status study_table(pl_judge_study *s, const pl_judgment_set *set, const pl_rank_request *request,
                             const pl_peer_opts *peer, pl_error *reterr)
{
    pl_peer_table *table = NULL;
    pl_status rc = pl_peer_table_build(set, peer, &table, reterr);

    if (rc == PL_OK)
        rc = make_heat(s, set, table, reterr);
    if (rc == PL_OK)
        rc = fit_biases(s, set, request, table, reterr);
    pl_peer_table_free(table);
    return rc;
}

static pl_status leave_out(pl_judge_study *s, const pl_judgment_set *set, const pl_rank_request *request,
                           const pl_peer_opts *peer, pl_error *reterr)
{
    size_t cells = (size_t)set->n_models * set->n_models;
    pl_rank_opts opts = request->rank;
    pl_status rc = pl__find_criterion(set, request->criterion, &opts.criterion, reterr);

    if (rc != PL_OK || s->n_judges < 2 || s->n_judges > PL_LEAVE_ONE_OUT_JUDGES_MAX)
        return rc;
    s->methods = pl__arena_calloc(&s->arena, request->n_methods, sizeof(*s->methods));
    s->without = pl__arena_calloc(&s->arena, request->n_methods, sizeof(*s->without));
    if (!s->methods || !s->without)
        return pl__fail(reterr, PL_E_NOMEM, "ranks without each judge");
    for (size_t k = 0; k < request->n_methods && rc == PL_OK; k++) {
        uint32_t *ranks = pl__arena_calloc(&s->arena, cells, sizeof(*ranks));

        if (!ranks)
            return pl__fail(reterr, PL_E_NOMEM, "ranks without each judge");
        rc = pl__leave_one_judge_out(set, peer, &opts, request->methods[k], ranks, reterr);
        s->methods[k] = request->methods[k];
        s->without[k] = ranks;
        s->n_methods += rc == PL_OK;
    }
    return rc;
}

pl_status pl__judge_study_new(const pl_analysis *analysis, const pl_rank_request *request,
                              const pl_judgment_set *reference, pl_judge_study **ret, pl_error *reterr)
{
    const pl_judgment_set *set = analysis->set;
    pl_diagnostics_opts opts = PL_DIAGNOSTICS_OPTS_INIT;
    pl_peer_opts peer = PL_PEER_OPTS_INIT;
    pl_judge_study *s = pl__calloc(1, sizeof(*s));
    pl_status rc = PL_OK;

    if (!s)
        return pl__fail(reterr, PL_E_NOMEM, "study of judges");
    pl__arena_init(&s->arena);
    opts.reference = reference;
    s->has_reference = reference != NULL;
    peer.criterion_weights = request->criterion_weights;
    peer.pair_orders = request->pair_orders;
    peer.drop_self_reviews = request->drop_self_reviews;
    peer.exclude_judges = analysis->excluded;
    s->judge = pl__arena_calloc(&s->arena, set->n_models > 0 ? set->n_models : 1, sizeof(*s->judge));
    if (!s->judge) {
        pl__judge_study_free(s);
        return pl__fail(reterr, PL_E_NOMEM, "study of judges");
    }
    mark_judges(set, analysis->excluded, s->judge);
    for (uint32_t i = 0; i < set->n_models; i++)
        s->n_judges += s->judge[i];
    rc = pl_diagnostics_run(set, &opts, &s->diagnostics, reterr);
    if (rc == PL_OK && reference)
        rc = pl__annotators(reference, &s->arena, &s->annotators, reterr);
    if (rc == PL_OK)
        rc = study_table(s, set, request, &peer, reterr);
    if (rc == PL_OK)
        rc = leave_out(s, set, request, &peer, reterr);
    if (rc != PL_OK) {
        pl__judge_study_free(s);
        return rc;
    }
    *ret = s;
    return PL_OK;
}

void pl__judge_study_free(pl_judge_study *study)
{
    if (!study)
        return;
    pl_diagnostics_free(study->diagnostics);
    pl_ranking_free(study->judge_bt);
    pl__arena_clear(&study->arena);
    pl__free(study);
}
