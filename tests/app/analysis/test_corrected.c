/* Win rates by ppi: the numbers that go into pl_ppi_mean, and how often the interval holds. */
#include "analysis.h"
#include "corrected.h"

#include "judgment_maker.h"
#include "kit.h"
#include "rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static pl_analysis *correct(const pl_judgment_set *set, const pl_judgment_set *reference, const char *criterion)
{
    pl_rank_request request = {.rank = PL_RANK_OPTS_INIT, .reference = reference, .criterion = criterion};
    pl_analysis *a = NULL;
    pl_error err = {0};

    PL_KIT_OK(pl__analysis_new(set, &request, &a, &err), &err);
    assert_int_equal(a->n_methods, 1);
    assert_string_equal(a->methods[0].name, PL_CORRECTED_METHOD);
    return a;
}

static bool warns(const pl_analysis *a, const char *text)
{
    for (size_t i = 0; i < a->methods[0].n_warnings; i++) {
        if (strstr(a->methods[0].warnings[i], text))
            return true;
    }
    return false;
}

/* Models 0, 1, 2; judge 3; people 4. The first eight images are labelled, the next eight are not. */
static void what_goes_in_is_paired_by_image(void **state)
{
    enum { HALF = 8, ALL = 16 };
    static const double y[HALF] = {1.0, 0.5, 0.0, 1.0, 0.0, 1.0, 0.0, 0.5};
    static const double f[ALL] = {1.0, 0.75, 0.0, 1.0, 0.0, 0.75, 0.0, 0.25, 1.0, 1.0, 0.0, 0.25, 0.0, 1.0, 0.75, 0.0};
    pl_maker *k = pl__maker_new(5, ALL + 1, 1);
    pl_maker *people = pl__maker_new(5, ALL + 1, 1);
    pl_ppi_mean_result wanted = {0};
    pl_error err = {0};
    pl_analysis *a = NULL;

    (void)state;
    for (uint32_t i = 0; i < ALL; i++) { /* twice in one order: f is their mean, of model 0 */
        pl__maker_add(k, i, 3, 0, 1, 0, f[i] > 0.5 ? PL_VERDICT_A : PL_VERDICT_B);
        pl__maker_add(k, i, 3, 0, 1, 0, f[i] < 0.1 ? PL_VERDICT_B : f[i] < 1.0 ? PL_VERDICT_TIE : PL_VERDICT_A);
    }
    for (uint32_t i = 0; i < HALF; i++) /* the other way round */
        pl__maker_add(people, i, 4, 1, 0, 0, y[i] > 0.5 ? PL_VERDICT_B : y[i] > 0.0 ? PL_VERDICT_TIE : PL_VERDICT_A);
    pl__maker_add(k, 0, 3, 0, 2, 0, PL_VERDICT_B);        /* not labelled, on a labelled image: has no part in it */
    pl__maker_add(people, ALL, 4, 0, 1, 0, PL_VERDICT_A); /* no judge has seen it */
    a = correct(&k->set, &people->set, NULL);
    PL_KIT_OK(pl_ppi_mean(y, f, HALF, f + HALF, ALL - HALF, NULL, &wanted, &err), &err);
    assert_true(wanted.lambda > 0.0);
    assert_int_equal(a->corrected->models[0].n_labelled, HALF);
    assert_int_equal(a->corrected->models[0].n_machine, ALL - HALF);
    assert_int_equal(a->corrected->pairs, HALF + 1);
    assert_int_equal(a->corrected->unmatched, 1);
    PL_KIT_CLOSE(a->corrected->models[0].win_rate.lambda, wanted.lambda, 1e-14);
    PL_KIT_CLOSE(a->corrected->models[0].win_rate.estimate, wanted.estimate, 1e-14);
    PL_KIT_CLOSE(a->corrected->models[0].win_rate.error, wanted.error, 1e-14);
    PL_KIT_CLOSE(a->methods[0].scores[0], wanted.estimate, 1e-14);
    PL_KIT_CLOSE(a->methods[0].scores[0] + a->methods[0].scores[1], 1.0, 1e-12);
    assert_true(isnan(a->methods[0].scores[2]));
    assert_int_equal(a->methods[0].rank[2], 0);
    assert_true(warns(a, "m002: no pair that people decided on"));
    assert_true(warns(a, "fewer than 25"));
    pl__analysis_free(a);
    pl__maker_free(people);
    pl__maker_free(k);
}

static void nothing_in_common_is_undefined(void **state)
{
    pl_maker *k = pl__maker_new(4, 3, 1);
    pl_maker *people = pl__maker_new(4, 3, 1);
    pl_analysis *a = NULL;

    (void)state;
    pl__maker_add(k, 0, 3, 0, 1, 0, PL_VERDICT_A);
    a = correct(&k->set, &people->set, NULL); /* an empty reference */
    assert_true(isnan(a->methods[0].scores[0]));
    pl__analysis_free(a);
    a = correct(&people->set, &k->set, NULL); /* an empty log */
    assert_true(isnan(a->methods[0].scores[0]));
    assert_int_equal(a->corrected->unmatched, 1);
    pl__analysis_free(a);
    pl__maker_add(people, 0, 3, 0, 1, 0, PL_VERDICT_A);
    a = correct(&k->set, &people->set, NULL); /* one label */
    PL_KIT_CLOSE(a->methods[0].scores[0], 1.0, 0.0);
    assert_true(isnan(a->corrected->models[0].win_rate.low));
    pl__analysis_free(a);
    pl__maker_free(people);
    pl__maker_free(k);
}

static void the_criterion_and_the_options_choose_the_rows(void **state)
{
    pl_maker *k = pl__maker_new(4, 4, 2);
    pl_maker *people = pl__maker_new(4, 4, 2);
    pl_rank_request request = {
        .rank = PL_RANK_OPTS_INIT, .reference = &people->set, .criterion = "c001", .drop_self_reviews = true};
    pl_analysis *a = NULL;
    pl_error err = {0};

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        pl__maker_add(k, i, 3, 0, 1, 0, PL_VERDICT_A);
        pl__maker_add(k, i, 3, 0, 1, 1, PL_VERDICT_B);
        pl__maker_add(k, i, 0, 0, 1, 1, PL_VERDICT_A); /* on itself */
    }
    pl__maker_add(people, 0, 2, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(people, 1, 2, 0, 1, 1, PL_VERDICT_B);
    PL_KIT_OK(pl__analysis_new(&k->set, &request, &a, &err), &err);
    assert_int_equal(a->corrected->pairs, 1);
    assert_int_equal(a->corrected->models[0].n_labelled, 1);
    assert_int_equal(a->corrected->models[0].n_machine, 3);
    PL_KIT_CLOSE(a->methods[0].scores[0], 0.0, 0.0);
    pl__analysis_free(a);
    a = correct(&k->set, &people->set, "all");
    assert_int_equal(a->corrected->pairs, 2);
    assert_int_equal(a->corrected->models[0].n_labelled, 2);
    pl__analysis_free(a);
    pl__maker_free(people);
    pl__maker_free(k);
}

#define SETS 400
#define ALL_IMAGES 120u
#define LABELLED 40u
#define PAIRS 4u

/* Verdicts on one image hang together, the judges lean, and people judge every pair of a random third of the images. */
static bool draw_and_correct(pl_rng *rng, pl_maker *k, pl_maker *people, double *ret_width, double *ret_alone)
{
    pl_analysis *a = NULL;
    const pl_ppi_mean_result *w = NULL;
    bool held = false;

    k->set.n_rows = people->set.n_rows = 0;
    for (uint32_t i = 0; i < ALL_IMAGES; i++) {
        double image = pl__rng_uniform(rng) * 0.8 + 0.1; /* P(people prefer 0); mean 1/2 */

        for (uint32_t p = 0; p < PAIRS; p++) {
            pl_verdict truth = pl__rng_uniform(rng) < image ? PL_VERDICT_A : PL_VERDICT_B;
            bool right = pl__rng_uniform(rng) < (truth == PL_VERDICT_A ? 0.95 : 0.7);
            pl_verdict said = right ? truth : truth == PL_VERDICT_A ? PL_VERDICT_B : PL_VERDICT_A;

            pl__maker_add(k, i, 6, 0, 1 + p, 0, said);
            if (i < LABELLED)
                pl__maker_add(people, i, 7, 0, 1 + p, 0, truth);
        }
    }
    a = correct(&k->set, &people->set, NULL);
    w = &a->corrected->models[0].win_rate;
    held = w->low <= 0.5 && 0.5 <= w->high;
    *ret_width += (w->high - w->low) / SETS;
    *ret_alone += (w->labelled_high - w->labelled_low) / SETS;
    pl__analysis_free(a);
    return held;
}

static void the_interval_holds_and_is_shorter(void **state)
{
    pl_maker *k = pl__maker_new(8, ALL_IMAGES, 1);
    pl_maker *people = pl__maker_new(8, ALL_IMAGES, 1);
    pl_rng rng;
    unsigned n_held = 0;
    double width = 0.0;
    double alone = 0.0;

    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "corrected", 0);
    for (int i = 0; i < SETS; i++)
        n_held += draw_and_correct(&rng, k, people, &width, &alone);
    printf("held %u of %d, width %.4f, labels alone %.4f\n", n_held, SETS, width, alone);
    assert_in_range(n_held, 364, 396); /* 91 % .. 99 %: four standard errors about 95 % */
    assert_true(width < 0.85 * alone);
    pl__maker_free(people);
    pl__maker_free(k);
}

typedef struct two {
    pl_maker *k;
    pl_maker *people;
} two;

static pl_status once(void *user, pl_error *err)
{
    const two *t = user;
    pl_rank_request request = {.rank = PL_RANK_OPTS_INIT, .reference = &t->people->set};
    pl_analysis *a = NULL;
    pl_status rc = pl__analysis_new(&t->k->set, &request, &a, err);

    pl__analysis_free(a);
    return rc;
}

static void refused_memory_is_told(void **state)
{
    two t = {pl__maker_new(4, 4, 1), pl__maker_new(4, 4, 1)};

    (void)state;
    pl__maker_add(t.k, 0, 3, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(t.k, 1, 3, 1, 2, 0, PL_VERDICT_A);
    pl__maker_add(t.people, 0, 3, 0, 1, 0, PL_VERDICT_B);
    pl__kit_fault_loop("corrected", once, &t);
    pl__maker_free(t.k);
    pl__maker_free(t.people);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_is_paired_by_image),
        cmocka_unit_test(nothing_in_common_is_undefined),
        cmocka_unit_test(the_criterion_and_the_options_choose_the_rows),
        cmocka_unit_test(the_interval_holds_and_is_shorter),
        cmocka_unit_test(refused_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
