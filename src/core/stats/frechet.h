#ifndef PL_FRECHET_H
#define PL_FRECHET_H

#include <peerless/status.h>

/* Points in many dimensions by their mean and covariance. With X the n centred points, one a row, `factor` is X itself
 * or, if there are more points than dimensions, the R of X = QR: factor' factor = X'X either way. */
typedef struct pl_cloud {
    size_t n;
    size_t dims;
    size_t rank_max; /* rows of factor: the smaller of n and dims */
    double *mean;
    double *factor; /* [row * dims + dimension] */
    double spread;  /* trace of the covariance (n - 1) */
} pl_cloud;

/* n >= 2 points of dims numbers each. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__cloud_init(pl_cloud *cloud, const double *const *points, size_t n, size_t dims);
void pl__cloud_clear(pl_cloud *cloud);

/**
 * The squared Fréchet distance of two normal distributions with the clouds' means and covariances,
 * |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2) (Dowson & Landau 1982).
 * @param a, b of as many points and dimensions each: the estimate is biased at small n, and then alike for all
 * @return PL_OK, PL_E_INVALID (clouds of different sizes), PL_E_RANGE (it cannot be worked out: numbers too large) or
 *         PL_E_NOMEM
 */
PL_NODISCARD pl_status pl__frechet(const pl_cloud *a, const pl_cloud *b, double *ret, pl_error *reterr);

#endif
