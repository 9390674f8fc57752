#include "kit.h"

#include "rate_headers.h"
#include "retry.h"

#define NOW_MS INT64_C(1760000000000) /* 2025-10-09T08:53:20Z */

static pl_rate_facts facts_of(int status, const char *headers, const char *body)
{
    pl_http_reply reply = {.status = status};
    pl_rate_facts facts = {.delay_ms = 77};
    pl__str_init(&reply.headers, PL_HTTP_HEADER_BYTES_MAX);
    pl__str_init(&reply.body, PL_HTTP_REPLY_BYTES_MAX);
    assert_int_equal(pl__str_append_c(&reply.headers, headers), PL_OK);
    assert_int_equal(pl__str_append_c(&reply.body, body), PL_OK);
    pl__rate_facts_read(&reply, NOW_MS, &facts);
    pl__http_reply_clear(&reply);
    return facts;
}

static void check_window(const pl_rate_window *w, int64_t limit, int64_t remaining, int64_t reset_ms)
{
    assert_int_equal(w->has_limit, limit >= 0);
    assert_int_equal(w->has_remaining, remaining >= 0);
    assert_int_equal(w->has_reset, reset_ms >= 0);
    assert_int_equal(w->limit, limit >= 0 ? limit : 0);
    assert_int_equal(w->remaining, remaining >= 0 ? remaining : 0);
    assert_int_equal(w->reset_ms, reset_ms >= 0 ? reset_ms : 0);
}

static void openai_headers(void **state)
{
    (void)state;
    pl_rate_facts f = facts_of(200,
                               "x-ratelimit-limit-requests: 60\nx-ratelimit-remaining-requests: 59\n"
                               "x-ratelimit-reset-requests: 12ms\nx-ratelimit-limit-tokens: 150000\n"
                               "x-ratelimit-remaining-tokens: 149984\nx-ratelimit-reset-tokens: 6m0s\n",
                               "{}");
    check_window(&f.requests, 60, 59, 12);
    check_window(&f.tokens, 150000, 149984, 360000);
    check_window(&f.input_tokens, -1, -1, -1);
    assert_false(f.has_delay);
    assert_int_equal(f.delay_ms, 0);
}

static void azure_headers(void **state)
{
    (void)state;
    pl_rate_facts f = facts_of(429,
                               "x-ratelimit-limit-requests: -1\nx-ratelimit-remaining-requests: -1\n"
                               "x-ratelimit-reset-requests: -1\nx-ratelimit-remaining-tokens: 0\n"
                               "x-ratelimit-reset-tokens: 26\nretry-after: 26\nretry-after-ms: 25500\n",
                               "");
    check_window(&f.requests, -1, -1, -1);
    check_window(&f.tokens, -1, 0, 26000);
    assert_true(f.has_delay);
    assert_int_equal(f.delay_ms, 25500); /* the finer one wins */
}

static void what_is_used_up(void **state)
{
    uint32_t ms = 77;
    (void)state;
    pl_rate_facts f = facts_of(429,
                               "x-ratelimit-limit-requests: 600\nx-ratelimit-remaining-requests: 0\n"
                               "x-ratelimit-reset-requests: 20ms\nx-ratelimit-limit-tokens: 1000\n"
                               "x-ratelimit-remaining-tokens: 10\nx-ratelimit-reset-tokens: 6m0s\n",
                               "");
    assert_true(pl__rate_exhausted_ms(&f, &ms)); /* there are tokens left */
    assert_int_equal(ms, 20);
    f = facts_of(429, "x-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 24h\n", "");
    assert_true(pl__rate_exhausted_ms(&f, &ms));
    assert_int_equal(ms, PL_RETRY_AFTER_MS_MAX);
    f = facts_of(429, "x-ratelimit-remaining-requests: 1\nx-ratelimit-reset-requests: 20ms\n", "");
    assert_false(pl__rate_exhausted_ms(&f, &ms));
    f = facts_of(429, "x-ratelimit-remaining-requests: 0\n", "");
    assert_false(pl__rate_exhausted_ms(&f, &ms));
}

static void anthropic_headers(void **state)
{
    (void)state;
    pl_rate_facts f =
        facts_of(200,
                 "anthropic-ratelimit-requests-limit: 50\nanthropic-ratelimit-requests-remaining: 49\n"
                 "anthropic-ratelimit-requests-reset: 2025-10-09T08:53:21Z\nanthropic-ratelimit-tokens-limit: 48000\n"
                 "anthropic-ratelimit-tokens-remaining: 47000\nanthropic-ratelimit-tokens-reset: "
                 "2025-10-09T10:54:20.25+02:00\nanthropic-ratelimit-input-tokens-limit: 40000\n"
                 "anthropic-ratelimit-output-tokens-remaining: 8000\n"
                 "anthropic-ratelimit-output-tokens-reset: 2025-10-09T08:00:00Z\n",
                 "");
    check_window(&f.requests, 50, 49, 1000);
    check_window(&f.tokens, 48000, 47000, 60250);
    check_window(&f.input_tokens, 40000, -1, -1);
    check_window(&f.output_tokens, -1, 8000, 0); /* past */
}

static void points_in_time_and_other_gateways(void **state)
{
    (void)state;
    pl_rate_facts f =
        facts_of(429, "x-ratelimit-limit: 20\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 1760000030000\n", "");
    check_window(&f.requests, 20, 0, 30000);
    f = facts_of(429, "x-ratelimit-reset: 1760000007\nx-ratelimit-remaining-requests: 3\n", "");
    check_window(&f.requests, -1, 3, 7000);
    f = facts_of(200, "x-ratelimit-limit-tokens: 1e300\nx-ratelimit-reset-tokens: 999999h\n", "");
    check_window(&f.tokens, (int64_t)PL_RATE_COUNT_MAX, -1, (int64_t)PL_RATE_RESET_MS_MAX);
    f = facts_of(200, "x-ratelimit-limit-tokens: many\nx-ratelimit-reset-tokens: soon\n", "");
    check_window(&f.tokens, -1, -1, -1);
}

static void delays(void **state)
{
    static const char info[] = "[{\"error\":{\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\n"
                               "\"retryDelay\" : \"34.074824224s\"}]}}]";
    (void)state;
    pl_rate_facts f = facts_of(429, "", info);
    assert_true(f.has_delay);
    assert_int_equal(f.delay_ms, 34075);
    f = facts_of(429, "retry-after: 2\n", info); /* headers first */
    assert_int_equal(f.delay_ms, 2000);
    f = facts_of(200, "", info); /* an answer may quote one */
    assert_false(f.has_delay);
    f = facts_of(503, "retry-after: Thu, 09 Oct 2025 08:53:25 GMT\n", "");
    assert_int_equal(f.delay_ms, 5000);
    f = facts_of(429, "", "{\"retryDelay\":\"9000s\"}");
    assert_int_equal(f.delay_ms, PL_RETRY_AFTER_MS_MAX);
    f = facts_of(429, "", "{\"retryDelay\":\"34\"}");
    assert_false(f.has_delay);
    f = facts_of(429, "", "{\"retryDelay\":");
    assert_false(f.has_delay);
    f = facts_of(429, "", "{\"retryDelay\":\"34s");
    assert_false(f.has_delay);
}

static void durations(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } cases[] = {{"12ms", 12},  {"6m0s", 360000}, {"1h2m3.5s", 3723500}, {"1s", 1000},      {"0s", 0},
                 {"250us", 1},  {"1.5m", 90000},  {"0.4ms", 1},          {"7m12s", 432000}, {"", -1},
                 {"s", -1},     {"5", -1},        {"-5s", -1},           {"5x", -1},        {"5s ", -1},
                 {"1..5s", -1}, {".5s", -1},      {"1e3s", -1},          {"5m3", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t ms = 77;
        pl_status rc = pl__rate_duration_ms(pl__view(cases[i].text), &ms);
        assert_int_equal(rc, cases[i].ms < 0 ? PL_E_PARSE : PL_OK);
        assert_int_equal(ms, cases[i].ms < 0 ? 77 : cases[i].ms);
    }
}

static void rfc3339_times(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } cases[] = {{"1970-01-01T00:00:00Z", 0},
                 {"2025-10-09T08:53:20Z", NOW_MS},
                 {"2025-10-09t08:53:20.5z", NOW_MS + 500},
                 {"2025-10-09 08:53:20.123456789Z", NOW_MS + 123},
                 {"2025-10-09T10:23:20+01:30", NOW_MS},
                 {"2025-10-09T03:53:20-05:00", NOW_MS},
                 {"2024-02-29T00:00:00Z", 1709164800000},
                 {"2025-10-09T08:53:20", -1},
                 {"2025-10-09T08:53:20.Z", -1},
                 {"2025-13-09T08:53:20Z", -1},
                 {"2025-10-00T08:53:20Z", -1},
                 {"2025-10-09T24:53:20Z", -1},
                 {"2025-10-09T08:53:20+0100", -1},
                 {"2025-10-09T08:53:20+25:00", -1},
                 {"2025-10-09T08:53:20Zx", -1},
                 {"25-10-09T08:53:20Z", -1},
                 {"", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ms = 77;
        pl_status rc = pl__rfc3339_parse(pl__view(cases[i].text), &ms);
        assert_int_equal(rc, cases[i].ms < 0 ? PL_E_PARSE : PL_OK);
        assert_int_equal(ms, cases[i].ms < 0 ? 77 : cases[i].ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openai_headers),
        cmocka_unit_test(azure_headers),
        cmocka_unit_test(what_is_used_up),
        cmocka_unit_test(anthropic_headers),
        cmocka_unit_test(points_in_time_and_other_gateways),
        cmocka_unit_test(delays),
        cmocka_unit_test(durations),
        cmocka_unit_test(rfc3339_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
