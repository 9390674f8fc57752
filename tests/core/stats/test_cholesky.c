#include "cholesky.h"

#include "kit.h"
#include "rng.h"

#include <math.h>
#include <string.h>

#define N_MAX 23u
#define CASES 200

/* A = B B' + shift I, of random B. */
static void make(pl_rng *rng, size_t n, double shift, double *a)
{
    double b[N_MAX * N_MAX] = {0};
    for (size_t i = 0; i < n * n; i++)
        b[i] = pl__rng_normal(rng);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            a[i * n + j] = i == j ? shift : 0.0;
            for (size_t k = 0; k < n; k++)
                a[i * n + j] += b[i * n + k] * b[j * n + k];
        }
    }
}

static void test_solve_and_inverse(void **state)
{
    (void)state;
    for (uint64_t c = 0; c < CASES; c++) {
        pl_rng rng;
        double a[N_MAX * N_MAX] = {0};
        double l[N_MAX * N_MAX] = {0};
        double x[N_MAX];
        double b[N_MAX];
        double diagonal[N_MAX];
        double scratch[N_MAX];
        pl__rng_init(&rng, pl__kit_seed(), "cholesky", c);
        size_t n = 1 + pl__rng_below(&rng, N_MAX);
        make(&rng, n, 0.5, a);
        memcpy(l, a, sizeof(l));
        for (size_t i = 0; i < n; i++) { /* what lies above the diagonal is not read */
            for (size_t j = i + 1; j < n; j++)
                l[i * n + j] = (double)NAN;
        }
        assert_true(pl__cholesky_factor(l, n));
        for (size_t i = 0; i < n; i++)
            b[i] = x[i] = pl__rng_normal(&rng);
        pl__cholesky_solve(l, n, x);
        pl__cholesky_inverse_diagonal(l, n, diagonal, scratch);
        for (size_t i = 0; i < n; i++) {
            double sum = 0.0;
            double column[N_MAX] = {0};
            for (size_t j = 0; j < n; j++)
                sum += a[i * n + j] * x[j];
            PL_KIT_CLOSE(sum, b[i], 1e-9);
            column[i] = 1.0;
            pl__cholesky_solve(l, n, column);
            PL_KIT_CLOSE(diagonal[i], column[i], 1e-9 * (1.0 + column[i]));
        }
    }
}

static void test_known(void **state)
{
    (void)state;
    double a[9] = {4, 0, 0, 12, 37, 0, -16, -43, 98};
    static const double wanted[9] = {2, 0, 0, 6, 1, 0, -8, 5, 3};
    assert_true(pl__cholesky_factor(a, 3));
    for (size_t i = 0; i < 9; i++)
        PL_KIT_CLOSE(a[i], wanted[i], 1e-14);
    assert_true(pl__cholesky_factor(NULL, 0));
}

static void test_refusals(void **state)
{
    (void)state;
    double zero[1] = {0};
    double negative[1] = {-1};
    double nan[1] = {(double)NAN};
    double infinite[1] = {(double)INFINITY};
    double indefinite[4] = {1, 0, 2, 1};
    double singular[4] = {1, 0, 1, 1};
    double nearly[4] = {1, 0, 1, 1 + 1e-16};
    assert_false(pl__cholesky_factor(zero, 1));
    assert_false(pl__cholesky_factor(negative, 1));
    assert_false(pl__cholesky_factor(nan, 1));
    assert_false(pl__cholesky_factor(infinite, 1));
    assert_false(pl__cholesky_factor(indefinite, 2));
    assert_false(pl__cholesky_factor(singular, 2));
    assert_false(pl__cholesky_factor(nearly, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solve_and_inverse),
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
