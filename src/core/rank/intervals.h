#ifndef PL_INTERVALS_H
#define PL_INTERVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Quantiles of n >= 1 ascending numbers, linear between order statistics (Hyndman and Fan 1996). Type 7 puts the k-th
 * of n at (k - 1) / (n - 1): what scipy's BCa reads. */
double pl__quantile(const double *sorted, size_t n, double p);
/* Type 6: the k-th of n at k / (n + 1), its mean share of the distribution, the ends held beyond the first and the
 * last. For percentile intervals: type 7 makes them too narrow when replicates are few (Hesterberg 2015). */
double pl__percentile(const double *sorted, size_t n, double p);
/* The share that the expanded percentile interval cuts off at each end: Phi(-sqrt(n / (n - 1)) t_{n-1}) (Hesterberg
 * 2015): a bootstrap of n clusters is too narrow by sqrt((n - 1) / n), and the normal's tails are shorter than t's. */
double pl__expanded_tail(uint32_t n, double level);
/* That interval moved by the replicates' median bias, Phi(2 z0 -+ z) with Phi(z0) the share of them below the estimate
 * and Phi(-z) = tail (Efron 1981, The Canadian Journal of Statistics 9(2)). Replicates lean from the estimate as far as
 * the estimate leans from the truth: without this the interval leans twice as far. False, with the interval not moved,
 * if all replicates lie on one side of the estimate. */
bool pl__corrected_interval(double estimate, const double *sorted, size_t n_replicates, double tail, double *ret_low,
                            double *ret_high);

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
