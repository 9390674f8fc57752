#include "kit.h"
#include "ranks.h"
#include "rng.h"
#include "stats_golden.h"

#include <math.h>
#include <peerless/stats.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static double entropy(const double *predicted, const double *truth, size_t n)
{
    double ret = -9;
    pl_error err = {0};
    PL_KIT_OK(pl_stats_permutation_entropy(predicted, truth, n, &ret, &err), &err);
    return ret;
}

static void check_order(const double *predicted, const double *truth, size_t n, uint64_t inversions, uint64_t lis)
{
    uint64_t got_inversions = 999;
    uint64_t got_lis = 999;
    pl_error err = {0};
    PL_KIT_OK(pl_stats_order(predicted, truth, n, &got_inversions, &got_lis, &err), &err);
    assert_int_equal(got_inversions, inversions);
    assert_int_equal(got_lis, lis);
}

static void agrees_with_the_reference(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_pairs); i++) {
        const double *x = golden_pairs[i].x;
        const double *y = golden_pairs[i].y;
        size_t n = golden_pairs[i].n;
        double ranks[GOLDEN_PAIRS_MAX];
        pl_error err = {0};
        PL_KIT_OK(pl_stats_ranks_descending(x, n, ranks, &err), &err);
        for (size_t k = 0; k < n; k++)
            PL_KIT_CLOSE(ranks[k], golden_pairs[i].rank_x[k], 0);
        check_order(x, y, n, golden_pairs[i].inversions, golden_pairs[i].lis);
        if (n < 3)
            assert_true(isnan(entropy(x, y, n)));
        else
            PL_KIT_CLOSE(entropy(x, y, n), golden_pairs[i].entropy, 1e-14);
    }
}

/* The published check of fifteen models: the list is the true rank of the model predicted best, second best, … */
static void reads_the_sequence_in_the_right_direction(void **state)
{
    (void)state;
    static const double sequence[] = {3, 2, 1, 4, 0, 7, 11, 5, 6, 8, 12, 10, 9, 13, 14};
    double predicted[15];
    double truth[15];
    double inverse[15];
    for (size_t i = 0; i < 15; i++) {
        predicted[i] = -(double)i;
        truth[i] = -sequence[i];
        inverse[(size_t)sequence[i]] = -(double)i;
    }
    PL_KIT_CLOSE(entropy(predicted, truth, 15), 1.6715952780212544, 1e-15);
    check_order(predicted, truth, 15, 17, 8);
    /* The other direction has another entropy, so that the check can fail. */
    assert_true(fabs(entropy(predicted, inverse, 15) - 1.6715952780212544) > 1e-3);
}

/* UPME prints a cell of 0.141 +- 0.2812: six models, four runs, one of them with one model misplaced. The deviation
 * is the sample's (n - 1). */
static void four_runs_give_the_published_cell(void **state)
{
    (void)state;
    static const double truth[] = {6, 5, 4, 3, 2, 1};
    static const double runs[4][6] = {{6, 5, 4, 3, 2, 1}, {9, 8, 7, 3, 2, 1}, {6, 5, 4, 3, 1, 2}, {5, 4, 3, 2, 1, 0}};
    double values[4];
    double mean = 0;
    double squares = 0;
    for (size_t i = 0; i < 4; i++) {
        values[i] = entropy(runs[i], truth, 6);
        mean += values[i] / 4;
    }
    for (size_t i = 0; i < 4; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    PL_KIT_CLOSE(mean, 0.141, 0.0005);
    PL_KIT_CLOSE(sqrt(squares / 3), 0.281, 0.0005);
}

static void entropy_is_zero_for_perfect_and_for_reversed(void **state)
{
    (void)state;
    static const double up[] = {1, 2, 3, 4, 5};
    static const double down[] = {5, 4, 3, 2, 1};
    PL_KIT_CLOSE(entropy(up, up, 5), 0, 0);
    PL_KIT_CLOSE(entropy(up, down, 5), 0, 0);
    assert_false(signbit(entropy(up, up, 5)));
    check_order(up, up, 5, 0, 5);
    check_order(up, down, 5, 10, 1);
    /* One misplaced of six: three windows of one pattern and one of another. */
    PL_KIT_CLOSE(entropy((double[]){6, 5, 4, 3, 2, 1}, (double[]){6, 5, 4, 3, 1, 2}, 6), 0.5623351446188083, 1e-15);
}

static void ties_keep_their_order_and_nan_stands_last(void **state)
{
    (void)state;
    static const double flat[] = {2, 2, 2, 2};
    static const double truth[] = {4, 3, 2, 1};
    check_order(flat, truth, 4, 0, 4);
    check_order(truth, flat, 4, 0, 4);
    const double holes[] = {nan(""), 3, nan(""), 7, 3};
    static const double expected[] = {4.5, 2.5, 4.5, 1, 2.5};
    double ranks[5];
    pl_error err = {0};
    PL_KIT_OK(pl_stats_ranks_descending(holes, 5, ranks, &err), &err);
    for (size_t i = 0; i < 5; i++)
        PL_KIT_CLOSE(ranks[i], expected[i], 0);
    check_order(holes, (double[]){1, 4, 2, 5, 3}, 5, 1, 4); /* 5 4 3 | 1 2 */
    PL_KIT_OK(pl_stats_ranks_descending((double[]){-0.0, 0.0, HUGE_VAL, -HUGE_VAL}, 4, ranks, &err), &err);
    PL_KIT_CLOSE(ranks[0], 2.5, 0);
    PL_KIT_CLOSE(ranks[1], 2.5, 0);
    PL_KIT_CLOSE(ranks[2], 1, 0);
    PL_KIT_CLOSE(ranks[3], 4, 0);
}

static void small_lists_are_defined(void **state)
{
    (void)state;
    static const double two[] = {1, 2};
    double rank = 0;
    pl_error err = {0};
    check_order(NULL, NULL, 0, 0, 0);
    check_order(two, two, 1, 0, 1);
    check_order(two, (double[]){2, 1}, 2, 1, 1);
    assert_true(isnan(entropy(NULL, NULL, 0)));
    assert_true(isnan(entropy(two, two, 1)));
    assert_true(isnan(entropy(two, two, 2)));
    PL_KIT_OK(pl_stats_ranks_descending(NULL, 0, NULL, &err), &err);
    PL_KIT_OK(pl_stats_ranks_descending(two, 1, &rank, &err), &err);
    PL_KIT_CLOSE(rank, 1, 0);
}

static void refuses_null(void **state)
{
    (void)state;
    static const double two[] = {1, 2};
    double d = 7;
    uint64_t u = 7;
    pl_error err = {0};
    PL_KIT_STATUS(pl_stats_ranks_descending(NULL, 2, &d, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_stats_ranks_descending(two, 2, NULL, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_stats_permutation_entropy(two, NULL, 2, &d, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_stats_permutation_entropy(two, two, 2, NULL, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_stats_order(NULL, two, 2, &u, &u, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_stats_order(two, two, 2, &u, NULL, &err), PL_E_INVALID, &err);
    PL_KIT_CLOSE(d, 7, 0);
    assert_int_equal(u, 7);
}

static void top1_looks_at_the_first_best(void **state)
{
    (void)state;
    const double gap[] = {nan(""), 1, 5};
    assert_true(pl_stats_top1((double[]){1, 3, 2}, (double[]){0, 9, 9}, 3));
    assert_false(pl_stats_top1((double[]){1, 3, 2}, (double[]){10, 9, 9}, 3));
    assert_true(pl_stats_top1((double[]){3, 3}, (double[]){9, 1}, 2));
    assert_false(pl_stats_top1((double[]){3, 3}, (double[]){1, 9}, 2));
    assert_true(pl_stats_top1((double[]){3, 1}, (double[]){4, 4}, 2));
    assert_true(pl_stats_top1((double[]){3}, (double[]){-2}, 1));
    assert_false(pl_stats_top1((double[]){3}, (double[]){-2}, 0));
    assert_false(pl_stats_top1(NULL, NULL, 0));
    assert_false(pl_stats_top1(NULL, gap, 3));
    assert_true(pl_stats_top1(gap, (double[]){9, 1, 9}, 3));
    assert_false(pl_stats_top1((double[]){5, 1, 0}, gap, 3)); /* its truth is unknown */
    assert_false(pl_stats_top1((double[]){nan(""), nan("")}, (double[]){1, 1}, 2));
    assert_true(pl_stats_top1((double[]){-HUGE_VAL, -HUGE_VAL}, (double[]){-HUGE_VAL, -HUGE_VAL}, 2));
}

static void counts_inversions_of_random_permutations(void **state)
{
    (void)state;
    enum { MOST = 90 };
    double x[MOST];
    double sorted[MOST];
    double scratch[MOST];
    for (uint64_t round = 0; round < 300; round++) {
        pl_rng rng;
        pl__rng_init(&rng, pl__kit_seed(), "order", round);
        size_t n = (size_t)pl__rng_below(&rng, MOST);
        uint64_t expected = 0;
        for (size_t i = 0; i < n; i++) {
            x[i] = (double)pl__rng_below(&rng, 50);
            sorted[i] = x[i];
            for (size_t j = 0; j < i; j++)
                expected += x[j] > x[i];
        }
        assert_int_equal(pl__sort_counting(sorted, scratch, n), expected);
        for (size_t i = 1; i < n; i++)
            assert_true(sorted[i - 1] <= sorted[i]);
    }
}

static pl_status all_of_them(void *user, pl_error *err)
{
    const double *x = user;
    double d[5];
    uint64_t u = 0;
    pl_status rc = pl_stats_ranks_descending(x, 5, d, err);
    if (rc == PL_OK)
        rc = pl_stats_permutation_entropy(x, x + 1, 5, d, err);
    return rc == PL_OK ? pl_stats_order(x, x + 1, 5, &u, &u, err) : rc;
}

static void survives_refused_memory(void **state)
{
    (void)state;
    double x[] = {3, 1, 4, 1, 5, 9};
    pl__kit_fault_loop("order", all_of_them, x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_reference),
        cmocka_unit_test(reads_the_sequence_in_the_right_direction),
        cmocka_unit_test(entropy_is_zero_for_perfect_and_for_reversed),
        cmocka_unit_test(four_runs_give_the_published_cell),
        cmocka_unit_test(ties_keep_their_order_and_nan_stands_last),
        cmocka_unit_test(small_lists_are_defined),
        cmocka_unit_test(refuses_null),
        cmocka_unit_test(top1_looks_at_the_first_best),
        cmocka_unit_test(counts_inversions_of_random_permutations),
        cmocka_unit_test(survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
