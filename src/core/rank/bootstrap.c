/* The cluster bootstrap. Replicate i is drawn from a stream of its own, so that it does not matter which thread makes
 * it; each worker keeps a block of drawn tables and fills them again and again. Some methods need no table
 * (bootstrap_bt.h). */
#include "bootstrap.h"

#include "alloc.h"
#include "bootstrap_bt.h"
#include "error.h"
#include "rng.h"
#include "thread.h"

#include <string.h>

#define BLOCK 64u                   /* replicates that are drawn together */
#define CELLS_MAX ((size_t)1 << 21) /* of the tables of a block: 16 MB a sum */

typedef struct task {
    const pl_bootstrap *b;
    size_t n;
    size_t n_workers;
    size_t block; /* replicates */
    bool is_jackknife;
    bool without_bt; /* these are done */
    double *const *scores;
} task;

static void choose(const task *t, size_t replicate, uint32_t *copies)
{
    uint32_t n = t->b->n_images;
    if (t->is_jackknife) {
        for (uint32_t i = 0; i < n; i++)
            copies[i] = i != replicate;
        return;
    }
    pl_rng rng;
    pl__rng_init(&rng, t->b->seed, "bootstrap", replicate);
    memset(copies, 0, n * sizeof(*copies));
    for (uint32_t i = 0; i < n; i++)
        copies[pl__rng_below(&rng, n)]++;
}

static pl_status rank_draw(const task *t, size_t replicate, const pl_peer_table *table, pl_error *reterr)
{
    const pl_bootstrap *b = t->b;
    for (size_t k = 0; k < b->n_methods; k++) {
        pl_ranking *ranking = NULL;
        if (t->without_bt && pl__bootstrap_bt_method(b->methods[k]))
            continue;
        pl_status rc = pl_rank_run(b->methods[k], table, b->models, &b->rank, &ranking, reterr);
        if (rc)
            return rc;
        memcpy(&t->scores[k][replicate * b->n_models], pl_ranking_scores(ranking), b->n_models * sizeof(double));
        pl_ranking_free(ranking);
    }
    return PL_OK;
}

/* Blocks worker, worker + n_workers, … of replicates */
static pl_status work(size_t worker, void *user, pl_error *reterr)
{
    const task *t = user;
    pl_peer_table *tables[BLOCK] = {NULL};
    pl_status rc = PL_OK;
    uint32_t *copies = pl__calloc(t->block, t->b->n_images * sizeof(*copies));
    if (!copies)
        return pl__fail(reterr, PL_E_NOMEM, "draws of %u images", t->b->n_images);
    for (size_t i = worker * t->block; i < t->n && !rc; i += t->n_workers * t->block) {
        size_t n = t->n - i < t->block ? t->n - i : t->block;
        for (size_t k = 0; k < n; k++)
            choose(t, i + k, copies + k * t->b->n_images);
        rc = pl_resampler_draw_many(*t->b->resampler, copies, n, tables, reterr);
        for (size_t k = 0; k < n && !rc; k++)
            rc = rank_draw(t, i + k, tables[k], reterr);
    }
    for (size_t k = 0; k < BLOCK; k++)
        pl_peer_table_free(tables[k]);
    pl__free(copies);
    return rc;
}

/* Blocks pay where tables keep votes; else, and where tables are large, each is drawn by itself. */
static size_t block_for(const pl_bootstrap *b, size_t n, size_t n_workers)
{
    size_t n_cells = (size_t)b->n_models * b->n_models;
    size_t each = (n + n_workers - 1) / n_workers;
    if (!pl_peer_table_votes(b->table, NULL, NULL) || n_cells * BLOCK > CELLS_MAX)
        return 1;
    return each < BLOCK ? each : BLOCK;
}

static pl_status run(const pl_bootstrap *b, size_t n, bool is_jackknife, double *const *scores, pl_error *reterr)
{
    task t = {.b = b, .n = n, .n_workers = b->threads > 1 ? b->threads : 1, .is_jackknife = is_jackknife};
    size_t n_left = 0;
    pl_status rc = pl__bootstrap_bt(b, n, is_jackknife, scores, &t.without_bt, reterr);
    for (size_t k = 0; k < b->n_methods; k++)
        n_left += !(t.without_bt && pl__bootstrap_bt_method(b->methods[k]));
    if (rc || n_left == 0)
        return rc;
    if (!*b->resampler)
        rc = pl_resampler_new(b->table, b->resampler, reterr);
    if (rc)
        return rc;
    if (t.n_workers > n)
        t.n_workers = n;
    t.block = block_for(b, n, t.n_workers);
    t.scores = scores;
    return pl__parallel_for(t.n_workers, b->threads, work, &t, reterr);
}

pl_status pl__bootstrap_draw(const pl_bootstrap *b, size_t n, double *const *scores, pl_error *reterr)
{
    return run(b, n, false, scores, reterr);
}

pl_status pl__bootstrap_jackknife(const pl_bootstrap *b, double *const *scores, pl_error *reterr)
{
    return run(b, b->n_images, true, scores, reterr);
}
