#include "error.h"
#include "store_rules.h"

#include <string.h>

static size_t z_bytes(const char *z)
{
    return z ? strlen(z) + 1 : 0;
}

/* Copies z, its NUL included, to *cursor and moves that behind it. */
static const char *z_copy(const char *z, char **cursor)
{
    if (!z)
        return NULL;
    size_t n = strlen(z) + 1;
    char *copy = *cursor;
    memcpy(copy, z, n);
    *cursor += n;
    return copy;
}

size_t pl__store_write_extra_bytes(const pl_store_write *src)
{
    switch (src->kind) {
    case PL_WRITE_CALL:
        return z_bytes(src->u.call.codec) + z_bytes(src->u.call.message) + src->u.call.body.len;
    case PL_WRITE_ITEM:
        return z_bytes(src->u.item.id) + z_bytes(src->u.item.json) + z_bytes(src->u.item.problem);
    case PL_WRITE_FILE:
        return z_bytes(src->u.file.path);
    case PL_WRITE_ABILITIES:
        return z_bytes(src->u.abilities.json);
    case PL_WRITE_BATCH:
        return z_bytes(src->u.batch.provider) + z_bytes(src->u.batch.endpoint) + z_bytes(src->u.batch.remote_id) +
               src->u.batch.n_keys * sizeof(pl_digest);
    case PL_WRITE_TASK:
        break;
    }
    return 0;
}

static void call_copy(const pl_store_call *src, pl_store_call *ret, char **cursor)
{
    *ret = *src;
    ret->codec = z_copy(src->codec, cursor);
    ret->message = z_copy(src->message, cursor);
    ret->body = pl__view_n(NULL, 0);
    if (src->body.len > 0) {
        memcpy(*cursor, src->body.ptr, src->body.len);
        ret->body = pl__view_n(*cursor, src->body.len);
        *cursor += src->body.len;
    }
}

static void batch_copy(const pl_batch_record *src, pl_batch_record *ret, char **cursor)
{
    _Static_assert(_Alignof(pl_digest) == 1, "digests may lie anywhere");
    size_t n = src->n_keys * sizeof(pl_digest);

    *ret = *src;
    ret->provider = z_copy(src->provider, cursor);
    ret->endpoint = z_copy(src->endpoint, cursor);
    ret->remote_id = z_copy(src->remote_id, cursor);
    memcpy(*cursor, src->keys, n);
    ret->keys = (const pl_digest *)(const void *)*cursor;
    *cursor += n;
}

char *pl__store_write_copy(const pl_store_write *src, pl_store_write *ret, char *bytes)
{
    char *cursor = bytes;

    *ret = *src;
    switch (src->kind) {
    case PL_WRITE_CALL:
        call_copy(&src->u.call, &ret->u.call, &cursor);
        break;
    case PL_WRITE_ITEM:
        ret->u.item.id = z_copy(src->u.item.id, &cursor);
        ret->u.item.json = z_copy(src->u.item.json, &cursor);
        ret->u.item.problem = z_copy(src->u.item.problem, &cursor);
        break;
    case PL_WRITE_FILE:
        ret->u.file.path = z_copy(src->u.file.path, &cursor);
        break;
    case PL_WRITE_ABILITIES:
        ret->u.abilities.json = z_copy(src->u.abilities.json, &cursor);
        break;
    case PL_WRITE_BATCH:
        batch_copy(&src->u.batch, &ret->u.batch, &cursor);
        break;
    case PL_WRITE_TASK:
        break;
    }
    return cursor;
}

/* Makes room for n bytes at once, so that what is copied in next does not move. On failure *ret_cursor stays NULL. */
static pl_status room(pl_str *memory, size_t n, char **ret_cursor, pl_error *reterr)
{
    pl_status rc = pl__str_reserve(memory, n);
    if (rc != PL_OK)
        return pl__fail(reterr, rc, "%zu bytes for a stored row", n);
    *ret_cursor = memory->ptr + memory->len;
    return PL_OK;
}

static void fill(pl_str *memory, const char *cursor)
{
    memory->len = (size_t)(cursor - memory->ptr);
    memory->ptr[memory->len] = '\0';
}

pl_status pl__store_call_into(const pl_store_call *call, bool with_body, pl_store_call *ret, pl_str *memory,
                              pl_error *reterr)
{
    char *cursor = NULL;
    pl_store_call plain = *call;

    if (!with_body)
        plain.body = pl__view_n(NULL, 0);
    pl_status rc = room(memory, z_bytes(plain.codec) + z_bytes(plain.message) + plain.body.len, &cursor, reterr);
    if (!cursor)
        return rc;
    call_copy(&plain, ret, &cursor);
    fill(memory, cursor);
    return PL_OK;
}

pl_status pl__store_run_into(const pl_store_run *run, pl_store_run *ret, pl_str *memory, pl_error *reterr)
{
    char *cursor = NULL;
    pl_status rc =
        room(memory, z_bytes(run->config) + z_bytes(run->prompts) + z_bytes(run->version) + z_bytes(run->summary),
             &cursor, reterr);
    if (!cursor)
        return rc;
    *ret = *run;
    ret->config = z_copy(run->config, &cursor);
    ret->prompts = z_copy(run->prompts, &cursor);
    ret->version = z_copy(run->version, &cursor);
    ret->summary = z_copy(run->summary, &cursor);
    fill(memory, cursor);
    return PL_OK;
}
