#include "kit.h"

#include "alloc.h"
#include "endpoint.h"

#include <stdlib.h>
#include <string.h>

static const char *const urls[] = {"http://a/v1/", "http://b/v1"};

static pl_model_spec plain_model(void)
{
    return (pl_model_spec){
        .name = "cat", .provider = "openai", .model = "m", .reach = {.base_urls = urls, .n_base_urls = 2}};
}

static void check_init(const pl_model_spec *spec, pl_status want, const char *words)
{
    pl_endpoint e = {0};
    pl_error err = {0};
    PL_KIT_STATUS(pl__endpoint_init(&e, spec, &err), want, &err);
    assert_non_null(strstr(err.msg, "cat"));
    assert_non_null(strstr(err.msg, words));
    assert_null(strstr(err.msg, "sesame"));
    pl__endpoint_clear(&e);
}

static void missing_things_are_named(void **state)
{
    pl_model_spec spec = plain_model();
    (void)state;
    unsetenv("PEERLESS_TEST_KEY");
    spec.reach.api_key_env = "PEERLESS_TEST_KEY";
    check_init(&spec, PL_E_NOT_FOUND, "PEERLESS_TEST_KEY");
    setenv("PEERLESS_TEST_KEY", " \n", 1);
    check_init(&spec, PL_E_NOT_FOUND, "PEERLESS_TEST_KEY");
    setenv("PEERLESS_TEST_KEY", "sesame\nopen", 1);
    check_init(&spec, PL_E_INVALID, "PEERLESS_TEST_KEY");
    spec.reach.api_key_env = NULL;
    spec.reach.api_key_file = "/nonexistent/key";
    check_init(&spec, PL_E_NOT_FOUND, "/nonexistent/key");
    spec.reach.api_key_file = NULL;
    spec.provider = "oracle";
    check_init(&spec, PL_E_UNSUPPORTED, "oracle");
    spec.provider = "openai";
    spec.reach.n_base_urls = 0;
    check_init(&spec, PL_E_INVALID, "base_url");
    unsetenv("PEERLESS_TEST_KEY");
}

static pl_status encode_with(const pl_endpoint *e, pl_http_req *req, pl_error *err)
{
    const pl_part part = {.role = PL_ROLE_USER, .kind = PL_PART_TEXT, .text = pl__view("x")};
    const pl_chat chat = {.model = &e->spec, .parts = &part, .n_parts = 1, .max_tokens = 1};
    return pl__endpoint_encode(e, &chat, NULL, 0, req, err);
}

static void key_becomes_a_header(void **state)
{
    char *path = pl__kit_write_text(*state, "key.txt", "  sesame-open-up \r\n");
    pl_model_spec spec = plain_model();
    pl_endpoint e = {0};
    pl_http_req req = {0};
    pl_http_req sent = {0};
    pl_error err = {0};
    spec.reach.api_key_file = path;
    spec.reach.timeout_connect_ms = 1;
    spec.reach.timeout_first_byte_ms = 2;
    spec.reach.timeout_total_ms = 3;
    PL_KIT_OK(pl__endpoint_init(&e, &spec, &err), &err);
    assert_int_equal(e.slots, 1);
    assert_int_equal(e.attempts_max, 6);
    PL_KIT_OK(encode_with(&e, &req, &err), &err);
    PL_KIT_OK(pl__endpoint_address(&e, &req, 0, &sent, &err), &err);
    assert_string_equal(sent.url, "http://a/v1/chat/completions");
    assert_int_equal(sent.n_headers, 2);
    assert_string_equal(sent.headers[1].name, "authorization");
    assert_string_equal(sent.headers[1].value, "Bearer sesame-open-up");
    assert_int_equal(sent.timeout_connect_ms, 1);
    assert_int_equal(sent.timeout_first_byte_ms, 2);
    assert_int_equal(sent.timeout_total_ms, 3);
    assert_ptr_equal(sent.parts[0].blob, req.parts[0].blob);
    pl__http_req_clear(&sent);
    PL_KIT_OK(pl__endpoint_address(&e, &req, 1, &sent, &err), &err);
    assert_string_equal(sent.url, "http://b/v1/chat/completions");
    pl__http_req_clear(&sent);
    pl__http_req_clear(&req);
    pl__endpoint_clear(&e);
    free(path);
}

static const char *header_value(const pl_http_req *req, const char *name)
{
    for (size_t i = 0; i < req->n_headers; i++)
        if (strcmp(req->headers[i].name, name) == 0)
            return req->headers[i].value;
    return NULL;
}

static void own_headers_are_sent(void **state)
{
    static const pl_header_spec headers[] = {{.name = "x-team", .value = "vision 7"},
                                             {.name = "x-gateway-token", .env = "PEERLESS_TEST_TOKEN"}};
    pl_model_spec spec = plain_model();
    pl_endpoint e = {0};
    pl_http_req req = {0};
    pl_error err = {0};
    pl_http_reply reply = {.status = 200};
    (void)state;
    setenv("PEERLESS_TEST_TOKEN", "Bearer 0123456789abcdef\n", 1);
    spec.reach.headers = headers;
    spec.reach.n_headers = 2;
    PL_KIT_OK(pl__endpoint_init(&e, &spec, &err), &err);
    PL_KIT_OK(encode_with(&e, &req, &err), &err);
    assert_string_equal(header_value(&req, "x-team"), "vision 7");
    assert_string_equal(header_value(&req, "x-gateway-token"), "Bearer 0123456789abcdef");
    pl__http_req_clear(&req);
    /* What came from the environment is a secret, with its scheme and without. */
    pl__str_init(&reply.body, 1000);
    assert_int_equal(pl__str_append_c(&reply.body, "<Bearer 0123456789abcdef> <0123456789abcdef> vision 7"), PL_OK);
    pl_secrets secrets = {0};
    PL_KIT_OK(pl__endpoint_secrets(&e, &secrets, &err), &err);
    pl__secrets_mask_reply(&secrets, &reply);
    assert_string_equal(reply.body.ptr, "<***********************> <****************> vision 7");
    pl__secrets_clear(&secrets);
    pl__http_reply_clear(&reply);
    pl__endpoint_clear(&e);
    unsetenv("PEERLESS_TEST_TOKEN");
}

static void headers_that_cannot_be_sent(void **state)
{
    static const pl_header_spec missing = {.name = "x-t", .env = "PEERLESS_TEST_TOKEN"};
    static const pl_header_spec framing = {.name = "content-length", .value = "5"};
    static const pl_header_spec key = {.name = "authorization", .env = "PEERLESS_TEST_TOKEN"};
    pl_model_spec spec = plain_model();
    (void)state;
    unsetenv("PEERLESS_TEST_TOKEN");
    spec.reach.n_headers = 1;
    spec.reach.headers = &missing;
    check_init(&spec, PL_E_NOT_FOUND, "PEERLESS_TEST_TOKEN");
    setenv("PEERLESS_TEST_TOKEN", "sesame\r\nx: y", 1);
    check_init(&spec, PL_E_INVALID, "x-t");
    setenv("PEERLESS_TEST_TOKEN", " ", 1);
    check_init(&spec, PL_E_INVALID, "x-t");
    spec.reach.headers = &framing;
    check_init(&spec, PL_E_INVALID, "content-length is set by peerless itself");
    setenv("PEERLESS_TEST_TOKEN", "sesame", 1);
    spec.reach.headers = &key;
    spec.reach.api_key_env = "PEERLESS_TEST_TOKEN";
    check_init(&spec, PL_E_INVALID, "already carries its API key");
    spec.reach.n_headers = PL_ENDPOINT_HEADERS_MAX + 1;
    check_init(&spec, PL_E_LIMIT, "16 headers");
    unsetenv("PEERLESS_TEST_TOKEN");
}

/* Azure: the bare key in a header of its own, the version as a query. */
static void a_version_changes_the_key_header(void **state)
{
    static const struct {
        const char *provider;
        const char *version;
        const char *header;
        const char *value;
    } cases[] = {{"openai", NULL, "authorization", "Bearer 0123456789abcdef"},
                 {"openai", "2024-10-21", "api-key", "0123456789abcdef"},
                 {"anthropic", NULL, "x-api-key", "0123456789abcdef"},
                 {"anthropic", "2023-06-01", "x-api-key", "0123456789abcdef"},
                 {"gemini", NULL, "x-goog-api-key", "0123456789abcdef"},
                 {"gemini", "v1", "x-goog-api-key", "0123456789abcdef"}};
    (void)state;
    setenv("PEERLESS_TEST_KEY", "0123456789abcdef", 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_model_spec spec = plain_model();
        pl_endpoint e = {0};
        pl_http_req req = {0};
        pl_error err = {0};
        spec.provider = cases[i].provider;
        spec.reach.api_key_env = "PEERLESS_TEST_KEY";
        spec.reach.api_version = cases[i].version;
        PL_KIT_OK(pl__endpoint_init(&e, &spec, &err), &err);
        PL_KIT_OK(encode_with(&e, &req, &err), &err);
        assert_string_equal(header_value(&req, cases[i].header), cases[i].value);
        pl__http_req_clear(&req);
        pl__endpoint_clear(&e);
    }
    unsetenv("PEERLESS_TEST_KEY");
}

/* A base_url with the version in it and one without give the same address. */
static void addresses_have_one_version(void **state)
{
    static const char *const bases[] = {"http://a", "http://a/v1/"};
    pl_model_spec spec = plain_model();
    pl_endpoint e = {0};
    pl_http_req req = {0};
    pl_error err = {0};
    (void)state;
    spec.provider = "anthropic";
    spec.reach.base_urls = bases;
    PL_KIT_OK(pl__endpoint_init(&e, &spec, &err), &err);
    PL_KIT_OK(encode_with(&e, &req, &err), &err);
    for (uint32_t i = 0; i < 2; i++) {
        pl_http_req sent = {0};
        PL_KIT_OK(pl__endpoint_address(&e, &req, i, &sent, &err), &err);
        assert_string_equal(sent.url, "http://a/v1/messages");
        pl__http_req_clear(&sent);
    }
    pl__http_req_clear(&req);
    pl__endpoint_clear(&e);
}

static void three_hopeless_answers_close(void **state)
{
    pl_endpoint e = {0};
    (void)state;
    assert_false(pl__endpoint_count(&e, PL_OUTCOME_AUTH));
    assert_false(pl__endpoint_count(&e, PL_OUTCOME_AUTH));
    assert_false(pl__endpoint_count(&e, PL_OUTCOME_REFUSED)); /* a response: the key works */
    assert_false(pl__endpoint_count(&e, PL_OUTCOME_QUOTA));
    assert_false(pl__endpoint_count(&e, PL_OUTCOME_TIMED_OUT)); /* says nothing either way */
    assert_false(pl__endpoint_count(&e, PL_OUTCOME_QUOTA));
    assert_int_equal(pl__endpoint_closed(&e), PL_OUTCOME_NONE);
    assert_true(pl__endpoint_count(&e, PL_OUTCOME_NOT_FOUND));
    assert_int_equal(pl__endpoint_closed(&e), PL_OUTCOME_NOT_FOUND);
    assert_false(pl__endpoint_count(&e, PL_OUTCOME_NOT_FOUND)); /* said once */
    assert_false(pl__endpoint_count(&e, PL_OUTCOME_ANSWERED));
    assert_int_equal(pl__endpoint_closed(&e), PL_OUTCOME_NONE);
}

static pl_status init_and_encode(void *user, pl_error *err)
{
    pl_endpoint e = {0};
    pl_http_req req = {0};
    pl_http_req sent = {0};
    pl_status rc = pl__endpoint_init(&e, user, err);
    rc = rc ? rc : encode_with(&e, &req, err);
    rc = rc ? rc : pl__endpoint_address(&e, &req, 1, &sent, err);
    pl__http_req_clear(&sent);
    pl__http_req_clear(&req);
    pl__endpoint_clear(&e);
    return rc;
}

static void survives_refusals(void **state)
{
    char *path = pl__kit_write_text(*state, "key.txt", "sesame-open-up");
    pl_model_spec spec = plain_model();
    spec.reach.api_key_file = path;
    pl__kit_fault_loop("endpoint", init_and_encode, &spec);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_things_are_named),
        cmocka_unit_test_setup_teardown(key_becomes_a_header, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(own_headers_are_sent),
        cmocka_unit_test(headers_that_cannot_be_sent),
        cmocka_unit_test(a_version_changes_the_key_header),
        cmocka_unit_test(addresses_have_one_version),
        cmocka_unit_test(three_hopeless_answers_close),
        cmocka_unit_test_setup_teardown(survives_refusals, pl__kit_temp_setup, pl__kit_temp_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
