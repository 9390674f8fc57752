#include "transport_curl.h"

#include "alloc.h"
#include "error.h"
#include "vec.h"

#include <pthread.h>
#include <sys/resource.h>

#define CONNECTIONS_MAX_DEFAULT 1024u
#define CONNECTIONS_MIN 8u
#define DESCRIPTORS_RESERVED 96u /* of RLIMIT_NOFILE, for the store, images and logs */
#define DNS_CACHE_S 600L
#define NS_PER_MS UINT64_C(1000000)

/* curl's global state is set up once for the process and never torn down: other parts may use it. */
static bool curl_ready(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool ready;
    (void)pthread_mutex_lock(&lock);
    if (!ready)
        ready = curl_global_init_mem(CURL_GLOBAL_DEFAULT, pl__malloc, pl__free, pl__realloc, pl__strdup, pl__calloc) ==
                CURLE_OK;
    bool now_ready = ready;
    (void)pthread_mutex_unlock(&lock);
    return now_ready;
}

/* ---- transfers ---- */

static void push_done(pl_curl_transport *t, pl_curl_transfer *x)
{
    x->next = NULL;
    if (t->done_last)
        t->done_last->next = x;
    else
        t->done_first = x;
    t->done_last = x;
}

static void push_idle(pl_curl_transport *t, pl_curl_transfer *x)
{
    x->next = t->idle;
    t->idle = x;
}

static void leave(pl_curl_transport *t, pl_curl_transfer *x)
{
    pl__deadlines_drop(&t->first_bytes, x->index);
    (void)curl_multi_remove_handle(t->multi, x->easy);
    x->in_flight = false;
}

static void give_up(pl_curl_transport *t, pl_curl_transfer *x, pl_http_failure failure, pl_status code,
                    const char *words)
{
    leave(t, x);
    pl__curl_transfer_give_up(x, failure, code, words);
    push_done(t, x);
}

static void give_up_all(pl_curl_transport *t, pl_http_failure failure, pl_status code, const char *words)
{
    for (size_t i = 0; i < t->n_transfers; i++)
        if (t->transfers[i]->in_flight)
            give_up(t, t->transfers[i], failure, code, words);
}

/* NULL when memory is short. */
static pl_curl_transfer *idle_transfer(pl_curl_transport *t)
{
    pl_curl_transfer *x = t->idle;
    if (x) {
        t->idle = x->next;
        return x;
    }
    if (pl__vec_reserve(&t->transfers, &t->cap_transfers, t->n_transfers + 1, sizeof(pl_curl_transfer *)) ||
        pl__deadlines_reserve(&t->first_bytes, t->n_transfers + 1))
        return NULL;
    x = pl__curl_transfer_new(t, (uint32_t)t->n_transfers);
    if (x)
        t->transfers[t->n_transfers++] = x;
    return x;
}

static pl_status curl_submit(pl_transport *transport, pl_http_req *req, uint64_t tag, pl_error *reterr)
{
    pl_curl_transport *t = (pl_curl_transport *)transport;
    pl_status rc = PL_OK;
    pl_curl_transfer *x = idle_transfer(t);
    if (!x) {
        rc = pl__fail(reterr, PL_E_NOMEM, "transfer");
        goto out;
    }
    rc = pl__curl_transfer_load(x, req, tag, reterr);
    if (rc)
        goto out;
    if (curl_multi_add_handle(t->multi, x->easy) != CURLM_OK) {
        pl__http_req_clear(&x->req);
        rc = pl__fail(reterr, PL_E_NOMEM, "transfer");
        goto out;
    }
    if (x->req.timeout_first_byte_ms > 0)
        pl__deadlines_set(&t->first_bytes, x->index, x->started_ns + x->req.timeout_first_byte_ms * NS_PER_MS);
    x->in_flight = true;
    x = NULL;
out:
    if (x)
        push_idle(t, x);
    pl__http_req_clear(req);
    return rc;
}

static void collect(pl_curl_transport *t)
{
    int left = 0;
    for (CURLMsg *m = curl_multi_info_read(t->multi, &left); m; m = curl_multi_info_read(t->multi, &left)) {
        char *private_data = NULL;
        CURLcode code = m->data.result;
        if (m->msg != CURLMSG_DONE || curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private_data) != CURLE_OK)
            continue;
        pl_curl_transfer *x = (pl_curl_transfer *)(void *)private_data;
        leave(t, x); /* frees *m */
        pl__curl_transfer_end(x, code);
        push_done(t, x);
    }
    if (t->starved) {
        t->starved = false;
        give_up_all(t, PL_HTTP_CUT, PL_E_NOMEM, "no memory to watch the connection");
    }
}

static void expire_first_bytes(pl_curl_transport *t)
{
    uint32_t index = 0;
    uint64_t due_ns = 0;
    uint64_t now_ns = t->first_bytes.n > 0 ? uv_hrtime() : 0;
    while (pl__deadlines_first(&t->first_bytes, &index, &due_ns) && due_ns <= now_ns)
        give_up(t, t->transfers[index], PL_HTTP_TIMEOUT, PL_E_NET, "no first byte within the time-out");
}

/* ---- timers: they run before the loop waits for sockets, so what they bring to an end must keep it from waiting ----
 */

static void on_curl_timer(uv_timer_t *timer);

/* The loop's clock is cut to milliseconds: one more, or the timer would fire before curl's own time. */
static void set_curl_timer(pl_curl_transport *t, long timeout_ms)
{
    if (timeout_ms > 0)
        uv_update_time(&t->loop);
    (void)uv_timer_start(&t->curl_timer, on_curl_timer, timeout_ms > 0 ? (uint64_t)timeout_ms + 1 : 0, 0);
}

static int on_timer_change(CURLM *multi, long timeout_ms, void *user)
{
    pl_curl_transport *t = user;
    (void)multi;
    if (timeout_ms < 0)
        (void)uv_timer_stop(&t->curl_timer);
    else
        set_curl_timer(t, timeout_ms);
    return 0;
}

static void on_curl_timer(uv_timer_t *timer)
{
    pl_curl_transport *t = timer->data;
    int running = 0;
    long timeout_ms = -1;
    (void)curl_multi_socket_action(t->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(t);
    if (t->done_first)
        uv_stop(&t->loop);
    /* curl does not repeat a time that it has asked for already. */
    if (!uv_is_active((const uv_handle_t *)timer) && curl_multi_timeout(t->multi, &timeout_ms) == CURLM_OK &&
        timeout_ms >= 0)
        set_curl_timer(t, timeout_ms);
}

static void on_due_timer(uv_timer_t *timer)
{
    pl_curl_transport *t = timer->data;
    t->due_timer_ns = UINT64_MAX;
    uv_stop(&t->loop);
}

static void set_due_timer(pl_curl_transport *t, uint64_t due_ns)
{
    if (due_ns == t->due_timer_ns)
        return;
    t->due_timer_ns = due_ns;
    if (due_ns == UINT64_MAX) {
        (void)uv_timer_stop(&t->due_timer);
        return;
    }
    uint64_t now_ns = uv_hrtime();
    uv_update_time(&t->loop);
    (void)uv_timer_start(&t->due_timer, on_due_timer, due_ns > now_ns ? (due_ns - now_ns) / NS_PER_MS + 1 : 0, 0);
}

static void on_async(uv_async_t *async)
{
    ((pl_curl_transport *)async->data)->woken = true;
}

/* ---- polling ---- */

static size_t hand_out(pl_curl_transport *t, pl_http_completion *ret, size_t cap)
{
    size_t n = 0;
    while (n < cap && t->done_first) {
        pl_curl_transfer *x = t->done_first;
        t->done_first = x->next;
        if (!t->done_first)
            t->done_last = NULL;
        ret[n++] = (pl_http_completion){.tag = x->tag,
                                        .failure = x->failure,
                                        .error = x->error,
                                        .reply = x->reply,
                                        .elapsed_ns = x->ended_ns - x->started_ns,
                                        .sent_bytes = x->sent_bytes,
                                        .received_bytes = x->received_bytes};
        x->reply = (pl_http_reply){0};
        push_idle(t, x);
    }
    return n;
}

static pl_status curl_poll(pl_transport *transport, uint64_t deadline_mono_ns, pl_http_completion *ret, size_t cap,
                           size_t *ret_n, pl_error *reterr)
{
    pl_curl_transport *t = (pl_curl_transport *)transport;
    if (cap == 0)
        return pl__fail(reterr, PL_E_INVALID, "no room for completions");
    size_t n = hand_out(t, ret, cap);
    for (bool over = false; n == 0 && !t->woken && !over;) {
        uint32_t index = 0;
        uint64_t due_ns = UINT64_MAX;
        (void)pl__deadlines_first(&t->first_bytes, &index, &due_ns);
        due_ns = deadline_mono_ns < due_ns ? deadline_mono_ns : due_ns;
        over = deadline_mono_ns <= uv_hrtime();
        if (!over)
            set_due_timer(t, due_ns);
        uv_update_time(&t->loop);
        (void)uv_run(&t->loop, over ? UV_RUN_NOWAIT : UV_RUN_ONCE);
        collect(t);
        expire_first_bytes(t);
        n = hand_out(t, ret, cap);
    }
    t->woken = false;
    *ret_n = n;
    return PL_OK;
}

static void curl_wake(pl_transport *transport)
{
    (void)uv_async_send(&((pl_curl_transport *)transport)->async);
}

static void curl_cancel_all(pl_transport *transport)
{
    give_up_all((pl_curl_transport *)transport, PL_HTTP_CANCELLED, PL_E_CANCELLED, "cancelled");
}

/* ---- life ---- */

static void transport_free(pl_transport *transport)
{
    pl_curl_transport *t = (pl_curl_transport *)transport;
    if (!t)
        return;
    for (size_t i = 0; i < t->n_transfers; i++) {
        if (t->transfers[i]->in_flight)
            leave(t, t->transfers[i]);
        pl__curl_transfer_free(t->transfers[i]);
    }
    (void)curl_multi_cleanup(t->multi);
    pl__curl_watches_clear(t);
    uv_close((uv_handle_t *)&t->async, NULL);
    uv_close((uv_handle_t *)&t->curl_timer, NULL);
    uv_close((uv_handle_t *)&t->due_timer, NULL);
    (void)uv_run(&t->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&t->loop);
    pl__curl_spare_watches_free(t);
    pl__deadlines_clear(&t->first_bytes);
    pl__free(t->transfers);
    pl__free(t->ca_file);
    pl__free(t);
}

static bool set_multi_options(pl_curl_transport *t, uint32_t connections_max)
{
    struct rlimit files = {0};
    uint32_t n = connections_max > 0 ? connections_max : CONNECTIONS_MAX_DEFAULT;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < (rlim_t)n + DESCRIPTORS_RESERVED)
        n = files.rlim_cur > DESCRIPTORS_RESERVED + CONNECTIONS_MIN ? (uint32_t)files.rlim_cur - DESCRIPTORS_RESERVED
                                                                    : CONNECTIONS_MIN;
    return curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, pl__curl_on_socket) == CURLM_OK &&
           curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t) == CURLM_OK &&
           curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer_change) == CURLM_OK &&
           curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t) == CURLM_OK &&
           curl_multi_setopt(t->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)n) == CURLM_OK &&
           curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)n) == CURLM_OK;
}

pl_status pl__transport_curl_new(const pl_transport_opts *opts, pl_transport **ret, pl_error *reterr)
{
    static const pl_transport_ops ops = {.submit = curl_submit,
                                         .poll = curl_poll,
                                         .wake = curl_wake,
                                         .cancel_all = curl_cancel_all,
                                         .free = transport_free};
    static const pl_transport_opts defaults = {0};
    opts = opts ? opts : &defaults;
    if (!curl_ready())
        return pl__fail(reterr, PL_E_NOMEM, "libcurl could not be set up");
    pl_curl_transport *t = pl__calloc(1, sizeof(*t));
    if (!t)
        return pl__fail(reterr, PL_E_NOMEM, "transport");
    int uv = uv_loop_init(&t->loop);
    if (uv) {
        pl__free(t);
        return pl__fail_detail(reterr, PL_E_IO, -uv, "event loop: %s", uv_err_name(uv));
    }
    t->base.ops = &ops;
    t->async.data = t->curl_timer.data = t->due_timer.data = t;
    t->due_timer_ns = UINT64_MAX;
    (void)uv_timer_init(&t->loop, &t->curl_timer);
    (void)uv_timer_init(&t->loop, &t->due_timer);
    uv = uv_async_init(&t->loop, &t->async, on_async);
    if (uv) {
        /* The async handle never came to be: transport_free would close it. */
        uv_close((uv_handle_t *)&t->curl_timer, NULL);
        uv_close((uv_handle_t *)&t->due_timer, NULL);
        (void)uv_run(&t->loop, UV_RUN_DEFAULT);
        (void)uv_loop_close(&t->loop);
        pl__free(t);
        return pl__fail_detail(reterr, PL_E_IO, -uv, "event loop: %s", uv_err_name(uv));
    }
    t->multi = curl_multi_init();
    t->ca_file = opts->ca_file ? pl__strdup(opts->ca_file) : NULL;
    if (!t->multi || (opts->ca_file && !t->ca_file) || !set_multi_options(t, opts->connections_max)) {
        transport_free(&t->base);
        return pl__fail(reterr, PL_E_NOMEM, "transport");
    }
    *ret = &t->base;
    return PL_OK;
}
