#include "error.h"
#include "sqlite_store.h"
#include "store_rules.h"

#include <string.h>

#define CALL_COLUMNS "c.id, c.key, c.outcome, c.numbers, c.codec, c.message"

/* Calls that do not count are few: looking each task up among them is cheaper than looking up its call. */
static const char unit_counts[] = "SELECT u.key, t.n FROM (SELECT unit, count(*) AS n FROM task"
                                  " WHERE call NOT IN (SELECT id FROM call WHERE outcome >= ?1) GROUP BY unit) AS t"
                                  " CROSS JOIN unit AS u ON u.id = t.unit";

const char *const pl__sqlite_read_sql[PL_RS_COUNT] = {
    [PL_RS_CALL] = "SELECT " CALL_COLUMNS " FROM call AS c WHERE c.key = ?1",
    [PL_RS_BODY] = "SELECT form, size_bytes, bytes FROM body WHERE call = ?1",
    [PL_RS_UNIT] = "SELECT " CALL_COLUMNS ", t.key FROM unit AS u CROSS JOIN task AS t ON t.unit = u.id"
                   " CROSS JOIN call AS c ON c.id = t.call WHERE u.key = ?1 ORDER BY t.key",
    [PL_RS_UNIT_COUNTS] = unit_counts,
    [PL_RS_RUN] = "SELECT id, config, prompts, version, created_unix_ms, state, summary, n_items FROM run"
                  " WHERE ?1 = 0 OR id = ?1 ORDER BY id DESC LIMIT 1",
    [PL_RS_ITEMS] = "SELECT position, id, json, image_digest, problem FROM item WHERE run = ?1 ORDER BY position",
    [PL_RS_BATCHES] = "SELECT tag, provider, endpoint, remote_id, created_unix_ms, keys FROM batch WHERE ended = 0"
                      " ORDER BY tag",
    [PL_RS_FILE] = "SELECT digest FROM file WHERE path = ?1 AND size_bytes = ?2 AND mtime_ns = ?3",
    [PL_RS_ABILITIES] = "SELECT json FROM abilities WHERE endpoint = ?1",
    [PL_RS_CALLS] = "SELECT " CALL_COLUMNS " FROM call AS c ORDER BY c.key",
    [PL_RS_BEGIN] = "BEGIN",
    [PL_RS_COMMIT] = "COMMIT",
};

/* Codes of outcomes that this version or a later one of the same schema may have stored. */
#define OUTCOME_MAX 63
/* A buffer beyond this is given back after a scan. */
#define KEEP_BYTES_MAX ((size_t)1 << 20)

/* A column that cannot be had: the row is not of our making, or there was no memory for it. */
static pl_status damaged(const pl_sqlite *q, const char *what, pl_error *reterr)
{
    if (sqlite3_errcode(q->reader) == SQLITE_NOMEM)
        return pl__fail_detail(reterr, PL_E_NOMEM, SQLITE_NOMEM, "store %s: %s", q->path, what);
    return pl__fail(reterr, PL_E_PARSE, "store %s: damaged: %s", q->path, what);
}

static pl_status failed(const pl_sqlite *q, int code, pl_error *reterr)
{
    return pl__sqlite_fail(q->reader, code, q->path, reterr);
}

static bool column_digest(sqlite3_stmt *stmt, int column, pl_digest *ret)
{
    const void *bytes = sqlite3_column_blob(stmt, column);
    if (!bytes || sqlite3_column_bytes(stmt, column) != (int)sizeof(ret->bytes))
        return false;
    memcpy(ret->bytes, bytes, sizeof(ret->bytes));
    return true;
}

static const char *column_text(sqlite3_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt, column);
}

/* NULL is a value here; false when there should be text and it cannot be had. */
static bool column_text_or_null(sqlite3_stmt *stmt, int column, const char **ret)
{
    bool is_null = sqlite3_column_type(stmt, column) == SQLITE_NULL;
    *ret = is_null ? NULL : column_text(stmt, column);
    return is_null || *ret;
}

static uint64_t column_u64(sqlite3_stmt *stmt, int column)
{
    return (uint64_t)sqlite3_column_int64(stmt, column);
}

/* The strings are valid until the statement moves on. */
static pl_status column_call(const pl_sqlite *q, sqlite3_stmt *stmt, pl_store_call *ret, pl_error *reterr)
{
    pl_store_call call = {.outcome = PL_OUTCOME_NONE};
    int outcome = sqlite3_column_int(stmt, PL_CC_OUTCOME);

    call.codec = column_text(stmt, PL_CC_CODEC);
    if (!column_digest(stmt, PL_CC_KEY, &call.key) || !call.codec ||
        !column_text_or_null(stmt, PL_CC_MESSAGE, &call.message))
        return damaged(q, "a call", reterr);
    if (outcome <= (int)PL_OUTCOME_NONE || outcome > OUTCOME_MAX)
        return damaged(q, "a call's outcome", reterr);
    call.outcome = (pl_outcome)outcome;
    const void *numbers = sqlite3_column_blob(stmt, PL_CC_NUMBERS);
    if (!numbers || !pl__call_numbers_unpack(numbers, (size_t)sqlite3_column_bytes(stmt, PL_CC_NUMBERS), &call))
        return damaged(q, "a call's numbers", reterr);
    *ret = call;
    return PL_OK;
}

static void command(pl_sqlite *q, pl_read_stmt which)
{
    (void)sqlite3_step(q->rs[which]);
    (void)sqlite3_reset(q->rs[which]);
}

void pl__sqlite_read_end(pl_sqlite *q)
{
    if (q->reader && !sqlite3_get_autocommit(q->reader))
        command(q, PL_RS_COMMIT);
}

/* Makes sure that what is read now sees all that was committed. A store that others may write to gets no transaction of
 * ours; nor does one that is being written to. Failing is fine: each statement is then a transaction by itself. */
static void settle_transaction(pl_sqlite *q)
{
    unsigned long long n_commits = atomic_load(&q->n_commits);
    bool writing = atomic_load(&q->writing);

    if (n_commits != q->n_seen || writing)
        pl__sqlite_read_end(q);
    if (!q->writer || writing || !sqlite3_get_autocommit(q->reader))
        return;
    q->n_seen = n_commits;
    command(q, PL_RS_BEGIN);
}

/* Takes the read lock and binds nothing yet; stop() must follow on success. */
static pl_status start(pl_sqlite *q, pl_read_stmt which, sqlite3_stmt **ret, pl_error *reterr)
{
    (void)pthread_mutex_lock(&q->read_lock);
    if (sqlite3_stmt_busy(q->rs[which])) {
        (void)pthread_mutex_unlock(&q->read_lock);
        return pl__fail(reterr, PL_E_INVALID, "store %s: a scan inside the same kind of scan", q->path);
    }
    if (q->depth++ == 0)
        settle_transaction(q);
    *ret = q->rs[which];
    return PL_OK;
}

static void stop(pl_sqlite *q, sqlite3_stmt *stmt)
{
    (void)sqlite3_reset(stmt);
    (void)sqlite3_clear_bindings(stmt); /* borrowed memory goes away */
    q->depth--;
    if (q->depth == 0 && atomic_load(&q->writing))
        pl__sqlite_read_end(q);
    (void)pthread_mutex_unlock(&q->read_lock);
}

static int bind_digest(sqlite3_stmt *stmt, int index, const pl_digest *d)
{
    return sqlite3_bind_blob(stmt, index, d->bytes, (int)sizeof(d->bytes), SQLITE_STATIC);
}

/* Appends the body of a call to ret; no row is an empty body. Under read_lock, inside the transaction of the statement
 * that found the call. */
static pl_status read_body(pl_sqlite *q, int64_t call_id, pl_str *ret, pl_error *reterr)
{
    sqlite3_stmt *stmt = q->rs[PL_RS_BODY];
    pl_status rc = PL_OK;

    int code = sqlite3_bind_int64(stmt, 1, call_id);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        const char *bytes = sqlite3_column_blob(stmt, 2);
        pl_view stored = pl__view_n(bytes, (size_t)sqlite3_column_bytes(stmt, 2));
        if (!bytes)
            rc = damaged(q, "a reply without bytes", reterr);
        else
            rc = pl__body_unpack(&q->bodies, stored, sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1), ret,
                                 reterr);
    } else if (code != SQLITE_DONE) {
        rc = failed(q, code, reterr);
    }
    (void)sqlite3_reset(stmt);
    return rc;
}

/* The call that stmt stands on, with its strings and body in `memory`. */
static pl_status call_into(pl_sqlite *q, sqlite3_stmt *stmt, bool with_body, pl_store_call *ret, pl_str *memory,
                           pl_error *reterr)
{
    pl_store_call row;
    pl_store_call copy;
    size_t start_len = memory->len;

    pl_status rc = column_call(q, stmt, &row, reterr);
    if (rc != PL_OK)
        return rc;
    /* The body first: growing for it may move what is there already. */
    if (with_body)
        rc = read_body(q, sqlite3_column_int64(stmt, PL_CC_ID), memory, reterr);
    size_t body_len = memory->len - start_len;
    if (rc == PL_OK)
        rc = pl__store_call_into(&row, false, &copy, memory, reterr);
    if (rc != PL_OK) {
        memory->len = start_len;
        if (memory->ptr)
            memory->ptr[start_len] = '\0';
        return rc;
    }
    if (body_len > 0)
        copy.body = pl__view_n(memory->ptr + start_len, body_len);
    *ret = copy;
    return PL_OK;
}

pl_status pl__sqlite_call_get(pl_store *s, const pl_digest *key, bool with_body, pl_store_call *ret, bool *ret_found,
                              pl_str *memory, pl_error *reterr)
{
    pl_sqlite *q = (pl_sqlite *)s;
    sqlite3_stmt *stmt = NULL;

    pl_status rc = start(q, PL_RS_CALL, &stmt, reterr);
    if (rc != PL_OK)
        return rc;
    int code = bind_digest(stmt, 1, key);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        rc = call_into(q, stmt, with_body, ret, memory, reterr);
    else if (code != SQLITE_DONE)
        rc = failed(q, code, reterr);
    if (rc == PL_OK)
        *ret_found = code == SQLITE_ROW;
    stop(q, stmt);
    return rc;
}

static void trim_scratch(pl_sqlite *q)
{
    if (q->body_scratch.cap > KEEP_BYTES_MAX)
        pl__str_clear(&q->body_scratch);
}

pl_status pl__sqlite_unit_each(pl_store *s, const pl_digest *unit, bool with_body,
                               pl_status (*fn)(const pl_digest *task, const pl_store_call *call, void *user,
                                               pl_error *reterr),
                               void *user, pl_error *reterr)
{
    pl_sqlite *q = (pl_sqlite *)s;
    sqlite3_stmt *stmt = NULL;

    pl_status rc = start(q, PL_RS_UNIT, &stmt, reterr);
    if (rc != PL_OK)
        return rc;
    int code = bind_digest(stmt, 1, unit);
    while (rc == PL_OK && code == SQLITE_OK) {
        code = sqlite3_step(stmt);
        if (code != SQLITE_ROW)
            break;
        code = SQLITE_OK;
        pl_store_call call;
        pl_digest task;
        rc = column_call(q, stmt, &call, reterr);
        if (rc == PL_OK && !column_digest(stmt, PL_CC_COUNT, &task))
            rc = damaged(q, "a task", reterr);
        if (rc == PL_OK && with_body) {
            pl__str_reset(&q->body_scratch);
            rc = read_body(q, sqlite3_column_int64(stmt, PL_CC_ID), &q->body_scratch, reterr);
            call.body = pl__view_n(q->body_scratch.ptr, q->body_scratch.len);
        }
        if (rc == PL_OK)
            rc = fn(&task, &call, user, reterr);
    }
    if (rc == PL_OK && code != SQLITE_DONE)
        rc = failed(q, code, reterr);
    trim_scratch(q);
    stop(q, stmt);
    return rc;
}

pl_status pl__sqlite_unit_counts(pl_store *s, pl_outcome end,
                                 pl_status (*fn)(const pl_digest *unit, uint64_t n_tasks, void *user, pl_error *reterr),
                                 void *user, pl_error *reterr)
{
    pl_sqlite *q = (pl_sqlite *)s;
    sqlite3_stmt *stmt = NULL;

    pl_status rc = start(q, PL_RS_UNIT_COUNTS, &stmt, reterr);
    if (rc != PL_OK)
        return rc;
    int code = sqlite3_bind_int(stmt, 1, (int)end);
    while (rc == PL_OK && code == SQLITE_OK) {
        pl_digest unit;
        code = sqlite3_step(stmt);
        if (code != SQLITE_ROW)
            break;
        code = SQLITE_OK;
        if (!column_digest(stmt, 0, &unit))
            rc = damaged(q, "a unit", reterr);
        else
            rc = fn(&unit, column_u64(stmt, 1), user, reterr);
    }
    if (rc == PL_OK && code != SQLITE_DONE)
        rc = failed(q, code, reterr);
    stop(q, stmt);
    return rc;
}

pl_status pl__sqlite_call_each(pl_store *s, pl_status (*fn)(const pl_store_call *call, void *user, pl_error *reterr),
                               void *user, pl_error *reterr)
{
    pl_sqlite *q = (pl_sqlite *)s;
    sqlite3_stmt *stmt = NULL;
    int code = SQLITE_ROW;

    pl_status rc = start(q, PL_RS_CALLS, &stmt, reterr);
    if (rc != PL_OK)
        return rc;
    while (rc == PL_OK) {
        code = sqlite3_step(stmt);
        if (code != SQLITE_ROW)
            break;
        pl_store_call call;
        rc = column_call(q, stmt, &call, reterr);
        if (rc == PL_OK)
            rc = fn(&call, user, reterr);
    }
    if (rc == PL_OK && code != SQLITE_DONE)
        rc = failed(q, code, reterr);
    stop(q, stmt);
    return rc;
}

/* The run that stmt stands on; the strings are valid until it moves on. */
static pl_status column_run(const pl_sqlite *q, sqlite3_stmt *stmt, pl_store_run *ret, pl_error *reterr)
{
    int state = sqlite3_column_int(stmt, 5);
    pl_store_run run = {.id = sqlite3_column_int64(stmt, 0),
                        .config = column_text(stmt, 1),
                        .prompts = column_text(stmt, 2),
                        .version = column_text(stmt, 3),
                        .created_unix_ms = sqlite3_column_int64(stmt, 4),
                        .n_items = column_u64(stmt, 7)};

    if (!run.config || !run.prompts || !run.version || !column_text_or_null(stmt, 6, &run.summary) ||
        state < (int)PL_RUN_RUNNING || state > (int)PL_RUN_INTERRUPTED)
        return damaged(q, "a run", reterr);
    run.state = (pl_run_state)state;
    *ret = run;
    return PL_OK;
}

static pl_status no_run(const pl_sqlite *q, int64_t id, pl_error *reterr)
{
    if (id == 0)
        return pl__fail(reterr, PL_E_NOT_FOUND, "store %s: it has no run", q->path);
    return pl__fail(reterr, PL_E_NOT_FOUND, "store %s: no run %lld", q->path, (long long)id);
}

pl_status pl__sqlite_run_get(pl_store *s, int64_t id, pl_store_run *ret, pl_str *memory, pl_error *reterr)
{
    pl_sqlite *q = (pl_sqlite *)s;
    sqlite3_stmt *stmt = NULL;
    pl_store_run run = {.id = 0};

    pl_status rc = start(q, PL_RS_RUN, &stmt, reterr);
    if (rc != PL_OK)
        return rc;
    int code = sqlite3_bind_int64(stmt, 1, id);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_DONE)
        rc = no_run(q, id, reterr);
    else if (code != SQLITE_ROW)
        rc = failed(q, code, reterr);
    if (rc == PL_OK)
        rc = column_run(q, stmt, &run, reterr);
    if (rc == PL_OK)
        rc = pl__store_run_into(&run, ret, memory, reterr);
    stop(q, stmt);
    return rc;
}

/* How many items count: all that are there while a run goes on or was stopped. */
static pl_status items_end(pl_sqlite *q, int64_t run_id, uint64_t *ret, pl_error *reterr)
{
    sqlite3_stmt *stmt = NULL;
    pl_store_run run = {.id = 0};

    pl_status rc = start(q, PL_RS_RUN, &stmt, reterr);
    if (rc != PL_OK)
        return rc;
    int code = sqlite3_bind_int64(stmt, 1, run_id);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    *ret = UINT64_MAX;
    if (code == SQLITE_ROW) {
        rc = column_run(q, stmt, &run, reterr);
        if (rc == PL_OK && pl__store_run_walked_all(run.state))
            *ret = run.n_items;
    } else if (code != SQLITE_DONE) {
        rc = failed(q, code, reterr);
    }
    stop(q, stmt);
    return rc;
}

static pl_status column_item(const pl_sqlite *q, sqlite3_stmt *stmt, int64_t run_id, pl_store_item *ret,
                             pl_error *reterr)
{
    pl_store_item item = {.run_id = run_id,
                          .position = column_u64(stmt, 0),
                          .id = column_text(stmt, 1),
                          .json = column_text(stmt, 2),
                          .has_image = sqlite3_column_type(stmt, 3) != SQLITE_NULL};

    if (!item.id || !item.json || !column_text_or_null(stmt, 4, &item.problem) ||
        (item.has_image && !column_digest(stmt, 3, &item.image_digest)))
        return damaged(q, "an item", reterr);
    *ret = item;
    return PL_OK;
}

pl_status pl__sqlite_item_each(pl_store *s, int64_t run_id,
                               pl_status (*fn)(const pl_store_item *item, void *user, pl_error *reterr), void *user,
                               pl_error *reterr)
{
    pl_sqlite *q = (pl_sqlite *)s;
    sqlite3_stmt *stmt = NULL;
    uint64_t items = 0;

    pl_status rc = items_end(q, run_id, &items, reterr);
    if (rc == PL_OK)
        rc = start(q, PL_RS_ITEMS, &stmt, reterr);
    if (rc != PL_OK)
        return rc;
    int code = sqlite3_bind_int64(stmt, 1, run_id);
    while (rc == PL_OK && code == SQLITE_OK) {
        code = sqlite3_step(stmt);
        if (code != SQLITE_ROW)
            break;
        code = SQLITE_OK;
        pl_store_item item = {.run_id = run_id};
        rc = column_item(q, stmt, run_id, &item, reterr);
        if (rc == PL_OK && item.position >= items) {
            code = SQLITE_DONE;
            break;
        }
        if (rc == PL_OK)
            rc = fn(&item, user, reterr);
    }
    if (rc == PL_OK && code != SQLITE_DONE)
        rc = failed(q, code, reterr);
    stop(q, stmt);
    return rc;
}

pl_status pl__sqlite_file_get(pl_store *s, const char *path, uint64_t size_bytes, int64_t mtime_ns, pl_digest *ret,
                              bool *ret_found, pl_error *reterr)
{
    pl_sqlite *q = (pl_sqlite *)s;
    sqlite3_stmt *stmt = NULL;
    pl_digest digest;

    pl_status rc = start(q, PL_RS_FILE, &stmt, reterr);
    if (rc != PL_OK)
        return rc;
    int code = sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(stmt, 2, (sqlite3_int64)size_bytes);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(stmt, 3, mtime_ns);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW && !column_digest(stmt, 0, &digest))
        rc = damaged(q, "a file's digest", reterr);
    else if (code != SQLITE_ROW && code != SQLITE_DONE)
        rc = failed(q, code, reterr);
    if (rc == PL_OK) {
        *ret_found = code == SQLITE_ROW;
        if (code == SQLITE_ROW)
            *ret = digest;
    }
    stop(q, stmt);
    return rc;
}

pl_status pl__sqlite_abilities_get(pl_store *s, const pl_digest *endpoint, pl_str *ret, bool *ret_found,
                                   pl_error *reterr)
{
    pl_sqlite *q = (pl_sqlite *)s;
    sqlite3_stmt *stmt = NULL;

    pl_status rc = start(q, PL_RS_ABILITIES, &stmt, reterr);
    if (rc != PL_OK)
        return rc;
    int code = bind_digest(stmt, 1, endpoint);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        const char *json = column_text(stmt, 0);
        rc = json ? pl__str_append_c(ret, json) : damaged(q, "an endpoint's abilities", reterr);
        if (json && rc != PL_OK)
            rc = pl__fail(reterr, rc, "an endpoint's abilities");
    } else if (code != SQLITE_DONE) {
        rc = failed(q, code, reterr);
    }
    if (rc == PL_OK)
        *ret_found = code == SQLITE_ROW;
    stop(q, stmt);
    return rc;
}

/* The strings and keys are valid until the statement moves on; false: damaged, or no memory. */
static bool column_batch(sqlite3_stmt *stmt, pl_batch_record *ret)
{
    const void *tag = sqlite3_column_blob(stmt, 0);
    const void *keys = sqlite3_column_blob(stmt, 5);
    size_t keys_bytes = (size_t)sqlite3_column_bytes(stmt, 5);
    bool named = sqlite3_column_type(stmt, 3) != SQLITE_NULL;

    *ret = (pl_batch_record){.provider = (const char *)sqlite3_column_text(stmt, 1),
                             .endpoint = (const char *)sqlite3_column_text(stmt, 2),
                             .created_unix_ms = sqlite3_column_int64(stmt, 4),
                             .keys = keys,
                             .n_keys = keys_bytes / sizeof(pl_digest)};
    ret->remote_id = named ? (const char *)sqlite3_column_text(stmt, 3) : NULL;
    if (!tag || sqlite3_column_bytes(stmt, 0) != (int)sizeof(ret->tag.bytes))
        return false;
    memcpy(ret->tag.bytes, tag, sizeof(ret->tag.bytes));
    return ret->provider && ret->endpoint && keys && keys_bytes % sizeof(pl_digest) == 0 && (ret->remote_id || !named);
}

pl_status pl__sqlite_batch_each(pl_store *s,
                                pl_status (*fn)(const pl_batch_record *batch, void *user, pl_error *reterr), void *user,
                                pl_error *reterr)
{
    pl_sqlite *q = (pl_sqlite *)s;
    sqlite3_stmt *stmt = NULL;
    int code = SQLITE_ROW;

    pl_status rc = start(q, PL_RS_BATCHES, &stmt, reterr);
    if (rc != PL_OK)
        return rc;
    while (rc == PL_OK) {
        pl_batch_record batch;

        code = sqlite3_step(stmt);
        if (code != SQLITE_ROW)
            break;
        rc = column_batch(stmt, &batch) ? fn(&batch, user, reterr) : damaged(q, "a batch", reterr);
    }
    if (rc == PL_OK && code != SQLITE_DONE)
        rc = failed(q, code, reterr);
    stop(q, stmt);
    return rc;
}
