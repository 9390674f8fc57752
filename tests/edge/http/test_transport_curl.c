#include "kit.h"

#include "alloc.h"
#include "http.h"
#include "loopback.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS UINT64_C(1000000)
#define CROWD 100u

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

typedef struct bench {
    loopback *server;
    pl_transport *t;
} bench;

static int setup(void **state)
{
    bench *b = calloc(1, sizeof(*b));
    pl_error err = {0};
    if (!b)
        return -1;
    b->server = loopback_start();
    *state = b;
    return pl__transport_curl_new(NULL, &b->t, &err) == PL_OK ? 0 : -1;
}

static int teardown(void **state)
{
    bench *b = *state;
    b->t->ops->free(b->t);
    loopback_stop(b->server);
    free(b);
    return 0;
}

static pl_status send_to(bench *b, const char *path, const char *const *parts, uint32_t first_byte_ms,
                         uint32_t total_ms, uint64_t tag, pl_error *err)
{
    char url[300];
    pl_http_req req = {
        .timeout_connect_ms = 20000, .timeout_first_byte_ms = first_byte_ms, .timeout_total_ms = total_ms};
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", loopback_port(b->server), path);
    req.url = pl__strdup(url);
    pl_status rc = req.url ? pl__http_req_header(&req, "X-Test", "yes", err) : PL_E_NOMEM;
    for (; parts && *parts && !rc; parts++) {
        pl_blob *blob = pl__blob_copy(*parts, strlen(*parts));
        rc = blob ? pl__http_req_part(&req, blob, err) : PL_E_NOMEM;
        pl__blob_unref(blob);
    }
    rc = rc ? rc : b->t->ops->submit(b->t, &req, tag, err);
    pl__http_req_clear(&req);
    if (rc == PL_E_NOMEM)
        err->code = rc;
    return rc;
}

/* Polls until one completion is there. */
static pl_http_completion wait_for_one(bench *b)
{
    pl_http_completion done = {0};
    pl_error err = {0};
    size_t n = 0;
    while (n == 0)
        PL_KIT_OK(b->t->ops->poll(b->t, now_ns() + 60000 * MS, &done, 1, &n, &err), &err);
    return done;
}

static const char *const one_part[] = {"only part", NULL};
static const char *const some_parts[] = {"part one, ", "", "part two", NULL};

static pl_http_completion roundtrip(bench *b, const char *path, const char *const *parts)
{
    pl_error err = {0};
    PL_KIT_OK(send_to(b, path, parts, 30000, 60000, 42, &err), &err);
    pl_http_completion done = wait_for_one(b);
    assert_int_equal(done.tag, 42);
    return done;
}

static void check_reply(bench *b, const char *path, const char *const *parts, const char *body)
{
    pl_http_completion done = roundtrip(b, path, parts);
    if (done.failure != PL_HTTP_OK)
        fail_msg("%s: %s", path, done.error.msg);
    assert_int_equal(done.reply.status, 200);
    assert_string_equal(pl__str_c(&done.reply.body), body);
    assert_true(done.elapsed_ns > 0);
    assert_true(done.received_bytes > 0);
    pl__http_reply_clear(&done.reply);
}

static void replies_arrive_whole(void **state)
{
    bench *b = *state;
    check_reply(b, "/ok", NULL, "fine");
    check_reply(b, "/echo", some_parts, "part one, part two");
    check_reply(b, "/echo", one_part, "only part");
    check_reply(b, "/ok", NULL, "fine");
    check_reply(b, "/echo", some_parts, "part one, part two");
    check_reply(b, "/gzip", NULL, "hello hello hello hello");
    check_reply(b, "/chunked", some_parts, "hello world");
    check_reply(b, "/slow", NULL, "slow");
    check_reply(b, "/short-length", NULL, "hello");
}

static void headers_are_lower_case_and_of_the_last_response(void **state)
{
    pl_http_completion done = roundtrip(*state, "/ok", NULL);
    assert_true(pl__view_eq_str(pl__http_reply_header(&done.reply, "x-mixed-case"), "Some Value"));
    pl__http_reply_clear(&done.reply);
    done = roundtrip(*state, "/interim", NULL);
    assert_true(pl__view_eq_str(pl__http_reply_header(&done.reply, "x-late"), "2"));
    assert_int_equal(pl__http_reply_header(&done.reply, "x-early").len, 0);
    pl__http_reply_clear(&done.reply);
}

static void statuses_are_replies_and_redirects_stay(void **state)
{
    pl_http_completion done = roundtrip(*state, "/error", some_parts);
    assert_int_equal(done.failure, PL_HTTP_OK);
    assert_int_equal(done.reply.status, 503);
    assert_true(pl__view_eq_str(pl__http_reply_header(&done.reply, "retry-after"), "7"));
    pl__http_reply_clear(&done.reply);
    done = roundtrip(*state, "/redirect", NULL);
    assert_int_equal(done.reply.status, 302);
    pl__http_reply_clear(&done.reply);
}

static void request_goes_out_as_given(void **state)
{
    bench *b = *state;
    pl_http_completion done = roundtrip(b, "/head", some_parts);
    const char *head = pl__str_c(&done.reply.body);
    assert_non_null(strstr(head, "POST /head HTTP/1.1\r\n"));
    assert_non_null(strstr(head, "X-Test: yes\r\n"));
    assert_non_null(strstr(head, "Content-Length: 18\r\n"));
    pl__http_reply_clear(&done.reply);
    done = roundtrip(b, "/head", NULL);
    assert_non_null(strstr(pl__str_c(&done.reply.body), "GET /head HTTP/1.1\r\n"));
    pl__http_reply_clear(&done.reply);
}

/* Larger than any socket buffer, out of parts of odd sizes; never after an Expect: 100-continue. */
static void large_bodies_stream(void **state)
{
    enum { PARTS = 7, PART_BYTES = 700001 };
    bench *b = *state;
    pl_error err = {0};
    char url[64];
    pl_http_req req = {.timeout_total_ms = 60000};
    char *bytes = malloc(PART_BYTES);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/echo", loopback_port(b->server));
    req.url = pl__strdup(url);
    for (int i = 0; i < PARTS; i++) {
        memset(bytes, 'a' + i, PART_BYTES);
        pl_blob *blob = pl__blob_copy(bytes, PART_BYTES);
        PL_KIT_OK(pl__http_req_part(&req, blob, &err), &err);
        pl__blob_unref(blob);
    }
    PL_KIT_OK(b->t->ops->submit(b->t, &req, 1, &err), &err);
    pl_http_completion done = wait_for_one(b);
    assert_int_equal(done.failure, PL_HTTP_OK);
    assert_int_equal(done.reply.body.len, (size_t)PARTS * PART_BYTES);
    for (size_t i = 0; i < done.reply.body.len; i += 997)
        assert_int_equal(done.reply.body.ptr[i], 'a' + (int)(i / PART_BYTES));
    assert_true(done.sent_bytes > (uint64_t)PARTS * PART_BYTES);
    assert_int_equal(loopback_expects(b->server), 0);
    pl__http_reply_clear(&done.reply);
    free(bytes);
}

static void connections_are_used_again(void **state)
{
    bench *b = *state;
    for (int i = 0; i < 50; i++)
        check_reply(b, "/echo", some_parts, "part one, part two");
    assert_int_equal(loopback_connections(b->server), 1);
    for (int i = 0; i < 5; i++)
        check_reply(b, "/close", some_parts, "bye");
    assert_int_equal(loopback_connections(b->server), 5);
    for (int i = 0; i < 5; i++) { /* a close that is known before the next request is sent costs nothing */
        check_reply(b, "/silent-close", some_parts, "bye");
        loopback_wait_closed(b->server);
    }
}

static size_t collect(bench *b, size_t want, const char *body)
{
    size_t got = 0;
    pl_error err = {0};
    bool *seen = calloc(want, sizeof(*seen));
    while (got < want) {
        pl_http_completion done[7];
        size_t n = 0;
        PL_KIT_OK(b->t->ops->poll(b->t, now_ns() + 60000 * MS, done, 7, &n, &err), &err);
        for (size_t i = 0; i < n; i++) {
            if (done[i].failure != PL_HTTP_OK)
                fail_msg("%s", done[i].error.msg);
            assert_true(done[i].tag < want && !seen[done[i].tag]);
            seen[done[i].tag] = true;
            assert_string_equal(pl__str_c(&done[i].reply.body), body);
            pl__http_reply_clear(&done[i].reply);
        }
        got += n;
    }
    free(seen);
    return got;
}

static void check_failure_of(bench *b, const char *path, const char *const *parts, pl_http_failure failure,
                             pl_status code)
{
    pl_http_completion done = roundtrip(b, path, parts);
    if (done.failure != failure)
        fail_msg("%s: failure %d (%s)", path, (int)done.failure, done.error.msg);
    assert_int_equal(done.error.code, code);
    assert_true(done.error.msg[0] != '\0');
    pl__http_reply_clear(&done.reply);
}

static void check_failure(bench *b, const char *path, pl_http_failure failure, pl_status code)
{
    check_failure_of(b, path, some_parts, failure, code);
}

/* The server takes a kept connection away when it has read the second request: whoever pays for it must know that it
 * was sent, so it is not sent again in silence, over no connection at all and not over another kept one. */
static void a_request_is_sent_once(void **state)
{
    static const char *const *const bodies[] = {some_parts, one_part, NULL};
    bench *b = *state;
    pl_error err = {0};
    unsigned dropped = 0;
    for (size_t i = 0; i < 12; i++) {
        const char *const *parts = bodies[i % 3];
        unsigned requests = loopback_requests(b->server);
        check_reply(b, "/forget", one_part, "once");
        check_failure_of(b, "/echo", parts, PL_HTTP_CUT, PL_E_NET);
        assert_int_equal(loopback_dropped(b->server), ++dropped);
        assert_int_equal(loopback_requests(b->server), requests + 1);
        check_reply(b, "/ok", parts, "fine"); /* and the next one goes through */
    }
    for (uint64_t i = 0; i < 2; i++)
        PL_KIT_OK(send_to(b, "/slow", NULL, 30000, 60000, i, &err), &err);
    assert_int_equal(collect(b, 2, "slow"), 2); /* two connections are kept, one of which will be taken away */
    unsigned requests = loopback_requests(b->server);
    check_reply(b, "/forget", one_part, "once");
    check_failure(b, "/echo", PL_HTTP_CUT, PL_E_NET);
    assert_int_equal(loopback_requests(b->server), requests + 1);
}

static void broken_replies_are_failures(void **state)
{
    static const char *const cut[] = {"/cut-now", "/cut-head", "/cut-body", "/cut-chunk", "/garbage"};
    for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++)
        check_failure(*state, cut[i], PL_HTTP_CUT, PL_E_NET);
    check_failure(*state, "/huge", PL_HTTP_TOO_LARGE, PL_E_LIMIT);
    check_failure(*state, "/huge-length", PL_HTTP_TOO_LARGE, PL_E_LIMIT);
    check_reply(*state, "/ok", NULL, "fine"); /* and life goes on */
}

static void too_many_headers_are_refused(void **state)
{
    pl_http_completion done = roundtrip(*state, "/many-headers", NULL);
    assert_true(done.failure == PL_HTTP_TOO_LARGE || done.failure == PL_HTTP_CUT); /* curl has a limit of its own */
    pl__http_reply_clear(&done.reply);
}

static void stalls_end_in_time_outs(void **state)
{
    bench *b = *state;
    pl_error err = {0};
    PL_KIT_OK(send_to(b, "/stall", some_parts, 80, 60000, 1, &err), &err);
    pl_http_completion done = wait_for_one(b);
    assert_int_equal(done.failure, PL_HTTP_TIMEOUT);
    assert_non_null(strstr(done.error.msg, "first byte"));
    PL_KIT_OK(send_to(b, "/stall", some_parts, 0, 80, 2, &err), &err);
    done = wait_for_one(b);
    assert_int_equal(done.failure, PL_HTTP_TIMEOUT);
    /* The first byte came: only the total counts from there. */
    PL_KIT_OK(send_to(b, "/stall-body", some_parts, 5000, 300, 3, &err), &err);
    done = wait_for_one(b);
    assert_int_equal(done.failure, PL_HTTP_TIMEOUT);
    assert_null(strstr(done.error.msg, "first byte"));
    pl__http_reply_clear(&done.reply);
}

static void nobody_there_is_unreachable(void **state)
{
    bench *b = *state;
    pl_error err = {0};
    loopback *gone = loopback_start();
    char url[64];
    snprintf(url, sizeof(url), "http://localhost:%u/ok", loopback_port(gone));
    loopback_stop(gone);
    pl_http_req req = {.url = pl__strdup(url)};
    PL_KIT_OK(b->t->ops->submit(b->t, &req, 1, &err), &err);
    pl_http_completion done = wait_for_one(b);
    assert_int_equal(done.failure, PL_HTTP_UNREACHABLE);
    assert_true(done.error.retryable);
    /* TLS where there is none. */
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/ok", loopback_port(b->server));
    req = (pl_http_req){.url = pl__strdup(url), .timeout_connect_ms = 200};
    PL_KIT_OK(b->t->ops->submit(b->t, &req, 1, &err), &err);
    done = wait_for_one(b);
    assert_true(done.failure == PL_HTTP_UNREACHABLE || done.failure == PL_HTTP_CUT);
    pl__http_reply_clear(&done.reply);
}

static void bad_urls_are_refused(void **state)
{
    static const char *const urls[] = {"", "nonsense", "ftp://host/x", "file:///etc/passwd", "http://", "http://a b/"};
    bench *b = *state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        pl_error err = {0};
        pl_http_req req = {.url = pl__strdup(urls[i])};
        PL_KIT_STATUS(b->t->ops->submit(b->t, &req, 1, &err), PL_E_INVALID, &err);
        assert_null(req.url);
    }
}

/* The environment's proxy is for the world, not for this machine. */
static void loopback_needs_no_proxy(void **state)
{
    loopback *gone = loopback_start();
    char proxy[64];
    snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", loopback_port(gone));
    loopback_stop(gone);
    setenv("http_proxy", proxy, 1);
    check_reply(*state, "/ok", NULL, "fine");
    bench *b = *state;
    pl_error err = {0};
    pl_http_req req = {.url = pl__strdup("http://example.invalid/"), .timeout_total_ms = 30000};
    PL_KIT_OK(b->t->ops->submit(b->t, &req, 1, &err), &err);
    pl_http_completion done = wait_for_one(b);
    assert_int_equal(done.failure, PL_HTTP_UNREACHABLE);
    assert_non_null(strstr(done.error.msg, "127.0.0.1")); /* the proxy was asked, not the name server */
    unsetenv("http_proxy");
}

static void a_crowd_shares_connections(void **state)
{
    bench *b = *state;
    pl_error err = {0};
    for (int round = 0; round < 5; round++) {
        for (uint64_t i = 0; i < CROWD; i++)
            PL_KIT_OK(send_to(b, "/echo", some_parts, 30000, 60000, i, &err), &err);
        assert_int_equal(collect(b, CROWD, "part one, part two"), CROWD);
    }
    assert_int_equal(loopback_requests(b->server), 5 * CROWD);
    assert_true(loopback_connections(b->server) <= 2 * CROWD);
    for (uint64_t i = 0; i < CROWD; i++)
        PL_KIT_OK(send_to(b, "/close", some_parts, 30000, 60000, i, &err), &err);
    assert_int_equal(collect(b, CROWD, "bye"), CROWD);
}

static void more_requests_than_connections(void **state)
{
    bench *b = *state;
    pl_error err = {0};
    const pl_transport_opts opts = {.connections_max = 8};
    b->t->ops->free(b->t);
    PL_KIT_OK(pl__transport_curl_new(&opts, &b->t, &err), &err);
    for (uint64_t i = 0; i < 1000; i++)
        PL_KIT_OK(send_to(b, "/ok", NULL, 60000, 60000, i, &err), &err);
    assert_int_equal(collect(b, 1000, "fine"), 1000);
    assert_true(loopback_connections(b->server) <= 16);
}

static void poll_keeps_its_deadline(void **state)
{
    bench *b = *state;
    pl_error err = {0};
    pl_http_completion done;
    size_t n = 1;
    uint64_t deadline = now_ns() + 30 * MS;
    PL_KIT_OK(b->t->ops->poll(b->t, deadline, &done, 1, &n, &err), &err);
    assert_int_equal(n, 0);
    assert_true(now_ns() >= deadline); /* never early */
    PL_KIT_OK(b->t->ops->poll(b->t, 0, &done, 1, &n, &err), &err);
    assert_int_equal(n, 0);
    PL_KIT_STATUS(b->t->ops->poll(b->t, 0, &done, 0, &n, &err), PL_E_INVALID, &err);
}

static void *wake_it(void *arg)
{
    pl_transport *t = arg;
    for (int i = 0; i < 50; i++)
        t->ops->wake(t);
    return NULL;
}

static void wake_ends_a_poll(void **state)
{
    bench *b = *state;
    pl_error err = {0};
    pl_http_completion done;
    size_t n = 1;
    b->t->ops->wake(b->t); /* before the poll counts as well */
    PL_KIT_OK(b->t->ops->poll(b->t, UINT64_MAX, &done, 1, &n, &err), &err);
    assert_int_equal(n, 0);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, wake_it, b->t), 0);
        PL_KIT_OK(b->t->ops->poll(b->t, UINT64_MAX, &done, 1, &n, &err), &err);
        assert_int_equal(n, 0);
        pthread_join(thread, NULL);
        PL_KIT_OK(b->t->ops->poll(b->t, 0, &done, 1, &n, &err), &err); /* what came after the first */
    }
}

static void cancel_ends_everything(void **state)
{
    bench *b = *state;
    pl_error err = {0};
    pl_http_completion done[16];
    size_t n = 0;
    for (uint64_t i = 0; i < 10; i++)
        PL_KIT_OK(send_to(b, "/stall", some_parts, 30000, 60000, i, &err), &err);
    PL_KIT_OK(b->t->ops->poll(b->t, now_ns() + 20 * MS, done, 16, &n, &err), &err);
    assert_int_equal(n, 0);
    b->t->ops->cancel_all(b->t);
    PL_KIT_OK(b->t->ops->poll(b->t, 0, done, 16, &n, &err), &err);
    assert_int_equal(n, 10);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(done[i].failure, PL_HTTP_CANCELLED);
        assert_false(done[i].error.retryable);
    }
    PL_KIT_OK(send_to(b, "/stall", some_parts, 30000, 60000, 99, &err), &err); /* freed with something in flight */
}

/* Refusals stop before the poll: libcurl 7.88 divides by zero when the memory for a socket's hash is refused there. */
static pl_status one_request(void *user, pl_error *err)
{
    bench *outer = user;
    bench b = {.server = outer->server};
    pl_http_completion done = {0};
    size_t n = 0;
    pl_status rc = pl__transport_curl_new(NULL, &b.t, err);
    if (rc)
        return rc;
    rc = send_to(&b, "/echo", some_parts, 30000, 60000, 1, err);
    bool fired = pl__fault_fired();
    if (!fired)
        pl__fault_arm(0);
    while (rc == PL_OK && !fired && n == 0)
        rc = b.t->ops->poll(b.t, now_ns() + 60000 * MS, &done, 1, &n, err);
    if (rc == PL_OK)
        assert_int_equal(done.failure, PL_HTTP_OK);
    pl__http_reply_clear(&done.reply);
    b.t->ops->free(b.t);
    return rc;
}

static void survives_refusals(void **state)
{
    pl__kit_fault_loop("curl transport", one_request, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replies_arrive_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(headers_are_lower_case_and_of_the_last_response, setup, teardown),
        cmocka_unit_test_setup_teardown(statuses_are_replies_and_redirects_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(request_goes_out_as_given, setup, teardown),
        cmocka_unit_test_setup_teardown(large_bodies_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(connections_are_used_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_request_is_sent_once, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_replies_are_failures, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_headers_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(stalls_end_in_time_outs, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_there_is_unreachable, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_urls_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(loopback_needs_no_proxy, setup, teardown),
        cmocka_unit_test_setup_teardown(a_crowd_shares_connections, setup, teardown),
        cmocka_unit_test_setup_teardown(more_requests_than_connections, setup, teardown),
        cmocka_unit_test_setup_teardown(poll_keeps_its_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(wake_ends_a_poll, setup, teardown),
        cmocka_unit_test_setup_teardown(cancel_ends_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(survives_refusals, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
