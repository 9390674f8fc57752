/* Batches between the client and the store: what must be durable before and after the provider has them. */
#include "error.h"
#include "run_internal.h"
#include <stdio.h>
#include <string.h>

static pl_store_write write_of(const pl_batch_record *record)
{
    pl_store_write write = {.kind = PL_WRITE_BATCH};

    write.u.batch = *record;
    return write;
}

/* Not by the writer: whoever asks waits for it, and a few batches do not hold up the calls. */
static pl_status put(const pl_batch_record *record, void *user, pl_error *reterr)
{
    pl_runner *r = user;
    pl_store_write write = write_of(record);

    return r->store->ops->write(r->store, &write, 1, reterr);
}

/* By the writer, which commits in order: the results were submitted before. */
static pl_status end(const pl_batch_record *record, void *user, pl_error *reterr)
{
    pl_runner *r = user;
    pl_store_write write = write_of(record);

    return pl__store_writer_submit(r->writer, &write, 1, 0, reterr);
}

static pl_status adopt(const pl_batch_record *record, void *user, pl_error *reterr)
{
    pl_runner *r = user;

    return pl__client_adopt_batch(r->client, record, reterr);
}

pl_status pl__run_batches_begin(pl_runner *r, pl_error *reterr)
{
    const pl_batch_ledger ledger = {.put = put, .end = end, .user = r};
    pl_status rc = PL_OK;

    if (!r->store->ops->batch_each)
        return PL_OK;
    rc = pl__client_keep_batches(r->client, &ledger, reterr);
    return rc ? rc : r->store->ops->batch_each(r->store, adopt, r, reterr);
}

pl_status pl__run_batch_result(pl_runner *r, const pl_call_result *result, pl_error *reterr)
{
    const pl_decoded *d = &result->decoded;
    pl_store_write write = {.kind = PL_WRITE_CALL};

    write.u.call = (pl_store_call){.key = result->key,
                                   .outcome = d->reply.outcome,
                                   .http_status = result->http_status,
                                   .attempts = result->attempts,
                                   .usage = d->reply.usage,
                                   .elapsed_ns = result->elapsed_ns,
                                   .created_unix_ms = r->clock->now_unix_ms(r->clock->user),
                                   .codec = r->setup->config->models[result->endpoint].provider,
                                   .message = d->message[0] ? d->message : NULL,
                                   .body = {result->body.ptr ? result->body.ptr : "", result->body.len}};
    return pl__store_writer_submit(r->writer, &write, 1, 0, reterr);
}

void pl__run_batches_end(pl_runner *r)
{
    uint32_t batches = 0;
    uint64_t calls = 0;
    char *reason = r->summary->stop_reason;
    size_t len = strlen(reason);

    pl__client_batches_left(r->client, &batches, &calls);
    if (batches > 0)
        (void)snprintf(reason + len, sizeof(r->summary->stop_reason) - len,
                       "%s%u %s of %llu requests %s at the provider: the same command collects %s", len > 0 ? "; " : "",
                       batches, batches == 1 ? "batch" : "batches", (unsigned long long)calls,
                       batches == 1 ? "goes on" : "go on", batches == 1 ? "it" : "them");
}
