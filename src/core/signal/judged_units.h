#ifndef PL_JUDGED_UNITS_H
#define PL_JUDGED_UNITS_H

#include "row_order.h"

/* One judge's view of one pair of answers to one item, orders and criteria together. low is the candidate whose name
 * sorts first. */
typedef struct pl_judged_unit {
    uint64_t pair;       /* pl_row_key.pair: item rank, low rank, high rank */
    uint32_t judge_rank; /* in byte order of names */
    uint32_t item;
    uint32_t image; /* rank in byte order of ids */
    uint32_t judge;
    uint32_t low;
    uint32_t high;
    int32_t net;    /* 1 low was preferred, -1 high, 0 neither */
    int32_t longer; /* 1 low's answers are longer, -1 high's, 0 alike or unknown */
    double score;   /* of low, 0..1: mean over criteria of the mean over orders */
} pl_judged_unit;

/* Which two models, by rank. */
static inline uint32_t pl__unit_models(const pl_judged_unit *unit)
{
    return (uint32_t)(unit->pair & UINT32_MAX);
}

/* The same for one criterion: 0 low, 1 neither, 2 high. */
typedef struct pl_judged_code {
    uint64_t pair;      /* pl_row_key.pair */
    uint32_t criterion; /* rank */
    uint32_t judge;
    uint32_t value;
} pl_judged_code;

typedef struct pl_judged_units {
    pl_judged_unit *units;
    size_t n_units;
    pl_judged_code *codes;
    size_t n_codes;
} pl_judged_units;

/**
 * @param set      checked already
 * @param criteria n_criteria places: which of them count; NULL: all
 * @param pooled   every row is the same judge's (judge 0)
 * @return PL_OK, PL_E_RANGE (too many models or criteria) or PL_E_NOMEM; pl__judged_units_clear() in any case
 */
PL_NODISCARD pl_status pl__judged_units_make(const pl_judgment_set *set, const bool *criteria, bool pooled,
                                             pl_judged_units *ret, pl_error *reterr);
void pl__judged_units_clear(pl_judged_units *units);

#endif
