#include "kit.h"
#include "problems.h"

#include <string.h>

static void nearest(void **state)
{
    (void)state;
    static const char *const names[] = {"name", "model", "models", "base_url", "api_key_env", "temperature"};
    static const struct {
        const char *typed;
        const char *wanted;
    } cases[] = {{"nmae", "name"},
                 {"modle", "model"},
                 {"modells", "models"},
                 {"baseurl", "base_url"},
                 {"base-url", "base_url"},
                 {"temprature", "temperature"},
                 {"api_env_key", NULL},
                 {"zzzz", NULL},
                 {"n", NULL},
                 {"", NULL}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *found = pl__nearest_name(cases[i].typed, names, sizeof(names) / sizeof(names[0]));
        if (!cases[i].wanted)
            assert_null(found);
        else if (!found || strcmp(found, cases[i].wanted) != 0)
            fail_msg("%s -> %s, wanted %s", cases[i].typed, found ? found : "(none)", cases[i].wanted);
    }
    char lengthy[400];
    memset(lengthy, 'x', sizeof(lengthy) - 1);
    lengthy[sizeof(lengthy) - 1] = '\0';
    assert_null(pl__nearest_name(lengthy, names, 1));
}

static void report(void **state)
{
    (void)state;
    static pl_problems problems;
    pl_error err = {0};
    pl_str out;
    char lengthy[2000];
    memset(lengthy, 'y', sizeof(lengthy) - 1);
    lengthy[sizeof(lengthy) - 1] = '\0';
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    pl__problems_add(&problems, 9, "a.b", "last");
    pl__problems_add(&problems, 2, "", "one\nline\t");
    pl__problems_add(&problems, 2, lengthy, "%s", lengthy);
    PL_KIT_STATUS(pl__problems_report(&problems, "f", &out, &err), PL_E_PARSE, &err);
    assert_string_equal(err.msg, "f:2: one line ");
    assert_non_null(strstr(pl__str_c(&out), "\nf:9: a.b: last\n"));
    for (int i = 0; i < 2 * PL_CONFIG_ERRORS_MAX; i++)
        pl__problems_add(&problems, 1, "", "x");
    assert_true(pl__problems_full(&problems));
    assert_int_equal(problems.n, PL_CONFIG_ERRORS_MAX);
    pl__str_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nearest), cmocka_unit_test(report)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
