/* Every response comes in two pieces, cut at each of its bytes, through libcurl and a plain socket: what arrives is the
 * same each time. One thread is both ends, so that the pieces do come one by one. */
#include "kit.h"

#include "alloc.h"
#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 2000 /* polls of a millisecond */

/* OpenAI, chunked in the middle of a character */
static const char openai_chunked[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
    "chunked\r\nx-ratelimit-remaining-requests: "
    "9\r\n\r\n25\r\n{\"choices\":[{\"message\":{\"content\":\"d\xc3\r\n17;ext=1\r\n\xa9j\xc3\xa0 vu\"},\"x\":1}]}   "
    "\r\n\r\n0\r\nTrailer: t\r\n\r\n";
/* Anthropic, of known length, after an interim response */
static const char anthropic_after_interim[] =
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 72\r\nrequest-id: "
    "r\r\n\r\n{\"content\":[{\"type\":\"text\",\"text\":\"\xe2\x82\xac "
    "\xf0\x9f\x98\x80\"}],\"stop_reason\":\"end_turn\"}";
/* Gemini, until the connection ends */
static const char gemini_until_closed[] =
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\xff\"}]}}]}";
/* Errors */
static const char rate_limited[] =
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nretry-after-ms: 6500\r\nContent-Length: "
    "28\r\n\r\n{\"error\":{\"message\":\"slow\"}}";
static const char overloaded[] = "HTTP/1.1 529 \r\nContent-Length: 0\r\nX-Empty:\r\n\r\n";
static const char plain_error[] = "HTTP/1.0 500 Oops\r\n\r\nplain words";
static const char *const responses[] = {
    openai_chunked, anthropic_after_interim, gemini_until_closed, rate_limited, overloaded, plain_error};
#define RESPONSES (sizeof(responses) / sizeof(responses[0]))

typedef struct ends {
    int listener;
    unsigned port;
    pl_transport *t;
} ends;

static uint64_t soon_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec + 1000000u;
}

static void open_ends(ends *e)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(address);
    pl_error err = {0};
    e->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(e->listener >= 0);
    assert_int_equal(bind(e->listener, (const struct sockaddr *)&address, n), 0);
    assert_int_equal(listen(e->listener, 8), 0);
    assert_int_equal(getsockname(e->listener, (struct sockaddr *)&address, &n), 0);
    e->port = ntohs(address.sin_port);
    PL_KIT_OK(pl__transport_curl_new(NULL, &e->t, &err), &err);
}

static size_t poll_once(ends *e, pl_http_completion *ret)
{
    pl_error err = {0};
    size_t n = 0;
    PL_KIT_OK(e->t->ops->poll(e->t, soon_ns(), ret, 1, &n, &err), &err);
    return n;
}

/* Takes the connection and reads the request to its end. */
static int take_request(ends *e)
{
    pl_http_completion none = {0};
    char bytes[2000];
    size_t have = 0;
    int fd = -1;
    for (int i = 0; i < PATIENCE; i++) {
        assert_int_equal(poll_once(e, &none), 0);
        if (fd < 0)
            fd = accept(e->listener, NULL, NULL);
        ssize_t n = fd >= 0 ? recv(fd, bytes + have, sizeof(bytes) - 1 - have, MSG_DONTWAIT) : -1;
        have += n > 0 ? (size_t)n : 0;
        bytes[have] = '\0';
        if (strstr(bytes, "{\"ask\":1}"))
            return fd;
    }
    fail_msg("no request came");
    return -1;
}

static void send_piece(ends *e, int fd, const char *bytes, size_t n, pl_http_completion *done, size_t *n_done)
{
    if (n > 0)
        assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
    for (int i = 0; i < 2 && *n_done == 0; i++) /* until it has been read */
        *n_done = poll_once(e, done);
}

static pl_http_completion exchange(ends *e, const char *response, size_t cut)
{
    const int on = 1;
    char url[100];
    pl_http_req req = {.timeout_total_ms = 60000};
    pl_http_completion done = {0};
    pl_error err = {0};
    size_t n_done = 0;
    size_t n = strlen(response);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1", e->port);
    req.url = pl__strdup(url);
    pl_blob *body = pl__blob_copy("{\"ask\":1}", 9);
    PL_KIT_OK(pl__http_req_part(&req, body, &err), &err);
    pl__blob_unref(body);
    PL_KIT_OK(e->t->ops->submit(e->t, &req, cut, &err), &err);
    int fd = take_request(e);
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
    send_piece(e, fd, response, cut, &done, &n_done);
    send_piece(e, fd, response + cut, n - cut, &done, &n_done);
    (void)shutdown(fd, SHUT_WR);
    for (int i = 0; i < PATIENCE && n_done == 0; i++)
        n_done = poll_once(e, &done);
    (void)close(fd);
    assert_int_equal(n_done, 1);
    assert_int_equal(done.tag, cut);
    return done;
}

static void check_same(const pl_http_completion *a, const pl_http_completion *b, size_t cut)
{
    if (a->failure != b->failure || a->reply.status != b->reply.status ||
        strcmp(pl__str_c(&a->reply.headers), pl__str_c(&b->reply.headers)) != 0 ||
        a->reply.body.len != b->reply.body.len ||
        memcmp(pl__str_c(&a->reply.body), pl__str_c(&b->reply.body), a->reply.body.len) != 0)
        fail_msg("cut at byte %zu: %d %d \"%s\" \"%s\"", cut, b->failure, b->reply.status, pl__str_c(&b->reply.headers),
                 pl__str_c(&b->reply.body));
}

static void any_cut_gives_the_same(void **state)
{
    static const int statuses[RESPONSES] = {200, 200, 200, 429, 529, 500};
    static const char *const bodies[RESPONSES] = {
        "d\xc3\xa9j\xc3\xa0 vu", "\xf0\x9f\x98\x80", "\xff", "slow", "", "plain words"};
    ends e = {0};
    size_t n_cuts = 0;
    (void)state;
    open_ends(&e);
    for (size_t i = 0; i < RESPONSES; i++) {
        pl_http_completion whole = exchange(&e, responses[i], 0);
        assert_int_equal(whole.failure, PL_HTTP_OK);
        assert_int_equal(whole.reply.status, statuses[i]);
        assert_non_null(strstr(pl__str_c(&whole.reply.body), bodies[i]));
        for (size_t cut = 1; cut < strlen(responses[i]); cut++, n_cuts++) {
            pl_http_completion parts = exchange(&e, responses[i], cut);
            check_same(&whole, &parts, cut);
            pl__http_reply_clear(&parts.reply);
        }
        pl__http_reply_clear(&whole.reply);
    }
    print_message("%zu cuts\n", n_cuts);
    e.t->ops->free(e.t);
    (void)close(e.listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_cut_gives_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
