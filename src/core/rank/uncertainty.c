/* The bootstrap from end to end: all methods on the same draws, then one method after the other. */
#include <peerless/uncertainty.h>

#include "alloc.h"
#include "bootstrap.h"
#include "error.h"
#include "ranking.h"
#include "spread.h"
#include "uncertainty_parts.h"

#include <math.h>
#include <string.h>

#define DEFAULT_REPLICATES 1000u
#define DEFAULT_LEVEL 0.95
#define THREADS_MAX 256u

typedef struct job {
    const pl_peer_table *table;
    const pl_uncertainty_opts *opts;
    pl_bootstrap bootstrap;
    pl_spread *spreads; /* by method */
    double **scores;    /* places to write to, by method */
    pl_uncertainty *u;
    pl_resampler *resampler;
} job;

pl_status pl__uncertainty_opts(const pl_uncertainty_opts *given, pl_uncertainty_opts *ret, pl_error *reterr)
{
    static const pl_uncertainty_opts defaults = PL_UNCERTAINTY_OPTS_INIT;
    pl_uncertainty_opts opts = given ? *given : defaults;
    if (opts.size_bytes != sizeof(opts))
        return pl__fail(reterr, PL_E_INVALID, "options of another version");
    if (opts.replicates == 0)
        opts.replicates = DEFAULT_REPLICATES;
    if (opts.replicates < 2 || opts.replicates > PL_UNCERTAINTY_REPLICATES_MAX)
        return pl__fail(reterr, PL_E_RANGE, "a bootstrap takes 2 to %u replicates", PL_UNCERTAINTY_REPLICATES_MAX);
    if (!(opts.level >= 0.0 && opts.level < 1.0))
        return pl__fail(reterr, PL_E_RANGE, "the level of an interval lies between 0 and 1");
    if (!(opts.level > 0.0))
        opts.level = DEFAULT_LEVEL;
    if (opts.interval != PL_INTERVAL_PERCENTILE && opts.interval != PL_INTERVAL_BCA)
        return pl__fail(reterr, PL_E_INVALID, "unknown kind of interval");
    if (opts.threads > THREADS_MAX)
        opts.threads = THREADS_MAX;
    *ret = opts;
    return PL_OK;
}

static pl_status score_all(job *j, const pl_rank_opts *rank, pl_error *reterr)
{
    for (size_t k = 0; k < j->bootstrap.n_methods; k++) {
        pl_spread *s = &j->spreads[k];
        pl_ranking *ranking = NULL;
        pl_status rc = pl_rank_run(j->bootstrap.methods[k], j->table, s->models, rank, &ranking, reterr);
        if (rc)
            return rc;
        s->scores = pl__arena_calloc(s->arena, s->n_models, sizeof(*s->scores));
        if (s->scores)
            memcpy(s->scores, pl_ranking_scores(ranking), s->n_models * sizeof(*s->scores));
        s->leans = ranking->leans;
        pl_ranking_free(ranking);
        if (!s->scores)
            return pl__fail(reterr, PL_E_NOMEM, "scores of %u models", s->n_models);
        rc = pl__spread_open(s, reterr);
        if (rc)
            return rc;
    }
    return PL_OK;
}

/* Room for n rows of scores of each method. */
static pl_status make_room(job *j, size_t n, pl_error *reterr)
{
    for (size_t k = 0; k < j->bootstrap.n_methods; k++) {
        j->scores[k] = pl__arena_calloc(&j->u->arena, n, (size_t)j->bootstrap.n_models * sizeof(double));
        if (!j->scores[k])
            return pl__fail(reterr, PL_E_NOMEM, "%zu replicates of %u models", n, j->bootstrap.n_models);
    }
    return PL_OK;
}

static pl_status replicate_all(job *j, pl_error *reterr)
{
    pl_status rc = make_room(j, j->opts->replicates, reterr);
    if (!rc)
        rc = pl__bootstrap_draw(&j->bootstrap, j->opts->replicates, j->scores, reterr);
    for (size_t k = 0; k < j->bootstrap.n_methods && !rc; k++)
        j->spreads[k].replicates = j->scores[k];
    if (rc || j->opts->interval != PL_INTERVAL_BCA)
        return rc;
    rc = make_room(j, j->bootstrap.n_images, reterr);
    if (!rc)
        rc = pl__bootstrap_jackknife(&j->bootstrap, j->scores, reterr);
    for (size_t k = 0; k < j->bootstrap.n_methods && !rc; k++)
        j->spreads[k].without = j->scores[k];
    return rc;
}

static pl_status find_fragility(job *j, size_t k, pl_error *reterr)
{
    pl_spread *s = &j->spreads[k];
    pl_fragility_job f = {.method = j->bootstrap.methods[k],
                          .table = j->table,
                          .resampler = &j->resampler,
                          .models = s->models,
                          .rank = &j->bootstrap.rank,
                          .order = s->order,
                          .n_ranked = s->n_ranked};
    if (j->opts->skip_fragility || s->n_ranked < 2)
        return PL_OK;
    if (!(s->scores[s->order[0]] > s->scores[s->order[1]]))
        return pl__spread_warn(s, reterr, "the top is shared by %s and %s: no judgment need be removed to change it",
                               s->models[s->order[0]], s->models[s->order[1]]);
    bool *left_out = pl__calloc(pl_peer_table_n_comparisons(j->table), sizeof(*left_out));
    if (!left_out)
        return pl__fail(reterr, PL_E_NOMEM, "a search over all comparisons");
    pl_status rc = pl__fragility(&f, left_out, &s->fragility, &s->fragility_top, reterr);
    pl__free(left_out);
    if (!rc && s->fragility == 0)
        rc = pl__spread_warn(s, reterr, "no set of judgments was found whose removal puts another model than %s on top",
                             s->models[s->order[0]]);
    return rc;
}

static pl_status analyse(job *j, pl_error *reterr)
{
    pl_status rc = replicate_all(j, reterr);
    for (size_t k = 0; k < j->bootstrap.n_methods && !rc; k++) {
        pl_spread *s = &j->spreads[k];
        rc = pl__spread_scores(s, reterr);
        if (!rc)
            rc = pl__spread_ranks(s, reterr);
        if (!rc)
            rc = pl__spread_groups(s, j->opts->threads, reterr);
        if (!rc)
            rc = find_fragility(j, k, reterr);
    }
    return rc;
}

static pl_status warn_in_general(pl_uncertainty *u, const pl_peer_table *table, pl_error *reterr)
{
    pl_spread *g = &u->general;
    pl_status rc = PL_OK;
    if (u->n_images == 0)
        return pl__spread_warn(g, reterr, "nothing usable was judged: there is no uncertainty to speak of");
    if (u->n_images == 1)
        return pl__spread_warn(g, reterr,
                               "all judgments are on one image: how far the scores would differ on others "
                               "cannot be told, so intervals, ties and the like are undefined");
    if (u->n_images < PL_UNCERTAINTY_IMAGES_MIN)
        rc = pl__spread_warn(g, reterr, "%u images are few: below %u the intervals may be too narrow", u->n_images,
                             PL_UNCERTAINTY_IMAGES_MIN);
    if (!rc && pl_peer_table_split_items(table) > 0)
        rc =
            pl__spread_warn(g, reterr, "%u items are judged on several images each; they were resampled with the first",
                            pl_peer_table_split_items(table));
    return rc;
}

void pl__uncertainty_show(const pl_spread *s, pl_method_uncertainty *ret)
{
    *ret = (pl_method_uncertainty){.n_models = s->n_models,
                                   .scores = s->scores,
                                   .low = s->low,
                                   .high = s->high,
                                   .se = s->se,
                                   .defined = s->defined,
                                   .rank_low = s->rank_low,
                                   .rank_high = s->rank_high,
                                   .p_best = s->p_best,
                                   .group = s->group,
                                   .n_groups = s->n_groups,
                                   .order = s->order,
                                   .n_ranked = s->n_ranked,
                                   .neighbours = s->neighbours,
                                   .n_comparisons = s->n_comparisons,
                                   .fragility = s->fragility,
                                   .fragility_top = s->fragility_top,
                                   .replicates = s->replicates,
                                   .warnings = s->warnings,
                                   .n_warnings = s->n_warnings};
}

static pl_status prepare(job *j, pl_error *reterr)
{
    size_t n = j->bootstrap.n_methods;
    pl_uncertainty *u = j->u;
    u->methods = pl__arena_calloc(&u->arena, n, sizeof(*u->methods));
    j->spreads = pl__arena_calloc(&u->arena, n, sizeof(*j->spreads));
    j->scores = pl__arena_calloc(&u->arena, n, sizeof(*j->scores));
    if (!u->methods || !j->spreads || !j->scores)
        return pl__fail(reterr, PL_E_NOMEM, "%zu methods", n);
    u->n_methods = n;
    u->general.arena = &u->arena;
    for (size_t k = 0; k < n; k++) {
        j->spreads[k] = (pl_spread){.arena = &u->arena,
                                    .models = j->bootstrap.models,
                                    .n_models = j->bootstrap.n_models,
                                    .n_images = u->n_images,
                                    .n_replicates = u->n_replicates,
                                    .level = u->level,
                                    .n_comparisons = pl_peer_table_n_comparisons(j->table),
                                    .interval = j->opts->interval};
    }
    return PL_OK;
}

static pl_status run_job(job *j, const pl_rank_opts *rank, pl_error *reterr)
{
    pl_status rc = prepare(j, reterr);
    if (!rc)
        rc = warn_in_general(j->u, j->table, reterr);
    if (!rc)
        rc = score_all(j, rank, reterr);
    if (!rc && j->u->n_images >= 2) {
        j->bootstrap.resampler = &j->resampler;
        rc = analyse(j, reterr);
    }
    for (size_t k = 0; k < j->bootstrap.n_methods && !rc; k++)
        pl__uncertainty_show(&j->spreads[k], &j->u->methods[k]);
    pl_resampler_free(j->resampler);
    return rc;
}

pl_status pl_uncertainty_run(const char *const *methods, size_t n_methods, const pl_peer_table *table,
                             const char *const *models, const pl_rank_opts *rank, const pl_uncertainty_opts *opts,
                             pl_uncertainty **ret, pl_error *reterr)
{
    static const pl_rank_opts rank_defaults = PL_RANK_OPTS_INIT;
    pl_uncertainty_opts filled = {0};
    if (!table || !ret || (!methods && n_methods > 0) || (!models && pl_peer_table_n_models(table) > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    for (size_t k = 0; k < n_methods; k++) {
        if (!methods[k])
            return pl__fail(reterr, PL_E_INVALID, "null argument");
    }
    if (pl_peer_table_n_models(table) > PL_UNCERTAINTY_MODELS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "a bootstrap takes at most %u models", PL_UNCERTAINTY_MODELS_MAX);
    pl_status rc = pl__uncertainty_opts(opts, &filled, reterr);
    if (rc)
        return rc;
    pl_uncertainty *u = pl__calloc(1, sizeof(*u));
    if (!u)
        return pl__fail(reterr, PL_E_NOMEM, "a bootstrap");
    pl__arena_init(&u->arena);
    u->n_images = pl_peer_table_n_images(table);
    u->n_replicates = filled.replicates;
    u->level = filled.level;
    job j = {.table = table, .opts = &filled, .u = u};
    j.bootstrap = (pl_bootstrap){.methods = methods,
                                 .n_methods = n_methods,
                                 .models = models,
                                 .n_models = pl_peer_table_n_models(table),
                                 .n_images = u->n_images,
                                 .table = table,
                                 .rank = rank ? *rank : rank_defaults,
                                 .seed = filled.seed,
                                 .threads = filled.threads};
    j.bootstrap.rank.upme_restarts = 0;
    rc = run_job(&j, rank, reterr);
    if (rc) {
        pl_uncertainty_free(u);
        return rc;
    }
    *ret = u;
    return PL_OK;
}

void pl_uncertainty_free(pl_uncertainty *u)
{
    if (!u)
        return;
    pl__arena_clear(&u->arena);
    pl__free(u);
}

const pl_method_uncertainty *pl_uncertainty_method(const pl_uncertainty *u, size_t index)
{
    return index < u->n_methods ? &u->methods[index] : NULL;
}

uint32_t pl_uncertainty_n_images(const pl_uncertainty *u)
{
    return u->n_images;
}

uint32_t pl_uncertainty_n_replicates(const pl_uncertainty *u)
{
    return u->n_replicates;
}

double pl_uncertainty_level(const pl_uncertainty *u)
{
    return u->level;
}

const char *const *pl_uncertainty_warnings(const pl_uncertainty *u, size_t *ret_n)
{
    if (ret_n)
        *ret_n = u->general.n_warnings;
    return u->general.warnings;
}
