#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 8192
#define HEAD_MAX 16384
#define STACK_BYTES ((size_t)256 << 10)
#define HUGE_BYTES ((size_t)65 << 20)

typedef struct connection {
    loopback *server;
    pthread_t thread;
    int fd;
    atomic_bool open;
} connection;

struct loopback {
    int fd;
    unsigned port;
    pthread_t acceptor;
    atomic_bool stopping;
    atomic_uint n_connections;
    atomic_uint n_requests;
    atomic_uint n_expects;
    atomic_uint n_dropped;
    atomic_uint n_closed;
    connection connections[CONNECTIONS_MAX];
};

typedef struct request {
    char head[HEAD_MAX];
    size_t head_bytes;
    char path[256];
    char *body;
    size_t body_bytes;
} request;

static void die(const char *what)
{
    perror(what);
    abort();
}

static bool send_bytes(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

static bool send_text(int fd, const char *z)
{
    return send_bytes(fd, z, strlen(z));
}

static void nap_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static size_t content_length(const char *head)
{
    for (const char *p = strstr(head, "\r\n"); p; p = strstr(p + 2, "\r\n"))
        if (strncasecmp(p + 2, "content-length:", 15) == 0)
            return (size_t)strtoull(p + 17, NULL, 10);
    return 0;
}

/* "POST /path HTTP/1.1" */
static bool read_path(request *r)
{
    const char *from = strchr(r->head, ' ');
    const char *to = from ? strchr(from + 1, ' ') : NULL;
    if (!to || (size_t)(to - from) > sizeof(r->path))
        return false;
    memcpy(r->path, from + 1, (size_t)(to - from) - 1);
    r->path[to - from - 1] = '\0';
    return true;
}

static bool read_request(connection *c, request *r)
{
    char *end = NULL;
    r->head_bytes = 0;
    while (!end) {
        ssize_t k =
            r->head_bytes + 1 < HEAD_MAX ? recv(c->fd, r->head + r->head_bytes, HEAD_MAX - 1 - r->head_bytes, 0) : -1;
        if (k <= 0)
            return false;
        r->head_bytes += (size_t)k;
        r->head[r->head_bytes] = '\0';
        end = strstr(r->head, "\r\n\r\n");
    }
    size_t head = (size_t)(end - r->head) + 4;
    size_t have = r->head_bytes - head;
    char saved = *end;
    *end = '\0';
    r->body_bytes = content_length(r->head);
    if (strstr(r->head, "\r\nExpect:"))
        atomic_fetch_add(&c->server->n_expects, 1);
    if (!read_path(r))
        return false;
    *end = saved;
    r->body = malloc(r->body_bytes + 1);
    if (!r->body || have > r->body_bytes)
        die("request");
    memcpy(r->body, r->head + head, have);
    while (have < r->body_bytes) {
        ssize_t k = recv(c->fd, r->body + have, r->body_bytes - have, 0);
        if (k <= 0)
            return false;
        have += (size_t)k;
    }
    return true;
}

static bool reply_with(int fd, const char *status_line, const char *headers, const void *body, size_t n)
{
    char head[1024];
    snprintf(head, sizeof(head), "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status_line, headers, n);
    return send_text(fd, head) && send_bytes(fd, body, n);
}

/* Waits until the other side gives up. */
static void stall(int fd)
{
    char sink[256];
    while (recv(fd, sink, sizeof(sink), 0) > 0) {
    }
}

static bool send_huge(int fd, const char *head)
{
    char *block = calloc(1, 1 << 20);
    bool ok = send_text(fd, head);
    for (size_t sent = 0; ok && sent < HUGE_BYTES; sent += 1 << 20)
        ok = send_bytes(fd, block, 1 << 20);
    free(block);
    return false;
}

static bool many_headers(int fd)
{
    char line[1100];
    bool ok = send_text(fd, "HTTP/1.1 200 OK\r\n");
    memset(line, 'h', sizeof(line));
    for (int i = 0; ok && i < 280; i++) {
        snprintf(line, 16, "X-%04d: ", i);
        line[8] = 'v';
        memcpy(line + 1000, "\r\n", 3);
        ok = send_text(fd, line);
    }
    return ok && send_text(fd, "Content-Length: 0\r\n\r\n");
}

static bool slowly(int fd, const char *z)
{
    for (; *z; z++) {
        if (!send_bytes(fd, z, 1))
            return false;
        nap_ms(1);
    }
    return true;
}

/* "hello hello hello hello" through gzip 1.12 -n. */
static const unsigned char gzipped[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03,
                                        0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01,
                                        0xe3, 0x51, 0x3d, 0x8d, 0x17, 0x00, 0x00, 0x00};

/* Returns whether the connection stays open. */
static bool behave_badly(connection *c, const char *path)
{
    int fd = c->fd;
    if (strcmp(path, "/cut-now") == 0)
        return false;
    if (strcmp(path, "/cut-head") == 0)
        return send_text(fd, "HTTP/1.1 200 OK\r\nContent-Le") && false;
    if (strcmp(path, "/cut-body") == 0)
        return send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789") && false;
    if (strcmp(path, "/cut-chunk") == 0)
        return send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel") && false;
    if (strcmp(path, "/short-length") == 0)
        return send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more") && false;
    if (strcmp(path, "/garbage") == 0)
        return send_text(fd, "this is no HTTP at all\r\n\r\n") && false;
    if (strcmp(path, "/huge") == 0)
        return send_huge(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    if (strcmp(path, "/huge-length") == 0)
        return send_huge(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
    if (strcmp(path, "/many-headers") == 0)
        return many_headers(fd);
    if (strcmp(path, "/stall") == 0)
        stall(fd);
    if (strcmp(path, "/stall-body") == 0 && send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789"))
        stall(fd);
    return false;
}

static bool behave(connection *c, const request *r)
{
    int fd = c->fd;
    const char *path = r->path;
    if (strcmp(path, "/ok") == 0)
        return reply_with(fd, "200 OK", "X-Mixed-Case:  Some Value \r\n", "fine", 4);
    if (strcmp(path, "/echo") == 0)
        return reply_with(fd, "200 OK", "", r->body, r->body_bytes);
    if (strcmp(path, "/head") == 0)
        return reply_with(fd, "200 OK", "", r->head, r->head_bytes);
    if (strcmp(path, "/close") == 0)
        return reply_with(fd, "200 OK", "Connection: close\r\n", "bye", 3) && false;
    if (strcmp(path, "/silent-close") == 0)
        return reply_with(fd, "200 OK", "", "bye", 3) && false;
    if (strcmp(path, "/redirect") == 0)
        return reply_with(fd, "302 Found", "Location: /ok\r\n", "", 0);
    if (strcmp(path, "/error") == 0)
        return reply_with(fd, "503 Service Unavailable", "Retry-After: 7\r\n", "busy", 4);
    if (strcmp(path, "/interim") == 0)
        return send_text(fd, "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n") &&
               reply_with(fd, "200 OK", "X-Late: 2\r\n", "late", 4);
    if (strcmp(path, "/gzip") == 0)
        return reply_with(fd, "200 OK", "Content-Encoding: gzip\r\n", gzipped, sizeof(gzipped));
    if (strcmp(path, "/chunked") == 0)
        return send_text(fd,
                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    if (strcmp(path, "/slow") == 0)
        return slowly(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
    return behave_badly(c, path);
}

static void *serve(void *arg)
{
    connection *c = arg;
    request *r = calloc(1, sizeof(*r));
    bool last = false;
    for (bool open = r != NULL; open;) {
        open = read_request(c, r);
        if (open && last) { /* the request before was "/forget": this one is dropped unanswered */
            atomic_fetch_add(&c->server->n_dropped, 1);
            open = false;
        } else if (open) {
            atomic_fetch_add(&c->server->n_requests, 1);
            last = strcmp(r->path, "/forget") == 0;
            open = last ? reply_with(c->fd, "200 OK", "", "once", 4) : behave(c, r);
        }
        free(r->body);
        r->body = NULL;
    }
    free(r);
    atomic_store(&c->open, false);
    shutdown(c->fd, SHUT_RDWR);
    atomic_fetch_add(&c->server->n_closed, 1);
    return NULL;
}

static void *accept_all(void *arg)
{
    loopback *s = arg;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    while (!atomic_load(&s->stopping)) {
        int fd = accept(s->fd, NULL, NULL);
        unsigned n = atomic_load(&s->n_connections);
        if (fd < 0 || atomic_load(&s->stopping) || n >= CONNECTIONS_MAX) {
            if (fd >= 0)
                close(fd);
            if (fd < 0 && errno == EINTR)
                continue;
            break;
        }
        int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        connection *c = &s->connections[n];
        c->server = s;
        c->fd = fd;
        atomic_store(&c->open, true);
        atomic_store(&s->n_connections, n + 1);
        if (pthread_create(&c->thread, &attr, serve, c) != 0)
            die("pthread_create");
    }
    pthread_attr_destroy(&attr);
    return NULL;
}

loopback *loopback_start(void)
{
    loopback *s = calloc(1, sizeof(*s));
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(a);
    if (!s)
        die("calloc");
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&a, sizeof(a)) || listen(s->fd, 4096) ||
        getsockname(s->fd, (struct sockaddr *)&a, &n))
        die("listen");
    s->port = ntohs(a.sin_port);
    if (pthread_create(&s->acceptor, NULL, accept_all, s) != 0)
        die("pthread_create");
    return s;
}

void loopback_stop(loopback *s)
{
    atomic_store(&s->stopping, true);
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->acceptor, NULL);
    close(s->fd);
    for (unsigned i = 0; i < atomic_load(&s->n_connections); i++) {
        shutdown(s->connections[i].fd, SHUT_RDWR);
        pthread_join(s->connections[i].thread, NULL);
        close(s->connections[i].fd);
    }
    free(s);
}

unsigned loopback_port(const loopback *s)
{
    return s->port;
}

unsigned loopback_connections(const loopback *s)
{
    return atomic_load(&s->n_connections);
}

unsigned loopback_requests(const loopback *s)
{
    return atomic_load(&s->n_requests);
}

unsigned loopback_expects(const loopback *s)
{
    return atomic_load(&s->n_expects);
}

unsigned loopback_dropped(const loopback *s)
{
    return atomic_load(&s->n_dropped);
}

void loopback_wait_closed(const loopback *s)
{
    while (atomic_load(&s->n_closed) < atomic_load(&s->n_connections))
        nap_ms(1);
}
