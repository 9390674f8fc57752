#include "kit.h"

#include "alloc.h"
#include "httpd.h"
#include "socket_client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BODY_LIMIT ((size_t)1 << 20)
#define CLIENTS 100

static atomic_uint n_handled;

static void fill(pl_httpd_response *ret, const char *text)
{
    if (pl__str_append_c(&ret->body, text) != PL_OK)
        ret->status = 503;
}

/* Answers by path: what a request carried, delays, cuts, odd answers. */
static void handle(const pl_httpd_request *request, pl_httpd_response *ret, void *user)
{
    (void)user;
    atomic_fetch_add(&n_handled, 1);
    if (strcmp(request->path, "/body") == 0) {
        if (pl__str_append_view(&ret->body, request->body) != PL_OK)
            ret->status = 503;
    } else if (strcmp(request->path, "/hour") == 0) {
        ret->delay_ms = 3600000;
        fill(ret, "late");
    } else if (strcmp(request->path, "/moment") == 0) {
        ret->headers[ret->n_headers++] = (pl_httpd_header){.name = "X-Lent", .value = "yes"};
        ret->delay_ms = 20;
        fill(ret, "soon");
    } else if (strcmp(request->path, "/cut") == 0) {
        ret->cut = true;
        fill(ret, "0123456789abcdef0123456789ABCDEF");
    } else if (strcmp(request->path, "/cut-empty") == 0) {
        ret->cut = true;
    } else if (strcmp(request->path, "/status") == 0) {
        ret->status = (int)strtol(request->query, NULL, 10);
    } else if (strcmp(request->path, "/empty") == 0) {
        ret->content_type = "text/plain";
    } else {
        const char *colour = request->header(request->connection, "x-COLOUR");
        const char *absent = request->header(request->connection, "x-absent");
        ret->content_type = "text/plain; charset=utf-8";
        ret->headers[ret->n_headers++] = (pl_httpd_header){.name = "Retry-After", .value = "7"};
        if (pl__str_appendf(&ret->body, "%s|%s|%s|%s|%s", request->method, request->path, request->query,
                            colour ? colour : "none", absent ? absent : "none") != PL_OK)
            ret->status = 503;
    }
}

static void assert_body(const reply *r, const char *text)
{
    assert_non_null(r->body);
    assert_string_equal(r->body, text);
}

static pl_httpd *start(uint32_t threads)
{
    pl_httpd_opts opts = {.threads = threads, .body_bytes_max = BODY_LIMIT, .handle = handle};
    pl_httpd *httpd = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__httpd_start(&opts, &httpd, &err), &err);
    assert_int_not_equal(pl__httpd_port(httpd), 0);
    return httpd;
}

static void hands_on_what_was_asked(void **state)
{
    pl_httpd *httpd = start(1);
    reply r;

    (void)state;
    client_get(pl__httpd_port(httpd), "/a%20b/c?x=%41&y", &r);
    assert_int_equal(r.status, 200);
    assert_body(&r, "GET|/a b/c|x=%41&y|green|none");
    assert_non_null(strstr(r.headers, "Content-Type: text/plain; charset=utf-8\r\n"));
    assert_non_null(strstr(r.headers, "Retry-After: 7\r\n"));
    reply_clear(&r);
    client_get(pl__httpd_port(httpd), "/moment", &r);
    assert_non_null(strstr(r.headers, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(r.headers, "X-Lent: yes\r\n"));
    assert_body(&r, "soon");
    reply_clear(&r);
    client_get(pl__httpd_port(httpd), "/empty", &r);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.announced, 0);
    reply_clear(&r);
    pl__httpd_stop(httpd);
}

static void statuses_outside_http_become_500(void **state)
{
    static const struct {
        const char *target;
        int status;
    } cases[] = {{"/status?429", 429}, {"/status?503", 503}, {"/status?0", 500},   {"/status?-1", 500},
                 {"/status?200", 200}, {"/status?599", 599}, {"/status?600", 500}, {"/status?100", 500}};
    pl_httpd *httpd = start(1);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        reply r;
        client_get(pl__httpd_port(httpd), cases[i].target, &r);
        assert_int_equal(r.status, cases[i].status);
        reply_clear(&r);
    }
    pl__httpd_stop(httpd);
}

static char *pattern(size_t n, unsigned seed)
{
    char *bytes = malloc(n + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)((i * 31 + (size_t)seed * 7 + i / 255) & 0xff);
    bytes[n] = '\0';
    return bytes;
}

static void keeps_the_connection_and_every_byte(void **state)
{
    static const size_t sizes[] = {0, 1, 100, 16383, 65536, 65537, 300000, BODY_LIMIT};
    pl_httpd *httpd = start(1);
    int fd = client_open(pl__httpd_port(httpd));

    (void)state;
    for (unsigned i = 0; i < 24; i++) {
        size_t n = sizes[i % 8];
        char *body = pattern(n, i);
        reply r;
        assert_true(client_post(fd, "/body", body, n));
        client_read(fd, &r);
        assert_int_equal(r.status, 200);
        assert_int_equal(r.body_bytes, n);
        assert_memory_equal(r.body, body, n);
        reply_clear(&r);
        free(body);
    }
    (void)close(fd);
    pl__httpd_stop(httpd);
}

static void takes_chunked_bodies(void **state)
{
    pl_httpd *httpd = start(1);
    int fd = client_open(pl__httpd_port(httpd));
    reply r;

    (void)state;
    assert_true(client_send_text(fd, "POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                     "5\r\nhello\r\n"));
    assert_true(client_send_text(fd, "8\r\n, world!\r\n0\r\n\r\n"));
    client_read(fd, &r);
    assert_body(&r, "hello, world!");
    reply_clear(&r);
    (void)close(fd);
    pl__httpd_stop(httpd);
}

static void refuses_a_large_body_in_words(void **state)
{
    pl_httpd *httpd = start(1);
    char *body = pattern(BODY_LIMIT * 20, 1);
    unsigned before = atomic_load(&n_handled);
    reply r;

    (void)state;
    int fd = client_open(pl__httpd_port(httpd));
    assert_true(client_post(fd, "/body", body, BODY_LIMIT + 1));
    client_read(fd, &r);
    assert_int_equal(r.status, 413);
    reply_clear(&r);
    assert_true(client_post(fd, "/body", "fine", 4)); /* the connection lives on */
    client_read(fd, &r);
    assert_int_equal(r.status, 200);
    assert_body(&r, "fine");
    reply_clear(&r);
    (void)close(fd);
    assert_int_equal(atomic_load(&n_handled), before + 1);

    /* Beyond all measure: no answer, the connection is closed. */
    fd = client_open(pl__httpd_port(httpd));
    (void)client_post(fd, "/body", body, BODY_LIMIT * 20);
    client_read(fd, &r);
    assert_int_equal(r.status, 0);
    reply_clear(&r);
    (void)close(fd);
    assert_int_equal(atomic_load(&n_handled), before + 1);
    free(body);
    pl__httpd_stop(httpd);
}

static void a_delay_holds_up_nobody_else(void **state)
{
    pl_httpd *httpd = start(1); /* one thread: a sleeping handler would block the others */
    uint16_t port = pl__httpd_port(httpd);
    int waiting[3];
    reply r;

    (void)state;
    for (int i = 0; i < 3; i++) {
        waiting[i] = client_open(port);
        assert_true(client_send_text(waiting[i], "GET /hour HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    for (int i = 0; i < 20; i++) {
        client_get(port, "/moment", &r);
        assert_body(&r, "soon");
        reply_clear(&r);
    }
    for (int i = 0; i < 3; i++)
        assert_false(client_has_input(waiting[i]));
    pl__httpd_stop(httpd); /* what still waits is let go at once: answered or closed, never left hanging */
    for (int i = 0; i < 3; i++) {
        client_read(waiting[i], &r);
        assert_true(r.status == 200 || r.closed);
        reply_clear(&r);
        (void)close(waiting[i]);
    }
}

static void a_cut_answer_ends_in_its_middle(void **state)
{
    pl_httpd *httpd = start(2);
    reply r;

    (void)state;
    client_get(pl__httpd_port(httpd), "/cut", &r);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.announced, 32);
    assert_true(r.closed);
    assert_int_equal(r.body_bytes, 16);
    assert_memory_equal(r.body, "0123456789abcdef", 16);
    reply_clear(&r);
    client_get(pl__httpd_port(httpd), "/cut-empty", &r);
    assert_true(r.closed);
    assert_int_equal(r.body_bytes, 0);
    reply_clear(&r);
    client_get(pl__httpd_port(httpd), "/moment", &r);
    assert_body(&r, "soon");
    reply_clear(&r);
    pl__httpd_stop(httpd);
}

typedef struct caller {
    pthread_t thread;
    unsigned number;
    uint16_t port;
    bool fine;
} caller;

static void *call(void *user)
{
    caller *c = user;
    char text[64];
    int fd = client_open(c->port);

    c->fine = fd >= 0;
    for (unsigned i = 0; i < 20 && c->fine; i++) {
        reply r;
        (void)snprintf(text, sizeof(text), "%u/%u", c->number, i);
        c->fine = client_post(fd, i % 5 == 4 ? "/moment" : "/body", text, strlen(text));
        client_read(fd, &r);
        c->fine = c->fine && r.status == 200 && strcmp(r.body, i % 5 == 4 ? "soon" : text) == 0;
        reply_clear(&r);
    }
    if (fd >= 0)
        (void)close(fd);
    return NULL;
}

static void serves_many_at_once(void **state)
{
    pl_httpd *httpd = start(3);
    caller callers[CLIENTS];

    (void)state;
    for (unsigned i = 0; i < CLIENTS; i++) {
        callers[i] = (caller){.port = pl__httpd_port(httpd), .number = i};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        assert_true(callers[i].fine);
    }
    pl__httpd_stop(httpd);
}

static void a_taken_port_is_busy(void **state)
{
    pl_httpd *first = start(1);
    uint16_t port = pl__httpd_port(first);
    pl_httpd_opts opts = {.port = port, .handle = handle};
    pl_httpd *second = NULL;
    pl_error err = {0};
    reply r;

    (void)state;
    PL_KIT_STATUS(pl__httpd_start(&opts, &second, &err), PL_E_BUSY, &err);
    assert_null(second);
    int fd = client_open(port);
    assert_true(client_post(fd, "/body", "x", 1));
    client_read(fd, &r);
    reply_clear(&r);
    err = (pl_error){0};
    pl__httpd_stop(first); /* with a connection open, which then waits out its time in the kernel */
    PL_KIT_OK(pl__httpd_start(&opts, &second, &err), &err);
    assert_int_equal(pl__httpd_port(second), port);
    (void)close(fd);
    pl__httpd_stop(second);
    pl__httpd_stop(NULL);
}

static void wrong_options_are_refused(void **state)
{
    static const pl_httpd_opts bad[] = {{.handle = NULL},
                                        {.handle = handle, .threads = 100000},
                                        {.handle = handle, .connections_max = 10000000},
                                        {.handle = handle, .body_bytes_max = SIZE_MAX}};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        pl_httpd *httpd = NULL;
        pl_error err = {0};
        PL_KIT_STATUS(pl__httpd_start(&bad[i], &httpd, &err), PL_E_INVALID, &err);
    }
}

static void broken_requests_leave_nothing_behind(void **state)
{
    static const char *const texts[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /hour?x HTTP/1.1\r\nno colon\r\n\r\n",
        "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: minus\r\n\r\n",
        "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly a part",
        "GET /hour HTTP/1.1\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    };
    long blocks = pl__live_blocks();
    pl_httpd *httpd = start(2);
    char *huge = pattern(200000, 3);
    reply r;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int fd = client_open(pl__httpd_port(httpd));
        (void)client_send_text(fd, texts[i]);
        (void)close(fd);
    }
    int fd = client_open(pl__httpd_port(httpd));
    (void)client_send_text(fd, "GET /x HTTP/1.1\r\nX: ");
    for (size_t i = 0; i < 200000; i++)
        huge[i] = 'a';
    (void)client_send(fd, huge, 200000);
    (void)close(fd);
    client_get(pl__httpd_port(httpd), "/moment", &r);
    assert_body(&r, "soon");
    reply_clear(&r);
    pl__httpd_stop(httpd);
    free(huge);
    assert_int_equal(pl__live_blocks(), blocks);
}

static pl_status start_and_stop(void *user, pl_error *err)
{
    pl_httpd_opts opts = {.handle = handle, .threads = 2};
    pl_httpd *httpd = NULL;
    pl_status rc = pl__httpd_start(&opts, &httpd, err);
    (void)user;
    pl__httpd_stop(httpd);
    return rc;
}

static void starting_survives_refused_allocations(void **state)
{
    (void)state;
    pl__kit_fault_loop("httpd start", start_and_stop, NULL);
}

/* The n-th allocation of one request is refused: an answer with a status, or a closed connection, and the next
 * request is served. */
static void serving_survives_refused_allocations(void **state)
{
    static const char *const targets[] = {"/body", "/moment", "/cut", "/echo?q"};
    long blocks = pl__live_blocks();
    pl_httpd *httpd = start(1);
    char *body = pattern(70000, 5);

    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        for (unsigned long nth = 1;; nth++) {
            reply r;
            int fd = client_open(pl__httpd_port(httpd));
            pl__fault_arm(nth);
            (void)client_post(fd, targets[i], body, 70000);
            client_read(fd, &r);
            bool fired = pl__fault_fired();
            pl__fault_arm(0);
            assert_true(r.status == 200 || (fired && (r.status >= 500 || r.closed)));
            reply_clear(&r);
            (void)close(fd);
            client_get(pl__httpd_port(httpd), "/echo", &r);
            assert_int_equal(r.status, 200);
            reply_clear(&r);
            if (!fired) {
                assert_true(nth > 2);
                break;
            }
        }
    }
    free(body);
    pl__httpd_stop(httpd);
    assert_int_equal(pl__live_blocks(), blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_on_what_was_asked),
        cmocka_unit_test(statuses_outside_http_become_500),
        cmocka_unit_test(keeps_the_connection_and_every_byte),
        cmocka_unit_test(takes_chunked_bodies),
        cmocka_unit_test(refuses_a_large_body_in_words),
        cmocka_unit_test(a_delay_holds_up_nobody_else),
        cmocka_unit_test(a_cut_answer_ends_in_its_middle),
        cmocka_unit_test(serves_many_at_once),
        cmocka_unit_test(a_taken_port_is_busy),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(broken_requests_leave_nothing_behind),
        cmocka_unit_test(starting_survives_refused_allocations),
        cmocka_unit_test(serving_survives_refused_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
