#ifndef PL_BATTLES_H
#define PL_BATTLES_H

#include "rank_method.h"

/* All that one judge said about one pair of answers to one item, as the ballots tell it (drawn tables keep nothing
 * else), in the ballots' order. */
typedef struct pl_battle {
    uint32_t judge;
    uint32_t a;
    uint32_t b;
    double a_score; /* 0..1: its ballots' weighted mean */
    double b_score;
    double weight; /* relative: the mean over all battles is 1. What a missing criterion takes away is made up for */
} pl_battle;

/* Battles over ballots with a weight; by_criterion: only those of opts->criterion. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__battles_new(const pl_rank_input *in, bool by_criterion, pl_battle **ret, size_t *ret_n);

#endif
