#include "newton.h"

#include "cholesky.h"
#include "kit.h"

#include <math.h>

/* Rosenbrock's valley: its Hessian is indefinite on the way. */
static double rosenbrock(void *user, const double *x, double *g)
{
    unsigned *calls = user;
    double r = x[1] - x[0] * x[0];
    (*calls)++;
    g[0] = -400 * x[0] * r - 2 * (1 - x[0]);
    g[1] = 200 * r;
    return 100 * r * r + (1 - x[0]) * (1 - x[0]);
}

static bool dense_step(double h[4], const double *g, double damping, const bool *held, double *ret)
{
    for (size_t i = 0; i < 2; i++) {
        ret[i] = held[i] ? 0.0 : -g[i];
        h[i * 2 + i] += damping;
        if (held[i]) {
            h[i * 2 + i] = 1;
            h[2] = 0;
        }
    }
    if (!pl__cholesky_factor(h, 2))
        return false;
    pl__cholesky_solve(h, 2, ret);
    return true;
}

static bool rosenbrock_step(void *user, const double *x, const double *g, double damping, const bool *held, double *ret)
{
    (void)user;
    double h[4] = {1200 * x[0] * x[0] - 400 * x[1] + 2, 0, -400 * x[0], 200};
    return dense_step(h, g, damping, held, ret);
}

static void minimise(const pl_newton_ops *ops, void *user, const bool *bounded, uint32_t most, double x[2],
                     bool held[2], pl_newton_report *ret)
{
    double scratch[PL_NEWTON_SCRATCH(2)];
    pl_newton_opts opts = {.tolerance = 1e-12, .max_iterations = most, .bounded = bounded};
    pl__newton_minimise(ops, user, 2, &opts, x, scratch, held, ret);
}

static void test_valley(void **state)
{
    (void)state;
    static const pl_newton_ops ops = {rosenbrock, rosenbrock_step};
    static const double starts[][2] = {{-1.2, 1}, {0, 3}, {5, -5}, {1, 1}, {-30, 20}};
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        double x[2] = {starts[i][0], starts[i][1]};
        bool held[2];
        unsigned calls = 0;
        pl_newton_report report;
        minimise(&ops, &calls, NULL, 500, x, held, &report);
        assert_true(report.converged && report.gradient <= 1e-12);
        PL_KIT_CLOSE(x[0], 1, 1e-12);
        PL_KIT_CLOSE(x[1], 1, 1e-12);
        PL_KIT_CLOSE(report.value, 0, 1e-20);
        assert_false(held[0] || held[1]);
        assert_true(calls > report.iterations);
    }
}

static void test_too_few_steps(void **state)
{
    (void)state;
    static const pl_newton_ops ops = {rosenbrock, rosenbrock_step};
    double x[2] = {-1.2, 1};
    bool held[2];
    unsigned calls = 0;
    pl_newton_report report;
    minimise(&ops, &calls, NULL, 3, x, held, &report);
    assert_false(report.converged);
    assert_int_equal(report.iterations, 3);
    assert_true(report.value < 24.2); /* at the start */
}

/* (x + 1)^2 + (x - y)^2: at x = y = -1, or with x >= 0 at the origin. */
static double bowl(void *user, const double *x, double *g)
{
    (void)user;
    g[0] = 2 * (x[0] + 1) + 2 * (x[0] - x[1]);
    g[1] = -2 * (x[0] - x[1]);
    return (x[0] + 1) * (x[0] + 1) + (x[0] - x[1]) * (x[0] - x[1]);
}

static bool bowl_step(void *user, const double *x, const double *g, double damping, const bool *held, double *ret)
{
    (void)user;
    (void)x;
    double h[4] = {4, 0, -2, 2};
    return dense_step(h, g, damping, held, ret);
}

static void test_bounds(void **state)
{
    (void)state;
    static const pl_newton_ops ops = {bowl, bowl_step};
    static const bool first[2] = {true, false};
    static const bool second[2] = {false, true};
    pl_newton_report report;
    bool held[2];
    double x[2] = {3, 2};
    minimise(&ops, NULL, NULL, 50, x, held, &report);
    PL_KIT_CLOSE(x[0], -1, 1e-12);
    PL_KIT_CLOSE(x[1], -1, 1e-12);
    x[0] = 3;
    minimise(&ops, NULL, first, 50, x, held, &report);
    assert_true(report.converged && held[0] && !held[1]);
    PL_KIT_CLOSE(x[0], 0, 0);
    PL_KIT_CLOSE(x[1], 0, 1e-12);
    x[0] = 3;
    x[1] = 0; /* starts at its bound */
    minimise(&ops, NULL, second, 50, x, held, &report);
    assert_true(report.converged && held[1] && !held[0]);
    PL_KIT_CLOSE(x[0], -0.5, 1e-12);
    PL_KIT_CLOSE(x[1], 0, 0);
}

static double broken(void *user, const double *x, double *g)
{
    (void)user;
    g[0] = g[1] = (double)NAN;
    return x[0];
}

static void test_no_number(void **state)
{
    (void)state;
    static const pl_newton_ops ops = {broken, bowl_step};
    double x[2] = {1, 2};
    bool held[2];
    pl_newton_report report;
    minimise(&ops, NULL, NULL, 50, x, held, &report);
    assert_false(report.converged);
    assert_int_equal(report.iterations, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valley),
        cmocka_unit_test(test_too_few_steps),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
