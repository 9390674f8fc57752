#include "next_pairs.h"

#include "kit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_MAX 64

static void fill(uint32_t *left, size_t n, uint32_t value)
{
    for (size_t i = 0; i < n; i++)
        left[i] = value;
}

/* Strengths 0, 0.1, 4: only the first two can be mistaken for each other. */
static void open_close_race(pl_posterior *p)
{
    pl_error err = {0};

    PL_KIT_OK(pl__posterior_open(p, 3, 2, &err), &err);
    p->theta[0] = 0.0;
    p->theta[1] = 0.1;
    p->theta[2] = 4.0;
    for (size_t i = 0; i < 9; i++)
        p->covariance[i] = i % 4 == 0 ? 0.05 : 0.0;
}

static void information_of_a_sign(void **state)
{
    (void)state;
    PL_KIT_CLOSE(pl__sign_information(0.0, 1.0, 0.0), 0.0, 0.0);
    /* an observation that settles an even chance tells ln 2 */
    PL_KIT_CLOSE(pl__sign_information(0.0, 1.0, 1.0), log(2.0), 0.35);
    assert_true(pl__sign_information(0.0, 1.0, 0.5) > pl__sign_information(0.0, 1.0, 0.25));
    assert_true(pl__sign_information(0.0, 1.0, 0.5) > pl__sign_information(2.0, 1.0, 0.5));
    assert_true(pl__sign_information(40.0, 1.0, 0.5) < 1e-12);
    /* P(yes) = 1/2, v = 1, reduction 1/2: E over z of the entropy at sd sqrt(1/2), by the rectangle rule */
    {
        double mean = 0.0;

        for (int i = -8000; i <= 8000; i++) {
            double z = i / 1000.0;
            double q = 0.5 * erfc(fabs(z) / sqrt(2.0));

            mean += exp(-z * z / 2.0) / sqrt(2.0 * acos(-1.0)) / 1000.0 * (-q * log(q) - (1.0 - q) * log1p(-q));
        }
        PL_KIT_CLOSE(pl__sign_information(0.0, 1.0, 0.5), log(2.0) - mean, 0.01);
    }
}

static void the_doubtful_pair_comes_first(void **state)
{
    pl_posterior p = {0};
    pl_error err = {0};
    uint32_t left[CELLS_MAX];
    pl_next_pair next[8];
    size_t n = 0;
    size_t of_judge[2] = {0};
    pl_rng rng;

    (void)state;
    open_close_race(&p);
    fill(left, CELLS_MAX, 100);
    pl__rng_init(&rng, pl__kit_seed(), "next", 0);
    PL_KIT_OK(pl__next_pairs(&p, left, 8, &rng, next, &n, &err), &err);
    assert_int_equal(n, 8);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(next[i].low, 0);
        assert_int_equal(next[i].high, 1);
        of_judge[next[i].judge]++;
    }
    assert_int_equal(of_judge[0], 4); /* judges alike share the work */
    pl__posterior_close(&p);
}

static void a_better_judge_judges_more(void **state)
{
    pl_posterior p = {0};
    pl_error err = {0};
    uint32_t left[CELLS_MAX];
    pl_next_pair next[10];
    size_t n = 0;
    size_t of_judge[2] = {0};
    pl_rng rng;

    (void)state;
    open_close_race(&p);
    p.a[1] = 2.0;
    fill(left, CELLS_MAX, 100);
    pl__rng_init(&rng, 1, "next", 0);
    PL_KIT_OK(pl__next_pairs(&p, left, 10, &rng, next, &n, &err), &err);
    for (size_t i = 0; i < n; i++)
        of_judge[next[i].judge]++;
    assert_int_equal(of_judge[1], 8); /* 4 to 1 */
    pl__posterior_close(&p);
}

static void what_is_not_left_is_not_chosen(void **state)
{
    pl_posterior p = {0};
    pl_error err = {0};
    uint32_t left[CELLS_MAX] = {0};
    pl_next_pair next[10];
    size_t n = 0;
    pl_rng rng;

    (void)state;
    open_close_race(&p);
    left[pl__pair_place(&p, 1, 0, 2)] = 2;
    left[pl__pair_place(&p, 0, 0, 1)] = 1;
    pl__rng_init(&rng, 1, "next", 0);
    PL_KIT_OK(pl__next_pairs(&p, left, 10, &rng, next, &n, &err), &err);
    assert_int_equal(n, 3);
    assert_int_equal(next[0].high, 1);
    assert_int_equal(next[1].high, 2);
    assert_int_equal(next[2].judge, 1);
    assert_int_equal(left[pl__pair_place(&p, 1, 0, 2)], 2); /* the caller's counts stay */
    pl__posterior_close(&p);
}

#define MANY 20u /* candidates: more than are reckoned exactly */

/* Candidates 7 and 8 are close, all others stand far apart. A batch of thousands, in which a pair is taken several
 * times in a row. */
static void many_candidates_and_large_batches(void **state)
{
    pl_posterior p = {0};
    pl_error err = {0};
    size_t cells = (size_t)MANY * MANY * 2;
    uint32_t *left = calloc(cells, sizeof(*left));
    pl_next_pair *next = calloc(4000, sizeof(*next));
    size_t n = 0;
    size_t close = 0;
    pl_rng rng;

    (void)state;
    assert_true(left && next);
    PL_KIT_OK(pl__posterior_open(&p, MANY, 2, &err), &err);
    for (uint32_t i = 0; i < MANY; i++) {
        p.theta[i] = i == 8 ? 7.05 : (double)i;
        for (uint32_t k = 0; k < MANY; k++)
            p.covariance[i * MANY + k] = i == k ? 0.004 : 0.0;
    }
    fill(left, cells, 5000);
    pl__rng_init(&rng, pl__kit_seed(), "next", 0);
    PL_KIT_OK(pl__next_pairs(&p, left, 40, &rng, next, &n, &err), &err);
    assert_int_equal(n, 40);
    for (size_t i = 0; i < n; i++)
        close += next[i].low == 7 && next[i].high == 8;
    assert_true(close >= 36);
    PL_KIT_OK(pl__next_pairs(&p, left, 4000, &rng, next, &n, &err), &err);
    assert_int_equal(n, 4000);
    for (size_t i = 0; i < 40; i++)
        assert_true(next[i].low == 7 && next[i].high == 8);
    fill(left, cells, 0);
    left[pl__pair_place(&p, 1, 3, 4)] = 1500; /* fewer than wanted */
    PL_KIT_OK(pl__next_pairs(&p, left, 4000, &rng, next, &n, &err), &err);
    assert_int_equal(n, 1500);
    pl__posterior_close(&p);
    free(left);
    free(next);
}

static pl_status choose_some(void *user, pl_error *err)
{
    pl_posterior *p = user;
    uint32_t left[CELLS_MAX];
    pl_next_pair next[4];
    size_t n = 0;
    pl_rng rng;

    fill(left, CELLS_MAX, 3);
    pl__rng_init(&rng, 1, "next", 0);
    return pl__next_pairs(p, left, 4, &rng, next, &n, err);
}

static void memory_may_be_refused(void **state)
{
    pl_posterior p = {0};

    (void)state;
    open_close_race(&p);
    pl__kit_fault_loop("next pairs", choose_some, &p);
    pl__posterior_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(information_of_a_sign),
        cmocka_unit_test(the_doubtful_pair_comes_first),
        cmocka_unit_test(a_better_judge_judges_more),
        cmocka_unit_test(what_is_not_left_is_not_chosen),
        cmocka_unit_test(many_candidates_and_large_batches),
        cmocka_unit_test(memory_may_be_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
