#include "transport_curl.h"

#include "alloc.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WATCHES_MIN 64u

/* curl forgets a connection's socket between two requests. The loop goes on watching it for reading all the same: the
 * next request on it then costs no system call, and if the server closes it meanwhile the event only ends the watch. */
struct pl_curl_watch {
    uv_poll_t poll;
    pl_curl_transport *transport;
    pl_curl_watch *next; /* in spare_watches */
    curl_socket_t fd;
    int wanted; /* by curl: UV_READABLE, UV_WRITABLE */
    int armed;  /* in the loop */
    bool ours;  /* opened by pl__curl_open_socket; others (the resolver's) may be closed without a word */
};

static void on_event(uv_poll_t *poll, int status, int events);

static pl_curl_watch *find(const pl_curl_transport *t, curl_socket_t fd)
{
    return fd >= 0 && (size_t)fd < t->n_watches ? t->watches[fd] : NULL;
}

static pl_curl_watch *watch_new(pl_curl_transport *t, curl_socket_t fd, bool ours)
{
    if ((size_t)fd >= t->n_watches) {
        size_t n = (size_t)fd * 2 > WATCHES_MIN ? (size_t)fd * 2 : WATCHES_MIN;
        pl_curl_watch **grown = pl__reallocarray(t->watches, n, sizeof(pl_curl_watch *));
        if (!grown)
            return NULL;
        memset(grown + t->n_watches, 0, (n - t->n_watches) * sizeof(pl_curl_watch *));
        t->watches = grown;
        t->n_watches = n;
    }
    pl_curl_watch *w = t->spare_watches;
    if (w)
        t->spare_watches = w->next;
    else
        w = pl__malloc(sizeof(*w));
    if (!w)
        return NULL;
    memset(w, 0, sizeof(*w));
    if (uv_poll_init_socket(&t->loop, &w->poll, fd) != 0) {
        w->next = t->spare_watches;
        t->spare_watches = w;
        return NULL;
    }
    w->poll.data = w;
    w->transport = t;
    w->fd = fd;
    w->ours = ours;
    t->watches[fd] = w;
    return w;
}

static void on_closed(uv_handle_t *handle)
{
    pl_curl_watch *w = handle->data;
    w->next = w->transport->spare_watches;
    w->transport->spare_watches = w;
}

static void watch_drop(pl_curl_watch *w)
{
    (void)uv_poll_stop(&w->poll);
    w->transport->watches[w->fd] = NULL;
    uv_close((uv_handle_t *)&w->poll, on_closed);
}

static void arm(pl_curl_watch *w, int events)
{
    if (w->armed == events)
        return;
    w->armed = events;
    if (events == 0)
        (void)uv_poll_stop(&w->poll);
    else
        (void)uv_poll_start(&w->poll, events, on_event);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    pl_curl_watch *w = poll->data;
    pl_curl_transport *t = w->transport;
    curl_socket_t fd = w->fd;
    int running = 0;
    if (status < 0)
        w->armed = 0; /* libuv has stopped it */
    if (w->wanted == 0) {
        arm(w, 0);
        return;
    }
    int mask = status < 0 ? CURL_CSELECT_ERR : 0;
    mask |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    mask |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    (void)curl_multi_socket_action(t->multi, fd, mask, &running);
    w = find(t, fd);
    if (w && w->armed == 0 && w->wanted != 0)
        arm(w, w->wanted);
}

int pl__curl_on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    pl_curl_transport *t = user;
    pl_curl_watch *w = find(t, fd);
    (void)easy;
    (void)socket_user;
    if (what == CURL_POLL_REMOVE) {
        if (!w)
            return 0;
        w->wanted = 0;
        if (!w->ours)
            watch_drop(w);
        else if (w->armed != UV_READABLE)
            arm(w, 0);
        return 0;
    }
    if (!w)
        w = watch_new(t, fd, false);
    if (!w) {
        t->starved = true;
        return 0;
    }
    w->wanted = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    arm(w, w->wanted);
    return 0;
}

curl_socket_t pl__curl_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    pl_curl_transfer *x = user;
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    if (!watch_new(x->transport, fd, true)) {
        x->no_memory = true;
        (void)close(fd);
        return CURL_SOCKET_BAD;
    }
    return fd;
}

int pl__curl_close_socket(void *user, curl_socket_t fd)
{
    pl_curl_watch *w = find(user, fd);
    if (w)
        watch_drop(w);
    return close(fd);
}

void pl__curl_watches_clear(pl_curl_transport *t)
{
    for (size_t i = 0; i < t->n_watches; i++)
        if (t->watches[i])
            watch_drop(t->watches[i]);
    pl__free(t->watches);
    t->watches = NULL;
    t->n_watches = 0;
}

void pl__curl_spare_watches_free(pl_curl_transport *t)
{
    while (t->spare_watches) {
        pl_curl_watch *w = t->spare_watches;
        t->spare_watches = w->next;
        pl__free(w);
    }
}
