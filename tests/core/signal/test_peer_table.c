#include <peerless/signal.h>

#include "alloc.h"
#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <string.h>

static pl_peer_table *build(const pl_maker *k, const pl_peer_opts *opts)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    PL_KIT_OK(pl_peer_table_build(&k->set, opts, &t, &err), &err);
    assert_non_null(t);
    return t;
}

static double mean(const pl_peer_table *t, uint32_t candidate, uint32_t judge)
{
    return pl_peer_table_mean(t)[candidate * pl_peer_table_n_models(t) + judge];
}

static double count(const pl_peer_table *t, uint32_t candidate, uint32_t judge)
{
    return pl_peer_table_count(t)[candidate * pl_peer_table_n_models(t) + judge];
}

static void test_rows_stand_as_they_are(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(4, 2, 1);
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 2, 1, 0, 0, PL_VERDICT_TIE);
    pl__maker_add(k, 1, 2, 1, 0, 0, PL_VERDICT_MISSING);
    pl__maker_add(k, 1, 0, 0, 1, 0, PL_VERDICT_B);
    pl_peer_table *t = build(k, NULL);
    PL_KIT_CLOSE(mean(t, 0, 2), 0.75, 0);
    PL_KIT_CLOSE(mean(t, 1, 2), 0.25, 0);
    PL_KIT_CLOSE(count(t, 0, 2), 2, 0);
    PL_KIT_CLOSE(mean(t, 1, 0), 1, 0);
    PL_KIT_CLOSE(count(t, 0, 0), 1, 0);
    PL_KIT_CLOSE(count(t, 2, 2), 0, 0);
    assert_true(pl_peer_table_is_candidate(t, 0) && pl_peer_table_is_candidate(t, 1));
    assert_false(pl_peer_table_is_candidate(t, 2) || pl_peer_table_is_candidate(t, 4));
    assert_true(pl_peer_table_is_judge(t, 2) && pl_peer_table_is_judge(t, 0));
    assert_false(pl_peer_table_is_judge(t, 1) || pl_peer_table_is_judge(t, 3) || pl_peer_table_is_judge(t, 99));
    size_t n = 0;
    const pl_ballot *v = pl_peer_table_ballots(t, &n);
    assert_int_equal(n, 3);
    assert_true(v[0].item == 0 && v[0].judge == 2 && v[0].a == 0 && v[0].b == 1 && v[0].a_first);
    PL_KIT_CLOSE(v[0].a_score, 1, 0);
    PL_KIT_CLOSE(v[0].weight, 1, 0);
    assert_true(!v[1].a_first && v[2].item == 1 && v[2].judge == 0);
    PL_KIT_CLOSE(v[2].a_score, 0, 0);
    pl_peer_table_free(t);

    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    opts.drop_self_reviews = true;
    t = build(k, &opts);
    PL_KIT_CLOSE(count(t, 0, 0), 0, 0);
    PL_KIT_CLOSE(mean(t, 1, 0), 0, 0);
    PL_KIT_CLOSE(count(t, 0, 2), 2, 0);
    assert_false(pl_peer_table_is_judge(t, 0));
    pl_peer_table_free(t);

    const bool exclude[4] = {false, false, true, false};
    opts.drop_self_reviews = false;
    opts.exclude_judges = exclude;
    t = build(k, &opts);
    PL_KIT_CLOSE(count(t, 0, 2), 0, 0);
    PL_KIT_CLOSE(count(t, 0, 0), 1, 0);
    assert_false(pl_peer_table_is_judge(t, 2));
    assert_true(pl_peer_table_is_candidate(t, 1));
    pl_peer_table_free(t);
    pl__maker_free(k);
}

static void test_both_orders_are_averaged_first(void **state)
{
    (void)state;
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    opts.pair_orders = true;
    pl_maker *k = pl__maker_new(3, 4, 1);
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A); /* for 0 */
    pl__maker_add(k, 0, 2, 1, 0, 0, PL_VERDICT_A); /* for 1 */
    pl__maker_add(k, 1, 2, 1, 0, 0, PL_VERDICT_B); /* for 0 */
    pl__maker_add(k, 1, 2, 0, 1, 0, PL_VERDICT_A); /* for 0 */
    pl__maker_add(k, 2, 2, 0, 1, 0, PL_VERDICT_B); /* the other order is missing */
    pl__maker_add(k, 2, 2, 1, 0, 0, PL_VERDICT_MISSING);
    pl__maker_add(k, 3, 2, 0, 1, 0, PL_VERDICT_MISSING); /* nothing there to be dropped */
    pl__maker_add(k, 3, 2, 1, 0, 0, PL_VERDICT_MISSING);
    pl_peer_table *t = build(k, &opts);
    PL_KIT_CLOSE(count(t, 0, 2), 2, 0);
    PL_KIT_CLOSE(mean(t, 0, 2), 0.75, 0);
    PL_KIT_CLOSE(mean(t, 1, 2), 0.25, 0);
    assert_int_equal(pl_peer_table_dropped_pairs(t), 1);
    assert_int_equal(pl_peer_table_rescaled_pairs(t), 0);
    size_t n = 0;
    const pl_ballot *v = pl_peer_table_ballots(t, &n);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++)
        PL_KIT_CLOSE(v[i].weight, 0.5, 0);
    pl_peer_table_free(t);

    /* A repeat in one order must not outweigh the other order. */
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A);
    t = build(k, &opts);
    PL_KIT_CLOSE(count(t, 0, 2), 2.5, 0);
    PL_KIT_CLOSE(mean(t, 0, 2), (1.5 * 0.5 + 1) / 2.5, 1e-15);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

static void test_lone_ballots(void **state)
{
    (void)state;
    const double gamma[2] = {0.75, 0.25};
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    opts.pair_orders = true;
    opts.criterion_weights = gamma;
    pl_maker *k = pl__maker_new(3, 2, 2);
    pl__maker_add(k, 1, 2, 1, 0, 1, PL_VERDICT_A)->a_length = 7;
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 2, 1, 0, 0, PL_VERDICT_TIE);
    pl__maker_add(k, 0, 2, 1, 0, 1, PL_VERDICT_TIE)->weight = 2;
    pl_peer_table *t = build(k, &opts);
    size_t n = 9;
    (void)pl_peer_table_ballots(t, &n);
    assert_int_equal(n, 2);
    const pl_ballot *v = pl_peer_table_lone_ballots(t, &n);
    assert_int_equal(n, 2);
    assert_true(v[0].item == 0 && v[0].criterion == 1 && !v[0].a_first && v[0].a_length == 0);
    PL_KIT_CLOSE(v[0].weight, 0.5, 0);
    PL_KIT_CLOSE(v[0].a_score, 0.5, 0);
    assert_true(v[1].item == 1 && v[1].a == 0 && v[1].b == 1 && v[1].a_length == 0 && v[1].b_length == 7);
    PL_KIT_CLOSE(v[1].a_score, 0, 0);
    PL_KIT_CLOSE(v[1].weight, 0.25, 0);
    uint32_t n_criteria = 0;
    const double *shares = pl_peer_table_criterion_shares(t, &n_criteria);
    assert_int_equal(n_criteria, 2);
    PL_KIT_CLOSE(shares[0], 0.75, 1e-15);
    PL_KIT_CLOSE(shares[1], 0.25, 1e-15);
    pl_peer_table_free(t);
    opts.pair_orders = false; /* every row is a ballot, and knows its lengths */
    t = build(k, &opts);
    (void)pl_peer_table_lone_ballots(t, &n);
    assert_int_equal(n, 0);
    v = pl_peer_table_ballots(t, &n);
    assert_int_equal(n, 4);
    assert_true(v[3].a_length == 0 && v[3].b_length == 7);
    pl_peer_table_free(t);

    k->rows[0].weight = 1e308; /* too much to add up, though no ballot */
    k->rows[3].weight = 1e308;
    opts.pair_orders = true;
    pl_error err = {0};
    t = NULL;
    PL_KIT_STATUS(pl_peer_table_build(&k->set, &opts, &t, &err), PL_E_RANGE, &err);
    assert_null(t);
    pl__maker_free(k);
}

static void test_families(void **state)
{
    (void)state;
    static const char *const families[5] = {"b", "a", "b", "c", "a"};
    pl_maker *k = pl__maker_new(5, 1, 1);
    pl_peer_table *t = build(k, NULL);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(pl_peer_table_families(t)[i], i);
    pl_peer_table_free(t);
    k->set.families = families;
    t = build(k, NULL);
    const uint32_t *f = pl_peer_table_families(t);
    assert_true(f[0] == f[2] && f[1] == f[4] && f[0] != f[1] && f[3] != f[0] && f[3] != f[1]);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

static void test_gamma(void **state)
{
    (void)state;
    const double gamma[3] = {0.3, 0.0, 0.1};
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    opts.criterion_weights = gamma;
    pl_maker *k = pl__maker_new(3, 3, 3);
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 2, 0, 1, 1, PL_VERDICT_B); /* gamma 0: no effect */
    pl__maker_add(k, 0, 2, 0, 1, 2, PL_VERDICT_B);
    pl__maker_add(k, 1, 2, 0, 1, 2, PL_VERDICT_B); /* criterion 0 is missing: criterion 2 counts fully */
    pl__maker_add(k, 2, 2, 0, 1, 1, PL_VERDICT_A); /* nothing that counts */
    pl_peer_table *t = build(k, &opts);
    PL_KIT_CLOSE(count(t, 0, 2), 2, 1e-15);
    PL_KIT_CLOSE(mean(t, 0, 2), 0.375, 1e-15);
    PL_KIT_CLOSE(mean(t, 1, 2), 0.625, 1e-15);
    assert_int_equal(pl_peer_table_rescaled_pairs(t), 1);
    assert_int_equal(pl_peer_table_dropped_pairs(t), 0);
    size_t n = 0;
    const pl_ballot *v = pl_peer_table_ballots(t, &n);
    assert_int_equal(n, 5);
    PL_KIT_CLOSE(v[0].weight, 0.75, 1e-15);
    PL_KIT_CLOSE(v[1].weight, 0, 0);
    PL_KIT_CLOSE(v[2].weight, 0.25, 1e-15);
    pl_peer_table_free(t);

    /* With both orders, a criterion that has one of them is missing, and the pair lives on by the others. */
    opts.pair_orders = true;
    k->set.n_rows = 0;
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 2, 0, 1, 2, PL_VERDICT_B);
    pl__maker_add(k, 0, 2, 1, 0, 2, PL_VERDICT_A);
    pl__maker_add(k, 1, 2, 0, 1, 0, PL_VERDICT_A);
    t = build(k, &opts);
    PL_KIT_CLOSE(mean(t, 0, 2), 0, 0);
    PL_KIT_CLOSE(count(t, 0, 2), 1, 1e-15);
    assert_int_equal(pl_peer_table_rescaled_pairs(t), 1);
    assert_int_equal(pl_peer_table_dropped_pairs(t), 1);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

static void test_nothing_usable(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(3, 1, 1);
    pl_peer_table *t = build(k, NULL);
    for (uint32_t i = 0; i < 9; i++)
        assert_true(pl_peer_table_count(t)[i] == 0 && pl_peer_table_mean(t)[i] == 0);
    assert_false(pl_peer_table_is_candidate(t, 0));
    pl_peer_table_free(t);
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_MISSING);
    t = build(k, NULL);
    size_t n = 1;
    (void)pl_peer_table_ballots(t, &n);
    assert_int_equal(n, 0);
    assert_true(pl_peer_table_is_candidate(t, 1) && pl_peer_table_is_judge(t, 2));
    assert_true(pl_peer_table_count(t)[2] == 0);
    pl_peer_table_free(t);
    k->set.n_models = 0;
    k->set.n_rows = 0;
    t = build(k, NULL);
    assert_int_equal(pl_peer_table_n_models(t), 0);
    pl_peer_table_free(t);
    pl_peer_table_free(NULL);
    pl__maker_free(k);
}

static void refused(const pl_maker *k, const pl_peer_opts *opts, pl_status wanted)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    PL_KIT_STATUS(pl_peer_table_build(&k->set, opts, &t, &err), wanted, &err);
    assert_null(t);
}

static void test_hostile_sets(void **state)
{
    (void)state;
    pl_error err = {0};
    pl_peer_table *t = NULL;
    pl_maker *k = pl__maker_new(3, 1, 2);
    PL_KIT_STATUS(pl_peer_table_build(NULL, NULL, &t, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_peer_table_build(&k->set, NULL, NULL, &err), PL_E_INVALID, &err);
    pl_judgment *row = pl__maker_add(k, 0, 2, 1, 1, 0, PL_VERDICT_A);
    refused(k, NULL, PL_E_RANGE); /* a model against itself */
    row->b = 3;
    refused(k, NULL, PL_E_RANGE);
    row->b = 0;
    row->weight = (double)NAN;
    refused(k, NULL, PL_E_RANGE);
    row->weight = 5e307;
    pl_peer_table_free(build(k, NULL));
    *pl__maker_add(k, 0, 2, 1, 0, 0, PL_VERDICT_A) = *row;
    refused(k, NULL, PL_E_RANGE);
    k->set.n_rows = 1;
    row->weight = 1;

    double gamma[2] = {0, 0};
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    opts.criterion_weights = gamma;
    refused(k, &opts, PL_E_RANGE);
    gamma[0] = -1;
    refused(k, &opts, PL_E_RANGE);
    gamma[0] = (double)NAN;
    refused(k, &opts, PL_E_RANGE);
    gamma[0] = 1e308;
    gamma[1] = 1e308;
    t = build(k, &opts);
    PL_KIT_CLOSE(mean(t, 1, 2), 1, 0);
    pl_peer_table_free(t);
    opts.size_bytes = 1;
    refused(k, &opts, PL_E_INVALID);
    k->set.n_criteria = 0;
    refused(k, NULL, PL_E_INVALID);
    pl__maker_free(k);
}

static void test_too_many_models(void **state)
{
    (void)state;
    static const char *names[70000];
    for (size_t i = 0; i < 70000; i++)
        names[i] = "x";
    pl_maker *k = pl__maker_new(2, 1, 1);
    k->set.models = names;
    k->set.n_models = 70000;
    refused(k, NULL, PL_E_RANGE);
    pl__maker_free(k);
}

static void test_256_models(void **state)
{
    (void)state;
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "256 models", 0);
    pl_maker *k = pl__maker_new(256, 256, 2);
    pl__maker_random(k, &rng, PL_MAKER_ROWS_MAX, false);
    pl_peer_table *t = build(k, NULL);
    double total = 0;
    for (size_t i = 0; i < (size_t)256 * 256; i++) {
        assert_true(pl_peer_table_mean(t)[i] >= 0 && pl_peer_table_mean(t)[i] <= 1);
        total += pl_peer_table_count(t)[i];
    }
    size_t usable = 0;
    for (size_t i = 0; i < k->set.n_rows; i++)
        usable += k->rows[i].verdict != PL_VERDICT_MISSING;
    PL_KIT_CLOSE(total, 2.0 * (double)usable, 64); /* rows that share a unit with another criterion count half */
    pl_peer_table_free(t);
    pl__maker_free(k);
}

/* Ballots stand in the order of names, whatever the indices; a < b holds for the indices. */
static void test_ballots_are_sorted_by_name(void **state)
{
    (void)state;
    pl_rng rng;
    uint32_t new_model[PL_MAKER_NAMES_MAX];
    uint32_t new_criterion[PL_MAKER_NAMES_MAX];
    pl__rng_init(&rng, pl__kit_seed(), "ballots", 0);
    pl_maker *k = pl__maker_new(5, 4, 2);
    pl__maker_random(k, &rng, 200, true);
    pl_maker *s = pl__maker_shuffled(k, &rng, new_model, new_criterion);
    pl_peer_table *tk = build(k, NULL);
    pl_peer_table *ts = build(s, NULL);
    size_t n = 0;
    size_t n_shuffled = 0;
    const pl_ballot *v = pl_peer_table_ballots(tk, &n);
    const pl_ballot *w = pl_peer_table_ballots(ts, &n_shuffled);
    assert_int_equal(n, n_shuffled);
    for (size_t i = 0; i < n; i++) {
        bool same_way = w[i].a == new_model[v[i].a];
        assert_true(v[i].a < v[i].b && w[i].a < w[i].b);
        assert_string_equal(k->items[v[i].item], s->items[w[i].item]);
        assert_int_equal(w[i].judge, new_model[v[i].judge]);
        assert_int_equal(w[i].b, new_model[same_way ? v[i].b : v[i].a]);
        assert_true((w[i].a_first == v[i].a_first) == same_way);
        PL_KIT_CLOSE(w[i].a_score, same_way ? v[i].a_score : 1 - v[i].a_score, 0);
        PL_KIT_CLOSE(w[i].weight, v[i].weight, 0);
        if (i > 0)
            assert_true(strcmp(k->items[v[i - 1].item], k->items[v[i].item]) <= 0);
    }
    pl_peer_table_free(tk);
    pl_peer_table_free(ts);
    pl__maker_free(k);
    pl__maker_free(s);
}

static pl_status build_once(void *user, pl_error *err)
{
    const pl_maker *k = user;
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    const double gamma[2] = {1, 2};
    opts.criterion_weights = gamma;
    pl_peer_table *t = NULL;
    pl_status rc = pl_peer_table_build(&k->set, &opts, &t, err);
    assert_true((rc == PL_OK) == (t != NULL));
    pl_peer_table_free(t);
    return rc;
}

static void test_faults(void **state)
{
    (void)state;
    pl_rng rng;
    pl__rng_init(&rng, 1, "faults", 0);
    pl_maker *k = pl__maker_new(4, 4, 2);
    pl__maker_random(k, &rng, 50, true);
    pl__kit_fault_loop("pl_peer_table_build", build_once, k);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_stand_as_they_are),
        cmocka_unit_test(test_both_orders_are_averaged_first),
        cmocka_unit_test(test_lone_ballots),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_gamma),
        cmocka_unit_test(test_nothing_usable),
        cmocka_unit_test(test_hostile_sets),
        cmocka_unit_test(test_too_many_models),
        cmocka_unit_test(test_256_models),
        cmocka_unit_test(test_ballots_are_sorted_by_name),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
