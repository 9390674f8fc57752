#include "row_order.h"

#include "alloc.h"
#include "error.h"
#include "name_order.h"

#include <stdlib.h>

/* ret[i] = place of names[i] in byte order. */
static pl_status rank_names(const char *const *names, uint32_t n, uint32_t **ret)
{
    uint32_t *order = NULL;
    uint32_t *ranks = pl__calloc(n, sizeof(*ranks));
    if (!ranks || pl__name_order(names, n, &order)) {
        pl__free(ranks);
        return PL_E_NOMEM;
    }
    for (uint32_t i = 0; i < n; i++)
        ranks[order[i]] = i;
    pl__free(order);
    *ret = ranks;
    return PL_OK;
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_keys(const void *x, const void *y)
{
    const pl_row_key *a = x;
    const pl_row_key *b = y;
    int c = compare_u64(a->pair, b->pair);
    if (!c)
        c = compare_u64(a->rest, b->rest);
    if (!c)
        c = compare_u64(a->image, b->image);
    return c ? c : (a->weight > b->weight) - (a->weight < b->weight);
}

bool pl__row_excluded(const pl_judgment *row, bool drop_self_reviews, const bool *exclude_judges)
{
    if (drop_self_reviews && (row->judge == row->a || row->judge == row->b))
        return true;
    return exclude_judges && exclude_judges[row->judge];
}

pl_status pl__row_order(const pl_judgment_set *set, bool drop_self_reviews, const bool *exclude_judges,
                        pl_row_key **ret, size_t *ret_n, pl_error *reterr)
{
    pl_status rc = PL_OK;
    uint32_t *items = NULL;
    uint32_t *images = NULL;
    uint32_t *models = NULL;
    uint32_t *criteria = NULL;
    pl_row_key *keys = NULL;
    size_t n = 0;

    if (set->n_models > PL_ROW_NAMES_MAX || set->n_criteria > PL_ROW_NAMES_MAX)
        return pl__fail(reterr, PL_E_RANGE, "more than %u models or criteria", (unsigned)PL_ROW_NAMES_MAX);
    if (set->n_rows > UINT32_MAX)
        return pl__fail(reterr, PL_E_RANGE, "more than %u judgments", (unsigned)UINT32_MAX);
    for (size_t i = 0; i < set->n_rows; i++)
        n += set->rows[i].verdict != PL_VERDICT_MISSING &&
             !pl__row_excluded(&set->rows[i], drop_self_reviews, exclude_judges);
    keys = pl__calloc(n, sizeof(*keys));
    if (!keys || rank_names(set->items, set->n_items, &items) || rank_names(set->images, set->n_images, &images) ||
        rank_names(set->models, set->n_models, &models) || rank_names(set->criteria, set->n_criteria, &criteria)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "an order for %zu judgments", n);
        goto out;
    }
    n = 0;
    for (size_t i = 0; i < set->n_rows; i++) {
        const pl_judgment *row = &set->rows[i];
        if (row->verdict == PL_VERDICT_MISSING || pl__row_excluded(row, drop_self_reviews, exclude_judges))
            continue;
        uint64_t first = models[row->a];
        uint64_t second = models[row->b];
        bool swapped = first > second;
        keys[n++] = (pl_row_key){
            .pair = (uint64_t)items[row->item] << 32 | (swapped ? second << 16 | first : first << 16 | second),
            .rest = (uint64_t)models[row->judge] << 32 | (uint64_t)criteria[row->criterion] << 16 |
                    (uint64_t)swapped << 8 | row->verdict,
            .weight = row->weight,
            .image = images[row->image],
            .row = (uint32_t)i,
        };
    }
    if (n > 0)
        qsort(keys, n, sizeof(*keys), compare_keys);
    *ret = keys;
    *ret_n = n;
    keys = NULL;
out:
    pl__free(items);
    pl__free(images);
    pl__free(models);
    pl__free(criteria);
    pl__free(keys);
    return rc;
}
