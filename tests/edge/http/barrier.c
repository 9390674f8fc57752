#include "kit.h"

#include "barrier.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEERS_MAX 4096u
#define HEAD_BYTES_MAX 4096u
#define CONNECTIONS_MAX 4096u
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"

typedef struct peer {
    char head[HEAD_BYTES_MAX];
    size_t n;
    size_t body_left;
    bool head_over;
    bool whole;
} peer;

struct barrier {
    int listener;
    int stop[2]; /* a pipe: closed to stop */
    unsigned port;
    unsigned crowd;
    pthread_t thread;
    struct pollfd fds[PEERS_MAX + 2];
    peer *peers[PEERS_MAX + 2];
    nfds_t n;
    unsigned n_whole;
    bool seen[CONNECTIONS_MAX];
    atomic_uint rounds;
    atomic_uint n_http2;
    atomic_uint n_connections;
};

static const char *header(const peer *p, const char *name)
{
    const char *at = strstr(p->head, name);
    return at ? at + strlen(name) : "";
}

static void head_ended(barrier *b, peer *p)
{
    unsigned long connection = strtoul(header(p, "X-Connection: "), NULL, 10);
    p->body_left = strtoul(header(p, "Content-Length: "), NULL, 10);
    if (strncmp(header(p, "X-Protocol: "), "HTTP/2.0", 8) == 0)
        (void)atomic_fetch_add(&b->n_http2, 1);
    if (connection > 0 && !b->seen[connection % CONNECTIONS_MAX]) {
        b->seen[connection % CONNECTIONS_MAX] = true;
        (void)atomic_fetch_add(&b->n_connections, 1);
    }
}

static void take(barrier *b, peer *p, const char *bytes, size_t n)
{
    size_t at = 0;
    while (at < n && !p->head_over && p->n + 1 < sizeof(p->head)) {
        p->head[p->n++] = bytes[at++];
        p->head[p->n] = '\0';
        p->head_over = p->n >= 4 && memcmp(p->head + p->n - 4, "\r\n\r\n", 4) == 0;
        if (p->head_over)
            head_ended(b, p);
    }
    if (!p->head_over)
        return;
    p->body_left -= n - at < p->body_left ? n - at : p->body_left;
    if (p->body_left == 0 && !p->whole) {
        p->whole = true;
        b->n_whole++;
    }
}

static void drop(barrier *b, nfds_t i)
{
    if (b->peers[i]->whole)
        b->n_whole--;
    (void)close(b->fds[i].fd);
    free(b->peers[i]);
    b->n--;
    b->fds[i] = b->fds[b->n];
    b->peers[i] = b->peers[b->n];
}

static void answer_all(barrier *b)
{
    (void)atomic_fetch_add(&b->rounds, 1);
    for (nfds_t i = 2; i < b->n; i++) {
        if (!b->peers[i]->whole)
            continue;
        memset(b->peers[i], 0, sizeof(*b->peers[i]));
        (void)send(b->fds[i].fd, ANSWER, strlen(ANSWER), MSG_NOSIGNAL);
    }
    b->n_whole = 0;
}

static void add(barrier *b)
{
    int fd = accept(b->listener, NULL, NULL);
    peer *p = calloc(1, sizeof(*p));
    if (fd < 0 || !p || b->n == PEERS_MAX + 2) {
        free(p);
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    b->fds[b->n] = (struct pollfd){.fd = fd, .events = POLLIN};
    b->peers[b->n++] = p;
}

static void *serve(void *user)
{
    static char bytes[65536];
    barrier *b = user;
    while (poll(b->fds, b->n, -1) > 0 && b->fds[0].revents == 0) {
        for (nfds_t i = b->n; i-- > 2;) {
            if (b->fds[i].revents == 0)
                continue;
            ssize_t n = recv(b->fds[i].fd, bytes, sizeof(bytes), 0);
            if (n > 0)
                take(b, b->peers[i], bytes, (size_t)n);
            else
                drop(b, i);
        }
        if (b->fds[1].revents & POLLIN)
            add(b);
        if (b->n_whole >= b->crowd)
            answer_all(b);
    }
    return NULL;
}

barrier *barrier_start(unsigned crowd)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(address);
    barrier *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    assert_int_equal(pipe(b->stop), 0);
    b->crowd = crowd;
    b->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(b->listener, (const struct sockaddr *)&address, n), 0);
    assert_int_equal(listen(b->listener, (int)PEERS_MAX), 0);
    assert_int_equal(getsockname(b->listener, (struct sockaddr *)&address, &n), 0);
    b->port = ntohs(address.sin_port);
    b->fds[0] = (struct pollfd){.fd = b->stop[0], .events = POLLIN};
    b->fds[1] = (struct pollfd){.fd = b->listener, .events = POLLIN};
    b->n = 2;
    assert_int_equal(pthread_create(&b->thread, NULL, serve, b), 0);
    return b;
}

void barrier_stop(barrier *b)
{
    (void)close(b->stop[1]);
    (void)pthread_join(b->thread, NULL);
    (void)close(b->stop[0]);
    while (b->n > 2)
        drop(b, b->n - 1);
    (void)close(b->listener);
    free(b);
}

unsigned barrier_port(const barrier *b)
{
    return b->port;
}

unsigned barrier_rounds(const barrier *b)
{
    return atomic_load(&b->rounds);
}

unsigned barrier_http2(const barrier *b)
{
    return atomic_load(&b->n_http2);
}

unsigned barrier_connections(const barrier *b)
{
    return atomic_load(&b->n_connections);
}
