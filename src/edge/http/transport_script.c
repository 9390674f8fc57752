#include "transport_script.h"

#include "alloc.h"
#include "error.h"

#include <stdatomic.h>

#define CLOCK_START_NS UINT64_C(1000000000)

typedef struct event {
    struct event *next;
    uint64_t due_ns;
    uint64_t submitted_ns;
    uint64_t sent_bytes;
    uint64_t tag;
    pl_http_failure failure;
    pl_http_reply reply;
} event;

typedef struct script {
    pl_transport base;
    pl_script_answer answer;
    void *user;
    uint64_t now_ns;
    uint64_t n_submitted;
    event *events; /* by due time, then by submission */
    atomic_bool woken;
} script;

static void event_free(event *e)
{
    if (!e)
        return;
    pl__http_reply_clear(&e->reply);
    pl__free(e);
}

static pl_status event_fill(event *e, const pl_script_reply *answer)
{
    pl__str_init(&e->reply.headers, PL_HTTP_HEADER_BYTES_MAX);
    pl__str_init(&e->reply.body, PL_HTTP_REPLY_BYTES_MAX);
    e->failure = answer->failure;
    if (answer->failure != PL_HTTP_OK)
        return PL_OK;
    e->reply.status = answer->status;
    pl_status rc = pl__str_append_c(&e->reply.headers, answer->headers ? answer->headers : "");
    return rc ? rc : pl__str_append_view(&e->reply.body, answer->body);
}

static pl_status script_submit(pl_transport *transport, pl_http_req *req, uint64_t tag, pl_error *reterr)
{
    script *s = (script *)transport;
    pl_script_reply answer = {0};
    event *e = pl__calloc(1, sizeof(*e));
    pl_status rc = e ? PL_OK : PL_E_NOMEM;
    if (rc)
        goto out;
    s->answer(req, ++s->n_submitted, &answer, s->user);
    rc = event_fill(e, &answer);
    if (rc)
        goto out;
    for (size_t i = 0; i < req->n_parts; i++)
        e->sent_bytes += pl__blob_view(req->parts[i].blob).len;
    e->tag = tag;
    e->submitted_ns = s->now_ns;
    e->due_ns = s->now_ns + answer.delay_ns;
    event **at = &s->events;
    while (*at && (*at)->due_ns <= e->due_ns)
        at = &(*at)->next;
    e->next = *at;
    *at = e;
    e = NULL;
out:
    event_free(e);
    pl__http_req_clear(req);
    return rc ? pl__fail(reterr, rc, "scripted request") : PL_OK;
}

static void event_complete(event *e, pl_http_completion *ret)
{
    static const char *const words[] = {"",          "unreachable",     "connection cut",
                                        "timed out", "reply too large", "cancelled"};
    *ret = (pl_http_completion){.tag = e->tag,
                                .failure = e->failure,
                                .reply = e->reply,
                                .elapsed_ns = e->due_ns - e->submitted_ns,
                                .sent_bytes = e->sent_bytes,
                                .received_bytes = e->reply.headers.len + e->reply.body.len};
    e->reply = (pl_http_reply){0};
    if (e->failure != PL_HTTP_OK) {
        (void)pl__fail(&ret->error, e->failure == PL_HTTP_CANCELLED ? PL_E_CANCELLED : PL_E_NET, "%s",
                       words[e->failure]);
        ret->error.retryable = e->failure != PL_HTTP_CANCELLED;
    }
    event_free(e);
}

static pl_status script_poll(pl_transport *transport, uint64_t deadline_mono_ns, pl_http_completion *ret, size_t cap,
                             size_t *ret_n, pl_error *reterr)
{
    script *s = (script *)transport;
    if (cap == 0)
        return pl__fail(reterr, PL_E_INVALID, "no room for completions");
    size_t n = 0;
    bool woken = atomic_exchange(&s->woken, false);
    if (s->events && s->events->due_ns <= deadline_mono_ns && !woken) {
        if (s->events->due_ns > s->now_ns)
            s->now_ns = s->events->due_ns;
    } else if (!woken && deadline_mono_ns != UINT64_MAX && deadline_mono_ns > s->now_ns) {
        s->now_ns = deadline_mono_ns;
    }
    while (n < cap && s->events && s->events->due_ns <= s->now_ns) {
        event *e = s->events;
        s->events = e->next;
        event_complete(e, &ret[n++]);
    }
    *ret_n = n;
    return PL_OK;
}

static void script_wake(pl_transport *transport)
{
    atomic_store(&((script *)transport)->woken, true);
}

static void script_cancel_all(pl_transport *transport)
{
    script *s = (script *)transport;
    for (event *e = s->events; e; e = e->next) {
        e->failure = PL_HTTP_CANCELLED;
        e->due_ns = s->now_ns;
        pl__http_reply_clear(&e->reply);
    }
}

static void script_free(pl_transport *transport)
{
    script *s = (script *)transport;
    if (!s)
        return;
    while (s->events) {
        event *e = s->events;
        s->events = e->next;
        event_free(e);
    }
    pl__free(s);
}

pl_status pl__transport_script_new(pl_script_answer answer, void *user, pl_transport **ret, pl_error *reterr)
{
    static const pl_transport_ops ops = {.submit = script_submit,
                                         .poll = script_poll,
                                         .wake = script_wake,
                                         .cancel_all = script_cancel_all,
                                         .free = script_free};
    script *s = pl__calloc(1, sizeof(*s));
    if (!s)
        return pl__fail(reterr, PL_E_NOMEM, "scripted transport");
    s->base.ops = &ops;
    s->answer = answer;
    s->user = user;
    s->now_ns = CLOCK_START_NS;
    atomic_init(&s->woken, false);
    *ret = &s->base;
    return PL_OK;
}

uint64_t pl__transport_script_now_ns(const pl_transport *t)
{
    return ((const script *)t)->now_ns;
}

void pl__transport_script_advance_ns(pl_transport *t, uint64_t by_ns)
{
    ((script *)t)->now_ns += by_ns;
}

uint64_t pl__transport_script_submitted(const pl_transport *t)
{
    return ((const script *)t)->n_submitted;
}
