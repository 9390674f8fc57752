#include "client.h"

#include "alloc.h"
#include "batch.h"
#include "client_internal.h"
#include "error.h"
#include "redact.h"
#include "vec.h"

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

static pl_call *pop_arrived(pl_client *c)
{
    pl_call *x = c->arrived_first;
    c->arrived_first = x->next;
    if (!c->arrived_first)
        c->arrived_last = NULL;
    return x;
}

static void call_reset(pl_call *x)
{
    pl__client_drop_answer(x);
    pl__http_req_clear(&x->req);
}

static void push_idle(pl_client *c, pl_call *x)
{
    call_reset(x);
    x->state = PL_CALL_IDLE;
    x->next = c->idle;
    c->idle = x;
}

static pl_status idle_call(pl_client *c, pl_call **ret)
{
    if (!c->idle) {
        pl_status rc = pl__vec_reserve(&c->calls, &c->cap_calls, c->n_calls + 1, sizeof(pl_call *));
        rc = rc ? rc : pl__deadlines_reserve(&c->waiting, c->n_calls + 1);
        pl_call *x = rc ? NULL : pl__calloc(1, sizeof(*x));
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

/* ---- the end of an attempt ---- */

static void redact(const pl_client *c, char *line)
{
    for (size_t i = 0; i < c->secrets.n; i++)
        pl__redact_secret(line, pl__secrets_get(&c->secrets, i));
}

static void decode_failure(const pl_client *c, pl_call *x)
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
    redact(c, x->decoded.message);
    pl__http_reply_clear(&x->reply); /* a part of a reply is none */
}

static pl_status decode(pl_client *c, pl_call *x, pl_error *reterr)
{
    const pl_endpoint *e = &c->lanes[x->lane].endpoint;
    if (x->failure != PL_HTTP_OK) {
        decode_failure(c, x);
    } else {
        pl__secrets_mask_reply(&c->secrets, &x->reply);
        pl_status rc = e->codec->decode(&x->reply, c->clock->now_unix_ms(c->clock->user), &x->decoded, reterr);
        if (rc)
            return rc;
        redact(c, x->decoded.message);
    }
    x->decoded_yet = true;
    return PL_OK;
}

static void end_call(pl_client *c, pl_call *x, pl_call_result *ret)
{
    pl_lane *lane = &c->lanes[x->lane];
    pl_endpoint *e = &lane->endpoint;
    *ret = (pl_call_result){.tag = x->tag,
                            .endpoint = x->lane,
                            .decoded = x->decoded,
                            .body = x->reply.body,
                            .http_status = x->reply.status,
                            .attempts = x->attempts,
                            .elapsed_ns = x->ended_ns - x->started_ns};
    if (pl__endpoint_count(e, x->decoded.reply.outcome))
        pl__log(c->log, PL_LOG_WARN, "%s: closed after %u answers in a row: %s%s%s", e->spec.name, PL_CLOSE_AFTER,
                pl__outcome_name(x->decoded.reply.outcome), x->decoded.message[0] ? ": " : "", x->decoded.message);
    lane->stats.calls += x->attempts > 0 ? 1 : 0;
    if (x->attempts > lane->stats.attempts_most)
        lane->stats.attempts_most = x->attempts;
    x->decoded = (pl_decoded){0};
    pl__str_init(&x->reply.body, PL_HTTP_REPLY_BYTES_MAX);
    push_idle(c, x);
    c->in_flight--;
}

/* Looks at what has arrived and hands out what is finished. */
static pl_status settle(pl_client *c, pl_call_result *ret, size_t cap, size_t *n, pl_error *reterr)
{
    while (*n < cap && c->arrived_first) {
        pl_call *x = c->arrived_first;
        if (!x->decoded_yet) {
            pl_status rc = decode(c, x, reterr);
            if (rc)
                return rc;
            (void)pop_arrived(c);
            pl__client_attempt_ended(c, x);
            if (pl__client_retry(c, x))
                continue;
        } else {
            (void)pop_arrived(c);
        }
        end_call(c, x, &ret[(*n)++]);
    }
    return PL_OK;
}

static void take(pl_client *c, pl_http_completion *done)
{
    if (done->tag & PL_BATCH_TRANSPORT_TAG) {
        pl__batches_take(c->batches, done);
        return;
    }
    pl_call *x = done->tag < c->n_calls ? c->calls[done->tag] : NULL;
    if (!x || x->state != PL_CALL_SENT) {
        pl__http_reply_clear(&done->reply);
        return;
    }
    x->failure = done->failure;
    x->error = done->error;
    x->reply = done->reply;
    x->ended_ns = now_ns(c);
    pl__client_arrived(c, x);
}

/* ---- the client ---- */

static pl_status share_out(pl_client *c, uint32_t requests_max, pl_error *reterr)
{
    pl_fair_share share = {0};
    uint32_t *caps = pl__calloc(c->n_lanes, sizeof(*caps));
    pl_status rc = caps ? PL_OK : PL_E_NOMEM;
    for (uint32_t i = 0; i < c->n_lanes && !rc; i++)
        caps[i] = c->lanes[i].endpoint.slots;
    rc = rc ? rc : pl__fair_init(&share, caps, c->n_lanes, requests_max);
    pl__free(caps);
    if (rc)
        return pl__fail(reterr, rc, "client");
    pl__fair_clear(&c->share);
    c->share = share;
    return PL_OK;
}

/* Keys that commands print, each asked once; then everything that no output may show. */
static pl_status read_secrets(pl_client *c, pl_error *reterr)
{
    pl_status rc = PL_OK;
    for (uint32_t i = 0; i < c->n_lanes && !rc; i++) {
        pl_endpoint *e = &c->lanes[i].endpoint;
        const pl_endpoint *same_key = NULL;
        for (uint32_t k = 0; k < i && !same_key; k++)
            if (pl__key_same_place(&c->lanes[k].endpoint.spec, &e->spec))
                same_key = &c->lanes[k].endpoint;
        rc = pl__endpoint_ask_key(e, same_key, reterr);
        rc = rc ? rc : pl__endpoint_secrets(e, &c->secrets, reterr);
        if (!rc)
            pl__key_warn(&e->spec, e->key.len > 0, c->log);
    }
    return rc;
}

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
    c->lanes = pl__calloc(n_models, sizeof(*c->lanes));
    c->wants = pl__calloc(n_models, sizeof(*c->wants));
    if (!c->lanes || !c->wants) {
        rc = pl__fail(reterr, PL_E_NOMEM, "client");
        goto out;
    }
    for (; c->n_lanes < n_models && !rc; c->n_lanes++)
        rc = pl__lane_init(&c->lanes[c->n_lanes], &models[c->n_lanes], seed, now_ns(c), reterr);
    rc = rc ? rc : read_secrets(c, reterr);
    rc = rc ? rc : share_out(c, PL_CLIENT_REQUESTS_MAX, reterr);
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
    if (client->in_flight > 0 || client->batches)
        client->transport->ops->cancel_all(client->transport);
    pl__batches_free(client->batches);
    for (size_t i = 0; i < client->n_calls; i++) {
        call_reset(client->calls[i]);
        pl__free(client->calls[i]);
    }
    for (uint32_t i = 0; i < client->n_lanes; i++)
        pl__lane_clear(&client->lanes[i]);
    pl__secrets_clear(&client->secrets);
    pl__deadlines_clear(&client->waiting);
    pl__fair_clear(&client->share);
    pl__free(client->calls);
    pl__free(client->wants);
    pl__free(client->lanes);
    pl__free(client);
}

pl_status pl__client_set_requests_max(pl_client *client, uint32_t requests_max, pl_error *reterr)
{
    if (requests_max == 0)
        return pl__fail(reterr, PL_E_INVALID, "no requests at all");
    if (client->in_flight > 0)
        return pl__fail(reterr, PL_E_BUSY, "%u calls in flight", client->in_flight);
    return share_out(client, requests_max, reterr);
}

static uint32_t slots_of(const pl_client *c, const pl_endpoint *e)
{
    return c->batches && e->spec.reach.batch ? PL_BATCH_CALLS_MAX : e->slots;
}

uint32_t pl__client_free_slots(const pl_client *client, uint32_t model)
{
    if (model >= client->n_lanes)
        return 0;
    const pl_endpoint *e = &client->lanes[model].endpoint;
    return slots_of(client, e) - e->slots_used;
}

/* *ret_taken: it goes, or has gone, in a batch. */
static pl_status submit_to_batch(pl_client *c, uint32_t model, const pl_chat *chat, const pl_chat_image *images,
                                 size_t n_images, uint64_t tag, bool *ret_taken, pl_error *reterr)
{
    pl_digest key;
    if (!c->batches)
        return PL_OK;
    pl_status rc = pl__chat_key(chat, &key, reterr);
    if (rc || (!c->lanes[model].endpoint.spec.reach.batch && !pl__batches_awaits(c->batches, &key)))
        return rc;
    *ret_taken = true;
    return pl__batches_submit(c->batches, model, chat, &key, images, n_images, tag, reterr);
}

pl_status pl__client_submit(pl_client *client, uint32_t model, const pl_chat *chat, const pl_chat_image *images,
                            size_t n_images, uint64_t tag, pl_error *reterr)
{
    pl_call *x = NULL;
    if (model >= client->n_lanes)
        return pl__fail(reterr, PL_E_INVALID, "model %u of %u", model, client->n_lanes);
    pl_endpoint *e = &client->lanes[model].endpoint;
    if (e->slots_used >= slots_of(client, e))
        return pl__fail(reterr, PL_E_BUSY, "model %s has no free slot", e->spec.name);
    bool batched = false;
    pl_status rc = submit_to_batch(client, model, chat, images, n_images, tag, &batched, reterr);
    if (rc || batched) {
        e->slots_used += rc ? 0 : 1;
        return rc;
    }
    rc = idle_call(client, &x);
    if (rc)
        return pl__fail(reterr, rc, "model %s: call", e->spec.name);
    rc = pl__endpoint_encode(e, chat, images, n_images, &x->req, reterr);
    x->lane = model;
    x->replica = PL_REPLICA_NONE;
    x->attempts = 0;
    x->tag = tag;
    x->started_ns = x->ended_ns = now_ns(client);
    pl__client_weigh(x, chat, n_images);
    rc = rc ? rc : pl__client_begin(client, x, reterr);
    if (rc) {
        push_idle(client, x);
        return rc;
    }
    e->slots_used++;
    client->in_flight++;
    return PL_OK;
}

/* Until when the transport may run without anything to do for us. */
static uint64_t idle_until_ns(const pl_client *c, uint64_t now, uint64_t deadline_mono_ns)
{
    uint64_t due_ns = c->arrived_first ? now : pl__client_due_ns(c); /* a retry that could not be sent */
    uint64_t batches_ns = pl__batches_due_ns(c->batches);
    due_ns = batches_ns < due_ns ? batches_ns : due_ns;
    return due_ns < deadline_mono_ns ? due_ns : deadline_mono_ns;
}

/* Hands out what is there, and sends what is due. */
static pl_status progress(pl_client *c, pl_call_result *ret, size_t cap, size_t *n, pl_error *reterr)
{
    pl_status rc = settle(c, ret, cap, n, reterr);
    rc = rc ? rc : pl__batches_results(c->batches, ret, cap, n, reterr);
    uint64_t now = now_ns(c);
    pl__client_pump(c, now);
    return rc ? rc : pl__batches_pump(c->batches, now, reterr);
}

pl_status pl__client_poll(pl_client *client, uint64_t deadline_mono_ns, pl_call_result *ret, size_t cap, size_t *ret_n,
                          pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_error problem = {0};
    size_t n = 0;
    if (cap == 0)
        return pl__fail(reterr, PL_E_INVALID, "no room for results");
    rc = progress(client, ret, cap, &n, &problem);
    while (!rc && n == 0) {
        uint64_t due_ns = idle_until_ns(client, now_ns(client), deadline_mono_ns);
        size_t n_done = 0;
        rc = client->transport->ops->poll(client->transport, due_ns, client->completions, PL_COMPLETIONS_AT_ONCE,
                                          &n_done, &problem);
        if (rc)
            break;
        for (size_t i = 0; i < n_done; i++)
            take(client, &client->completions[i]);
        rc = progress(client, ret, cap, &n, &problem);
        uint64_t now = now_ns(client);
        if (now >= deadline_mono_ns || (n_done == 0 && now < due_ns)) /* over, or woken */
            break;
    }
    if (rc && n == 0) {
        if (reterr)
            *reterr = problem;
        return rc;
    }
    *ret_n = n; /* a problem that stays will be met again by the next poll */
    return PL_OK;
}

void pl__client_release(pl_client *client, uint32_t model)
{
    if (model < client->n_lanes && client->lanes[model].endpoint.slots_used > 0)
        client->lanes[model].endpoint.slots_used--;
}

uint32_t pl__client_in_flight(const pl_client *client)
{
    return client->in_flight + pl__batches_in_flight(client->batches);
}

pl_status pl__client_keep_batches(pl_client *client, const pl_batch_ledger *ledger, pl_error *reterr)
{
    return client->batches ? PL_OK : pl__batches_new(client, ledger, &client->batches, reterr);
}

pl_status pl__client_adopt_batch(pl_client *client, const pl_batch_record *record, pl_error *reterr)
{
    return client->batches ? pl__batches_adopt(client->batches, record, reterr) : PL_OK;
}

bool pl__client_awaits(const pl_client *client, const pl_digest *key)
{
    return client->batches && pl__batches_awaits(client->batches, key);
}

void pl__client_batches_left(const pl_client *client, uint32_t *ret_batches, uint64_t *ret_calls)
{
    pl__batches_left(client->batches, ret_batches, ret_calls);
}

pl_outcome pl__client_closed(const pl_client *client, uint32_t model)
{
    if (model >= client->n_lanes)
        return PL_OUTCOME_NONE;
    const pl_lane *lane = &client->lanes[model];
    pl_outcome refused = pl__endpoint_closed(&lane->endpoint);
    return refused != PL_OUTCOME_NONE ? refused : lane->given_up;
}

const struct pl_endpoint *pl__client_endpoint(const pl_client *client, uint32_t model)
{
    return model < client->n_lanes ? &client->lanes[model].endpoint : NULL;
}

const pl_secrets *pl__client_secrets(const pl_client *client)
{
    return &client->secrets;
}
