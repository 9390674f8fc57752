#include "table.h"

#include "kit.h"

#include <math.h>

static void written(pl_table *t, bool csv, const char *wanted)
{
    pl_str out;
    pl_error err = {0};

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(csv ? pl__table_write_csv(t, &out, &err) : pl__table_write(t, &out, &err), &err);
    assert_string_equal(pl__str_c(&out), wanted);
    pl__str_clear(&out);
}

static void numbers_stand_right_and_nothing_trails(void **state)
{
    pl_table t;

    (void)state;
    pl__table_init(&t);
    pl__table_column(&t, "model", false);
    pl__table_column(&t, "n", true);
    pl__table_column(&t, "score", true);
    pl__table_column(&t, "flags", false);
    pl__table_text(&t, "b\xC3\xA9l\xC3\xA9"
                       "phant"); /* 9 characters, 11 bytes */
    pl__table_count(&t, 7);
    pl__table_fixed(&t, -0.00001, 3);
    pl__table_text(&t, "");
    pl__table_text(&t, "x");
    pl__table_count(&t, UINT64_MAX);
    pl__table_fixed(&t, (double)NAN, 3);
    pl__table_text(&t, "late");
    written(&t, false,
            "model                         n  score  flags\n"
            "b\xC3\xA9l\xC3\xA9"
            "phant                     7  0.000\n"
            "x          18446744073709551615      \xE2\x80\x93  late\n");
    pl__table_clear(&t);
}

static void csv_quotes_what_needs_it(void **state)
{
    pl_table t;

    (void)state;
    pl__table_init(&t);
    pl__table_column(&t, "a,b", false);
    pl__table_column(&t, "c", true);
    pl__table_text(&t, "say \"hi\"");
    pl__table_full(&t, 0.1);
    pl__table_text(&t, "plain");
    pl__table_full(&t, (double)NAN);
    written(&t, true, "\"a,b\",c\n\"say \"\"hi\"\"\",0.10000000000000001\nplain,\n");
    pl__table_clear(&t);
}

static void text_from_outside_cannot_steer_a_terminal(void **state)
{
    pl_table t;

    (void)state;
    pl__table_init(&t);
    pl__table_column(&t, "\x1B[31mred", false);
    pl__table_column(&t, "two\nlines", false);
    pl__table_text(&t, "a\x1B]0;title\x07"
                       "b\r");
    pl__table_text(&t, "\xFF\xC2\x9B"
                       "c\td");
    written(&t, false,
            "[31mred     two lines\na]0;titleb  \xEF\xBF\xBD"
            "c d\n");
    pl__table_clear(&t);
}

static void too_many_columns_are_a_failure(void **state)
{
    pl_table t;
    pl_str out;
    pl_error err = {0};

    (void)state;
    pl__table_init(&t);
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    for (int i = 0; i < PL_TABLE_COLUMNS_MAX; i++)
        pl__table_column(&t, "c", true);
    PL_KIT_OK(pl__table_write(&t, &out, &err), &err);
    pl__table_column(&t, "one too many", true);
    pl__table_count(&t, 1);
    PL_KIT_STATUS(pl__table_write(&t, &out, &err), PL_E_LIMIT, &err);
    PL_KIT_STATUS(pl__table_write_csv(&t, &out, &err), PL_E_LIMIT, &err);
    pl__str_clear(&out);
    pl__table_clear(&t);
}

static pl_status once(void *user, pl_error *err)
{
    pl_table t;
    pl_str out;
    pl_status rc = PL_OK;

    (void)user;
    pl__table_init(&t);
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    pl__table_column(&t, "model", false);
    for (int i = 0; i < 20; i++)
        pl__table_text(&t, "some text");
    rc = pl__table_write(&t, &out, err);
    pl__str_clear(&out);
    pl__table_clear(&t);
    return rc;
}

static void refused_memory_is_told(void **state)
{
    (void)state;
    pl__kit_fault_loop("table", once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stand_right_and_nothing_trails),
        cmocka_unit_test(csv_quotes_what_needs_it),
        cmocka_unit_test(text_from_outside_cannot_steer_a_terminal),
        cmocka_unit_test(too_many_columns_are_a_failure),
        cmocka_unit_test(refused_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
