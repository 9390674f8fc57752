/* The cluster bootstrap of rankings by responses: images are drawn, and every method ranks the draw. Replicate i has a
 * stream of its own, so that it does not matter which thread makes it; so has what proxies learn from, which is drawn
 * data set by data set. */
#include "alloc.h"
#include "answer_rank.h"
#include "error.h"
#include "rng.h"
#include "thread.h"
#include "uncertainty_parts.h"

#include <math.h>
#include <string.h>

typedef struct job {
    const pl_answer_table *table;
    pl_uncertainty_opts opts;
    pl_answer_plan *plans;
    size_t n_methods;
    uint32_t n_models;
    uint32_t n_images;
    const pl_answer_source *source; /* NULL: no method learns from one */
    size_t n_workers;
    bool is_jackknife;
    size_t n;        /* replicates */
    double **scores; /* by method, [replicate * n_models + model] */
    pl_spread *spreads;
} job;

static void choose(const job *j, size_t replicate, uint32_t *copies)
{
    pl_rng rng;
    for (uint32_t i = 0; i < j->n_images; i++)
        copies[i] = j->is_jackknife && i != replicate;
    if (j->is_jackknife)
        return;
    pl__rng_init(&rng, j->opts.seed, "bootstrap", replicate);
    for (uint32_t i = 0; i < j->n_images; i++)
        copies[pl__rng_below(&rng, j->n_images)]++;
}

static uint32_t images_of_source(const job *j)
{
    return j->source ? pl_answer_source_images(j->source)[pl_answer_source_n_datasets(j->source)] : 0;
}

static void choose_source(const job *j, size_t replicate, uint32_t *copies)
{
    pl_rng rng;
    const uint32_t *first = NULL;

    if (!j->source)
        return;
    first = pl_answer_source_images(j->source);
    memset(copies, 0, images_of_source(j) * sizeof(*copies));
    pl__rng_init(&rng, j->opts.seed, "bootstrap of the source", replicate);
    for (uint32_t d = 0; d < pl_answer_source_n_datasets(j->source); d++) {
        for (uint32_t i = first[d]; i < first[d + 1]; i++)
            copies[first[d] + pl__rng_below(&rng, first[d + 1] - first[d])]++;
    }
}

static pl_status work(size_t worker, void *user, pl_error *reterr)
{
    const job *j = user;
    pl_status rc = PL_OK;
    uint32_t *copies = pl__calloc(j->n_images, sizeof(*copies));
    uint32_t *learnt = pl__calloc(images_of_source(j), sizeof(*learnt));
    if (!copies || !learnt)
        rc = PL_E_NOMEM;
    for (size_t i = worker; i < j->n && rc == PL_OK; i += j->n_workers) {
        choose(j, i, copies);
        choose_source(j, i, learnt);
        for (size_t k = 0; k < j->n_methods && rc == PL_OK; k++) {
            double *scores = j->scores[k] + i * j->n_models;
            for (uint32_t m = 0; m < j->n_models; m++)
                scores[m] = (double)NAN;
            if (!j->plans[k].proxy || !j->is_jackknife)
                rc = pl__answer_plan_score(&j->plans[k], copies, learnt, scores, NULL, NULL);
        }
    }
    pl__free(copies);
    pl__free(learnt);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "resamples of %u models", j->n_models);
}

static pl_status replicate(job *j, pl_uncertainty *u, size_t n, bool is_jackknife, pl_error *reterr)
{
    j->n = n;
    j->is_jackknife = is_jackknife;
    for (size_t k = 0; k < j->n_methods; k++) {
        j->scores[k] = pl__arena_calloc(&u->arena, n, (size_t)j->n_models * sizeof(double));
        if (!j->scores[k])
            return pl__fail(reterr, PL_E_NOMEM, "%zu replicates of %u models", n, j->n_models);
    }
    j->n_workers = j->opts.threads > 1 ? j->opts.threads : 1;
    return pl__parallel_for(j->n_workers, j->opts.threads, work, j, reterr);
}

static pl_status open_spread(job *j, pl_uncertainty *u, size_t k, pl_error *reterr)
{
    pl_spread *s = &j->spreads[k];
    *s = (pl_spread){.arena = &u->arena,
                     .models = pl_answer_table_set(j->table)->models,
                     .n_models = j->n_models,
                     .n_images = j->n_images,
                     .n_replicates = j->opts.replicates,
                     .level = j->opts.level,
                     .interval = j->opts.interval};
    uint32_t *ones = pl__calloc(j->n_images, sizeof(*ones));
    s->scores = pl__arena_calloc(&u->arena, j->n_models, sizeof(*s->scores));
    pl_status rc = ones && s->scores ? PL_OK : PL_E_NOMEM;
    for (uint32_t i = 0; i < j->n_images && rc == PL_OK; i++)
        ones[i] = 1;
    for (uint32_t m = 0; m < j->n_models && rc == PL_OK; m++)
        s->scores[m] = (double)NAN;
    if (rc == PL_OK)
        rc = pl__answer_plan_score(&j->plans[k], ones, NULL, s->scores, NULL, NULL);
    pl__free(ones);
    return rc == PL_OK ? pl__spread_open(s, reterr) : pl__fail(reterr, rc, "scores of %u models", j->n_models);
}

/* A score of two samples is as sure as the smaller one makes it, and has no BCa interval. */
static pl_status adapt(const pl_answer_plan *plan, pl_spread *s, bool *ret_possible, pl_error *reterr)
{
    *ret_possible = true;
    if (!plan->proxy)
        return PL_OK;
    s->n_images = pl__proxy_least_images(plan->proxy, plan->looks_here ? s->n_images : UINT32_MAX);
    *ret_possible = s->n_images >= 2;
    if (!*ret_possible)
        return pl__spread_warn(s, reterr,
                               "all items of one of the source's data sets are on one image, so intervals, ties and "
                               "the like are undefined");
    if (s->interval != PL_INTERVAL_BCA)
        return PL_OK;
    s->interval = PL_INTERVAL_PERCENTILE;
    return pl__spread_warn(s, reterr, "BCa intervals are for one sample: these are expanded percentile ones");
}

static pl_status spread(job *j, size_t k, pl_error *reterr)
{
    pl_spread *s = &j->spreads[k];
    bool possible = true;
    pl_status rc = adapt(&j->plans[k], s, &possible, reterr);
    if (rc != PL_OK || !possible)
        return rc;
    rc = pl__spread_scores(s, reterr);
    if (rc == PL_OK)
        rc = pl__spread_ranks(s, reterr);
    if (rc == PL_OK)
        rc = pl__spread_groups(s, j->opts.threads, reterr);
    return rc;
}

static pl_status run(job *j, pl_uncertainty *u, pl_error *reterr)
{
    pl_status rc = replicate(j, u, j->opts.replicates, false, reterr);
    for (size_t k = 0; k < j->n_methods && rc == PL_OK; k++)
        j->spreads[k].replicates = j->scores[k];
    if (rc == PL_OK && j->opts.interval == PL_INTERVAL_BCA) {
        rc = replicate(j, u, j->n_images, true, reterr);
        for (size_t k = 0; k < j->n_methods && rc == PL_OK; k++)
            j->spreads[k].without = j->scores[k];
    }
    for (size_t k = 0; k < j->n_methods && rc == PL_OK; k++)
        rc = spread(j, k, reterr);
    return rc;
}

static pl_status warn(pl_uncertainty *u, pl_error *reterr)
{
    if (u->n_images < 2)
        return pl__spread_warn(&u->general, reterr,
                               "all items are on one image, or there are none: how far the scores would differ on "
                               "others cannot be told, so intervals, ties and the like are undefined");
    if (u->n_images < PL_UNCERTAINTY_IMAGES_MIN)
        return pl__spread_warn(&u->general, reterr, "%u images are few: below %u the intervals may be too narrow",
                               u->n_images, PL_UNCERTAINTY_IMAGES_MIN);
    return PL_OK;
}

static pl_status make_room(job *j, pl_uncertainty *u, pl_error *reterr)
{
    u->n_methods = j->n_methods;
    u->n_images = j->n_images;
    u->n_replicates = j->opts.replicates;
    u->level = j->opts.level;
    u->general.arena = &u->arena;
    u->methods = pl__arena_calloc(&u->arena, j->n_methods, sizeof(*u->methods));
    j->spreads = pl__arena_calloc(&u->arena, j->n_methods, sizeof(*j->spreads));
    j->scores = pl__arena_calloc(&u->arena, j->n_methods, sizeof(*j->scores));
    j->plans = pl__arena_calloc(&u->arena, j->n_methods, sizeof(*j->plans));
    if (!u->methods || !j->spreads || !j->scores || !j->plans)
        return pl__fail(reterr, PL_E_NOMEM, "%zu methods", j->n_methods);
    return PL_OK;
}

static pl_status run_job(job *j, pl_uncertainty *u, const char *const *methods, pl_error *reterr)
{
    pl_status rc = make_room(j, u, reterr);
    size_t n = 0; /* plans to clear */
    if (rc != PL_OK)
        return rc;
    for (; methods && n < j->n_methods && rc == PL_OK; n++)
        rc = pl__answer_plan_init(&j->plans[n], methods[n], j->table, reterr);
    for (size_t k = 0; k < n && rc == PL_OK; k++)
        j->source = j->plans[k].proxy ? pl_answer_table_source(j->table) : j->source;
    for (size_t k = 0; k < j->n_methods && rc == PL_OK; k++)
        rc = open_spread(j, u, k, reterr);
    if (rc == PL_OK)
        rc = warn(u, reterr);
    if (rc == PL_OK && j->n_images >= 2)
        rc = run(j, u, reterr);
    for (size_t k = 0; k < j->n_methods && rc == PL_OK; k++)
        pl__uncertainty_show(&j->spreads[k], &u->methods[k]);
    for (size_t k = 0; k < n; k++)
        pl__answer_plan_clear(&j->plans[k]);
    return rc;
}

pl_status pl_answer_uncertainty_run(const char *const *methods, size_t n_methods, const pl_answer_table *table,
                                    const pl_uncertainty_opts *opts, pl_uncertainty **ret, pl_error *reterr)
{
    job j = {.table = table, .n_methods = n_methods};
    if (!table || !ret || (!methods && n_methods > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    for (size_t k = 0; k < n_methods; k++) {
        if (!methods[k])
            return pl__fail(reterr, PL_E_INVALID, "null argument");
    }
    pl_status rc = pl__uncertainty_opts(opts, &j.opts, reterr);
    if (rc != PL_OK)
        return rc;
    j.n_models = pl_answer_table_n_models(table);
    j.n_images = pl_answer_table_n_images(table);
    if (j.n_models > PL_UNCERTAINTY_MODELS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "a bootstrap takes at most %u models", PL_UNCERTAINTY_MODELS_MAX);
    pl_uncertainty *u = pl__calloc(1, sizeof(*u));
    if (!u)
        return pl__fail(reterr, PL_E_NOMEM, "a bootstrap");
    pl__arena_init(&u->arena);
    rc = run_job(&j, u, methods, reterr);
    if (rc != PL_OK) {
        pl_uncertainty_free(u);
        return rc;
    }
    *ret = u;
    return PL_OK;
}
