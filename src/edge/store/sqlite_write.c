#include "error.h"
#include "sqlite_store.h"
#include "store_rules.h"

#include <string.h>

/* A run that goes on puts all its items again. What is there already costs no page, so no sync either. */
static const char item_put[] = "INSERT INTO item (run, position, id, json, image_digest, problem)"
                               " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                               " ON CONFLICT (run, position) DO UPDATE SET id = excluded.id, json = excluded.json,"
                               " image_digest = excluded.image_digest, problem = excluded.problem"
                               " WHERE id <> excluded.id OR json <> excluded.json"
                               " OR image_digest IS NOT excluded.image_digest OR problem IS NOT excluded.problem";
static const char run_insert[] = "INSERT INTO run (config, prompts, version, created_unix_ms, state, n_items)"
                                 " VALUES (?1, ?2, ?3, ?4, 0, ?5)";

static const char batch_put[] = "INSERT OR REPLACE INTO batch"
                                " (tag, provider, endpoint, remote_id, ended, created_unix_ms, keys)"
                                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const char *const pl__sqlite_write_sql[PL_WS_COUNT] = {
    [PL_WS_BEGIN] = "BEGIN IMMEDIATE",
    [PL_WS_COMMIT] = "COMMIT",
    [PL_WS_ROLLBACK] = "ROLLBACK",
    [PL_WS_CALL_FIND] = "SELECT id, outcome FROM call WHERE key = ?1",
    [PL_WS_CALL_INSERT] = "INSERT INTO call (key, outcome, numbers, codec, message) VALUES (?1, ?2, ?3, ?4, ?5)",
    [PL_WS_CALL_REPLACE] = "UPDATE call SET outcome = ?2, numbers = ?3, codec = ?4, message = ?5 WHERE key = ?1",
    [PL_WS_BODY_PUT] = "INSERT OR REPLACE INTO body (call, form, size_bytes, bytes) VALUES (?1, ?2, ?3, ?4)",
    [PL_WS_BODY_DROP] = "DELETE FROM body WHERE call = ?1",
    [PL_WS_UNIT_FIND] = "SELECT id FROM unit WHERE key = ?1",
    [PL_WS_UNIT_INSERT] = "INSERT INTO unit (key) VALUES (?1)",
    [PL_WS_TASK_PUT] = "INSERT OR REPLACE INTO task (unit, key, call) VALUES (?1, ?2, ?3)",
    [PL_WS_ITEM_PUT] = item_put,
    [PL_WS_FILE_PUT] = "INSERT OR REPLACE INTO file (path, size_bytes, mtime_ns, digest) VALUES (?1, ?2, ?3, ?4)",
    [PL_WS_ABILITIES_PUT] = "INSERT OR REPLACE INTO abilities (endpoint, json) VALUES (?1, ?2)",
    [PL_WS_BATCH_PUT] = batch_put,
    [PL_WS_RUN_LATEST] = "SELECT id, config = ?1 AND prompts = ?2 FROM run ORDER BY id DESC LIMIT 1",
    [PL_WS_RUN_INSERT] = run_insert,
    [PL_WS_RUN_CONTINUE] = "UPDATE run SET version = ?2, state = 0 WHERE id = ?1",
    [PL_WS_RUN_END] = "UPDATE run SET state = ?2, n_items = ?3, summary = ?4 WHERE id = ?1",
};

/* What the last writes of a batch looked up; the tasks of a batch mostly belong to few units and follow their calls. */
typedef struct recent {
    bool has_call, has_unit;
    pl_digest call, unit;
    int64_t call_id, unit_id;
} recent;

/* Bindings of one statement; the first failure sticks. */
typedef struct binder {
    sqlite3_stmt *stmt;
    int next;
    int code;
} binder;

static binder bind_start(pl_sqlite *q, pl_write_stmt which)
{
    return (binder){q->ws[which], 1, SQLITE_OK};
}

static void bind_int(binder *b, int64_t x)
{
    if (b->code == SQLITE_OK)
        b->code = sqlite3_bind_int64(b->stmt, b->next++, x);
}

/* Numbers from servers can be any; all 64 bits come back. */
static void bind_u64(binder *b, uint64_t x)
{
    bind_int(b, (int64_t)x);
}

/* Borrowed: z must live until the statement is reset. */
static void bind_text_borrowed(binder *b, const char *z)
{
    if (b->code == SQLITE_OK)
        b->code = sqlite3_bind_text(b->stmt, b->next++, z, -1, SQLITE_STATIC); /* NULL binds NULL */
}

static void bind_blob_borrowed(binder *b, const void *bytes, size_t n)
{
    if (b->code == SQLITE_OK)
        b->code = sqlite3_bind_blob64(b->stmt, b->next++, bytes, n, SQLITE_STATIC);
}

static void bind_digest(binder *b, const pl_digest *d)
{
    bind_blob_borrowed(b, d->bytes, sizeof(d->bytes));
}

/* Steps a statement that gives no row. */
static int run(binder *b)
{
    int code = b->code;
    if (code == SQLITE_OK)
        code = sqlite3_step(b->stmt);
    (void)sqlite3_reset(b->stmt);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Steps a statement that gives at most one row of integers; `*ret_found` says whether it did. */
static int fetch(binder *b, int64_t *ret, int n_columns, bool *ret_found)
{
    int code = b->code;
    if (code == SQLITE_OK)
        code = sqlite3_step(b->stmt);
    *ret_found = code == SQLITE_ROW;
    for (int i = 0; *ret_found && i < n_columns; i++)
        ret[i] = sqlite3_column_int64(b->stmt, i);
    (void)sqlite3_reset(b->stmt);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int find_by_digest(pl_sqlite *q, pl_write_stmt which, const pl_digest *key, int64_t *ret, int n_columns,
                          bool *ret_found)
{
    binder b = bind_start(q, which);
    bind_digest(&b, key);
    return fetch(&b, ret, n_columns, ret_found);
}

static int put_body(pl_sqlite *q, int64_t call_id, pl_view body, pl_status *ret_rc, pl_error *reterr)
{
    pl_view packed;
    int form = PL_BODY_PLAIN;

    *ret_rc = pl__body_pack(&q->bodies, body, &packed, &form, reterr);
    if (*ret_rc != PL_OK)
        return SQLITE_OK;
    binder b = bind_start(q, PL_WS_BODY_PUT);
    bind_int(&b, call_id);
    bind_int(&b, form);
    bind_u64(&b, body.len);
    bind_blob_borrowed(&b, packed.ptr, packed.len);
    return run(&b);
}

static int put_call_row(pl_sqlite *q, const pl_store_call *call, pl_write_stmt which)
{
    uint8_t numbers[PL_CALL_NUMBERS_BYTES_MAX];
    binder b = bind_start(q, which);

    bind_digest(&b, &call->key);
    bind_int(&b, (int64_t)call->outcome);
    bind_blob_borrowed(&b, numbers, pl__call_numbers_pack(call, numbers));
    bind_text_borrowed(&b, call->codec);
    bind_text_borrowed(&b, call->message);
    return run(&b);
}

/* A SQLite code, or SQLITE_OK with *ret_rc. */
static int put_call(pl_sqlite *q, recent *r, const pl_store_call *call, pl_status *ret_rc, pl_error *reterr)
{
    int64_t row[2] = {0, 0};
    bool found = false;

    int code = find_by_digest(q, PL_WS_CALL_FIND, &call->key, row, 2, &found);
    if (code != SQLITE_OK)
        return code;
    if (!found || pl__store_replaces((pl_outcome)row[1], call->outcome)) {
        code = put_call_row(q, call, found ? PL_WS_CALL_REPLACE : PL_WS_CALL_INSERT);
        if (code != SQLITE_OK)
            return code;
        if (!found)
            row[0] = sqlite3_last_insert_rowid(q->writer);
        if (call->body.len > 0) {
            code = put_body(q, row[0], call->body, ret_rc, reterr);
        } else if (found) {
            binder b = bind_start(q, PL_WS_BODY_DROP);
            bind_int(&b, row[0]);
            code = run(&b);
        }
    }
    r->has_call = true;
    r->call = call->key;
    r->call_id = row[0];
    return code;
}

static int unit_id(pl_sqlite *q, recent *r, const pl_digest *unit)
{
    bool found = false;

    if (r->has_unit && pl__digest_eq(&r->unit, unit))
        return SQLITE_OK;
    int code = find_by_digest(q, PL_WS_UNIT_FIND, unit, &r->unit_id, 1, &found);
    if (code == SQLITE_OK && !found) {
        binder b = bind_start(q, PL_WS_UNIT_INSERT);
        bind_digest(&b, unit);
        code = run(&b);
        r->unit_id = sqlite3_last_insert_rowid(q->writer);
    }
    r->has_unit = code == SQLITE_OK;
    r->unit = *unit;
    return code;
}

static int put_task(pl_sqlite *q, recent *r, const pl_store_task *task, pl_status *ret_rc, pl_error *reterr)
{
    if (!r->has_call || !pl__digest_eq(&r->call, &task->call)) {
        int64_t row[2] = {0, 0};
        bool found = false;
        int code = find_by_digest(q, PL_WS_CALL_FIND, &task->call, row, 2, &found);
        if (code != SQLITE_OK)
            return code;
        if (!found) {
            *ret_rc = pl__fail(reterr, PL_E_NOT_FOUND, "store %s: a task whose call is not stored", q->path);
            return SQLITE_OK;
        }
        r->has_call = true;
        r->call = task->call;
        r->call_id = row[0];
    }
    int code = unit_id(q, r, &task->unit);
    if (code != SQLITE_OK)
        return code;
    binder b = bind_start(q, PL_WS_TASK_PUT);
    bind_int(&b, r->unit_id);
    bind_digest(&b, &task->key);
    bind_int(&b, r->call_id);
    return run(&b);
}

static int put_item(pl_sqlite *q, const pl_store_item *item)
{
    binder b = bind_start(q, PL_WS_ITEM_PUT);
    bind_int(&b, item->run_id);
    bind_u64(&b, item->position);
    bind_text_borrowed(&b, item->id);
    bind_text_borrowed(&b, item->json);
    bind_blob_borrowed(&b, item->has_image ? item->image_digest.bytes : NULL,
                       item->has_image ? sizeof(item->image_digest.bytes) : 0);
    bind_text_borrowed(&b, item->problem);
    return run(&b);
}

static int put_file(pl_sqlite *q, const pl_store_file *file)
{
    binder b = bind_start(q, PL_WS_FILE_PUT);
    bind_text_borrowed(&b, file->path);
    bind_u64(&b, file->size_bytes);
    bind_int(&b, file->mtime_ns);
    bind_digest(&b, &file->digest);
    return run(&b);
}

static int put_abilities(pl_sqlite *q, const pl_store_abilities *abilities)
{
    binder b = bind_start(q, PL_WS_ABILITIES_PUT);
    bind_digest(&b, &abilities->endpoint);
    bind_text_borrowed(&b, abilities->json);
    return run(&b);
}

static int put_batch(pl_sqlite *q, const pl_batch_record *batch)
{
    binder b = bind_start(q, PL_WS_BATCH_PUT);
    bind_digest(&b, &batch->tag);
    bind_text_borrowed(&b, batch->provider);
    bind_text_borrowed(&b, batch->endpoint);
    bind_text_borrowed(&b, batch->remote_id);
    bind_int(&b, batch->ended ? 1 : 0);
    bind_int(&b, batch->created_unix_ms);
    bind_blob_borrowed(&b, batch->keys, batch->n_keys * sizeof(batch->keys[0]));
    return run(&b);
}

static pl_status put(pl_sqlite *q, recent *r, const pl_store_write *w, pl_error *reterr)
{
    pl_status rc = PL_OK;
    int code = SQLITE_OK;

    switch (w->kind) {
    case PL_WRITE_CALL:
        code = put_call(q, r, &w->u.call, &rc, reterr);
        break;
    case PL_WRITE_TASK:
        code = put_task(q, r, &w->u.task, &rc, reterr);
        break;
    case PL_WRITE_ITEM:
        code = put_item(q, &w->u.item);
        break;
    case PL_WRITE_FILE:
        code = put_file(q, &w->u.file);
        break;
    case PL_WRITE_ABILITIES:
        code = put_abilities(q, &w->u.abilities);
        break;
    case PL_WRITE_BATCH:
        code = put_batch(q, &w->u.batch);
        break;
    }
    return code == SQLITE_OK ? rc : pl__sqlite_fail(q->writer, code, q->path, reterr);
}

static pl_status command(pl_sqlite *q, pl_write_stmt which, pl_error *reterr)
{
    binder b = bind_start(q, which);
    int code = run(&b);
    return code == SQLITE_OK ? PL_OK : pl__sqlite_fail(q->writer, code, q->path, reterr);
}

/* Takes the write lock and starts a transaction; on success end() must follow. */
static pl_status begin(pl_sqlite *q, pl_error *reterr)
{
    if (!q->writer)
        return pl__fail(reterr, PL_E_INVALID, "store %s: opened for reading only", q->path);
    (void)pthread_mutex_lock(&q->write_lock);
    atomic_store(&q->writing, true);
    if (pthread_mutex_trylock(&q->read_lock) == 0) { /* else whoever reads ends it afterwards */
        pl__sqlite_read_end(q);
        (void)pthread_mutex_unlock(&q->read_lock);
    }
    q->n_changes = sqlite3_total_changes64(q->writer);
    pl_status rc = command(q, PL_WS_BEGIN, reterr);
    if (rc != PL_OK) {
        atomic_store(&q->writing, false);
        (void)pthread_mutex_unlock(&q->write_lock);
    }
    return rc;
}

/* Commits if rc is PL_OK; leaves no transaction behind whatever happens. */
static pl_status end(pl_sqlite *q, pl_status rc, pl_error *reterr)
{
    if (rc == PL_OK)
        rc = command(q, PL_WS_COMMIT, reterr);
    if (!sqlite3_get_autocommit(q->writer))
        (void)command(q, PL_WS_ROLLBACK, NULL);
    if (sqlite3_total_changes64(q->writer) != q->n_changes)
        atomic_fetch_add(&q->n_commits, 1);
    atomic_store(&q->writing, false);
    pl__body_codec_trim(&q->bodies);
    (void)pthread_mutex_unlock(&q->write_lock);
    return rc;
}

pl_status pl__sqlite_write(pl_store *s, const pl_store_write *writes, size_t n, pl_error *reterr)
{
    pl_sqlite *q = (pl_sqlite *)s;
    recent r = {0};

    pl_status rc = pl__store_check_writes(writes, n, reterr);
    if (rc != PL_OK || n == 0)
        return rc;
    rc = begin(q, reterr);
    if (rc != PL_OK)
        return rc;
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        rc = put(q, &r, &writes[i], reterr);
    return end(q, rc, reterr);
}

static int begin_run(pl_sqlite *q, const pl_store_run *run_row, int64_t *ret_id)
{
    int64_t latest[2] = {0, 0};
    bool found = false;

    binder b = bind_start(q, PL_WS_RUN_LATEST);
    bind_text_borrowed(&b, run_row->config);
    bind_text_borrowed(&b, run_row->prompts);
    int code = fetch(&b, latest, 2, &found);
    if (code != SQLITE_OK)
        return code;
    if (found && latest[1]) {
        b = bind_start(q, PL_WS_RUN_CONTINUE);
        bind_int(&b, latest[0]);
        bind_text_borrowed(&b, run_row->version);
        *ret_id = latest[0];
        return run(&b);
    }
    b = bind_start(q, PL_WS_RUN_INSERT);
    bind_text_borrowed(&b, run_row->config);
    bind_text_borrowed(&b, run_row->prompts);
    bind_text_borrowed(&b, run_row->version);
    bind_int(&b, run_row->created_unix_ms);
    bind_u64(&b, run_row->n_items);
    code = run(&b);
    *ret_id = sqlite3_last_insert_rowid(q->writer);
    return code;
}

pl_status pl__sqlite_run_begin(pl_store *s, const pl_store_run *run_row, int64_t *ret_id, pl_error *reterr)
{
    pl_sqlite *q = (pl_sqlite *)s;
    int64_t id = 0;

    pl_status rc = pl__store_check_run(run_row, reterr);
    if (rc == PL_OK)
        rc = begin(q, reterr);
    if (rc != PL_OK)
        return rc;
    int code = begin_run(q, run_row, &id);
    if (code != SQLITE_OK)
        rc = pl__sqlite_fail(q->writer, code, q->path, reterr);
    rc = end(q, rc, reterr);
    if (rc == PL_OK)
        *ret_id = id;
    return rc;
}

pl_status pl__sqlite_run_end(pl_store *s, int64_t id, pl_run_state state, uint64_t n_items, const char *summary,
                             pl_error *reterr)
{
    pl_sqlite *q = (pl_sqlite *)s;

    pl_status rc = begin(q, reterr);
    if (rc != PL_OK)
        return rc;
    binder b = bind_start(q, PL_WS_RUN_END);
    bind_int(&b, id);
    bind_int(&b, (int64_t)state);
    bind_u64(&b, n_items);
    bind_text_borrowed(&b, summary);
    int code = run(&b);
    if (code != SQLITE_OK)
        rc = pl__sqlite_fail(q->writer, code, q->path, reterr);
    else if (sqlite3_changes(q->writer) == 0)
        rc = pl__fail(reterr, PL_E_NOT_FOUND, "store %s: no run %lld", q->path, (long long)id);
    return end(q, rc, reterr);
}
