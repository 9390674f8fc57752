#ifndef PL_CONTINGENCY_H
#define PL_CONTINGENCY_H

#include <stddef.h>
#include <stdint.h>

/* Pearson's chi-squared statistic of a 2 x 2 table; yates != 0 subtracts N/2 from |ad - bc| (not below 0). NaN if a row
 * or a column is empty. */
double pl__chi2_table(const uint64_t table[2][2], int yates);
/* P(X > x), X ~ chi-squared with one degree of freedom. */
double pl__chi2_p(double x);
/* Two-sided mid-p of p = 1/2: the exact p minus the probability of the result itself (half of it from either side);
 * n == 0 gives 1, k > n NaN. McNemar's with k = b, n = b + c. */
double pl__sign_test_mid(uint64_t k, uint64_t n);
/* Cohen's kappa of an n x n table of counts, row-major; NaN if it is empty or both coders use one and the same value
 * throughout. */
double pl__kappa(const uint64_t *table, size_t n);

/* Krippendorff's alpha for nominal data: add each unit's counts per value, then ask. */
#define PL_ALPHA_VALUES_MAX 8
typedef struct pl_alpha {
    double totals[PL_ALPHA_VALUES_MAX]; /* pairable values */
    double agreeing;                    /* coincidences c-c */
    uint64_t units;                     /* with two values or more */
} pl_alpha;
void pl__alpha_add(pl_alpha *alpha, const uint32_t *counts, size_t n_values);
double pl__alpha_value(const pl_alpha *alpha); /* NaN: no pairable values, or all alike */

#endif
