/* No square root of a matrix is needed: with S = X'X / (n - 1), the singular values of S1^1/2 S2^1/2 are those of
 * X1 X2' / (n - 1), and the trace of (S1^1/2 S2 S1^1/2)^1/2 is their sum. X may be any factor F with F'F = X'X, so that
 * the matrix has the smaller of n and dims rows. That is exact where covariances are singular (n <= dims), where roots
 * of eigenvalues near 0 would lose half of the digits, and small enough a task not to ask for LAPACK. */
#include "frechet.h"

#include "alloc.h"
#include "error.h"
#include "singular.h"

#include <math.h>
#include <string.h>

void pl__cloud_clear(pl_cloud *cloud)
{
    pl__free(cloud->mean);
    pl__free(cloud->factor);
    *cloud = (pl_cloud){0};
}

static void centre(const double *const *points, size_t n, size_t dims, double *mean, double *x)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < dims; k++)
            mean[k] += points[i][k];
    }
    for (size_t k = 0; k < dims; k++)
        mean[k] /= (double)n;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < dims; k++)
            x[i * dims + k] = points[i][k] - mean[k];
    }
}

pl_status pl__cloud_init(pl_cloud *cloud, const double *const *points, size_t n, size_t dims)
{
    pl_cloud c = {.n = n, .dims = dims, .rank_max = n < dims ? n : dims};
    double *scratch = pl__calloc(dims > n ? dims : n, 2 * sizeof(*scratch));
    c.mean = pl__calloc(dims, sizeof(*c.mean));
    c.factor = pl__calloc(n, dims * sizeof(*c.factor));
    if (!scratch || !c.mean || !c.factor) {
        pl__free(scratch);
        pl__cloud_clear(&c);
        return PL_E_NOMEM;
    }
    centre(points, n, dims, c.mean, c.factor);
    for (size_t i = 0; i < n * dims; i++)
        c.spread += c.factor[i] * c.factor[i];
    c.spread /= (double)n - 1.0;
    if (n > dims)
        pl__triangular(c.factor, n, dims, scratch);
    pl__free(scratch);
    *cloud = c;
    return PL_OK;
}

/* m = F1 F2', square. */
static void multiply(const pl_cloud *a, const pl_cloud *b, double *m)
{
    size_t n = a->rank_max;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            double sum = 0.0;
            for (size_t d = 0; d < a->dims; d++)
                sum += a->factor[i * a->dims + d] * b->factor[k * a->dims + d];
            m[i * n + k] = sum;
        }
    }
}

pl_status pl__frechet(const pl_cloud *a, const pl_cloud *b, double *ret, pl_error *reterr)
{
    size_t n = a->rank_max;
    double apart = 0.0;
    double shared = 0.0;
    if (a->n != b->n || a->dims != b->dims)
        return pl__fail(reterr, PL_E_INVALID, "%zu points of %zu dimensions against %zu of %zu", a->n, a->dims, b->n,
                        b->dims);
    double *m = pl__calloc(n, n * sizeof(*m));
    double *scratch = pl__calloc(PL_SINGULAR_SCRATCH(n), sizeof(*scratch));
    if (!m || !scratch) {
        pl__free(m);
        pl__free(scratch);
        return pl__fail(reterr, PL_E_NOMEM, "a distance in %zu dimensions", a->dims);
    }
    multiply(a, b, m);
    bool fine = pl__singular_sum(m, n, scratch, &shared);
    pl__free(m);
    pl__free(scratch);
    for (size_t k = 0; k < a->dims; k++)
        apart += (a->mean[k] - b->mean[k]) * (a->mean[k] - b->mean[k]);
    double distance = apart + a->spread + b->spread - 2.0 * shared / ((double)a->n - 1.0);
    if (!fine || !isfinite(distance))
        return pl__fail(reterr, PL_E_RANGE, "numbers that are too large for a distance");
    *ret = distance > 0.0 ? distance : 0.0; /* below 0 is rounding */
    return PL_OK;
}
