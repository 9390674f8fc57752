#ifndef PL_ROW_WORDS_H
#define PL_ROW_WORDS_H

#include "row_source.h"

/* Usable rows as one number each, dealt to their items: what tables and orders of rows are made from. Names are looked
 * at once, for their places in byte order; everything else is numbers. */

/* Is shown every row once, usable or not, while it is in the cache: stretches of the rows are shown at the same time,
 * the rows of one stretch one after another. */
typedef struct pl_row_watcher {
    void (*see)(void *user, size_t stretch, const pl_judgment *rows, size_t n);
    void *user;
} pl_row_watcher;

typedef struct pl_row_rules {
    bool drop_self_reviews;
    const bool *exclude_judges;    /* n_models, or NULL */
    bool check_rows;               /* also does what pl_judgment_set_check() does for the rows */
    uint32_t threads;              /* 0 or 1: this one; nothing depends on it */
    const pl_row_source *source;   /* of rows that do not stand in the set, or NULL */
    const pl_row_watcher *watcher; /* or NULL */
} pl_row_rules;

typedef struct pl_row_words {
    const pl_judgment_set *set; /* borrowed, and what the rules point to */
    pl_row_rules rules;
    size_t n;        /* usable rows that are left */
    uint64_t *words; /* code << row_bits | row, by item in byte order of ids; NULL if some do not fit into 64 bits */
    size_t *first;   /* n_items + 1, by rank of the item: where its words begin */
    uint32_t *items; /* by rank: the item; so the next three */
    uint32_t *models;
    uint32_t *criteria;
    uint32_t *images;
    uint32_t *model_ranks; /* by model */
    uint32_t *criterion_ranks;
    uint32_t *image_ranks;
    uint32_t *image_of; /* by item: an image that its rows name, or PL_NO_IMAGE */
    bool *candidate;    /* by model: was it ever in a pair, usable or not? */
    bool *judge;        /* by model: does it judge anywhere, after exclusions? */
    unsigned row_bits;
    unsigned model_bits;
    unsigned criterion_bits;
    double weight;        /* of a usable row; */
    bool one_weight;      /* all weigh that */
    bool one_image;       /* each item's rows name one image */
    bool without_lengths; /* no row knows its answers' lengths */
    size_t largest;       /* rows of an item */
} pl_row_words;

#define PL_NO_IMAGE UINT32_MAX
#define PL_ROW_NAMES_MAX UINT16_MAX /* models, and criteria: their ranks take 16 bits of a key */

/* Parts of a code: low rank, high rank, judge rank, criterion rank, was high shown first (1 bit), verdict (2 bits). Low
 * is the candidate of the pair whose name sorts first. */
#define PL_CODE_CASE_SHIFT 3u /* what lies above is one judge's view of one pair under one criterion */
static inline unsigned pl__code_swapped(uint64_t code)
{
    return (unsigned)(code >> 2) & 1u;
}

static inline pl_verdict pl__code_verdict(uint64_t code)
{
    return (pl_verdict)(code & 3u);
}

typedef struct pl_code_ranks {
    uint32_t low;
    uint32_t high;
    uint32_t judge;
    uint32_t criterion;
} pl_code_ranks;

static inline pl_code_ranks pl__code_ranks(const pl_row_words *w, uint64_t code)
{
    uint64_t models = (UINT64_C(1) << w->model_bits) - 1;
    uint64_t rest = code >> PL_CODE_CASE_SHIFT >> w->criterion_bits;
    return (pl_code_ranks){.low = (uint32_t)(rest >> 2 * w->model_bits),
                           .high = (uint32_t)(rest >> w->model_bits & models),
                           .judge = (uint32_t)(rest & models),
                           .criterion = (uint32_t)(code >> PL_CODE_CASE_SHIFT) &
                                        (uint32_t)((UINT64_C(1) << w->criterion_bits) - 1)};
}

/* Into how many stretches the rows of the set are cut. */
size_t pl__row_stretches(const pl_judgment_set *set, uint32_t threads);

/* set: its names were checked, and its rows if rules->check_rows is not set. PL_OK, PL_E_RANGE (a bad row, or too many
 * models, criteria or rows) or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__row_words_make(const pl_judgment_set *set, const pl_row_rules *rules, pl_row_words *ret,
                                          pl_error *reterr);
void pl__row_words_clear(pl_row_words *words);

/* Words come unsorted within their item. scratch: room for `largest` words. Items may be sorted by several threads. */
void pl__row_words_sort(const pl_row_words *words, uint32_t item_rank, uint64_t *scratch);
/* Items by rank, cut into pieces of about as many rows: piece i is [bound(i), bound(i + 1)). */
uint32_t pl__row_words_bound(const pl_row_words *words, size_t piece, size_t n_pieces);

/* Is the row left out by these two options? */
static inline bool pl__row_excluded(const pl_judgment *row, bool drop_self_reviews, const bool *exclude_judges)
{
    return (drop_self_reviews && (row->judge == row->a || row->judge == row->b)) ||
           (exclude_judges && exclude_judges[row->judge]);
}

#endif
