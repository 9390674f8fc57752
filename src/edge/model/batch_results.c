#include "batch_internal.h"

#include "error.h"
#include "redact.h"

#include <stdio.h>
#include <string.h>

/* What a line says about our call, decoded as a reply of its own would be. PL_E_NOMEM. */
static pl_status decode_line(const pl_batches *b, const pl_batch *x, const pl_batch_line *line, pl_call_result *ret,
                             pl_error *reterr)
{
    const pl_client *c = b->client;
    pl_http_reply reply = {.status = line->status};
    pl_status rc = PL_OK;
    pl__str_init(&reply.headers, 0);
    pl__str_init(&reply.body, PL_HTTP_REPLY_BYTES_MAX);
    if (!line->reply) {
        ret->decoded.reply.outcome = line->outcome;
        (void)snprintf(ret->decoded.message, sizeof(ret->decoded.message), "%s",
                       line->message[0] ? line->message : "the batch has ended without it");
        return PL_OK;
    }
    rc = pl__json_write(line->reply, &reply.body);
    if (rc)
        rc = pl__fail(reterr, rc, "a reply in a batch");
    else
        rc = c->lanes[x->lane].endpoint.codec->decode(&reply, c->clock->now_unix_ms(c->clock->user), &ret->decoded,
                                                      reterr);
    if (rc) {
        pl__http_reply_clear(&reply);
        return rc;
    }
    for (size_t i = 0; i < c->secrets.n; i++)
        pl__redact_secret(ret->decoded.message, pl__secrets_get(&c->secrets, i));
    ret->http_status = line->status;
    ret->body = reply.body;
    return PL_OK;
}

static void fill(pl_batches *b, const pl_batch *x, const pl_batch_item *item, pl_call_result *ret)
{
    uint64_t now = b->client->clock->now_mono_ns(b->client->clock->user);
    ret->key = item->key;
    ret->unasked = !item->waited;
    ret->tag = item->tag;
    ret->endpoint = item->waited ? item->model : x->lane;
    ret->attempts = ret->decoded.reply.outcome == PL_OUTCOME_NONE ? 0 : 1;
    ret->elapsed_ns = now - (item->waited ? item->started_ns : x->opened_ns);
    if (item->waited)
        (void)pl__endpoint_count(&b->client->lanes[item->model].endpoint, ret->decoded.reply.outcome);
}

/* The next line's result; *ret_given false when there is no further line, or none of ours. */
static pl_status hand_line(pl_batches *b, pl_batch *x, pl_call_result *ret, bool *ret_given, pl_error *reterr)
{
    pl_view text = pl__view_n(pl__str_c(&x->results.body), x->results.body.len);
    pl_view rest = pl__view_n(text.ptr + x->at_byte, text.len - x->at_byte);
    size_t end = pl__view_find(rest, pl__view("\n"));
    size_t len = end < rest.len ? end : rest.len;
    json_t *doc = NULL;
    pl_batch_line line = {0};
    *ret_given = false;
    pl_status rc = pl__json_parse(pl__view_n(rest.ptr, len), &doc, reterr);
    if (rc == PL_E_NOMEM)
        return rc;
    const pl_batch_item *item =
        rc == PL_OK && x->codec->read_line(doc, &line) ? pl__batch_item(b, x, line.custom_id) : NULL;
    rc = PL_OK; /* what cannot be read has no result */
    if (item) {
        rc = decode_line(b, x, &line, ret, reterr);
        if (!rc) {
            fill(b, x, item, ret);
            pl__batch_item_drop(b, x, item->index);
            *ret_given = true;
        }
    }
    json_decref(doc);
    if (!rc)
        x->at_byte += len < rest.len ? len + 1 : len;
    return rc;
}

/* The file is read to its end. */
static void end_file(pl_batch *x)
{
    pl__http_reply_clear(&x->results);
    x->at_output++;
    x->due_ns = 0;
    x->state = PL_BATCH_FETCHING;
    if (x->at_output < x->at.n_outputs)
        return;
    x->state = PL_BATCH_REST;
    x->at_item = 0;
}

static pl_status hand(pl_batches *b, pl_batch *x, pl_call_result *ret, size_t cap, size_t *n, pl_error *reterr)
{
    while (*n < cap) {
        bool given = false;
        if (x->at_byte >= x->results.body.len) {
            end_file(x);
            return PL_OK;
        }
        ret[*n] = (pl_call_result){0};
        pl_status rc = hand_line(b, x, &ret[*n], &given, reterr);
        if (rc)
            return rc;
        *n += given ? 1 : 0;
    }
    return PL_OK;
}

/* Only calls that somebody waits for: that something was not asked is no news to anybody else. Those of a batch that
 * goes on stay, lest they be asked again. */
static void hand_rest(pl_batches *b, pl_batch *x, pl_call_result *ret, size_t cap, size_t *n)
{
    for (; x->at_item < x->n_items; x->at_item++) {
        pl_batch_item *item = x->items[x->at_item];
        if (!item)
            continue;
        if (item->waited) {
            if (*n == cap)
                return;
            pl_call_result *r = &ret[(*n)++];
            *r = (pl_call_result){.ask_again = x->again && !b->leaving};
            r->decoded.reply.outcome = x->rest;
            memcpy(r->decoded.message, x->rest_message, sizeof(x->rest_message));
            fill(b, x, item, r);
        }
        if (!x->left_after) {
            pl__batch_item_drop(b, x, x->at_item);
        } else if (item->waited) {
            item->waited = false;
            b->waited--;
        }
    }
    x->state = x->left_after ? PL_BATCH_LEFT : PL_BATCH_OVER;
}

pl_status pl__batches_results(pl_batches *b, pl_call_result *ret, size_t cap, size_t *n, pl_error *reterr)
{
    for (pl_batch *x = b ? b->first : NULL; x && *n < cap; x = x->next) {
        pl_status rc = x->state == PL_BATCH_HANDING ? hand(b, x, ret, cap, n, reterr) : PL_OK;
        if (rc)
            return rc;
        if (x->state == PL_BATCH_REST)
            hand_rest(b, x, ret, cap, n);
    }
    return PL_OK;
}
