#include "cross_golden.h"
#include "kit.h"
#include "tsne.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CLOUD (GOLDEN_POINTS / 3)

static const double *const *golden_rows(void)
{
    static const double *points[GOLDEN_POINTS];
    for (size_t i = 0; i < GOLDEN_POINTS; i++)
        points[i] = golden_points + i * GOLDEN_DIMS;
    return points;
}

static double *neighbours(const double *const *points, size_t n, size_t dims, double perplexity)
{
    double *p = calloc(n * n, sizeof(*p));
    assert_non_null(p);
    pl__tsne_affinities(points, n, dims, perplexity, p);
    return p;
}

static void goldens(void **state)
{
    (void)state;
    double *p = neighbours(golden_rows(), GOLDEN_POINTS, GOLDEN_DIMS, GOLDEN_PERPLEXITY);
    double sum = 0.0;
    for (size_t i = 0; i < (size_t)3 * GOLDEN_POINTS; i++) {
        double wanted = i % (GOLDEN_POINTS + 1) == 0 ? 0.0 : fmax(golden_affinities[i], DBL_EPSILON);
        PL_KIT_CLOSE(p[i], wanted, 1e-6 * wanted);
    }
    for (size_t i = 0; i < (size_t)GOLDEN_POINTS * GOLDEN_POINTS; i++)
        sum += p[i];
    PL_KIT_CLOSE(sum, 1.0, 1e-9);
    free(p);
}

/* As good a map as scikit-learn's from the same data: a KL at most 3 % above. */
static void as_close(void **state)
{
    (void)state;
    const double perplexities[] = {10.0, 25.0};
    double xy[2 * GOLDEN_POINTS];
    double kl = 0.0;
    for (size_t k = 0; k < 2; k++) {
        double *p = neighbours(golden_rows(), GOLDEN_POINTS, GOLDEN_DIMS, perplexities[k]);
        PL_KIT_OK(pl__tsne(golden_rows(), GOLDEN_POINTS, GOLDEN_DIMS, p, 1, xy, &kl), NULL);
        print_message("KL %.4f, of scikit-learn %.4f\n", kl, golden_kl[k]);
        assert_true(kl <= 1.03 * golden_kl[k]);
        free(p);
    }
}

/* The three clouds stay together: nearest neighbours in the map are of the same cloud. The seed decides everything. */
static void clouds(void **state)
{
    (void)state;
    double one[2 * GOLDEN_POINTS];
    double two[2 * GOLDEN_POINTS];
    double kl = 0.0;
    double again = 0.0;
    size_t same = 0;
    double *p = neighbours(golden_rows(), GOLDEN_POINTS, GOLDEN_DIMS, 10.0);
    PL_KIT_OK(pl__tsne(golden_rows(), GOLDEN_POINTS, GOLDEN_DIMS, p, 3, one, &kl), NULL);
    PL_KIT_OK(pl__tsne(golden_rows(), GOLDEN_POINTS, GOLDEN_DIMS, p, 3, two, &again), NULL);
    assert_memory_equal(one, two, sizeof(one));
    assert_memory_equal(&kl, &again, sizeof(kl));
    for (size_t i = 0; i < GOLDEN_POINTS; i++) {
        size_t nearest = i == 0 ? 1 : 0;
        for (size_t k = 0; k < GOLDEN_POINTS; k++) {
            if (k != i && hypot(one[2 * k] - one[2 * i], one[2 * k + 1] - one[2 * i + 1]) <
                              hypot(one[2 * nearest] - one[2 * i], one[2 * nearest + 1] - one[2 * i + 1]))
                nearest = k;
        }
        same += nearest / CLOUD == i / CLOUD ? 1 : 0;
    }
    assert_true(same >= GOLDEN_POINTS - 3);
    free(p);
}

/* Points in one place, and too few for the perplexity. */
static void degenerate(void **state)
{
    (void)state;
    const double zero[2] = {0.0, 0.0};
    const double *points[6];
    double xy[12];
    double kl = -1.0;
    for (size_t i = 0; i < 6; i++)
        points[i] = zero;
    double perplexity = pl__tsne_perplexity(PL_TSNE_PERPLEXITY, 6);
    PL_KIT_CLOSE(perplexity, 5.0 / 3.0, 1e-12);
    PL_KIT_CLOSE(pl__tsne_perplexity(PL_TSNE_PERPLEXITY, 1000), 30.0, 0.0);
    double *p = neighbours(points, 6, 2, perplexity);
    PL_KIT_OK(pl__tsne(points, 6, 2, p, 1, xy, &kl), NULL);
    for (size_t i = 0; i < 12; i++)
        assert_true(isfinite(xy[i]));
    assert_true(kl >= 0.0 && kl < 1.0);
    free(p);
}

static pl_status once(void *user, pl_error *err)
{
    double xy[12];
    double kl = 0.0;
    (void)err;
    return pl__tsne(golden_rows(), 6, GOLDEN_DIMS, user, 1, xy, &kl);
}

static void refused_memory(void **state)
{
    (void)state;
    double *p = neighbours(golden_rows(), 6, GOLDEN_DIMS, 1.5);
    pl__kit_fault_loop("tsne", once, p);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),    cmocka_unit_test(as_close),       cmocka_unit_test(clouds),
        cmocka_unit_test(degenerate), cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
