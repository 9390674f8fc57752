#include "client_internal.h"

#include "batch.h"
#include "error.h"
#include "rate_headers.h"
#include "retry.h"

#include <string.h>

#define NS_PER_MS UINT64_C(1000000)

/* ---- lanes ---- */

/* The most that the pauses between one call's attempts can come to. */
static uint64_t attempts_span_ns(uint32_t attempts_max)
{
    uint64_t sum_ms = 0;
    uint64_t ceiling_ms = PL_BACKOFF_FIRST_MS;
    for (uint32_t i = 1; i < attempts_max; i++) {
        sum_ms += ceiling_ms < PL_BACKOFF_MAX_MS ? ceiling_ms : PL_BACKOFF_MAX_MS;
        ceiling_ms = ceiling_ms < PL_BACKOFF_MAX_MS ? ceiling_ms * 2 : ceiling_ms;
    }
    return sum_ms * NS_PER_MS;
}

pl_status pl__lane_init(pl_lane *lane, const pl_model_spec *spec, uint64_t seed, uint64_t now_ns, pl_error *reterr)
{
    const pl_endpoint_spec *reach = &spec->reach;
    uint64_t ids[PL_REPLICAS_MAX];
    pl_replicas_spec flow = {.ids = ids, .rpm = reach->rpm, .tpm = reach->tpm, .seed = seed};
    pl_status rc = pl__endpoint_init(&lane->endpoint, spec, reterr);
    if (rc)
        return rc;
    if (reach->n_base_urls > PL_REPLICAS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "model %s: more than %u base_urls", spec->name, PL_REPLICAS_MAX);
    for (size_t i = 0; i < reach->n_base_urls; i++)
        ids[i] = pl__hash64(reach->base_urls[i], strlen(reach->base_urls[i]), 0);
    flow.n = (uint32_t)reach->n_base_urls;
    flow.concurrency = lane->endpoint.slots;
    rc = pl__replicas_init(&lane->replicas, &flow, now_ns);
    if (rc)
        return pl__fail(reterr, rc, "model %s", spec->name);
    lane->patience_new_ns = attempts_span_ns(lane->endpoint.attempts_max);
    lane->patience_known_ns = reach->timeout_total_ms * NS_PER_MS;
    if (lane->patience_known_ns < lane->patience_new_ns)
        lane->patience_known_ns = lane->patience_new_ns;
    return PL_OK;
}

void pl__lane_clear(pl_lane *lane)
{
    pl__endpoint_clear(&lane->endpoint);
    pl__replicas_clear(&lane->replicas);
}

void pl__client_weigh(pl_call *x, const pl_chat *chat, size_t n_images)
{
    size_t text_bytes = 0;
    uint64_t of_text = 0;
    uint64_t of_images = 0;
    uint32_t samples = chat->n > 1 ? chat->n : 1;
    for (size_t i = 0; i < chat->n_parts; i++) {
        const pl_part *part = &chat->parts[i];
        if (part->kind == PL_PART_IMAGE)
            of_images = pl__hash64(part->image_digest.bytes, sizeof(part->image_digest.bytes), of_images);
        else
            of_text = pl__hash64(part->text.ptr, part->text.len, of_text);
        text_bytes += part->kind == PL_PART_TEXT ? part->text.len : 0;
    }
    x->affinity = n_images > 0 ? of_images : of_text;
    x->tokens = pl__tokens_estimate(text_bytes, n_images, 0) + (double)chat->max_tokens * samples;
}

/* ---- queues ---- */

static void queue_changed(pl_lane *lane, bool was_empty, uint64_t now_ns)
{
    lane->blocked_until_ns = 0;
    if (was_empty && lane->first)
        lane->queued_since_ns = now_ns;
    if (!was_empty && !lane->first && now_ns > lane->queued_since_ns)
        lane->stats.throttled_ns += now_ns - lane->queued_since_ns;
}

static void push_last(pl_lane *lane, pl_call *x, uint64_t now_ns)
{
    bool was_empty = !lane->first;
    x->state = PL_CALL_QUEUED;
    x->next = NULL;
    if (was_empty)
        lane->first = x;
    else
        lane->last->next = x;
    lane->last = x;
    lane->stats.queued++;
    if (was_empty)
        queue_changed(lane, was_empty, now_ns);
}

/* What was begun before comes first. */
static void push_first(pl_lane *lane, pl_call *x, uint64_t now_ns)
{
    bool was_empty = !lane->first;
    x->state = PL_CALL_QUEUED;
    x->next = lane->first;
    lane->first = x;
    if (was_empty)
        lane->last = x;
    lane->stats.queued++;
    queue_changed(lane, was_empty, now_ns);
}

static pl_call *pop_first(pl_lane *lane, uint64_t now_ns)
{
    pl_call *x = lane->first;
    lane->first = x->next;
    if (!lane->first)
        lane->last = NULL;
    lane->stats.queued--;
    queue_changed(lane, false, now_ns);
    return x;
}

/* ---- sending ---- */

/* Sends x if it may go now; if not, the lane knows until when not. */
static pl_status try_send(pl_client *c, pl_call *x, uint64_t now_ns, bool *ret_sent, pl_error *reterr)
{
    pl_lane *lane = &c->lanes[x->lane];
    const pl_endpoint *e = &lane->endpoint;
    const pl_route_wish wish = {.affinity = x->affinity,
                                .tokens = x->tokens,
                                .avoid = x->replica,
                                .careful = e->attempts_max > 1 && x->attempts + 1 >= e->attempts_max};
    pl_http_req req = {0};
    *ret_sent = false;
    if (!pl__fair_may(&c->share, x->lane))
        return PL_OK;
    uint32_t replica = pl__replicas_route(&lane->replicas, &wish, now_ns, &lane->blocked_until_ns);
    if (replica == PL_REPLICA_NONE)
        return PL_OK;
    pl_status rc = pl__endpoint_address(e, &x->req, replica, &req, reterr);
    rc = rc ? rc : c->transport->ops->submit(c->transport, &req, x->index, reterr);
    pl__http_req_clear(&req);
    if (rc)
        return rc;
    if (x->attempts > 0)
        lane->stats.retries[x->decoded.reply.outcome]++;
    pl__client_drop_answer(x);
    x->probe = pl__replicas_sent(&lane->replicas, replica, x->tokens, now_ns);
    pl__fair_take(&c->share, x->lane);
    x->replica = replica;
    x->attempts++;
    lane->stats.attempts++;
    x->state = PL_CALL_SENT;
    x->sent_ns = now_ns;
    *ret_sent = true;
    return PL_OK;
}

pl_status pl__client_begin(pl_client *c, pl_call *x, pl_error *reterr)
{
    pl_lane *lane = &c->lanes[x->lane];
    bool sent = false;
    if (!lane->first && lane->given_up == PL_OUTCOME_NONE) {
        pl_status rc = try_send(c, x, x->started_ns, &sent, reterr);
        if (rc || sent)
            return rc;
    }
    push_last(lane, x, x->started_ns);
    return PL_OK;
}

/* It could not even be sent: that counts as an attempt, so that it comes to an end. */
static void end_unsent(pl_client *c, pl_call *x, const pl_error *problem, uint64_t now_ns)
{
    pl__client_drop_answer(x);
    x->attempts++;
    x->ended_ns = now_ns;
    x->failure = PL_HTTP_CUT;
    x->error = *problem;
    x->replica = PL_REPLICA_NONE;
    pl__client_arrived(c, x);
}

/* A call of a lane that nobody serves ends as what it had, or if it has never been sent as what the others had. */
static void end_given_up(pl_client *c, pl_call *x, uint64_t now_ns)
{
    const pl_lane *lane = &c->lanes[x->lane];
    if (x->attempts == 0) {
        x->decoded.reply.outcome = lane->given_up;
        memcpy(x->decoded.message, lane->down_message, sizeof(x->decoded.message));
        x->decoded_yet = true;
        x->ended_ns = now_ns;
    }
    pl__client_arrived(c, x);
}

static void end_queue(pl_client *c, pl_lane *lane, uint64_t now_ns)
{
    while (lane->first)
        end_given_up(c, pop_first(lane, now_ns), now_ns);
}

static void queue_due(pl_client *c, uint64_t now_ns)
{
    uint32_t index = 0;
    uint64_t due_ns = 0;
    while (pl__deadlines_first(&c->waiting, &index, &due_ns) && due_ns <= now_ns) {
        pl_call *x = c->calls[index];
        pl_lane *lane = &c->lanes[x->lane];
        pl__deadlines_drop(&c->waiting, index);
        lane->stats.waiting--;
        if (pl__replicas_down_since_ns(&lane->replicas) == PL_FLOW_NEVER)
            push_first(lane, x, now_ns);
        else
            push_last(lane, x, now_ns); /* the calls take turns at probing, so that none uses up its attempts */
    }
}

static bool is_ready(const pl_lane *lane, uint64_t now_ns)
{
    return lane->first && lane->blocked_until_ns <= now_ns;
}

void pl__client_pump(pl_client *c, uint64_t now_ns)
{
    queue_due(c, now_ns);
    for (uint32_t i = 0; i < c->n_lanes; i++) {
        if (c->lanes[i].given_up != PL_OUTCOME_NONE)
            end_queue(c, &c->lanes[i], now_ns);
        c->wants[i] = is_ready(&c->lanes[i], now_ns);
    }
    for (;;) {
        uint32_t i = pl__fair_pick(&c->share, c->wants);
        if (i == c->n_lanes)
            return;
        pl_lane *lane = &c->lanes[i];
        pl_error problem = {0};
        bool sent = false;
        pl_call *x = lane->first;
        pl_status rc = try_send(c, x, now_ns, &sent, &problem);
        if (rc || sent)
            (void)pop_first(lane, now_ns);
        if (rc)
            end_unsent(c, x, &problem, now_ns);
        c->wants[i] = is_ready(lane, now_ns);
    }
}

uint64_t pl__client_due_ns(const pl_client *c)
{
    uint32_t index = 0;
    uint64_t due_ns = UINT64_MAX;
    (void)pl__deadlines_first(&c->waiting, &index, &due_ns);
    for (uint32_t i = 0; i < c->n_lanes; i++) {
        const pl_lane *lane = &c->lanes[i];
        if (lane->first && lane->blocked_until_ns > 0 && lane->blocked_until_ns < due_ns)
            due_ns = lane->blocked_until_ns; /* 0: waits for a place of the share */
    }
    return due_ns;
}

/* ---- ends ---- */

static pl_flow_verdict verdict_of(const pl_call *x)
{
    pl_outcome outcome = x->decoded.reply.outcome;
    switch (x->failure) {
    case PL_HTTP_UNREACHABLE:
    case PL_HTTP_CUT:
        return PL_FLOW_UNREACHABLE;
    case PL_HTTP_TIMEOUT:
        return PL_FLOW_TIMEOUT;
    case PL_HTTP_CANCELLED:
        return PL_FLOW_NOTHING;
    case PL_HTTP_TOO_LARGE:
        return PL_FLOW_SERVED;
    case PL_HTTP_OK:
        break;
    }
    if (outcome == PL_OUTCOME_RATE_LIMITED)
        return PL_FLOW_RATE;
    if (outcome == PL_OUTCOME_GARBLED)
        return PL_FLOW_BROKEN;
    if (x->reply.status < 500 || !x->decoded.retryable) /* a permanent fault of this request is none of the server */
        return PL_FLOW_SERVED;
    return x->reply.status == 503 || x->reply.status == 504 || x->reply.status == 529 ? PL_FLOW_OVERLOAD
                                                                                      : PL_FLOW_BROKEN;
}

static pl_window_report report_of(const pl_rate_window *w)
{
    return (pl_window_report){.has_limit = w->has_limit,
                              .has_remaining = w->has_remaining,
                              .has_reset = w->has_reset,
                              .limit = (double)w->limit,
                              .remaining = (double)w->remaining,
                              .reset_ms = w->reset_ms};
}

/* No replica serves, for longer than is reasonable: the lane's calls end, and the run stops feeding it. */
static void maybe_give_up(pl_client *c, pl_lane *lane, const pl_call *x)
{
    uint64_t since_ns = pl__replicas_down_since_ns(&lane->replicas);
    uint64_t patience_ns = lane->ever_served ? lane->patience_known_ns : lane->patience_new_ns;
    if (lane->given_up != PL_OUTCOME_NONE || since_ns == PL_FLOW_NEVER || x->ended_ns - since_ns < patience_ns)
        return;
    lane->given_up = x->decoded.reply.outcome;
    memcpy(lane->down_message, x->decoded.message, sizeof(lane->down_message));
    pl__log(c->log, PL_LOG_WARN, "%s: closed after %llu s without a usable reply: %s%s%s", lane->endpoint.spec.name,
            (unsigned long long)((x->ended_ns - since_ns) / (1000 * NS_PER_MS)), pl__outcome_name(lane->given_up),
            x->decoded.message[0] ? ": " : "", x->decoded.message);
    for (size_t i = 0; i < c->n_calls; i++) {
        pl_call *other = c->calls[i];
        if (other->state != PL_CALL_WAITING || &c->lanes[other->lane] != lane)
            continue;
        pl__deadlines_drop(&c->waiting, other->index);
        lane->stats.waiting--;
        pl__client_arrived(c, other); /* decoded already */
    }
    end_queue(c, lane, x->ended_ns);
}

void pl__client_attempt_ended(pl_client *c, pl_call *x)
{
    pl_lane *lane = &c->lanes[x->lane];
    const pl_usage *usage = &x->decoded.reply.usage;
    pl_rate_facts facts = {0};
    if (x->replica == PL_REPLICA_NONE) /* it was never sent: see end_unsent */
        return;
    pl_flow_end end = {.replica = x->replica,
                       .verdict = verdict_of(x),
                       .probe = x->probe,
                       .sent_ns = x->sent_ns,
                       .tokens = x->tokens,
                       .delay_ms = x->decoded.has_retry_after ? x->decoded.retry_after_ms : 0};
    end.tokens_used = (double)(usage->input_tokens + usage->output_tokens);
    end.has_tokens_used = end.tokens_used > 0.0 || x->failure == PL_HTTP_UNREACHABLE;
    if (x->failure == PL_HTTP_OK) {
        pl__rate_facts_read(&x->reply, c->clock->now_unix_ms(c->clock->user), &facts);
        end.requests = report_of(&facts.requests);
        end.token_window = report_of(&facts.tokens);
        if (facts.has_delay && facts.delay_ms > end.delay_ms)
            end.delay_ms = facts.delay_ms;
        /* A bucket refills bit by bit, and other calls may go as it does. This one was refused: it does not come early.
         */
        if (end.verdict == PL_FLOW_RATE && !facts.has_delay && !x->decoded.has_retry_after)
            x->decoded.has_retry_after = pl__rate_exhausted_ms(&facts, &x->decoded.retry_after_ms);
    }
    if (pl__replicas_ended(&lane->replicas, &end, x->ended_ns))
        pl__log(c->log, PL_LOG_WARN, "%s: server %u of %u does not serve (%s%s%s); it is tried again now and then",
                lane->endpoint.spec.name, x->replica + 1, lane->replicas.n, pl__outcome_name(x->decoded.reply.outcome),
                x->decoded.message[0] ? ": " : "", x->decoded.message);
    pl__fair_give(&c->share, x->lane);
    lane->blocked_until_ns = 0;
    if (end.verdict == PL_FLOW_SERVED || end.verdict == PL_FLOW_RATE) {
        lane->ever_served = true;
        lane->given_up = PL_OUTCOME_NONE;
    } else if (end.verdict != PL_FLOW_NOTHING) {
        maybe_give_up(c, lane, x);
    }
}

bool pl__client_retry(pl_client *c, pl_call *x)
{
    pl_lane *lane = &c->lanes[x->lane];
    const pl_decoded *d = &x->decoded;
    uint32_t attempts_max = lane->endpoint.attempts_max;
    if (!d->retryable || c->no_retries || x->attempts >= attempts_max || lane->given_up != PL_OUTCOME_NONE)
        return false;
    bool elsewhere = x->failure == PL_HTTP_UNREACHABLE && lane->replicas.n > 1;
    uint64_t wait_ns =
        pl__backoff_ns(c->seed, x->tag, elsewhere ? 1 : x->attempts, d->has_retry_after ? d->retry_after_ms : 0);
    pl__log(c->log, PL_LOG_DEBUG, "%s: %s%s%s; attempt %u of %u in %llu ms", lane->endpoint.spec.name,
            pl__outcome_name(d->reply.outcome), d->message[0] ? ": " : "", d->message, x->attempts + 1, attempts_max,
            (unsigned long long)(wait_ns / NS_PER_MS));
    x->state = PL_CALL_WAITING;
    lane->stats.waiting++;
    pl__deadlines_set(&c->waiting, x->index, x->ended_ns + wait_ns);
    return true;
}

/* ---- what a caller may ask and order ---- */

/* Ends what is queued and has been sent before (begun) or has not: decoded already, or with no outcome. */
static void take_queued(pl_client *c, pl_lane *lane, bool begun)
{
    uint64_t now_ns = c->clock->now_mono_ns(c->clock->user);
    pl_call *keep = lane->first;
    bool was_empty = !lane->first;
    lane->first = lane->last = NULL;
    lane->stats.queued = 0;
    while (keep) {
        pl_call *x = keep;
        keep = x->next;
        if ((x->attempts > 0) == begun) {
            x->decoded_yet = true;
            x->ended_ns = x->attempts > 0 ? x->ended_ns : now_ns;
            pl__client_arrived(c, x);
            continue;
        }
        x->next = NULL;
        if (lane->last)
            lane->last->next = x;
        else
            lane->first = x;
        lane->last = x;
        lane->stats.queued++;
    }
    queue_changed(lane, was_empty, now_ns);
}

void pl__client_stop_retrying(pl_client *client)
{
    uint32_t index = 0;
    uint64_t due_ns = 0;
    client->no_retries = true;
    pl__batches_stop_retrying(client->batches);
    while (pl__deadlines_first(&client->waiting, &index, &due_ns)) {
        pl_call *x = client->calls[index];
        pl__deadlines_drop(&client->waiting, index);
        client->lanes[x->lane].stats.waiting--;
        pl__client_arrived(client, x); /* decoded already: handed out as it is */
    }
    for (uint32_t i = 0; i < client->n_lanes; i++)
        take_queued(client, &client->lanes[i], true);
}

void pl__client_drop_unsent(pl_client *client)
{
    pl__batches_leave(client->batches);
    for (uint32_t i = 0; i < client->n_lanes; i++)
        take_queued(client, &client->lanes[i], false);
}

void pl__client_stats(const pl_client *client, uint32_t model, pl_client_stats *ret)
{
    *ret = (pl_client_stats){0};
    if (model >= client->n_lanes)
        return;
    const pl_lane *lane = &client->lanes[model];
    uint64_t now_ns = client->clock->now_mono_ns(client->clock->user);
    *ret = lane->stats;
    ret->breaker_openings = pl__replicas_openings(&lane->replicas);
    ret->limit = pl__replicas_limit(&lane->replicas, lane->endpoint.slots);
    ret->concurrency = lane->endpoint.slots;
    ret->in_flight = lane->replicas.in_flight;
    for (uint32_t i = 0; i < lane->replicas.n; i++)
        ret->limit_cuts += lane->replicas.replica[i].limiter.cuts;
    if (lane->first && now_ns > lane->queued_since_ns)
        ret->throttled_ns += now_ns - lane->queued_since_ns;
}
