#include "singular.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define ROUNDS_MAX 100 /* for one eigenvalue; two or three are usual */

/* Turns the n numbers x, `step` apart, into a reflector v (in v) that maps them onto the first axis. Returns what is
 * left there; *ret_scale is 2 / v'v, 0 if there is nothing to do. */
static double reflector(const double *x, size_t n, size_t step, double *v, double *ret_scale)
{
    double largest = 0.0;
    double squares = 0.0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(x[i * step]));
    *ret_scale = 0.0;
    if (!(largest > 0.0))
        return 0.0;
    for (size_t i = 0; i < n; i++) {
        v[i] = x[i * step] / largest;
        squares += v[i] * v[i];
    }
    double norm = v[0] > 0.0 ? -sqrt(squares) : sqrt(squares);
    squares -= 2.0 * v[0] * norm - norm * norm; /* v'v of v - norm e1 */
    v[0] -= norm;
    *ret_scale = 2.0 / squares;
    return norm * largest;
}

/* Rows times the reflector from the left: x -= scale v (v'x), for `columns` columns of rows `stride` apart. */
static void reflect_rows(double *x, size_t rows, size_t columns, size_t stride, const double *v, double scale,
                         double *sums)
{
    memset(sums, 0, columns * sizeof(*sums));
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < columns; k++)
            sums[k] += v[i] * x[i * stride + k];
    }
    for (size_t i = 0; i < rows; i++) {
        double factor = scale * v[i];
        for (size_t k = 0; k < columns; k++)
            x[i * stride + k] -= factor * sums[k];
    }
}

static void reflect_columns(double *x, size_t rows, size_t columns, size_t stride, const double *v, double scale)
{
    for (size_t i = 0; i < rows; i++) {
        double *row = x + i * stride;
        double sum = 0.0;
        for (size_t k = 0; k < columns; k++)
            sum += row[k] * v[k];
        for (size_t k = 0; k < columns; k++)
            row[k] -= scale * sum * v[k];
    }
}

void pl__triangular(double *x, size_t rows, size_t columns, double *scratch)
{
    double *v = scratch;
    double *sums = scratch + rows;
    for (size_t k = 0; k < columns; k++) {
        double scale = 0.0;
        double left = reflector(x + k * columns + k, rows - k, columns, v, &scale);
        reflect_rows(x + k * columns + k + 1, rows - k, columns - k - 1, columns, v, scale, sums);
        for (size_t i = k; i < rows; i++)
            x[i * columns + k] = i == k ? left : 0.0;
    }
}

/* The bidiagonal form read along the steps d1 e1 d2 e2 … dn: the off-diagonal of the tridiagonal matrix. */
static void bidiagonalise(double *a, size_t n, double *v, double *sums, double *ret)
{
    for (size_t k = 0; k < n; k++) {
        double scale = 0.0;
        double *corner = a + k * n + k;
        ret[2 * k] = reflector(corner, n - k, n, v, &scale);
        if (k + 1 == n)
            break;
        reflect_rows(corner + 1, n - k, n - k - 1, n, v, scale, sums);
        ret[2 * k + 1] = reflector(corner + 1, n - k - 1, 1, v, &scale);
        reflect_columns(corner + n + 1, n - k - 1, n - k - 1, n, v, scale);
    }
}

/* One implicit QL step with Wilkinson's shift on rows first … last of a symmetric tridiagonal matrix (Dubrulle, Martin
 * & Wilkinson 1968). */
static void ql_step(double *d, double *e, size_t first, size_t last)
{
    double g = (d[first + 1] - d[first]) / (2.0 * e[first]);
    double r = hypot(g, 1.0);
    double s = 1.0;
    double c = 1.0;
    double p = 0.0;
    g = d[last] - d[first] + e[first] / (g + (g < 0.0 ? -r : r));
    for (size_t i = last; i-- > first;) {
        double f = s * e[i];
        double b = c * e[i];
        r = hypot(f, g);
        e[i + 1] = r;
        if (!(r > 0.0)) { /* it fell apart: the rest stands as it is */
            d[i + 1] -= p;
            e[last] = 0.0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2.0 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
    }
    d[first] -= p;
    e[first] = g;
    e[last] = 0.0;
}

/* d becomes the eigenvalues; e[i] stands between i and i + 1 and has n places. */
static bool eigenvalues(double *d, double *e, size_t n)
{
    double largest = 0.0;
    for (size_t i = 0; i + 1 < n; i++)
        largest = fmax(largest, fabs(e[i]));
    if (!isfinite(largest))
        return false;
    for (size_t first = 0; first < n; first++) {
        for (int round = 0;; round++) {
            size_t last = first;
            while (last + 1 < n && fabs(e[last]) > DBL_EPSILON * largest)
                last++;
            if (last == first)
                break;
            if (round == ROUNDS_MAX)
                return false;
            ql_step(d, e, first, last);
        }
    }
    return true;
}

bool pl__singular_sum(double *a, size_t n, double *scratch, double *ret)
{
    double *v = scratch;
    double *sums = scratch + n;
    double *d = scratch + 2 * n;
    double *e = scratch + 4 * n;
    double sum = 0.0;
    for (size_t i = 0; i < n * n; i++) {
        if (!isfinite(a[i]))
            return false;
    }
    memset(d, 0, 2 * n * sizeof(*d));
    memset(e, 0, (2 * n + 2) * sizeof(*e));
    bidiagonalise(a, n, v, sums, e);
    if (!eigenvalues(d, e, 2 * n))
        return false;
    for (size_t i = 0; i < 2 * n; i++)
        sum += fabs(d[i]);
    *ret = sum / 2.0;
    return true;
}
