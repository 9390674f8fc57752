#include "kit.h"

#include "retry.h"

#define MS UINT64_C(1000000)

static void jitter_stays_below_its_ceiling(void **state)
{
    static const uint64_t ceilings_ms[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
    (void)state;
    for (uint32_t attempt = 1; attempt <= 8; attempt++) {
        uint64_t most = 0;
        uint64_t sum = 0;
        for (uint64_t tag = 0; tag < 2000; tag++) {
            uint64_t wait = pl__backoff_ns(7, tag, attempt, 0);
            assert_true(wait < ceilings_ms[attempt - 1] * MS);
            most = wait > most ? wait : most;
            sum += wait / 2000;
        }
        assert_true(most > ceilings_ms[attempt - 1] * MS * 9 / 10); /* full jitter: the whole range */
        assert_true(sum > ceilings_ms[attempt - 1] * MS * 4 / 10 && sum < ceilings_ms[attempt - 1] * MS * 6 / 10);
    }
    assert_true(pl__backoff_ns(7, 1, UINT32_MAX, 0) < 30000 * MS);
}

static void servers_wait_is_a_floor(void **state)
{
    (void)state;
    for (uint64_t tag = 0; tag < 100; tag++) {
        uint64_t wait = pl__backoff_ns(7, tag, 1, 12345);
        assert_true(wait >= 12345 * MS && wait < 12845 * MS);
    }
}

static void waits_depend_on_what_they_are_for(void **state)
{
    (void)state;
    assert_int_equal(pl__backoff_ns(1, 2, 3, 0), pl__backoff_ns(1, 2, 3, 0));
    assert_int_not_equal(pl__backoff_ns(1, 2, 3, 0), pl__backoff_ns(2, 2, 3, 0));
    assert_int_not_equal(pl__backoff_ns(1, 2, 3, 0), pl__backoff_ns(1, 3, 3, 0));
}

static void dates_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t unix_ms;
    } cases[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777000},  {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777000},
        {"Sun Nov  6 08:49:37 1994", 784111777000},       {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199000}, {"Fri, 01 Mar 2024 00:00:00 GMT", 1709251200000},
        {"Wed, 31 Dec 2098 12:00:00 GMT", 4070865600000}, {"Thursday, 01-Jan-26 00:00:00 GMT", 1767225600000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t got = -1;
        if (pl__http_date_parse(pl__view(cases[i].text), 1760000000000, &got) != PL_OK || got != cases[i].unix_ms)
            fail_msg("%s: %lld", cases[i].text, (long long)got);
    }
}

static void nonsense_is_no_date(void **state)
{
    static const char *const cases[] = {"",
                                        "soon",
                                        "Sun, 06 Nov 1994 08:49:37",
                                        "Sun, 06 Nov 1994 08:49:37 CET",
                                        "Sun, 06 Nix 1994 08:49:37 GMT",
                                        "Sun, 00 Nov 1994 08:49:37 GMT",
                                        "Sun, 32 Nov 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 24:49:37 GMT",
                                        "Sun, 06 Nov 1994 08:60:37 GMT",
                                        "Sun, 06 Nov 1994 08:49:37 GMT extra",
                                        "Sun, 06 Nov 994 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 94",
                                        "a b c d e f g h i j k l m n o p",
                                        "Sun, -6 Nov 1994 08:49:xx GMT"};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t got = -1;
        if (pl__http_date_parse(pl__view(cases[i]), 0, &got) != PL_E_PARSE || got != -1)
            fail_msg("%s: %lld", cases[i], (long long)got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jitter_stays_below_its_ceiling),
        cmocka_unit_test(servers_wait_is_a_floor),
        cmocka_unit_test(waits_depend_on_what_they_are_for),
        cmocka_unit_test(dates_are_read),
        cmocka_unit_test(nonsense_is_no_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
