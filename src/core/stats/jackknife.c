#include "jackknife.h"

#include "distribution.h"

#include <math.h>

#define TINY 1e-13 /* statistics here are of size 1: below it they are rounding */

pl_jackknife pl__jackknife(double whole, const double *without, size_t n, double df)
{
    static const pl_jackknife undefined = {(double)NAN, (double)NAN, (double)NAN};
    double mean = 0.0;
    double squares = 0.0;
    for (size_t i = 0; i < n; i++)
        mean += without[i];
    mean /= (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (without[i] - mean) * (without[i] - mean);
    double more = (double)n - 1.0;
    pl_jackknife j = {.estimate = (double)n * whole - more * mean, .error = sqrt(more / (double)n * squares)};
    if (n < 2 || !isfinite(j.estimate) || !isfinite(j.error))
        return undefined;
    if (j.error > TINY)
        j.p = pl__student_two_sided(j.estimate / j.error, df);
    else
        j.p = fabs(j.estimate) > TINY ? 0.0 : 1.0;
    return j;
}
