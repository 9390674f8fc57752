#include "kit.h"
#include "request_header.h"

static void ordinary_headers_may_be_sent(void **state)
{
    static const char *const names[] = {"x-team",         "helicone-auth", "openai-organization", "http-referer",
                                        "anthropic-beta", "authorization", "user-agent",          "x_1"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_null(pl__request_header_problem(pl__view(names[i])));
}

static void connection_and_framing_may_not(void **state)
{
    static const char *const names[] = {"connection",
                                        "keep-alive",
                                        "te",
                                        "trailer",
                                        "transfer-encoding",
                                        "upgrade",
                                        "proxy-authorization",
                                        "proxy-connection",
                                        "content-length",
                                        "content-type",
                                        "content-encoding",
                                        "host",
                                        "expect",
                                        "accept-encoding",
                                        "anthropic-version"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(pl__request_header_problem(pl__view(names[i])));
}

static void what_is_no_name_may_not(void **state)
{
    static const char *const names[] = {"", "x team", "x:team", "X-Team", "x-\xc3\xa9", "x\n", "x\"y"};
    char longest[PL_REQUEST_HEADER_NAME_BYTES_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(pl__request_header_problem(pl__view(names[i])));
    for (size_t i = 0; i < sizeof(longest); i++)
        longest[i] = 'x';
    assert_null(pl__request_header_problem(pl__view_n(longest, sizeof(longest) - 1)));
    assert_non_null(pl__request_header_problem(pl__view_n(longest, sizeof(longest))));
    assert_non_null(pl__request_header_problem(pl__view_n("x\0y", 3)));
}

static void names_of_secrets(void **state)
{
    static const char *const names[] = {"authorization", "x-api-key",    "api-key",         "x-goog-api-key",
                                        "cookie",        "x-auth-token", "ocp-apim-apikey", "x-client-secret"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_true(pl__request_header_is_secret(pl__view(names[i])));
    assert_false(pl__request_header_is_secret(pl__view("x-team")));
    assert_false(pl__request_header_is_secret(pl__view("http-referer")));
}

static void values_are_one_visible_line(void **state)
{
    (void)state;
    assert_true(pl__request_header_value_ok(pl__view("a b\tc; d=\"e\"")));
    assert_false(pl__request_header_value_ok(pl__view("")));
    assert_false(pl__request_header_value_ok(pl__view(" a")));
    assert_false(pl__request_header_value_ok(pl__view("a\r\nb: c")));
    assert_false(pl__request_header_value_ok(pl__view("a\xc3\xa9")));
    assert_false(pl__request_header_value_ok(pl__view_n("a\0b", 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_headers_may_be_sent), cmocka_unit_test(connection_and_framing_may_not),
        cmocka_unit_test(what_is_no_name_may_not),      cmocka_unit_test(names_of_secrets),
        cmocka_unit_test(values_are_one_visible_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
