#include "json.h"

#include "alloc.h"
#include "kit.h"

#include <math.h>
#include <string.h>

static json_t *parse(const char *text)
{
    json_t *doc = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__json_parse(pl__view(text), &doc, &err), &err);
    return doc;
}

static void refused(pl_view text, pl_status wanted, const char *part)
{
    json_t *doc = NULL;
    pl_error err = {0};
    PL_KIT_STATUS(pl__json_parse(text, &doc, &err), wanted, &err);
    assert_null(doc);
    if (!strstr(err.msg, part))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, part);
}

static void test_refused_texts(void **state)
{
    (void)state;
    refused(pl__view(NULL), PL_E_PARSE, "line 1");
    refused(pl__view("{\"a\": 1"), PL_E_PARSE, "line 1, column 7: the text ends too early");
    refused(pl__view("{\n  \"a\": x}"), PL_E_PARSE, "line 2");
    refused(pl__view("[1] [2]"), PL_E_PARSE, "after the end");
    refused(pl__view("{\"a\": 1, \"a\": 2}"), PL_E_PARSE, "already");
    refused(pl__view("[\"\xff\"]"), PL_E_PARSE, "UTF-8");
    refused(pl__view("[\"\xed\xa0\x80\"]"), PL_E_PARSE, "UTF-8");
    refused(pl__view("[\"\\ud800\"]"), PL_E_PARSE, "line 1");
    refused(pl__view("[1e999]"), PL_E_PARSE, "too large");
    refused(pl__view("[123456789012345678901234567890]"), PL_E_PARSE, "too large");
    refused(pl__view("[NaN]"), PL_E_PARSE, "syntax");
    refused(pl__view("[01]"), PL_E_PARSE, "syntax");
    refused(pl__view("[1,]"), PL_E_PARSE, "syntax");
    refused(pl__view("['a']"), PL_E_PARSE, "syntax");
    refused(pl__view("42"), PL_E_PARSE, "syntax");
    refused(pl__view("\xef\xbb\xbf[]"), PL_E_PARSE, "syntax");
    refused(pl__view("[\"\\u0000\"]"), PL_E_PARSE, "NUL");
    refused(pl__view("{\"\\u0000\": 1}"), PL_E_PARSE, "NUL");
    refused(pl__view_n("[\"a\0b\"]", 7), PL_E_PARSE, "line 1");
    refused(pl__view_n("[]\0", 3), PL_E_PARSE, "after the end");
}

static void test_nul_where_it_may_be(void **state)
{
    (void)state;
    json_t *doc = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__json_parse_nul(pl__view("[\"a\\u0000b\"]"), &doc, &err), &err);
    assert_int_equal(json_string_length(json_array_get(doc, 0)), 3);
    assert_memory_equal(json_string_value(json_array_get(doc, 0)), "a\0b", 3);
    json_decref(doc);
    PL_KIT_STATUS(pl__json_parse_nul(pl__view("{\"\\u0000\": 1}"), &doc, &err), PL_E_PARSE, &err);
}

/* A message may be shown and logged; what the document says may not. */
static void test_messages_do_not_quote(void **state)
{
    (void)state;
    static const char *const texts[] = {"[\"secret\" x]", "[secret]",  "{\"secret\": 1, \"secret\": 2}",
                                        "[1] secret",     "[\"secret", "[\"secret\n\"]"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        json_t *doc = NULL;
        pl_error err = {0};
        PL_KIT_STATUS(pl__json_parse(pl__view(texts[i]), &doc, &err), PL_E_PARSE, &err);
        assert_null(strstr(err.msg, "secret"));
    }
}

static void test_depth(void **state)
{
    (void)state;
    static char text[1000000];
    json_t *doc = NULL;
    for (size_t depth = PL_JSON_DEPTH_MAX; depth <= PL_JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        pl_status rc = pl__json_parse(pl__view_n(text, 2 * depth), &doc, NULL);
        PL_KIT_STATUS(rc, depth <= PL_JSON_DEPTH_MAX ? PL_OK : PL_E_LIMIT, NULL);
    }
    json_decref(doc);
    memset(text, '[', sizeof(text));
    refused(pl__view_n(text, sizeof(text)), PL_E_LIMIT, "nested");
    memset(text, '{', sizeof(text));
    refused(pl__view_n(text, sizeof(text)), PL_E_LIMIT, "nested");

    pl_str s;
    pl__str_init(&s, 10000);
    for (size_t i = 0; i < 100; i++)
        PL_KIT_OK(pl__str_append_c(&s, "{\"a\":["), NULL);
    refused(pl__view_n(s.ptr, s.len), PL_E_LIMIT, "nested");

    /* Brackets in strings and siblings are no depth. */
    pl__str_reset(&s);
    PL_KIT_OK(pl__str_append_c(&s, "[\"\\\""), NULL);
    PL_KIT_OK(pl__str_append(&s, text, 500), NULL);
    PL_KIT_OK(pl__str_append_c(&s, "\",[],{}"), NULL);
    for (size_t i = 0; i < 200; i++)
        PL_KIT_OK(pl__str_append_c(&s, ",[]"), NULL);
    PL_KIT_OK(pl__str_append_char(&s, ']'), NULL);
    PL_KIT_OK(pl__json_parse(pl__view_n(s.ptr, s.len), &doc, NULL), NULL);
    assert_int_equal(json_array_size(doc), 203);
    json_decref(doc);
    pl__str_clear(&s);
}

static void test_size_limit(void **state)
{
    (void)state;
    /* The length is looked at before a byte is. */
    refused(pl__view_n("[]", PL_JSON_DOCUMENT_BYTES_MAX + 1), PL_E_LIMIT, "at most");
}

static void check_written(const json_t *doc, bool canonical, const char *wanted)
{
    pl_str s;
    pl__str_init(&s, 10000);
    PL_KIT_OK(pl__str_append_c(&s, "> "), NULL);
    PL_KIT_OK(canonical ? pl__json_write_canonical(doc, &s) : pl__json_write(doc, &s), NULL);
    assert_memory_equal(s.ptr, "> ", 2);
    assert_string_equal(s.ptr + 2, wanted);
    pl__str_clear(&s);
}

static void test_writing(void **state)
{
    (void)state;
    json_t *doc = parse("{\"z\": [1, 0.1, -0.0, 1e300, true, null], \"a\": {\"c\": \"\\u00e9\\n\", \"b\": {}}}");
    check_written(doc, false,
                  "{\"z\":[1,0.10000000000000001,-0.0,1.0000000000000001e300,true,null],"
                  "\"a\":{\"c\":\"\xc3\xa9\\n\",\"b\":{}}}");
    check_written(doc, true,
                  "{\"a\":{\"b\":{},\"c\":\"\xc3\xa9\\n\"},"
                  "\"z\":[1,0.10000000000000001,-0.0,1.0000000000000001e300,true,null]}");
    json_decref(doc);
    doc = json_string("x");
    check_written(doc, false, "\"x\"");
    json_decref(doc);
}

static void test_writing_refuses(void **state)
{
    (void)state;
    pl_str s;
    pl__str_init(&s, 12);
    PL_KIT_OK(pl__str_append_c(&s, "kept"), NULL);
    PL_KIT_STATUS(pl__json_write(NULL, &s), PL_E_INVALID, NULL);
    json_t *doc = parse("{\"abc\": \"def\"}");
    PL_KIT_STATUS(pl__json_write(doc, &s), PL_E_LIMIT, NULL);
    assert_string_equal(pl__str_c(&s), "kept");
    json_decref(doc);
    doc = json_stringn_nocheck("\xff", 1);
    PL_KIT_STATUS(pl__json_write(doc, &s), PL_E_INVALID, NULL);
    assert_string_equal(pl__str_c(&s), "kept");
    json_decref(doc);
    pl__str_clear(&s);
}

/* Whatever byte the limit falls on: the whole document or nothing. */
static void test_writing_at_every_limit(void **state)
{
    (void)state;
    static const char wanted[] = "{\"abc\":[\"d\",1.5,{\"e\":true}],\"f\":null}";
    json_t *doc = parse(wanted);
    for (size_t limit = 0; limit <= strlen(wanted); limit++) {
        pl_str s;
        pl__str_init(&s, limit);
        bool fits = limit == strlen(wanted);
        PL_KIT_STATUS(pl__json_write(doc, &s), fits ? PL_OK : PL_E_LIMIT, NULL);
        assert_string_equal(pl__str_c(&s), fits ? wanted : "");
        PL_KIT_STATUS(pl__json_write_canonical(doc, &s), PL_E_LIMIT, NULL);
        assert_string_equal(pl__str_c(&s), fits ? wanted : "");
        pl__str_clear(&s);
    }
    json_decref(doc);
}

static void test_getters(void **state)
{
    (void)state;
    json_t *doc = parse("{\"s\": \"text\", \"n\": 1.5, \"i\": 9007199254740993, \"w\": 3.0, \"b\": true, \"f\": false,"
                        "\"z\": null, \"huge\": 1e18, \"l\": []}");
    const char *s = "default";
    double n = -1.0;
    int64_t i = -1;
    bool b = false;
    pl_error err = {0};
    static const char *const absent[] = {"absent", "z"};
    for (size_t k = 0; k < 2; k++) {
        PL_KIT_OK(pl__json_get_string(doc, absent[k], &s, &err), &err);
        PL_KIT_OK(pl__json_get_number(doc, absent[k], &n, &err), &err);
        PL_KIT_OK(pl__json_get_integer(doc, absent[k], &i, &err), &err);
        PL_KIT_OK(pl__json_get_bool(doc, absent[k], &b, &err), &err);
    }
    PL_KIT_OK(pl__json_get_string(NULL, "s", &s, &err), &err);
    assert_string_equal(s, "default");
    assert_true(n == -1.0 && i == -1 && !b);

    PL_KIT_STATUS(pl__json_get_string(doc, "n", &s, &err), PL_E_PARSE, &err);
    assert_non_null(strstr(err.msg, "\"n\""));
    PL_KIT_STATUS(pl__json_get_number(doc, "s", &n, &err), PL_E_PARSE, &err);
    PL_KIT_STATUS(pl__json_get_number(doc, "b", &n, &err), PL_E_PARSE, &err);
    PL_KIT_STATUS(pl__json_get_integer(doc, "n", &i, &err), PL_E_PARSE, &err);
    PL_KIT_STATUS(pl__json_get_integer(doc, "huge", &i, &err), PL_E_PARSE, &err);
    PL_KIT_STATUS(pl__json_get_integer(doc, "s", &i, &err), PL_E_PARSE, &err);
    PL_KIT_STATUS(pl__json_get_bool(doc, "i", &b, &err), PL_E_PARSE, &err);
    PL_KIT_STATUS(pl__json_get_bool(doc, "l", &b, NULL), PL_E_PARSE, NULL);
    assert_string_equal(s, "default");
    assert_true(n == -1.0 && i == -1 && !b);

    PL_KIT_OK(pl__json_get_string(doc, "s", &s, NULL), NULL);
    PL_KIT_OK(pl__json_get_number(doc, "n", &n, NULL), NULL);
    PL_KIT_OK(pl__json_get_integer(doc, "i", &i, NULL), NULL);
    PL_KIT_OK(pl__json_get_bool(doc, "b", &b, NULL), NULL);
    assert_string_equal(s, "text");
    assert_true(n == 1.5 && i == 9007199254740993 && b);
    PL_KIT_OK(pl__json_get_bool(doc, "f", &b, NULL), NULL);
    PL_KIT_OK(pl__json_get_integer(doc, "w", &i, NULL), NULL);
    PL_KIT_OK(pl__json_get_number(doc, "i", &n, NULL), NULL);
    assert_true(!b && i == 3 && n == 9007199254740992.0);
    json_decref(doc);
}

static void test_setters(void **state)
{
    (void)state;
    json_t *doc = json_object();
    PL_KIT_OK(pl__json_set_string(doc, "s", "a\"b"), NULL);
    PL_KIT_OK(pl__json_set_string(doc, "none", NULL), NULL);
    PL_KIT_OK(pl__json_set_number(doc, "x", 0.5), NULL);
    PL_KIT_OK(pl__json_set_number(doc, "nan", (double)NAN), NULL);
    PL_KIT_OK(pl__json_set_number(doc, "inf", -(double)INFINITY), NULL);
    PL_KIT_OK(pl__json_set_integer(doc, "i", INT64_MIN), NULL);
    PL_KIT_OK(pl__json_set_bool(doc, "b", true), NULL);
    PL_KIT_OK(pl__json_set(doc, "s", json_array()), NULL); /* replaces, in its old place */
    check_written(doc, false,
                  "{\"s\":[],\"none\":null,\"x\":0.5,\"nan\":null,\"inf\":null,\"i\":-9223372036854775808,\"b\":true}");
    PL_KIT_STATUS(pl__json_set(doc, "x", NULL), PL_E_NOMEM, NULL);
    PL_KIT_STATUS(pl__json_set_string(doc, "x", "\xff"), PL_E_INVALID, NULL);
    PL_KIT_STATUS(pl__json_set_integer(doc, "\xff", 1), PL_E_INVALID, NULL);
    json_t *list = json_array();
    PL_KIT_STATUS(pl__json_set_integer(list, "x", 1), PL_E_INVALID, NULL);
    json_decref(list);
    json_decref(doc);
}

static const char sample[] = "{\"model\": \"a-name-that-is-long-enough-to-move-the-buffer\", \"list\": [1, 2.25, 1e-7, "
                             "123456789, \"x\\u20ac\", true, null, {\"k\": {}}], \"esc\\u0061ped\": \"\\n\", "
                             "\"k1\": 1, \"k2\": 2, \"k3\": 3, \"k4\": 4, \"k5\": 5, \"k6\": 6, \"k7\": 7}";

static pl_status read_and_write(void *user, pl_error *err)
{
    json_t *doc = NULL;
    pl_str s;
    pl__str_init(&s, 10000);
    pl_status rc = pl__json_parse(pl__view(sample), &doc, err);
    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "model", "b");
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "added", 0.5);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "more", 5);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "deep", json_object());
    if (rc == PL_OK)
        rc = pl__json_write(doc, &s);
    size_t len = s.len;
    if (rc == PL_OK)
        rc = pl__json_write_canonical(doc, &s);
    /* What was written under refusals is what is written without: nothing is quietly lost. */
    if (rc == PL_OK)
        assert_string_equal(pl__str_c(&s), user);
    else
        assert_int_equal(s.len, len);
    pl__str_clear(&s);
    json_decref(doc);
    return rc;
}

static pl_status parse_once(void *user, pl_error *err)
{
    const pl_str *text = user;
    json_t *doc = NULL;
    pl_status rc = pl__json_parse(pl__view_n(text->ptr, text->len), &doc, err);
    json_decref(doc);
    return rc;
}

/* Strings of every length about the sizes that jansson's buffer grows at: a quote that it loses must not cost more. */
static void test_refused_memory_at_any_length(void **state)
{
    (void)state;
    pl_str text = {0};
    pl__str_init(&text, 1000);
    for (unsigned n = 0; n <= 70; n++) {
        pl__str_reset(&text);
        assert_int_equal(pl__str_append_c(&text, "{\""), PL_OK);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(pl__str_append_char(&text, 'k'), PL_OK);
        assert_int_equal(pl__str_append_c(&text, "\":-1.5}"), PL_OK);
        pl__kit_fault_loop("json string", parse_once, &text);
    }
    pl__str_clear(&text);
}

static void test_refused_memory(void **state)
{
    (void)state;
    static char wanted[] =
        "{\"model\":\"b\",\"list\":[1,2.25,9.9999999999999995e-8,123456789,\"x\xe2\x82\xac\",true,null,"
        "{\"k\":{}}],\"escaped\":\"\\n\",\"k1\":1,\"k2\":2,\"k3\":3,\"k4\":4,\"k5\":5,\"k6\":6,\"k7\":7,"
        "\"added\":0.5,\"more\":5,\"deep\":{}}"
        "{\"added\":0.5,\"deep\":{},\"escaped\":\"\\n\",\"k1\":1,\"k2\":2,\"k3\":3,\"k4\":4,\"k5\":5,\"k6\":6,\"k7\":7,"
        "\"list\":[1,2.25,9.9999999999999995e-8,123456789,\"x\xe2\x82\xac\",true,null,{\"k\":{}}],\"model\":\"b\","
        "\"more\":5}";
    pl__kit_fault_loop("json", read_and_write, wanted);
}

int main(void)
{
    pl__json_use_alloc();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_texts),
        cmocka_unit_test(test_nul_where_it_may_be),
        cmocka_unit_test(test_messages_do_not_quote),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_size_limit),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_writing_refuses),
        cmocka_unit_test(test_writing_at_every_limit),
        cmocka_unit_test(test_getters),
        cmocka_unit_test(test_setters),
        cmocka_unit_test(test_refused_memory),
        cmocka_unit_test(test_refused_memory_at_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
