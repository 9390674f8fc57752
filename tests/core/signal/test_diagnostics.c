#include <peerless/diagnostics.h>

#include "alloc.h"
#include "contingency_golden.h"
#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <string.h>

static pl_diagnostics *run(const pl_judgment_set *set, const pl_judgment_set *reference)
{
    pl_error err = {0};
    pl_diagnostics_opts opts = PL_DIAGNOSTICS_OPTS_INIT;
    pl_diagnostics *d = NULL;
    opts.reference = reference;
    PL_KIT_OK(pl_diagnostics_run(set, &opts, &d, &err), &err);
    return d;
}

static pl_judgment *add(pl_maker *k, uint32_t item, uint32_t judge, uint32_t a, uint32_t b, pl_verdict v, uint32_t la,
                        uint32_t lb)
{
    pl_judgment *row = pl__maker_add(k, item, judge, a, b, 0, v);
    row->a_length = la;
    row->b_length = lb;
    return row;
}

static void test_counts(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(4, 20, 2);
    /* Both orders on one pair are one unit; contradictory ones decide nothing. */
    add(k, 0, 3, 0, 1, PL_VERDICT_A, 9, 4);
    add(k, 0, 3, 1, 0, PL_VERDICT_B, 4, 9);
    add(k, 1, 3, 0, 1, PL_VERDICT_A, 9, 4);
    add(k, 1, 3, 1, 0, PL_VERDICT_A, 4, 9);
    add(k, 2, 3, 0, 1, PL_VERDICT_B, 9, 4);
    add(k, 3, 3, 0, 1, PL_VERDICT_A, 5, 5); /* alike, unknown, tie, missing: no part in it */
    add(k, 4, 3, 0, 1, PL_VERDICT_A, 0, 5);
    add(k, 5, 3, 0, 1, PL_VERDICT_TIE, 7, 5);
    add(k, 6, 3, 0, 1, PL_VERDICT_MISSING, 7, 5);
    add(k, 7, 3, 3, 1, PL_VERDICT_A, 0, 0); /* its own */
    add(k, 8, 3, 1, 3, PL_VERDICT_A, 0, 0);
    pl_diagnostics *d = run(&k->set, NULL);
    const pl_judge_diagnosis *j = &pl_diagnostics_judges(d)[3];
    const uint64_t longer[2][2] = {{2, 1}, {1, 1}};
    const uint64_t own[2][2] = {{1, 0}, {1, 0}};
    assert_int_equal(j->verbosity.chosen, 1);
    assert_int_equal(j->verbosity.against, 1);
    assert_memory_equal(j->verbosity.table, longer, sizeof(longer));
    assert_int_equal(j->verbosity.untested, PL_UNTESTED_FEW_IMAGES);
    assert_true(isnan(j->verbosity.p) && isnan(j->verbosity.mcnemar_p));
    assert_int_equal(j->self_preference.chosen, 1);
    assert_int_equal(j->self_preference.against, 1);
    assert_memory_equal(j->self_preference.table, own, sizeof(own));
    assert_true(isnan(j->self_preference.chi2)); /* the second column is empty */
    assert_int_equal(pl_diagnostics_judges(d)[0].self_preference.untested, PL_UNTESTED_NO_PAIR);
    pl_diagnostics_free(d);

    static const char *const families[] = {"x", "y", "y", "x"}; /* 0 is of the judge's family, against 1 */
    k->set.families = families;
    d = run(&k->set, NULL);
    assert_int_equal(pl_diagnostics_judges(d)[3].self_preference.chosen, 4); /* items 0, 3, 4, 7 */
    assert_int_equal(pl_diagnostics_judges(d)[3].self_preference.against, 2);
    pl_diagnostics_free(d);
    pl__maker_free(k);
}

/* scipy's figures for a table, from verdicts that make it: rows first-shown is longer or not, columns it won or lost.
 */
static void test_table_golden(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t g = 0; g < sizeof(golden_chi2) / sizeof(golden_chi2[0]); g++) {
        const double *t = golden_chi2[g];
        if (t[0] + t[1] + t[2] + t[3] > 200)
            continue; /* more items than the maker has */
        pl_maker *k = pl__maker_new(4, 200, 1);
        uint32_t item = 0;
        for (unsigned cell = 0; cell < 4; cell++) {
            for (unsigned i = 0; i < (unsigned)t[cell]; i++)
                add(k, item++, 3, 0, 1, cell % 2 == 0 ? PL_VERDICT_A : PL_VERDICT_B, cell < 2 ? 9 : 4,
                    cell < 2 ? 4 : 9);
        }
        pl_diagnostics *d = run(&k->set, NULL);
        const pl_taste *v = &pl_diagnostics_judges(d)[3].verbosity;
        PL_KIT_CLOSE(v->chi2, t[4], 1e-12 * (1 + t[4]));
        PL_KIT_CLOSE(v->chi2_yates, t[5], 1e-12 * (1 + t[5]));
        PL_KIT_CLOSE(v->chi2_p, t[6], 1e-12);
        PL_KIT_CLOSE(v->phi, t[7], 1e-12);
        pl_diagnostics_free(d);
        pl__maker_free(k);
        tried++;
    }
    assert_true(tried >= 3);
}

static void test_triads(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(5, 10, 1);
    pl__maker_add(k, 0, 4, 0, 1, 0, PL_VERDICT_A); /* a cycle */
    pl__maker_add(k, 0, 4, 1, 2, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 4, 2, 0, 0, PL_VERDICT_A);
    pl__maker_add(k, 1, 4, 0, 1, 0, PL_VERDICT_A); /* none */
    pl__maker_add(k, 1, 4, 1, 2, 0, PL_VERDICT_A);
    pl__maker_add(k, 1, 4, 0, 2, 0, PL_VERDICT_A);
    pl__maker_add(k, 2, 4, 0, 1, 0, PL_VERDICT_A); /* a tie: no triad */
    pl__maker_add(k, 2, 4, 1, 2, 0, PL_VERDICT_A);
    pl__maker_add(k, 2, 4, 2, 0, 0, PL_VERDICT_TIE);
    pl_diagnostics *d = run(&k->set, NULL);
    assert_int_equal(pl_diagnostics_judges(d)[4].triads, 2);
    assert_int_equal(pl_diagnostics_judges(d)[4].cyclic_triads, 1);
    pl_diagnostics_free(d);
    pl__maker_free(k);
}

static void test_reference(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(3, 40, 2);
    pl_maker *human = pl__maker_new(3, 40, 2);
    human->models[2] = "people";
    human->criteria[0] = "c001"; /* the shared one; the other is nobody's */
    human->criteria[1] = "taste";
    uint32_t item = 0;
    static const pl_verdict verdicts[][2] = {/* judge, people; the first is the longer */
                                             {PL_VERDICT_A, PL_VERDICT_A},     {PL_VERDICT_A, PL_VERDICT_B},
                                             {PL_VERDICT_A, PL_VERDICT_B},     {PL_VERDICT_A, PL_VERDICT_B},
                                             {PL_VERDICT_B, PL_VERDICT_A},     {PL_VERDICT_B, PL_VERDICT_B},
                                             {PL_VERDICT_TIE, PL_VERDICT_TIE}, {PL_VERDICT_TIE, PL_VERDICT_A}};
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++, item++) {
        add(k, item, 2, 0, 1, verdicts[i][0], 9, 4)->criterion = 1;
        add(k, item, 2, 0, 1, PL_VERDICT_B, 9, 4); /* under a criterion that people were not asked about */
        pl__maker_add(human, item, 2, 1, 0, 0,     /* shown the other way round */
                      verdicts[i][1] == PL_VERDICT_A   ? PL_VERDICT_B
                      : verdicts[i][1] == PL_VERDICT_B ? PL_VERDICT_A
                                                       : PL_VERDICT_TIE);
    }
    pl__maker_add(human, 0, 2, 0, 1, 0, PL_VERDICT_A); /* two people more on item 0: the majority stays */
    pl__maker_add(human, 0, 0, 0, 1, 0, PL_VERDICT_A);
    pl_diagnostics *d = run(&k->set, &human->set);
    const pl_judge_diagnosis *j = &pl_diagnostics_judges(d)[2];
    const uint64_t table[2][2] = {{4, 2}, {2, 4}};
    assert_int_equal(j->reference_pairs, 8);
    assert_int_equal(j->reference_agreed, 3);
    assert_int_equal(j->verbosity.pairs, 6);
    assert_int_equal(j->verbosity.judge_only, 3);
    assert_int_equal(j->verbosity.other_only, 1);
    assert_memory_equal(j->verbosity.table, table, sizeof(table));
    PL_KIT_CLOSE(j->verbosity.chi2, 12.0 * (16 - 4) * (16 - 4) / (6.0 * 6 * 6 * 6), 1e-12);
    PL_KIT_CLOSE(j->verbosity.phi, sqrt(j->verbosity.chi2 / 12), 1e-12);
    PL_KIT_CLOSE(j->verbosity.mcnemar_p, 0.625, 1e-12);
    PL_KIT_CLOSE(j->verbosity.mcnemar_effect, 2.0 / 6, 1e-12);
    pl_diagnostics_free(d);
    pl__maker_free(k);
    pl__maker_free(human);
}

/* One slope for all: judges of models 0..4, each pair in one order on each item; vice: judge 4 may take the longer, or
 * its own. */
static pl_maker *simulate(pl_rng *rng, bool longer, bool own)
{
    pl_maker *k = pl__maker_new(5, 40, 1);
    for (uint32_t i = 0; i < 40; i++) {
        for (uint32_t r = 0; r < 5; r++) {
            for (uint32_t a = 0; a < 5; a++) {
                for (uint32_t b = a + 1; b < 5; b++) {
                    uint32_t la = 1 + (uint32_t)pl__rng_below(rng, 50);
                    uint32_t lb = 1 + (uint32_t)pl__rng_below(rng, 50);
                    bool wins = pl__rng_uniform(rng) < 1 / (1 + exp(0.5 * ((double)b - (double)a)));
                    if (r == 4 && longer && la != lb)
                        wins = la > lb;
                    if (r == 4 && own && b == 4)
                        wins = false;
                    add(k, i, r, a, b, wins ? PL_VERDICT_A : PL_VERDICT_B, la, lb);
                }
            }
        }
    }
    return k;
}

static void test_vices_show(void **state)
{
    (void)state;
    pl_rng rng;
    pl__rng_init(&rng, 11, "diagnostics", 0); /* one set, known to be ordinary */
    pl_maker *k = simulate(&rng, true, false);
    pl_diagnostics *d = run(&k->set, NULL);
    const pl_judge_diagnosis *j = pl_diagnostics_judges(d);
    assert_int_equal(j[4].verbosity.untested, PL_UNTESTED_NOT);
    assert_true(j[4].verbosity.p < 1e-6 && j[4].verbosity.effect > 0.9);
    assert_true(j[0].verbosity.p > 1e-4);
    pl_diagnostics_free(d);
    pl__maker_free(k);
    k = simulate(&rng, false, true);
    d = run(&k->set, NULL);
    j = pl_diagnostics_judges(d);
    assert_int_equal(j[4].self_preference.untested, PL_UNTESTED_NOT);
    assert_true(j[4].self_preference.p < 1e-3 && j[4].self_preference.effect > 0.1);
    for (unsigned r = 0; r < 4; r++)
        assert_true(j[r].self_preference.p > 1e-4 && j[r].verbosity.p > 1e-4);
    pl_diagnostics_free(d);
    pl__maker_free(k);
}

static void same_bits(double a, double b)
{
    uint64_t x = 0;
    uint64_t y = 0;
    memcpy(&x, &a, sizeof(x));
    memcpy(&y, &b, sizeof(y));
    assert_true((isnan(a) && isnan(b)) || x == y);
}

static void same_taste(const pl_taste *a, const pl_taste *b)
{
    assert_int_equal(a->chosen, b->chosen);
    assert_int_equal(a->against, b->against);
    assert_memory_equal(a->table, b->table, sizeof(a->table));
    assert_int_equal(a->untested, b->untested);
    same_bits(a->effect, b->effect);
    same_bits(a->error, b->error);
    same_bits(a->p, b->p);
    same_bits(a->phi, b->phi);
}

/* Neither the order of the rows nor that of the names matters. */
static void test_order_does_not_matter(void **state)
{
    (void)state;
    pl_rng rng;
    uint32_t new_model[PL_MAKER_NAMES_MAX];
    uint32_t new_criterion[PL_MAKER_NAMES_MAX];
    for (uint64_t i = 0; i < 20; i++) {
        pl__rng_init(&rng, pl__kit_seed(), "diagnostics", i);
        pl_maker *k = pl__maker_new(5, 20, 2);
        pl_maker *people = pl__maker_new(5, 20, 2);
        pl__maker_random(k, &rng, 1500, false);
        pl__maker_random(people, &rng, 150, false);
        for (size_t n = 0; n < k->set.n_rows; n++) { /* repeats must not differ in what decides ties of the sort */
            k->rows[n].a_length = 1 + (k->rows[n].a * 7 + k->rows[n].item) % 11;
            k->rows[n].b_length = 1 + (k->rows[n].b * 7 + k->rows[n].item) % 11;
        }
        pl_maker *other = pl__maker_shuffled(k, &rng, new_model, new_criterion);
        const pl_judgment_set *reference = i % 2 ? &people->set : NULL;
        pl_diagnostics *d = run(&k->set, reference);
        pl_diagnostics *e = run(&other->set, reference);
        same_bits(pl_diagnostics_alpha(d, NULL), pl_diagnostics_alpha(e, NULL));
        for (uint32_t r = 0; r < 5; r++) {
            const pl_judge_diagnosis *x = &pl_diagnostics_judges(d)[r];
            const pl_judge_diagnosis *y = &pl_diagnostics_judges(e)[new_model[r]];
            same_taste(&x->verbosity, &y->verbosity);
            same_taste(&x->self_preference, &y->self_preference);
            assert_int_equal(x->triads, y->triads);
            assert_int_equal(x->cyclic_triads, y->cyclic_triads);
            assert_int_equal(x->reference_agreed, y->reference_agreed);
            for (uint32_t q = 0; q < 5; q++)
                PL_KIT_CLOSE(r == q ? 0 : pl_diagnostics_kappa(d)[r * 5 + q],
                             r == q ? 0 : pl_diagnostics_kappa(e)[new_model[r] * 5 + new_model[q]], 1e-12);
        }
        pl_diagnostics_free(d);
        pl_diagnostics_free(e);
        pl__maker_free(other);
        pl__maker_free(people);
        pl__maker_free(k);
    }
}

static void test_hostile_sets(void **state)
{
    (void)state;
    pl_error err = {0};
    pl_diagnostics *d = NULL;
    pl_diagnostics_opts opts = PL_DIAGNOSTICS_OPTS_INIT;
    pl_maker *k = pl__maker_new(3, 5, 1);
    PL_KIT_STATUS(pl_diagnostics_run(NULL, NULL, &d, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_diagnostics_run(&k->set, NULL, NULL, &err), PL_E_INVALID, &err);
    d = run(&k->set, &k->set); /* nothing judged at all */
    assert_true(isnan(pl_diagnostics_alpha(d, NULL)));
    pl_diagnostics_free(d);
    d = NULL;
    pl_maker *bad = pl__maker_new(3, 5, 1);
    pl__maker_add(bad, 0, 9, 0, 1, 0, PL_VERDICT_A);
    opts.reference = &bad->set;
    PL_KIT_STATUS(pl_diagnostics_run(&k->set, &opts, &d, &err), PL_E_RANGE, &err);
    assert_null(d);
    pl_diagnostics_free(NULL);
    assert_string_equal(pl_untested_text((pl_untested)99), "unknown");
    pl__maker_free(bad);
    pl__maker_free(k);
}

static pl_status once(void *user, pl_error *err)
{
    pl_maker *k = user;
    pl_diagnostics_opts opts = PL_DIAGNOSTICS_OPTS_INIT;
    pl_diagnostics *d = NULL;
    opts.reference = &k->set;
    pl_status rc = pl_diagnostics_run(&k->set, &opts, &d, err);
    pl_diagnostics_free(d);
    return rc;
}

static void test_faults(void **state)
{
    (void)state;
    pl_rng rng;
    pl__rng_init(&rng, 3, "diagnostics", 0);
    pl_maker *k = pl__maker_new(5, 20, 2);
    pl__maker_random(k, &rng, 400, false);
    pl__kit_fault_loop("diagnostics", once, k);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),       cmocka_unit_test(test_table_golden),
        cmocka_unit_test(test_triads),       cmocka_unit_test(test_reference),
        cmocka_unit_test(test_vices_show),   cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_hostile_sets), cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
