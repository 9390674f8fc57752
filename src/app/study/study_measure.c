#include "alloc.h"
#include "error.h"
#include "study_parts.h"
#include "thread.h"
#include "vec.h"

#include <math.h>
#include <string.h>

pl_status pl__variants_add(pl_variants *v, const pl_variant *variant, pl_error *reterr)
{
    if (v->n >= PL_STUDY_ROWS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "a study of more than %u rows", PL_STUDY_ROWS_MAX);
    if (pl__vec_reserve(&v->list, &v->cap, v->n + 1, sizeof(*v->list)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "a study of %zu rows", v->n + 1);
    v->list[v->n++] = *variant;
    return PL_OK;
}

pl_status pl__variant_scores(const pl_study_work *w, const pl_variant *v, uint64_t seed, double *ret, pl_error *reterr)
{
    const pl_study_request *request = w->request;
    pl_peer_opts peer = PL_PEER_OPTS_INIT;
    pl_rank_opts opts = request->rank;
    pl_judgment *rows = NULL;
    pl_judgment_set set = {0};
    pl_peer_table *table = NULL;
    pl_ranking *ranking = NULL;
    pl_status rc = pl__variant_rows(w, v, seed, &rows, &set, reterr);

    peer.criterion_weights = v->gamma ? v->gamma : request->criterion_weights;
    peer.pair_orders = request->pair_orders && v->order == PL_STUDY_ORDER_AS_IT_IS;
    peer.drop_self_reviews = request->drop_self_reviews;
    peer.exclude_judges = request->exclude_judges;
    opts.criterion = w->criterion;
    opts.seed = seed;
    if (v->judge_weights)
        opts.weights = v->judge_weights;
    if (v->init != PL_UPME_INIT_ONES)
        opts.upme_init = v->init;
    if (rc == PL_OK)
        rc = pl_peer_table_build(&set, &peer, &table, reterr);
    if (rc == PL_OK)
        rc = pl_rank_run(v->method, table, set.models, &opts, &ranking, reterr);
    if (rc == PL_OK)
        memcpy(ret, pl_ranking_scores(ranking), set.n_models * sizeof(*ret));
    pl_ranking_free(ranking);
    pl_peer_table_free(table);
    pl__free(rows);
    return rc;
}

/* What the threads share; each writes to places of its own. */
typedef struct measuring {
    const pl_study_work *w;
    const pl_variants *v;
    double *values; /* [(variant * n_seeds + seed) * PL_AGREEMENT_METRICS + metric] */
} measuring;

static pl_status measure_one(size_t index, void *user, pl_error *reterr)
{
    const measuring *m = user;
    uint32_t n_seeds = m->w->request->n_seeds;
    const pl_variant *v = &m->v->list[index / n_seeds];
    uint32_t k = (uint32_t)(index % n_seeds);
    uint32_t n = m->w->set->n_models;
    pl_status rc = PL_OK;
    double *scores = NULL;

    if (v->one_seed && v->seed != k)
        return PL_OK;
    scores = pl__calloc(n, sizeof(*scores));
    if (!scores)
        return pl__fail(reterr, PL_E_NOMEM, "scores of %u models", n);
    rc = pl__variant_scores(m->w, v, m->w->request->rank.seed + k, scores, reterr);
    if (rc == PL_OK)
        rc = pl__agree_with(scores, m->w->reference, n, m->values + index * PL_AGREEMENT_METRICS, reterr);
    pl__free(scores);
    return rc;
}

static pl_status add_rows(pl_study_work *w, const pl_variants *v, const double *values, pl_error *reterr)
{
    uint32_t n_seeds = w->request->n_seeds;

    for (size_t i = 0; i < v->n; i++) {
        const pl_variant *variant = &v->list[i];
        size_t n_values = variant->one_seed ? 1 : n_seeds;
        pl_study_row *row = NULL;
        pl_status rc = pl__study_row(w->study, variant->labels, n_values, &row, reterr);

        if (rc != PL_OK || !row)
            return rc;
        for (size_t k = 0; k < n_values; k++) {
            size_t seed = variant->one_seed ? variant->seed : k;

            for (size_t metric = 0; metric < PL_AGREEMENT_METRICS; metric++)
                row->values[metric * n_values + k] = values[(i * n_seeds + seed) * PL_AGREEMENT_METRICS + metric];
        }
    }
    return PL_OK;
}

/* Draws from the same images resemble each other: what the spread over seeds does and does not say. */
static pl_status note_draws(pl_study_work *w, pl_error *reterr)
{
    uint32_t drawn = w->study->images;
    uint32_t n = w->set->n_images;

    if (drawn == n)
        return pl__notes_add(&w->study->notes, &w->study->arena, reterr,
                             "every seed uses all %u images: only what a method draws itself differs between seeds", n);
    if (drawn > 0 && 2 * drawn > n)
        return pl__notes_add(&w->study->notes, &w->study->arena, reterr,
                             "the seeds' draws of %u of %u images overlap: fresh images would differ more", drawn, n);
    return PL_OK;
}

pl_status pl__study_measure(pl_study_work *w, const pl_variants *v, pl_error *reterr)
{
    size_t cells = v->n * w->request->n_seeds;
    pl_status rc = PL_OK;
    measuring m = {.w = w, .v = v, .values = pl__calloc(cells * PL_AGREEMENT_METRICS, sizeof(double))};

    if (!m.values)
        return pl__fail(reterr, PL_E_NOMEM, "a study of %zu rows", v->n);
    rc = pl__parallel_for(cells, w->request->threads, measure_one, &m, reterr);
    if (rc == PL_OK)
        rc = add_rows(w, v, m.values, reterr);
    if (rc == PL_OK)
        rc = note_draws(w, reterr);
    pl__free(m.values);
    return rc;
}
