#include "split_ends.h"

#include "kit.h"

#include "alloc.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 100000 /* polls of 0.2 ms */
#define ASK "{\"ask\":1}"

typedef struct connection {
    int fd;
    size_t have;
    size_t index; /* which request it carries, once that is read */
    bool is_asked;
    char bytes[1000];
} connection;

typedef struct batch {
    split_ends *ends;
    connection connections[SPLIT_AT_ONCE];
    size_t n_open;
    size_t n_asked;
    pl_http_completion *done;
    size_t n_done;
    size_t n;
} batch;

void split_open(split_ends *e)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(address);
    pl_error err = {0};

    e->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(e->listener >= 0);
    assert_int_equal(bind(e->listener, (const struct sockaddr *)&address, n), 0);
    assert_int_equal(listen(e->listener, (int)SPLIT_AT_ONCE), 0);
    assert_int_equal(getsockname(e->listener, (struct sockaddr *)&address, &n), 0);
    e->port = ntohs(address.sin_port);
    PL_KIT_OK(pl__transport_curl_new(NULL, &e->t, &err), &err);
}

void split_close(split_ends *e)
{
    e->t->ops->free(e->t);
    (void)close(e->listener);
}

static uint64_t soon_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec + 200000u;
}

static void poll_once(batch *b)
{
    pl_http_completion some[SPLIT_AT_ONCE];
    pl_error err = {0};
    size_t n = 0;

    PL_KIT_OK(b->ends->t->ops->poll(b->ends->t, soon_ns(), some, SPLIT_AT_ONCE, &n, &err), &err);
    for (size_t i = 0; i < n; i++, b->n_done++)
        b->done[some[i].tag] = some[i];
}

static void submit(batch *b, size_t i)
{
    char url[100];
    pl_http_req req = {.timeout_total_ms = 60000};
    pl_error err = {0};

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/%zu", b->ends->port, i);
    req.url = pl__strdup(url);
    pl_blob *body = pl__blob_copy(ASK, sizeof(ASK) - 1);
    PL_KIT_OK(pl__http_req_part(&req, body, &err), &err);
    pl__blob_unref(body);
    PL_KIT_OK(b->ends->t->ops->submit(b->ends->t, &req, i, &err), &err);
}

static void read_request(batch *b, connection *c)
{
    ssize_t n = recv(c->fd, c->bytes + c->have, sizeof(c->bytes) - 1 - c->have, MSG_DONTWAIT);

    c->have += n > 0 ? (size_t)n : 0;
    c->bytes[c->have] = '\0';
    if (!strstr(c->bytes, ASK))
        return;
    assert_int_equal(strncmp(c->bytes, "POST /", 6), 0);
    c->index = strtoul(c->bytes + 6, NULL, 10);
    assert_true(c->index < b->n);
    c->is_asked = true;
    b->n_asked++;
}

static void take_requests(batch *b)
{
    const int on = 1;

    for (int i = 0; i < PATIENCE && b->n_asked < b->n; i++) {
        poll_once(b);
        int fd = accept(b->ends->listener, NULL, NULL);
        for (; fd >= 0; fd = accept(b->ends->listener, NULL, NULL)) {
            assert_true(b->n_open < b->n);
            assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
            b->connections[b->n_open++] = (connection){.fd = fd};
        }
        for (size_t k = 0; k < b->n_open; k++) {
            if (!b->connections[k].is_asked)
                read_request(b, &b->connections[k]);
        }
    }
    assert_int_equal(b->n_asked, b->n);
    assert_int_equal(b->n_done, 0);
}

static void send_piece(const connection *c, pl_view piece)
{
    assert_int_equal(send(c->fd, piece.ptr, piece.len, MSG_NOSIGNAL), piece.len);
}

void split_exchange(split_ends *e, pl_view response, size_t first_cut, size_t n, pl_http_completion *ret)
{
    batch *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    assert_true(n <= SPLIT_AT_ONCE && first_cut > 0 && first_cut + n <= response.len);
    b->ends = e;
    b->done = ret;
    b->n = n;
    for (size_t i = 0; i < n; i++)
        submit(b, i);
    take_requests(b);
    for (size_t k = 0; k < n; k++)
        send_piece(&b->connections[k], pl__view_n(response.ptr, first_cut + b->connections[k].index));
    for (int i = 0; i < 2; i++) /* until they have been read */
        poll_once(b);
    assert_int_equal(b->n_done, 0);
    for (size_t k = 0; k < n; k++) {
        size_t cut = first_cut + b->connections[k].index;
        send_piece(&b->connections[k], pl__view_n(response.ptr + cut, response.len - cut));
        (void)shutdown(b->connections[k].fd, SHUT_WR);
    }
    for (int i = 0; i < PATIENCE && b->n_done < n; i++)
        poll_once(b);
    assert_int_equal(b->n_done, n);
    for (size_t k = 0; k < n; k++)
        (void)close(b->connections[k].fd);
    free(b);
}
