#include "str.h"

#include "alloc.h"
#include "kit.h"
#include "rng.h"

#include <string.h>

static void test_views(void **state)
{
    (void)state;
    assert_int_equal(pl__view(NULL).len, 0);
    assert_true(pl__view_eq(pl__view(NULL), pl__view("")));
    assert_true(pl__view_eq(pl__view_n("a\0b", 3), pl__view_n("a\0b", 3)));
    assert_false(pl__view_eq(pl__view("a"), pl__view("ab")));
    assert_false(pl__view_eq_str(pl__view_n("a\0b", 3), "a"));
    assert_true(pl__view_starts_with(pl__view("abc"), "ab"));
    assert_true(pl__view_starts_with(pl__view(NULL), ""));
    assert_false(pl__view_starts_with(pl__view("a"), "ab"));
    assert_true(pl__view_eq_str(pl__view_trim(pl__view(" \t\r\n\v\f a b \n")), "a b"));
    assert_int_equal(pl__view_trim(pl__view(" \n ")).len, 0);
    assert_int_equal(pl__view_trim(pl__view(NULL)).len, 0);
    assert_true(pl__view_eq_str(pl__view_trim(pl__view("\xc2\xa0x")), "\xc2\xa0x")); /* ASCII only */
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(pl__view_find(pl__view("aab"), pl__view("ab")), 1);
    assert_int_equal(pl__view_find(pl__view("ab"), pl__view("ab")), 0);
    assert_int_equal(pl__view_find(pl__view("aaab"), pl__view("aab")), 1);
    assert_true(pl__view_find(pl__view("ab"), pl__view("abc")) == SIZE_MAX);
    assert_true(pl__view_find(pl__view("abab"), pl__view("ba\0")) == 1);
    assert_true(pl__view_find(pl__view("abcabd"), pl__view("abe")) == SIZE_MAX);
    assert_int_equal(pl__view_find(pl__view("abc"), pl__view("")), 0);
    assert_int_equal(pl__view_find(pl__view(NULL), pl__view("")), 0);
    assert_true(pl__view_find(pl__view(NULL), pl__view("a")) == SIZE_MAX);
    assert_int_equal(pl__view_find(pl__view_n("a\0bc", 4), pl__view_n("\0b", 2)), 1);
}

static void test_limit_is_hard(void **state)
{
    (void)state;
    pl_str s;
    pl__str_init(&s, 10);
    assert_string_equal(pl__str_c(&s), "");
    PL_KIT_OK(pl__str_append(&s, "", 0), NULL);
    assert_null(s.ptr);
    PL_KIT_OK(pl__str_append_c(&s, "0123456789"), NULL);
    PL_KIT_STATUS(pl__str_append_char(&s, 'x'), PL_E_LIMIT, NULL);
    PL_KIT_STATUS(pl__str_appendf(&s, "%d", 1), PL_E_LIMIT, NULL);
    PL_KIT_STATUS(pl__str_reserve(&s, SIZE_MAX), PL_E_LIMIT, NULL);
    PL_KIT_STATUS(pl__str_append_json_escaped(&s, pl__view("\"")), PL_E_LIMIT, NULL);
    PL_KIT_STATUS(pl__str_append_base64(&s, "x", 1), PL_E_LIMIT, NULL);
    PL_KIT_STATUS(pl__str_append_base64_decoded(&s, pl__view("eA==")), PL_E_LIMIT, NULL);
    assert_string_equal(pl__str_c(&s), "0123456789");
    assert_true(s.cap <= 11);
    pl__str_reset(&s);
    assert_string_equal(pl__str_c(&s), "");
    PL_KIT_OK(pl__str_append_c(&s, "again"), NULL);
    pl__str_clear(&s);
    assert_int_equal(s.limit_bytes, 10);
    PL_KIT_STATUS(pl__str_append_c(&s, "0123456789a"), PL_E_LIMIT, NULL);
    assert_null(s.ptr);
    pl__str_clear(NULL);

    pl_str none = {0}; /* the limit was never set */
    PL_KIT_STATUS(pl__str_append_char(&none, 'x'), PL_E_LIMIT, NULL);
    pl__str_init(&s, SIZE_MAX);
    PL_KIT_OK(pl__str_append_c(&s, "x"), NULL);
    PL_KIT_STATUS(pl__str_reserve(&s, SIZE_MAX - 1), PL_E_NOMEM, NULL);
    pl__str_clear(&s);
}

static void test_failed_escape_leaves_the_string(void **state)
{
    (void)state;
    pl_str s;
    pl__str_init(&s, 10);
    PL_KIT_OK(pl__str_append_c(&s, "abc"), NULL);
    PL_KIT_STATUS(pl__str_append_json_escaped(&s, pl__view("xy\nz\n\x01")), PL_E_LIMIT, NULL);
    assert_string_equal(pl__str_c(&s), "abc");
    assert_int_equal(s.len, 3);
    pl__str_clear(&s);
}

static void test_append(void **state)
{
    (void)state;
    pl_str s;
    pl__str_init(&s, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__str_append_view(&s, pl__view_n("a\0b", 3)), NULL);
    PL_KIT_OK(pl__str_append_char(&s, '\0'), NULL);
    PL_KIT_OK(pl__str_appendf(&s, "%s-%d", "x", 42), NULL);
    PL_KIT_OK(pl__str_appendf(&s, "%s", ""), NULL);
    assert_int_equal(s.len, 8);
    assert_memory_equal(s.ptr, "a\0b\0x-42\0", 9);
    for (int i = 0; i < 12; i++) /* the source moves with the string */
        PL_KIT_OK(pl__str_append(&s, s.ptr, s.len), NULL);
    assert_int_equal(s.len, 8u << 12);
    for (size_t i = 0; i < s.len; i += 8)
        assert_memory_equal(s.ptr + i, "a\0b\0x-42", 8);
    char *bytes = pl__str_take(&s);
    assert_memory_equal(bytes, "a\0b", 3);
    assert_null(s.ptr);
    assert_int_equal(s.len, 0);
    pl__free(bytes);
    bytes = pl__str_take(&s);
    assert_string_equal(bytes, "");
    pl__free(bytes);
}

/* Well-formed and ill-formed sequences of the Unicode Standard, table 3-7, at each boundary. */
static void test_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
    } cases[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\x80", 0},
        {"\xbf", 0},
        {"\xc0\x80", 0}, /* overlong */
        {"\xc1\xbf", 0},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xc2", 0}, /* cut */
        {"\xc2\x41", 0},
        {"\xe0\x9f\xbf", 0}, /* overlong */
        {"\xe0\xa0\x80", 3},
        {"\xe2\x82\xac", 3},
        {"\xe2\x82", 0},
        {"\xed\x9f\xbf", 3},
        {"\xed\xa0\x80", 0}, /* surrogate */
        {"\xed\xbf\xbf", 0},
        {"\xee\x80\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
        {"\xf0\x90\x80\x80", 4},
        {"\xf0\x9f\x98", 0},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xf4\x90\x80\x80", 0}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_view v = pl__view(cases[i].text);
        if (pl__utf8_sequence(v) != cases[i].n)
            fail_msg("case %zu: %zu", i, pl__utf8_sequence(v));
        assert_int_equal(pl__utf8_valid(v), cases[i].n == v.len);
    }
    assert_int_equal(pl__utf8_sequence(pl__view("")), 0);
    assert_int_equal(pl__utf8_sequence(pl__view_n("\0", 1)), 1);
    assert_true(pl__utf8_valid(pl__view(NULL)));
    assert_false(pl__utf8_valid(pl__view("good then \xe2\x82")));
}

static void check_escaped(pl_view in, const char *wanted)
{
    pl_str s;
    pl__str_init(&s, 1000);
    PL_KIT_OK(pl__str_append_json_escaped(&s, in), NULL);
    assert_string_equal(pl__str_c(&s), wanted);
    pl__str_clear(&s);
}

static void test_json_escapes(void **state)
{
    (void)state;
    check_escaped(pl__view(NULL), "");
    check_escaped(pl__view("plain"), "plain");
    check_escaped(pl__view("\"\\/"), "\\\"\\\\/");
    check_escaped(pl__view("\b\t\n\f\r\x01\x1f\x7f"), "\\b\\t\\n\\f\\r\\u0001\\u001f\x7f");
    check_escaped(pl__view_n("a\0b", 3), "a\\u0000b");
    check_escaped(pl__view("\xf0\x9f\x98\x80\xc3\xa9"), "\xf0\x9f\x98\x80\xc3\xa9");
    check_escaped(pl__view("a\xff\x62"), "a\xef\xbf\xbd\x62");
    check_escaped(pl__view("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");
    check_escaped(pl__view("\xe2\x82\""), "\xef\xbf\xbd\xef\xbf\xbd\\\"");
}

/* RFC 4648, section 10. */
static const struct {
    const char *plain;
    const char *encoded;
} base64_vectors[] = {{"", ""},
                      {"f", "Zg=="},
                      {"fo", "Zm8="},
                      {"foo", "Zm9v"},
                      {"foob", "Zm9vYg=="},
                      {"fooba", "Zm9vYmE="},
                      {"foobar", "Zm9vYmFy"}};

static void test_base64(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(base64_vectors) / sizeof(base64_vectors[0]); i++) {
        pl_str s;
        pl__str_init(&s, 100);
        PL_KIT_OK(pl__str_append_base64(&s, base64_vectors[i].plain, strlen(base64_vectors[i].plain)), NULL);
        assert_string_equal(pl__str_c(&s), base64_vectors[i].encoded);
        pl__str_reset(&s);
        PL_KIT_OK(pl__str_append_base64_decoded(&s, pl__view(base64_vectors[i].encoded)), NULL);
        assert_string_equal(pl__str_c(&s), base64_vectors[i].plain);
        pl__str_clear(&s);
    }
}

static void test_base64_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",    "Zg",      "Zg=",      "Zg===",    "=",    "====",     "Z===",
                                      "Zh==", "Zm9=",    "Zm9v=",    "Zg==Zg==", "Zm=v", "Zm9v====", "Zm9-",
                                      "Zm9_", "Zm9\x80", "Zm9v\x01", "Zm9vY",    "=Zm9", "Zg=g",     "Zm9v,m9v"};
    pl_str s;
    pl__str_init(&s, 100);
    PL_KIT_OK(pl__str_append_c(&s, "kept"), NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (pl__str_append_base64_decoded(&s, pl__view(bad[i])) != PL_E_PARSE)
            fail_msg("\"%s\" was not refused", bad[i]);
        assert_string_equal(pl__str_c(&s), "kept");
        assert_int_equal(s.len, 4);
    }
    PL_KIT_STATUS(pl__str_append_base64_decoded(&s, pl__view_n("Zg=\0", 4)), PL_E_PARSE, NULL);
    PL_KIT_OK(pl__str_append_base64_decoded(&s, pl__view(" Z\r\ng =\t=\n")), NULL);
    PL_KIT_OK(pl__str_append_base64_decoded(&s, pl__view(" \n")), NULL);
    assert_string_equal(pl__str_c(&s), "keptf");
    pl__str_clear(&s);
}

static void test_base64_round_trips(void **state)
{
    (void)state;
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "base64", 0);
    pl_str encoded;
    pl_str decoded;
    pl__str_init(&encoded, 1000);
    pl__str_init(&decoded, 300);
    for (size_t n = 0; n <= 300; n++) {
        char bytes[300];
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(unsigned char)pl__rng_below(&rng, 256);
        pl__str_reset(&encoded);
        pl__str_reset(&decoded);
        PL_KIT_OK(pl__str_append_base64(&encoded, bytes, n), NULL);
        assert_int_equal(encoded.len, (n + 2) / 3 * 4);
        PL_KIT_OK(pl__str_append_base64_decoded(&decoded, pl__view_n(encoded.ptr, encoded.len)), NULL);
        assert_true(pl__view_eq(pl__view_n(decoded.ptr, decoded.len), pl__view_n(bytes, n)));
    }
    pl__str_clear(&encoded);
    pl__str_clear(&decoded);
}

static pl_status everything(void *user, pl_error *err)
{
    (void)user;
    (void)err;
    pl_str s;
    char *taken = NULL;
    pl__str_init(&s, 10000);
    pl_status rc = pl__str_append_c(&s, "0123456789");
    for (int i = 0; i < 5 && rc == PL_OK; i++) {
        size_t before = s.len;
        rc = pl__str_append_json_escaped(&s, pl__view("line\nline\nline\nline\nline\n\xff"));
        if (rc == PL_OK)
            rc = pl__str_appendf(&s, "%0100d", 5);
        else
            assert_int_equal(s.len, before);
        if (rc == PL_OK)
            rc = pl__str_append_base64(&s, "0123456789012345678901234567890123456789", 40);
        if (rc == PL_OK)
            rc = pl__str_append_base64_decoded(&s, pl__view("Zm9vYmFy"));
        assert_int_equal(strlen(pl__str_c(&s)), s.len);
    }
    pl__str_clear(&s);
    if (rc == PL_OK) {
        taken = pl__str_take(&s);
        rc = taken ? PL_OK : PL_E_NOMEM;
    }
    pl__free(taken);
    pl__str_clear(&s);
    return rc;
}

static void test_refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("str", everything, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),          cmocka_unit_test(test_find),
        cmocka_unit_test(test_limit_is_hard),  cmocka_unit_test(test_failed_escape_leaves_the_string),
        cmocka_unit_test(test_append),         cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_json_escapes),   cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_refuses), cmocka_unit_test(test_base64_round_trips),
        cmocka_unit_test(test_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
