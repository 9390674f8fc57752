/* Drawing tables from a table.
 *
 * 1. An image contributes the same sums to the same cells in every draw: they are added up once, and a draw is a
 *    short weighted sum over images in byte order of their ids.
 * 2. A drawn table keeps the candidates and judges of its base: they are held fixed. */
#include "alloc.h"
#include "cluster_sums.h"
#include "error.h"
#include "peer_table.h"
#include "plain_draw.h"
#include "vec.h"

#include <string.h>

#define TOGETHER_MIN 8u /* draws that are added up side by side, where that can be done */

/* What one image adds to one cell. */
typedef struct addend {
    uint32_t cell;
    double score;
    double weight;
} addend;

struct pl_resampler {
    const pl_peer_table *base;
    pl_plain_draw *plain; /* of a plain table; or NULL, and: */
    size_t *first;        /* n_clusters + 1: where the image's addends begin */
    addend *addends;      /* by image */
    size_t *ballots;      /* n_clusters: how many the image has */
    size_t *lone;         /* n_clusters: the same */
    size_t *items;        /* n_clusters: blocks of ballots */
};

static uint32_t cluster_of(const pl_peer_table *t, size_t unit)
{
    return t->clusters[pl__unit(t, unit).item];
}

/* Units by image, in their order within each. */
static size_t *group_units(const pl_peer_table *t, size_t *first)
{
    size_t *sorted = pl__calloc(t->n_units, sizeof(*sorted));
    if (!sorted)
        return NULL;
    for (size_t i = 0; i < t->n_units; i++)
        first[cluster_of(t, i) + 1]++;
    for (uint32_t c = 0; c < t->n_clusters; c++)
        first[c + 1] += first[c];
    for (size_t i = 0; i < t->n_units; i++)
        sorted[first[cluster_of(t, i)]++] = i;
    for (uint32_t c = t->n_clusters; c > 0; c--)
        first[c] = first[c - 1];
    first[0] = 0;
    return sorted;
}

static void cells_of(const pl_peer_table *t, const pl_unit *u, uint32_t ret[2])
{
    uint32_t a = u->a * t->n_models + u->judge;
    uint32_t b = u->b * t->n_models + u->judge;
    ret[0] = u->sum.low_is_a ? a : b;
    ret[1] = u->sum.low_is_a ? b : a;
}

/* Adds up one image's units; place[cell] is 1 + the index of the cell's addend, if that lies at or above `from`. */
static size_t add_image(const pl_peer_table *t, const size_t *units, size_t n, size_t *place, addend *addends,
                        size_t from)
{
    size_t end = from;
    for (size_t i = 0; i < n; i++) {
        pl_unit u = pl__unit(t, units[i]);
        uint32_t cells[2];
        if (!(u.sum.weight > 0.0))
            continue;
        cells_of(t, &u, cells);
        for (unsigned side = 0; side < 2; side++) {
            uint32_t cell = cells[side];
            if (place[cell] <= from) {
                addends[end++] = (addend){.cell = cell};
                place[cell] = end;
            }
            addends[place[cell] - 1].score += side == 0 ? u.sum.low : u.sum.high;
            addends[place[cell] - 1].weight += u.sum.weight;
        }
    }
    return end;
}

static void count_ballots(pl_resampler *r)
{
    const pl_peer_table *t = r->base;
    size_t n_blocks = 0;
    const pl_vote_block *blocks = pl_peer_table_vote_blocks(t, &n_blocks);
    for (size_t i = 0; i < n_blocks; i++) {
        r->ballots[t->clusters[blocks[i].item]] += blocks[i].n;
        r->items[t->clusters[blocks[i].item]]++;
    }
    for (size_t i = 0; i < t->n_ballots && !blocks; i++) {
        uint32_t c = t->clusters[t->ballots[i].item];
        r->ballots[c]++;
        r->items[c] += i == 0 || t->ballots[i].item != t->ballots[i - 1].item;
    }
    for (size_t i = 0; i < t->n_lone; i++)
        r->lone[t->clusters[t->lone[i].item]]++;
}

static pl_status add_up(pl_resampler *r)
{
    const pl_peer_table *t = r->base;
    size_t n = 0;
    pl_status rc = PL_E_NOMEM;
    count_ballots(r);
    if (t->plain)
        return pl__plain_draw_new(t, &r->plain, NULL);
    size_t *place = pl__calloc((size_t)t->n_models * t->n_models, sizeof(*place));
    size_t *units = group_units(t, r->first);
    addend *addends = pl__calloc(2 * t->n_units, sizeof(*addends));

    if (!place || !units || !addends)
        goto out;
    for (uint32_t c = 0; c < t->n_clusters; c++) {
        size_t from = r->first[c];
        size_t n_units = r->first[c + 1] - from;
        r->first[c] = n;
        n = add_image(t, units + from, n_units, place, addends, n);
    }
    r->first[t->n_clusters] = n;
    r->addends = pl__memdup(addends, n * sizeof(*addends));
    rc = r->addends ? PL_OK : PL_E_NOMEM;
out:
    pl__free(place);
    pl__free(units);
    pl__free(addends);
    return rc;
}

pl_status pl_resampler_new(const pl_peer_table *base, pl_resampler **ret, pl_error *reterr)
{
    if (!base || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (base->deferred)
        return pl__fail(reterr, PL_E_INVALID, "a resampled table cannot be resampled");
    pl_resampler *r = pl__calloc(1, sizeof(*r));
    if (!r)
        return pl__fail(reterr, PL_E_NOMEM, "a resampler");
    r->base = base;
    r->first = pl__calloc((size_t)base->n_clusters + 1, sizeof(*r->first));
    r->ballots = pl__calloc(base->n_clusters, sizeof(*r->ballots));
    r->lone = pl__calloc(base->n_clusters, sizeof(*r->lone));
    r->items = pl__calloc(base->n_clusters, sizeof(*r->items));
    if (!r->first || !r->ballots || !r->lone || !r->items || add_up(r)) {
        pl_resampler_free(r);
        return pl__fail(reterr, PL_E_NOMEM, "a resampler of %zu comparisons", base->n_units);
    }
    *ret = r;
    return PL_OK;
}

void pl_resampler_free(pl_resampler *r)
{
    if (!r)
        return;
    pl__plain_draw_free(r->plain);
    pl__free(r->first);
    pl__free(r->addends);
    pl__free(r->ballots);
    pl__free(r->lone);
    pl__free(r->items);
    pl__free(r);
}

static pl_peer_table *new_drawn(const pl_peer_table *base)
{
    size_t m = base->n_models;
    pl_peer_table *t = pl__calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->n_models = base->n_models;
    t->mean = pl__calloc(m * m, sizeof(*t->mean));
    t->count = pl__calloc(m * m, sizeof(*t->count));
    t->candidate = pl__memdup(base->candidate, m * sizeof(*t->candidate));
    t->judge = pl__memdup(base->judge, m * sizeof(*t->judge));
    t->deferred = pl__calloc(1, sizeof(*t->deferred));
    if (t->deferred) {
        t->deferred->base = base;
        t->deferred->copies = pl__calloc(base->n_clusters, sizeof(*t->deferred->copies));
    }
    if (!t->mean || !t->count || !t->candidate || !t->judge || !t->deferred || !t->deferred->copies) {
        pl_peer_table_free(t);
        return NULL;
    }
    return t;
}

/* Makes *table, or takes the one that is there, with room for n ballots and n_lone lone ones, and all sums 0. */
static pl_status open_draw(const pl_resampler *r, size_t n, size_t n_lone, size_t n_items, pl_peer_table **table,
                           pl_error *reterr)
{
    if (n > UINT32_MAX || n_lone > UINT32_MAX || n_items > UINT32_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "a draw of more than %u ballots", (unsigned)UINT32_MAX);
    if (!*table)
        *table = new_drawn(r->base);
    pl_peer_table *t = *table;
    if (!t || pl__vec_reserve(&t->deferred->ballots, &t->deferred->cap_ballots, n, sizeof(*t->deferred->ballots)) ||
        pl__vec_reserve(&t->deferred->lone, &t->deferred->cap_lone, n_lone, sizeof(*t->deferred->lone)))
        return pl__fail(reterr, PL_E_NOMEM, "a draw of %zu ballots", n);
    t->deferred->n_ballots = n;
    t->deferred->filled = false;
    t->deferred->n_lone = n_lone;
    t->deferred->lone_filled = false;
    memset(t->mean, 0, (size_t)t->n_models * t->n_models * sizeof(*t->mean));
    memset(t->count, 0, (size_t)t->n_models * t->n_models * sizeof(*t->count));
    return PL_OK;
}

static bool is_drawn_from(const pl_peer_table *t, const pl_peer_table *base)
{
    return !t || (t->deferred && t->deferred->base == base);
}

/* A table for the draw, with all of it but its sums, which are 0. */
static pl_status begin_draw(const pl_resampler *r, const uint32_t *copies, pl_peer_table **table, pl_error *reterr)
{
    size_t n = 0;
    size_t n_lone = 0;
    size_t n_items = 0;
    for (uint32_t c = 0; c < r->base->n_clusters && n <= UINT32_MAX && n_lone <= UINT32_MAX && n_items <= UINT32_MAX;
         c++) {
        n += copies[c] * r->ballots[c];
        n_lone += copies[c] * r->lone[c];
        n_items += copies[c] * r->items[c];
    }
    pl_status rc = open_draw(r, n, n_lone, n_items, table, reterr);
    if (rc)
        return rc;
    (*table)->deferred->left_out = NULL;
    memcpy((*table)->deferred->copies, copies, r->base->n_clusters * sizeof(*copies));
    return PL_OK;
}

static void sum_draw(const pl_resampler *r, const uint32_t *copies, pl_peer_table *t)
{
    if (r->plain) {
        pl__plain_draw_one(r->base, copies, t->mean, t->count);
        return;
    }
    for (uint32_t c = 0; c < r->base->n_clusters; c++) {
        double times = copies[c];
        for (size_t i = r->first[c]; i < r->first[c + 1] && copies[c] > 0; i++) {
            const addend *x = &r->addends[i];
            t->mean[x->cell] += times * x->score;
            t->count[x->cell] += times * x->weight;
        }
    }
}

pl_status pl_resampler_draw(const pl_resampler *r, const uint32_t *copies, pl_peer_table **table, pl_error *reterr)
{
    return pl_resampler_draw_many(r, copies, 1, table, reterr);
}

pl_status pl_resampler_draw_many(const pl_resampler *r, const uint32_t *copies, size_t n, pl_peer_table **tables,
                                 pl_error *reterr)
{
    if (!r || !tables || !copies)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    size_t n_images = r->base->n_clusters;
    for (size_t i = 0; i < n; i++) {
        if (!is_drawn_from(tables[i], r->base))
            return pl__fail(reterr, PL_E_INVALID, "a table from elsewhere");
    }
    for (size_t i = 0; i < n; i++) {
        pl_status rc = begin_draw(r, copies + i * n_images, &tables[i], reterr);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < n; i += PL_LANES) {
        size_t here = n - i < PL_LANES ? n - i : PL_LANES;
        pl_status rc = PL_E_LIMIT;
        if (r->plain && here >= TOGETHER_MIN)
            rc = pl__plain_draw_many(r->plain, copies + i * n_images, here, tables + i, reterr);
        if (rc != PL_OK && rc != PL_E_LIMIT)
            return rc;
        for (size_t k = i; k < i + here; k++) {
            if (rc == PL_E_LIMIT)
                sum_draw(r, copies + k * n_images, tables[k]);
            pl__peer_table_divide(tables[k]);
        }
    }
    return PL_OK;
}

pl_status pl_resampler_leave_out(const pl_resampler *r, const bool *left_out, pl_peer_table **table, pl_error *reterr)
{
    if (!r || !table || !left_out || !is_drawn_from(*table, r->base))
        return pl__fail(reterr, PL_E_INVALID, "null argument, or a table from elsewhere");
    const pl_peer_table *base = r->base;
    size_t n = 0;
    for (size_t i = 0; i < base->n_units; i++)
        n += left_out[i] ? 0 : pl__unit(base, i).sum.n_ballots;
    pl_status rc = open_draw(r, n, base->n_lone, 0, table, reterr);
    pl_peer_table *t = *table;
    if (rc || !t)
        return rc;
    t->deferred->left_out = left_out;
    for (size_t i = 0; i < base->n_units; i++) {
        uint32_t cells[2];
        if (left_out[i])
            continue;
        pl_unit u = pl__unit(base, i);
        cells_of(base, &u, cells);
        t->mean[cells[0]] += u.sum.low;
        t->mean[cells[1]] += u.sum.high;
        t->count[cells[0]] += u.sum.weight;
        t->count[cells[1]] += u.sum.weight;
    }
    pl__peer_table_divide(t);
    return PL_OK;
}
