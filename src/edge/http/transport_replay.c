#include "transport_replay.h"

#include "alloc.h"
#include "error.h"
#include "exchange.h"
#include "line_file.h"
#include "map.h"
#include "vec.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* Invariants:
 *  1. One thread submits and polls; `lock` guards `woken` alone, for wake.
 *  2. Rows are sorted by the order of their requests; next_whole and next_path lead from a row to the next of the same
 *     key, and never back.
 *  3. A reply is read from the file when it is handed out: memory follows what is under way. */

#define PATH_BYTES_MAX ((size_t)4096)
#define NS_PER_S UINT64_C(1000000000)
#define REAL_WAIT_NS UINT64_C(2000000) /* for other threads, before the clock is moved */
#define NO_ROW UINT32_MAX

typedef struct row {
    pl_exchange_keys keys;
    uint64_t order;
    uint64_t offset;
    uint32_t len;
    uint32_t next_whole;
    uint32_t next_path;
    uint32_t at_whole; /* of the first row of a key: what is given out next */
    uint32_t at_path;
} row;

typedef struct event {
    uint64_t tag;
    uint64_t due_ns;
    uint32_t row; /* NO_ROW: not in the recording */
    bool cancelled;
    uint64_t sent_bytes;
} event;

typedef struct replayer {
    pl_transport base;
    pl_clock clock;
    pl_line_file *file;
    row *rows;
    size_t n_rows;
    size_t cap_rows;
    pl_map *by_whole; /* digest -> the first row that has it */
    pl_map *by_path;
    event *events; /* in the order of their requests */
    size_t n_events;
    size_t cap_events;
    pl_str line;
    uint64_t n_broken;
    uint64_t n_unknown;
    bool in_time;
    _Atomic uint64_t skipped_ns; /* what the clock is ahead of the real one */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool woken;
} replayer;

/* ---- time ---- */

static uint64_t real_now_ns(void)
{
    const pl_clock *clock = pl__clock_system();
    return clock->now_mono_ns(clock->user);
}

static uint64_t replay_mono_ns(void *user)
{
    return real_now_ns() + atomic_load(&((replayer *)user)->skipped_ns);
}

static int64_t replay_unix_ms(void *user)
{
    const pl_clock *clock = pl__clock_system();
    return clock->now_unix_ms(clock->user) + (int64_t)(atomic_load(&((replayer *)user)->skipped_ns) / 1000000);
}

const pl_clock *pl__transport_replay_clock(const pl_transport *t)
{
    return &((const replayer *)t)->clock;
}

/* Waits until woken or that long; true if woken. */
static bool wait_real(replayer *r, uint64_t wait_ns)
{
    uint64_t until_ns = real_now_ns() + wait_ns;
    struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S), .tv_nsec = (long)(until_ns % NS_PER_S)};
    (void)pthread_mutex_lock(&r->lock);
    while (!r->woken && wait_ns > 0)
        if (pthread_cond_timedwait(&r->changed, &r->lock, &until) != 0)
            break;
    bool woken = r->woken;
    r->woken = false;
    (void)pthread_mutex_unlock(&r->lock);
    return woken;
}

/* ---- reading the recording ---- */

static int compare_rows(const void *a, const void *b)
{
    const row *x = a;
    const row *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static pl_status link_rows(replayer *r)
{
    for (size_t i = r->n_rows; i-- > 0;) { /* from the end: each row finds the one after it */
        uintptr_t next = NO_ROW;
        row *x = &r->rows[i];
        x->next_whole = x->next_path = NO_ROW;
        x->at_whole = x->at_path = (uint32_t)i;
        if (pl__map_get(r->by_whole, &x->keys.whole, sizeof(x->keys.whole), &next))
            x->next_whole = (uint32_t)next;
        if (pl__map_get(r->by_path, &x->keys.path, sizeof(x->keys.path), &next))
            x->next_path = (uint32_t)next;
        if (pl__map_put(r->by_whole, &x->keys.whole, sizeof(x->keys.whole), i) != PL_OK ||
            pl__map_put(r->by_path, &x->keys.path, sizeof(x->keys.path), i) != PL_OK)
            return PL_E_NOMEM;
    }
    return PL_OK;
}

static pl_status add_row(replayer *r, pl_view line, uint64_t offset, pl_error *reterr)
{
    row x = {.offset = offset, .len = (uint32_t)line.len};
    if (line.len == 0)
        return PL_OK;
    pl_status rc = pl__exchange_read_keys(line, &x.keys, &x.order, NULL);
    if (rc == PL_E_NOMEM)
        return pl__fail(reterr, rc, "no memory");
    if (rc) {
        r->n_broken++;
        return PL_OK;
    }
    if (r->n_rows >= PL_REPLAY_EXCHANGES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "more than %u exchanges", PL_REPLAY_EXCHANGES_MAX);
    if (pl__vec_reserve(&r->rows, &r->cap_rows, r->n_rows + 1, sizeof(*r->rows)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "no memory");
    r->rows[r->n_rows++] = x;
    return PL_OK;
}

static pl_status read_recording(replayer *r, const char *path, pl_error *reterr)
{
    bool more = true;
    uint64_t offset = 0;
    pl_status rc = pl__line_file_read_open(path, &r->file, reterr);
    if (rc == PL_E_NOT_FOUND)
        return pl__fail(reterr, rc, "%s: there is no such recording; \"peerless run --record\" makes one", path);
    if (rc)
        return rc;
    for (size_t n = 0; more && rc == PL_OK; n++) {
        rc = pl__line_file_next(r->file, &r->line, &offset, &more, reterr);
        if (rc)
            return rc;
        pl_view line = pl__view_n(pl__str_c(&r->line), r->line.len);
        if (n == 0)
            rc = pl__exchange_check_header(line, reterr);
        else if (more)
            rc = add_row(r, line, offset, reterr);
    }
    if (rc) {
        pl__error_prefix(reterr, "%s", path);
        return rc;
    }
    if (r->n_rows > 0)
        qsort(r->rows, r->n_rows, sizeof(*r->rows), compare_rows);
    rc = link_rows(r);
    return rc ? pl__fail(reterr, rc, "%s: no memory", path) : PL_OK;
}

/* ---- giving out ---- */

/* The row to give out for a key; the first row of the key remembers how far it has come, and the last row stays. */
static uint32_t next_row(replayer *r, bool whole, const pl_digest *key)
{
    uintptr_t first = 0;
    if (!pl__map_get(whole ? r->by_whole : r->by_path, key, sizeof(*key), &first))
        return NO_ROW;
    uint32_t *cursor = whole ? &r->rows[first].at_whole : &r->rows[first].at_path;
    uint32_t at = *cursor;
    uint32_t next = whole ? r->rows[at].next_whole : r->rows[at].next_path;
    if (next != NO_ROW)
        *cursor = next;
    return at;
}

static uint64_t elapsed_of(replayer *r, uint32_t at)
{
    pl_http_completion done = {0};
    uint64_t elapsed_ns = 0;
    if (at == NO_ROW || pl__line_file_at(r->file, r->rows[at].offset, r->rows[at].len, &r->line, NULL) != PL_OK)
        return 0;
    if (pl__exchange_read_end(pl__view_n(pl__str_c(&r->line), r->line.len), &done, NULL) == PL_OK)
        elapsed_ns = done.elapsed_ns;
    pl__http_reply_clear(&done.reply);
    return elapsed_ns;
}

static pl_status replay_submit(pl_transport *transport, pl_http_req *req, uint64_t tag, pl_error *reterr)
{
    replayer *r = (replayer *)transport;
    pl_exchange_keys keys;
    event e = {.tag = tag, .row = NO_ROW};
    pl_status rc = pl__exchange_keys(req, &keys);
    rc = rc ? rc : pl__vec_reserve(&r->events, &r->cap_events, r->n_events + 1, sizeof(*r->events));
    for (size_t i = 0; i < req->n_parts; i++)
        e.sent_bytes += pl__blob_view(req->parts[i].blob).len;
    pl__http_req_clear(req);
    if (rc)
        return pl__fail(reterr, rc, "replayed request");
    e.row = next_row(r, true, &keys.whole);
    if (e.row == NO_ROW)
        e.row = next_row(r, false, &keys.path);
    if (e.row == NO_ROW)
        r->n_unknown++;
    e.due_ns = replay_mono_ns(r) + (r->in_time ? elapsed_of(r, e.row) : 0);
    r->events[r->n_events++] = e;
    return PL_OK;
}

static void complete(replayer *r, const event *e, pl_http_completion *ret)
{
    pl_http_completion done = {0};
    pl_error problem = {0};
    if (e->cancelled) {
        pl__exchange_fail(&done, PL_HTTP_CANCELLED, "cancelled");
    } else if (e->row == NO_ROW) {
        pl__exchange_fail(&done, PL_HTTP_UNREACHABLE, "not in the recording");
    } else {
        const row *x = &r->rows[e->row];
        pl_status rc = pl__line_file_at(r->file, x->offset, x->len, &r->line, &problem);
        if (rc == PL_OK)
            rc = pl__exchange_read_end(pl__view_n(pl__str_c(&r->line), r->line.len), &done, &problem);
        if (rc) {
            pl__exchange_fail(&done, PL_HTTP_CUT, problem.msg);
            done.error.code = rc == PL_E_NOMEM ? rc : done.error.code;
        }
    }
    if (done.sent_bytes == 0)
        done.sent_bytes = e->sent_bytes;
    done.tag = e->tag;
    *ret = done;
}

static size_t hand_out(replayer *r, pl_http_completion *ret, size_t cap, uint64_t *ret_next_ns)
{
    uint64_t now_ns = replay_mono_ns(r);
    size_t n = 0;
    size_t kept = 0;
    *ret_next_ns = UINT64_MAX;
    for (size_t i = 0; i < r->n_events; i++) {
        const event e = r->events[i];
        if (n < cap && e.due_ns <= now_ns) {
            complete(r, &e, &ret[n++]);
            continue;
        }
        *ret_next_ns = e.due_ns < *ret_next_ns ? e.due_ns : *ret_next_ns;
        r->events[kept++] = e;
    }
    r->n_events = kept;
    return n;
}

static pl_status replay_poll(pl_transport *transport, uint64_t deadline_mono_ns, pl_http_completion *ret, size_t cap,
                             size_t *ret_n, pl_error *reterr)
{
    replayer *r = (replayer *)transport;
    uint64_t next_ns = UINT64_MAX;
    if (cap == 0)
        return pl__fail(reterr, PL_E_INVALID, "no room for completions");
    size_t n = hand_out(r, ret, cap, &next_ns);
    while (n == 0) {
        uint64_t now_ns = replay_mono_ns(r);
        uint64_t until_ns = next_ns < deadline_mono_ns ? next_ns : deadline_mono_ns;
        uint64_t wait_ns = until_ns > now_ns ? until_ns - now_ns : 0;
        uint64_t real_ns = !r->in_time && wait_ns > REAL_WAIT_NS ? REAL_WAIT_NS : wait_ns;
        real_ns = real_ns < NS_PER_S ? real_ns : NS_PER_S;
        if (wait_real(r, real_ns))
            break;
        now_ns = replay_mono_ns(r);
        if (!r->in_time && until_ns != UINT64_MAX && until_ns > now_ns)
            (void)atomic_fetch_add(&r->skipped_ns, until_ns - now_ns);
        n = hand_out(r, ret, cap, &next_ns);
        if (replay_mono_ns(r) >= deadline_mono_ns)
            break;
    }
    *ret_n = n;
    return PL_OK;
}

static void replay_wake(pl_transport *transport)
{
    replayer *r = (replayer *)transport;
    (void)pthread_mutex_lock(&r->lock);
    r->woken = true;
    (void)pthread_cond_signal(&r->changed);
    (void)pthread_mutex_unlock(&r->lock);
}

static void replay_cancel_all(pl_transport *transport)
{
    replayer *r = (replayer *)transport;
    for (size_t i = 0; i < r->n_events; i++) {
        r->events[i].cancelled = true;
        r->events[i].due_ns = 0;
    }
}

static void replay_free(pl_transport *transport)
{
    replayer *r = (replayer *)transport;
    if (!r)
        return;
    (void)pthread_cond_destroy(&r->changed);
    (void)pthread_mutex_destroy(&r->lock);
    pl__line_file_close(r->file);
    pl__map_free(r->by_whole);
    pl__map_free(r->by_path);
    pl__str_clear(&r->line);
    pl__free(r->events);
    pl__free(r->rows);
    pl__free(r);
}

static bool init_lock(replayer *r)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&r->lock, NULL) != 0)
        return false;
    bool good = pthread_condattr_init(&attributes) == 0;
    if (good) {
        good = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
               pthread_cond_init(&r->changed, &attributes) == 0;
        (void)pthread_condattr_destroy(&attributes);
    }
    if (!good)
        (void)pthread_mutex_destroy(&r->lock);
    return good;
}

pl_status pl__transport_replay_new(const char *dir, const pl_replay_opts *opts, pl_transport **ret, pl_error *reterr)
{
    static const pl_transport_ops ops = {.submit = replay_submit,
                                         .poll = replay_poll,
                                         .wake = replay_wake,
                                         .cancel_all = replay_cancel_all,
                                         .free = replay_free};
    pl_str path;
    replayer *r = pl__calloc(1, sizeof(*r));
    if (!r || !init_lock(r)) {
        pl__free(r);
        return pl__fail(reterr, PL_E_NOMEM, "replay");
    }
    r->base.ops = &ops;
    r->clock = (pl_clock){.now_mono_ns = replay_mono_ns, .now_unix_ms = replay_unix_ms, .user = r};
    r->in_time = opts && opts->in_time;
    atomic_init(&r->skipped_ns, 0);
    pl__str_init(&r->line, PL_LINE_BYTES_MAX);
    pl__str_init(&path, PATH_BYTES_MAX);
    r->by_whole = pl__map_new();
    r->by_path = pl__map_new();
    pl_status rc = r->by_whole && r->by_path ? PL_OK : PL_E_NOMEM;
    rc = rc ? rc : pl__str_appendf(&path, "%s/%s", dir, PL_RECORDING_FILE);
    rc = rc ? pl__fail(reterr, rc, "replay") : read_recording(r, pl__str_c(&path), reterr);
    pl__str_clear(&path);
    if (rc) {
        replay_free(&r->base);
        return rc;
    }
    *ret = &r->base;
    return PL_OK;
}

uint64_t pl__transport_replay_count(const pl_transport *t)
{
    return ((const replayer *)t)->n_rows;
}

uint64_t pl__transport_replay_broken(const pl_transport *t)
{
    return ((const replayer *)t)->n_broken;
}

uint64_t pl__transport_replay_unknown(const pl_transport *t)
{
    return ((const replayer *)t)->n_unknown;
}
