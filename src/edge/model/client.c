#include "client.h"

#include "alloc.h"
#include "deadlines.h"
#include "endpoint.h"
#include "error.h"
#include "redact.h"
#include "retry.h"
#include "vec.h"

/* Invariants:
 *  1. A call is idle, or in the transport, or waiting for its next attempt, or arrived; it is in `waiting` exactly
 *     when it waits, and in the list of the arrived exactly when its last reply is still to be looked at or handed out.
 *  2. A reply leaves an arrived call only once it is decoded: when memory is short poll says so, and the next poll
 *     tries again; nothing that was paid for is lost.
 *  3. A slot is taken by submit and given back by release, whatever happens in between. */

#define COMPLETIONS_AT_ONCE 64u
#define NS_PER_MS UINT64_C(1000000)

typedef enum call_state { CALL_IDLE, CALL_SENT, CALL_WAITING, CALL_ARRIVED } call_state;

typedef struct call {
    struct call *next; /* in idle or arrived */
    uint32_t index;
    uint32_t endpoint;
    call_state state;
    bool decoded_yet; /* the reply has been looked at */
    uint32_t replica;
    uint32_t attempts;
    uint64_t tag;
    uint64_t started_ns;
    uint64_t ended_ns;
    pl_http_req req; /* its URL is the path alone */
    pl_http_failure failure;
    pl_error error; /* of a failure */
    pl_http_reply reply;
    pl_decoded decoded;
} call;

struct pl_client {
    pl_transport *transport;
    const pl_clock *clock;
    const pl_log *log;
    uint64_t seed;
    pl_endpoint *endpoints;
    uint32_t n_endpoints;
    call **calls; /* by index */
    size_t n_calls;
    size_t cap_calls;
    call *idle;
    call *arrived_first;
    call *arrived_last;
    pl_deadlines waiting; /* by call index */
    uint32_t in_flight;
    bool no_retries;
    pl_http_completion completions[COMPLETIONS_AT_ONCE];
};

void pl__call_result_clear(pl_call_result *result)
{
    pl__reply_clear(&result->decoded.reply);
    pl__str_clear(&result->body);
    *result = (pl_call_result){0};
}

static uint64_t now_ns(const pl_client *c)
{
    return c->clock->now_mono_ns(c->clock->user);
}

/* ---- calls ---- */

static void push_arrived(pl_client *c, call *x)
{
    x->state = CALL_ARRIVED;
    x->next = NULL;
    if (c->arrived_last)
        c->arrived_last->next = x;
    else
        c->arrived_first = x;
    c->arrived_last = x;
}

static call *pop_arrived(pl_client *c)
{
    call *x = c->arrived_first;
    c->arrived_first = x->next;
    if (!c->arrived_first)
        c->arrived_last = NULL;
    return x;
}

static void drop_answer(call *x)
{
    pl__http_reply_clear(&x->reply);
    pl__reply_clear(&x->decoded.reply);
    x->decoded = (pl_decoded){0};
    x->decoded_yet = false;
    x->failure = PL_HTTP_OK;
    x->error = (pl_error){0};
}

static void call_reset(call *x)
{
    drop_answer(x);
    pl__http_req_clear(&x->req);
}

static void push_idle(pl_client *c, call *x)
{
    call_reset(x);
    x->state = CALL_IDLE;
    x->next = c->idle;
    c->idle = x;
}

static pl_status idle_call(pl_client *c, call **ret)
{
    if (!c->idle) {
        pl_status rc = pl__vec_reserve(&c->calls, &c->cap_calls, c->n_calls + 1, sizeof(call *));
        rc = rc ? rc : pl__deadlines_reserve(&c->waiting, c->n_calls + 1);
        call *x = rc ? NULL : pl__calloc(1, sizeof(*x));
        if (!x)
            return PL_E_NOMEM;
        x->index = (uint32_t)c->n_calls;
        c->calls[c->n_calls++] = x;
        c->idle = x;
    }
    *ret = c->idle;
    c->idle = c->idle->next;
    return PL_OK;
}

static pl_status send_attempt(pl_client *c, call *x, pl_error *reterr)
{
    pl_http_req req = {0};
    pl_status rc = pl__endpoint_address(&c->endpoints[x->endpoint], &x->req, x->replica, &req, reterr);
    rc = rc ? rc : c->transport->ops->submit(c->transport, &req, x->index, reterr);
    pl__http_req_clear(&req);
    if (rc)
        return rc;
    drop_answer(x);
    x->attempts++;
    x->state = CALL_SENT;
    return PL_OK;
}

/* ---- the end of an attempt ---- */

static void decode_failure(const pl_endpoint *e, call *x)
{
    static const struct {
        pl_http_failure failure;
        pl_outcome outcome;
        bool retryable;
    } meanings[] = {
        {PL_HTTP_UNREACHABLE, PL_OUTCOME_UNREACHABLE, true}, {PL_HTTP_CUT, PL_OUTCOME_UNREACHABLE, true},
        {PL_HTTP_TIMEOUT, PL_OUTCOME_TIMED_OUT, true},       {PL_HTTP_TOO_LARGE, PL_OUTCOME_GARBLED, false},
        {PL_HTTP_CANCELLED, PL_OUTCOME_UNREACHABLE, false},
    };
    x->decoded.reply.outcome = PL_OUTCOME_UNREACHABLE;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].failure != x->failure)
            continue;
        x->decoded.reply.outcome = meanings[i].outcome;
        x->decoded.retryable = meanings[i].retryable;
    }
    pl__redact_line(pl__view(x->error.msg), x->decoded.message, sizeof(x->decoded.message));
    pl__redact_secret(x->decoded.message, pl__view_n(e->key.ptr, e->key.len));
    pl__http_reply_clear(&x->reply); /* a part of a reply is none */
}

static pl_status decode(pl_client *c, call *x, pl_error *reterr)
{
    const pl_endpoint *e = &c->endpoints[x->endpoint];
    if (x->failure != PL_HTTP_OK) {
        decode_failure(e, x);
    } else {
        pl__endpoint_redact_body(e, &x->reply);
        pl_status rc = e->codec->decode(&x->reply, c->clock->now_unix_ms(c->clock->user), &x->decoded, reterr);
        if (rc)
            return rc;
        pl__redact_secret(x->decoded.message, pl__view_n(e->key.ptr, e->key.len));
    }
    x->decoded_yet = true;
    return PL_OK;
}

/* Another replica, if this one cannot be reached; later calls begin there. */
static void fail_over(pl_endpoint *e, call *x)
{
    uint32_t next = (uint32_t)((x->replica + 1) % e->spec.reach.n_base_urls);
    if (x->failure != PL_HTTP_UNREACHABLE && x->failure != PL_HTTP_CUT)
        return;
    if (e->replica == x->replica)
        e->replica = next;
    x->replica = next;
}

static bool wait_for_retry(pl_client *c, call *x)
{
    pl_endpoint *e = &c->endpoints[x->endpoint];
    const pl_decoded *d = &x->decoded;
    if (!d->retryable || c->no_retries || x->attempts >= e->attempts_max)
        return false;
    uint64_t wait_ns = pl__backoff_ns(c->seed, x->tag, x->attempts, d->has_retry_after ? d->retry_after_ms : 0);
    pl__log(c->log, PL_LOG_DEBUG, "%s: %s%s%s; attempt %u of %u in %llu ms", e->spec.name,
            pl__outcome_name(d->reply.outcome), d->message[0] ? ": " : "", d->message, x->attempts + 1, e->attempts_max,
            (unsigned long long)(wait_ns / NS_PER_MS));
    fail_over(e, x);
    x->state = CALL_WAITING;
    pl__deadlines_set(&c->waiting, x->index, x->ended_ns + wait_ns);
    return true;
}

static void end_call(pl_client *c, call *x, pl_call_result *ret)
{
    pl_endpoint *e = &c->endpoints[x->endpoint];
    *ret = (pl_call_result){.tag = x->tag,
                            .endpoint = x->endpoint,
                            .decoded = x->decoded,
                            .body = x->reply.body,
                            .http_status = x->reply.status,
                            .attempts = x->attempts,
                            .elapsed_ns = x->ended_ns - x->started_ns};
    if (pl__endpoint_count(e, x->decoded.reply.outcome))
        pl__log(c->log, PL_LOG_WARN, "%s: closed after %u answers in a row: %s%s%s", e->spec.name, PL_CLOSE_AFTER,
                pl__outcome_name(x->decoded.reply.outcome), x->decoded.message[0] ? ": " : "", x->decoded.message);
    x->decoded = (pl_decoded){0};
    pl__str_init(&x->reply.body, PL_HTTP_REPLY_BYTES_MAX);
    push_idle(c, x);
    c->in_flight--;
}

/* Looks at what has arrived and hands out what is finished. */
static pl_status settle(pl_client *c, pl_call_result *ret, size_t cap, size_t *n, pl_error *reterr)
{
    while (*n < cap && c->arrived_first) {
        call *x = c->arrived_first;
        if (!x->decoded_yet) {
            pl_status rc = decode(c, x, reterr);
            if (rc)
                return rc;
            (void)pop_arrived(c);
            if (wait_for_retry(c, x))
                continue;
        } else {
            (void)pop_arrived(c);
        }
        end_call(c, x, &ret[(*n)++]);
    }
    return PL_OK;
}

/* An attempt that cannot even be sent waits again, and counts, so that it comes to an end. */
static void send_due(pl_client *c, uint64_t now)
{
    uint32_t index = 0;
    uint64_t due_ns = 0;
    while (pl__deadlines_first(&c->waiting, &index, &due_ns) && due_ns <= now) {
        call *x = c->calls[index];
        pl_error problem = {0};
        pl__deadlines_drop(&c->waiting, index);
        pl_status rc = send_attempt(c, x, &problem);
        if (rc == PL_OK)
            continue;
        drop_answer(x);
        x->attempts++;
        x->ended_ns = now;
        x->failure = PL_HTTP_CUT;
        x->error = problem;
        push_arrived(c, x);
    }
}

static void take(pl_client *c, pl_http_completion *done)
{
    call *x = done->tag < c->n_calls ? c->calls[done->tag] : NULL;
    if (!x || x->state != CALL_SENT) {
        pl__http_reply_clear(&done->reply);
        return;
    }
    x->failure = done->failure;
    x->error = done->error;
    x->reply = done->reply;
    x->ended_ns = now_ns(c);
    push_arrived(c, x);
}

/* ---- the client ---- */

pl_status pl__client_new(const pl_model_spec *models, uint32_t n_models, pl_transport *transport, const pl_clock *clock,
                         uint64_t seed, const pl_log *log, pl_client **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_client *c = pl__calloc(1, sizeof(*c));
    if (!c)
        return pl__fail(reterr, PL_E_NOMEM, "client");
    c->transport = transport;
    c->clock = clock;
    c->log = log;
    c->seed = seed;
    c->endpoints = pl__calloc(n_models, sizeof(*c->endpoints));
    if (!c->endpoints) {
        rc = pl__fail(reterr, PL_E_NOMEM, "client");
        goto out;
    }
    for (; c->n_endpoints < n_models && !rc; c->n_endpoints++)
        rc = pl__endpoint_init(&c->endpoints[c->n_endpoints], &models[c->n_endpoints], reterr);
    if (rc)
        goto out;
    *ret = c;
    c = NULL;
out:
    pl__client_free(c);
    return rc;
}

void pl__client_free(pl_client *client)
{
    if (!client)
        return;
    if (client->in_flight > 0)
        client->transport->ops->cancel_all(client->transport);
    for (size_t i = 0; i < client->n_calls; i++) {
        call_reset(client->calls[i]);
        pl__free(client->calls[i]);
    }
    for (uint32_t i = 0; i < client->n_endpoints; i++)
        pl__endpoint_clear(&client->endpoints[i]);
    pl__deadlines_clear(&client->waiting);
    pl__free(client->calls);
    pl__free(client->endpoints);
    pl__free(client);
}

uint32_t pl__client_free_slots(const pl_client *client, uint32_t model)
{
    if (model >= client->n_endpoints)
        return 0;
    return client->endpoints[model].slots - client->endpoints[model].slots_used;
}

pl_status pl__client_submit(pl_client *client, uint32_t model, const pl_chat *chat, const pl_chat_image *images,
                            size_t n_images, uint64_t tag, pl_error *reterr)
{
    call *x = NULL;
    if (model >= client->n_endpoints)
        return pl__fail(reterr, PL_E_INVALID, "model %u of %u", model, client->n_endpoints);
    pl_endpoint *e = &client->endpoints[model];
    if (e->slots_used >= e->slots)
        return pl__fail(reterr, PL_E_BUSY, "model %s has no free slot", e->spec.name);
    pl_status rc = idle_call(client, &x);
    if (rc)
        return pl__fail(reterr, rc, "model %s: call", e->spec.name);
    rc = pl__endpoint_encode(e, chat, images, n_images, &x->req, reterr);
    x->endpoint = model;
    x->replica = e->replica;
    x->attempts = 0;
    x->tag = tag;
    x->started_ns = x->ended_ns = now_ns(client);
    rc = rc ? rc : send_attempt(client, x, reterr);
    if (rc) {
        push_idle(client, x);
        return rc;
    }
    e->slots_used++;
    client->in_flight++;
    return PL_OK;
}

pl_status pl__client_poll(pl_client *client, uint64_t deadline_mono_ns, pl_call_result *ret, size_t cap, size_t *ret_n,
                          pl_error *reterr)
{
    pl_status rc = PL_OK;
    size_t n = 0;
    if (cap == 0)
        return pl__fail(reterr, PL_E_INVALID, "no room for results");
    rc = settle(client, ret, cap, &n, reterr);
    while (!rc && n == 0) {
        uint64_t now = now_ns(client);
        uint64_t due_ns = UINT64_MAX;
        uint32_t index = 0;
        size_t n_done = 0;
        send_due(client, now);
        (void)pl__deadlines_first(&client->waiting, &index, &due_ns);
        if (client->arrived_first) /* a retry that could not be sent */
            due_ns = now;
        due_ns = due_ns < deadline_mono_ns ? due_ns : deadline_mono_ns;
        rc = client->transport->ops->poll(client->transport, due_ns, client->completions, COMPLETIONS_AT_ONCE, &n_done,
                                          reterr);
        if (rc)
            break;
        for (size_t i = 0; i < n_done; i++)
            take(client, &client->completions[i]);
        rc = settle(client, ret, cap, &n, reterr);
        now = now_ns(client);
        if (now >= deadline_mono_ns || (n_done == 0 && now < due_ns)) /* over, or woken */
            break;
    }
    if (rc && n == 0)
        return rc;
    *ret_n = n; /* a problem that stays will be met again by the next poll */
    return PL_OK;
}

void pl__client_release(pl_client *client, uint32_t model)
{
    if (model < client->n_endpoints && client->endpoints[model].slots_used > 0)
        client->endpoints[model].slots_used--;
}

void pl__client_stop_retrying(pl_client *client)
{
    uint32_t index = 0;
    uint64_t due_ns = 0;
    client->no_retries = true;
    while (pl__deadlines_first(&client->waiting, &index, &due_ns)) {
        pl__deadlines_drop(&client->waiting, index);
        push_arrived(client, client->calls[index]); /* decoded already: handed out as it is */
    }
}

uint32_t pl__client_in_flight(const pl_client *client)
{
    return client->in_flight;
}

pl_outcome pl__client_closed(const pl_client *client, uint32_t model)
{
    return model < client->n_endpoints ? pl__endpoint_closed(&client->endpoints[model]) : PL_OUTCOME_NONE;
}
