#include <peerless/consensus.h>

#include "alloc.h"
#include "kemeny.h"
#include "kit.h"
#include "rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAMES 40u
#define CASES 200

static char names[NAMES][8];
static const char *models[NAMES];

static void name_models(void)
{
    for (unsigned m = 0; m < NAMES; m++) {
        (void)snprintf(names[m], sizeof(names[m]), "m%02u", m);
        models[m] = names[m];
    }
}

static pl_consensus *combine(const pl_consensus_list *lists, size_t n_lists, uint32_t n, const double *weights)
{
    pl_error err = {0};
    pl_consensus *c = NULL;
    pl_consensus_opts opts = PL_CONSENSUS_OPTS_INIT;
    opts.weights = weights;
    PL_KIT_OK(pl_consensus_run(lists, n_lists, models, n, &opts, &c, &err), &err);
    return c;
}

/* Three lists, worked by hand: points (1, .5, 0), (.5, 1, 0), (1, 0, .5). Each list against the mean of the others:
 * (.75, .5, .25): Spearman 1; (1, .25, .25): tied ranks (1, 2.5, 2.5) against (2, 1, 3): 0; (.75, .75, 0): ranks
 * (1.5, 1.5, 3) against (1, 3, 2): 0. */
static void test_by_hand(void **state)
{
    (void)state;
    static const double one[] = {3, 2, 1};
    static const double two[] = {2, 3, 1};
    static const double three[] = {9, -1, 0};
    static const double equal[] = {1, 1, 1};
    const pl_consensus_list lists[] = {{"one", one}, {"two", two}, {"three", three}};
    size_t n = 0;
    pl_consensus *c = combine(lists, 3, 3, NULL);
    PL_KIT_CLOSE(pl_consensus_weights(c)[0], 1, 1e-15);
    PL_KIT_CLOSE(pl_consensus_weights(c)[1], 0, 1e-15);
    PL_KIT_CLOSE(pl_consensus_weights(c)[2], 0, 1e-15);
    const char *const *warnings = pl_consensus_warnings(c, &n);
    assert_int_equal(n, 2);
    assert_non_null(strstr(warnings[0], "two does not agree"));
    PL_KIT_CLOSE(pl_consensus_spearman(c)[0 * 3 + 1], 0.5, 1e-15);
    PL_KIT_CLOSE(pl_consensus_spearman(c)[1 * 3 + 2], -0.5, 1e-15);
    PL_KIT_CLOSE(pl_consensus_kendall(c)[2 * 3 + 0], 1.0 / 3, 1e-15);
    PL_KIT_CLOSE(pl_consensus_kendall(c)[2 * 3 + 2], 1, 1e-15);
    pl_consensus_free(c);

    c = combine(lists, 3, 3, equal);
    PL_KIT_CLOSE(pl_consensus_borda(c)[0], 2.5 / 3, 1e-12);
    PL_KIT_CLOSE(pl_consensus_borda(c)[1], 0.5, 1e-12);
    PL_KIT_CLOSE(pl_consensus_borda(c)[2], 0.5 / 3, 1e-12);
    assert_int_equal(pl_consensus_kemeny(c)[0], 1);
    assert_int_equal(pl_consensus_kemeny(c)[1], 2);
    assert_int_equal(pl_consensus_kemeny(c)[2], 3);
    PL_KIT_CLOSE(pl_consensus_distance(c), 2.0 / 3, 1e-12); /* two: one pair; three: one pair */
    pl_consensus_free(c);
}

static void test_edges(void **state)
{
    (void)state;
    static const double some[] = {2, 1, (double)NAN, 3};
    static const double lonely[] = {(double)NAN, 5, (double)NAN, (double)NAN};
    static const double infinite[] = {(double)INFINITY, 1, (double)NAN, -(double)INFINITY};
    const pl_consensus_list lists[] = {{"some", some}, {"lonely", lonely}, {"infinite", infinite}};
    size_t n = 0;
    pl_consensus *c = combine(NULL, 0, 4, NULL);
    assert_true(isnan(pl_consensus_borda(c)[0]));
    assert_int_equal(pl_consensus_kemeny(c)[3], 0);
    pl_consensus_free(c);
    c = combine(lists, 3, 0, NULL);
    pl_consensus_free(c);
    c = combine(lists, 1, 4, NULL); /* one list is its own consensus */
    PL_KIT_CLOSE(pl_consensus_weights(c)[0], 1, 0);
    PL_KIT_CLOSE(pl_consensus_borda(c)[0], 0.5, 0);
    assert_true(isnan(pl_consensus_borda(c)[2]));
    assert_int_equal(pl_consensus_kemeny(c)[3], 1);
    assert_int_equal(pl_consensus_kemeny(c)[2], 0);
    (void)pl_consensus_warnings(c, &n);
    assert_int_equal(n, 0);
    pl_consensus_free(c);
    c = combine(lists + 1, 1, 4, NULL); /* a list of one model says nothing */
    PL_KIT_CLOSE(pl_consensus_weights(c)[0], 0, 0);
    assert_true(isnan(pl_consensus_borda(c)[1]));
    pl_consensus_free(c);
    c = combine(lists, 3, 4, NULL); /* against each other: both count, and a warning says why */
    PL_KIT_CLOSE(pl_consensus_weights(c)[0], 0.5, 0);
    PL_KIT_CLOSE(pl_consensus_weights(c)[1], 0, 0);
    PL_KIT_CLOSE(pl_consensus_weights(c)[2], 0.5, 0);
    assert_non_null(strstr(pl_consensus_warnings(c, &n)[0], "all count alike"));
    assert_non_null(strstr(pl_consensus_warnings(c, &n)[1], "lonely ranks fewer than two"));
    pl_consensus_free(c);
    pl_consensus_free(NULL);
}

static void test_refusals(void **state)
{
    (void)state;
    static const double scores[] = {1, 2};
    const pl_consensus_list good[] = {{"x", scores}, {"y", scores}};
    const pl_consensus_list nameless[] = {{NULL, scores}};
    const pl_consensus_list empty[] = {{"x", NULL}};
    static const double negative[] = {1, -1};
    static const double none[] = {0, 0};
    static const double huge[] = {1e308, 1e308};
    pl_error err = {0};
    pl_consensus *c = NULL;
    pl_consensus_opts opts = PL_CONSENSUS_OPTS_INIT;
    PL_KIT_STATUS(pl_consensus_run(good, 2, models, 2, NULL, NULL, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_consensus_run(NULL, 2, models, 2, NULL, &c, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_consensus_run(good, 2, NULL, 2, NULL, &c, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_consensus_run(nameless, 1, models, 2, NULL, &c, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_consensus_run(empty, 1, models, 2, NULL, &c, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_consensus_run(good, PL_CONSENSUS_LISTS_MAX + 1, models, 2, NULL, &c, &err), PL_E_LIMIT, &err);
    opts.weights = negative;
    PL_KIT_STATUS(pl_consensus_run(good, 2, models, 2, &opts, &c, &err), PL_E_INVALID, &err);
    opts.weights = none;
    PL_KIT_STATUS(pl_consensus_run(good, 2, models, 2, &opts, &c, &err), PL_E_INVALID, &err);
    opts.size_bytes = 1;
    PL_KIT_STATUS(pl_consensus_run(good, 2, models, 2, &opts, &c, &err), PL_E_INVALID, &err);
    assert_null(c);
    c = combine(good, 2, 2, huge);
    PL_KIT_CLOSE(pl_consensus_weights(c)[1], 0.5, 0);
    pl_consensus_free(c);
}

static void random_lists(pl_rng *rng, uint32_t n, size_t n_lists, double (*values)[NAMES])
{
    for (size_t l = 0; l < n_lists; l++) {
        for (uint32_t m = 0; m < n; m++) {
            values[l][m] = (double)m / 3 + (double)pl__rng_below(rng, n + 2);
            if (pl__rng_below(rng, 9) == 0)
                values[l][m] = (double)NAN;
        }
    }
}

/* Indices decide nothing: the same bits for models given in another order. */
static void test_order_of_models(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        double values[5][NAMES];
        double moved[5][NAMES];
        const char *moved_models[NAMES];
        uint32_t to[NAMES];
        pl_consensus_list lists[5];
        pl_consensus_list moved_lists[5];
        pl_error err = {0};
        pl_consensus *y = NULL;
        pl__rng_init(&rng, pl__kit_seed(), "consensus order", i);
        uint32_t n = 1 + (uint32_t)pl__rng_below(&rng, 20);
        size_t n_lists = 1 + pl__rng_below(&rng, 5);
        random_lists(&rng, n, n_lists, values);
        for (uint32_t m = 0; m < n; m++)
            to[m] = m;
        pl__rng_shuffle(&rng, to, n);
        for (uint32_t m = 0; m < n; m++)
            moved_models[to[m]] = models[m];
        for (size_t l = 0; l < n_lists; l++) {
            for (uint32_t m = 0; m < n; m++)
                moved[l][to[m]] = values[l][m];
            lists[l] = (pl_consensus_list){"list", values[l]};
            moved_lists[l] = (pl_consensus_list){"list", moved[l]};
        }
        pl_consensus *x = combine(lists, n_lists, n, NULL);
        PL_KIT_OK(pl_consensus_run(moved_lists, n_lists, moved_models, n, NULL, &y, &err), &err);
        assert_memory_equal(pl_consensus_weights(x), pl_consensus_weights(y), n_lists * sizeof(double));
        assert_memory_equal(pl_consensus_spearman(x), pl_consensus_spearman(y), n_lists * n_lists * sizeof(double));
        for (uint32_t m = 0; m < n; m++) {
            assert_memory_equal(pl_consensus_borda(x) + m, pl_consensus_borda(y) + to[m], sizeof(double));
            assert_int_equal(pl_consensus_kemeny(x)[m], pl_consensus_kemeny(y)[to[m]]);
        }
        pl_consensus_free(x);
        pl_consensus_free(y);
    }
}

/* The search must end where no single move helps, never above Borda's cost, and rarely above the best. */
static void test_search_against_exact(void **state)
{
    (void)state;
    unsigned n_best = 0;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        double against[9 * 9] = {0};
        uint32_t exact[9];
        uint32_t found[9];
        pl__rng_init(&rng, pl__kit_seed(), "kemeny", i);
        for (uint32_t a = 0; a < 9; a++) {
            found[a] = a;
            for (uint32_t b = a + 1; b < 9; b++) {
                against[a * 9 + b] = pl__rng_uniform(&rng);
                against[b * 9 + a] = 1 - against[a * 9 + b];
            }
        }
        double before = pl__kemeny_cost(against, 9, found);
        PL_KIT_OK(pl__kemeny_exact(against, 9, exact), NULL);
        pl__kemeny_search(against, 9, found);
        double best = pl__kemeny_cost(against, 9, exact);
        double reached = pl__kemeny_cost(against, 9, found);
        assert_true(best <= reached + 1e-12 && reached <= before + 1e-12);
        n_best += reached < best + 1e-9;
    }
    print_message("the best order was found in %u of %u\n", n_best, CASES);
    assert_true(n_best > CASES / 2);
}

/* Agreeing lists leave no doubt, with more models than the exact search takes, too. */
static void test_unanimous(void **state)
{
    (void)state;
    static double scores[NAMES];
    const pl_consensus_list lists[] = {{"x", scores}, {"y", scores}, {"z", scores}};
    for (uint32_t m = 0; m < NAMES; m++)
        scores[m] = (m * 7) % NAMES;
    pl_consensus *c = combine(lists, 3, NAMES, NULL);
    assert_false(pl_consensus_is_exact(c));
    PL_KIT_CLOSE(pl_consensus_distance(c), 0, 0);
    for (uint32_t m = 0; m < NAMES; m++)
        assert_int_equal(pl_consensus_kemeny(c)[m], NAMES - (uint32_t)scores[m]);
    pl_consensus_free(c);
}

/* Beyond the search's limit Kemeny's order is Borda's, and a warning says so. */
static void test_many_models(void **state)
{
    (void)state;
    const uint32_t n = PL_CONSENSUS_SEARCH_MAX + 1;
    double *scores = pl__calloc(n, sizeof(*scores));
    char(*many)[8] = pl__calloc(n, sizeof(*many));
    const char **pointers = pl__calloc(n, sizeof(*pointers));
    size_t n_warnings = 0;
    pl_error err = {0};
    pl_consensus *c = NULL;
    for (uint32_t m = 0; m < n; m++) {
        (void)snprintf(many[m], sizeof(many[m]), "%06u", m);
        pointers[m] = many[m];
        scores[m] = m % 1000;
    }
    const pl_consensus_list lists[] = {{"x", scores}};
    PL_KIT_OK(pl_consensus_run(lists, 1, pointers, n, NULL, &c, &err), &err);
    assert_non_null(strstr(pl_consensus_warnings(c, &n_warnings)[0], "Borda"));
    assert_int_equal(n_warnings, 1);
    assert_int_equal(pl_consensus_kemeny(c)[999], 1);
    assert_true(isnan(pl_consensus_distance(c)));
    pl_consensus_free(c);
    pl__free(scores);
    pl__free(many);
    pl__free(pointers);
}

static pl_status run_once(void *user, pl_error *err)
{
    pl_consensus *c = NULL;
    static const double x[] = {1, 2, 3};
    static const double y[] = {3, 2, 1};
    const pl_consensus_list lists[] = {{"x", x}, {"y", y}};
    (void)user;
    pl_status rc = pl_consensus_run(lists, 2, models, 3, NULL, &c, err);
    assert_true((rc == PL_OK) == (c != NULL));
    pl_consensus_free(c);
    return rc;
}

static void test_faults(void **state)
{
    (void)state;
    pl__kit_fault_loop("consensus", run_once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_order_of_models),
        cmocka_unit_test(test_search_against_exact),
        cmocka_unit_test(test_unanimous),
        cmocka_unit_test(test_many_models),
        cmocka_unit_test(test_faults),
    };
    name_models();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
