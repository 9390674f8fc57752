#ifndef PL_ROUND_CHOICE_H
#define PL_ROUND_CHOICE_H

#include "posterior.h"
#include "rng.h"

/* Which comparisons the questions of one round get (ours): first which (judge, pair) and how often, by what is known of
 * the ranking (next_pairs.h) or evenly, then of which question, so that all questions get about as many. */

/* One comparison that could be made. */
typedef struct pl_offer {
    uint32_t question;
    uint32_t judge;
    uint32_t low; /* below high */
    uint32_t high;
} pl_offer;

/**
 * @param p      fitted. While it has no comparison the choice is even: each pair as often as any other, and as far as
 *               can be by judges who all judge as often
 * @param offers n of them; the choice depends on their order
 * @param wanted how many to choose; all if that is more than n
 * @param rng    decides between equals
 * @param ret    n places: 1 where the offer is taken, else 0
 * @return PL_OK, PL_E_RANGE (an offer that is none of the posterior's), PL_E_LIMIT (2^32 offers) or PL_E_NOMEM
 */
PL_NODISCARD pl_status pl__choose_round(const pl_posterior *p, const pl_offer *offers, size_t n, size_t wanted,
                                        pl_rng *rng, uint8_t *ret, pl_error *reterr);

#endif
