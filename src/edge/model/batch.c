#include "batch_codecs.h"
#include "batch_internal.h"

#include "alloc.h"
#include "error.h"
#include "vec.h"

#include <string.h>

#define REPLY_BYTES 1024u        /* of a reply, but for its text */
#define REPLY_BYTES_PER_TOKEN 8u /* of text */
#define REPLY_BYTES_PER_LOGPROB 120u

static uint64_t now_ns(const pl_batches *b)
{
    return b->client->clock->now_mono_ns(b->client->clock->user);
}

/* ---- batches ---- */

pl_batch *pl__batch_new(pl_batches *b, uint32_t lane)
{
    pl_batch *x = pl__calloc(1, sizeof(*x));
    if (!x)
        return NULL;
    x->codec = pl__batch_codec_find(b->client->lanes[lane].endpoint.spec.provider);
    x->lane = lane;
    x->number = b->next_number++;
    x->failing_since_ns = PL_FLOW_NEVER;
    x->pause_ms = PL_BATCH_PAUSE_FIRST_MS;
    x->opened_ns = x->touched_ns = now_ns(b);
    pl__str_init(&x->body, PL_BATCH_BYTES_MAX * 2);
    pl_batch **end = &b->first; /* oldest first */
    while (*end)
        end = &(*end)->next;
    *end = x;
    return x;
}

void pl__batch_item_drop(pl_batches *b, pl_batch *x, size_t i)
{
    pl_batch_item *item = x->items[i];
    if (!item)
        return;
    (void)pl__map_remove(b->items, item->key.bytes, sizeof(item->key.bytes), NULL);
    b->waited -= item->waited ? 1 : 0;
    pl__free(item);
    x->items[i] = NULL;
}

void pl__batch_free(pl_batches *b, pl_batch *x)
{
    pl_batch **at = &b->first;
    while (*at && *at != x)
        at = &(*at)->next;
    if (*at)
        *at = x->next;
    for (size_t i = 0; i < x->n_items; i++)
        pl__batch_item_drop(b, x, i);
    pl__free(x->items);
    pl__free(x->keys);
    pl__free(x->rejected);
    pl__str_clear(&x->body);
    pl__blob_unref(x->blob);
    pl__http_reply_clear(&x->results);
    pl__free(x);
}

pl_batch_record pl__batch_record(const pl_batches *b, const pl_batch *x, bool ended)
{
    const pl_model_spec *spec = &b->client->lanes[x->lane].endpoint.spec;
    return (pl_batch_record){.tag = x->tag,
                             .provider = spec->provider,
                             .endpoint = spec->endpoint ? spec->endpoint : spec->reach.base_urls[0],
                             .remote_id = x->verified && x->at.id[0] ? x->at.id : NULL,
                             .ended = ended,
                             .created_unix_ms = x->created_unix_ms,
                             .keys = x->keys,
                             .n_keys = x->n_items};
}

pl_status pl__batches_new(pl_client *client, const pl_batch_ledger *ledger, pl_batches **ret, pl_error *reterr)
{
    pl_batches *b = pl__calloc(1, sizeof(*b));
    if (b)
        b->items = pl__map_new();
    if (!b || !b->items) {
        pl__free(b);
        return pl__fail(reterr, PL_E_NOMEM, "batches");
    }
    b->client = client;
    b->ledger = *ledger;
    *ret = b;
    return PL_OK;
}

void pl__batches_free(pl_batches *b)
{
    if (!b)
        return;
    while (b->first)
        pl__batch_free(b, b->first);
    pl__map_free(b->items);
    pl__free(b);
}

void pl__batch_rest(pl_batch *x, pl_outcome outcome, const char *message)
{
    x->state = PL_BATCH_REST;
    x->at_item = 0;
    x->rest = outcome;
    (void)snprintf(x->rest_message, sizeof(x->rest_message), "%s", message);
}

/* ---- items ---- */

static pl_batch_item *find(const pl_batches *b, const pl_digest *key)
{
    uintptr_t value = 0;
    return pl__map_get(b->items, key->bytes, sizeof(key->bytes), &value) ? (pl_batch_item *)value : NULL;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

pl_batch_item *pl__batch_item(const pl_batches *b, const pl_batch *x, pl_view custom_id)
{
    pl_digest key;
    if (custom_id.len != sizeof(key.bytes) * 2)
        return NULL;
    for (size_t i = 0; i < sizeof(key.bytes); i++) {
        int high = nibble(custom_id.ptr[2 * i]);
        int low = nibble(custom_id.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return NULL;
        key.bytes[i] = (uint8_t)(high * 16 + low);
    }
    pl_batch_item *item = find(b, &key);
    return item && item->batch == x ? item : NULL;
}

bool pl__batches_awaits(const pl_batches *b, const pl_digest *key)
{
    const pl_batch_item *item = find(b, key);
    return item && !item->waited;
}

static pl_status add_item(pl_batches *b, pl_batch *x, const pl_digest *key, pl_batch_item **ret)
{
    pl_batch_item *item = NULL;
    pl_status rc = pl__vec_reserve(&x->items, &x->cap_items, x->n_items + 1, sizeof(pl_batch_item *));
    rc = rc ? rc : pl__vec_reserve(&x->keys, &x->cap_keys, x->n_items + 1, sizeof(*x->keys));
    if (!rc) {
        item = pl__calloc(1, sizeof(*item));
        rc = item ? pl__map_put(b->items, key->bytes, sizeof(key->bytes), (uintptr_t)item) : PL_E_NOMEM;
    }
    if (rc) {
        pl__free(item);
        return rc;
    }
    item->key = *key;
    item->batch = x;
    item->index = x->n_items;
    x->keys[x->n_items] = *key;
    x->items[x->n_items++] = item;
    *ret = item;
    return PL_OK;
}

static void wait_for(pl_batches *b, pl_batch_item *item, uint32_t model, uint64_t tag)
{
    item->waited = true;
    item->model = model;
    item->tag = tag;
    item->started_ns = now_ns(b);
    b->waited++;
}

static bool is_at(const pl_model_spec *spec, const pl_batch_record *record)
{
    const char *endpoint = spec->endpoint ? spec->endpoint : spec->reach.base_urls[0];
    return strcmp(spec->provider, record->provider) == 0 && strcmp(endpoint, record->endpoint) == 0;
}

pl_status pl__batches_adopt(pl_batches *b, const pl_batch_record *record, pl_error *reterr)
{
    pl_client *c = b->client;
    uint32_t lane = 0;
    pl_status rc = PL_OK;
    while (lane < c->n_lanes && !is_at(&c->lanes[lane].endpoint.spec, record))
        lane++;
    if (lane == c->n_lanes || !pl__batch_codec_find(record->provider))
        return PL_OK; /* it stays in the ledger, for a run that reaches its endpoint */
    if (record->remote_id && strlen(record->remote_id) >= PL_BATCH_ID_BYTES)
        return pl__fail(reterr, PL_E_PARSE, "a batch whose name is longer than any");
    pl_batch *x = pl__batch_new(b, lane);
    if (!x)
        return pl__fail(reterr, PL_E_NOMEM, "batch");
    x->adopted = x->recorded = true;
    x->tag = record->tag;
    pl__digest_hex(&x->tag, x->tag_hex);
    x->created_unix_ms = record->created_unix_ms;
    x->state = record->remote_id ? PL_BATCH_RUNNING : PL_BATCH_SEARCHING;
    x->verified = record->remote_id != NULL;
    if (record->remote_id)
        memcpy(x->at.id, record->remote_id, strlen(record->remote_id) + 1);
    for (size_t i = 0; i < record->n_keys && !rc; i++) {
        pl_batch_item *item = NULL;
        if (find(b, &record->keys[i]))
            continue; /* an older batch has it too: asked again after that was given up */
        rc = add_item(b, x, &record->keys[i], &item);
    }
    if (rc)
        return pl__fail(reterr, rc, "batch of %zu calls", record->n_keys);
    if (x->n_items == 0) {
        pl__batch_free(b, x);
        return PL_OK;
    }
    pl__log(c->log, PL_LOG_INFO, "%s: %s a batch of %zu requests from before", c->lanes[lane].endpoint.spec.name,
            record->remote_id ? "waiting for" : "looking for", record->n_keys);
    return PL_OK;
}

/* ---- gathering ---- */

static size_t reply_bytes_of(const pl_chat *chat)
{
    size_t per_token = REPLY_BYTES_PER_TOKEN;
    if (chat->top_logprobs > 0)
        per_token += (size_t)REPLY_BYTES_PER_LOGPROB * (chat->top_logprobs + 1);
    return REPLY_BYTES + (chat->n > 1 ? chat->n : 1) * per_token * chat->max_tokens;
}

static size_t request_bytes(const pl_http_req *req)
{
    size_t n = 256; /* what stands around it */
    for (size_t i = 0; i < req->n_parts; i++)
        n += pl__blob_view(req->parts[i].blob).len;
    return n;
}

static bool has_room(const pl_batch *x, size_t bytes, size_t reply_bytes)
{
    return x->n_items == 0 || (x->n_items < PL_BATCH_REQUESTS_MAX && x->body.len + bytes <= PL_BATCH_BYTES_MAX &&
                               x->reply_bytes + reply_bytes <= PL_BATCH_REPLY_BYTES_MAX);
}

/* A tag for a new batch: nobody else's, and not that of an earlier one of the same calls. */
static void make_tag(pl_batch *x, const pl_digest *key)
{
    struct {
        pl_digest key;
        int64_t unix_ms;
        uint64_t mono_ns;
        uint64_t number;
    } source;
    memset(&source, 0, sizeof(source));
    source.key = *key;
    source.unix_ms = x->created_unix_ms;
    source.mono_ns = x->opened_ns;
    source.number = x->number;
    pl__sha256(&source, sizeof(source), &x->tag);
    pl__digest_hex(&x->tag, x->tag_hex);
}

/* The batch of the model that gathers, with room for one more. */
static pl_status gathering(pl_batches *b, uint32_t model, const pl_digest *key, size_t bytes, size_t reply_bytes,
                           pl_batch **ret)
{
    pl_batch *x = b->first;
    while (x && (x->state != PL_BATCH_GATHERING || x->lane != model))
        x = x->next;
    if (x && !has_room(x, bytes, reply_bytes)) {
        x->state = PL_BATCH_CLOSING;
        x = NULL;
    }
    if (!x) {
        x = pl__batch_new(b, model);
        if (!x)
            return PL_E_NOMEM;
        x->created_unix_ms = b->client->clock->now_unix_ms(b->client->clock->user);
        make_tag(x, key);
    }
    *ret = x;
    return x->body.len > 0 ? PL_OK : x->codec->begin(x->tag_hex, &x->body);
}

static pl_status gather(pl_batches *b, uint32_t model, const pl_chat *chat, const pl_digest *key,
                        const pl_http_req *req, pl_batch_item **ret)
{
    char hex[PL_DIGEST_HEX_BYTES];
    pl_batch *x = NULL;
    size_t reply_bytes = reply_bytes_of(chat);
    pl_status rc = gathering(b, model, key, request_bytes(req), reply_bytes, &x);
    if (rc)
        return rc;
    size_t before = x->body.len;
    pl__digest_hex(key, hex);
    rc = x->codec->add(x->n_items == 0, hex, req, &x->body);
    rc = rc ? rc : add_item(b, x, key, ret);
    if (rc) {
        x->body.len = before; /* half a request must not go out */
        x->body.ptr[before] = '\0';
        return rc;
    }
    x->reply_bytes += reply_bytes;
    x->touched_ns = now_ns(b);
    return PL_OK;
}

pl_status pl__batches_submit(pl_batches *b, uint32_t model, const pl_chat *chat, const pl_digest *key,
                             const pl_chat_image *images, size_t n_images, uint64_t tag, pl_error *reterr)
{
    const pl_endpoint *e = &b->client->lanes[model].endpoint;
    pl_batch_item *item = find(b, key);
    pl_http_req req = {0};
    pl_status rc = PL_OK;
    if (item && item->waited)
        return pl__fail(reterr, PL_E_INVALID, "model %s: the same call twice at once", e->spec.name);
    if (!item) {
        rc = pl__endpoint_encode(e, chat, images, n_images, &req, reterr);
        if (rc)
            return rc;
        rc = gather(b, model, chat, key, &req, &item);
        pl__http_req_clear(&req);
        if (rc)
            return pl__fail(reterr, rc, "model %s: a request for a batch", e->spec.name);
    }
    wait_for(b, item, model, tag);
    if (item->batch->state == PL_BATCH_LEFT) { /* ends as the others of it did */
        item->batch->state = PL_BATCH_REST;
        item->batch->at_item = 0;
    }
    return PL_OK;
}

/* ---- leaving ---- */

/* Nobody waits for it any more. One that is being created still gets its name, one whose results come is collected. */
void pl__batch_leave(pl_batch *x)
{
    switch (x->state) {
    case PL_BATCH_GATHERING:
    case PL_BATCH_CLOSING:
        pl__batch_rest(x, PL_OUTCOME_NONE, "");
        break;
    case PL_BATCH_UPLOADING:
        if (!x->sent)
            pl__batch_rest(x, PL_OUTCOME_NONE, ""); /* a file without a batch costs nothing */
        break;
    case PL_BATCH_CREATING:
        if (!x->sent && !x->unsure)
            pl__batch_rest(x, PL_OUTCOME_NONE, "");
        break;
    case PL_BATCH_FETCHING:
        if (x->sent || x->failures == 0)
            break;
        pl__batch_rest(x, PL_OUTCOME_NONE, "");
        x->left_after = true;
        break;
    case PL_BATCH_SEARCHING:
    case PL_BATCH_RUNNING:
        pl__batch_rest(x, PL_OUTCOME_NONE, "");
        x->left_after = true;
        break;
    case PL_BATCH_NAMING:
    case PL_BATCH_HANDING:
    case PL_BATCH_REST:
    case PL_BATCH_LEFT:
    case PL_BATCH_OVER:
        break;
    }
}

void pl__batches_leave(pl_batches *b)
{
    if (!b)
        return;
    b->leaving = b->no_retries = true;
    for (pl_batch *x = b->first; x; x = x->next)
        pl__batch_leave(x);
}

void pl__batches_stop_retrying(pl_batches *b)
{
    if (b)
        b->no_retries = true;
}

uint32_t pl__batches_in_flight(const pl_batches *b)
{
    return b ? b->waited : 0;
}

void pl__batches_left(const pl_batches *b, uint32_t *ret_batches, uint64_t *ret_calls)
{
    *ret_batches = 0;
    *ret_calls = 0;
    for (const pl_batch *x = b ? b->first : NULL; x; x = x->next) {
        if (!x->recorded || x->state == PL_BATCH_OVER)
            continue;
        (*ret_batches)++;
        *ret_calls += x->n_items;
    }
}
