#include "row_order.h"

#include "alloc.h"
#include "error.h"
#include "name_order.h"

#include <stdlib.h>
#include <string.h>

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

/* ---- sorting ----
 * Rows are dealt to their items by counting, and each item's rows, few enough for the cache, are sorted by the digits
 * of one number that holds all of a key but image and weight. Both steps keep the order of equals. */

#define DIGIT_BITS 8u
#define DIGITS (1u << DIGIT_BITS)
#define INSERTION_MAX 32u /* rows that are sorted without counting */

typedef struct slot {
    uint64_t code; /* low, high, judge, criterion, swapped, verdict */
    uint32_t image;
    uint32_t row;
} slot;

typedef struct sorter {
    const pl_judgment_set *set;
    bool drop_self_reviews;
    const bool *exclude_judges;
    uint32_t *items; /* places in byte order; so the next three */
    uint32_t *images;
    uint32_t *models;
    uint32_t *criteria;
    unsigned model_bits;
    unsigned criterion_bits;
    bool one_weight; /* all rows weigh the same */
    size_t *first;   /* by rank of the item, and one more: where its rows begin */
    slot *slots;
    size_t largest; /* number of rows of an item */
    slot *scratch;  /* that many */
    pl_row_key *keys;
} sorter;

static unsigned bits_for(uint32_t n)
{
    unsigned bits = 0;
    while (bits < 32 && (UINT64_C(1) << bits) < n)
        bits++;
    return bits;
}

static bool is_left_out(const sorter *s, const pl_judgment *row)
{
    return row->verdict == PL_VERDICT_MISSING || pl__row_excluded(row, s->drop_self_reviews, s->exclude_judges);
}

static uint64_t code_of(const sorter *s, const pl_judgment *row)
{
    uint64_t first = s->models[row->a];
    uint64_t second = s->models[row->b];
    bool swapped = first > second;
    uint64_t code = swapped ? second << s->model_bits | first : first << s->model_bits | second;
    code = code << s->model_bits | s->models[row->judge];
    code = code << s->criterion_bits | s->criteria[row->criterion];
    return code << 3 | (uint64_t)swapped << 2 | row->verdict;
}

static pl_row_key key_of(const sorter *s, uint32_t item, const slot *x)
{
    uint64_t mask = (UINT64_C(1) << s->model_bits) - 1;
    uint64_t code = x->code >> 3;
    uint64_t criterion = code & ((UINT64_C(1) << s->criterion_bits) - 1);
    code >>= s->criterion_bits;
    uint64_t judge = code & mask;
    uint64_t high = code >> s->model_bits & mask;
    uint64_t low = code >> 2 * s->model_bits;
    return (pl_row_key){.pair = (uint64_t)item << 32 | low << 16 | high,
                        .rest = judge << 32 | criterion << 16 | (x->code >> 2 & 1) << 8 | (x->code & 3),
                        .weight = s->set->rows[s->one_weight ? 0 : x->row].weight,
                        .image = x->image,
                        .row = x->row};
}

static void deal(sorter *s)
{
    const pl_judgment_set *set = s->set;
    for (size_t i = 0; i < set->n_rows; i++) {
        const pl_judgment *row = &set->rows[i];
        if (is_left_out(s, row))
            continue;
        size_t at = s->first[s->items[row->item]]++;
        s->slots[at] = (slot){.code = code_of(s, row), .image = s->images[row->image], .row = (uint32_t)i};
    }
    for (size_t i = set->n_items; i > 0; i--)
        s->first[i] = s->first[i - 1];
    s->first[0] = 0;
}

static void insertion_sort(slot *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        slot held = x[i];
        size_t k = i;
        for (; k > 0 && x[k - 1].code > held.code; k--)
            x[k] = x[k - 1];
        x[k] = held;
    }
}

/* By the digits that are not the same everywhere, the last first. */
static void digit_sort(slot *x, slot *scratch, size_t n)
{
    uint64_t differing = 0;
    slot *from = x;
    slot *to = scratch;
    for (size_t i = 1; i < n; i++)
        differing |= x[i].code ^ x[0].code;
    for (unsigned shift = 0; shift < 64 && differing >> shift > 0; shift += DIGIT_BITS) {
        size_t place[DIGITS] = {0};
        if ((differing >> shift & (DIGITS - 1)) == 0)
            continue;
        for (size_t i = 0; i < n; i++)
            place[from[i].code >> shift & (DIGITS - 1)]++;
        size_t sum = 0;
        for (size_t d = 0; d < DIGITS; d++) {
            size_t count = place[d];
            place[d] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            to[place[from[i].code >> shift & (DIGITS - 1)]++] = from[i];
        slot *held = from;
        from = to;
        to = held;
    }
    if (from != x)
        memcpy(x, from, n * sizeof(*x));
}

/* Keys that are equal but for image and weight. */
static void sort_run(const sorter *s, pl_row_key *keys, size_t n)
{
    bool alike = true;
    for (size_t i = 1; i < n && alike; i++)
        alike = keys[i].image == keys[0].image && (s->one_weight || compare_keys(&keys[i], &keys[0]) == 0);
    if (!alike)
        qsort(keys, n, sizeof(*keys), compare_keys);
}

static void sort_item(const sorter *s, uint32_t item)
{
    slot *x = &s->slots[s->first[item]];
    pl_row_key *keys = &s->keys[s->first[item]];
    size_t n = s->first[item + 1] - s->first[item];
    size_t end = 0;
    if (n <= INSERTION_MAX)
        insertion_sort(x, n);
    else
        digit_sort(x, s->scratch, n);
    for (size_t i = 0; i < n; i++)
        keys[i] = key_of(s, item, &x[i]);
    for (size_t i = 0; i < n; i = end) {
        for (end = i + 1; end < n && x[end].code == x[i].code; end++)
            ;
        if (end > i + 1)
            sort_run(s, &keys[i], end - i);
    }
}

/* For so many models and criteria that a code does not hold their places. */
static void sort_by_comparing(sorter *s, size_t n_keys)
{
    size_t n = 0;
    for (size_t i = 0; i < s->set->n_rows; i++) {
        const pl_judgment *row = &s->set->rows[i];
        if (is_left_out(s, row))
            continue;
        uint64_t first = s->models[row->a];
        uint64_t second = s->models[row->b];
        bool swapped = first > second;
        s->keys[n++] = (pl_row_key){
            .pair = (uint64_t)s->items[row->item] << 32 | (swapped ? second << 16 | first : first << 16 | second),
            .rest = (uint64_t)s->models[row->judge] << 32 | (uint64_t)s->criteria[row->criterion] << 16 |
                    (uint64_t)swapped << 8 | row->verdict,
            .weight = row->weight,
            .image = s->images[row->image],
            .row = (uint32_t)i,
        };
    }
    if (n_keys > 0)
        qsort(s->keys, n_keys, sizeof(*s->keys), compare_keys);
}

static pl_status rank_all(sorter *s)
{
    const pl_judgment_set *set = s->set;
    s->model_bits = bits_for(set->n_models);
    s->criterion_bits = bits_for(set->n_criteria);
    if (rank_names(set->items, set->n_items, &s->items) || rank_names(set->images, set->n_images, &s->images) ||
        rank_names(set->models, set->n_models, &s->models) || rank_names(set->criteria, set->n_criteria, &s->criteria))
        return PL_E_NOMEM;
    s->first = pl__calloc((size_t)set->n_items + 1, sizeof(*s->first));
    return s->first ? PL_OK : PL_E_NOMEM;
}

/* Leaves the places where each item's rows begin, and returns the number of rows. */
static size_t count_rows(sorter *s)
{
    const pl_judgment_set *set = s->set;
    size_t sum = 0;
    s->one_weight = true;
    for (size_t i = 0; i < set->n_rows; i++) {
        const pl_judgment *row = &set->rows[i];
        s->one_weight = s->one_weight && !(row->weight < set->rows[0].weight) && !(row->weight > set->rows[0].weight);
        if (!is_left_out(s, row))
            s->first[s->items[row->item]]++;
    }
    for (size_t i = 0; i <= set->n_items; i++) {
        size_t n = s->first[i];
        s->largest = n > s->largest ? n : s->largest;
        s->first[i] = sum;
        sum += n;
    }
    return sum;
}

static pl_status sort_all(sorter *s, size_t n)
{
    s->keys = pl__calloc(n, sizeof(*s->keys));
    if (!s->keys)
        return PL_E_NOMEM;
    if (3 * s->model_bits + s->criterion_bits + 3 > 64) {
        sort_by_comparing(s, n);
        return PL_OK;
    }
    s->slots = pl__calloc(n, sizeof(*s->slots));
    s->scratch = pl__calloc(s->largest, sizeof(*s->scratch));
    if (!s->slots || !s->scratch)
        return PL_E_NOMEM;
    deal(s);
    for (uint32_t i = 0; i < s->set->n_items; i++)
        sort_item(s, i);
    return PL_OK;
}

pl_status pl__row_order(const pl_judgment_set *set, bool drop_self_reviews, const bool *exclude_judges,
                        pl_row_key **ret, size_t *ret_n, pl_error *reterr)
{
    sorter s = {.set = set, .drop_self_reviews = drop_self_reviews, .exclude_judges = exclude_judges};
    pl_status rc = PL_OK;
    size_t n = 0;

    if (set->n_models > PL_ROW_NAMES_MAX || set->n_criteria > PL_ROW_NAMES_MAX)
        return pl__fail(reterr, PL_E_RANGE, "more than %u models or criteria", (unsigned)PL_ROW_NAMES_MAX);
    if (set->n_rows > UINT32_MAX)
        return pl__fail(reterr, PL_E_RANGE, "more than %u judgments", (unsigned)UINT32_MAX);
    rc = rank_all(&s);
    if (!rc) {
        n = count_rows(&s);
        rc = sort_all(&s, n);
    }
    if (rc) {
        rc = pl__fail(reterr, rc, "an order for %zu judgments", set->n_rows);
        goto out;
    }
    *ret = s.keys;
    *ret_n = n;
    s.keys = NULL;
out:
    pl__free(s.items);
    pl__free(s.images);
    pl__free(s.models);
    pl__free(s.criteria);
    pl__free(s.first);
    pl__free(s.slots);
    pl__free(s.scratch);
    pl__free(s.keys);
    return rc;
}
