#include "num.h"

#include "kit.h"
#include "rng.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double x;
    } cases[] = {
        {"0", 0.0},
        {"-0", 0.0},
        {"7", 7.0},
        {"0.1", 0.1},
        {"-12.50", -12.5},
        {"1e3", 1000.0},
        {"1E+3", 1000.0},
        {"25e-2", 0.25},
        {"0.000e999999999999999999", 0.0},
        {"1.7976931348623157e308", DBL_MAX},
        {"2.2250738585072014e-308", DBL_MIN},
        {"4.9406564584124654e-324", 4.9406564584124654e-324},
        {"1e-400", 0.0},
        {"1e-99999999999999999999", 0.0},
        {"9007199254740993", 9007199254740992.0}, /* half way: to even */
        {"9007199254740993.0000000000000001", 9007199254740994.0},
        {"0.500000000000000166533453693773481063544750213623046875", 0x1.0000000000002p-1},
        {"123456789012345678901234567890e-29", 1.2345678901234567},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double x = 99.0;
        PL_KIT_OK(pl__num_parse(pl__view(cases[i].text), &x), NULL);
        if (!(x == cases[i].x)) /* exactly */
            fail_msg("%s gave %.17g", cases[i].text, x);
    }
    double zero = 1.0;
    PL_KIT_OK(pl__num_parse(pl__view("-0.0"), &zero), NULL);
    assert_true(signbit(zero));
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     " 1",  "1 ",   "+1",       ".5",       "1.",  "1.e5",  "01",
                                      "-",    "--1", "1e",   "1e+",      "0x10",     "1,5", "1_0",   "nan",
                                      "inf",  "NaN", "-inf", "Infinity", "1.5.",     "e5",  "1e5.0", "1e 5",
                                      "00.1", "-.5", "1f",   "1.0e5x",   "\xd9\xa1", "1.-5"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        double x = 99.0;
        if (pl__num_parse(pl__view(bad[i]), &x) != PL_E_PARSE || !(x == 99.0))
            fail_msg("\"%s\" was not refused", bad[i]);
    }
    double x = 99.0;
    PL_KIT_STATUS(pl__num_parse(pl__view_n("1\0", 2), &x), PL_E_PARSE, NULL);
    PL_KIT_STATUS(pl__num_parse(pl__view("1e309"), &x), PL_E_RANGE, NULL);
    PL_KIT_STATUS(pl__num_parse(pl__view("-1e999999999999999999999"), &x), PL_E_RANGE, NULL);
    PL_KIT_STATUS(pl__num_parse(pl__view("1.7976931348623159e308"), &x), PL_E_RANGE, NULL);
    static char many[5000];
    memset(many, '1', sizeof(many));
    PL_KIT_STATUS(pl__num_parse(pl__view_n(many, sizeof(many)), &x), PL_E_RANGE, NULL);
    many[1] = '.';
    PL_KIT_OK(pl__num_parse(pl__view_n(many, 1000), &x), NULL);
    PL_KIT_CLOSE(x, 10.0 / 9.0, 1e-15);
    many[1] = '1';
    PL_KIT_STATUS(pl__num_parse(pl__view_n(many, 1000), &x), PL_E_RANGE, NULL);
    PL_KIT_CLOSE(x, 10.0 / 9.0, 1e-15); /* untouched by the failure */
}

static uint64_t bits(double x)
{
    uint64_t u = 0;
    memcpy(&u, &x, sizeof(u));
    return u;
}

static void round_trips(void)
{
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "round trip", 0);
    for (int i = 0; i < 50000; i++) {
        uint64_t u = pl__rng_u64(&rng);
        double x = 0.0;
        double y = 0.0;
        char text[PL_NUM_BYTES];
        memcpy(&x, &u, sizeof(x));
        if (!isfinite(x))
            continue;
        if (i % 2 == 0)
            x = pl__rng_uniform(&rng) * 1000.0 - 500.0;
        pl__num_format(x, text);
        PL_KIT_OK(pl__num_parse(pl__view(text), &y), NULL);
        if (bits(x) != bits(y))
            fail_msg("%a printed as %s reads as %a", x, text, y);
    }
}

static void test_round_trips(void **state)
{
    (void)state;
    round_trips();
}

static void check_format(double x, const char *wanted)
{
    char text[PL_NUM_BYTES];
    pl__num_format(x, text);
    assert_string_equal(text, wanted);
}

static void check_fixed(double x, unsigned decimals, const char *wanted)
{
    char text[PL_NUM_BYTES];
    pl__num_format_fixed(x, decimals, text);
    assert_string_equal(text, wanted);
}

static void formats(void)
{
    check_format(0.1, "0.10000000000000001");
    check_format(-0.0, "-0");
    check_format(1e300, "1.0000000000000001e+300");
    check_format(-DBL_TRUE_MIN, "-4.9406564584124654e-324");
    check_format((double)NAN, "nan");
    check_format(-(double)NAN, "nan");
    check_format((double)INFINITY, "inf");
    check_format(-(double)INFINITY, "-inf");
    check_fixed(1.005, 2, "1.00"); /* the double lies below */
    check_fixed(2.5, 0, "2");
    check_fixed(-1.25, 1, "-1.2");
    check_fixed(-0.0, 3, "0.000");
    check_fixed(-0.0004, 3, "0.000");
    check_fixed(-0.0006, 3, "-0.001");
    check_fixed(-0.4, 0, "0");
    check_fixed(1.0 / 3.0, 15, "0.333333333333333");
    check_fixed(1.0 / 3.0, 4000000000u, "0.333333333333333");
    check_fixed(-99999999999999983616.0, 15, "-99999999999999983616.000000000000000");
    check_fixed(-DBL_MAX, 2, "-1.7976931348623157e+308");
    check_fixed((double)NAN, 2, "nan");
}

static void test_formats(void **state)
{
    (void)state;
    formats();
}

/* A locale with a decimal comma: an installed one, or one made here by localedef. */
static bool set_comma_locale(const char *dir)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "it_IT.UTF-8"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (setlocale(LC_ALL, names[i]))
            return true;
    char *target = pl__kit_path(dir, "de_DE.UTF-8");
    const char *const argv[] = {"/bin/sh", "-c", "localedef -c -i de_DE -f UTF-8 \"$0\"", target, NULL};
    pl_kit_result result;
    pl__kit_run(argv, NULL, &result);
    pl__kit_result_clear(&result);
    free(target);
    (void)setenv("LOCPATH", dir, 1);
    return setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
}

static void test_locale_changes_nothing(void **state)
{
    if (!set_comma_locale(*state)) {
        print_message("no locale with a decimal comma, and none could be made\n");
        skip();
    }
    char text[16];
    (void)snprintf(text, sizeof(text), "%.1f", 0.5);
    assert_string_equal(text, "0,5"); /* it is in force */
    formats();
    round_trips();
    test_accepted(NULL);
    test_refused(NULL);
    (void)setlocale(LC_ALL, "C");
}

static void test_integers(void **state)
{
    (void)state;
    uint64_t u = 99;
    int64_t i = 99;
    PL_KIT_OK(pl__num_parse_u64(pl__view("0"), &u), NULL);
    assert_true(u == 0);
    PL_KIT_OK(pl__num_parse_u64(pl__view("18446744073709551615"), &u), NULL);
    assert_true(u == UINT64_MAX);
    PL_KIT_OK(pl__num_parse_u64(pl__view("00000000000000000000000042"), &u), NULL);
    assert_true(u == 42);
    PL_KIT_STATUS(pl__num_parse_u64(pl__view("18446744073709551616"), &u), PL_E_RANGE, NULL);
    PL_KIT_STATUS(pl__num_parse_u64(pl__view("99999999999999999999999"), &u), PL_E_RANGE, NULL);
    PL_KIT_STATUS(pl__num_parse_u64(pl__view("99999999999999999999999x"), &u), PL_E_PARSE, NULL);
    assert_true(u == 42);
    PL_KIT_OK(pl__num_parse_i64(pl__view("-9223372036854775808"), &i), NULL);
    assert_true(i == INT64_MIN);
    PL_KIT_OK(pl__num_parse_i64(pl__view("9223372036854775807"), &i), NULL);
    assert_true(i == INT64_MAX);
    PL_KIT_OK(pl__num_parse_i64(pl__view("-0"), &i), NULL);
    assert_true(i == 0);
    PL_KIT_OK(pl__num_parse_i64(pl__view("-17"), &i), NULL);
    assert_true(i == -17);
    PL_KIT_STATUS(pl__num_parse_i64(pl__view("9223372036854775808"), &i), PL_E_RANGE, NULL);
    PL_KIT_STATUS(pl__num_parse_i64(pl__view("-9223372036854775809"), &i), PL_E_RANGE, NULL);
    static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "1.0", "1e3", "--1", "0x1", "\xd9\xa1"};
    for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
        PL_KIT_STATUS(pl__num_parse_i64(pl__view(bad[k]), &i), PL_E_PARSE, NULL);
        PL_KIT_STATUS(pl__num_parse_u64(pl__view(bad[k]), &u), PL_E_PARSE, NULL);
    }
    PL_KIT_STATUS(pl__num_parse_u64(pl__view("-1"), &u), PL_E_PARSE, NULL);
    assert_true(i == -17 && u == 42);
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {{"2h", 7200000}, {"90m", 5400000}, {"45s", 45000},         {"1h30m", 5400000},
                {"500ms", 500},  {"0s", 0},        {"1h2m3s4ms", 3723004}, {"1h5ms", 3600005}};
    static const char *const bad[] = {"",
                                      "5",
                                      "h",
                                      "1.5h",
                                      "-1h",
                                      "1 h",
                                      "1d",
                                      "30m1h",
                                      "1h1h",
                                      "1ms1s",
                                      "1h30",
                                      "1hm",
                                      " 1h",
                                      "1h ",
                                      "1H",
                                      "1hours",
                                      "m30",
                                      "+1s",
                                      "99999999999999999999s",
                                      "18446744073709551615s",
                                      "5124095576031h"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t ms = 99;
        PL_KIT_OK(pl__num_parse_duration_ms(pl__view(good[i].text), &ms), NULL);
        assert_true(ms == good[i].ms);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t ms = 99;
        if (pl__num_parse_duration_ms(pl__view(bad[i]), &ms) != PL_E_PARSE || ms != 99)
            fail_msg("\"%s\" was not refused", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_durations),
        cmocka_unit_test_setup_teardown(test_locale_changes_nothing, pl__kit_temp_setup, pl__kit_temp_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
