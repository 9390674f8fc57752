#include "draw.h"

#include "alloc.h"
#include "error.h"
#include "rng.h"
#include <string.h>

/* Streams are keyed by the item's id, so that other items added to a folder change nothing here. */
static void item_stream(pl_rng *rng, uint64_t seed, const char *purpose, const pl_item *item, uint64_t index)
{
    pl_rng of_item;

    pl__rng_init_bytes(&of_item, seed, item->id, strlen(item->id));
    pl__rng_init(rng, pl__rng_u64(&of_item), purpose, index);
}

/* Iterations are spread evenly: the first (iterations mod n_items) items get one more. */
static uint64_t share_of(const pl_peer_review_design *d, const pl_item *item)
{
    uint64_t n_items = d->n_items > 0 ? d->n_items : 1;

    return d->iterations / n_items + (item->position < d->iterations % n_items);
}

/* What an adaptive design has chosen for the item. */
static pl_status take_chosen(const pl_item *item, uint64_t n_triples, pl_draw *ret, pl_error *reterr)
{
    ret->chosen = pl__calloc((size_t)n_triples + 1, sizeof(*ret->chosen));
    if (!ret->chosen)
        return pl__fail(reterr, PL_E_NOMEM, "comparisons of item %s", item->id);
    ret->n = (size_t)n_triples;
    for (size_t i = 0; i < item->n_chosen; i++) {
        if (item->chosen[i] >= n_triples) {
            pl__draw_clear(ret);
            return pl__fail(reterr, PL_E_PARSE, "item %s has no comparison %u", item->id, item->chosen[i]);
        }
        ret->chosen[item->chosen[i]] = 1;
    }
    return PL_OK;
}

pl_status pl__draw_item(const pl_peer_review_design *d, const pl_item *item, uint64_t n_triples, pl_draw *ret,
                        pl_error *reterr)
{
    uint64_t share = share_of(d, item);
    uint32_t *order = NULL;
    pl_rng rng;

    *ret = (pl_draw){0};
    if (d->adaptive)
        return take_chosen(item, n_triples, ret, reterr);
    if (d->iterations == 0 || share >= n_triples)
        return PL_OK;
    ret->chosen = pl__calloc((size_t)n_triples, sizeof(*ret->chosen));
    order = pl__calloc((size_t)n_triples, sizeof(*order));
    if (!ret->chosen || !order) {
        pl__free(order);
        pl__draw_clear(ret);
        return pl__fail(reterr, PL_E_NOMEM, "draw for item %s", item->id);
    }
    ret->n = (size_t)n_triples;
    for (uint32_t i = 0; i < n_triples; i++)
        order[i] = i;
    item_stream(&rng, d->seed, "design", item, 0);
    for (uint64_t i = 0; i < share; i++) {
        uint64_t at = i + pl__rng_below(&rng, n_triples - i);
        uint32_t drawn = order[at];

        order[at] = order[i];
        order[i] = drawn;
        ret->chosen[drawn] = 1;
    }
    pl__free(order);
    return PL_OK;
}

void pl__draw_clear(pl_draw *draw)
{
    pl__free(draw->chosen);
    *draw = (pl_draw){0};
}

bool pl__draw_has(const pl_draw *draw, uint64_t triple)
{
    return !draw->chosen || (triple < draw->n && draw->chosen[triple]);
}

bool pl__draw_swapped(const pl_peer_review_design *d, const pl_item *item, uint64_t triple)
{
    pl_rng rng;

    item_stream(&rng, d->seed, "order", item, triple);
    return pl__rng_below(&rng, 2) == 1;
}
