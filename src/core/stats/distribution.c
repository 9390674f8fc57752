#include "distribution.h"

#include "binomial.h"

#include <float.h>
#include <math.h>

double pl__normal_cdf(double x)
{
    static const double sqrt_half = 0.707106781186547524400844362104849039;
    return 0.5 * erfc(-x * sqrt_half);
}

static double ratio(const double p[8], const double q[8], double x)
{
    double above = p[7];
    double below = q[7];
    for (unsigned i = 7; i > 0; i--) {
        above = above * x + p[i - 1];
        below = below * x + q[i - 1];
    }
    return above / below;
}

double pl__normal_quantile(double p)
{
    static const double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                                1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                                3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[8] = {1.0,
                                4.2313330701600911252e1,
                                6.8718700749205790830e2,
                                5.3941960214247511077e3,
                                2.1213794301586595867e4,
                                3.9307895800092710610e4,
                                2.8729085735721942674e4,
                                5.2264952788528545610e3};
    static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                                3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[8] = {1.0,
                                2.05319162663775882187e0,
                                1.67638483018380384940e0,
                                6.89767334985100004550e-1,
                                1.48103976427480074590e-1,
                                1.51986665636164571966e-2,
                                5.47593808499534494600e-4,
                                1.05075007164441684324e-9};
    static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                                2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[8] = {1.0,
                                5.99832206555887937690e-1,
                                1.36929880922735805310e-1,
                                1.48753612908506148525e-2,
                                7.86869131145613259100e-4,
                                1.84631831751005468180e-5,
                                1.42151175831644588870e-7,
                                2.04426310338993978564e-15};
    if (!(p >= 0.0 && p <= 1.0))
        return (double)NAN;
    double q = p - 0.5;
    if (fabs(q) <= 0.425)
        return q * ratio(a, b, 0.180625 - q * q);
    double tail = q < 0.0 ? p : 1.0 - p;
    if (!(tail > 0.0))
        return q < 0.0 ? -(double)INFINITY : (double)INFINITY;
    double r = sqrt(-log(tail));
    double x = r <= 5.0 ? ratio(c, d, r - 1.6) : ratio(e, f, r - 5.0);
    return q < 0.0 ? -x : x;
}

double pl__student_two_sided(double t, double df)
{
    if (isnan(t) || !(df > 0.0))
        return (double)NAN;
    if (isinf(df))
        return 2.0 * pl__normal_cdf(-fabs(t));
    if (isinf(t))
        return 0.0;
    double ratio_t = t * t / df;
    if (fabs(t) > 1.0) /* nearer to 0 the first form would lose digits in its argument, farther out the second in 1 - */
        return pl__beta_inc(df / 2.0, 0.5, 1.0 / (1.0 + ratio_t));
    return 1.0 - pl__beta_inc(0.5, df / 2.0, ratio_t / (1.0 + ratio_t));
}

double pl__student_cdf(double t, double df)
{
    double tail = 0.5 * pl__student_two_sided(t, df);
    return t > 0.0 ? 1.0 - tail : tail;
}

/* By halving down to neighbouring doubles: called a few times per analysis, not per replicate. */
double pl__student_quantile(double p, double df)
{
    if (!(p >= 0.0 && p <= 1.0) || !(df > 0.0))
        return (double)NAN;
    if (isinf(df))
        return pl__normal_quantile(p);
    double two_sided = p < 0.5 ? 2.0 * p : 2.0 * (1.0 - p);
    if (two_sided >= 1.0)
        return 0.0;
    double sign = p < 0.5 ? -1.0 : 1.0;
    double low = 0.0;
    double high = 1.0;
    while (pl__student_two_sided(high, df) > two_sided && high < DBL_MAX / 2.0) {
        low = high;
        high *= 2.0;
    }
    if (!(two_sided > 0.0))
        return sign * (double)INFINITY;
    for (;;) {
        double mid = low + (high - low) / 2.0;
        if (mid <= low || mid >= high)
            return sign * mid;
        if (pl__student_two_sided(mid, df) > two_sided)
            low = mid;
        else
            high = mid;
    }
}
