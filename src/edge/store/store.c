#include "error.h"
#include "store_rules.h"

/* 0 is not an ending; beyond this no group of outcomes is defined. */
#define OUTCOME_MAX 63

void pl__store_close(pl_store *store)
{
    if (store)
        store->ops->close(store);
}

bool pl__store_replaces(pl_outcome stored, pl_outcome next)
{
    if (pl__outcome_is_response(stored))
        return false;
    if (pl__outcome_is_final_error(stored))
        return pl__outcome_is_response(next);
    return true;
}

bool pl__store_run_walked_all(pl_run_state state)
{
    return state == PL_RUN_COMPLETE || state == PL_RUN_INCOMPLETE;
}

static pl_status check_call(const pl_store_call *call, pl_error *reterr)
{
    if (call->outcome <= PL_OUTCOME_NONE || (int)call->outcome > OUTCOME_MAX)
        return pl__fail(reterr, PL_E_INVALID, "a call without an outcome");
    if (!call->codec || (!call->body.ptr && call->body.len > 0))
        return pl__fail(reterr, PL_E_INVALID, "a call without codec or body");
    if (call->body.len > PL_STORE_BODY_BYTES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "a reply of %zu bytes; at most %zu can be stored", call->body.len,
                        PL_STORE_BODY_BYTES_MAX);
    return PL_OK;
}

static pl_status check_write(const pl_store_write *w, pl_error *reterr)
{
    switch (w->kind) {
    case PL_WRITE_CALL:
        return check_call(&w->u.call, reterr);
    case PL_WRITE_TASK:
        return PL_OK;
    case PL_WRITE_ITEM:
        if (!w->u.item.id || !w->u.item.json)
            return pl__fail(reterr, PL_E_INVALID, "an item without id or content");
        if (w->u.item.position > (uint64_t)INT64_MAX)
            return pl__fail(reterr, PL_E_RANGE, "item position %llu", (unsigned long long)w->u.item.position);
        return PL_OK;
    case PL_WRITE_ABILITIES:
        if (!w->u.abilities.json)
            return pl__fail(reterr, PL_E_INVALID, "abilities without content");
        return PL_OK;
    case PL_WRITE_FILE:
        if (!w->u.file.path)
            return pl__fail(reterr, PL_E_INVALID, "a file without path");
        return PL_OK;
    case PL_WRITE_BATCH:
        if (!w->u.batch.provider || !w->u.batch.endpoint || !w->u.batch.keys)
            return pl__fail(reterr, PL_E_INVALID, "a batch without provider, endpoint or calls");
        if (w->u.batch.n_keys == 0 || w->u.batch.n_keys > PL_BATCH_RECORD_KEYS_MAX)
            return pl__fail(reterr, PL_E_LIMIT, "a batch of %zu calls", w->u.batch.n_keys);
        return PL_OK;
    }
    return pl__fail(reterr, PL_E_INVALID, "kind %d of write", (int)w->kind);
}

pl_status pl__store_check_writes(const pl_store_write *writes, size_t n, pl_error *reterr)
{
    if (!writes && n > 0)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    for (size_t i = 0; i < n; i++) {
        pl_status rc = check_write(&writes[i], reterr);
        if (rc != PL_OK)
            return rc;
    }
    return PL_OK;
}

pl_status pl__store_check_run(const pl_store_run *run, pl_error *reterr)
{
    if (!run || !run->config || !run->prompts || !run->version)
        return pl__fail(reterr, PL_E_INVALID, "a run without config, prompts or version");
    return PL_OK;
}
