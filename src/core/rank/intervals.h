#ifndef PL_INTERVALS_H
#define PL_INTERVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Quantile of n >= 1 ascending numbers, linear between order statistics (type 7 of Hyndman and Fan 1996). */
double pl__quantile(const double *sorted, size_t n, double p);
/* The share that the expanded percentile interval cuts off at each end: Phi(-sqrt(n / (n - 1)) t_{n-1}) (Hesterberg
 * 2015): a bootstrap of n clusters is too narrow by sqrt((n - 1) / n), and the normal's tails are shorter than t's. */
double pl__expanded_tail(uint32_t n, double level);

typedef enum pl_bca_fault {
    PL_BCA_FINE = 0,
    PL_BCA_ONE_SIDED,    /* all replicates lie on one side of the estimate */
    PL_BCA_NO_JACKKNIFE, /* without one of the images there is no score */
    PL_BCA_STEEP         /* the acceleration leaves no quantile */
} pl_bca_fault;

/* Efron 1987: `sorted` are the n_replicates replicates, `without` the n leave-one-image-out scores. The interval is
 * set unless a fault is returned. */
pl_bca_fault pl__bca_interval(double estimate, const double *sorted, size_t n_replicates, const double *without,
                              size_t n, double level, double *ret_low, double *ret_high);

#endif
