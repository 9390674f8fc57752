#include "cross_golden.h"
#include "frechet.h"
#include "kit.h"
#include "rng.h"
#include "singular.h"

#include <math.h>
#include <string.h>

#define CLOUD (GOLDEN_POINTS / 3)
#define MATRICES (sizeof(golden_singular_sums) / sizeof(golden_singular_sums[0]))
#define SIDE 6u
#define MANY 25u
#define WIDE 40u

static void singular_sums(void **state)
{
    (void)state;
    double a[SIDE * SIDE];
    double scratch[PL_SINGULAR_SCRATCH(SIDE)];
    double sum = 0.0;
    for (size_t k = 0; k < MATRICES; k++) {
        memcpy(a, golden_matrices + k * SIDE * SIDE, sizeof(a));
        assert_true(pl__singular_sum(a, SIDE, scratch, &sum));
        PL_KIT_CLOSE(sum, golden_singular_sums[k], 1e-13 * golden_singular_sums[k]);
    }
    a[7] = (double)NAN;
    assert_false(pl__singular_sum(a, SIDE, scratch, &sum));
    a[0] = -3.0;
    assert_true(pl__singular_sum(a, 1, scratch, &sum));
    PL_KIT_CLOSE(sum, 3.0, 1e-14);
}

/* R'R = X'X. */
static void triangles(void **state)
{
    (void)state;
    double x[CLOUD * GOLDEN_DIMS];
    double scratch[CLOUD + GOLDEN_DIMS];
    memcpy(x, golden_points, sizeof(x));
    pl__triangular(x, CLOUD, GOLDEN_DIMS, scratch);
    for (size_t i = 0; i < GOLDEN_DIMS; i++) {
        for (size_t k = 0; k < GOLDEN_DIMS; k++) {
            double before = 0.0;
            double after = 0.0;
            for (size_t p = 0; p < CLOUD; p++)
                before += golden_points[p * GOLDEN_DIMS + i] * golden_points[p * GOLDEN_DIMS + k];
            for (size_t p = 0; p < GOLDEN_DIMS; p++)
                after += x[p * GOLDEN_DIMS + i] * x[p * GOLDEN_DIMS + k];
            PL_KIT_CLOSE(after, before, 3e-10);
            assert_true(k >= i || x[i * GOLDEN_DIMS + k] == 0.0);
        }
    }
}

static double distance(const double *const *a, const double *const *b, size_t n, size_t dims)
{
    pl_cloud x = {0};
    pl_cloud y = {0};
    double d = 0.0;
    pl_error err = {0};
    PL_KIT_OK(pl__cloud_init(&x, a, n, dims), NULL);
    PL_KIT_OK(pl__cloud_init(&y, b, n, dims), NULL);
    PL_KIT_OK(pl__frechet(&x, &y, &d, &err), &err);
    pl__cloud_clear(&x);
    pl__cloud_clear(&y);
    return d;
}

static void goldens(void **state)
{
    (void)state;
    const double *points[GOLDEN_POINTS];
    for (size_t i = 0; i < GOLDEN_POINTS; i++)
        points[i] = golden_points + i * GOLDEN_DIMS;
    const double *const *b = points + CLOUD;
    const double *const *c = b + CLOUD;
    PL_KIT_CLOSE(distance(points, b, CLOUD, GOLDEN_DIMS), golden_frechet[0], 1e-10 * golden_frechet[0]);
    PL_KIT_CLOSE(distance(points, c, CLOUD, GOLDEN_DIMS), golden_frechet[1], 1e-10 * golden_frechet[1]);
    PL_KIT_CLOSE(distance(b, c, CLOUD, GOLDEN_DIMS), golden_frechet[2], 1e-10 * golden_frechet[2]);
    /* scipy's roots of singular matrices are good to half of the digits */
    PL_KIT_CLOSE(distance(points, b, 5, GOLDEN_DIMS), golden_frechet_few[0], 1e-6 * golden_frechet_few[0]);
    PL_KIT_CLOSE(distance(points, c, 4, GOLDEN_DIMS), golden_frechet_few[1], 1e-6 * golden_frechet_few[1]);
}

/* Symmetric; 0 of a cloud with itself, |shift|^2 with itself moved; (1 - s)^2 spread with itself stretched by s; and
 * the same whether there are more points or more dimensions, as zeros added to each point show. */
static void properties(void **state)
{
    (void)state;
    static double a[MANY][WIDE];
    static double b[MANY][WIDE];
    static double c[MANY][WIDE];
    const double *pa[MANY];
    const double *pb[MANY];
    const double *pc[MANY];
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "frechet", 0);
    for (size_t i = 0; i < MANY; i++) {
        for (size_t k = 0; k < WIDE; k++) { /* the last half stays 0 */
            a[i][k] = k < 20 ? pl__rng_normal(&rng) : 0.0;
            b[i][k] = k < 20 ? 2.0 * pl__rng_normal(&rng) + (double)k : 0.0;
            c[i][k] = 3.0 * a[i][k];
        }
        pa[i] = a[i];
        pb[i] = b[i];
        pc[i] = c[i];
    }
    double narrow = distance(pa, pb, MANY, 20);
    PL_KIT_CLOSE(distance(pa, pb, MANY, WIDE), narrow, 1e-10 * narrow);
    PL_KIT_CLOSE(distance(pb, pa, MANY, 20), narrow, 1e-10 * narrow);
    PL_KIT_CLOSE(distance(pa, pa, MANY, 20), 0.0, 1e-11);
    PL_KIT_CLOSE(distance(pa, pa, MANY, WIDE), 0.0, 1e-11);
    pl_cloud x = {0};
    double squares = 0.0;
    PL_KIT_OK(pl__cloud_init(&x, pa, MANY, 20), NULL);
    for (size_t k = 0; k < 20; k++)
        squares += x.mean[k] * x.mean[k];
    PL_KIT_CLOSE(distance(pa, pc, MANY, 20), 4.0 * squares + 4.0 * x.spread, 1e-10 * x.spread);
    pl__cloud_clear(&x);
    for (size_t i = 0; i < MANY; i++)
        c[i][3] = a[i][3] + 5.0;
    for (size_t i = 0; i < MANY; i++) {
        for (size_t k = 0; k < 20; k++)
            c[i][k] = a[i][k] + (k == 3 ? 5.0 : 0.0);
    }
    PL_KIT_CLOSE(distance(pa, pc, MANY, 20), 25.0, 1e-10);
}

static void refusals(void **state)
{
    (void)state;
    const double *points[4];
    const double big[2][2] = {{1e200, 0.0}, {-1e200, 1.0}};
    const double *far[] = {big[0], big[1]};
    pl_cloud x = {0};
    pl_cloud y = {0};
    double d = 7.0;
    pl_error err = {0};
    for (size_t i = 0; i < 4; i++)
        points[i] = golden_points + i * GOLDEN_DIMS;
    PL_KIT_OK(pl__cloud_init(&x, points, 4, 3), NULL);
    PL_KIT_OK(pl__cloud_init(&y, points, 4, 2), NULL);
    PL_KIT_STATUS(pl__frechet(&x, &y, &d, &err), PL_E_INVALID, &err);
    pl__cloud_clear(&x);
    pl__cloud_clear(&y);
    PL_KIT_OK(pl__cloud_init(&x, far, 2, 2), NULL);
    PL_KIT_STATUS(pl__frechet(&x, &x, &d, &err), PL_E_RANGE, &err);
    PL_KIT_CLOSE(d, 7.0, 0.0);
    pl__cloud_clear(&x);
    pl__cloud_clear(&x);
}

static pl_status once(void *user, pl_error *err)
{
    const double *const *points = user;
    pl_cloud x = {0};
    pl_cloud y = {0};
    double d = 0.0;
    pl_status rc = pl__cloud_init(&x, points, 8, GOLDEN_DIMS);
    if (rc == PL_OK)
        rc = pl__cloud_init(&y, points + CLOUD, 8, GOLDEN_DIMS);
    if (rc == PL_OK)
        rc = pl__frechet(&x, &y, &d, err);
    pl__cloud_clear(&x);
    pl__cloud_clear(&y);
    return rc;
}

static void refused_memory(void **state)
{
    (void)state;
    const double *points[GOLDEN_POINTS];
    for (size_t i = 0; i < GOLDEN_POINTS; i++)
        points[i] = golden_points + i * GOLDEN_DIMS;
    pl__kit_fault_loop("frechet", once, points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(singular_sums), cmocka_unit_test(triangles), cmocka_unit_test(goldens),
        cmocka_unit_test(properties),    cmocka_unit_test(refusals),  cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
