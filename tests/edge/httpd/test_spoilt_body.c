#include "kit.h"

#include "alloc.h"
#include "httpd.h"
#include "socket_client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXT "0123456789abcdefghijklmnopqrstuvwxyzABCD"
#define TEXT_BYTES 40u
#define HOUR_MS 3600000u

/* How each path goes wrong. */
static const struct {
    const char *path;
    pl_httpd_spoil spoil;
} ways[] = {
    {"/well", {.silent = false}},
    {"/silent", {.silent = true}},
    {"/drip", {.piece_bytes = 7, .piece_ms = 1}},
    {"/drip-forever", {.piece_bytes = 7, .piece_ms = HOUR_MS}},
    {"/kept", {.kept_bytes = 30}},
    {"/all-kept", {.kept_bytes = 1000}},
    {"/held", {.kept_bytes = 30, .hold_ms = 5}},
    {"/held-forever", {.kept_bytes = 30, .hold_ms = HOUR_MS}},
    {"/long", {.length_error_bytes = 5}},
    {"/short", {.length_error_bytes = -5}},
    {"/very-short", {.length_error_bytes = -1000}},
    {"/drip-short", {.piece_bytes = 7, .piece_ms = 1, .length_error_bytes = -5}},
};

static void handle(const pl_httpd_request *request, pl_httpd_response *ret, void *user)
{
    (void)user;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (strcmp(request->path, ways[i].path) == 0)
            ret->spoil = ways[i].spoil;
    }
    if (pl__str_append_c(&ret->body, TEXT) != PL_OK)
        ret->status = 503;
}

static pl_httpd *start(void)
{
    pl_httpd_opts opts = {.threads = 2, .handle = handle};
    pl_httpd *httpd = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__httpd_start(&opts, &httpd, &err), &err);
    return httpd;
}

static void pieces_make_the_whole(void **state)
{
    pl_httpd *httpd = start();
    int fd = client_open(pl__httpd_port(httpd));

    (void)state;
    for (int i = 0; i < 3; i++) { /* the connection stays usable */
        reply r;
        assert_true(client_post(fd, "/drip", "", 0));
        client_read(fd, &r);
        assert_int_equal(r.status, 200);
        assert_int_equal(r.announced, TEXT_BYTES);
        assert_string_equal(r.body, TEXT);
        reply_clear(&r);
    }
    (void)close(fd);
    pl__httpd_stop(httpd);
}

static void what_is_kept_back_never_comes(void **state)
{
    static const struct {
        const char *path;
        size_t wanted;
    } cases[] = {{"/kept", 10}, {"/all-kept", 0}, {"/held", 10}};
    pl_httpd *httpd = start();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        reply r;
        client_get(pl__httpd_port(httpd), cases[i].path, &r);
        assert_int_equal(r.status, 200);
        assert_int_equal(r.announced, TEXT_BYTES);
        assert_true(r.closed);
        assert_int_equal(r.body_bytes, cases[i].wanted);
        assert_memory_equal(r.body, TEXT, cases[i].wanted);
        reply_clear(&r);
    }
    pl__httpd_stop(httpd);
}

static void silence_is_no_byte(void **state)
{
    pl_httpd *httpd = start();
    reply r;

    (void)state;
    client_get(pl__httpd_port(httpd), "/silent", &r);
    assert_int_equal(r.status, 0);
    assert_true(r.closed);
    assert_string_equal(r.headers, "");
    reply_clear(&r);
    pl__httpd_stop(httpd);
}

static void too_much_is_announced(void **state)
{
    pl_httpd *httpd = start();
    reply r;

    (void)state;
    client_get(pl__httpd_port(httpd), "/long", &r);
    assert_int_equal(r.announced, TEXT_BYTES + 5);
    assert_int_equal(r.body_bytes, TEXT_BYTES);
    assert_true(r.closed);
    reply_clear(&r);
    pl__httpd_stop(httpd);
}

static void too_little_is_announced_and_the_rest_follows(void **state)
{
    static const struct {
        const char *path;
        size_t announced;
    } cases[] = {{"/short", 35}, {"/very-short", 0}, {"/drip-short", 35}};
    pl_httpd *httpd = start();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        reply r;
        char rest[64] = "";
        size_t n = 0;
        int fd = client_open(pl__httpd_port(httpd));
        assert_true(client_post(fd, cases[i].path, "", 0));
        client_read(fd, &r);
        assert_int_equal(r.announced, cases[i].announced);
        assert_memory_equal(r.body, TEXT, cases[i].announced);
        for (ssize_t got = 1; got > 0 && n < sizeof(rest); n += (size_t)got)
            got = recv(fd, rest + n, sizeof(rest) - n, 0);
        assert_int_equal(n, TEXT_BYTES - cases[i].announced);
        assert_memory_equal(rest, &TEXT[cases[i].announced], n);
        reply_clear(&r);
        (void)close(fd);
    }
    pl__httpd_stop(httpd);
}

/* Headers and the first bytes are there while the rest is not. */
static void the_first_part_does_not_wait(void **state)
{
    static const struct {
        const char *path;
        size_t first;
    } cases[] = {{"/held-forever", 10}, {"/drip-forever", 7}};
    pl_httpd *httpd = start();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        reply r;
        char got[4096] = "";
        size_t n = 0;
        const char *body = NULL;
        int fd = client_open(pl__httpd_port(httpd));
        assert_true(client_post(fd, cases[i].path, "", 0));
        while (!body || strlen(body + 4) < cases[i].first) {
            ssize_t more = recv(fd, got + n, sizeof(got) - n - 1, 0);
            assert_true(more > 0);
            n += (size_t)more;
            body = strstr(got, "\r\n\r\n");
        }
        assert_int_equal(strlen(body + 4), cases[i].first);
        assert_false(client_has_input(fd));
        client_get(pl__httpd_port(httpd), "/well", &r); /* others go on */
        assert_string_equal(r.body, TEXT);
        reply_clear(&r);
        assert_false(client_has_input(fd));
        (void)close(fd);
    }
    pl__httpd_stop(httpd); /* does not wait an hour */
}

static void waiting_answers_end_with_the_server(void **state)
{
    static const char *const paths[] = {"/held-forever", "/drip-forever"};
    pl_httpd *httpd = start();
    int fds[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char byte = 0;
        fds[i] = client_open(pl__httpd_port(httpd));
        assert_true(client_post(fds[i], paths[i], "", 0));
        assert_int_equal(recv(fds[i], &byte, 1, 0), 1);
    }
    pl__httpd_stop(httpd);
    for (size_t i = 0; i < 2; i++) {
        reply r;
        client_read(fds[i], &r);
        assert_true(r.closed);
        reply_clear(&r);
        (void)close(fds[i]);
    }
}

static void spoiling_survives_refused_allocations(void **state)
{
    long blocks = pl__live_blocks();
    pl_httpd *httpd = start();

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        bool fired = true;
        for (unsigned long nth = 1; fired && !strstr(ways[i].path, "forever"); nth++) {
            reply r;
            int fd = client_open(pl__httpd_port(httpd));
            pl__fault_arm(nth);
            (void)client_post(fd, ways[i].path, "", 0);
            client_read(fd, &r);
            fired = pl__fault_fired();
            pl__fault_arm(0);
            assert_true(r.status == 200 || r.status >= 500 || r.closed);
            reply_clear(&r);
            (void)close(fd);
        }
    }
    pl__httpd_stop(httpd);
    assert_int_equal(pl__live_blocks(), blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_make_the_whole),
        cmocka_unit_test(what_is_kept_back_never_comes),
        cmocka_unit_test(silence_is_no_byte),
        cmocka_unit_test(too_much_is_announced),
        cmocka_unit_test(too_little_is_announced_and_the_rest_follows),
        cmocka_unit_test(the_first_part_does_not_wait),
        cmocka_unit_test(waiting_answers_end_with_the_server),
        cmocka_unit_test(spoiling_survives_refused_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
