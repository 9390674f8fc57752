/* Where all ballots weigh the same they are counted, and the sums of all replicates are exact until they are multiplied
 * by that weight; else they are sums of doubles, over images in byte order of their ids. Neither depends on which
 * replicates share a block, nor on the number of threads. */
#include "image_wins.h"

#include "alloc.h"
#include "error.h"
#include "tally.h"

#define CELLS_MAX ((uint32_t)1 << 17) /* beyond, a block of replicates is larger than the cache by far */

/* Ballots, or votes, of one item. */
typedef struct block {
    size_t first;
    size_t n;
} block;

struct pl_image_wins {
    const pl_rank_input *in;
    uint32_t n; /* candidates */
    uint32_t *places;
    uint32_t n_images;
    const pl_vote *votes;     /* or NULL, and: */
    const pl_ballot *ballots; /* both borrowed */
    size_t n_ballots;
    bool counted;   /* all ballots weigh the same: */
    double unit;    /* that much */
    size_t *blocks; /* n_images + 1: where the image's items begin in items[] */
    block *items;
    pl_cluster_sums *sums;
};

void pl__image_wins_free(pl_image_wins *w)
{
    if (!w)
        return;
    pl__free(w->places);
    pl__free(w->blocks);
    pl__free(w->items);
    pl__cluster_sums_free(w->sums);
    pl__free(w);
}

/* ---- items by image ---- */

/* Do all ballots that count weigh the same? Returns the number of items. */
static size_t look_at_ballots(pl_image_wins *w)
{
    size_t n_items = 0;
    bool any = false;
    w->counted = true;
    for (size_t i = 0; i < w->n_ballots; i++) {
        const pl_ballot *v = &w->ballots[i];
        n_items += i == 0 || v->item != v[-1].item;
        if (!pl__ballot_counts(v, w->in->opts))
            continue;
        double weight = pl__ballot_weight(v, w->in);
        if (!any)
            w->unit = weight;
        w->counted = w->counted && !(weight < w->unit) && !(weight > w->unit);
        any = true;
    }
    return n_items;
}

/* blocks: of consecutive items, with the image of each. */
static void group(pl_image_wins *w, const block *blocks, const uint32_t *images, size_t n)
{
    for (size_t i = 0; i < n; i++)
        w->blocks[images[i] + 1]++;
    for (uint32_t c = 0; c < w->n_images; c++)
        w->blocks[c + 1] += w->blocks[c];
    for (size_t i = 0; i < n; i++)
        w->items[w->blocks[images[i]]++] = blocks[i];
    for (uint32_t c = w->n_images; c > 0; c--)
        w->blocks[c] = w->blocks[c - 1];
    w->blocks[0] = 0;
}

static size_t list_items(const pl_image_wins *w, block *blocks, uint32_t *images)
{
    const uint32_t *image_of = pl_peer_table_item_images(w->in->table, NULL);
    size_t n = 0;
    size_t end = 0;
    if (w->votes) {
        const pl_vote_block *of = pl_peer_table_vote_blocks(w->in->table, &n);
        for (size_t i = 0; i < n; i++) {
            blocks[i] = (block){of[i].first, of[i].n};
            images[i] = image_of[of[i].item];
        }
        return n;
    }
    for (size_t i = 0; i < w->n_ballots; i = end) {
        for (end = i + 1; end < w->n_ballots && w->ballots[end].item == w->ballots[i].item; end++)
            ;
        images[n] = image_of[w->ballots[i].item];
        blocks[n++] = (block){i, end - i};
    }
    return n;
}

static pl_status group_items(pl_image_wins *w)
{
    size_t n = 0;
    if (w->votes)
        (void)pl_peer_table_vote_blocks(w->in->table, &n);
    else
        n = look_at_ballots(w);
    block *blocks = pl__calloc(n, sizeof(*blocks));
    uint32_t *images = pl__calloc(n, sizeof(*images));
    w->blocks = pl__calloc((size_t)w->n_images + 1, sizeof(*w->blocks));
    w->items = pl__calloc(n, sizeof(*w->items));
    bool ok = blocks && images && w->blocks && w->items;
    if (ok)
        group(w, blocks, images, list_items(w, blocks, images));
    pl__free(blocks);
    pl__free(images);
    return ok ? PL_OK : PL_E_NOMEM;
}

/* ---- what they add ---- */

/* Wins stand as in a matrix, ties behind them as its lower triangle. */
static uint32_t cell_of(const pl_image_wins *w, uint32_t a, uint32_t b, uint32_t a_halves)
{
    uint32_t i = w->places[a];
    uint32_t j = w->places[b];
    uint32_t high = i > j ? i : j;
    uint32_t low = i > j ? j : i;
    if (a_halves == 1)
        return w->n * w->n + high * (high - 1) / 2 + low;
    return a_halves == 2 ? i * w->n + j : j * w->n + i;
}

static size_t room_of(void *user, uint32_t image)
{
    const pl_image_wins *w = user;
    size_t n = 0;
    for (size_t b = w->blocks[image]; b < w->blocks[image + 1]; b++)
        n += w->items[b].n;
    return n;
}

static size_t list_image(void *user, uint32_t image, uint32_t *ret_cells, double *ret_amounts)
{
    const pl_image_wins *w = user;
    size_t n = 0;
    for (size_t b = w->blocks[image]; b < w->blocks[image + 1]; b++) {
        const block *of = &w->items[b];
        for (size_t i = of->first; i < of->first + of->n && w->votes; i++) {
            const pl_vote *v = &w->votes[i];
            ret_cells[n++] = cell_of(w, v->a, v->b, v->a_halves);
        }
        for (size_t i = of->first; i < of->first + of->n && !w->votes; i++) {
            const pl_ballot *v = &w->ballots[i];
            if (!pl__ballot_counts(v, w->in->opts))
                continue;
            if (ret_amounts)
                ret_amounts[n] = pl__ballot_weight(v, w->in);
            ret_cells[n++] = cell_of(w, v->a, v->b, pl__ballot_halves(v));
        }
    }
    return n;
}

static void place_candidates(pl_image_wins *w)
{
    for (uint32_t i = 0; i < w->in->n_models; i++) {
        uint32_t model = w->in->order[i];
        w->places[model] = pl_peer_table_is_candidate(w->in->table, model) ? w->n++ : PL_NO_PLACE;
    }
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
    w->counted = true;
    w->votes = pl__counting_votes(in, &w->n_ballots, &w->unit);
    if (!w->votes)
        w->ballots = pl_peer_table_ballots(in->table, &w->n_ballots);
    rc = group_items(w);
    if (rc)
        goto out;
    pl_addition_list list = {.n_clusters = w->n_images,
                             .n_cells = w->n * w->n + w->n * (w->n > 0 ? w->n - 1 : 0) / 2,
                             .counted = w->counted,
                             .user = w,
                             .room = room_of,
                             .list = list_image};
    rc = pl__cluster_sums_new(&list, threads, &w->sums, reterr);
    if (rc)
        goto out;
    *ret = w;
    w = NULL;
out:
    pl__image_wins_free(w);
    return rc ? pl__fail(reterr, rc, "wins by image") : PL_OK;
}

const pl_cluster_sums *pl__image_wins_sums(const pl_image_wins *w)
{
    return w->sums;
}

void pl__image_wins_take(const pl_image_wins *w, const pl_lanes *lanes, uint32_t lane, pl_win_matrix *matrix)
{
    size_t n = w->n;
    double unit = w->counted ? w->unit : 1.0;
    const double *sums = lanes->sums + lane;
    pl__win_matrix_reset(matrix, w->in);
    for (size_t c = 0; c < n * n; c++) {
        matrix->wins[c] = unit * sums[c * PL_LANES];
        matrix->total += matrix->wins[c];
    }
    sums += n * n * PL_LANES;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++, sums += PL_LANES) {
            matrix->ties[i * n + j] = unit * *sums;
            matrix->total += matrix->ties[i * n + j];
        }
    }
    pl__win_matrix_close(matrix);
}
