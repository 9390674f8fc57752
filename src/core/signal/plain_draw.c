#include "plain_draw.h"

#include "alloc.h"
#include "cluster_sums.h"
#include "error.h"

#include <string.h>

#define CELLS_MAX ((size_t)1 << 17) /* beyond, a block of draws is larger than the cache by far */
#define ADDITIONS_OF_A_VOTE 4u      /* one count for each of the two, and two halves between them */

struct pl_plain_draw {
    const pl_peer_table *base;
    pl_once *once; /* sees to what follows, which only many draws need */
    size_t *first; /* n_clusters + 1: where the image's blocks begin in blocks[] */
    uint32_t *blocks;
    pl_cluster_sums *sums; /* cells: counts as in the table, halves behind them */
    pl_status status;
};

pl_status pl__plain_draw_new(const pl_peer_table *base, pl_plain_draw **ret, pl_error *reterr)
{
    pl_plain_draw *d = pl__calloc(1, sizeof(*d));
    if (d)
        d->once = pl__once_new();
    if (!d || !d->once) {
        pl__plain_draw_free(d);
        return pl__fail(reterr, PL_E_NOMEM, "a resampler");
    }
    d->base = base;
    *ret = d;
    return PL_OK;
}

void pl__plain_draw_free(pl_plain_draw *d)
{
    if (!d)
        return;
    pl__once_free(d->once);
    pl__free(d->first);
    pl__free(d->blocks);
    pl__cluster_sums_free(d->sums);
    pl__free(d);
}

static void finish(const pl_peer_table *base, double *mean, double *count)
{
    size_t n_cells = (size_t)base->n_models * base->n_models;
    for (size_t c = 0; c < n_cells; c++) {
        mean[c] *= 0.5 * base->plain->weight;
        count[c] *= base->plain->weight;
    }
}

void pl__plain_draw_one(const pl_peer_table *base, const uint32_t *copies, double *mean, double *count)
{
    const pl_plain *p = base->plain;
    size_t m = base->n_models;
    for (size_t k = 0; k < p->n_blocks; k++) {
        const pl_vote_block *of = &p->blocks[k];
        double times = copies[base->clusters[of->item]];
        for (size_t i = of->first; i < of->first + of->n && times > 0.0; i++) {
            const pl_vote *v = &p->votes[i];
            mean[v->a * m + v->judge] += times * v->a_halves;
            mean[v->b * m + v->judge] += times * (2 - v->a_halves);
            count[v->a * m + v->judge] += times;
            count[v->b * m + v->judge] += times;
        }
    }
    finish(base, mean, count);
}

/* ---- many ---- */

static size_t room_of(void *user, uint32_t image)
{
    const pl_plain_draw *d = user;
    size_t n = 0;
    for (size_t b = d->first[image]; b < d->first[image + 1]; b++)
        n += d->base->plain->blocks[d->blocks[b]].n;
    return ADDITIONS_OF_A_VOTE * n;
}

static size_t list_image(void *user, uint32_t image, uint32_t *ret_cells, double *ret_amounts)
{
    const pl_plain_draw *d = user;
    const pl_plain *p = d->base->plain;
    uint32_t m = d->base->n_models;
    size_t n = 0;
    (void)ret_amounts;
    for (size_t b = d->first[image]; b < d->first[image + 1]; b++) {
        const pl_vote_block *of = &p->blocks[d->blocks[b]];
        for (size_t i = of->first; i < of->first + of->n; i++) {
            const pl_vote *v = &p->votes[i];
            uint32_t a = v->a * m + v->judge;
            uint32_t b_cell = v->b * m + v->judge;
            ret_cells[n++] = a;
            ret_cells[n++] = b_cell;
            ret_cells[n++] = m * m + (v->a_halves > 0 ? a : b_cell);
            ret_cells[n++] = m * m + (v->a_halves > 1 ? a : b_cell);
        }
    }
    return n;
}

static pl_status group_blocks(pl_plain_draw *d)
{
    const pl_peer_table *t = d->base;
    const pl_plain *p = t->plain;
    d->first = pl__calloc((size_t)t->n_clusters + 1, sizeof(*d->first));
    d->blocks = pl__calloc(p->n_blocks, sizeof(*d->blocks));
    if (!d->first || !d->blocks)
        return PL_E_NOMEM;
    for (size_t k = 0; k < p->n_blocks; k++)
        d->first[t->clusters[p->blocks[k].item] + 1]++;
    for (uint32_t c = 0; c < t->n_clusters; c++)
        d->first[c + 1] += d->first[c];
    for (size_t k = 0; k < p->n_blocks; k++)
        d->blocks[d->first[t->clusters[p->blocks[k].item]]++] = (uint32_t)k;
    for (uint32_t c = t->n_clusters; c > 0; c--)
        d->first[c] = d->first[c - 1];
    d->first[0] = 0;
    return PL_OK;
}

static void make_sums(void *user)
{
    pl_plain_draw *d = user;
    d->status = group_blocks(d);
    pl_addition_list list = {.n_clusters = d->base->n_clusters,
                             .n_cells = 2 * d->base->n_models * d->base->n_models,
                             .counted = true,
                             .user = d,
                             .room = room_of,
                             .list = list_image};
    if (!d->status)
        d->status = pl__cluster_sums_new(&list, d->base->plain->threads, &d->sums, NULL);
}

static bool fill_lanes(pl_lanes *lanes, const uint32_t *copies, size_t n, uint32_t n_images)
{
    for (uint32_t l = 0; l < n; l++) {
        for (uint32_t i = 0; i < n_images; i++) {
            uint32_t times = copies[l * (size_t)n_images + i];
            if (times > PL_LANE_COPIES_MAX)
                return false;
            for (; times > 0; times--)
                (void)pl__lanes_draw(lanes, i, l);
        }
    }
    return true;
}

static void take_lane(const pl_plain_draw *d, const pl_lanes *lanes, size_t lane, pl_peer_table *t)
{
    size_t n_cells = (size_t)t->n_models * t->n_models;
    for (size_t c = 0; c < n_cells; c++) {
        t->count[c] = lanes->sums[c * PL_LANES + lane];
        t->mean[c] = lanes->sums[(n_cells + c) * PL_LANES + lane];
    }
    finish(d->base, t->mean, t->count);
}

pl_status pl__plain_draw_many(pl_plain_draw *d, const uint32_t *copies, size_t n, pl_peer_table **tables,
                              pl_error *reterr)
{
    pl_lanes lanes = {0};
    if (2 * (size_t)d->base->n_models * d->base->n_models > CELLS_MAX)
        return PL_E_LIMIT;
    pl__once_run(d->once, make_sums, d);
    if (d->status == PL_E_LIMIT)
        return d->status;
    if (d->status)
        return pl__fail(reterr, d->status, "draws of %u images", d->base->n_clusters);
    pl_status rc = pl__lanes_init(&lanes, d->sums, reterr);
    if (rc)
        return rc;
    if (fill_lanes(&lanes, copies, n, d->base->n_clusters)) {
        pl__lanes_add(&lanes, d->sums);
        for (size_t l = 0; l < n; l++)
            take_lane(d, &lanes, l, tables[l]);
    } else {
        rc = PL_E_LIMIT;
    }
    pl__lanes_clear(&lanes);
    return rc;
}
