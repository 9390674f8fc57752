#include "kit.h"

#include <math.h>
#include <peerless/judgments.h>
#include <string.h>

static const char *const models[] = {"m0", "m1", "m2"};
static const char *const items[] = {"i0", "i1"};
static const char *const images[] = {"p0"};
static const char *const criteria[] = {"correctness", "visual"};

static pl_judgment good_row(void)
{
    return (pl_judgment){.item = 1, .judge = 2, .a = 0, .b = 1, .criterion = 1, .verdict = PL_VERDICT_TIE, .weight = 1};
}

static pl_judgment_set set_of(const pl_judgment *rows, size_t n)
{
    return (pl_judgment_set){.models = models,
                             .n_models = 3,
                             .items = items,
                             .n_items = 2,
                             .images = images,
                             .n_images = 1,
                             .criteria = criteria,
                             .n_criteria = 2,
                             .rows = rows,
                             .n_rows = n};
}

static void accepts_what_is_right(void **state)
{
    (void)state;
    pl_judgment rows[] = {good_row(), good_row(), good_row(), good_row()};
    pl_error err = {0};
    rows[1].verdict = PL_VERDICT_MISSING;
    rows[1].missing = PL_MISSING_UNSPECIFIED;
    rows[2].judge = 0; /* a judge of its own pair */
    rows[3].weight = 5e-324;
    pl_judgment_set set = set_of(rows, 4);
    PL_KIT_OK(pl_judgment_set_check(&set, &err), &err);
    set.families = models;
    PL_KIT_OK(pl_judgment_set_check(&set, &err), &err);
    set = (pl_judgment_set){.criteria = criteria, .n_criteria = 1};
    PL_KIT_OK(pl_judgment_set_check(&set, &err), &err);
}

static void spoil(pl_judgment *row, unsigned which)
{
    switch (which) {
    case 0:
        row->item = 2;
        break;
    case 1:
        row->image = 1;
        break;
    case 2:
        row->judge = 3;
        break;
    case 3:
        row->a = UINT32_MAX;
        break;
    case 4:
        row->b = 3;
        break;
    case 5:
        row->b = row->a;
        break;
    case 6:
        row->criterion = 2;
        break;
    case 7:
        row->verdict = 4;
        break;
    case 8:
        row->missing = PL_MISSING_COUNT;
        break;
    case 9:
        row->missing = PL_MISSING_ECHO;
        break;
    case 10:
        row->verdict = PL_VERDICT_MISSING;
        break;
    case 11:
        row->weight = 0;
        break;
    case 12:
        row->weight = -1;
        break;
    case 13:
        row->weight = nan("");
        break;
    default:
        row->weight = HUGE_VAL;
        break;
    }
}

static void names_the_row_that_is_wrong(void **state)
{
    (void)state;
    for (unsigned which = 0; which < 15; which++) {
        pl_judgment rows[] = {good_row(), good_row(), good_row()};
        pl_judgment_set set = set_of(rows, 3);
        pl_error err = {0};
        spoil(&rows[1], which);
        PL_KIT_STATUS(pl_judgment_set_check(&set, &err), PL_E_RANGE, &err);
        assert_non_null(strstr(err.msg, "judgment 1:"));
        PL_KIT_STATUS(pl_judgment_set_check(&set, NULL), PL_E_RANGE, NULL);
    }
}

static void refuses_null_arrays(void **state)
{
    (void)state;
    static const char *const hole[] = {"x", NULL, "y"};
    pl_judgment row = good_row();
    PL_KIT_STATUS(pl_judgment_set_check(NULL, NULL), PL_E_INVALID, NULL);
    for (unsigned which = 0; which < 9; which++) {
        pl_judgment_set set = set_of(&row, 1);
        pl_error err = {0};
        if (which == 0)
            set.models = NULL;
        else if (which == 1)
            set.items = NULL;
        else if (which == 2)
            set.images = NULL;
        else if (which == 3)
            set.criteria = NULL;
        else if (which == 4)
            set.n_criteria = 0;
        else if (which == 5)
            set.rows = NULL;
        else if (which == 6)
            set.models = hole;
        else if (which == 7)
            set.families = hole;
        else
            set.items = hole;
        PL_KIT_STATUS(pl_judgment_set_check(&set, &err), PL_E_INVALID, &err);
    }
}

static void every_reason_has_its_own_word(void **state)
{
    (void)state;
    for (int i = 0; i < PL_MISSING_COUNT; i++) {
        assert_true(strlen(pl_missing_text((pl_missing)i)) > 0);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(pl_missing_text((pl_missing)i), pl_missing_text((pl_missing)k));
    }
    assert_string_equal(pl_missing_text(PL_MISSING_NO_MARK), "no mark");
    assert_string_equal(pl_missing_text((pl_missing)PL_MISSING_COUNT), "unknown");
    assert_string_equal(pl_missing_text((pl_missing)-1), "unknown");
}

static pl_status check_once(void *user, pl_error *err)
{
    return pl_judgment_set_check(user, err);
}

static void needs_no_memory(void **state)
{
    (void)state;
    pl_judgment row = good_row();
    pl_judgment_set set = set_of(&row, 1);
    pl__kit_fault_loop("judgments", check_once, &set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_is_right), cmocka_unit_test(names_the_row_that_is_wrong),
        cmocka_unit_test(refuses_null_arrays),   cmocka_unit_test(every_reason_has_its_own_word),
        cmocka_unit_test(needs_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
