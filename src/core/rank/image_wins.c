/* 1. Where all ballots weigh the same, an image's cells hold whole numbers and the sums of all replicates are exact
 *    until they are multiplied by that weight; else they are sums of doubles, over images in byte order of their ids.
 *    Neither depends on which replicates share a block, nor on the number of threads.
 * 2. counts[] never overflows: before an image is added, what it can add at most is held against the room that is
 *    left since counts[] was last moved to sums[]. */
#include "image_wins.h"

#include "alloc.h"
#include "error.h"
#include "tally.h"
#include "thread.h"
#include "vec.h"

#include <string.h>

#define LANES PL_IMAGE_WINS_LANES
#define COUNT_BITS 8u
#define COUNT_MAX ((1u << COUNT_BITS) - 1)
#define CELLS_MAX ((uint32_t)1 << 17) /* beyond, a block of replicates is larger than the cache by far */
#define PARTS_MAX 64u                 /* pieces of work that images are divided into */

/* Ballots of one item. */
typedef struct block {
    size_t first;
    size_t n;
} block;

/* What a part of the images adds: cell << COUNT_BITS | count, larger counts as several of them. */
typedef struct part {
    uint32_t from; /* images [from, to) */
    uint32_t to;
    PL_VEC(uint32_t) entries;
    PL_VEC(double) weights; /* by entry; only if ballots weigh differently */
} part;

struct pl_image_wins {
    const pl_rank_input *in;
    uint32_t n; /* candidates */
    uint32_t *places;
    uint32_t n_images;
    bool counted;   /* all ballots weigh the same: */
    double unit;    /* that much */
    size_t *blocks; /* n_images + 1: where the image's items begin in items[] */
    block *items;
    size_t *first;  /* n_images: where the image's entries begin, in its part */
    size_t *length; /* n_images: how many they are */
    uint32_t *most; /* n_images: the largest count of a cell */
    part parts[PARTS_MAX];
    uint32_t n_parts;
    uint32_t *cells; /* n_cells of the dense matrices, [i * n + j] of wins and n * n behind it of ties */
    uint32_t n_cells;
};

void pl__image_wins_free(pl_image_wins *w)
{
    if (!w)
        return;
    for (uint32_t p = 0; p < w->n_parts; p++) {
        pl__free(w->parts[p].entries.ptr);
        pl__free(w->parts[p].weights.ptr);
    }
    pl__free(w->places);
    pl__free(w->blocks);
    pl__free(w->items);
    pl__free(w->first);
    pl__free(w->length);
    pl__free(w->most);
    pl__free(w->cells);
    pl__free(w);
}

/* ---- making ---- */

/* Do all ballots that count weigh the same? Also counts the items' blocks. */
static size_t look_at_ballots(pl_image_wins *w, const pl_ballot *ballots, size_t n)
{
    size_t n_items = 0;
    bool any = false;
    w->counted = true;
    for (size_t i = 0; i < n; i++) {
        n_items += i == 0 || ballots[i].item != ballots[i - 1].item;
        if (!pl__ballot_counts(&ballots[i], w->in->opts))
            continue;
        double weight = pl__ballot_weight(&ballots[i], w->in);
        if (!any)
            w->unit = weight;
        w->counted = w->counted && !(weight < w->unit) && !(weight > w->unit);
        any = true;
    }
    return n_items;
}

/* Blocks of ballots by image, in their order within each. */
static void group_items(pl_image_wins *w, const pl_ballot *ballots, size_t n)
{
    const uint32_t *images = pl_peer_table_item_images(w->in->table, NULL);
    for (size_t i = 0; i < n; i++)
        w->blocks[images[ballots[i].item] + 1] += i == 0 || ballots[i].item != ballots[i - 1].item;
    for (uint32_t c = 0; c < w->n_images; c++)
        w->blocks[c + 1] += w->blocks[c];
    size_t end = 0;
    for (size_t i = 0; i < n; i = end) {
        for (end = i + 1; end < n && ballots[end].item == ballots[i].item; end++)
            ;
        w->items[w->blocks[images[ballots[i].item]]++] = (block){i, end - i};
    }
    for (uint32_t c = w->n_images; c > 0; c--)
        w->blocks[c] = w->blocks[c - 1];
    w->blocks[0] = 0;
}

/* One image in the making. */
typedef struct image_sums {
    double *sums;      /* by dense cell; 0 between images */
    uint32_t *touched; /* cells that are not */
    size_t n_touched;
} image_sums;

static void add_to(image_sums *s, size_t cell, double weight)
{
    if (!(s->sums[cell] > 0.0))
        s->touched[s->n_touched++] = (uint32_t)cell;
    s->sums[cell] += weight;
}

static void add_ballot(const pl_image_wins *w, image_sums *s, const pl_ballot *v)
{
    size_t n = w->n;
    size_t a = w->places[v->a];
    size_t b = w->places[v->b];
    double weight = w->counted ? 1.0 : pl__ballot_weight(v, w->in);
    if (v->a_score >= 1.0)
        add_to(s, a * n + b, weight);
    else if (v->a_score <= 0.0)
        add_to(s, b * n + a, weight);
    else
        add_to(s, n * n + (a > b ? a * n + b : b * n + a), weight);
}

static pl_status push(part *p, uint32_t entry, const double *weight)
{
    if (pl__vec_reserve(&p->entries.ptr, &p->entries.cap, p->entries.len + 1, sizeof(*p->entries.ptr)))
        return PL_E_NOMEM;
    if (weight && pl__vec_reserve(&p->weights.ptr, &p->weights.cap, p->weights.len + 1, sizeof(*p->weights.ptr)))
        return PL_E_NOMEM;
    p->entries.ptr[p->entries.len++] = entry;
    if (weight)
        p->weights.ptr[p->weights.len++] = *weight;
    return PL_OK;
}

static pl_status close_image(pl_image_wins *w, part *p, uint32_t image, image_sums *s)
{
    pl_status rc = PL_OK;
    w->first[image] = p->entries.len;
    for (size_t i = 0; i < s->n_touched; i++) {
        uint32_t cell = s->touched[i];
        double sum = s->sums[cell];
        s->sums[cell] = 0.0;
        if (!w->counted) {
            rc = rc ? rc : push(p, cell << COUNT_BITS, &sum);
            continue;
        }
        uint32_t count = (uint32_t)sum;
        w->most[image] = count > w->most[image] ? count : w->most[image];
        for (uint32_t left = count; left > 0 && !rc; left -= left < COUNT_MAX ? left : COUNT_MAX)
            rc = push(p, cell << COUNT_BITS | (left < COUNT_MAX ? left : COUNT_MAX), NULL);
    }
    s->n_touched = 0;
    w->length[image] = p->entries.len - w->first[image];
    return rc;
}

static pl_status make_part(size_t index, void *user, pl_error *reterr)
{
    pl_image_wins *w = user;
    part *p = &w->parts[index];
    const pl_ballot *ballots = pl_peer_table_ballots(w->in->table, NULL);
    size_t n_cells = 2 * (size_t)w->n * w->n;
    image_sums s = {.sums = pl__calloc(n_cells, sizeof(*s.sums)), .touched = pl__calloc(n_cells, sizeof(*s.touched))};
    pl_status rc = s.sums && s.touched ? PL_OK : PL_E_NOMEM;
    for (uint32_t image = p->from; image < p->to && !rc; image++) {
        for (size_t b = w->blocks[image]; b < w->blocks[image + 1]; b++) {
            const block *of = &w->items[b];
            for (size_t i = of->first; i < of->first + of->n; i++) {
                if (pl__ballot_counts(&ballots[i], w->in->opts))
                    add_ballot(w, &s, &ballots[i]);
            }
        }
        rc = close_image(w, p, image, &s);
    }
    pl__free(s.sums);
    pl__free(s.touched);
    return rc ? pl__fail(reterr, rc, "wins on %u images", w->n_images) : PL_OK;
}

/* Numbers the cells that occur, so that lanes of others take no room in the cache. */
static pl_status number_cells(pl_image_wins *w)
{
    size_t n_dense = 2 * (size_t)w->n * w->n;
    uint32_t *numbers = pl__calloc(n_dense, sizeof(*numbers));
    w->cells = pl__calloc(n_dense, sizeof(*w->cells));
    if (!numbers || !w->cells) {
        pl__free(numbers);
        return PL_E_NOMEM;
    }
    for (uint32_t p = 0; p < w->n_parts; p++) {
        for (size_t i = 0; i < w->parts[p].entries.len; i++)
            numbers[w->parts[p].entries.ptr[i] >> COUNT_BITS] = 1;
    }
    for (uint32_t c = 0; c < n_dense; c++) {
        if (numbers[c] == 0)
            continue;
        numbers[c] = w->n_cells;
        w->cells[w->n_cells++] = c;
    }
    for (uint32_t p = 0; p < w->n_parts; p++) {
        for (size_t i = 0; i < w->parts[p].entries.len; i++) {
            uint32_t *e = &w->parts[p].entries.ptr[i];
            *e = numbers[*e >> COUNT_BITS] << COUNT_BITS | (*e & COUNT_MAX);
        }
    }
    pl__free(numbers);
    return PL_OK;
}

static void place_candidates(pl_image_wins *w)
{
    for (uint32_t i = 0; i < w->in->n_models; i++) {
        uint32_t model = w->in->order[i];
        w->places[model] = pl_peer_table_is_candidate(w->in->table, model) ? w->n++ : PL_NO_PLACE;
    }
}

static pl_status make(pl_image_wins *w, uint32_t threads, pl_error *reterr)
{
    size_t n = 0;
    const pl_ballot *ballots = pl_peer_table_ballots(w->in->table, &n);
    size_t n_items = look_at_ballots(w, ballots, n);
    w->blocks = pl__calloc((size_t)w->n_images + 1, sizeof(*w->blocks));
    w->items = pl__calloc(n_items, sizeof(*w->items));
    w->first = pl__calloc(w->n_images, sizeof(*w->first));
    w->length = pl__calloc(w->n_images, sizeof(*w->length));
    w->most = pl__calloc(w->n_images, sizeof(*w->most));
    if (!w->blocks || !w->items || !w->first || !w->length || !w->most)
        return PL_E_NOMEM;
    group_items(w, ballots, n);
    w->n_parts = w->n_images < PARTS_MAX ? w->n_images : PARTS_MAX;
    for (uint32_t p = 0; p < w->n_parts; p++) {
        w->parts[p].from = (uint32_t)((uint64_t)w->n_images * p / w->n_parts);
        w->parts[p].to = (uint32_t)((uint64_t)w->n_images * (p + 1) / w->n_parts);
    }
    pl_status rc = pl__parallel_for(w->n_parts, threads, make_part, w, reterr);
    return rc ? rc : number_cells(w);
}

pl_status pl__image_wins_new(const pl_rank_input *in, uint32_t threads, pl_image_wins **ret, pl_error *reterr)
{
    pl_image_wins *w = pl__calloc(1, sizeof(*w));
    pl_status rc = PL_E_NOMEM;
    if (!w)
        goto out;
    w->in = in;
    w->n_images = pl_peer_table_n_images(in->table);
    w->places = pl__calloc(in->n_models, sizeof(*w->places));
    if (!w->places)
        goto out;
    place_candidates(w);
    rc = PL_OK;
    if (2 * (uint64_t)w->n * w->n > CELLS_MAX)
        goto out;
    rc = make(w, threads, reterr);
    if (rc)
        goto out;
    *ret = w;
    w = NULL;
out:
    pl__image_wins_free(w);
    return rc ? pl__fail(reterr, rc, "wins by image") : PL_OK;
}

/* ---- adding up ---- */

pl_status pl__lane_sums_init(pl_lane_sums *lanes, const pl_image_wins *w, pl_error *reterr)
{
    pl_lane_sums l = {.copies = pl__calloc((size_t)w->n_images * LANES, sizeof(*l.copies)),
                      .counts = pl__calloc((size_t)w->n_cells * LANES, sizeof(*l.counts)),
                      .sums = pl__calloc((size_t)w->n_cells * LANES, sizeof(*l.sums))};
    if (!l.copies || !l.counts || !l.sums) {
        pl__lane_sums_clear(&l);
        return pl__fail(reterr, PL_E_NOMEM, "replicates of %u images", w->n_images);
    }
    *lanes = l;
    return PL_OK;
}

void pl__lane_sums_clear(pl_lane_sums *lanes)
{
    pl__free(lanes->copies);
    pl__free(lanes->counts);
    pl__free(lanes->sums);
    *lanes = (pl_lane_sums){0};
}

static void add_counts(const uint32_t *entries, size_t n, const uint16_t *restrict copies, uint16_t *restrict counts)
{
    uint16_t own[LANES];
    memcpy(own, copies, sizeof(own));
    for (size_t i = 0; i < n; i++) {
        uint16_t *restrict to = counts + (size_t)(entries[i] >> COUNT_BITS) * LANES;
        uint16_t count = (uint16_t)(entries[i] & COUNT_MAX);
        for (size_t l = 0; l < LANES; l++)
            to[l] = (uint16_t)(to[l] + own[l] * count);
    }
}

static void add_weights(const uint32_t *entries, const double *weights, size_t n, const uint16_t *restrict copies,
                        double *restrict sums)
{
    double own[LANES];
    for (size_t l = 0; l < LANES; l++)
        own[l] = copies[l];
    for (size_t i = 0; i < n; i++) {
        double *restrict to = sums + (size_t)(entries[i] >> COUNT_BITS) * LANES;
        double weight = weights ? weights[i] : (double)(entries[i] & COUNT_MAX);
        for (size_t l = 0; l < LANES; l++)
            to[l] += own[l] * weight;
    }
}

static void move_counts(pl_lane_sums *lanes, const pl_image_wins *w)
{
    size_t n = (size_t)w->n_cells * LANES;
    for (size_t i = 0; i < n; i++)
        lanes->sums[i] += lanes->counts[i];
    memset(lanes->counts, 0, n * sizeof(*lanes->counts));
}

static uint32_t largest(const uint16_t *copies)
{
    uint16_t most = 0;
    for (size_t l = 0; l < LANES; l++)
        most = copies[l] > most ? copies[l] : most;
    return most;
}

void pl__lane_sums_add(pl_lane_sums *lanes, const pl_image_wins *w)
{
    uint64_t used = 0; /* of what a count can hold */
    memset(lanes->sums, 0, (size_t)w->n_cells * LANES * sizeof(*lanes->sums));
    for (uint32_t p = 0; p < w->n_parts; p++) {
        const part *of = &w->parts[p];
        for (uint32_t image = of->from; image < of->to; image++) {
            const uint16_t *copies = lanes->copies + (size_t)image * LANES;
            const uint32_t *entries = of->entries.ptr + w->first[image];
            uint64_t adds = (uint64_t)largest(copies) * w->most[image];
            if (w->length[image] == 0)
                continue;
            if (!w->counted || adds > UINT16_MAX) {
                const double *weights = w->counted ? NULL : of->weights.ptr + w->first[image];
                add_weights(entries, weights, w->length[image], copies, lanes->sums);
                continue;
            }
            if (used + adds > UINT16_MAX) {
                move_counts(lanes, w);
                used = 0;
            }
            add_counts(entries, w->length[image], copies, lanes->counts);
            used += adds;
        }
    }
    if (w->counted)
        move_counts(lanes, w);
}

void pl__lane_sums_take(const pl_lane_sums *lanes, const pl_image_wins *w, uint32_t lane, pl_win_matrix *matrix)
{
    size_t n_wins = (size_t)w->n * w->n;
    pl__win_matrix_reset(matrix, w->in);
    for (size_t c = 0; c < w->n_cells; c++) {
        double sum = lanes->sums[c * LANES + lane] * (w->counted ? w->unit : 1.0);
        if (w->cells[c] < n_wins)
            matrix->wins[w->cells[c]] = sum;
        else
            matrix->ties[w->cells[c] - n_wins] = sum;
        matrix->total += sum;
    }
    pl__win_matrix_close(matrix);
}
