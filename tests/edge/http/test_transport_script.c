#include "kit.h"

#include "alloc.h"
#include "transport_script.h"

#include <string.h>

#define MS UINT64_C(1000000)

/* The third request fails; the others answer later the earlier they were sent. */
static void answer(const pl_http_req *req, uint64_t nth, pl_script_reply *ret, void *user)
{
    (void)user;
    ret->delay_ns = (10 - nth) * MS;
    if (nth == 3) {
        ret->failure = PL_HTTP_CUT;
        return;
    }
    ret->status = 200;
    ret->headers = "x: 1\n";
    ret->body = pl__view(req->url);
}

static pl_status send_one(pl_transport *t, const char *url, uint64_t tag, pl_error *err)
{
    pl_http_req req = {.url = pl__strdup(url)};
    if (!req.url)
        return PL_E_NOMEM;
    pl_status rc = t->ops->submit(t, &req, tag, err);
    assert_null(req.url);
    return rc;
}

static void completes_in_order_of_time(void **state)
{
    pl_transport *t = NULL;
    pl_error err = {0};
    pl_http_completion done[8];
    size_t n = 0;
    (void)state;
    PL_KIT_OK(pl__transport_script_new(answer, NULL, &t, &err), &err);
    uint64_t start = pl__transport_script_now_ns(t);
    for (uint64_t i = 1; i <= 3; i++)
        PL_KIT_OK(send_one(t, "http://a/b", i, &err), &err);
    PL_KIT_OK(t->ops->poll(t, start + 5 * MS, done, 8, &n, &err), &err);
    assert_int_equal(n, 0);
    assert_int_equal(pl__transport_script_now_ns(t), start + 5 * MS);
    PL_KIT_OK(t->ops->poll(t, UINT64_MAX, done, 8, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_int_equal(done[0].tag, 3);
    assert_int_equal(done[0].failure, PL_HTTP_CUT);
    assert_int_equal(done[0].error.code, PL_E_NET);
    assert_int_equal(pl__transport_script_now_ns(t), start + 7 * MS);
    pl__transport_script_advance_ns(t, 100 * MS);
    PL_KIT_OK(t->ops->poll(t, UINT64_MAX, done, 1, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_int_equal(done[0].tag, 2);
    assert_string_equal(pl__str_c(&done[0].reply.body), "http://a/b");
    assert_true(pl__view_eq_str(pl__http_reply_header(&done[0].reply, "x"), "1"));
    pl__http_reply_clear(&done[0].reply);
    t->ops->wake(t);
    PL_KIT_OK(t->ops->poll(t, UINT64_MAX, done, 1, &n, &err), &err);
    assert_int_equal(n, 1); /* due already */
    pl__http_reply_clear(&done[0].reply);
    PL_KIT_OK(t->ops->poll(t, UINT64_MAX, done, 1, &n, &err), &err);
    assert_int_equal(n, 0); /* nothing will ever come */
    t->ops->free(t);
}

static void cancels(void **state)
{
    pl_transport *t = NULL;
    pl_error err = {0};
    pl_http_completion done[8];
    size_t n = 0;
    (void)state;
    PL_KIT_OK(pl__transport_script_new(answer, NULL, &t, &err), &err);
    PL_KIT_OK(send_one(t, "http://a/b", 1, &err), &err);
    PL_KIT_OK(send_one(t, "http://a/b", 2, &err), &err);
    t->ops->cancel_all(t);
    PL_KIT_OK(t->ops->poll(t, 0, done, 8, &n, &err), &err);
    assert_int_equal(n, 2);
    assert_int_equal(done[0].failure, PL_HTTP_CANCELLED);
    assert_int_equal(done[0].error.code, PL_E_CANCELLED);
    assert_int_equal(done[0].reply.body.len, 0);
    PL_KIT_OK(send_one(t, "http://a/b", 3, &err), &err); /* freed with something in flight */
    t->ops->free(t);
}

static pl_status send_and_poll(void *user, pl_error *err)
{
    pl_transport *t = NULL;
    pl_http_completion done = {0};
    size_t n = 0;
    (void)user;
    pl_status rc = pl__transport_script_new(answer, NULL, &t, err);
    if (rc)
        return rc;
    rc = send_one(t, "http://a/b", 1, err);
    if (rc == PL_OK) {
        rc = t->ops->poll(t, UINT64_MAX, &done, 1, &n, err);
        pl__http_reply_clear(&done.reply);
    }
    t->ops->free(t);
    return rc;
}

static void survives_refusals(void **state)
{
    (void)state;
    pl__kit_fault_loop("scripted transport", send_and_poll, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(completes_in_order_of_time),
        cmocka_unit_test(cancels),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
