#include "study.h"

#include "judgment_maker.h"
#include "kit.h"
#include "rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const pl_study_request plain = {.rank = PL_RANK_OPTS_INIT};

/* Five models that judge each other's answers to n items; the one with the smaller number is better, a third of the
 * verdicts is noise. Both orders. */
static pl_maker *pool(uint32_t n_items, uint32_t n_criteria)
{
    pl_maker *k = pl__maker_new(5, n_items, n_criteria);
    pl_rng rng;

    pl__rng_init(&rng, 7, "pool of a study", 0);
    for (uint32_t i = 0; i < n_items; i++) {
        for (uint32_t judge = 0; judge < 5; judge++) {
            for (uint32_t pair = 0; pair < 25; pair++) {
                uint32_t a = pair / 5;
                uint32_t b = pair % 5;

                if (a == b || a == judge || b == judge)
                    continue;
                for (uint32_t c = 0; c < n_criteria; c++)
                    pl__maker_add(k, i, judge, a, b, c,
                                  pl__rng_uniform(&rng) < 0.3 ? (pl__rng_u64(&rng) % 2 ? PL_VERDICT_A : PL_VERDICT_B)
                                  : a < b                     ? PL_VERDICT_A
                                                              : PL_VERDICT_B);
            }
        }
    }
    return k;
}

static pl_truth truth_of(char **names, double *scores)
{
    static char *const all[] = {"m000", "m001", "m002", "m003", "m004"};

    for (size_t i = 0; i < 5; i++) {
        names[i] = all[i];
        scores[i] = 1.0 - 0.1 * (double)i;
    }
    return (pl_truth){.models = names, .scores = scores, .n = 5};
}

static pl_study *make(const char *kind, const pl_judgment_set *set, const pl_study_request *request)
{
    pl_study *s = NULL;
    pl_error err = {0};

    PL_KIT_OK(pl__study_new(kind, set, request, &s, &err), &err);
    return s;
}

static const pl_study_row *row_with(const pl_study *s, size_t label, const char *text)
{
    for (size_t i = 0; i < s->n_rows; i++) {
        if (strcmp(s->rows[i].labels[label], text) == 0)
            return &s->rows[i];
    }
    fail_msg("no row %s", text);
    static const pl_study_row none = {0};
    return &none; /* never: the line above ends the test */
}

static void more_images_agree_with_all_of_them(void **state)
{
    pl_maker *k = pool(12, 1);
    pl_study_request r = plain;
    pl_study *s = NULL;
    const pl_study_row *last = NULL;

    (void)state;
    s = make("sample-size", &k->set, &r);
    assert_int_equal(s->n_rows, 6); /* 5, 10, all of 12; two methods */
    last = &s->rows[2];
    assert_string_equal(last->labels[1], "12");
    PL_KIT_CLOSE(last->mean[0], 1.0, 1e-12); /* upme on everything is what it is held against */
    PL_KIT_CLOSE(last->sd[0], 0.0, 1e-12);
    assert_true(s->rows[0].mean[0] < 1.0);
    assert_int_equal(last->n_values, 4);
    pl__study_free(s);
    pl__maker_free(k);
}

/* Mean and sample standard deviation of the values that stand beside them. */
static void rows_are_summed_up_by_their_values(void **state)
{
    pl_maker *k = pool(12, 1);
    pl_study_request r = plain;
    pl_study *s = NULL;

    (void)state;
    r.n_seeds = 3;
    r.images = 4;
    s = make("seeds", &k->set, &r);
    assert_int_equal(s->n_rows, 8); /* three seeds and all of them, two methods */
    for (size_t metric = 0; metric < s->n_metrics; metric++) {
        const double *x = s->rows[3].values + metric * 3;
        double mean = (x[0] + x[1] + x[2]) / 3.0;
        double sd =
            sqrt(((x[0] - mean) * (x[0] - mean) + (x[1] - mean) * (x[1] - mean) + (x[2] - mean) * (x[2] - mean)) / 2.0);

        for (size_t i = 0; i < 3; i++)
            PL_KIT_CLOSE(s->rows[i].values[metric], x[i], 0.0);
        PL_KIT_CLOSE(s->rows[3].mean[metric], mean, 1e-12);
        PL_KIT_CLOSE(s->rows[3].sd[metric], sd, 1e-12);
        assert_true(isnan(s->rows[0].sd[metric]));
    }
    pl__study_free(s);
    pl__maker_free(k);
}

static void weights_from_the_truth_need_one(void **state)
{
    pl_maker *k = pool(10, 1);
    pl_study_request r = plain;
    char *names[5];
    double scores[5];
    pl_truth truth = truth_of(names, scores);
    pl_study *s = make("weights", &k->set, &r);

    (void)state;
    assert_int_equal(s->n_rows, 2);
    pl__study_free(s);
    r.truth = &truth;
    s = make("weights", &k->set, &r);
    assert_int_equal(s->n_rows, 4);
    assert_string_equal(s->reference, "the truth");
    assert_string_equal(s->rows[0].labels[0], "reverse");
    assert_string_equal(s->rows[3].labels[0], "learnt");
    pl__study_free(s);
    pl__maker_free(k);
}

/* The truth only changes what scores are held against: turned round, it turns the correlations of all that is not made
 * from it, and nothing else. */
static void the_truth_cannot_reach_a_ranking(void **state)
{
    pl_maker *k = pool(10, 2);
    pl_study_request r = plain;
    char *names[5];
    double scores[5];
    pl_truth truth = truth_of(names, scores);
    static const char *const kinds[] = {"sample-size", "ablation", "gamma", "seeds", "order", "single-judges"};

    (void)state;
    r.truth = &truth;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        pl_study *s = make(kinds[i], &k->set, &r);
        pl_study *turned = NULL;

        for (size_t m = 0; m < 5; m++)
            scores[m] = -scores[m];
        turned = make(kinds[i], &k->set, &r);
        assert_int_equal(s->n_rows, turned->n_rows);
        for (size_t row = 0; row < s->n_rows; row++) {
            PL_KIT_CLOSE(turned->rows[row].mean[0], -s->rows[row].mean[0], 1e-12);
            PL_KIT_CLOSE(turned->rows[row].mean[1], -s->rows[row].mean[1], 1e-12);
        }
        pl__study_free(s);
        pl__study_free(turned);
    }
    pl__maker_free(k);
}

static void criteria_are_taken_out_and_weighed(void **state)
{
    pl_maker *k = pool(6, 2);
    static const char *const with_clip[] = {"c000", "c000+clip"};
    static const char *const second[] = {"c001"};
    static const double gamma[] = {1.0, 0.0};
    pl_study_request r = plain;
    pl_study *s = make("ablation", &k->set, &r);
    pl_study *grid = NULL;
    pl_study *alone = NULL;
    pl_error err = {0};

    (void)state;
    assert_int_equal(s->n_rows, 6); /* first, second, both, for two methods */
    grid = make("gamma", &k->set, &r);
    assert_int_equal(grid->n_rows, 11);
    assert_string_equal(grid->rows[0].labels[1], "1.000");
    assert_string_equal(grid->rows[3].labels[2], "0.300");
    PL_KIT_CLOSE(grid->rows[0].mean[0], s->rows[3].mean[0], 1e-12); /* upme on the first criterion alone */
    PL_KIT_CLOSE(grid->rows[10].mean[0], s->rows[4].mean[0], 1e-12);
    PL_KIT_CLOSE(grid->rows[5].mean[0], s->rows[5].mean[0], 1e-12);
    pl__study_free(grid);
    pl__study_free(s);
    r.criterion_weights = gamma; /* a criterion that counts for nothing can still be looked at alone */
    r.criteria = second;
    r.n_criteria = 1;
    alone = make("ablation", &k->set, &r);
    assert_int_equal(isnan(alone->rows[0].mean[0]) ? 1 : 0, 0);
    pl__study_free(alone);
    r.criteria = with_clip;
    r.n_criteria = 2;
    PL_KIT_STATUS(pl__study_new("ablation", &k->set, &r, &s, &err), PL_E_UNSUPPORTED, &err);
    assert_non_null(strstr(err.msg, "encoder"));
    pl__maker_free(k);
}

static void all_starts_end_alike(void **state)
{
    pl_maker *k = pool(10, 1);
    pl_study_request r = plain;
    pl_study *s = NULL;

    (void)state;
    r.starts = 8;
    s = make("convergence", &k->set, &r);
    assert_int_equal(s->n_rows, 31);
    assert_int_equal(s->rows[0].n_values, 8);
    assert_true(s->rows[0].sd[0] > 0.0);
    for (size_t e = 1; e < s->n_rows; e++)
        assert_true(s->rows[e].mean[0] <= s->rows[e - 1].mean[0]);
    assert_true(s->rows[30].mean[0] < 1e-12);
    assert_string_equal(s->facts[1].name, "largest_difference_of_a_score");
    assert_true(s->facts[1].value < 1e-6);
    PL_KIT_CLOSE(s->rows[30].mean[1], 1.0, 1e-9);
    pl__study_free(s);
    pl__maker_free(k);
}

static void orders_need_both_orders(void **state)
{
    pl_maker *k = pool(8, 1);
    pl_study_request r = plain;
    pl_study *s = make("order", &k->set, &r);
    pl_error err = {0};
    size_t n = 0;

    (void)state;
    assert_int_equal(s->n_rows, 8);
    PL_KIT_CLOSE(row_with(s, 1, "both")->mean[0], 1.0, 1e-12);
    assert_true(row_with(s, 1, "fixed")->mean[0] < 1.0);
    assert_true(row_with(s, 1, "random")->sd[0] > 0.0); /* each seed draws other orders */
    pl__study_free(s);
    for (size_t i = 0; i < k->set.n_rows; i++) {
        if (k->rows[i].a < k->rows[i].b)
            k->rows[n++] = k->rows[i];
    }
    k->set.n_rows = n;
    PL_KIT_STATUS(pl__study_new("order", &k->set, &r, &s, &err), PL_E_INVALID, &err);
    pl__maker_free(k);
}

static bool same_values(const pl_study *a, const pl_study *b)
{
    if (a->n_rows != b->n_rows)
        return false;
    for (size_t i = 0; i < a->n_rows; i++) {
        if (memcmp(a->rows[i].values, b->rows[i].values, a->rows[i].n_values * a->n_metrics * sizeof(double)) != 0)
            return false;
    }
    return true;
}

/* Threads, the order of rows and the order in which names are given change no bit. `order` speaks of the list of models
 * and is left out. */
static void results_belong_to_the_judgments(void **state)
{
    static const char *const kinds[] = {"sample-size", "ablation", "seeds", "adaptive"};
    pl_maker *k = pool(6, 1);
    uint32_t new_model[PL_MAKER_NAMES_MAX];
    uint32_t new_criterion[PL_MAKER_NAMES_MAX];
    pl_rng rng;
    pl_maker *shuffled = NULL;

    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "study shuffled", 0);
    shuffled = pl__maker_shuffled(k, &rng, new_model, new_criterion);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        pl_study_request r = plain;
        pl_study *s = NULL;
        pl_study *threads = NULL;
        pl_study *other = NULL;

        r.images = 4;
        r.n_seeds = 3;
        s = make(kinds[i], &k->set, &r);
        r.threads = 4;
        threads = make(kinds[i], &k->set, &r);
        assert_true(same_values(s, threads));
        other = make(kinds[i], &shuffled->set, &r);
        for (size_t row = 0; row < s->n_rows; row++)
            PL_KIT_CLOSE(other->rows[row].mean[0], s->rows[row].mean[0], 1e-9);
        pl__study_free(s);
        pl__study_free(threads);
        pl__study_free(other);
    }
    pl__maker_free(shuffled);
    pl__maker_free(k);
}

static double fact_of(const pl_study *s, const char *name)
{
    for (size_t i = 0; i < s->n_facts; i++) {
        if (strcmp(s->facts[i].name, name) == 0)
            return s->facts[i].value;
    }
    fail_msg("no fact %s", name);
    return 0.0;
}

/* A criterion that was asked for is chosen by and ranked by, as if there were no other one. */
static void designs_choose_by_what_they_rank_by(void **state)
{
    pl_maker *k = pool(6, 2);
    pl_study_request r = plain;
    pl_judgment_set first = k->set;
    pl_judgment *rows = calloc(k->set.n_rows, sizeof(*rows));
    pl_study *all = NULL;
    pl_study *one = NULL;
    pl_study *alone = NULL;
    size_t n = 0;

    (void)state;
    assert_non_null(rows);
    for (size_t i = 0; i < k->set.n_rows; i++) {
        if (k->set.rows[i].criterion == 0)
            rows[n++] = k->set.rows[i];
    }
    first.rows = rows;
    first.n_rows = n;
    r.n_seeds = 2;
    all = make("adaptive", &k->set, &r);
    assert_string_equal(all->reference, "bt on all judgments");
    PL_KIT_CLOSE(fact_of(all, "judgments_full"), (double)k->set.n_rows, 0.0);
    r.criterion = k->set.criteria[0];
    one = make("adaptive", &k->set, &r);
    alone = make("adaptive", &first, &r);
    PL_KIT_CLOSE(fact_of(one, "judgments_full"), (double)n, 0.0);
    assert_true(same_values(one, alone));
    assert_false(same_values(one, all));
    assert_true(fact_of(all, "spearman_of_full_on_images_drawn_again") > 0.5);
    assert_true(fact_of(all, "spearman_of_full_on_images_drawn_again") <= 1.0);
    pl__study_free(all);
    pl__study_free(one);
    pl__study_free(alone);
    free(rows);
    pl__maker_free(k);
}

static void what_cannot_be_studied_is_said(void **state)
{
    static const char *const single[] = {"single:nobody"};
    pl_maker *k = pool(4, 1);
    pl_study_request r = plain;
    pl_study *s = NULL;
    pl_error err = {0};
    uint64_t sizes[] = {5};

    (void)state;
    PL_KIT_STATUS(pl__study_new("nonsense", &k->set, &r, &s, &err), PL_E_NOT_FOUND, &err);
    assert_non_null(strstr(err.msg, "single-judges"));
    PL_KIT_STATUS(pl__study_new("encoder", &k->set, &r, &s, &err), PL_E_UNSUPPORTED, &err);
    PL_KIT_STATUS(pl__study_new("gamma", &k->set, &r, &s, &err), PL_E_INVALID, &err);
    r.sizes = sizes;
    r.n_sizes = 1;
    PL_KIT_STATUS(pl__study_new("sample-size", &k->set, &r, &s, &err), PL_E_INVALID, &err);
    r = plain;
    r.methods = single;
    r.n_methods = 1;
    PL_KIT_STATUS(pl__study_new("sample-size", &k->set, &r, &s, &err), PL_E_NOT_FOUND, &err);
    r = plain;
    r.n_seeds = PL_STUDY_SEEDS_MAX + 1;
    PL_KIT_STATUS(pl__study_new("seeds", &k->set, &r, &s, &err), PL_E_INVALID, &err);
    k->set.n_rows = 0;
    PL_KIT_STATUS(pl__study_new("seeds", &k->set, &plain, &s, &err), PL_E_INVALID, &err);
    assert_null(s);
    pl__maker_free(k);
}

typedef struct one_study {
    const pl_judgment_set *set;
    const char *kind;
} one_study;

static pl_status make_one(void *user, pl_error *err)
{
    const one_study *x = user;
    pl_study_request r = plain;
    pl_study *s = NULL;
    pl_status rc = PL_OK;

    r.n_seeds = 1;
    r.starts = 1;
    r.rank.upme_epochs = 2;
    r.gamma_step = 0.5;
    rc = pl__study_new(x->kind, x->set, &r, &s, err);
    pl__study_free(s);
    return rc;
}

static void memory_may_be_refused(void **state)
{
    size_t n = 0;
    const pl_study_kind *kinds = pl__study_kinds(&n);
    pl_maker *k = pool(1, 2);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        one_study x = {.set = &k->set, .kind = kinds[i].name};

        pl__kit_fault_loop(kinds[i].name, make_one, &x);
    }
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_images_agree_with_all_of_them),
        cmocka_unit_test(rows_are_summed_up_by_their_values),
        cmocka_unit_test(weights_from_the_truth_need_one),
        cmocka_unit_test(the_truth_cannot_reach_a_ranking),
        cmocka_unit_test(criteria_are_taken_out_and_weighed),
        cmocka_unit_test(all_starts_end_alike),
        cmocka_unit_test(orders_need_both_orders),
        cmocka_unit_test(results_belong_to_the_judgments),
        cmocka_unit_test(designs_choose_by_what_they_rank_by),
        cmocka_unit_test(what_cannot_be_studied_is_said),
        cmocka_unit_test(memory_may_be_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
