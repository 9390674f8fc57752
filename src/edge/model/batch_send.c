#include "batch_internal.h"

#include "alloc.h"
#include "error.h"

#define NS_PER_MS UINT64_C(1000000)
#define PATH_BYTES_MAX 4096u

/* ---- requests ---- */

static pl_status submit(pl_batches *b, pl_batch *x, const pl_str *path, const char *type, pl_blob *body,
                        pl_error *reterr)
{
    pl_client *c = b->client;
    const pl_endpoint *e = &c->lanes[x->lane].endpoint;
    const char *version = e->spec.reach.api_version ? e->spec.reach.api_version : x->codec->version;
    pl_http_req req = {0};
    pl_http_req addressed = {0};
    pl_status rc = pl__endpoint_request(e, pl__str_c(path), type, body, &req, reterr);
    if (!rc && x->codec->header)
        rc = pl__http_req_header(&req, x->codec->header, version, reterr);
    rc = rc ? rc : pl__endpoint_address(e, &req, 0, &addressed, reterr);
    rc = rc ? rc : c->transport->ops->submit(c->transport, &addressed, PL_BATCH_TRANSPORT_TAG | x->number, reterr);
    pl__http_req_clear(&req);
    pl__http_req_clear(&addressed);
    x->sent = rc == PL_OK;
    return rc;
}

static pl_status submit_creation(pl_batches *b, pl_batch *x, const pl_str *path, pl_error *reterr)
{
    pl_blob *body = NULL;
    pl_str text = {0};
    pl_status rc = PL_OK;
    pl__str_init(&text, PATH_BYTES_MAX);
    if (x->codec->put_create) {
        rc = x->codec->put_create(x->file_id, x->tag_hex, &text);
        body = rc ? NULL : pl__blob_from_str(&text);
        rc = rc ? rc : body ? PL_OK : PL_E_NOMEM;
    } else {
        body = pl__blob_ref(x->blob);
    }
    rc = rc ? pl__fail(reterr, rc, "batch") : submit(b, x, path, "application/json", body, reterr);
    pl__blob_unref(body);
    pl__str_clear(&text);
    return rc;
}

static pl_status send_request(pl_batches *b, pl_batch *x, pl_error *reterr)
{
    char type[PL_BATCH_TYPE_BYTES];
    pl_str path = {0};
    pl_status rc = PL_OK;
    pl__str_init(&path, PATH_BYTES_MAX);
    switch (x->state) {
    case PL_BATCH_UPLOADING:
        rc = pl__str_append_c(&path, x->codec->upload_path);
        x->codec->content_type(x->tag_hex, type);
        rc = rc ? pl__fail(reterr, rc, "batch") : submit(b, x, &path, type, x->blob, reterr);
        break;
    case PL_BATCH_CREATING:
        rc = pl__str_append_c(&path, x->codec->create_path);
        rc = rc ? pl__fail(reterr, rc, "batch") : submit_creation(b, x, &path, reterr);
        break;
    case PL_BATCH_SEARCHING:
        rc = x->codec->put_list_path(x->after, &path);
        rc = rc ? pl__fail(reterr, rc, "batch") : submit(b, x, &path, NULL, NULL, reterr);
        break;
    case PL_BATCH_RUNNING:
        rc = x->codec->put_status_path(x->at.id, &path);
        rc = rc ? pl__fail(reterr, rc, "batch") : submit(b, x, &path, NULL, NULL, reterr);
        break;
    case PL_BATCH_FETCHING:
        rc = x->codec->put_output_path(x->at.id, x->at.outputs[x->at_output], &path);
        rc = rc ? pl__fail(reterr, rc, "batch") : submit(b, x, &path, NULL, NULL, reterr);
        break;
    case PL_BATCH_GATHERING:
    case PL_BATCH_CLOSING:
    case PL_BATCH_NAMING:
    case PL_BATCH_HANDING:
    case PL_BATCH_REST:
    case PL_BATCH_LEFT:
    case PL_BATCH_OVER:
        break;
    }
    pl__str_clear(&path);
    return rc;
}

/* ---- steps ---- */

/* When a batch that gathers is closed, if no call is added: nothing else is under way that could bring one, or it has
 * waited long enough. */
static uint64_t closing_ns(const pl_batches *b, const pl_batch *x)
{
    uint64_t quiet_ns = x->touched_ns + PL_BATCH_QUIET_MS * NS_PER_MS;
    uint64_t old_ns = x->opened_ns + PL_BATCH_AGE_MAX_MS * NS_PER_MS;
    if (x->n_items == 0)
        return UINT64_MAX;
    return b->client->in_flight == 0 && quiet_ns < old_ns ? quiet_ns : old_ns;
}

/* The record first: from here on a kill finds what may have been paid for. */
static pl_status close_batch(pl_batches *b, pl_batch *x, pl_error *reterr)
{
    pl_status rc = PL_OK;
    if (!x->blob) {
        rc = x->codec->end(x->tag_hex, &x->body);
        x->blob = rc ? NULL : pl__blob_from_str(&x->body);
        if (!rc && !x->blob)
            rc = PL_E_NOMEM;
        if (rc)
            return pl__fail(reterr, rc, "batch of %zu requests", x->n_items);
    }
    pl_batch_record record = pl__batch_record(b, x, false);
    rc = b->ledger.put(&record, b->ledger.user, reterr);
    if (rc)
        return rc;
    x->recorded = true;
    x->state = x->codec->upload_path ? PL_BATCH_UPLOADING : PL_BATCH_CREATING;
    x->due_ns = 0;
    return PL_OK;
}

static pl_status name_batch(pl_batches *b, pl_batch *x, pl_error *reterr)
{
    pl_batch_record record = pl__batch_record(b, x, false);
    pl_status rc = b->ledger.put(&record, b->ledger.user, reterr);
    if (rc)
        return rc;
    pl__blob_unref(x->blob);
    x->blob = NULL;
    x->state = PL_BATCH_RUNNING;
    x->due_ns = b->client->clock->now_mono_ns(b->client->clock->user) + x->pause_ms * NS_PER_MS;
    pl__log(b->client->log, PL_LOG_INFO, "%s: batch %s of %zu requests is under way",
            b->client->lanes[x->lane].endpoint.spec.name, x->at.id, x->n_items);
    return PL_OK;
}

static pl_status end_batch(pl_batches *b, pl_batch *x, pl_error *reterr)
{
    pl_status rc = PL_OK;
    if (x->recorded) {
        pl_batch_record record = pl__batch_record(b, x, true);
        rc = b->ledger.end(&record, b->ledger.user, reterr);
    }
    if (!rc)
        pl__batch_free(b, x);
    return rc;
}

/* *ret_gone: x is freed. */
static pl_status step(pl_batches *b, pl_batch *x, uint64_t now_ns, bool *ret_gone, pl_error *reterr)
{
    pl_status rc = PL_OK;
    *ret_gone = false;
    if (b->leaving)
        pl__batch_leave(x);
    if (x->state == PL_BATCH_GATHERING && closing_ns(b, x) <= now_ns)
        x->state = PL_BATCH_CLOSING;
    if (x->state == PL_BATCH_CLOSING)
        rc = close_batch(b, x, reterr);
    if (!rc && x->state == PL_BATCH_NAMING)
        rc = name_batch(b, x, reterr);
    if (!rc && x->state == PL_BATCH_OVER) {
        rc = end_batch(b, x, reterr);
        *ret_gone = rc == PL_OK;
        return rc;
    }
    if (!rc && !x->sent && x->due_ns <= now_ns)
        rc = send_request(b, x, reterr);
    return rc;
}

pl_status pl__batches_pump(pl_batches *b, uint64_t now_ns, pl_error *reterr)
{
    pl_status rc = PL_OK;
    for (pl_batch *x = b ? b->first : NULL; x && !rc;) {
        pl_batch *next = x->next;
        bool gone = false;
        rc = step(b, x, now_ns, &gone, reterr);
        x = next;
    }
    return rc;
}

uint64_t pl__batches_due_ns(const pl_batches *b)
{
    uint64_t due_ns = UINT64_MAX;
    for (const pl_batch *x = b ? b->first : NULL; x; x = x->next) {
        uint64_t at_ns = UINT64_MAX;
        switch (x->state) {
        case PL_BATCH_GATHERING:
            at_ns = closing_ns(b, x);
            break;
        case PL_BATCH_UPLOADING:
        case PL_BATCH_CREATING:
        case PL_BATCH_SEARCHING:
        case PL_BATCH_RUNNING:
        case PL_BATCH_FETCHING:
            at_ns = x->sent ? UINT64_MAX : x->due_ns;
            break;
        case PL_BATCH_CLOSING:
        case PL_BATCH_NAMING:
        case PL_BATCH_HANDING:
        case PL_BATCH_REST:
        case PL_BATCH_OVER:
            at_ns = 0;
            break;
        case PL_BATCH_LEFT:
            break;
        }
        due_ns = at_ns < due_ns ? at_ns : due_ns;
    }
    return due_ns;
}

void pl__batches_take(pl_batches *b, pl_http_completion *done)
{
    pl_batch *x = b ? b->first : NULL;
    while (x && (x->number != (uint32_t)done->tag || !x->sent))
        x = x->next;
    if (x) {
        x->sent = false;
        pl__batch_request_ended(b, x, done);
    }
    pl__http_reply_clear(&done->reply);
}
