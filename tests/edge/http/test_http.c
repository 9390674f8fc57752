#include "kit.h"

#include "alloc.h"
#include "http.h"

#include <string.h>

static void request_holds_its_parts(void **state)
{
    pl_http_req req = {0};
    pl_error err = {0};
    pl_blob *blob = pl__blob_copy("abc", 3);
    (void)state;
    PL_KIT_OK(pl__http_req_part(&req, blob, &err), &err);
    pl__blob_unref(blob);
    assert_memory_equal(pl__blob_view(req.parts[0].blob).ptr, "abc", 3);
    pl__http_req_clear(&req);
    pl__http_req_clear(&req); /* twice is fine */
    assert_int_equal(req.n_parts, 0);
}

static void request_has_limits(void **state)
{
    pl_http_req req = {0};
    pl_error err = {0};
    pl_blob *blob = pl__blob_copy("", 0);
    (void)state;
    for (size_t i = 0; i < PL_HTTP_PARTS_MAX; i++)
        PL_KIT_OK(pl__http_req_part(&req, blob, &err), &err);
    PL_KIT_STATUS(pl__http_req_part(&req, blob, &err), PL_E_LIMIT, &err);
    err = (pl_error){0};
    for (size_t i = 0; i < PL_HTTP_HEADERS_MAX; i++)
        PL_KIT_OK(pl__http_req_header(&req, "a", "b", &err), &err);
    PL_KIT_STATUS(pl__http_req_header(&req, "a", "b", &err), PL_E_LIMIT, &err);
    pl__blob_unref(blob);
    pl__http_req_clear(&req);
}

static void header_injection_is_refused(void **state)
{
    pl_http_req req = {0};
    pl_error err = {0};
    (void)state;
    PL_KIT_STATUS(pl__http_req_header(&req, "a", "b\r\nEvil: 1", &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl__http_req_header(&req, "a\n", "b", &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl__http_req_header(&req, "", "b", &err), PL_E_INVALID, &err);
    assert_int_equal(req.n_headers, 0);
    assert_null(strstr(err.msg, "Evil"));
}

static void reply_header_is_found(void **state)
{
    static const struct {
        const char *name;
        const char *value; /* NULL: absent */
    } cases[] = {{"retry-after", "7"}, {"x", ""},          {"xy", "first"}, {"retry", NULL},
                 {"after", NULL},      {"last", "no end"}, {"", NULL},      {"retry-after:", NULL}};
    pl_http_reply reply = {0};
    (void)state;
    pl__str_init(&reply.headers, 1000);
    assert_int_equal(pl__http_reply_header(&reply, "x").len, 0);
    assert_int_equal(
        pl__str_append_c(&reply.headers, "retry-after:  7 \nno colon\nx:\nxy: first\nxy: second\n\nlast: no end"),
        PL_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_view v = pl__http_reply_header(&reply, cases[i].name);
        const char *want = cases[i].value ? cases[i].value : "";
        assert_int_equal(v.len, strlen(want));
        assert_true(pl__view_eq_str(v, want));
    }
    pl__http_reply_clear(&reply);
}

static pl_status add_header(void *user, pl_error *err)
{
    pl_http_req req = {0};
    (void)user;
    pl_status rc = pl__http_req_header(&req, "name", "value", err);
    assert_int_equal(req.n_headers, rc == PL_OK);
    pl__http_req_clear(&req);
    return rc;
}

static void survives_refusals(void **state)
{
    (void)state;
    pl__kit_fault_loop("request header", add_header, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_holds_its_parts),     cmocka_unit_test(request_has_limits),
        cmocka_unit_test(header_injection_is_refused), cmocka_unit_test(reply_header_is_found),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
