#include "binomial.h"

#include <float.h>
#include <math.h>

/* Steps of the continued fraction; it needs about the square root of the larger parameter. */
#define FRACTION_STEPS_MAX 1000000

/* log(x!) minus Stirling's formula (Loader 2000, "Fast and accurate computation of binomial probabilities"). */
static double stirling_error(double x)
{
    static const double half_log_two_pi = 0.918938533204672741780329736405617640;
    if (x < 16)
        return log(tgamma(x + 1)) - (x + 0.5) * log(x) + x - half_log_two_pi;
    double s = 1 / (x * x);
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - (1.0 / 1188 - s * 691.0 / 360360) * s) * s) * s) * s) /
           x;
}

/* Loader's deviance x log(x / m) + m - x without cancellation near x = m. */
static double deviance(double x, double m)
{
    if (fabs(x - m) >= 0.1 * (x + m))
        return x * log(x / m) + m - x;
    double v = (x - m) / (x + m);
    double sum = (x - m) * v;
    double term = 2 * x * v;
    for (unsigned k = 3; k < 2000; k += 2) {
        term *= v * v;
        double next = sum + term / k;
        if (!(next < sum) && !(next > sum))
            break;
        sum = next;
    }
    return sum;
}

/* x^a (1-x)^b / B(a, b) with y = 1 - x, by Loader's saddle-point form: lgamma would lose digits at large a, b. */
static double beta_front(double a, double b, double x, double y)
{
    static const double two_pi = 6.283185307179586476925286766559005768;
    double n = a + b;
    double exponent =
        stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);
    return exp(exponent) * sqrt(n / (two_pi * a * b)) * (a * b / n);
}

/* Lentz's evaluation of the continued fraction of I_x(a, b) (DLMF 8.17.22). */
static double beta_fraction(double a, double b, double x)
{
    static const double tiny = DBL_MIN / DBL_EPSILON;
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (unsigned step = 1; step <= FRACTION_STEPS_MAX; step++) {
        double m = step;
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 + even * d;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = 1 + even / c;
        c = fabs(c) < tiny ? tiny : c;
        value *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + odd * d;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = 1 + odd / c;
        c = fabs(c) < tiny ? tiny : c;
        value *= d * c;
        if (fabs(d * c - 1) <= DBL_EPSILON)
            break;
    }
    return value;
}

double pl__beta_inc(double a, double b, double x)
{
    if (!(a > 0) || !(b > 0) || !isfinite(a) || !isfinite(b) || !(x >= 0 && x <= 1))
        return nan("");
    double y = 1 - x;
    if (x <= 0)
        return 0;
    if (y <= 0)
        return 1;
    double front = beta_front(a, b, x, y);
    if (x <= (a + 1) / (a + b + 2)) /* the fraction converges fast on this side */
        return fmin(1, front * beta_fraction(a, b, x) / a);
    return fmax(0, 1 - front * beta_fraction(b, a, y) / b);
}

double pl__binomial_tail(uint64_t k, uint64_t n, double p)
{
    if (!(p >= 0 && p <= 1))
        return nan("");
    if (k == 0)
        return 1;
    if (k > n)
        return 0;
    return pl__beta_inc((double)k, (double)(n - k) + 1, p);
}

double pl__binomial_sign_test(uint64_t k, uint64_t n)
{
    if (k > n)
        return nan("");
    uint64_t larger = k > n - k ? k : n - k;
    return fmin(1, 2 * pl__binomial_tail(larger, n, 0.5));
}

/* The p at which P(X >= k) = alpha; 0 < k <= n. Bisection down to neighbouring doubles. */
static double lower_limit(uint64_t k, uint64_t n, double alpha)
{
    double low = 0;
    double high = 1;
    for (;;) {
        double mid = low + (high - low) / 2;
        if (mid <= low || mid >= high)
            return mid;
        if (pl__binomial_tail(k, n, mid) < alpha)
            low = mid;
        else
            high = mid;
    }
}

void pl__binomial_interval(uint64_t k, uint64_t n, double level, double *ret_low, double *ret_high)
{
    double alpha = (1 - level) / 2;
    if (k > n || !(level > 0 && level < 1)) {
        *ret_low = nan("");
        *ret_high = nan("");
        return;
    }
    *ret_low = k == 0 ? 0 : lower_limit(k, n, alpha);
    *ret_high = k == n ? 1 : 1 - lower_limit(n - k, n, alpha);
}
