#include "annotators.h"

#include "judgment_maker.h"
#include "kit.h"

#include <math.h>

/* Models 0 and 1 are compared, 2, 3 and 4 are people. */
static pl_maker *three_people(void)
{
    pl_maker *k = pl__maker_new(5, 8, 1);

    for (uint32_t item = 0; item < 6; item++) {
        pl__maker_add(k, item, 2, 0, 1, 0, PL_VERDICT_A);
        pl__maker_add(k, item, 3, 1, 0, 0, item < 4 ? PL_VERDICT_B : PL_VERDICT_A); /* shown the other way round */
    }
    pl__maker_add(k, 0, 4, 0, 1, 0, PL_VERDICT_TIE); /* against both */
    pl__maker_add(k, 4, 4, 0, 1, 0, PL_VERDICT_A);   /* the others cancel out: their majority is a tie */
    pl__maker_add(k, 5, 4, 0, 1, 0, PL_VERDICT_MISSING);
    pl__maker_add(k, 7, 4, 0, 1, 0, PL_VERDICT_A); /* seen by nobody else */
    return k;
}

static void each_is_held_against_the_majority_of_the_others(void **state)
{
    pl_maker *k = three_people();
    pl_arena arena;
    pl_annotators found = {0};
    pl_error err = {0};

    (void)state;
    pl__arena_init(&arena);
    PL_KIT_OK(pl__annotators(&k->set, &arena, &found, &err), &err);
    assert_int_equal(found.n, 3);
    assert_true(found.compared);
    assert_int_equal(found.n_usable, 15);
    assert_string_equal(found.all[0].name, "m002");
    assert_int_equal(found.all[0].usable, 6);
    assert_int_equal(found.all[0].pairs, 6);
    assert_int_equal(found.all[0].same, 4); /* 0, where a tie outvotes nobody, 1, 2 and 3 */
    assert_int_equal(found.all[2].usable, 3);
    assert_int_equal(found.all[2].pairs, 2);
    assert_int_equal(found.all[2].same, 0);
    assert_int_equal(found.n_units, 6); /* item 7 has one value */
    assert_true(found.alpha < 1.0 && found.alpha > -1.0);
    pl__arena_clear(&arena);
    pl__maker_free(k);
}

static void two_people_agree_alike(void **state)
{
    pl_maker *k = three_people();
    pl_arena arena;
    pl_annotators found = {0};
    pl_error err = {0};

    (void)state;
    k->set.n_rows = 12;
    pl__arena_init(&arena);
    PL_KIT_OK(pl__annotators(&k->set, &arena, &found, &err), &err);
    assert_int_equal(found.n, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(found.all[i].pairs, 6);
        assert_int_equal(found.all[i].same, 4);
    }
    /* Krippendorff by hand: 12 values, 10 for model 0 and 2 for model 1; 2 of 6 units differ.
     * observed 4 / 12, expected 2 * 10 * 2 / (12 * 11). */
    PL_KIT_CLOSE(found.alpha, 1.0 - (4.0 / 12.0) / (40.0 / 132.0), 1e-12);
    pl__arena_clear(&arena);
    pl__maker_free(k);
}

static void one_person_or_nobody_is_not_compared(void **state)
{
    pl_maker *k = pl__maker_new(3, 2, 1);
    pl_arena arena;
    pl_annotators found = {0};
    pl_error err = {0};

    (void)state;
    pl__arena_init(&arena);
    PL_KIT_OK(pl__annotators(&k->set, &arena, &found, &err), &err);
    assert_int_equal(found.n, 0);
    assert_false(found.compared);
    assert_true(isnan(found.alpha));
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A);
    PL_KIT_OK(pl__annotators(&k->set, &arena, &found, &err), &err);
    assert_int_equal(found.n, 1);
    assert_false(found.compared);
    k->rows[0].judge = 9;
    PL_KIT_STATUS(pl__annotators(&k->set, &arena, &found, &err), PL_E_RANGE, &err);
    pl__arena_clear(&arena);
    pl__maker_free(k);
}

static pl_status once(void *user, pl_error *err)
{
    const pl_maker *k = user;
    pl_arena arena;
    pl_annotators found = {0};
    pl_status rc = PL_OK;

    pl__arena_init(&arena);
    rc = pl__annotators(&k->set, &arena, &found, err);
    pl__arena_clear(&arena);
    return rc;
}

static void refused_memory_is_told(void **state)
{
    pl_maker *k = three_people();

    (void)state;
    pl__kit_fault_loop("annotators", once, k);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_held_against_the_majority_of_the_others),
        cmocka_unit_test(two_people_agree_alike),
        cmocka_unit_test(one_person_or_nobody_is_not_compared),
        cmocka_unit_test(refused_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
