#include <peerless/rank.h>

#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <string.h>

static pl_peer_table *build(const pl_maker *k, bool pair_orders)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    opts.pair_orders = pair_orders;
    PL_KIT_OK(pl_peer_table_build(&k->set, &opts, &t, &err), &err);
    return t;
}

static pl_ranking *run(const pl_maker *k, bool pair_orders)
{
    pl_error err = {0};
    pl_ranking *r = NULL;
    pl_peer_table *t = build(k, pair_orders);
    PL_KIT_OK(pl_rank_run("judge-bt", t, k->models, NULL, &r, &err), &err);
    pl_peer_table_free(t);
    return r;
}

static bool warns(const pl_ranking *r, const char *text)
{
    size_t n = 0;
    const char *const *w = pl_ranking_warnings(r, &n);
    for (size_t i = 0; i < n; i++) {
        if (strstr(w[i], text))
            return true;
    }
    return false;
}

/* Verdicts of a judge with the given habits; tie is nu. */
typedef struct habits {
    double a;
    double delta;
    double beta; /* for ln of the ratio of lengths */
    double s;
    double nu;
} habits;

static pl_verdict judge(pl_rng *rng, const habits *h, double gap, double ratio, double own)
{
    double d = h->a * gap + h->delta + h->beta * ratio + h->s * own;
    double first = exp(d / 2);
    double second = exp(-d / 2);
    double u = pl__rng_uniform(rng) * (first + second + h->nu);
    if (u < first)
        return PL_VERDICT_A;
    return u < first + second ? PL_VERDICT_B : PL_VERDICT_TIE;
}

/* Every judge sees every pair of the first n_candidates on every item in both orders. */
static void judge_all(pl_maker *k, pl_rng *rng, const double *strength, uint32_t n_candidates, const habits *h,
                      uint32_t first_judge, uint32_t end_judge)
{
    for (uint32_t i = 0; i < k->set.n_items; i++) {
        uint32_t lengths[PL_MAKER_NAMES_MAX];
        for (uint32_t m = 0; m < n_candidates; m++)
            lengths[m] = 20 + (uint32_t)pl__rng_below(rng, 200);
        for (uint32_t r = first_judge; r < end_judge; r++) {
            for (uint32_t a = 0; a < n_candidates; a++) {
                for (uint32_t b = 0; b < n_candidates; b++) {
                    if (a == b)
                        continue;
                    const char *const *f = k->set.families;
                    double own = f ? (strcmp(f[a], f[r]) == 0) - (strcmp(f[b], f[r]) == 0) : 0;
                    double ratio = log((double)lengths[a] / lengths[b]);
                    pl_verdict v = judge(rng, &h[r], strength[a] - strength[b], ratio, own);
                    pl_judgment *row = pl__maker_add(k, i, r, a, b, 0, v);
                    row->a_length = lengths[a];
                    row->b_length = lengths[b];
                }
            }
        }
    }
}

static void near(const pl_bias_term *t, double truth, const char *what)
{
    assert_int_equal(t->reasons, 0);
    if (!(t->error > 0 && t->error < 1) || fabs(t->estimate - truth) > 4 * t->error)
        fail_msg("%s: %g +- %g, truly %g", what, t->estimate, t->error, truth);
}

static void test_habits_are_found(void **state)
{
    (void)state;
    static const char *const families[7] = {"x", "x", "y", "z", "x", "y", "z"};
    static const double strength[4] = {1.2, 0.3, -0.4, -1.1};
    static const habits h[7] = {
        [4] = {1.2, 1, 0, 0.8, 0.5}, [5] = {0.8, 0, 0.9, 0, 1.2}, [6] = {1, -0.7, 0.4, 0.5, 0.2}};
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "habits", 0);
    pl_maker *k = pl__maker_new(7, 100, 1);
    k->set.families = families;
    judge_all(k, &rng, strength, 4, h, 4, 7);
    pl_ranking *r = run(k, false);
    const pl_bias_report *b = pl_ranking_bias(r);
    assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_CONVERGED);
    for (uint32_t j = 4; j < 7; j++) {
        const pl_judge_bias *x = &b->judges[j];
        near(&x->a, h[j].a, "a");
        near(&x->delta, h[j].delta, "delta");
        near(&x->beta, h[j].beta * b->length_sd, "beta");
        near(&x->s, h[j].s, "s");
        near(&x->nu, h[j].nu, "nu");
        PL_KIT_CLOSE(pl_ranking_weights(r)[j], x->a.estimate, 0);
        PL_KIT_CLOSE(x->weight, 1200, 0);
    }
    double mean = 0;
    for (uint32_t m = 0; m < 4; m++) {
        double error = pl_ranking_errors(r)[m];
        mean += pl_ranking_scores(r)[m];
        assert_true(error > 0 && error < 0.5 && fabs(pl_ranking_scores(r)[m] - strength[m]) < 4 * error);
    }
    PL_KIT_CLOSE(mean, 0, 1e-14);
    assert_true(isnan(pl_ranking_errors(r)[5]) && isnan(pl_ranking_scores(r)[5]));
    assert_int_equal(b->judges[0].a.reasons, PL_BIAS_NO_VERDICTS);
    assert_true(isnan(b->judges[0].nu.estimate) && isnan(pl_ranking_weights(r)[0]));
    PL_KIT_CLOSE(b->known_lengths, 1, 1e-12);
    assert_int_equal(b->beta.reasons | b->s.reasons, 0);
    size_t n = 9;
    (void)pl_ranking_warnings(r, &n);
    assert_int_equal(n, 0);
    pl_ranking_free(r);
    pl__maker_free(k);
}

/* Where the data cannot tell, the report says why. */
static void test_not_identified(void **state)
{
    (void)state;
    static const double strength[3] = {0.5, 0, -0.5};
    static const habits h[6] = {[3] = {1, 0, 0, 0, 0.5}, [4] = {1, 0, 0, 0, 0.5}, [5] = {1, 0, 0, 0, 0.5}};
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "not identified", 0);
    pl_maker *k = pl__maker_new(6, 20, 1);
    judge_all(k, &rng, strength, 3, h, 3, 6);
    pl_ranking *r = run(k, false); /* families of one model each: none judges its own */
    assert_int_equal(pl_ranking_bias(r)->judges[4].s.reasons, PL_BIAS_NO_OWN_PAIR);
    assert_int_equal(pl_ranking_bias(r)->s.reasons, PL_BIAS_NO_OWN_PAIR);
    assert_true(warns(r, "self-preference (s) is not identified for any judge: no pair"));
    PL_KIT_CLOSE(pl_ranking_bias(r)->judges[4].s.estimate, 0, 1e-9);
    PL_KIT_CLOSE(pl_ranking_bias(r)->s.error, 0.5, 1e-9); /* all that is left is the penalty */
    pl_ranking_free(r);

    static const char *const families[6] = {"p", "q", "r", "p", "other", "p"};
    k->set.families = families;
    r = run(k, false);
    assert_int_equal(pl_ranking_bias(r)->judges[3].s.reasons, 0);
    assert_int_equal(pl_ranking_bias(r)->judges[4].s.reasons, PL_BIAS_NO_OWN_PAIR);
    assert_int_equal(pl_ranking_bias(r)->s.reasons, 0);
    assert_true(warns(r, "for want of pairs with one answer of the own family: m004"));
    pl_ranking_free(r);

    static const char *const one_house[6] = {"p", "q", "r", "p", "p", "p"};
    k->set.families = one_house; /* every judge is of that family */
    r = run(k, false);
    assert_int_equal(pl_ranking_bias(r)->judges[5].s.reasons, PL_BIAS_NO_OTHER_JUDGE);
    assert_int_equal(pl_ranking_bias(r)->s.reasons, PL_BIAS_NO_OTHER_JUDGE);
    assert_true(warns(r, "no judge from another family"));
    pl_ranking_free(r);
    k->set.families = NULL;

    for (size_t i = 0; i < k->set.n_rows; i++) {
        k->rows[i].a_length = 10 + k->rows[i].a;
        k->rows[i].b_length = 10 + k->rows[i].b;
    }
    r = run(k, false);
    assert_int_equal(pl_ranking_bias(r)->judges[3].beta.reasons, PL_BIAS_CONSTANT_LENGTHS);
    assert_int_equal(pl_ranking_bias(r)->beta.reasons, PL_BIAS_CONSTANT_LENGTHS);
    assert_true(warns(r, "verbosity (beta) is not identified: each model's answers all have one length"));
    pl_ranking_free(r);
    for (size_t i = 0; i < k->set.n_rows; i++)
        k->rows[i].a_length = i % 2 == 0 ? 0 : 40;
    for (size_t i = 0; i < k->set.n_rows; i++)
        k->rows[i].b_length = 40;
    r = run(k, false);
    assert_int_equal(pl_ranking_bias(r)->judges[3].beta.reasons, PL_BIAS_NO_LENGTHS);
    assert_int_equal(pl_ranking_bias(r)->beta.reasons, PL_BIAS_NO_LENGTHS);
    PL_KIT_CLOSE(pl_ranking_bias(r)->known_lengths, 0.5, 1e-12);
    PL_KIT_CLOSE(pl_ranking_bias(r)->length_sd, 0, 0);
    pl_ranking_free(r);
    pl__maker_free(k);
}

static void test_odd_judges(void **state)
{
    (void)state;
    static const double strength[3] = {1, 0, -1};
    static const habits h[7] = {
        [3] = {1, 0, 0, 0, 0.5}, [4] = {-2, 0, 0, 0, 0.5}, [5] = {1, 0, 0, 0, 1e9}, [6] = {1, 0, 0, 0, 0}};
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "odd judges", 0);
    pl_maker *k = pl__maker_new(7, 30, 1);
    judge_all(k, &rng, strength, 3, h, 3, 7);
    pl_ranking *r = run(k, false);
    const pl_bias_report *b = pl_ranking_bias(r);
    assert_int_equal(b->judges[3].a.reasons, 0);
    assert_int_equal(b->judges[4].a.reasons, PL_BIAS_AT_BOUND);
    PL_KIT_CLOSE(b->judges[4].a.estimate, 0, 0);
    assert_true(isnan(b->judges[4].a.error) && b->judges[4].delta.error > 0);
    assert_int_equal(b->judges[5].nu.reasons, PL_BIAS_ONLY_TIES);
    assert_int_equal(b->judges[5].a.reasons, PL_BIAS_ONLY_TIES);
    assert_true(isinf(b->judges[5].nu.estimate) && isnan(b->judges[5].nu.error));
    PL_KIT_CLOSE(b->judges[5].a.estimate, 1, 1e-9); /* where the penalties put it */
    PL_KIT_CLOSE(b->judges[5].a.error, 0.5, 1e-9);
    assert_int_equal(b->judges[6].nu.reasons, PL_BIAS_NO_TIES);
    PL_KIT_CLOSE(b->judges[6].nu.estimate, 0, 0);
    assert_true(warns(r, "has no weight: m004") && warns(r, "nothing is learnt from the judge: m005"));
    assert_int_equal(pl_ranking_fit(r)->state, PL_FIT_CONVERGED);
    assert_true(pl_ranking_scores(r)[0] > pl_ranking_scores(r)[1] && pl_ranking_scores(r)[1] > pl_ranking_scores(r)[2]);
    pl_ranking_free(r);
    pl__maker_free(k);
}

/* A judge that always takes the first answer, shown one order only: no strength is read into it. */
static void test_position_is_no_strength(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(5, 20, 1);
    for (uint32_t i = 0; i < 20; i++) {
        pl__maker_add(k, i, 3, 0, 1, 0, PL_VERDICT_A);
        pl__maker_add(k, i, 3, 1, 0, 0, i % 4 == 0 ? PL_VERDICT_MISSING : PL_VERDICT_A);
        pl__maker_add(k, i, 4, 0, 2, 0, PL_VERDICT_A);
        pl__maker_add(k, i, 4, 2, 0, 0, PL_VERDICT_A);
    }
    pl_peer_table *t = build(k, true);
    size_t n = 0;
    (void)pl_peer_table_lone_ballots(t, &n);
    assert_int_equal(n, 5);
    pl_peer_table_free(t);
    pl_ranking *r = run(k, true);
    assert_true(pl_ranking_bias(r)->judges[3].delta.estimate > 1);
    PL_KIT_CLOSE(pl_ranking_bias(r)->judges[3].weight, 20, 1e-12); /* 15 pairs of two halves, and 5 lone ones */
    assert_true(fabs(pl_ranking_scores(r)[0] - pl_ranking_scores(r)[1]) < 0.3);
    PL_KIT_CLOSE(pl_ranking_bias(r)->judges[4].delta.reasons, 0, 0);
    pl_ranking_free(r);

    for (size_t i = 0; i < k->set.n_rows; i++) {
        if (k->rows[i].a > k->rows[i].b) {
            k->rows[i].verdict = PL_VERDICT_MISSING;
            k->rows[i].missing = PL_MISSING_NO_MARK;
        }
    }
    r = run(k, false);
    assert_int_equal(pl_ranking_bias(r)->judges[3].delta.reasons, PL_BIAS_ONE_ORDER);
    assert_true(warns(r, "position (delta) rests on the model's form"));
    pl_ranking_free(r);
    pl__maker_free(k);
}

/* Two judges on three models, 40 items; the second order is judged anew, or says again what the first said. */
static pl_ranking *judge_in_two_orders(bool again)
{
    static const double strength[3] = {0, 0, 0}; /* the scale of theta is not what this is about */
    static const habits h = {1, 0, 0, 0, 0.5};
    pl_rng rng;
    pl__rng_init(&rng, 31, "two orders", 0); /* one set, known to be ordinary */
    pl_maker *k = pl__maker_new(5, 40, 1);
    for (uint32_t i = 0; i < 40; i++) {
        for (uint32_t r = 3; r < 5; r++) {
            for (uint32_t a = 0; a < 3; a++) {
                for (uint32_t b = a + 1; b < 3; b++) {
                    pl_verdict v = judge(&rng, &h, strength[a] - strength[b], 0, 0);
                    pl_verdict w = judge(&rng, &h, strength[b] - strength[a], 0, 0);
                    pl_verdict mirrored = v == PL_VERDICT_A ? PL_VERDICT_B : v == PL_VERDICT_B ? PL_VERDICT_A : v;
                    pl__maker_add(k, i, r, a, b, 0, v);
                    pl__maker_add(k, i, r, b, a, 0, again ? mirrored : w);
                }
            }
        }
    }
    pl_ranking *r = run(k, true);
    pl__maker_free(k);
    return r;
}

/* The orders of a pair weigh half each, but what they tell depends on how far the second repeats the first. */
static void test_errors_of_two_orders(void **state)
{
    (void)state;
    pl_ranking *anew = judge_in_two_orders(false);
    pl_ranking *again = judge_in_two_orders(true);
    for (uint32_t m = 0; m < 3; m++)
        assert_true(pl_ranking_errors(again)[m] > 1.15 * pl_ranking_errors(anew)[m]);
    for (uint32_t j = 3; j < 5; j++) {
        const pl_judge_bias *x = &pl_ranking_bias(anew)->judges[j];
        const pl_judge_bias *y = &pl_ranking_bias(again)->judges[j];
        assert_true(y->delta.error < 0.5 * x->delta.error); /* no position in it at all */
        assert_true(y->nu.error / y->nu.estimate > 1.15 * x->nu.error / x->nu.estimate);
    }
    pl_ranking_free(anew);
    pl_ranking_free(again);
}

/* The same order twice on one item: two verdicts, as if on two items. */
static void test_errors_of_repeats(void **state)
{
    (void)state;
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "repeats", 0);
    pl_maker *on_one = pl__maker_new(5, 20, 1);
    pl_maker *on_two = pl__maker_new(5, 20, 1);
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t a = (uint32_t)pl__rng_below(&rng, 2);
        uint32_t b = a + 1 + (uint32_t)pl__rng_below(&rng, 2 - a);
        uint32_t r = 3 + (uint32_t)pl__rng_below(&rng, 2);
        pl_verdict v = (pl_verdict)(PL_VERDICT_A + pl__rng_below(&rng, 3));
        uint32_t item = i % 10;
        for (unsigned k = 0; k < 3; k++) {
            pl__maker_add(on_one, item, r, a, b, 0, v);
            pl__maker_add(on_two, item + (k == 0 ? 0 : 10), r, a, b, 0, v);
        }
    }
    pl_ranking *x = run(on_one, false);
    pl_ranking *y = run(on_two, false);
    for (uint32_t m = 0; m < 3; m++)
        PL_KIT_CLOSE(pl_ranking_errors(x)[m], pl_ranking_errors(y)[m], 1e-9);
    for (uint32_t j = 3; j < 5; j++) {
        PL_KIT_CLOSE(pl_ranking_bias(x)->judges[j].delta.error, pl_ranking_bias(y)->judges[j].delta.error, 1e-9);
        PL_KIT_CLOSE(pl_ranking_bias(x)->judges[j].nu.error, pl_ranking_bias(y)->judges[j].nu.error, 1e-9);
    }
    pl_ranking_free(x);
    pl_ranking_free(y);
    pl__maker_free(on_one);
    pl__maker_free(on_two);
}

static void test_groups(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(6, 2, 1);
    pl__maker_add(k, 0, 5, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 1, 5, 1, 0, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 5, 2, 3, 0, PL_VERDICT_A);
    pl_ranking *r = run(k, false);
    assert_int_equal(pl_ranking_fit(r)->n_groups, 2);
    assert_int_equal(pl_ranking_fit(r)->n_classes, 3);
    assert_true(warns(r, "2 groups of models that never met") && warns(r, "never lost a point"));
    for (uint32_t m = 0; m < 4; m++)
        assert_true(isfinite(pl_ranking_scores(r)[m]) && pl_ranking_errors(r)[m] > 0);
    pl_ranking_free(r);
    pl__maker_free(k);
}

static void test_reasons(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 9; i++) {
        const char *text = pl_bias_reason_text(1u << i);
        assert_true(strlen(text) > 10);
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(text, pl_bias_reason_text(1u << j));
    }
    assert_string_equal(pl_bias_reason_text(0), "unknown reason");
    assert_string_equal(pl_bias_reason_text(1u << 31), "unknown reason");
}

static pl_status run_once(void *user, pl_error *err)
{
    pl_ranking *r = NULL;
    const pl_maker *k = user;
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    pl_peer_table *t = NULL;
    opts.pair_orders = true;
    pl_status rc = pl_peer_table_build(&k->set, &opts, &t, err);
    if (rc == PL_OK)
        rc = pl_rank_run("judge-bt", t, k->models, NULL, &r, err);
    assert_true((rc == PL_OK) == (r != NULL));
    pl_ranking_free(r);
    pl_peer_table_free(t);
    return rc;
}

static void test_faults(void **state)
{
    (void)state;
    static const char *const families[5] = {"x", "y", "x", "y", "z"};
    pl_rng rng;
    pl__rng_init(&rng, 1, "faults", 0);
    pl_maker *k = pl__maker_new(5, 4, 2);
    k->set.families = families;
    pl__maker_random(k, &rng, 60, true);
    pl__kit_fault_loop("judge-bt", run_once, k);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_habits_are_found),
        cmocka_unit_test(test_not_identified),
        cmocka_unit_test(test_odd_judges),
        cmocka_unit_test(test_position_is_no_strength),
        cmocka_unit_test(test_errors_of_two_orders),
        cmocka_unit_test(test_errors_of_repeats),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
