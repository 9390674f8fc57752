#include "cross_golden.h"
#include "kit.h"
#include "rng.h"
#include "robust_line.h"

#include <math.h>
#include <string.h>

#define POINTS 40u

static pl_robust_line fit(const double *x, const double *y, size_t n)
{
    pl_robust_line line = {0};
    PL_KIT_OK(pl__robust_line(x, y, n, &line), NULL);
    return line;
}

static void goldens(void **state)
{
    (void)state;
    for (size_t k = 0; k < GOLDEN_LINES; k++) {
        const double *wanted = golden_line_fits + 4 * k;
        pl_robust_line line =
            fit(golden_line_x + k * GOLDEN_LINE_POINTS, golden_line_y + k * GOLDEN_LINE_POINTS, GOLDEN_LINE_POINTS);
        assert_true(line.converged);
        PL_KIT_CLOSE(line.slope, wanted[0], 1e-9);
        PL_KIT_CLOSE(line.intercept, wanted[1], 1e-9);
        PL_KIT_CLOSE(line.scale, wanted[2], 1e-9);
        PL_KIT_CLOSE(line.r2, wanted[3], 1e-9);
        assert_true(k % 2 == 0 || line.n_weighted >= 2);
    }
}

/* A line on which all points lie is found; one far off does not move it much; moving and stretching go along. */
static void properties(void **state)
{
    (void)state;
    double x[POINTS];
    double y[POINTS];
    double moved[POINTS];
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "robust line", 0);
    for (size_t i = 0; i < POINTS; i++) {
        x[i] = pl__rng_uniform(&rng);
        y[i] = 0.25 + 0.5 * x[i];
    }
    pl_robust_line line = fit(x, y, POINTS);
    assert_true(line.converged && line.n_weighted == 0);
    PL_KIT_CLOSE(line.slope, 0.5, 1e-12);
    PL_KIT_CLOSE(line.r2, 1.0, 1e-12);
    y[0] += 1e6;
    line = fit(x, y, POINTS);
    PL_KIT_CLOSE(line.slope, 0.5, 1e-6);
    PL_KIT_CLOSE(line.intercept, 0.25, 1e-6);
    y[0] = 0.3;
    for (size_t i = 0; i < POINTS; i++) {
        y[i] += 0.1 * pl__rng_normal(&rng);
        moved[i] = 3.0 - 2.0 * y[i];
    }
    line = fit(x, y, POINTS);
    pl_robust_line other = fit(x, moved, POINTS);
    PL_KIT_CLOSE(other.slope, -2.0 * line.slope, 1e-9);
    PL_KIT_CLOSE(other.intercept, 3.0 - 2.0 * line.intercept, 1e-9);
    PL_KIT_CLOSE(other.scale, 2.0 * line.scale, 1e-9);
    PL_KIT_CLOSE(other.r2, line.r2, 1e-9);
    assert_int_equal(other.n_weighted, line.n_weighted);
}

static void degenerate(void **state)
{
    (void)state;
    const double same[] = {1.0, 1.0, 1.0, 1.0};
    const double rising[] = {1.0, 2.0, 3.0, 5.0};
    assert_true(isnan(fit(same, rising, 4).slope)); /* no x */
    assert_true(isnan(fit(rising, rising, 2).slope));
    assert_true(isnan(fit(rising, rising, 0).r2));
    pl_robust_line flat = fit(rising, same, 4);
    PL_KIT_CLOSE(flat.slope, 0.0, 1e-12);
    PL_KIT_CLOSE(flat.intercept, 1.0, 1e-12);
    assert_true(isnan(flat.r2) && flat.converged);
}

static pl_status once(void *user, pl_error *err)
{
    pl_robust_line line;
    (void)user;
    (void)err;
    return pl__robust_line(golden_line_x, golden_line_y, GOLDEN_LINE_POINTS, &line);
}

static void refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("robust line", once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(properties),
        cmocka_unit_test(degenerate),
        cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
