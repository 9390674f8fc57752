#ifndef PL_ROBUST_LINE_H
#define PL_ROBUST_LINE_H

#include <peerless/status.h>

/* y = intercept + slope x with Huber's loss. */
typedef struct pl_robust_line {
    double slope;
    double intercept;
    double scale;      /* of the residuals: median |r| / 0.67449; 0 if half of the points or more are on the line */
    double r2;         /* share of the weighted variance of y that the line explains; NaN if y does not vary */
    size_t n_weighted; /* points that count for less than one */
    bool converged;
} pl_robust_line;

/**
 * Huber's M-estimate (Huber & Ronchetti 2009, ch. 7): iteratively reweighted least squares from the ordinary ones,
 * weights min(1, 1.345 scale / |r|), the scale worked out anew in each round, until nothing moves by 1e-12 of it; at
 * most 1,000 rounds.
 * @param ret all NaN, and not converged, with fewer than three points or an x that does not vary
 * @return PL_OK or PL_E_NOMEM
 */
PL_NODISCARD pl_status pl__robust_line(const double *x, const double *y, size_t n, pl_robust_line *ret);

#endif
