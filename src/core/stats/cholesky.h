#ifndef PL_CHOLESKY_H
#define PL_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

/* Cholesky's factorisation A = L L' of small dense symmetric matrices, row-major, n x n. Only the lower triangle is
 * read and written. No allocation. */

/* A becomes L in place. False if A is not positive definite to working precision (a pivot that is not above
 * PL_CHOLESKY_TINY of its diagonal element, or is no number); A is then spoilt. */
bool pl__cholesky_factor(double *a, size_t n);
/* x, holding b on entry, becomes the solution of L L' x = b. */
void pl__cholesky_solve(const double *l, size_t n, double *x);
/* The diagonal of the inverse of L L'. scratch has n places. */
void pl__cholesky_inverse_diagonal(const double *l, size_t n, double *ret, double *scratch);

#define PL_CHOLESKY_TINY 1e-15

#endif
