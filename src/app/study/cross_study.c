#include "cross_study.h"

#include "alloc.h"
#include "cross_parts.h"
#include "error.h"
#include "name_order.h"
#include "robust_line.h"
#include "thread.h"

#include <math.h>
#include <peerless/stats.h>
#include <string.h>

#define PAIRS_SHOWN 3u /* without enough models, named one by one */

/* Models by name, so that their order in the file does not matter to a rounding. */
static pl_status take_scores(pl_cross_study *s, const pl_score_table *t, pl_error *reterr)
{
    uint32_t *order = NULL;
    size_t n_cells = t->n_models * t->n_datasets;
    pl_status rc = PL_OK;

    s->n_models = (uint32_t)t->n_models;
    s->n_datasets = (uint32_t)t->n_datasets;
    s->models = pl__arena_calloc(&s->arena, t->n_models, sizeof(*s->models));
    s->datasets = pl__arena_calloc(&s->arena, t->n_datasets, sizeof(*s->datasets));
    s->scores = pl__arena_calloc(&s->arena, n_cells, sizeof(*s->scores));
    if (!s->models || !s->datasets || !s->scores ||
        pl__name_order((const char *const *)t->models, s->n_models, &order) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%zu models", t->n_models);
    for (size_t d = 0; d < t->n_datasets && rc == PL_OK; d++) {
        s->datasets[d] = pl__arena_strdup(&s->arena, t->datasets[d]);
        rc = s->datasets[d] ? PL_OK : PL_E_NOMEM;
    }
    for (size_t m = 0; m < t->n_models && rc == PL_OK; m++) {
        s->models[m] = pl__arena_strdup(&s->arena, t->models[order[m]]);
        rc = s->models[m] ? PL_OK : PL_E_NOMEM;
        memcpy(s->scores + m * t->n_datasets, t->scores + order[m] * t->n_datasets, t->n_datasets * sizeof(*s->scores));
    }
    pl__free(order);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "%zu models", t->n_models);
}

/* ---- pairs of data sets ---- */
static pl_status compare_pair(size_t index, void *user, pl_error *reterr)
{
    const pl_cross_study *s = user;
    pl_cross_pair *p = &s->pairs[index];
    pl_robust_line line;
    pl_status rc = PL_OK;
    double *x = pl__calloc(s->n_models, sizeof(*x));
    double *y = pl__calloc(s->n_models, sizeof(*y));

    if (!x || !y) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%u models", s->n_models);
        goto out;
    }
    for (uint32_t m = 0; m < s->n_models; m++) {
        x[p->n_models] = s->scores[(size_t)m * s->n_datasets + p->x];
        y[p->n_models] = s->scores[(size_t)m * s->n_datasets + p->y];
        p->n_models += isnan(x[p->n_models]) || isnan(y[p->n_models]) ? 0 : 1;
    }
    rc = pl__robust_line(x, y, p->n_models, &line);
    if (rc != PL_OK) {
        rc = pl__fail(reterr, rc, "%u models", s->n_models);
        goto out;
    }
    p->slope = line.slope;
    p->intercept = line.intercept;
    p->scale = line.scale;
    p->r2 = line.r2;
    p->n_weighted = line.n_weighted;
    p->converged = line.converged;
    if (p->n_models >= PL_CROSS_MODELS_MIN)
        rc = pl_stats_spearman(x, y, p->n_models, &p->spearman, reterr);
out:
    pl__free(x);
    pl__free(y);
    return rc;
}

static pl_status compare_all(pl_cross_study *s, uint32_t threads, pl_error *reterr)
{
    size_t few = 0;
    size_t unsettled = 0;
    size_t n = 0;
    pl_status rc = PL_OK;

    s->n_pairs = (size_t)s->n_datasets * (s->n_datasets - 1) / 2;
    s->pairs = pl__arena_calloc(&s->arena, s->n_pairs, sizeof(*s->pairs));
    if (!s->pairs)
        return pl__fail(reterr, PL_E_NOMEM, "%u data sets", s->n_datasets);
    for (uint32_t x = 0; x < s->n_datasets; x++) {
        for (uint32_t y = x + 1; y < s->n_datasets; y++)
            s->pairs[n++] = (pl_cross_pair){.x = x, .y = y, .spearman = (double)NAN, .distance = (double)NAN};
    }
    rc = pl__parallel_for(s->n_pairs, threads, compare_pair, s, reterr);
    for (size_t i = 0; i < s->n_pairs && rc == PL_OK; i++) {
        const pl_cross_pair *p = &s->pairs[i];

        few += p->n_models < PL_CROSS_MODELS_MIN ? 1 : 0;
        unsettled += !isnan(p->slope) && !p->converged ? 1 : 0;
        if (p->n_models < PL_CROSS_MODELS_MIN && few <= PAIRS_SHOWN)
            rc = pl__notes_add(&s->notes, &s->arena, reterr,
                               "%.100s and %.100s have %u models in common: too few to compare", s->datasets[p->x],
                               s->datasets[p->y], p->n_models);
    }
    if (rc == PL_OK && few > PAIRS_SHOWN)
        rc = pl__notes_add(&s->notes, &s->arena, reterr, "%zu more pairs of data sets have too few models in common",
                           few - PAIRS_SHOWN);
    if (rc == PL_OK && unsettled > 0)
        rc = pl__notes_add(&s->notes, &s->arena, reterr, "%zu robust lines did not converge", unsettled);
    return rc;
}

static pl_status correlate_distances(pl_cross_study *s, pl_error *reterr)
{
    pl_status rc = PL_OK;
    double *distances = pl__calloc(s->n_pairs, sizeof(*distances));
    double *correlations = pl__calloc(s->n_pairs, sizeof(*correlations));

    if (!distances || !correlations) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%zu pairs of data sets", s->n_pairs);
        goto out;
    }
    for (size_t i = 0; i < s->n_pairs; i++) {
        distances[s->n_measured] = s->pairs[i].distance;
        correlations[s->n_measured] = s->pairs[i].spearman;
        s->n_measured += isnan(s->pairs[i].distance) || isnan(s->pairs[i].spearman) ? 0 : 1;
    }
    if (s->n_measured < PL_CROSS_MODELS_MIN) {
        rc = pl__notes_add(&s->notes, &s->arena, reterr,
                           "%zu pairs of data sets have both a correlation and a distance: too few to compare",
                           s->n_measured);
        goto out;
    }
    s->distance_pearson = pl_stats_pearson(distances, correlations, s->n_measured);
    rc = pl_stats_spearman(distances, correlations, s->n_measured, &s->distance_spearman, reterr);
out:
    pl__free(distances);
    pl__free(correlations);
    return rc;
}

/* ---- the whole ---- */
static pl_status check(const pl_score_table *scores, const pl_cross_request *r, pl_error *reterr)
{
    if (scores->n_datasets < 2)
        return pl__fail(reterr, PL_E_INVALID, "%zu data set%s: the study compares two or more", scores->n_datasets,
                        scores->n_datasets == 1 ? "" : "s");
    if (scores->n_datasets > PL_CROSS_DATASETS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%zu data sets are more than %u", scores->n_datasets,
                        PL_CROSS_DATASETS_MAX);
    if (scores->n_models == 0)
        return pl__fail(reterr, PL_E_INVALID, "no model has a score");
    if (r->points == 1 || r->points > PL_CROSS_POINTS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "distances are of 2 to %u points of each data set", PL_CROSS_POINTS_MAX);
    if (r->perplexity != 0.0 && !(r->perplexity >= 1.0 && r->perplexity <= PL_CROSS_MAP_POINTS))
        return pl__fail(reterr, PL_E_INVALID, "a perplexity is between 1 and %u", PL_CROSS_MAP_POINTS);
    return PL_OK;
}

pl_status pl__cross_study_new(const pl_score_table *scores, const pl_cross_request *request, pl_cross_study **ret,
                              pl_error *reterr)
{
    pl_status rc = check(scores, request, reterr);

    if (rc != PL_OK)
        return rc;
    pl_cross_study *s = pl__calloc(1, sizeof(*s));
    if (!s)
        return pl__fail(reterr, PL_E_NOMEM, "a study");
    pl__arena_init(&s->arena);
    s->distance_pearson = (double)NAN;
    s->distance_spearman = (double)NAN;
    s->kl = (double)NAN;
    rc = take_scores(s, scores, reterr);
    if (rc == PL_OK)
        rc = compare_all(s, request->threads, reterr);
    if (rc == PL_OK && request->embeddings)
        rc = pl__cross_measure(s, request, reterr);
    if (rc == PL_OK && request->embeddings && s->points > 0)
        rc = correlate_distances(s, reterr);
    if (rc == PL_OK && request->embeddings && request->wants_map)
        rc = pl__cross_map(s, request, reterr);
    if (rc != PL_OK) {
        pl__cross_study_free(s);
        return rc;
    }
    *ret = s;
    return PL_OK;
}
