#ifndef PL_NEXT_PAIRS_H
#define PL_NEXT_PAIRS_H

#include "posterior.h"
#include "rng.h"

/* Which comparisons to make next (ours). A pair of candidates is worth what a few more comparisons of it are expected
 * to tell about the ranking: the sum, over the pairs c, d whose order is in doubt, of the mutual information between
 * the sign of theta_c - theta_d and their outcome, in nats. Gaussian posterior; the expectation over the outcomes by
 * Gauss-Hermite quadrature. Every choice is followed by the covariance it would leave, so that a batch does not ask for
 * the same thing again and again. Of the judges of a pair, the next one is that with the largest a_r^2 / (1 + n_r), n_r
 * being how often it judged this pair already: in proportion to what their verdicts tell, and nobody alone. */

#define PL_NEXT_PAIRS_LOOKAHEAD 10.0 /* comparisons that a pair's worth is reckoned for */

typedef struct pl_next_pair {
    uint32_t judge;
    uint32_t low; /* below high */
    uint32_t high;
} pl_next_pair;

/**
 * @param p    fitted
 * @param left how many comparisons of each place (see pl__pair_place) can still be made
 * @param n    how many to choose
 * @param rng  decides between equals
 * @param ret  n places
 * @param ret_n how many were chosen; fewer than n only if no more are left
 * @return PL_OK or PL_E_NOMEM
 */
PL_NODISCARD pl_status pl__next_pairs(const pl_posterior *p, const uint32_t *left, size_t n, pl_rng *rng,
                                      pl_next_pair *ret, size_t *ret_n, pl_error *reterr);

/* Expected information (nats) about the sign of a normal quantity, mean d and variance v > 0, from an observation that
 * takes `reduction` (0 <= reduction <= v) off the variance. */
double pl__sign_information(double d, double v, double reduction);

#endif
