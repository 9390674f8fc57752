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
        cmocka_unit_test(three_hopeless_answers_close),
        cmocka_unit_test_setup_teardown(survives_refusals, pl__kit_temp_setup, pl__kit_temp_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
