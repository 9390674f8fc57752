#ifndef PL_BINOMIAL_H
#define PL_BINOMIAL_H

#include <peerless/status.h>

/* Regularised incomplete beta I_x(a, b), a, b > 0, x in [0, 1]; about 1e-13 relative (continued fraction); NaN outside.
 */
double pl__beta_inc(double a, double b, double x);
/* P(X >= k) for X ~ Binomial(n, p); exact. */
double pl__binomial_tail(uint64_t k, uint64_t n, double p);
/* Two-sided exact test of p = 1/2 (sign test): twice the smaller tail, at most 1; n == 0 gives 1, k > n NaN. */
double pl__binomial_sign_test(uint64_t k, uint64_t n);
/* Clopper-Pearson interval of k successes out of n at `level` (0.95); n == 0 gives [0, 1], k > n or a level
 * outside (0, 1) NaN. */
void pl__binomial_interval(uint64_t k, uint64_t n, double level, double *ret_low, double *ret_high);

#endif
