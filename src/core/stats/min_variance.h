#ifndef PL_MIN_VARIANCE_H
#define PL_MIN_VARIANCE_H

#include <peerless/status.h>

/* w = arg min w'Sw over w >= 0, sum w = 1, for a symmetric positive definite S (n x n, row-major), by the active-set
 * method of Lawson and Hanson (1974) on S u = 1, u >= 0; w = u / sum u. The solution is exact but for rounding: S w
 * equals its least element wherever w > 0. PL_OK, PL_E_RANGE (S is not positive definite to working precision) or
 * PL_E_NOMEM. */
PL_NODISCARD pl_status pl__min_variance(const double *s, size_t n, double *w);

#endif
