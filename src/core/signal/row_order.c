#include "row_order.h"

#include "alloc.h"
#include "error.h"
#include "thread.h"

#include <stdlib.h>
#include <string.h>

#define PIECES_MAX 64u

typedef struct maker {
    const pl_row_words *words;
    size_t n_pieces;
    pl_row_key *keys;
} maker;

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
    if (!c)
        c = (a->weight > b->weight) - (a->weight < b->weight);
    return c ? c : (a->row > b->row) - (a->row < b->row);
}

static pl_row_key key_of(const pl_row_words *w, uint32_t item, uint64_t word)
{
    uint64_t code = word >> w->row_bits;
    uint32_t row = (uint32_t)(word & ((UINT64_C(1) << w->row_bits) - 1));
    pl_code_ranks r = pl__code_ranks(w, code);
    bool plain = w->one_weight && w->one_image; /* then the row, far away, need not be read */
    uint32_t image = plain ? w->image_of[w->items[item]] : w->set->rows[row].image;
    return (pl_row_key){.pair = (uint64_t)item << 32 | (uint64_t)r.low << 16 | r.high,
                        .rest = (uint64_t)r.judge << 32 | (uint64_t)r.criterion << 16 |
                                (uint64_t)pl__code_swapped(code) << 8 | pl__code_verdict(code),
                        .weight = plain ? w->weight : w->set->rows[row].weight,
                        .image = w->image_ranks[image],
                        .row = row};
}

/* Keys that are equal but for image and weight. */
static void sort_run(pl_row_key *keys, size_t n)
{
    bool alike = true;
    for (size_t i = 1; i < n && alike; i++)
        alike = compare_keys(&keys[i - 1], &keys[i]) < 0;
    if (!alike)
        qsort(keys, n, sizeof(*keys), compare_keys);
}

static void make_item(const maker *m, uint32_t item, uint64_t *scratch)
{
    const pl_row_words *w = m->words;
    const uint64_t *x = &w->words[w->first[item]];
    pl_row_key *keys = &m->keys[w->first[item]];
    size_t n = w->first[item + 1] - w->first[item];
    size_t end = 0;
    pl__row_words_sort(w, item, scratch);
    for (size_t i = 0; i < n; i++)
        keys[i] = key_of(w, item, x[i]);
    for (size_t i = 0; i < n && !(w->one_weight && w->one_image); i = end) {
        for (end = i + 1; end < n && x[end] >> w->row_bits == x[i] >> w->row_bits; end++)
            ;
        if (end > i + 1)
            sort_run(&keys[i], end - i);
    }
}

static pl_status make_piece(size_t piece, void *user, pl_error *reterr)
{
    const maker *m = user;
    uint32_t end = pl__row_words_bound(m->words, piece + 1, m->n_pieces);
    uint64_t *scratch = pl__malloc(m->words->largest * sizeof(*scratch));
    if (!scratch)
        return pl__fail(reterr, PL_E_NOMEM, "an order for %zu judgments", m->words->n);
    for (uint32_t item = pl__row_words_bound(m->words, piece, m->n_pieces); item < end; item++)
        make_item(m, item, scratch);
    pl__free(scratch);
    return PL_OK;
}

/* For so many models, criteria and rows that a word does not hold their places. */
static pl_status sort_by_comparing(const maker *m)
{
    const pl_row_words *w = m->words;
    size_t n = 0;
    uint32_t *item_ranks = pl__calloc(w->set->n_items, sizeof(*item_ranks));
    if (!item_ranks)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < w->set->n_items; i++)
        item_ranks[w->items[i]] = i;
    for (size_t i = 0; i < w->set->n_rows; i++) {
        const pl_judgment *row = &w->set->rows[i];
        if (row->verdict == PL_VERDICT_MISSING ||
            pl__row_excluded(row, w->rules.drop_self_reviews, w->rules.exclude_judges))
            continue;
        uint64_t first = w->model_ranks[row->a];
        uint64_t second = w->model_ranks[row->b];
        bool swapped = first > second;
        m->keys[n++] = (pl_row_key){
            .pair = (uint64_t)item_ranks[row->item] << 32 | (swapped ? second << 16 | first : first << 16 | second),
            .rest = (uint64_t)w->model_ranks[row->judge] << 32 | (uint64_t)w->criterion_ranks[row->criterion] << 16 |
                    (uint64_t)swapped << 8 | row->verdict,
            .weight = row->weight,
            .image = w->image_ranks[row->image],
            .row = (uint32_t)i,
        };
    }
    pl__free(item_ranks);
    if (n > 0)
        qsort(m->keys, n, sizeof(*m->keys), compare_keys);
    return PL_OK;
}

pl_status pl__row_keys(const pl_row_words *words, pl_row_key **ret, pl_error *reterr)
{
    maker m = {.words = words, .n_pieces = words->rules.threads > 1 ? PIECES_MAX : 1};
    pl_status rc = PL_E_NOMEM;
    m.keys = pl__malloc(words->n * sizeof(*m.keys));
    if (m.keys)
        rc = words->words ? pl__parallel_for(m.n_pieces, words->rules.threads, make_piece, &m, reterr)
                          : sort_by_comparing(&m);
    if (rc) {
        pl__free(m.keys);
        return pl__fail(reterr, rc, "an order for %zu judgments", words->n);
    }
    *ret = m.keys;
    return PL_OK;
}

pl_status pl__row_order(const pl_judgment_set *set, bool drop_self_reviews, const bool *exclude_judges,
                        pl_row_key **ret, size_t *ret_n, pl_error *reterr)
{
    pl_row_rules rules = {.drop_self_reviews = drop_self_reviews, .exclude_judges = exclude_judges};
    pl_row_words words = {0};
    pl_status rc = pl__row_words_make(set, &rules, &words, reterr);
    if (!rc)
        rc = pl__row_keys(&words, ret, reterr);
    if (!rc)
        *ret_n = words.n;
    pl__row_words_clear(&words);
    return rc;
}
