/* The least that a libcurl client on libuv can do: the limit that `peerless run` is measured against.
 *
 *   bare_loop URL BODY_FILE REQUESTS CONCURRENCY
 *
 * Posts the same bytes again and again, so many at a time, as libcurl's own example for libuv does it: the multi
 * handle's socket callback starts and stops a uv_poll_t. It keeps no answer but its length, and nothing else. Prints
 * one line of JSON; exit code 1 when an answer was not 200. */
#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define BODY_BYTES_MAX ((size_t)64 << 20)
#define CONCURRENCY_MAX 4096UL
#define NS_PER_S 1e9

typedef struct bench {
    uv_loop_t loop;
    uv_timer_t timer;
    CURLM *multi;
    struct curl_slist *headers;
    const char *url;
    char *body;
    size_t body_bytes;
    unsigned long n_requests;
    unsigned long n_started;
    unsigned long n_done;
    unsigned long n_failed;
    unsigned long long received_bytes;
} bench;

typedef struct watch {
    uv_poll_t poll;
    curl_socket_t fd;
    bench *b;
} watch;

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    (void)bytes;
    ((bench *)user)->received_bytes += size * n;
    return size * n;
}

static bool start(bench *b, CURL *easy)
{
    if (b->n_started == b->n_requests)
        return false;
    b->n_started++;
    return curl_multi_add_handle(b->multi, easy) == CURLM_OK;
}

static void collect(bench *b)
{
    int left = 0;
    for (CURLMsg *m = curl_multi_info_read(b->multi, &left); m; m = curl_multi_info_read(b->multi, &left)) {
        CURL *easy = m->easy_handle;
        CURLcode code = m->data.result;
        long status = 0;
        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        b->n_failed += code != CURLE_OK || status != 200;
        b->n_done++;
        (void)curl_multi_remove_handle(b->multi, easy);
        if (!start(b, easy))
            curl_easy_cleanup(easy);
    }
    if (b->n_done == b->n_requests)
        uv_stop(&b->loop);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    watch *w = poll->data;
    bench *b = w->b;
    int running = 0;
    int mask = status < 0 ? CURL_CSELECT_ERR : 0;
    mask |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    mask |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    (void)curl_multi_socket_action(b->multi, w->fd, mask, &running);
    collect(b);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    bench *b = user;
    watch *w = socket_user;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w) {
            (void)uv_poll_stop(&w->poll);
            uv_close((uv_handle_t *)&w->poll, on_closed);
            (void)curl_multi_assign(b->multi, fd, NULL);
        }
        return 0;
    }
    if (!w) {
        w = calloc(1, sizeof(*w));
        if (!w || uv_poll_init_socket(&b->loop, &w->poll, fd) != 0) {
            free(w);
            return -1;
        }
        w->poll.data = w;
        w->fd = fd;
        w->b = b;
        (void)curl_multi_assign(b->multi, fd, w);
    }
    (void)uv_poll_start(&w->poll, (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
                        on_event);
    return 0;
}

static void on_timer(uv_timer_t *timer)
{
    bench *b = timer->data;
    int running = 0;
    (void)curl_multi_socket_action(b->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(b);
}

static int on_timer_change(CURLM *multi, long timeout_ms, void *user)
{
    bench *b = user;
    (void)multi;
    if (timeout_ms < 0)
        (void)uv_timer_stop(&b->timer);
    else
        (void)uv_timer_start(&b->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

static CURL *new_easy(bench *b)
{
    CURL *easy = curl_easy_init();
    if (!easy || curl_easy_setopt(easy, CURLOPT_URL, b->url) || curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) ||
        curl_easy_setopt(easy, CURLOPT_PROXY, "") || curl_easy_setopt(easy, CURLOPT_POST, 1L) ||
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, b->headers) || curl_easy_setopt(easy, CURLOPT_POSTFIELDS, b->body) ||
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)b->body_bytes) ||
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) || curl_easy_setopt(easy, CURLOPT_WRITEDATA, b) ||
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L) || curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L))
        return NULL;
    return easy;
}

static bool read_body(bench *b, const char *path)
{
    FILE *f = fopen(path, "rb");
    b->body = malloc(BODY_BYTES_MAX);
    if (f && b->body)
        b->body_bytes = fread(b->body, 1, BODY_BYTES_MAX, f);
    return f && fclose(f) == 0 && b->body_bytes > 0;
}

static bool read_count(const char *text, unsigned long max, unsigned long *ret)
{
    char *end = NULL;
    errno = 0;
    *ret = strtoul(text, &end, 10);
    return errno == 0 && *end == '\0' && *ret > 0 && *ret <= max;
}

static int go(bench *b, unsigned long concurrency)
{
    uint64_t start_ns = uv_hrtime();
    for (unsigned long i = 0; i < concurrency; i++) {
        CURL *easy = new_easy(b);
        if (!easy || !start(b, easy))
            return 2;
    }
    (void)uv_run(&b->loop, UV_RUN_DEFAULT);
    double seconds = (double)(uv_hrtime() - start_ns) / NS_PER_S;
    printf("{\"requests\": %lu, \"failed\": %lu, \"seconds\": %.6f, \"body_bytes\": %zu, \"received_bytes\": %llu}\n",
           b->n_done, b->n_failed, seconds, b->body_bytes, b->received_bytes);
    return b->n_failed > 0;
}

int main(int argc, char **argv)
{
    bench b = {0};
    unsigned long concurrency = 0;
    if (argc != 5 || !read_count(argv[3], 1000000000UL, &b.n_requests) ||
        !read_count(argv[4], CONCURRENCY_MAX, &concurrency) || concurrency > b.n_requests || !read_body(&b, argv[2])) {
        fprintf(stderr, "usage: bare_loop URL BODY_FILE REQUESTS CONCURRENCY (1 to %lu, no more than REQUESTS)\n",
                CONCURRENCY_MAX);
        return 2;
    }
    b.url = argv[1];
    if (curl_global_init(CURL_GLOBAL_DEFAULT) || uv_loop_init(&b.loop) || uv_timer_init(&b.loop, &b.timer))
        return 2;
    b.timer.data = &b;
    b.multi = curl_multi_init();
    b.headers = curl_slist_append(curl_slist_append(NULL, "Content-Type: application/json"), "Expect:");
    if (!b.multi || !b.headers || curl_multi_setopt(b.multi, CURLMOPT_SOCKETFUNCTION, on_socket) ||
        curl_multi_setopt(b.multi, CURLMOPT_SOCKETDATA, &b) ||
        curl_multi_setopt(b.multi, CURLMOPT_TIMERFUNCTION, on_timer_change) ||
        curl_multi_setopt(b.multi, CURLMOPT_TIMERDATA, &b) ||
        curl_multi_setopt(b.multi, CURLMOPT_MAXCONNECTS, (long)concurrency))
        return 2;
    return go(&b, concurrency); /* the process ends here: what is open goes with it */
}
