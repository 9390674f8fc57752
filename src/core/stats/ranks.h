#ifndef PL_RANKS_H
#define PL_RANKS_H

#include <peerless/status.h>

/* Indices 0..n-1 by falling value; equal values keep their given order, NaN comes last. */
PL_NODISCARD pl_status pl__order_descending(const double *x, size_t n, size_t *ret);
/* Sorts x upwards (no NaN) and returns how many pairs i < j had x[i] > x[j]. scratch has n places. */
uint64_t pl__sort_counting(double *x, double *scratch, size_t n);

#endif
