#include "contingency.h"

#include "binomial.h"

#include <math.h>

double pl__chi2_table(const uint64_t table[2][2], int yates)
{
    double a = (double)table[0][0];
    double b = (double)table[0][1];
    double c = (double)table[1][0];
    double d = (double)table[1][1];
    double margins = (a + b) * (c + d) * (a + c) * (b + d);
    if (!(margins > 0.0))
        return (double)NAN;
    double n = a + b + c + d;
    double difference = fabs(a * d - b * c);
    if (yates)
        difference = fmax(0.0, difference - n / 2.0);
    return n * difference * difference / margins;
}

double pl__chi2_p(double x)
{
    return x >= 0.0 ? erfc(sqrt(x / 2.0)) : (double)NAN;
}

double pl__sign_test_mid(uint64_t k, uint64_t n)
{
    if (k > n)
        return (double)NAN;
    if (n == 0)
        return 1.0;
    uint64_t larger = k > n - k ? k : n - k;
    double tail = pl__binomial_tail(larger, n, 0.5);
    double beyond = pl__binomial_tail(larger + 1, n, 0.5);
    return fmin(1.0, tail + beyond);
}

double pl__kappa(const uint64_t *table, size_t n)
{
    double total = 0.0;
    double agreed = 0.0;
    double expected = 0.0;
    for (size_t i = 0; i < n; i++) {
        double row = 0.0;
        double column = 0.0;
        for (size_t k = 0; k < n; k++) {
            row += (double)table[i * n + k];
            column += (double)table[k * n + i];
        }
        total += row;
        agreed += (double)table[i * n + i];
        expected += row * column;
    }
    double spare = total * total - expected; /* whole numbers: 0 exactly if nothing but agreement is possible */
    if (!(spare > 0.0))
        return (double)NAN;
    return (agreed * total - expected) / spare;
}

void pl__alpha_add(pl_alpha *alpha, const uint32_t *counts, size_t n_values)
{
    double n = 0.0;
    for (size_t v = 0; v < n_values; v++)
        n += counts[v];
    if (n < 2.0)
        return;
    alpha->units++;
    for (size_t v = 0; v < n_values; v++) {
        alpha->totals[v] += counts[v];
        if (counts[v] > 0)
            alpha->agreeing += counts[v] * (counts[v] - 1.0) / (n - 1.0);
    }
}

/* Krippendorff (2011), C: alpha = ((n - 1) sum o_cc - sum n_c (n_c - 1)) / (n (n - 1) - sum n_c (n_c - 1)). */
double pl__alpha_value(const pl_alpha *alpha)
{
    double n = 0.0;
    double by_chance = 0.0;
    for (size_t v = 0; v < PL_ALPHA_VALUES_MAX; v++) {
        n += alpha->totals[v];
        by_chance += alpha->totals[v] * (alpha->totals[v] - 1.0);
    }
    double spare = n * (n - 1.0) - by_chance;
    if (!(spare > 0.0))
        return (double)NAN;
    return ((n - 1.0) * alpha->agreeing - by_chance) / spare;
}
