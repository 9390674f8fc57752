#include "error.h"

#include "kit.h"
#include "str.h"

#include <string.h>

static void test_fields(void **state)
{
    (void)state;
    pl_error err;
    memset(&err, 0x55, sizeof(err));
    assert_int_equal(pl__fail(&err, PL_E_RANGE, "item %d of %s", 7, "x"), PL_E_RANGE);
    assert_int_equal(err.code, PL_E_RANGE);
    assert_int_equal(err.detail, 0);
    assert_false(err.retryable);
    assert_int_equal(err.retry_after_ms, 0);
    assert_string_equal(err.msg, "item 7 of x");

    assert_int_equal(pl__fail_detail(&err, PL_E_NET, 503, "busy"), PL_E_NET);
    assert_int_equal(err.detail, 503);
    assert_int_equal(pl__fail(NULL, PL_E_IO, "nowhere"), PL_E_IO);
    assert_int_equal(pl__fail_detail(NULL, PL_E_IO, 2, "nowhere"), PL_E_IO);
    pl__error_prefix(NULL, "nowhere");
}

static void test_prefix_keeps_the_rest(void **state)
{
    (void)state;
    pl_error err = {0};
    (void)pl__fail_detail(&err, PL_E_NET, 429, "too many requests");
    err.retryable = true;
    err.retry_after_ms = 1500;
    pl__error_prefix(&err, "endpoint %s", "a");
    assert_string_equal(err.msg, "endpoint a: too many requests");
    assert_int_equal(err.code, PL_E_NET);
    assert_int_equal(err.detail, 429);
    assert_true(err.retryable);
    assert_int_equal(err.retry_after_ms, 1500);
}

static void test_message_may_quote_itself(void **state)
{
    (void)state;
    pl_error err = {0};
    (void)pl__fail(&err, PL_E_IO, "inner");
    (void)pl__fail(&err, PL_E_IO, "outer: %s", err.msg);
    assert_string_equal(err.msg, "outer: inner");
    pl__error_prefix(&err, "%s", err.msg);
    assert_string_equal(err.msg, "outer: inner: outer: inner");
}

static void test_one_line(void **state)
{
    (void)state;
    pl_error err = {0};
    (void)pl__fail(&err, PL_E_PARSE, "a\nb\tc\x1b[31m\x7f");
    assert_string_equal(err.msg, "a b c [31m ");
}

/* Every length around the cut: the message stays whole UTF-8, and never loses more than one character. */
static void test_cut_at_a_character(void **state)
{
    (void)state;
    static const char *const characters[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t which = 0; which < 4; which++) {
        for (size_t lead = 0; lead < 4; lead++) {
            char text[2 * PL_ERROR_MSG_BYTES] = {0};
            size_t len = lead;
            memset(text, 'x', lead);
            while (len < sizeof(text) - 5) {
                memcpy(text + len, characters[which], strlen(characters[which]));
                len += strlen(characters[which]);
            }
            pl_error err = {0};
            (void)pl__fail(&err, PL_E_PARSE, "%s", text);
            assert_true(pl__utf8_valid(pl__view(err.msg)));
            assert_true(strlen(err.msg) >= PL_ERROR_MSG_BYTES - 4);
            pl__error_prefix(&err, "%s", characters[which]);
            assert_true(pl__utf8_valid(pl__view(err.msg)));
            assert_true(strlen(err.msg) >= PL_ERROR_MSG_BYTES - 4);
            pl__error_prefix(&err, "%s", text);
            assert_true(pl__utf8_valid(pl__view(err.msg)));
            assert_memory_equal(err.msg, text, PL_ERROR_MSG_BYTES - 4);
        }
    }
}

static void test_one_line_leaves_whole_text_alone(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *out;
    } cases[] = {
        {"", ""},
        {"a", "a"},
        {"\xc3\xa9", "\xc3\xa9"},
        {"a\xf0\x9f\x98\x80", "a\xf0\x9f\x98\x80"},
        {"a\xf0\x9f\x98", "a"},
        {"a\xf0", "a"},
        {"\xe2\x82", ""},
        {"a\x80", "a\x80"}, /* not a cut sequence: no lead byte */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[16];
        memcpy(text, cases[i].in, strlen(cases[i].in) + 1);
        pl__one_line(text);
        assert_string_equal(text, cases[i].out);
    }
}

static void test_status_texts(void **state)
{
    (void)state;
    assert_string_equal(pl_status_text(PL_E_NOMEM), "no memory");
    for (int a = PL_E_UNSUPPORTED; a <= PL_OK; a++) {
        assert_string_not_equal(pl_status_text((pl_status)a), "unknown status");
        for (int b = PL_E_UNSUPPORTED; b < a; b++)
            assert_string_not_equal(pl_status_text((pl_status)a), pl_status_text((pl_status)b));
    }
    assert_string_equal(pl_status_text((pl_status)(PL_E_UNSUPPORTED - 1)), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_prefix_keeps_the_rest),
        cmocka_unit_test(test_message_may_quote_itself),
        cmocka_unit_test(test_one_line),
        cmocka_unit_test(test_cut_at_a_character),
        cmocka_unit_test(test_one_line_leaves_whole_text_alone),
        cmocka_unit_test(test_status_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
