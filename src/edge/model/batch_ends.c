#include "batch_internal.h"

#include "error.h"
#include "redact.h"
#include "retry.h"
#include "vec.h"

#include <stdio.h>
#include <string.h>

#define NS_PER_MS UINT64_C(1000000)

static uint64_t now_ns(const pl_batches *b)
{
    return b->client->clock->now_mono_ns(b->client->clock->user);
}

static const char *name_of(const pl_batches *b, const pl_batch *x)
{
    return b->client->lanes[x->lane].endpoint.spec.name;
}

static void look_again(const pl_batches *b, pl_batch *x)
{
    x->due_ns = now_ns(b) + x->pause_ms * NS_PER_MS;
    x->pause_ms += x->pause_ms / 2;
    if (x->pause_ms > PL_BATCH_PAUSE_MAX_MS)
        x->pause_ms = PL_BATCH_PAUSE_MAX_MS;
}

static void went_well(pl_batch *x)
{
    x->failures = 0;
    x->failing_since_ns = PL_FLOW_NEVER;
}

/* ---- searching ---- */

static void begin_search(const pl_batches *b, pl_batch *x)
{
    x->state = PL_BATCH_SEARCHING;
    x->after[0] = '\0';
    x->pages = 0;
    x->due_ns = now_ns(b) + PL_BATCH_SEARCH_PAUSE_MS * NS_PER_MS;
}

/* It was never created: its calls may be asked, as if they never had been. */
static void not_found(pl_batches *b, pl_batch *x)
{
    x->searches++;
    if (x->searches < PL_BATCH_SEARCHES) {
        begin_search(b, x);
        return;
    }
    b->lost += x->adopted ? 0 : 1;
    if (b->lost >= b->client->lanes[x->lane].endpoint.attempts_max) {
        pl__batch_rest(x, PL_OUTCOME_SERVER_ERROR, "what creates a batch is never answered");
        return;
    }
    pl__log(b->client->log, PL_LOG_INFO, "%s: a batch of %zu requests was never created; they are asked again",
            name_of(b, x), x->n_items);
    x->again = true;
    pl__batch_rest(x, PL_OUTCOME_NONE, "");
}

static bool is_known(const pl_batches *b, const pl_batch *x, const char *id)
{
    for (uint32_t i = 0; i < x->n_rejected; i++)
        if (strcmp(x->rejected[i], id) == 0)
            return true;
    for (const pl_batch *other = b->first; other; other = other->next)
        if (other != x && strcmp(other->at.id, id) == 0)
            return true;
    return false;
}

static bool is_ours(const pl_batches *b, const pl_batch *x, const pl_batch_status *found)
{
    if (x->codec->tagged)
        return strcmp(found->tag, x->tag_hex) == 0;
    return found->n_requests == x->n_items && !is_known(b, x, found->id) &&
           (found->created_unix_ms == 0 || found->created_unix_ms + PL_BATCH_SEARCH_SLACK_MS >= x->created_unix_ms);
}

static void took_page(pl_batches *b, pl_batch *x, const json_t *doc)
{
    const json_t *list = json_object_get(doc, "data");
    bool too_old = false;
    pl_batch_status found = {0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!x->codec->read_status(json_array_get(list, i), &found))
            continue;
        if (is_ours(b, x, &found)) {
            x->at = found;
            x->verified = x->codec->tagged;
            x->state = x->verified ? PL_BATCH_NAMING : PL_BATCH_RUNNING;
            x->due_ns = 0;
            return;
        }
        too_old = found.created_unix_ms > 0 && found.created_unix_ms + PL_BATCH_SEARCH_SLACK_MS < x->created_unix_ms;
    }
    x->pages++;
    if (!json_is_true(json_object_get(doc, "has_more")) || too_old || !found.id[0] ||
        x->pages >= PL_BATCH_SEARCH_PAGES_MAX) { /* newest first */
        not_found(b, x);
        return;
    }
    memcpy(x->after, found.id, sizeof(x->after));
    x->due_ns = 0;
}

/* ---- what a server says ---- */

static void took_status(const pl_batches *b, pl_batch *x, const pl_batch_status *status)
{
    x->at = *status;
    x->pause_ms = status->phase == PL_BATCH_GOES_ON ? x->pause_ms : PL_BATCH_PAUSE_FIRST_MS;
    if (status->phase == PL_BATCH_GOES_ON) {
        pl__log(b->client->log, PL_LOG_DEBUG, "%s: batch %s: %llu of %zu done", name_of(b, x), x->at.id,
                (unsigned long long)status->n_done, x->n_items);
        look_again(b, x);
        return;
    }
    x->state = PL_BATCH_FETCHING;
    x->at_output = 0;
    x->due_ns = 0;
    x->rest = PL_OUTCOME_BATCH_FAILED;
    if (status->phase == PL_BATCH_EXPIRED)
        x->rest = PL_OUTCOME_BATCH_EXPIRED;
    else if (status->phase == PL_BATCH_CANCELLED)
        x->rest = PL_OUTCOME_BATCH_CANCELLED;
    const char *words = status->phase == PL_BATCH_ENDED ? "the batch has ended without a result for it" : "";
    (void)snprintf(x->rest_message, sizeof(x->rest_message), "%s", status->message[0] ? status->message : words);
    if (status->n_outputs == 0)
        pl__batch_rest(x, x->rest, status->message[0] ? status->message : words);
}

/* Is the first line about one of our requests? */
static bool belongs(const pl_batches *b, const pl_batch *x, const pl_http_reply *reply)
{
    pl_view text = pl__view_n(pl__str_c(&reply->body), reply->body.len);
    size_t end = pl__view_find(text, pl__view("\n"));
    json_t *doc = NULL;
    pl_batch_line line = {0};
    bool ours = pl__json_parse(pl__view_n(text.ptr, end < text.len ? end : text.len), &doc, NULL) == PL_OK &&
                x->codec->read_line(doc, &line) && pl__batch_item(b, x, line.custom_id);
    json_decref(doc);
    return ours;
}

/* The candidate is somebody else's batch. */
static void reject(pl_batches *b, pl_batch *x)
{
    size_t cap = x->n_rejected;
    if (x->n_rejected >= PL_BATCH_REJECTED_MAX ||
        pl__vec_reserve(&x->rejected, &cap, x->n_rejected + 1, sizeof(x->rejected[0]))) {
        x->at.id[0] = '\0';
        not_found(b, x);
        return;
    }
    memcpy(x->rejected[x->n_rejected++], x->at.id, sizeof(x->at.id));
    x->at.id[0] = '\0';
    begin_search(b, x);
    x->due_ns = 0;
}

static void took_results(pl_batches *b, pl_batch *x, pl_http_reply *reply)
{
    if (!x->verified && !belongs(b, x, reply)) {
        reject(b, x);
        return;
    }
    x->verified = true;
    x->results = *reply;
    *reply = (pl_http_reply){0};
    x->at_byte = 0;
    x->state = PL_BATCH_HANDING;
}

/* ---- what goes wrong ---- */

/* What creates a batch was sent, and nobody knows whether it was understood. */
static bool is_unsure(pl_http_failure failure, const pl_http_reply *reply)
{
    if (failure != PL_HTTP_OK)
        return failure != PL_HTTP_UNREACHABLE;
    return reply->status < 400 || (reply->status >= 500 && reply->status != 503 && reply->status != 529);
}

/* The provider has it, and cannot be asked about it: its calls end as failures, to be asked for by the next run. */
static void lose_sight(const pl_batches *b, pl_batch *x, const pl_decoded *why)
{
    pl__log(b->client->log, PL_LOG_WARN, "%s: a batch of %zu requests cannot be reached: %s%s%s", name_of(b, x),
            x->n_items, pl__outcome_name(why->reply.outcome), why->message[0] ? ": " : "", why->message);
    pl__batch_rest(x, why->reply.outcome, why->message);
    x->left_after = true;
}

static bool out_of_patience(const pl_batches *b, pl_batch *x)
{
    const pl_lane *lane = &b->client->lanes[x->lane];
    if (x->failing_since_ns == PL_FLOW_NEVER)
        x->failing_since_ns = now_ns(b);
    x->failures++;
    return b->no_retries ||
           (x->failures >= lane->endpoint.attempts_max && now_ns(b) - x->failing_since_ns >= lane->patience_known_ns);
}

static void failed_before_creation(const pl_batches *b, pl_batch *x, const pl_decoded *why)
{
    pl_outcome outcome = why->reply.outcome;
    x->failures++;
    if (why->retryable && !b->no_retries && x->failures < b->client->lanes[x->lane].endpoint.attempts_max)
        return;
    if (pl__outcome_is_final_error(outcome)) /* of the batch, not of each call */
        outcome = PL_OUTCOME_BATCH_FAILED;
    pl__log(b->client->log, PL_LOG_WARN, "%s: a batch of %zu requests was not taken: %s%s%s", name_of(b, x), x->n_items,
            pl__outcome_name(why->reply.outcome), why->message[0] ? ": " : "", why->message);
    pl__batch_rest(x, outcome, why->message);
}

/* The provider knows nothing of what was asked for. */
static void is_gone(pl_batches *b, pl_batch *x)
{
    if (x->state == PL_BATCH_SEARCHING) {
        x->searches = PL_BATCH_SEARCHES; /* a server that lists no batches */
        not_found(b, x);
    } else if (!x->verified) {
        reject(b, x);
    } else {
        pl__batch_rest(x, PL_OUTCOME_BATCH_EXPIRED, "the provider does not keep it any more");
    }
}

static void went_wrong(pl_batches *b, pl_batch *x, const pl_decoded *why)
{
    bool gone = why->reply.outcome == PL_OUTCOME_NOT_FOUND || why->reply.outcome == PL_OUTCOME_BAD_REQUEST;
    x->due_ns = now_ns(b) + pl__backoff_ns(b->client->seed, x->number, x->failures + 1,
                                           why->has_retry_after ? why->retry_after_ms : 0);
    switch (x->state) {
    case PL_BATCH_UPLOADING:
    case PL_BATCH_CREATING:
        failed_before_creation(b, x, why);
        return;
    case PL_BATCH_SEARCHING:
    case PL_BATCH_RUNNING:
    case PL_BATCH_FETCHING:
        if (gone) {
            is_gone(b, x);
            return;
        }
        break;
    case PL_BATCH_GATHERING:
    case PL_BATCH_CLOSING:
    case PL_BATCH_NAMING:
    case PL_BATCH_HANDING:
    case PL_BATCH_REST:
    case PL_BATCH_LEFT:
    case PL_BATCH_OVER:
        return;
    }
    if (!why->retryable || out_of_patience(b, x))
        lose_sight(b, x, why);
}

static pl_outcome outcome_of(pl_http_failure failure)
{
    if (failure == PL_HTTP_TIMEOUT)
        return PL_OUTCOME_TIMED_OUT;
    return failure == PL_HTTP_TOO_LARGE ? PL_OUTCOME_GARBLED : PL_OUTCOME_UNREACHABLE;
}

static void read_problem(const pl_batches *b, const pl_batch *x, const pl_http_completion *done, pl_decoded *ret)
{
    const pl_client *c = b->client;
    *ret = (pl_decoded){.retryable = true};
    ret->reply.outcome = outcome_of(done->failure);
    if (done->failure != PL_HTTP_OK) {
        ret->retryable = done->failure != PL_HTTP_TOO_LARGE;
        pl__redact_line(pl__view(done->error.msg), ret->message, sizeof(ret->message));
    } else if (done->reply.status >= 200 && done->reply.status < 300) {
        ret->reply.outcome = PL_OUTCOME_GARBLED;
    } else if (c->lanes[x->lane].endpoint.codec->decode(&done->reply, c->clock->now_unix_ms(c->clock->user), ret,
                                                        NULL)) {
        *ret = (pl_decoded){.retryable = true};
        ret->reply.outcome = PL_OUTCOME_SERVER_ERROR; /* no memory to read it: as if it had not come */
    }
    pl_outcome outcome = ret->reply.outcome;
    pl__reply_clear(&ret->reply);
    ret->reply.outcome = outcome;
    for (size_t i = 0; i < c->secrets.n; i++)
        pl__redact_secret(ret->message, pl__secrets_get(&c->secrets, i));
}

/* False: the body is not what was asked for. */
static bool take_json(pl_batches *b, pl_batch *x, const json_t *doc)
{
    pl_batch_status status = {0};
    switch (x->state) {
    case PL_BATCH_UPLOADING:
        if (!pl__batch_text(doc, "id", x->file_id, sizeof(x->file_id)))
            return false;
        x->state = PL_BATCH_CREATING;
        x->due_ns = 0;
        return true;
    case PL_BATCH_CREATING:
        if (!x->codec->read_status(doc, &status))
            return false;
        x->at = status;
        x->verified = true;
        x->state = PL_BATCH_NAMING;
        b->lost = 0;
        return true;
    case PL_BATCH_SEARCHING:
        if (!json_is_array(json_object_get(doc, "data")))
            return false;
        took_page(b, x, doc);
        return true;
    default:
        if (!x->codec->read_status(doc, &status))
            return false;
        took_status(b, x, &status);
        return true;
    }
}

void pl__batch_request_ended(pl_batches *b, pl_batch *x, pl_http_completion *done)
{
    pl_http_reply *reply = &done->reply;
    bool good = done->failure == PL_HTTP_OK && reply->status >= 200 && reply->status < 300;
    pl_decoded why = {0};
    if (done->failure == PL_HTTP_OK)
        pl__secrets_mask_reply(&b->client->secrets, reply);
    if (good && x->state == PL_BATCH_FETCHING) {
        took_results(b, x, reply);
        went_well(x);
        return;
    }
    if (good) {
        json_t *doc = NULL;
        pl_status rc = pl__json_parse(pl__view_n(pl__str_c(&reply->body), reply->body.len), &doc, NULL);
        bool taken = rc == PL_OK && take_json(b, x, doc);
        json_decref(doc);
        if (taken) {
            went_well(x);
            return;
        }
    }
    if (x->state == PL_BATCH_CREATING && is_unsure(done->failure, reply)) {
        x->unsure = true;
        x->searches = 0;
        begin_search(b, x);
        return;
    }
    read_problem(b, x, done, &why);
    went_wrong(b, x, &why);
}
