#include "intervals.h"

#include "distribution.h"

#include <math.h>

double pl__quantile(const double *sorted, size_t n, double p)
{
    double place = p * (double)(n - 1);
    double below = floor(place);
    size_t i = (size_t)below;
    if (i + 1 >= n)
        return sorted[n - 1];
    return sorted[i] + (place - below) * (sorted[i + 1] - sorted[i]);
}

double pl__percentile(const double *sorted, size_t n, double p)
{
    double place = p * ((double)n + 1.0) - 1.0;
    if (!(place > 0.0))
        return sorted[0];
    double below = floor(place);
    size_t i = (size_t)below;
    if (i + 1 >= n)
        return sorted[n - 1];
    return sorted[i] + (place - below) * (sorted[i + 1] - sorted[i]);
}

double pl__expanded_tail(uint32_t n, double level)
{
    double t = pl__student_quantile(0.5 + level / 2.0, (double)n - 1.0);
    return pl__normal_cdf(-sqrt((double)n / ((double)n - 1.0)) * t);
}

/* sum u^3 / (6 (sum u^2)^1.5) with u = mean - value; 0 when nothing varies. */
static double acceleration(const double *without, size_t n)
{
    double mean = 0.0;
    for (size_t i = 0; i < n; i++)
        mean += without[i];
    mean /= (double)n;
    double squares = 0.0;
    double cubes = 0.0;
    for (size_t i = 0; i < n; i++) {
        double u = mean - without[i];
        squares += u * u;
        cubes += u * u * u;
    }
    return squares > 0.0 ? cubes / (6.0 * squares * sqrt(squares)) : 0.0;
}

/* Share of the replicates below the estimate, those equal to it counted half. */
static double share_below(const double *sorted, size_t n, double estimate)
{
    size_t below = 0;
    size_t equal = 0;
    for (size_t i = 0; i < n; i++) {
        below += sorted[i] < estimate;
        equal += !(sorted[i] < estimate) && !(sorted[i] > estimate);
    }
    return ((double)below + 0.5 * (double)equal) / (double)n;
}

bool pl__corrected_interval(double estimate, const double *sorted, size_t n_replicates, double tail, double *ret_low,
                            double *ret_high)
{
    double z0 = pl__normal_quantile(share_below(sorted, n_replicates, estimate));
    bool fine = isfinite(z0);
    double z = pl__normal_quantile(tail);
    *ret_low = pl__percentile(sorted, n_replicates, fine ? pl__normal_cdf(2.0 * z0 + z) : tail);
    *ret_high = pl__percentile(sorted, n_replicates, 1.0 - (fine ? pl__normal_cdf(z - 2.0 * z0) : tail));
    return fine;
}

pl_bca_fault pl__bca_interval(double estimate, const double *sorted, size_t n_replicates, const double *without,
                              size_t n, double level, double *ret_low, double *ret_high)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(without[i]))
            return PL_BCA_NO_JACKKNIFE;
    }
    double z0 = pl__normal_quantile(share_below(sorted, n_replicates, estimate));
    if (!isfinite(z0))
        return PL_BCA_ONE_SIDED;
    double a = acceleration(without, n);
    double z = pl__normal_quantile(0.5 + level / 2.0);
    if (!(1.0 - a * (z0 + z) > 0.0) || !(1.0 - a * (z0 - z) > 0.0))
        return PL_BCA_STEEP;
    *ret_low = pl__quantile(sorted, n_replicates, pl__normal_cdf(z0 + (z0 - z) / (1.0 - a * (z0 - z))));
    *ret_high = pl__quantile(sorted, n_replicates, pl__normal_cdf(z0 + (z0 + z) / (1.0 - a * (z0 + z))));
    return PL_BCA_FINE;
}
