#ifndef PL_JACKKNIFE_H
#define PL_JACKKNIFE_H

#include <stddef.h>

typedef struct pl_jackknife {
    double estimate; /* mean of the pseudo-values: the statistic less its bias of order 1/n */
    double error;
    double p; /* two-sided t of the mean against 0, `df` degrees of freedom; 1 for 0 / 0 */
} pl_jackknife;

/* The statistic of everything, and of everything but each of n >= 2 groups. NaN if anything is not finite. */
pl_jackknife pl__jackknife(double whole, const double *without, size_t n, double df);

#endif
