#include <peerless/uncertainty.h>

#include "alloc.h"
#include "distribution.h"
#include "intervals.h"
#include "judgment_maker.h"
#include "kit.h"
#include "rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CASES 12
#define REPLICATES 60u
#define ITEMS_PER_IMAGE 2u
#define METHODS_MAX 32

/* Every method of the registry; of families, a member that exists. */
static size_t all_methods(const char **ret)
{
    size_t n_all = 0;
    size_t n = 0;
    const pl_rank_method *all = pl_rank_methods(&n_all);
    for (size_t i = 0; i < n_all && n < METHODS_MAX; i++) {
        if (strcmp(all[i].name, "single:") == 0)
            ret[n++] = "single:m001";
        else if (all[i].name[strlen(all[i].name) - 1] != ':')
            ret[n++] = all[i].name;
    }
    return n;
}

/* A strong, a middling, … model; each judged on each item by all the others, a few verdicts at random. */
static pl_maker *pool(uint32_t n_models, uint32_t n_images, double noise, uint64_t seed)
{
    pl_rng rng;
    pl_maker *k = pl__maker_new(n_models, n_images * ITEMS_PER_IMAGE, 1);
    pl__rng_init(&rng, pl__kit_seed(), "pool", seed);
    for (uint32_t i = 0; i < n_images * ITEMS_PER_IMAGE; i++) {
        for (uint32_t a = 0; a < n_models; a++) {
            for (uint32_t b = a + 1; b < n_models; b++) {
                uint32_t judge = (uint32_t)pl__rng_below(&rng, n_models);
                double u = pl__rng_uniform(&rng);
                pl_verdict v = u < noise / 3 ? PL_VERDICT_B : u < 2 * noise / 3 ? PL_VERDICT_TIE : PL_VERDICT_A;
                pl__maker_add(k, i, judge, a, b, 0, v)->image = i / ITEMS_PER_IMAGE;
            }
        }
    }
    return k;
}

static pl_peer_table *build(const pl_maker *k)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    PL_KIT_OK(pl_peer_table_build(&k->set, NULL, &t, &err), &err);
    return t;
}

static pl_uncertainty *run(const char *const *methods, size_t n, const pl_peer_table *t, const pl_maker *k,
                           const pl_uncertainty_opts *opts)
{
    pl_error err = {0};
    pl_uncertainty *u = NULL;
    PL_KIT_OK(pl_uncertainty_run(methods, n, t, k->models, NULL, opts, &u, &err), &err);
    return u;
}

static bool warned(const char *const *warnings, size_t n, const char *part)
{
    for (size_t i = 0; i < n; i++) {
        if (strstr(warnings[i], part))
            return true;
    }
    return false;
}

static bool warned_in_general(const pl_uncertainty *u, const char *part)
{
    size_t n = 0;
    const char *const *warnings = pl_uncertainty_warnings(u, &n);
    return warned(warnings, n, part);
}

/* The rows of a draw, made the long way round. */
static pl_maker *drawn(const pl_maker *k, const uint32_t *copies)
{
    uint32_t n_items = 0;
    uint32_t first[PL_MAKER_NAMES_MAX];
    for (uint32_t i = 0; i < k->set.n_items; i++) {
        first[i] = n_items;
        n_items += copies[i / ITEMS_PER_IMAGE];
    }
    pl_maker *r = pl__maker_new(k->set.n_models, n_items, k->set.n_criteria);
    for (size_t j = 0; j < k->set.n_rows; j++) {
        for (uint32_t c = 0; c < copies[k->rows[j].image]; c++) {
            pl_judgment row = k->rows[j];
            row.item = row.image = first[row.item] + c;
            assert_true(r->set.n_rows < PL_MAKER_ROWS_MAX);
            r->rows[r->set.n_rows++] = row;
        }
    }
    return r;
}

/* The ranking of a draw is the ranking of a set in which images really were drawn with replacement, for every method
 * there is. */
static void replicates_are_rankings_of_drawn_sets(void **state)
{
    const char *methods[METHODS_MAX];
    size_t n_methods = all_methods(methods);
    pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
    (void)state;
    opts.replicates = 5;
    opts.seed = 7;
    opts.skip_fragility = true;
    for (uint64_t i = 0; i < CASES; i++) {
        uint32_t n_images = 3 + (uint32_t)i % 5;
        pl_maker *k = pool(3 + (uint32_t)i % 3, n_images, 1.2, i);
        pl_peer_table *t = build(k);
        pl_uncertainty *u = run(methods, n_methods, t, k, &opts);
        for (uint32_t r = 0; r < opts.replicates; r++) {
            uint32_t copies[PL_MAKER_NAMES_MAX] = {0};
            pl_rng rng;
            pl__rng_init(&rng, opts.seed, "bootstrap", r);
            for (uint32_t c = 0; c < n_images; c++)
                copies[pl__rng_below(&rng, n_images)]++;
            pl_maker *rows = drawn(k, copies);
            pl_peer_table *table = build(rows);
            for (size_t j = 0; j < n_methods; j++) {
                pl_ranking *ranking = NULL;
                pl_status rc = pl_rank_run(methods[j], table, k->models, NULL, &ranking, NULL);
                if (rc == PL_E_NOT_FOUND) /* the judge of single: was not drawn: then nothing has a score */
                    continue;
                PL_KIT_OK(rc, NULL);
                for (uint32_t m = 0; m < k->set.n_models; m++) {
                    double x = pl_uncertainty_method(u, j)->replicates[(size_t)r * k->set.n_models + m];
                    double y = pl_ranking_scores(ranking)[m];
                    if (isnan(x) != isnan(y) || fabs(x - y) > 1e-7 * fmax(1.0, fabs(y)))
                        fail_msg("%s, case %u, replicate %u, model %u: %.17g and %.17g", methods[j], (unsigned)i, r, m,
                                 x, y);
                }
                pl_ranking_free(ranking);
            }
            pl_peer_table_free(table);
            pl__maker_free(rows);
        }
        pl_uncertainty_free(u);
        pl_peer_table_free(t);
        pl__maker_free(k);
    }
}

static double deviation(const pl_method_uncertainty *x, uint32_t a, uint32_t b, uint32_t n)
{
    double sum = 0;
    double squares = 0;
    for (uint32_t r = 0; r < n; r++)
        sum += x->replicates[(size_t)r * x->n_models + a] - x->replicates[(size_t)r * x->n_models + b];
    for (uint32_t r = 0; r < n; r++) {
        double d =
            x->replicates[(size_t)r * x->n_models + a] - x->replicates[(size_t)r * x->n_models + b] - sum / (double)n;
        squares += d * d;
    }
    return sqrt(squares / (n - 1.0));
}

static void results_fit_together(void **state)
{
    static const char *const methods[] = {"upme", "peer-review"};
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
        pl_maker *k = pool(4, 30, 0.5 + 0.2 * (double)i, i);
        pl_peer_table *t = build(k);
        opts.replicates = 400;
        opts.interval = i % 2 == 0 ? PL_INTERVAL_BCA : PL_INTERVAL_PERCENTILE;
        pl_uncertainty *u = run(methods, 2, t, k, &opts);
        assert_int_equal(pl_uncertainty_n_images(u), 30);
        assert_int_equal(pl_uncertainty_n_replicates(u), 400);
        assert_null(pl_uncertainty_method(u, 2));
        for (size_t j = 0; j < 2; j++) {
            const pl_method_uncertainty *x = pl_uncertainty_method(u, j);
            double p_best = 0;
            assert_int_equal(x->n_ranked, 4);
            for (uint32_t m = 0; m < 4; m++) {
                double half = (x->high[m] - x->low[m]) / 2;
                assert_true(x->low[m] <= x->scores[m] && x->scores[m] <= x->high[m]);
                assert_true(half > 1.5 * x->se[m] && half < 2.8 * x->se[m]);
                PL_KIT_CLOSE(x->defined[m], 1, 0);
                assert_true(x->rank_low[m] >= 1 && x->rank_low[m] <= x->rank_high[m] && x->rank_high[m] <= 4);
                p_best += x->p_best[m];
            }
            PL_KIT_CLOSE(p_best, 1, 1e-12);
            assert_int_equal(x->group[x->order[0]], 1);
            assert_int_equal(x->group[x->order[3]], x->n_groups);
            for (uint32_t m = 0; m + 1 < 4; m++) {
                const pl_neighbours *n = &x->neighbours[m];
                assert_int_equal(n->above, x->order[m]);
                assert_int_equal(n->below, x->order[m + 1]);
                PL_KIT_CLOSE(n->se, deviation(x, n->above, n->below, 400), 1e-12);
                PL_KIT_CLOSE(n->p, 2 * pl__student_cdf(-n->difference / n->se, 29), 1e-12);
                assert_true(n->p_holm >= n->p && n->p_holm <= 1);
                if (isinf(n->images)) /* a tie to the last bit */
                    PL_KIT_CLOSE(n->difference, 0, 1e-12);
                else
                    PL_KIT_CLOSE(n->images, 30 * pow(2.8 * n->se / n->difference, 2), 1e-6 * n->images);
            }
        }
        pl_uncertainty_free(u);
        pl_peer_table_free(t);
        pl__maker_free(k);
    }
}

static int compare_doubles(const void *x, const void *y)
{
    double a = *(const double *)x;
    double b = *(const double *)y;
    return (a > b) - (a < b);
}

/* judge-bt's scores lean outwards, and its intervals are corrected for that; bt's are not. */
static void leaning_scores_are_corrected(void **state)
{
    static const char *const methods[] = {"judge-bt", "bt"};
    (void)state;
    pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
    pl_maker *k = pool(4, 30, 0.5, 3);
    pl_peer_table *t = build(k);
    double tail = pl__expanded_tail(30, 0.95);
    opts.replicates = 200;
    pl_uncertainty *u = run(methods, 2, t, k, &opts);
    for (size_t j = 0; j < 2; j++) {
        const pl_method_uncertainty *x = pl_uncertainty_method(u, j);
        for (uint32_t m = 0; m < 4; m++) {
            double sorted[200];
            double low = 0;
            double high = 0;
            for (size_t i = 0; i < 200; i++)
                sorted[i] = x->replicates[i * x->n_models + m];
            qsort(sorted, 200, sizeof(*sorted), compare_doubles);
            assert_true(pl__corrected_interval(x->scores[m], sorted, 200, tail, &low, &high));
            if (j == 1) {
                low = pl__percentile(sorted, 200, tail);
                high = pl__percentile(sorted, 200, 1 - tail);
            }
            PL_KIT_CLOSE(x->low[m], low, 1e-12);
            PL_KIT_CLOSE(x->high[m], high, 1e-12);
        }
    }
    pl_uncertainty_free(u);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

static void same_numbers(const double *x, const double *y, const uint32_t *moved, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t bits_x = 0;
        uint64_t bits_y = 0;
        memcpy(&bits_x, &x[i], sizeof(bits_x));
        memcpy(&bits_y, &y[moved ? moved[i] : i], sizeof(bits_y));
        if (bits_x != bits_y)
            fail_msg("model %u: %a and %a", i, x[i], y[moved ? moved[i] : i]);
    }
}

static void same_uncertainty(const pl_method_uncertainty *x, const pl_method_uncertainty *y, const uint32_t *moved)
{
    uint32_t n = x->n_models;
    same_numbers(x->low, y->low, moved, n);
    same_numbers(x->high, y->high, moved, n);
    same_numbers(x->se, y->se, moved, n);
    same_numbers(x->defined, y->defined, moved, n);
    same_numbers(x->p_best, y->p_best, moved, n);
    for (uint32_t r = 0; r < REPLICATES; r++)
        same_numbers(x->replicates + (size_t)r * n, y->replicates + (size_t)r * n, moved, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = moved ? moved[i] : i;
        assert_int_equal(x->rank_low[i], y->rank_low[k]);
        assert_int_equal(x->rank_high[i], y->rank_high[k]);
        assert_int_equal(x->group[i], y->group[k]);
    }
    assert_int_equal(x->n_ranked, y->n_ranked);
    for (uint32_t i = 0; i < x->n_ranked; i++)
        assert_int_equal(moved ? moved[x->order[i]] : x->order[i], y->order[i]);
    assert_int_equal(x->fragility, y->fragility);
    assert_int_equal(x->n_warnings, y->n_warnings);
    for (size_t i = 0; i < x->n_warnings; i++)
        assert_string_equal(x->warnings[i], y->warnings[i]);
}

static void neither_threads_nor_order_matter(void **state)
{
    const char *methods[METHODS_MAX];
    size_t n_methods = all_methods(methods);
    (void)state;
    for (uint64_t i = 0; i < 6; i++) {
        pl_rng rng;
        uint32_t new_model[PL_MAKER_NAMES_MAX];
        uint32_t unused[PL_MAKER_NAMES_MAX];
        pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
        pl_maker *k = pool(4, 6, 1.5, i);
        opts.replicates = REPLICATES;
        opts.interval = i % 2 == 0 ? PL_INTERVAL_PERCENTILE : PL_INTERVAL_BCA;
        for (size_t j = 0; j < k->set.n_rows; j++)
            k->rows[j].image = k->rows[j].item; /* the shuffle moves both alike */
        pl__rng_init(&rng, pl__kit_seed(), "shuffle", i);
        pl_maker *s = pl__maker_shuffled(k, &rng, new_model, unused);
        pl_peer_table *t = build(k);
        pl_peer_table *t_shuffled = build(s);
        pl_uncertainty *one = run(methods, n_methods, t, k, &opts);
        pl_uncertainty *shuffled = run(methods, n_methods, t_shuffled, s, &opts);
        for (uint32_t threads = 2; threads <= 16; threads *= 2) {
            opts.threads = threads;
            pl_uncertainty *many = run(methods, n_methods, t, k, &opts);
            for (size_t j = 0; j < n_methods; j++)
                same_uncertainty(pl_uncertainty_method(one, j), pl_uncertainty_method(many, j), NULL);
            pl_uncertainty_free(many);
        }
        for (size_t j = 0; j < n_methods; j++)
            same_uncertainty(pl_uncertainty_method(one, j), pl_uncertainty_method(shuffled, j), new_model);
        pl_uncertainty_free(one);
        pl_uncertainty_free(shuffled);
        pl_peer_table_free(t);
        pl_peer_table_free(t_shuffled);
        pl__maker_free(k);
        pl__maker_free(s);
    }
}

static void one_image_is_undefined(void **state)
{
    static const char *const methods[] = {"peer-review"};
    pl_maker *k = pool(3, 1, 0.5, 1);
    pl_peer_table *t = build(k);
    pl_uncertainty *u = run(methods, 1, t, k, NULL);
    const pl_method_uncertainty *x = pl_uncertainty_method(u, 0);
    (void)state;
    assert_true(warned_in_general(u, "one image"));
    for (uint32_t m = 0; m < 3; m++) {
        assert_true(!isnan(x->scores[m]));
        assert_true(isnan(x->low[m]) && isnan(x->high[m]) && isnan(x->se[m]) && isnan(x->p_best[m]));
        assert_true(x->rank_low[m] == 0 && x->rank_high[m] == 0 && x->group[m] == 0);
    }
    assert_int_equal(x->n_ranked, 3);
    assert_int_equal(x->n_groups, 0);
    assert_null(x->neighbours);
    assert_null(x->replicates);
    pl_uncertainty_free(u);
    pl_peer_table_free(t);
    k->set.n_rows = 0;
    t = build(k);
    u = run(methods, 1, t, k, NULL);
    assert_true(warned_in_general(u, "nothing usable"));
    assert_int_equal(pl_uncertainty_method(u, 0)->n_ranked, 0);
    pl_uncertainty_free(u);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

static void few_images_are_warned_of(void **state)
{
    static const char *const methods[] = {"peer-review"};
    (void)state;
    for (uint32_t n = 24; n <= 25; n++) {
        pl_maker *k = pool(3, n, 0.5, n);
        pl_peer_table *t = build(k);
        pl_uncertainty *u = run(methods, 1, t, k, NULL);
        assert_true(warned_in_general(u, "24 images are few") == (n == 24));
        pl_uncertainty_free(u);
        pl_peer_table_free(t);
        pl__maker_free(k);
    }
}

/* Model 3 was judged on a single image, which a third of the draws miss. */
static void a_model_missing_from_draws_is_reported(void **state)
{
    static const char *const methods[] = {"peer-review", "upme"};
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        bool is_bca = kind == 1;
        pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
        pl_maker *k = pool(3, 30, 0.8, 3);
        k->set.n_models = 4;
        pl__maker_add(k, 0, 0, 3, 1, 0, PL_VERDICT_A)->image = 0;
        opts.interval = is_bca ? PL_INTERVAL_BCA : PL_INTERVAL_PERCENTILE;
        opts.replicates = 500;
        pl_peer_table *t = build(k);
        pl_uncertainty *u = run(methods, 2, t, k, &opts);
        for (size_t j = 0; j < 2; j++) {
            const pl_method_uncertainty *x = pl_uncertainty_method(u, j);
            assert_true(x->defined[3] > 0.5 && x->defined[3] < 0.75);
            PL_KIT_CLOSE(x->defined[0], 1, 0);
            assert_true(warned(x->warnings, x->n_warnings, "m003 has no score in"));
            assert_true((isnan(x->low[3]) != 0) == is_bca);
            assert_true(warned(x->warnings, x->n_warnings, "without one of the images") == is_bca);
            PL_KIT_CLOSE(x->p_best[0] + x->p_best[1] + x->p_best[2] + x->p_best[3], 1, 1e-12);
            assert_true(x->rank_low[3] >= 1);
        }
        pl_uncertainty_free(u);
        pl_peer_table_free(t);
        pl__maker_free(k);
    }
}

static void groups_follow_the_evidence(void **state)
{
    static const char *const methods[] = {"peer-review"};
    (void)state;
    pl_maker *k = pool(4, 30, 0.3, 5); /* 0 beats 1 beats 2 beats 3, nearly always */
    pl_peer_table *t = build(k);
    pl_uncertainty *u = run(methods, 1, t, k, NULL);
    const pl_method_uncertainty *x = pl_uncertainty_method(u, 0);
    assert_int_equal(x->n_groups, 4);
    for (uint32_t m = 0; m < 4; m++) {
        assert_int_equal(x->group[m], m + 1);
        assert_int_equal(x->rank_low[m], m + 1);
        assert_int_equal(x->rank_high[m], m + 1);
    }
    PL_KIT_CLOSE(x->p_best[0], 1, 0);
    assert_true(x->neighbours[0].images < 30);
    pl_uncertainty_free(u);
    pl_peer_table_free(t);
    for (size_t j = 0; j < k->set.n_rows; j++)
        k->rows[j].verdict = PL_VERDICT_TIE;
    t = build(k);
    u = run(methods, 1, t, k, NULL);
    x = pl_uncertainty_method(u, 0);
    assert_int_equal(x->n_groups, 1);
    PL_KIT_CLOSE(x->p_best[2], 0.25, 1e-12);
    assert_int_equal(x->rank_high[3], 1);
    assert_true(isinf(x->neighbours[0].images));
    assert_true(warned(x->warnings, x->n_warnings, "the top is shared"));
    PL_KIT_CLOSE(x->high[1] - x->low[1], 0, 0);
    pl_uncertainty_free(u);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

static void bad_options_are_refused(void **state)
{
    static const char *const methods[] = {"peer-review"};
    static const char *const unknown[] = {"no-such-method"};
    pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
    pl_error err = {0};
    pl_uncertainty *u = NULL;
    pl_maker *k = pool(3, 3, 0.5, 9);
    pl_peer_table *t = build(k);
    (void)state;
    opts.size_bytes = 1;
    PL_KIT_STATUS(pl_uncertainty_run(methods, 1, t, k->models, NULL, &opts, &u, &err), PL_E_INVALID, &err);
    opts = (pl_uncertainty_opts)PL_UNCERTAINTY_OPTS_INIT;
    opts.replicates = 1;
    PL_KIT_STATUS(pl_uncertainty_run(methods, 1, t, k->models, NULL, &opts, &u, &err), PL_E_RANGE, &err);
    opts.replicates = PL_UNCERTAINTY_REPLICATES_MAX + 1;
    PL_KIT_STATUS(pl_uncertainty_run(methods, 1, t, k->models, NULL, &opts, &u, &err), PL_E_RANGE, &err);
    opts.replicates = 10;
    opts.level = 1;
    PL_KIT_STATUS(pl_uncertainty_run(methods, 1, t, k->models, NULL, &opts, &u, &err), PL_E_RANGE, &err);
    opts.level = nan("");
    PL_KIT_STATUS(pl_uncertainty_run(methods, 1, t, k->models, NULL, &opts, &u, &err), PL_E_RANGE, &err);
    PL_KIT_STATUS(pl_uncertainty_run(NULL, 1, t, k->models, NULL, NULL, &u, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_uncertainty_run(methods, 1, NULL, k->models, NULL, NULL, &u, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_uncertainty_run(unknown, 1, t, k->models, NULL, NULL, &u, &err), PL_E_NOT_FOUND, &err);
    assert_null(u);
    pl_uncertainty_free(NULL);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

typedef struct fault_case {
    const pl_maker *k;
    const pl_peer_table *table;
    pl_interval interval;
} fault_case;

static pl_status run_once(void *user, pl_error *err)
{
    static const char *const methods[] = {"upme", "majority-vote"};
    const fault_case *c = user;
    pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
    pl_uncertainty *u = NULL;
    opts.replicates = 3;
    opts.interval = c->interval;
    pl_status rc = pl_uncertainty_run(methods, 2, c->table, c->k->models, NULL, &opts, &u, err);
    assert_true((rc == PL_OK) == (u != NULL));
    pl_uncertainty_free(u);
    return rc;
}

static void test_faults(void **state)
{
    pl_maker *k = pool(3, 3, 1.0, 4);
    pl_peer_table *t = build(k);
    fault_case c = {k, t, PL_INTERVAL_PERCENTILE};
    (void)state;
    pl__kit_fault_loop("percentile", run_once, &c);
    c.interval = PL_INTERVAL_BCA;
    pl__kit_fault_loop("bca", run_once, &c);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replicates_are_rankings_of_drawn_sets),
        cmocka_unit_test(results_fit_together),
        cmocka_unit_test(leaning_scores_are_corrected),
        cmocka_unit_test(neither_threads_nor_order_matter),
        cmocka_unit_test(one_image_is_undefined),
        cmocka_unit_test(few_images_are_warned_of),
        cmocka_unit_test(a_model_missing_from_draws_is_reported),
        cmocka_unit_test(groups_follow_the_evidence),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
