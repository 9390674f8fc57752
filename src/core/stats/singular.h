#ifndef PL_SINGULAR_H
#define PL_SINGULAR_H

#include <stdbool.h>
#include <stddef.h>

/* Dense matrices, row-major, by Householder reflections. No allocation. */

/* x, rows x columns with rows > columns, becomes the upper triangle R of x = QR in its first `columns` rows, with zeros
 * below. scratch: rows + columns places. */
void pl__triangular(double *x, size_t rows, size_t columns, double *scratch);

/* The sum of the singular values (the nuclear norm) of an n x n matrix, which is spoilt: reduced to bidiagonal form
 * (Golub & Kahan 1965), whose singular values are the eigenvalues, but for their signs, of a tridiagonal matrix with an
 * empty diagonal. The error is some eps times the largest. False if a number is not finite or the iteration does not
 * end. */
bool pl__singular_sum(double *a, size_t n, double *scratch, double *ret);
#define PL_SINGULAR_SCRATCH(n) (6 * (n) + 2)

#endif
