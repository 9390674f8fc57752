#include "cholesky.h"

#include <math.h>

/* Four partial sums in a fixed order: faster than one, and the same on every machine. */
static double dot(const double *x, const double *y, size_t n)
{
    double s0 = 0.0;
    double s1 = 0.0;
    double s2 = 0.0;
    double s3 = 0.0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        s0 += x[i] * y[i];
        s1 += x[i + 1] * y[i + 1];
        s2 += x[i + 2] * y[i + 2];
        s3 += x[i + 3] * y[i + 3];
    }
    for (; i < n; i++)
        s0 += x[i] * y[i];
    return (s0 + s1) + (s2 + s3);
}

bool pl__cholesky_factor(double *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double *row = a + i * n;
        for (size_t j = 0; j < i; j++) {
            const double *above = a + j * n;
            row[j] = (row[j] - dot(row, above, j)) / above[j];
        }
        double pivot = row[i] - dot(row, row, i);
        if (!(pivot > PL_CHOLESKY_TINY * row[i]) || !isfinite(pivot))
            return false;
        row[i] = sqrt(pivot);
    }
    return true;
}

void pl__cholesky_solve(const double *l, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (x[i] - dot(l + i * n, x, i)) / l[i * n + i];
    for (size_t i = n; i-- > 0;) {
        x[i] /= l[i * n + i];
        for (size_t j = 0; j < i; j++)
            x[j] -= l[i * n + j] * x[i];
    }
}

/* Column c of the inverse of L is zero above c; the squares of row i of its transpose add up to element (i, i). */
void pl__cholesky_inverse_diagonal(const double *l, size_t n, double *ret, double *scratch)
{
    for (size_t c = 0; c < n; c++) {
        double sum = 0.0;
        for (size_t i = c; i < n; i++) {
            double unit = i == c ? 1.0 : 0.0;
            scratch[i] = (unit - dot(l + i * n + c, scratch + c, i - c)) / l[i * n + i];
            sum += scratch[i] * scratch[i];
        }
        ret[c] = sum;
    }
}
