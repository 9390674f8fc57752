#include "kit.h"
#include "min_variance.h"
#include "rng.h"

#include <math.h>
#include <stdlib.h>

/* The conditions of Karush, Kuhn and Tucker, which the minimum and nothing else meets: S w is one number wherever w is
 * above 0 and no less elsewhere. */
static void check_minimum(const double *s, const double *w, size_t n)
{
    double sum = 0.0;
    double least = (double)INFINITY;
    for (size_t i = 0; i < n; i++) {
        assert_true(w[i] >= 0.0);
        sum += w[i];
        double g = 0.0;
        for (size_t k = 0; k < n; k++)
            g += s[i * n + k] * w[k];
        least = fmin(least, g);
    }
    PL_KIT_CLOSE(sum, 1.0, 1e-12);
    for (size_t i = 0; i < n; i++) {
        double g = 0.0;
        for (size_t k = 0; k < n; k++)
            g += s[i * n + k] * w[k];
        if (w[i] > 0.0)
            PL_KIT_CLOSE(g, least, 1e-9 * fabs(least) + 1e-12);
    }
}

/* A Gram matrix of n vectors with a common part, and a ridge. */
static void make(pl_rng *rng, size_t n, size_t rank, double ridge, double *s)
{
    double *x = calloc(n * rank, sizeof(*x));
    assert_non_null(x);
    for (size_t r = 0; r < rank; r++) {
        double common = pl__rng_normal(rng);
        for (size_t i = 0; i < n; i++)
            x[i * rank + r] = (0.2 + (double)i / (double)n) * pl__rng_normal(rng) + common;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            s[i * n + k] = i == k ? ridge : 0.0;
            for (size_t r = 0; r < rank; r++)
                s[i * n + k] += x[i * rank + r] * x[k * rank + r] / (double)rank;
        }
    }
    free(x);
}

static void random_matrices(void **state)
{
    (void)state;
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "min variance", 0);
    for (size_t n = 1; n <= 40; n++) {
        double *s = calloc(n * n, sizeof(*s));
        double *w = calloc(n, sizeof(*w));
        assert_true(s && w);
        for (size_t rank = 1; rank <= 2 * n; rank += n / 3 + 1) {
            make(&rng, n, rank, 1e-3, s);
            PL_KIT_OK(pl__min_variance(s, n, w), NULL);
            check_minimum(s, w, n);
        }
        free(s);
        free(w);
    }
}

static void known(void **state)
{
    (void)state;
    const double independent[9] = {1, 0, 0, 0, 2, 0, 0, 0, 4};
    const double worse[4] = {1, 1.5, 1.5, 4}; /* the second adds only variance */
    double w[3];
    PL_KIT_OK(pl__min_variance(independent, 3, w), NULL); /* inverse variances */
    PL_KIT_CLOSE(w[0], 4.0 / 7.0, 1e-15);
    PL_KIT_CLOSE(w[1], 2.0 / 7.0, 1e-15);
    PL_KIT_CLOSE(w[2], 1.0 / 7.0, 1e-15);
    PL_KIT_OK(pl__min_variance(worse, 2, w), NULL);
    assert_true(w[0] == 1.0 && w[1] == 0.0);
    PL_KIT_OK(pl__min_variance(NULL, 0, NULL), NULL);
}

static void indefinite(void **state)
{
    (void)state;
    const double zero[1] = {0.0};
    const double negative[4] = {1, 2, 2, 1};
    double w[2];
    PL_KIT_STATUS(pl__min_variance(zero, 1, w), PL_E_RANGE, NULL);
    pl_status rc = pl__min_variance(negative, 2, w);
    assert_true(rc == PL_OK || rc == PL_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_matrices),
        cmocka_unit_test(known),
        cmocka_unit_test(indefinite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
