#include "rng.h"

#include "kit.h"

#include <math.h>
#include <string.h>

/* The authors' reference generator started from the state {1, 2, 3, 4}; the same values stand in the test suites of
 * the Rust and Zig implementations. */
static void test_reference_values(void **state)
{
    (void)state;
    static const uint64_t wanted[] = {UINT64_C(11520),
                                      UINT64_C(0),
                                      UINT64_C(1509978240),
                                      UINT64_C(1215971899390074240),
                                      UINT64_C(1216172134540287360),
                                      UINT64_C(607988272756665600),
                                      UINT64_C(16172922978634559625),
                                      UINT64_C(8476171486693032832),
                                      UINT64_C(10595114339597558777),
                                      UINT64_C(2904607092377533576)};
    pl_rng rng = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        assert_true(pl__rng_u64(&rng) == wanted[i]);
}

static void test_streams_are_keyed(void **state)
{
    (void)state;
    pl_rng a;
    pl_rng b;
    pl__rng_init(&a, 1, "split", 5);
    pl__rng_init(&b, 1, "split", 5);
    for (int i = 0; i < 100; i++)
        assert_true(pl__rng_u64(&a) == pl__rng_u64(&b));
    pl__rng_init(&a, 1, "split", 5);
    static const struct {
        uint64_t seed;
        const char *purpose;
        uint64_t index;
    } others[] = {{2, "split", 5}, {1, "splits", 5}, {1, "split", 6}, {1, "", 5}, {5, "split", 1}};
    uint64_t first = pl__rng_u64(&a);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        pl__rng_init(&b, others[i].seed, others[i].purpose, others[i].index);
        assert_true(pl__rng_u64(&b) != first);
    }
    pl__rng_init_bytes(&a, 7, "k\0a", 3);
    pl__rng_init_bytes(&b, 7, "k\0b", 3);
    assert_true(pl__rng_u64(&a) != pl__rng_u64(&b));
}

/* First values of the streams 0, 1, 2, ... must look independent: their mean and lag-1 correlation. */
static void test_neighbouring_streams(void **state)
{
    (void)state;
    enum { N = 20000 };
    double sum = 0.0;
    double lag = 0.0;
    double before = 0.0;
    for (uint64_t i = 0; i < N; i++) {
        pl_rng rng;
        pl__rng_init(&rng, pl__kit_seed(), "stream", i);
        double x = pl__rng_uniform(&rng) - 0.5;
        sum += x;
        lag += x * before;
        before = x;
    }
    /* standard errors: sqrt(1/12/N) and 1/12/sqrt(N); five of them */
    PL_KIT_CLOSE(sum / N, 0.0, 5.0 * sqrt(1.0 / 12.0 / N));
    PL_KIT_CLOSE(lag / N, 0.0, 5.0 / 12.0 / sqrt(N));
}

static void test_uniform_and_normal(void **state)
{
    (void)state;
    enum { N = 200000 };
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "moments", 0);
    double mean = 0.0;
    double square = 0.0;
    double cube = 0.0;
    double fourth = 0.0;
    double uniform = 0.0;
    for (int i = 0; i < N; i++) {
        double u = pl__rng_uniform(&rng);
        assert_true(u >= 0.0 && u < 1.0);
        uniform += u;
        double z = pl__rng_normal(&rng);
        assert_true(isfinite(z));
        mean += z;
        square += z * z;
        cube += z * z * z;
        fourth += z * z * z * z;
    }
    /* five standard errors: variances of z^k are 1, 2, 15, 96 */
    PL_KIT_CLOSE(uniform / N, 0.5, 5.0 * sqrt(1.0 / 12.0 / N));
    PL_KIT_CLOSE(mean / N, 0.0, 5.0 * sqrt(1.0 / N));
    PL_KIT_CLOSE(square / N, 1.0, 5.0 * sqrt(2.0 / N));
    PL_KIT_CLOSE(cube / N, 0.0, 5.0 * sqrt(15.0 / N));
    PL_KIT_CLOSE(fourth / N, 3.0, 5.0 * sqrt(96.0 / N));
}

static void test_below_is_uniform(void **state)
{
    (void)state;
    enum { SIDES = 7, N = 70000 };
    size_t counts[SIDES] = {0};
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "dice", 0);
    for (int i = 0; i < N; i++)
        counts[pl__rng_below(&rng, SIDES)]++;
    double chi2 = 0.0;
    for (size_t i = 0; i < SIDES; i++)
        chi2 += ((double)counts[i] - N / 7.0) * ((double)counts[i] - N / 7.0) / (N / 7.0);
    assert_true(chi2 < 35.0); /* 6 degrees of freedom: p = 4e-6 */

    for (int i = 0; i < 1000; i++) {
        assert_int_equal(pl__rng_below(&rng, 1), 0);
        assert_true(pl__rng_below(&rng, UINT64_MAX) < UINT64_MAX);
    }
    /* A bound just over half the range: without rejection the low half would come twice as often. */
    size_t low = 0;
    for (int i = 0; i < 30000; i++)
        low += pl__rng_below(&rng, UINT64_C(3) << 62) < UINT64_C(1) << 62;
    PL_KIT_CLOSE((double)low / 30000.0, 1.0 / 3.0, 5.0 * sqrt(2.0 / 9.0 / 30000.0));
}

static void test_shuffle(void **state)
{
    (void)state;
    enum { N = 4, RUNS = 24000 };
    size_t seen[256] = {0};
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "shuffle", 0);
    for (int run = 0; run < RUNS; run++) {
        uint32_t items[N] = {0, 1, 2, 3};
        pl__rng_shuffle(&rng, items, N);
        seen[items[0] | items[1] << 2 | items[2] << 4 | items[3] << 6]++;
    }
    size_t kinds = 0;
    double chi2 = 0.0;
    for (size_t i = 0; i < 256; i++) {
        if (seen[i] == 0)
            continue;
        kinds++;
        chi2 += ((double)seen[i] - 1000.0) * ((double)seen[i] - 1000.0) / 1000.0;
    }
    assert_int_equal(kinds, 24); /* all permutations, and nothing else */
    assert_true(chi2 < 70.0);    /* 23 degrees of freedom: p = 1e-6 */
    pl__rng_shuffle(&rng, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_values),     cmocka_unit_test(test_streams_are_keyed),
        cmocka_unit_test(test_neighbouring_streams), cmocka_unit_test(test_uniform_and_normal),
        cmocka_unit_test(test_below_is_uniform),     cmocka_unit_test(test_shuffle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
