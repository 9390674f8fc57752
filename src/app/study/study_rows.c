/* Which rows a variant is counted on: images drawn by seed, one order of presentation or both. Draws are keyed by
 * names, so that neither the order of rows nor that of names can change them. */
#include "alloc.h"
#include "error.h"
#include "rng.h"
#include "str.h"
#include "study_parts.h"

#include <stdlib.h>
#include <string.h>

/* Marks the seed's images: the first of a permutation, so that a larger draw holds the smaller one. */
static pl_status draw_images(const pl_study_work *w, uint32_t n, uint64_t seed, bool *ret, pl_error *reterr)
{
    uint32_t total = w->set->n_images;
    pl_rng rng;
    uint32_t *order = pl__memdup(w->by_name, total * sizeof(*order));

    if (!order)
        return pl__fail(reterr, PL_E_NOMEM, "a draw of images");
    pl__rng_init(&rng, seed, "study images", 0);
    pl__rng_shuffle(&rng, order, total);
    for (uint32_t i = 0; i < total; i++)
        ret[order[i]] = n == 0 || i < n;
    pl__free(order);
    return PL_OK;
}

/* For one judge's view of one pair on one item: is the model that stands first in the set shown first? */
static bool draw_order(const pl_judgment_set *set, const pl_judgment *row, uint64_t seed, pl_str *key, bool *ret)
{
    const char *a = set->models[row->a];
    const char *b = set->models[row->b];
    bool a_low = strcmp(a, b) < 0;
    pl_rng rng;
    bool low_first = false;
    pl_status rc = PL_OK;

    pl__str_reset(key);
    rc = pl__str_appendf(key, "study order%c%s%c%s%c%s%c%s", 0, set->items[row->item], 0, set->models[row->judge], 0,
                         a_low ? a : b, 0, a_low ? b : a);
    if (rc != PL_OK)
        return false;
    pl__rng_init_bytes(&rng, seed, pl__str_c(key), key->len);
    low_first = pl__rng_u64(&rng) >> 63 != 0;
    *ret = a_low ? low_first : !low_first;
    return true;
}

static pl_status takes_order(const pl_judgment_set *set, const pl_judgment *row, pl_study_order order, uint64_t seed,
                             pl_str *key, bool *ret, pl_error *reterr)
{
    bool a_shown_first = true;

    *ret = true;
    if (order == PL_STUDY_ORDER_FIXED)
        *ret = row->a < row->b;
    else if (order == PL_STUDY_ORDER_REVERSED)
        *ret = row->a > row->b;
    else if (order == PL_STUDY_ORDER_RANDOM) {
        if (!draw_order(set, row, seed, key, &a_shown_first))
            return pl__fail(reterr, PL_E_NOMEM, "a drawn order");
        *ret = a_shown_first;
    }
    return PL_OK;
}

pl_status pl__variant_rows(const pl_study_work *w, const pl_variant *v, uint64_t seed, pl_judgment **ret_rows,
                           pl_judgment_set *ret, pl_error *reterr)
{
    const pl_judgment_set *set = w->set;
    pl_status rc = PL_OK;
    size_t n = 0;
    bool *drawn = pl__calloc(set->n_images, sizeof(*drawn));
    pl_judgment *rows = pl__calloc(set->n_rows, sizeof(*rows));
    pl_str key;

    pl__str_init(&key, PL_STR_LIMIT_DEFAULT);
    if (!drawn || !rows) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%zu judgments", set->n_rows);
        goto out;
    }
    rc = draw_images(w, v->images, seed, drawn, reterr);
    for (size_t i = 0; i < set->n_rows && rc == PL_OK; i++) {
        bool taken = false;

        if (!drawn[set->rows[i].image])
            continue;
        rc = takes_order(set, &set->rows[i], v->order, seed, &key, &taken, reterr);
        if (taken)
            rows[n++] = set->rows[i];
    }
    if (rc == PL_OK) {
        *ret = *set;
        ret->rows = rows;
        ret->n_rows = n;
        *ret_rows = rows;
        rows = NULL;
    }
out:
    pl__str_clear(&key);
    pl__free(drawn);
    pl__free(rows);
    return rc;
}

static int by_pair(const void *x, const void *y)
{
    const uint32_t *a = x;
    const uint32_t *b = y;

    for (size_t i = 0; i < 5; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

pl_status pl__has_both_orders(const pl_judgment_set *set, bool *ret, pl_error *reterr)
{
    uint32_t(*keys)[5] = pl__calloc(set->n_rows, sizeof(*keys));

    if (!keys)
        return pl__fail(reterr, PL_E_NOMEM, "%zu judgments", set->n_rows);
    for (size_t i = 0; i < set->n_rows; i++) {
        const pl_judgment *r = &set->rows[i];

        keys[i][0] = r->item;
        keys[i][1] = r->judge;
        keys[i][2] = r->a < r->b ? r->a : r->b;
        keys[i][3] = r->a < r->b ? r->b : r->a;
        keys[i][4] = r->a < r->b;
    }
    if (set->n_rows > 0)
        qsort(keys, set->n_rows, sizeof(*keys), by_pair);
    *ret = false;
    for (size_t i = 1; i < set->n_rows && !*ret; i++)
        *ret = memcmp(keys[i], keys[i - 1], 4 * sizeof(keys[i][0])) == 0 && keys[i][4] != keys[i - 1][4];
    pl__free(keys);
    return PL_OK;
}
