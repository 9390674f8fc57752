#ifndef PL_ROW_ORDER_H
#define PL_ROW_ORDER_H

#include "row_words.h"

/* Usable rows in an order that depends on their content alone: names, not indices, so that neither the order of the
 * rows nor the order in which names were given can change a sum. Rows that compare equal are alike in everything that
 * is summed. `low` is the candidate of the pair whose name sorts first. */
typedef struct pl_row_key {
    uint64_t pair; /* item rank << 32 | low rank << 16 | high rank */
    uint64_t rest; /* judge rank << 32 | criterion rank << 16 | high shown first << 8 | verdict */
    double weight;
    uint32_t image; /* rank */
    uint32_t row;   /* index into the set's rows */
} pl_row_key;

static inline uint64_t pl__row_item(const pl_row_key *k) /* rank */
{
    return k->pair >> 32;
}

static inline uint64_t pl__row_unit(const pl_row_key *k) /* with `pair`: one judge's view of one pair on one item */
{
    return k->rest >> 32;
}

static inline uint64_t pl__row_case(const pl_row_key *k) /* with `pair`: the same under one criterion */
{
    return k->rest >> 16;
}

static inline unsigned pl__row_swapped(const pl_row_key *k) /* 0: low was shown first; 1: high was */
{
    return (unsigned)(k->rest >> 8) & 1u;
}

static inline pl_verdict pl__row_verdict(const pl_row_key *k)
{
    return (pl_verdict)(k->rest & 0xffu);
}

/**
 * @param set            checked already
 * @param exclude_judges n_models long, or NULL
 * @param ret            the usable rows that are left, sorted; the caller frees it with pl__free
 * @return PL_OK, PL_E_RANGE (too many models or criteria) or PL_E_NOMEM
 */
PL_NODISCARD pl_status pl__row_order(const pl_judgment_set *set, bool drop_self_reviews, const bool *exclude_judges,
                                     pl_row_key **ret, size_t *ret_n, pl_error *reterr);

/* The same for words that are made already; sorts them. *ret is `words->n` long. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__row_keys(const pl_row_words *words, pl_row_key **ret, pl_error *reterr);

#endif
