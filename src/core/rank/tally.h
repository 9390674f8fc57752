#ifndef PL_TALLY_H
#define PL_TALLY_H

#include "rank_method.h"

/* Sums of ballots: who won how much before whom. */
typedef struct pl_tally {
    double *won;   /* [candidate * n_models + judge], weighted */
    double *count; /* the same shape: weight of the ballots */
} pl_tally;

/* Ballots of opts->criterion. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__tally_init(pl_tally *tally, const pl_rank_input *in);
void pl__tally_clear(pl_tally *tally);

/* Does the ballot count for methods that look at one criterion? */
bool pl__ballot_counts(const pl_ballot *ballot, const pl_rank_opts *opts);

/* Weight of a ballot that counts for methods that take no gamma: with one criterion, gamma has no part in it. */
double pl__ballot_weight(const pl_ballot *ballot, const pl_rank_input *in);

/* The votes in place of the ballots, for the same methods: NULL where there are none, or where a criterion leaves some
 * of them out. */
const pl_vote *pl__counting_votes(const pl_rank_input *in, size_t *ret_n, double *ret_weight);

/* Who won, in halves of a win for a: 2, 1 or 0. A score between win and loss is a tie. */
static inline uint32_t pl__ballot_halves(const pl_ballot *ballot)
{
    return ballot->a_score >= 1.0 ? 2 : ballot->a_score <= 0.0 ? 0 : 1;
}

/* Weighted mean of the candidate's R over its judges (UPME eq. 5 as a mean); w NULL: all 1. NaN without weight. */
double pl__weighted_mean(const pl_rank_input *in, uint32_t candidate, const double *w);

#endif
