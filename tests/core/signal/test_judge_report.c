#include "alloc.h"
#include "judge_report.h"
#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define JUDGE 2u

static pl_judge_report report(const pl_maker *k)
{
    pl_error err = {0};
    pl_judge_report r[PL_MAKER_NAMES_MAX];
    PL_KIT_OK(pl_judge_reports(&k->set, r, &err), &err);
    return r[JUDGE];
}

/* n pairs, each on an item of its own, judged in both orders. */
static void add_pairs(pl_maker *k, uint32_t *item, unsigned n, pl_verdict straight, pl_verdict swapped)
{
    for (unsigned i = 0; i < n; i++) {
        pl__maker_add(k, *item, JUDGE, 0, 1, 0, straight);
        pl__maker_add(k, (*item)++, JUDGE, 1, 0, 0, swapped);
    }
}

static void test_counts(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(3, 100, 2);
    uint32_t item = 0;
    add_pairs(k, &item, 3, PL_VERDICT_A, PL_VERDICT_B);     /* consistent */
    add_pairs(k, &item, 2, PL_VERDICT_TIE, PL_VERDICT_TIE); /* consistent */
    add_pairs(k, &item, 4, PL_VERDICT_A, PL_VERDICT_A);     /* the first both times */
    add_pairs(k, &item, 1, PL_VERDICT_B, PL_VERDICT_B);     /* the second both times */
    add_pairs(k, &item, 5, PL_VERDICT_TIE, PL_VERDICT_B);   /* neither */
    add_pairs(k, &item, 1, PL_VERDICT_A, PL_VERDICT_MISSING);
    pl__maker_add(k, item, JUDGE, 0, 1, 0, PL_VERDICT_A); /* another criterion is no swap */
    pl__maker_add(k, item, JUDGE, 1, 0, 1, PL_VERDICT_A);
    pl__maker_add(k, item, JUDGE, 1, 0, 1, PL_VERDICT_MISSING)->missing = PL_MISSING_REFUSED;
    pl_judge_report r = report(k);
    assert_int_equal(r.asked, 35);
    assert_int_equal(r.usable, 33);
    assert_int_equal(r.missing[PL_MISSING_NO_MARK], 1);
    assert_int_equal(r.missing[PL_MISSING_REFUSED], 1);
    assert_int_equal(r.first, 14);
    assert_int_equal(r.second, 10);
    assert_int_equal(r.tie, 9);
    assert_int_equal(r.swap_pairs, 15);
    assert_int_equal(r.swap_consistent, 5);
    PL_KIT_CLOSE(r.position_p, 0.375, 1e-12); /* 4 of 5: 2 (5 + 1) / 32 */
    pl_judge_report all[3];
    pl_error err = {0};
    PL_KIT_OK(pl_judge_reports(&k->set, all, &err), &err);
    pl_judge_report zero;
    memset(&zero, 0, sizeof(zero));
    assert_true(all[0].asked == 0 && all[0].flags == 0 && all[0].position_p == 0);
    assert_memory_equal(all[0].missing, zero.missing, sizeof(zero.missing));
    pl__maker_free(k);
}

static void test_repeats(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(3, 2, 1);
    uint32_t item = 0;
    add_pairs(k, &item, 1, PL_VERDICT_A, PL_VERDICT_B);
    pl__maker_add(k, 0, JUDGE, 0, 1, 0, PL_VERDICT_A); /* says the same again */
    assert_int_equal(report(k).swap_pairs, 1);
    assert_int_equal(report(k).swap_consistent, 1);
    pl__maker_add(k, 0, JUDGE, 0, 1, 0, PL_VERDICT_TIE); /* contradicts itself within one order */
    assert_int_equal(report(k).swap_pairs, 0);
    assert_int_equal(report(k).usable, 4);
    pl__maker_free(k);
}

static void test_position_p(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(4, 100, 1);
    for (uint32_t i = 0; i < 12; i++) /* one order, always the same: confounded with quality */
        pl__maker_add(k, i, JUDGE, 0, 1, 0, PL_VERDICT_A);
    assert_true(isnan(report(k).position_p));
    for (uint32_t i = 12; i < 16; i++) /* other models the other way round do not help */
        pl__maker_add(k, i, JUDGE, 3, 1, 0, PL_VERDICT_B);
    assert_true(isnan(report(k).position_p));
    for (uint32_t i = 16; i < 18; i++)
        pl__maker_add(k, i, JUDGE, 1, 0, 0, PL_VERDICT_B);
    pl_judge_report r = report(k);
    assert_int_equal(r.swap_pairs, 0);
    PL_KIT_CLOSE(r.position_p, 2.0 * (1 + 18 + 153 + 816 + 3060 + 8568 + 18564) / 262144, 1e-12); /* 6 of 18 */
    k->set.n_rows = 0;
    pl__maker_add(k, 0, JUDGE, 0, 1, 0, PL_VERDICT_MISSING);
    assert_true(isnan(report(k).position_p));
    pl__maker_add(k, 0, JUDGE, 0, 1, 0, PL_VERDICT_TIE);
    pl__maker_add(k, 0, JUDGE, 1, 0, 0, PL_VERDICT_TIE);
    PL_KIT_CLOSE(report(k).position_p, 1, 0);
    pl__maker_free(k);
}

static void test_unusable_flag(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(3, 100, 1);
    pl__maker_add(k, 0, JUDGE, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 1, JUDGE, 0, 1, 0, PL_VERDICT_MISSING);
    assert_int_equal(report(k).flags, 0); /* exactly half */
    pl_judgment *row = pl__maker_add(k, 2, JUDGE, 0, 1, 0, PL_VERDICT_MISSING);
    assert_int_equal(report(k).flags, PL_FLAG_UNUSABLE);
    row->missing = PL_MISSING_ANSWER; /* nothing was asked: no fault of the judge */
    assert_int_equal(report(k).flags, 0);
    row->missing = PL_MISSING_CALL;
    assert_int_equal(report(k).flags, 0);
    row->missing = PL_MISSING_UNSPECIFIED;
    assert_int_equal(report(k).flags, PL_FLAG_UNUSABLE);
    assert_int_equal(report(k).asked, 3);
    pl__maker_free(k);
}

static void test_position_flag(void **state)
{
    (void)state;
    pl_maker *k = pl__maker_new(3, 100, 1);
    /* Clopper-Pearson at n of n: low = 0.025^(1/n), above 0.9 from n = 36 on. The pair is shown both ways. */
    for (uint32_t i = 0; i < 35; i++)
        pl__maker_add(k, i, JUDGE, i % 2, 1 - i % 2, 0, PL_VERDICT_A);
    assert_int_equal(report(k).flags, 0);
    pl__maker_add(k, 35, JUDGE, 1, 0, 0, PL_VERDICT_A);
    assert_int_equal(report(k).flags, PL_FLAG_POSITION);
    pl__maker_add(k, 36, JUDGE, 0, 1, 0, PL_VERDICT_B);
    assert_int_equal(report(k).flags, 0);
    k->set.n_rows = 0;
    for (uint32_t i = 0; i < 36; i++)
        pl__maker_add(k, i, JUDGE, i % 2, 1 - i % 2, 0, PL_VERDICT_B);
    assert_int_equal(report(k).flags, PL_FLAG_POSITION);
    k->set.n_rows = 0;
    for (uint32_t i = 0; i < 100; i++) /* one fixed order: the better model may simply be first */
        pl__maker_add(k, i, JUDGE, 0, 1, 0, PL_VERDICT_A);
    assert_int_equal(report(k).flags, 0);
    pl__maker_free(k);
}

static void test_inconsistent_flag(void **state)
{
    (void)state;
    uint32_t item = 0;
    pl_maker *k = pl__maker_new(3, 200, 1);
    add_pairs(k, &item, 9, PL_VERDICT_A, PL_VERDICT_A);
    assert_int_equal(report(k).flags, 0); /* too few to say */
    add_pairs(k, &item, 11, PL_VERDICT_A, PL_VERDICT_A);
    assert_int_equal(report(k).flags, PL_FLAG_POSITION | PL_FLAG_INCONSISTENT);

    /* Shares of 1/2 and 1/2: chance 1/2. Of 10 pairs, 8 consistent ones have p = .0547 and 9 have .0107. */
    item = 0;
    k->set.n_rows = 0;
    add_pairs(k, &item, 8, PL_VERDICT_A, PL_VERDICT_B);
    add_pairs(k, &item, 1, PL_VERDICT_A, PL_VERDICT_A);
    add_pairs(k, &item, 1, PL_VERDICT_B, PL_VERDICT_B);
    assert_int_equal(report(k).flags, PL_FLAG_INCONSISTENT);
    k->rows[k->set.n_rows - 1].verdict = PL_VERDICT_A; /* 9 of 10 */
    pl__maker_add(k, item, JUDGE, 0, 1, 0, PL_VERDICT_B);
    assert_int_equal(report(k).swap_consistent, 9);
    assert_int_equal(report(k).flags, 0);

    item = 0;
    k->set.n_rows = 0;
    add_pairs(k, &item, 20, PL_VERDICT_TIE, PL_VERDICT_TIE); /* perfectly consistent, and worth nothing */
    assert_int_equal(report(k).swap_consistent, 20);
    assert_int_equal(report(k).flags, PL_FLAG_INCONSISTENT);
    pl__maker_free(k);
}

static void test_hostile_sets(void **state)
{
    (void)state;
    pl_error err = {0};
    pl_judge_report r[3];
    memset(r, 0x5a, sizeof(r));
    pl_judge_report before = r[0];
    pl_maker *k = pl__maker_new(3, 1, 1);
    PL_KIT_STATUS(pl_judge_reports(NULL, r, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_judge_reports(&k->set, NULL, &err), PL_E_INVALID, &err);
    pl__maker_add(k, 0, 7, 0, 1, 0, PL_VERDICT_A);
    PL_KIT_STATUS(pl_judge_reports(&k->set, r, &err), PL_E_RANGE, &err);
    assert_memory_equal(&before, &r[0], sizeof(before));
    k->set.n_models = 0;
    k->set.n_rows = 0;
    PL_KIT_OK(pl_judge_reports(&k->set, NULL, NULL), NULL);
    pl__maker_free(k);
}

/* Neither the order of the rows nor that of the names matters. */
static void test_order_does_not_matter(void **state)
{
    (void)state;
    pl_rng rng;
    pl_error err = {0};
    uint32_t new_model[PL_MAKER_NAMES_MAX];
    uint32_t new_criterion[PL_MAKER_NAMES_MAX];
    for (uint64_t i = 0; i < 20; i++) {
        pl__rng_init(&rng, pl__kit_seed(), "reports", i);
        pl_maker *k = pl__maker_new(5, 10, 2);
        pl__maker_random(k, &rng, 400, false);
        pl_maker *s = pl__maker_shuffled(k, &rng, new_model, new_criterion);
        pl_judge_report x[5];
        pl_judge_report y[5];
        memset(x, 0, sizeof(x));
        memset(y, 0, sizeof(y));
        PL_KIT_OK(pl_judge_reports(&k->set, x, &err), &err);
        PL_KIT_OK(pl_judge_reports(&s->set, y, &err), &err);
        for (uint32_t m = 0; m < 5; m++)
            assert_memory_equal(&x[m], &y[new_model[m]], sizeof(x[m]));
        pl__maker_free(k);
        pl__maker_free(s);
    }
}

static void test_threads_do_not_matter(void **state)
{
    static const uint32_t models[] = {3, 7, 200}; /* with 200, models are too many for a table of their pairs */
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        pl_rng rng;
        pl_error err = {0};
        pl_judge_report x[PL_MAKER_NAMES_MAX];
        pl_judge_report y[PL_MAKER_NAMES_MAX];
        pl__rng_init(&rng, pl__kit_seed(), "threads", i);
        pl_maker *k = pl__maker_new(models[i], 10, 2);
        pl__maker_random(k, &rng, PL_MAKER_ROWS_MAX, false);
        PL_KIT_OK(pl_judge_reports(&k->set, x, &err), &err);
        for (uint32_t threads = 0; threads < 6; threads++) {
            PL_KIT_OK(pl__judge_reports(&k->set, NULL, threads, y, NULL, &err), &err);
            assert_memory_equal(x, y, models[i] * sizeof(x[0]));
        }
        pl__maker_free(k);
    }
}

#define NAMES_BIG 60000u
#define MANY_BYTES 8

/* So many names and rows that a row does not fit into one number. */
static void test_rows_of_many_bits(void **state)
{
    static char text[NAMES_BIG][MANY_BYTES];
    static const char *names[2][NAMES_BIG];
    static pl_judge_report many[NAMES_BIG];
    pl_rng rng;
    pl_error err = {0};
    pl_judge_report few[6];
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "many bits", 0);
    pl_maker *k = pl__maker_new(6, 10, 2);
    pl__maker_random(k, &rng, PL_MAKER_ROWS_MAX, false);
    PL_KIT_OK(pl_judge_reports(&k->set, few, &err), &err);
    for (uint32_t i = 0; i < NAMES_BIG; i++) {
        (void)snprintf(text[i], MANY_BYTES, "z%05u", i);
        names[0][i] = i < 6 ? k->models[i] : text[i];
        names[1][i] = i < 2 ? k->criteria[i] : text[i];
    }
    k->set.models = names[0];
    k->set.criteria = names[1];
    k->set.n_models = k->set.n_criteria = NAMES_BIG;
    PL_KIT_OK(pl__judge_reports(&k->set, NULL, 2, many, NULL, &err), &err);
    assert_memory_equal(few, many, sizeof(few));
    pl__maker_free(k);
}

static pl_status report_once(void *user, pl_error *err)
{
    const pl_maker *k = user;
    pl_judge_report r[4];
    pl_status rc = pl__judge_reports(&k->set, NULL, 2, r, NULL, err);
    return rc ? rc : pl_judge_reports(&k->set, r, err);
}

static void test_faults(void **state)
{
    (void)state;
    pl_rng rng;
    pl__rng_init(&rng, 1, "faults", 0);
    pl_maker *k = pl__maker_new(4, 4, 2);
    pl__maker_random(k, &rng, 50, true);
    pl__kit_fault_loop("pl_judge_reports", report_once, k);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_position_p),
        cmocka_unit_test(test_unusable_flag),
        cmocka_unit_test(test_position_flag),
        cmocka_unit_test(test_inconsistent_flag),
        cmocka_unit_test(test_hostile_sets),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_rows_of_many_bits),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
