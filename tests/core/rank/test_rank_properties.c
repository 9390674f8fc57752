/* What must hold for any judgments. Random cases; the seed is printed. */
#include <peerless/rank.h>

#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CASES 60

/* What a method claims beside the same bits for the same content, which all do; the numbers are tolerances, 0 is no
 * claim. */
typedef struct claim {
    const char *name;
    double relabelled; /* scores go with the models, whatever their names are */
    double duplicated; /* all rows twice leave the scores */
    double monotone;   /* an extra win never lowers the winner */
    double flipped;    /* flipping all verdicts mirrors the scores about half of flip_sum */
    double flip_sum;
    bool by_order; /* depends on the order of names: only other names in the same order leave the scores */
} claim;

static const claim methods[] = {
    {"upme", 1e-9, 1e-12, 0, 0, 0, false},
    {"upme-ema", 0, 1e-9, 0, 0, 0, true},
    {"upme-sum", 1e-9, 1e-12, 0, 0, 0, false},
    {"pico", 0, 1e-9, 0, 0, 0, true},
    {"weights:given", 1e-9, 1e-12, 1e-15, 1e-12, 1, false},
    {"peer-review", 1e-9, 1e-12, 1e-15, 1e-12, 1, false},
    {"majority-vote", 1e-9, 1e-12, 1e-15, 1e-12, 1, false},
    {"rating-vote", 1e-9, 1e-9, 0, 1e-9, 1, false},
    {"elo", 0, 0, 0, 0, 0, true},
    {"prd", 1e-9, 1e-12, 0, 0, 0, false},
    {"single:m001", 0, 1e-12, 0, 1e-12, 1, false}, /* goes by the judge's name */
    {"bt", 1e-7, 0, 1e-8, 1e-7, 0, false},
    {"bt-davidson", 1e-7, 0, 0, 1e-7, 0, false},
    {"judge-bt", 1e-7, 0, 0, 0, 0, false},
    {"dawid-skene", 1e-5, 0, 0, 0, 0, false},
    {"dawid-skene-one-coin", 1e-5, 0, 0, 0, 0, false},
};
#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

/* Weights for "weights:given", by index. */
static const double given[] = {0.7, 0.0, 1.3, 0.4, 0.9, 2.5, 0.1, 0.6};

static pl_peer_table *build(const pl_maker *k, const double *gamma, bool pair_orders)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    opts.criterion_weights = gamma;
    opts.pair_orders = pair_orders;
    PL_KIT_OK(pl_peer_table_build(&k->set, &opts, &t, &err), &err);
    return t;
}

/* NULL if the judge of single: has judged nothing. */
static pl_ranking *run(const char *method, const pl_peer_table *t, const pl_maker *k, const pl_rank_opts *opts)
{
    pl_error err = {0};
    pl_ranking *r = NULL;
    pl_rank_opts filled = PL_RANK_OPTS_INIT;
    if (opts)
        filled = *opts;
    if (!filled.weights)
        filled.weights = given;
    pl_status rc = pl_rank_run(method, t, k->models, &filled, &r, &err);
    if (rc == PL_E_NOT_FOUND && strncmp(method, "single:", 7) == 0)
        return NULL;
    PL_KIT_OK(rc, &err);
    return r;
}

static pl_ranking *rank_with(const char *method, const pl_maker *k, bool pair_orders, const pl_rank_opts *opts)
{
    pl_peer_table *t = build(k, NULL, pair_orders);
    pl_ranking *r = run(method, t, k, opts);
    pl_peer_table_free(t);
    return r;
}

static pl_ranking *rank_set(const char *method, const pl_maker *k, bool pair_orders)
{
    return rank_with(method, k, pair_orders, NULL);
}

/* `given` for models that have moved. */
static void move_weights(const uint32_t *new_model, uint32_t n, double *ret)
{
    assert_true(n <= sizeof(given) / sizeof(given[0]));
    for (uint32_t m = 0; m < n; m++)
        ret[new_model[m]] = given[m];
}

static pl_maker *random_case(pl_rng *rng, uint64_t i, uint32_t max_criteria, bool weighted)
{
    pl__rng_init(rng, pl__kit_seed(), "rank properties", i);
    uint32_t m = 2 + (uint32_t)pl__rng_below(rng, 6);
    uint32_t n_items = 1 + (uint32_t)pl__rng_below(rng, 6);
    uint32_t n_criteria = 1 + (uint32_t)pl__rng_below(rng, max_criteria);
    pl_maker *k = pl__maker_new(m, n_items, n_criteria);
    pl__maker_random(k, rng, pl__rng_below(rng, 300), weighted);
    for (size_t j = 0; j < k->set.n_rows; j++) { /* unknown, short or long */
        k->rows[j].a_length = (uint32_t)pl__rng_below(rng, 3);
        k->rows[j].b_length = (uint32_t)pl__rng_below(rng, 3);
    }
    return k;
}

static void same_bits(const double *x, const double *y, const uint32_t *new_model, uint32_t n)
{
    assert_true((x == NULL) == (y == NULL));
    for (uint32_t i = 0; x && y && i < n; i++) {
        uint64_t bits_x = 0;
        uint64_t bits_y = 0;
        memcpy(&bits_x, &x[i], sizeof(bits_x));
        memcpy(&bits_y, &y[new_model[i]], sizeof(bits_y));
        if (bits_x != bits_y)
            fail_msg("model %u: %a and %a", i, x[i], y[new_model[i]]);
    }
}

static void same_table(const pl_peer_table *t, const pl_peer_table *u, const uint32_t *new_model)
{
    uint32_t m = pl_peer_table_n_models(t);
    for (size_t j = 0; j < m; j++) {
        size_t row = new_model[j] * (size_t)m;
        same_bits(pl_peer_table_mean(t) + j * m, pl_peer_table_mean(u) + row, new_model, m);
        same_bits(pl_peer_table_count(t) + j * m, pl_peer_table_count(u) + row, new_model, m);
    }
    assert_int_equal(pl_peer_table_dropped_pairs(t), pl_peer_table_dropped_pairs(u));
    assert_int_equal(pl_peer_table_rescaled_pairs(t), pl_peer_table_rescaled_pairs(u));
}

static void same_ranking(const pl_ranking *x, const pl_ranking *y, const uint32_t *new_model, uint32_t n)
{
    size_t n_x = 0;
    size_t n_y = 0;
    same_bits(pl_ranking_scores(x), pl_ranking_scores(y), new_model, n);
    same_bits(pl_ranking_weights(x), pl_ranking_weights(y), new_model, n);
    const double *loss_x = pl_ranking_loss(x, &n_x);
    const double *loss_y = pl_ranking_loss(y, &n_y);
    assert_int_equal(n_x, n_y);
    if (n_x > 0)
        assert_memory_equal(loss_x, loss_y, n_x * sizeof(*loss_x));
    const char *const *warnings_x = pl_ranking_warnings(x, &n_x);
    const char *const *warnings_y = pl_ranking_warnings(y, &n_y);
    assert_int_equal(n_x, n_y);
    for (size_t i = 0; i < n_x; i++)
        assert_string_equal(warnings_x[i], warnings_y[i]);
}

/* The same judgments in another order, and names given in another order: the same bits. */
static void test_input_order(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        uint32_t new_model[PL_MAKER_NAMES_MAX];
        uint32_t new_criterion[PL_MAKER_NAMES_MAX] = {0};
        double gamma[3] = {0.3, 0.2, 0.11};
        double new_gamma[3] = {0};
        pl_maker *k = random_case(&rng, i, 3, i % 2 == 0);
        pl_maker *s = pl__maker_shuffled(k, &rng, new_model, new_criterion);
        for (uint32_t c = 0; c < k->set.n_criteria && c < 3; c++)
            new_gamma[new_criterion[c]] = gamma[c];
        pl_peer_table *t = build(k, gamma, i % 3 == 0);
        pl_peer_table *u = build(s, new_gamma, i % 3 == 0);
        same_table(t, u, new_model);
        pl_rank_opts opts = PL_RANK_OPTS_INIT;
        opts.upme_init = i % 4 == 0 ? PL_UPME_INIT_RANDOM : PL_UPME_INIT_ONES;
        opts.upme_restarts = i % 5 == 0 ? 3 : 0;
        pl_rank_opts moved = opts;
        double moved_weights[PL_MAKER_NAMES_MAX];
        move_weights(new_model, k->set.n_models, moved_weights);
        moved.weights = moved_weights;
        for (size_t j = 0; j < N_METHODS; j++) {
            pl_ranking *x = run(methods[j].name, t, k, &opts);
            pl_ranking *y = run(methods[j].name, u, s, &moved);
            assert_true((x == NULL) == (y == NULL));
            if (x)
                same_ranking(x, y, new_model, k->set.n_models);
            pl_ranking_free(x);
            pl_ranking_free(y);
        }
        pl_peer_table_free(t);
        pl_peer_table_free(u);
        pl__maker_free(k);
        pl__maker_free(s);
    }
}

static void close_scores(const char *method, const pl_ranking *x, const pl_ranking *y, const uint32_t *new_model,
                         uint32_t n, double tolerance)
{
    for (uint32_t m = 0; m < n; m++) {
        double a = pl_ranking_scores(x)[m];
        double b = pl_ranking_scores(y)[new_model ? new_model[m] : m];
        if (isnan(a) != isnan(b) || fabs(a - b) > tolerance)
            fail_msg("%s, model %u: %.17g and %.17g", method, m, a, b);
    }
}

/* Other names for the same models: the scores go with the models, up to the order of sums. */
static void test_relabelling(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        uint32_t new_model[PL_MAKER_NAMES_MAX];
        uint32_t unused[PL_MAKER_NAMES_MAX];
        pl_maker *k = random_case(&rng, i, 2, true);
        pl_maker *s = pl__maker_shuffled(k, &rng, new_model, unused);
        memcpy(s->model_names, k->model_names, sizeof(s->model_names)); /* the indices move, the names stay */
        pl_rank_opts moved = PL_RANK_OPTS_INIT;
        double moved_weights[PL_MAKER_NAMES_MAX];
        move_weights(new_model, k->set.n_models, moved_weights);
        moved.weights = moved_weights;
        for (size_t j = 0; j < N_METHODS; j++) {
            if (!(methods[j].relabelled > 0))
                continue;
            pl_ranking *x = rank_set(methods[j].name, k, i % 2 == 0);
            pl_ranking *y = rank_with(methods[j].name, s, i % 2 == 0, &moved);
            close_scores(methods[j].name, x, y, new_model, k->set.n_models, methods[j].relabelled);
            pl_ranking_free(x);
            pl_ranking_free(y);
        }
        pl__maker_free(k);
        pl__maker_free(s);
    }
}

/* Other names in the same order: the same bits even where draws or ratings go by the order. */
static void test_names_in_the_same_order(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        pl_maker *k = random_case(&rng, i, 2, true);
        pl_maker *s = pl__maker_copy(k);
        for (uint32_t m = 0; m < s->set.n_models; m++)
            s->model_names[m][0] = 'x';
        for (size_t j = 0; j < N_METHODS; j++) {
            if (!methods[j].by_order)
                continue;
            pl_ranking *x = rank_set(methods[j].name, k, i % 2 == 0);
            pl_ranking *y = rank_set(methods[j].name, s, i % 2 == 0);
            close_scores(methods[j].name, x, y, NULL, k->set.n_models, 0);
            pl_ranking_free(x);
            pl_ranking_free(y);
        }
        pl__maker_free(k);
        pl__maker_free(s);
    }
}

/* elo depends on the order of the verdicts, and says so wherever it shows. */
static void test_elo_owns_up_to_the_order(void **state)
{
    (void)state;
    size_t n = 0;
    const pl_rank_method *all = pl_rank_methods(&n);
    size_t at = 0;
    while (at < n && strcmp(all[at].name, "elo") != 0)
        at++;
    assert_true(at < n);
    assert_non_null(strstr(all[at].description, "order of the verdicts"));

    pl_maker *k = pl__maker_new(3, 2, 1);
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 1, 2, 0, 1, 0, PL_VERDICT_B);
    pl_ranking *x = rank_set("elo", k, false);
    const char *const *warnings = pl_ranking_warnings(x, &n);
    assert_true(n >= 1 && strstr(warnings[0], "order of the verdicts"));
    memcpy(k->item_names[0], "i999", 5); /* now item 1 comes first */
    pl_ranking *y = rank_set("elo", k, false);
    assert_true(pl_ranking_scores(x)[0] < 1000 && pl_ranking_scores(y)[0] > 1000);
    pl_ranking_free(x);
    pl_ranking_free(y);
    pl__maker_free(k);
}

/* One more win, as a row among others or as a whole pair, never lowers the winner. */
static void test_an_extra_win_helps(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < (uint64_t)CASES * 4; i++) {
        pl_rng rng;
        bool pair_orders = i % 2 == 1;
        pl_maker *k = random_case(&rng, i, pair_orders ? 3 : 1, !pair_orders);
        uint32_t winner = (uint32_t)pl__rng_below(&rng, k->set.n_models);
        uint32_t loser = (winner + 1 + (uint32_t)pl__rng_below(&rng, k->set.n_models - 1)) % k->set.n_models;
        uint32_t judge = (uint32_t)pl__rng_below(&rng, k->set.n_models);
        uint32_t item = (uint32_t)pl__rng_below(&rng, k->set.n_items);
        pl_maker *more = pl__maker_copy(k);
        if (pair_orders) {
            item = more->set.n_items++;
            more->set.n_images++;
        }
        for (uint32_t c = 0; c < more->set.n_criteria; c++) {
            pl__maker_add(more, item, judge, winner, loser, c, PL_VERDICT_A);
            if (pair_orders)
                pl__maker_add(more, item, judge, loser, winner, c, PL_VERDICT_B);
        }
        for (size_t j = 0; j < N_METHODS; j++) {
            if (!(methods[j].monotone > 0))
                continue;
            pl_ranking *before = rank_set(methods[j].name, k, pair_orders);
            pl_ranking *after = rank_set(methods[j].name, more, pair_orders);
            double old_score = pl_ranking_scores(before)[winner];
            double new_score = pl_ranking_scores(after)[winner];
            bool weightless = strchr(methods[j].name, ':') && !(given[judge] > 0); /* such a win does not count */
            if ((isnan(new_score) && !weightless) || new_score < old_score - methods[j].monotone)
                fail_msg("%s, case %lu: %.17g fell to %.17g", methods[j].name, (unsigned long)i, old_score, new_score);
            pl_ranking_free(before);
            pl_ranking_free(after);
        }
        pl__maker_free(k);
        pl__maker_free(more);
    }
}

static void test_flipping_all_verdicts_reverses(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        pl_maker *k = random_case(&rng, i, 3, true);
        pl_maker *flipped = pl__maker_copy(k);
        for (size_t j = 0; j < k->set.n_rows; j++) {
            uint8_t *v = &flipped->rows[j].verdict;
            if (*v == PL_VERDICT_A || *v == PL_VERDICT_B)
                *v = *v == PL_VERDICT_A ? PL_VERDICT_B : PL_VERDICT_A;
        }
        for (size_t j = 0; j < N_METHODS; j++) {
            if (!(methods[j].flipped > 0))
                continue;
            pl_ranking *x = rank_set(methods[j].name, k, i % 2 == 0);
            pl_ranking *y = rank_set(methods[j].name, flipped, i % 2 == 0);
            for (uint32_t m = 0; x && m < k->set.n_models; m++) {
                double a = pl_ranking_scores(x)[m];
                double b = pl_ranking_scores(y)[m];
                assert_true(isnan(a) == isnan(b));
                if (!isnan(a))
                    PL_KIT_CLOSE(a, methods[j].flip_sum - b, methods[j].flipped);
            }
            pl_ranking_free(x);
            pl_ranking_free(y);
        }
        pl__maker_free(k);
        pl__maker_free(flipped);
    }
}

static void test_duplicated_data_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        pl_maker *k = random_case(&rng, i, 3, i % 3 == 0);
        pl_maker *twice = pl__maker_copy(k);
        for (size_t j = 0; j < k->set.n_rows; j++)
            twice->rows[twice->set.n_rows++] = k->rows[j];
        for (size_t j = 0; j < N_METHODS; j++) {
            if (!(methods[j].duplicated > 0))
                continue;
            pl_ranking *x = rank_set(methods[j].name, k, i % 2 == 0);
            pl_ranking *y = rank_set(methods[j].name, twice, i % 2 == 0);
            assert_true((x == NULL) == (y == NULL));
            if (x)
                close_scores(methods[j].name, x, y, NULL, k->set.n_models, methods[j].duplicated);
            pl_ranking_free(x);
            pl_ranking_free(y);
        }
        pl__maker_free(k);
        pl__maker_free(twice);
    }
}

/* Without a penalty doubled data has the same maximum, and where there is none there is none. */
static void test_duplicated_data_without_penalty(void **state)
{
    (void)state;
    static const char *const names[] = {"bt", "bt-davidson"};
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        pl_maker *k = random_case(&rng, i, 3, i % 3 == 0);
        pl_maker *twice = pl__maker_copy(k);
        pl_rank_opts opts = PL_RANK_OPTS_INIT;
        opts.bt_ridge = 0;
        for (size_t j = 0; j < k->set.n_rows; j++)
            twice->rows[twice->set.n_rows++] = k->rows[j];
        pl_peer_table *t = build(k, NULL, i % 2 == 0);
        pl_peer_table *u = build(twice, NULL, i % 2 == 0);
        for (unsigned j = 0; j < 2; j++) {
            pl_ranking *x = run(names[j], t, k, &opts);
            pl_ranking *y = run(names[j], u, twice, &opts);
            assert_int_equal(pl_ranking_fit(x)->state, pl_ranking_fit(y)->state);
            assert_true(pl_ranking_fit(x)->state != PL_FIT_STOPPED);
            close_scores(names[j], x, y, NULL, k->set.n_models, 1e-9);
            pl_ranking_free(x);
            pl_ranking_free(y);
        }
        pl_peer_table_free(t);
        pl_peer_table_free(u);
        pl__maker_free(k);
        pl__maker_free(twice);
    }
}

/* Every fit on random data ends at its maximum. */
static void test_fits_converge(void **state)
{
    (void)state;
    static const char *const names[] = {"bt", "bt-davidson", "judge-bt"};
    for (uint64_t i = 0; i < (uint64_t)CASES * 4; i++) {
        pl_rng rng;
        pl_maker *k = random_case(&rng, i, 3, i % 3 == 0);
        for (unsigned j = 0; j < 3; j++) {
            pl_ranking *x = rank_set(names[j], k, i % 2 == 0);
            const pl_fit_report *fit = pl_ranking_fit(x);
            if (fit->state != PL_FIT_CONVERGED && fit->state != PL_FIT_NOTHING)
                fail_msg("%s, case %lu: state %d after %u steps, gradient %g of %g", names[j], (unsigned long)i,
                         (int)fit->state, fit->iterations, fit->gradient, fit->tolerance);
            pl_ranking_free(x);
        }
        pl__maker_free(k);
    }
}

static void test_missing_verdicts_change_nothing(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        pl_maker *k = random_case(&rng, i, 2, false);
        pl_maker *without = pl__maker_copy(k);
        size_t n = 0;
        for (size_t j = 0; j < k->set.n_rows; j++) {
            if (k->rows[j].verdict != PL_VERDICT_MISSING)
                without->rows[n++] = k->rows[j];
        }
        without->set.n_rows = n;
        for (size_t j = 0; j < N_METHODS; j++) {
            if (strncmp(methods[j].name, "single:", 7) == 0) /* a judge without usable verdicts is not found */
                continue;
            pl_ranking *x = rank_set(methods[j].name, k, i % 2 == 0);
            pl_ranking *y = rank_set(methods[j].name, without, i % 2 == 0);
            close_scores(methods[j].name, x, y, NULL, k->set.n_models, 0);
            pl_ranking_free(x);
            pl_ranking_free(y);
        }
        pl__maker_free(k);
        pl__maker_free(without);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input_order),
        cmocka_unit_test(test_relabelling),
        cmocka_unit_test(test_names_in_the_same_order),
        cmocka_unit_test(test_elo_owns_up_to_the_order),
        cmocka_unit_test(test_an_extra_win_helps),
        cmocka_unit_test(test_flipping_all_verdicts_reverses),
        cmocka_unit_test(test_duplicated_data_changes_nothing),
        cmocka_unit_test(test_duplicated_data_without_penalty),
        cmocka_unit_test(test_fits_converge),
        cmocka_unit_test(test_missing_verdicts_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
