#include "posterior.h"

#include "distribution.h"
#include "kit.h"
#include "rng.h"

#include <math.h>
#include <string.h>

static void nothing_seen_is_the_prior(void **state)
{
    pl_posterior p = {0};
    pl_error err = {0};

    (void)state;
    PL_KIT_OK(pl__posterior_open(&p, 3, 2, &err), &err);
    for (size_t i = 0; i < 3; i++) {
        PL_KIT_CLOSE(p.theta[i], 0.0, 0.0);
        PL_KIT_CLOSE(p.covariance[i * 3 + i], 9.0, 1e-12);
        PL_KIT_CLOSE(p.covariance[i * 3 + (i + 1) % 3], 0.0, 1e-12);
    }
    PL_KIT_CLOSE(p.phi, 1.0, 1e-12);
    PL_KIT_CLOSE(pl__posterior_doubt(&p), 1.0, 0.0);
    pl__posterior_close(&p);
}

/* Two candidates, one judge, w wins of n for the first. By symmetry theta = (x/2, -x/2); the stationary point in x and
 * a is checked by the derivatives, written down anew. */
static void two_candidates_stand_where_the_slopes_vanish(void **state)
{
    pl_posterior p = {0};
    pl_error err = {0};
    pl_scored_pair won = {.a = 0, .b = 1, .score = 1.0};
    pl_scored_pair lost = {.a = 1, .b = 0, .score = 1.0};
    double x = 0.0;
    double residual = 0.0;

    (void)state;
    PL_KIT_OK(pl__posterior_open(&p, 2, 1, &err), &err);
    for (uint32_t i = 0; i < 20; i++) {
        won.cluster = lost.cluster = i;
        PL_KIT_OK(pl__posterior_add(&p, i < 15 ? &won : &lost, 1, &err), &err);
    }
    pl__posterior_fit(&p);
    x = p.theta[0] - p.theta[1];
    PL_KIT_CLOSE(p.theta[0] + p.theta[1], 0.0, 1e-9);
    residual = 15.0 - 20.0 / (1.0 + exp(-p.a[0] * x));
    PL_KIT_CLOSE(p.a[0] * residual - p.theta[0] / 9.0, 0.0, 1e-6);
    PL_KIT_CLOSE(x * residual + (1.0 - p.a[0]) / 0.25, 0.0, 1e-6);
    assert_true(x > 0.5 && x < 2.0);
    pl__posterior_close(&p);
}

static void a_judge_who_guesses_counts_for_less(void **state)
{
    pl_posterior p = {0};
    pl_error err = {0};
    pl_rng rng;

    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "guessing judge", 0);
    PL_KIT_OK(pl__posterior_open(&p, 3, 2, &err), &err);
    for (uint32_t i = 0; i < 600; i++) {
        uint32_t a = i % 3;
        uint32_t b = (a + 1 + i / 3 % 2) % 3;
        double chance = i % 2 == 0 ? 0.5 : 1.0 / (1.0 + exp((double)a - (double)b)); /* 2 is the best */
        pl_scored_pair x = {.cluster = i, .judge = i % 2 == 0 ? 0 : 1, .a = a, .b = b};

        x.score = pl__rng_uniform(&rng) < (i % 2 == 0 ? 0.5 : 1.0 - chance) ? 1.0 : 0.0;
        PL_KIT_OK(pl__posterior_add(&p, &x, 1, &err), &err);
    }
    pl__posterior_fit(&p);
    assert_true(p.a[0] < p.a[1]);
    PL_KIT_CLOSE(p.phi, 1.0, 0.15);
    pl__posterior_close(&p);
}

/* Every verdict of a cluster the same: twenty copies of one opinion are not twenty opinions. */
static void doubt_counts_clusters_not_comparisons(void **state)
{
    pl_posterior p[2] = {{0}, {0}};
    pl_error err = {0};

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        PL_KIT_OK(pl__posterior_open(&p[k], 2, 1, &err), &err);
        for (uint32_t i = 0; i < 80; i++) {
            pl_scored_pair x = {.cluster = k == 0 ? i : i / 20, .a = 0, .b = 1, .score = i < 60 ? 1.0 : 0.0};

            PL_KIT_OK(pl__posterior_add(&p[k], &x, 1, &err), &err);
        }
        pl__posterior_fit(&p[k]);
    }
    assert_true(pl__posterior_doubt(&p[0]) < 0.001);
    assert_true(pl__posterior_doubt(&p[1]) > 5.0 * pl__posterior_doubt(&p[0]));
    pl__posterior_close(&p[0]);
    pl__posterior_close(&p[1]);
}

static void bad_comparisons_are_refused(void **state)
{
    static const pl_scored_pair bad[] = {
        {.judge = 1, .a = 0, .b = 1},           {.a = 0, .b = 0}, {.a = 2, .b = 0}, {.a = 0, .b = 1, .score = 1.5},
        {.a = 0, .b = 1, .score = (double)NAN},
    };
    pl_posterior p = {0};
    pl_error err = {0};

    (void)state;
    PL_KIT_STATUS(pl__posterior_open(&p, 1, 1, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl__posterior_open(&p, PL_DESIGN_MODELS_MAX + 1, 1, &err), PL_E_LIMIT, &err);
    PL_KIT_OK(pl__posterior_open(&p, 2, 1, NULL), NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        PL_KIT_STATUS(pl__posterior_add(&p, &bad[i], 1, &err), PL_E_RANGE, &err);
    assert_int_equal(p.n_pairs, 0);
    pl__posterior_close(&p);
}

static pl_status open_and_doubt(void *user, pl_error *err)
{
    pl_posterior p = {0};
    pl_scored_pair x = {.a = 0, .b = 1, .score = 1.0};
    pl_status rc = pl__posterior_open(&p, 3, 2, err);

    (void)user;
    if (rc == PL_OK)
        rc = pl__posterior_add(&p, &x, 1, err);
    if (rc == PL_OK) {
        pl__posterior_fit(&p);
        rc = isnan(pl__posterior_doubt(&p)) ? PL_E_NOMEM : PL_OK;
        err->code = rc == PL_OK ? err->code : rc;
    }
    pl__posterior_close(&p);
    return rc;
}

static void memory_may_be_refused(void **state)
{
    (void)state;
    pl__kit_fault_loop("posterior", open_and_doubt, NULL);
}

static void looking_often_asks_for_less_doubt(void **state)
{
    (void)state;
    PL_KIT_CLOSE(pl__stopping_doubt(0.95, 1), 0.05, 1e-12);
    PL_KIT_CLOSE(pl__stopping_doubt(0.95, 0), 0.05, 1e-12);
    /* Pocock's boundaries: 2.178 for two looks and 2.555 for ten, two-sided; 2.672 for twenty */
    PL_KIT_CLOSE(pl__stopping_doubt(0.95, 2), erfc(2.178 / sqrt(2.0)), 5e-5);
    PL_KIT_CLOSE(pl__stopping_doubt(0.95, 10), erfc(2.555 / sqrt(2.0)), 5e-5);
    PL_KIT_CLOSE(pl__stopping_doubt(0.95, 20), erfc(2.672 / sqrt(2.0)), 1e-4);
    for (uint32_t n = 1; n < 50; n++) {
        assert_true(pl__stopping_doubt(0.9, n + 1) < pl__stopping_doubt(0.9, n));
        assert_true(pl__stopping_doubt(0.99, n) < pl__stopping_doubt(0.9, n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_seen_is_the_prior),
        cmocka_unit_test(two_candidates_stand_where_the_slopes_vanish),
        cmocka_unit_test(a_judge_who_guesses_counts_for_less),
        cmocka_unit_test(doubt_counts_clusters_not_comparisons),
        cmocka_unit_test(bad_comparisons_are_refused),
        cmocka_unit_test(looking_often_asks_for_less_doubt),
        cmocka_unit_test(memory_may_be_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
