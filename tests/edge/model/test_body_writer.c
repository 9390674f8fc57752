#include "kit.h"

#include "body_writer.h"

static void check_join(const char *base, const char *path, const char *want)
{
    pl_str url = {0};
    pl__str_init(&url, 1000);
    assert_int_equal(pl__url_join(pl__view(base), pl__view(path), &url), PL_OK);
    assert_string_equal(pl__str_c(&url), want);
    pl__str_clear(&url);
}

static void addresses_join(void **state)
{
    (void)state;
    check_join("http://h", "/v1/messages", "http://h/v1/messages");
    check_join("http://h//", "/v1/messages", "http://h/v1/messages");
    check_join("http://h/v1", "/v1/messages", "http://h/v1/messages");
    check_join("http://h/v1", "/v1beta/x", "http://h/v1/v1beta/x");
    check_join("http://h/proxy/v1/", "/v1/messages", "http://h/proxy/v1/messages");
    check_join("http://h/v1", "/chat/completions", "http://h/v1/chat/completions");
    check_join("", "/v1/messages", "/v1/messages");
    check_join("/v1", "/v1/messages", "/v1/v1/messages"); /* nothing would be left of the address */
    check_join("http://h/vision", "/vision/x", "http://h/vision/vision/x");
}

static void escapes(void **state)
{
    pl_str s = {0};
    (void)state;
    pl__str_init(&s, 1000);
    assert_int_equal(pl__url_append_escaped(&s, pl__view_n("aZ9-._~/ %\xc3\xa9\0", 13), "/"), PL_OK);
    assert_string_equal(pl__str_c(&s), "aZ9-._~/%20%25%C3%A9%00");
    pl__str_clear(&s);
}

static void check_double(double x, const char *want)
{
    pl_http_req req = {0};
    pl_body_writer w;
    pl__body_init(&w, &req);
    assert_int_equal(pl__body_put_double(&w, x), PL_OK);
    assert_string_equal(pl__str_c(&w.text), want);
    pl__body_clear(&w);
}

static void numbers_are_short(void **state)
{
    (void)state;
    check_double(0.0, "0");
    check_double(1.0, "1");
    check_double(0.7, "0.7");
    check_double(0.1 + 0.2, "0.30000000000000004");
    check_double(1e-3, "0.001");
}

static void extra_is_an_object(void **state)
{
    static const char *const reserved[] = {"model", NULL};
    json_t *doc = NULL;
    pl_error err = {0};
    (void)state;
    PL_KIT_OK(pl__extra_parse(NULL, reserved, &doc, &err), &err);
    assert_null(doc);
    assert_true(pl__extra_lacks(doc, "a"));
    PL_KIT_OK(pl__extra_parse("{\"a\":1}", reserved, &doc, &err), &err);
    assert_false(pl__extra_lacks(doc, "a"));
    json_decref(doc);
    doc = NULL;
    PL_KIT_STATUS(pl__extra_parse("{\"model\":1}", reserved, &doc, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl__extra_parse("[]", reserved, &doc, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl__extra_parse("{", reserved, &doc, &err), PL_E_INVALID, &err);
    assert_null(doc);
}

static void seeds_wrap(void **state)
{
    pl_model_spec model = {.params = {.has_seed = true, .seed = INT64_MAX}};
    pl_chat chat = {.model = &model, .sample = 1};
    (void)state;
    assert_true(pl__chat_seed(&chat) == INT64_MIN);
    model.params.seed = -3;
    chat.sample = 5;
    assert_int_equal(pl__chat_seed(&chat), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_join),     cmocka_unit_test(escapes),    cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(extra_is_an_object), cmocka_unit_test(seeds_wrap),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
