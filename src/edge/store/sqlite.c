#include "alloc.h"
#include "error.h"
#include "file.h"
#include "migrations.h"
#include "sqlite_store.h"

#include <errno.h>

#define BUSY_TIMEOUT_MS 5000
#define SQLITE_FILE_BYTES_MIN 512 /* one page of the smallest size */
/* Of our own kind only: nothing in a store's schema may call functions with side effects, and a damaged page is found
 * when it is read. Memory for pages is bounded at 2 MB a connection: what a larger cache would hold is read once. */
#define SETTINGS_BOTH                                                                                                  \
    "PRAGMA trusted_schema = OFF;"                                                                                     \
    "PRAGMA cell_size_check = ON;"                                                                                     \
    "PRAGMA mmap_size = 0;"                                                                                            \
    "PRAGMA cache_size = -2048;"
/* A checkpoint every 16 MB of log; a log that grew while a reader held it back is cut to 64 MB afterwards. */
#define SETTINGS_WRITER                                                                                                \
    "PRAGMA synchronous = FULL;"                                                                                       \
    "PRAGMA wal_autocheckpoint = 4096;"                                                                                \
    "PRAGMA journal_size_limit = 67108864;"

static void sqlite_close(pl_store *s)
{
    pl_sqlite *q = (pl_sqlite *)s;

    if (q->rs[PL_RS_COMMIT])
        pl__sqlite_read_end(q);
    for (size_t i = 0; i < PL_RS_COUNT; i++)
        (void)sqlite3_finalize(q->rs[i]);
    for (size_t i = 0; i < PL_WS_COUNT; i++)
        (void)sqlite3_finalize(q->ws[i]);
    pl__body_codec_clear(&q->bodies);
    (void)sqlite3_close(q->reader);
    (void)sqlite3_close(q->writer); /* last, so that it can merge the log into the file */
    pl__store_lock_release(&q->lock);
    if (q->has_read_lock)
        (void)pthread_mutex_destroy(&q->read_lock);
    if (q->has_write_lock)
        (void)pthread_mutex_destroy(&q->write_lock);
    pl__str_clear(&q->body_scratch);
    pl__free(q->path);
    pl__free(q);
}

static const pl_store_ops sqlite_ops = {
    .name = "sqlite",
    .write = pl__sqlite_write,
    .call_get = pl__sqlite_call_get,
    .unit_each = pl__sqlite_unit_each,
    .unit_counts = pl__sqlite_unit_counts,
    .run_begin = pl__sqlite_run_begin,
    .run_end = pl__sqlite_run_end,
    .run_get = pl__sqlite_run_get,
    .item_each = pl__sqlite_item_each,
    .file_get = pl__sqlite_file_get,
    .abilities_get = pl__sqlite_abilities_get,
    .call_each = pl__sqlite_call_each,
    .batch_each = pl__sqlite_batch_each,
    .close = sqlite_close,
};

static pl_sqlite *sqlite_new(const char *path)
{
    pthread_mutexattr_t recursive;
    pl_sqlite *q = pl__calloc(1, sizeof(*q));

    if (!q)
        return NULL;
    atomic_init(&q->writing, false);
    atomic_init(&q->n_commits, 0);
    q->base.ops = &sqlite_ops;
    q->lock.fd = -1;
    pl__str_init(&q->body_scratch, PL_STORE_BODY_BYTES_MAX + 1);
    q->path = pl__strdup(path);
    if (q->path && pthread_mutexattr_init(&recursive) == 0) {
        (void)pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
        q->has_read_lock = pthread_mutex_init(&q->read_lock, &recursive) == 0;
        q->has_write_lock = pthread_mutex_init(&q->write_lock, NULL) == 0;
        (void)pthread_mutexattr_destroy(&recursive);
    }
    if (!q->has_read_lock || !q->has_write_lock) {
        sqlite_close(&q->base);
        return NULL;
    }
    return q;
}

static pl_status execute(sqlite3 *db, const char *sql, const char *path, pl_error *reterr)
{
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? PL_OK : pl__sqlite_fail(db, code, path, reterr);
}

/* On failure *ret is a connection to be closed, or NULL. */
static pl_status connect(const char *name, const char *path, int flags, sqlite3 **ret, pl_error *reterr)
{
    int code = sqlite3_open_v2(name, ret, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code != SQLITE_OK)
        return pl__sqlite_fail(*ret, code, path, reterr);
    (void)sqlite3_busy_timeout(*ret, BUSY_TIMEOUT_MS);
    (void)sqlite3_db_config(*ret, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return execute(*ret, SETTINGS_BOTH, path, reterr);
}

static int is_wal(void *user, int n, char **values, char **names)
{
    bool *ret = user;
    (void)names;
    *ret = n == 1 && values[0] && sqlite3_stricmp(values[0], "wal") == 0;
    return 0;
}

static pl_status open_writer(pl_sqlite *q, pl_error *reterr)
{
    int64_t version = 0;
    bool wal = false;

    pl_status rc = pl__store_lock_take(q->path, &q->lock, reterr);
    if (rc == PL_OK)
        rc = connect(q->path, q->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &q->writer, reterr);
    if (rc == PL_OK)
        rc = pl__migrations_check(q->writer, q->path, &version, reterr); /* before anything is changed */
    if (rc != PL_OK)
        return rc;
    if (sqlite3_db_readonly(q->writer, "main") == 1)
        return pl__fail(reterr, PL_E_IO, "store %s: the file may not be written to", q->path);
    int code = sqlite3_exec(q->writer, "PRAGMA journal_mode = WAL", is_wal, &wal, NULL);
    if (code != SQLITE_OK)
        return pl__sqlite_fail(q->writer, code, q->path, reterr);
    if (!wal)
        return pl__fail(reterr, PL_E_IO, "store %s: its file system cannot keep a write-ahead log", q->path);
    rc = execute(q->writer, SETTINGS_WRITER, q->path, reterr);
    if (rc == PL_OK && version < (int64_t)pl__migrations_count)
        rc = pl__migrations_apply(q->writer, q->path, reterr);
    return rc;
}

static bool uri_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '-' ||
           c == '_' || c == '.';
}

static pl_status immutable_uri(const char *path, pl_str *ret, pl_error *reterr)
{
    /* "file://" needs an absolute path behind it; "file:" takes a relative one too. */
    pl_status rc = pl__str_append_c(ret, path[0] == '/' ? "file://" : "file:");
    for (const char *c = path; *c && rc == PL_OK; c++)
        rc = uri_plain(*c) ? pl__str_append_char(ret, *c) : pl__str_appendf(ret, "%%%02X", (unsigned)(unsigned char)*c);
    if (rc == PL_OK)
        rc = pl__str_append_c(ret, "?immutable=1");
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "store %s", path);
}

/* A log beside the file means that the file alone is not the whole store. */
static bool has_log(const char *path)
{
    pl_file_info info;
    pl_str name;
    bool found = true;

    pl__str_init(&name, PL_STR_LIMIT_DEFAULT);
    if (pl__str_append_c(&name, path) == PL_OK && pl__str_append_c(&name, "-wal") == PL_OK)
        found = pl__file_stat(name.ptr, &info, NULL) != PL_E_NOT_FOUND;
    pl__str_clear(&name);
    return found;
}

/* A closed store in a folder that may not be written to: SQLite cannot put its shared memory there, and nobody can
 * change the file under us. */
static pl_status open_immutable(pl_sqlite *q, int64_t *ret_version, pl_error *reterr)
{
    pl_str uri;

    (void)sqlite3_close(q->reader);
    q->reader = NULL;
    pl__str_init(&uri, PL_STR_LIMIT_DEFAULT);
    pl_status rc = immutable_uri(q->path, &uri, reterr);
    if (rc == PL_OK)
        rc = connect(uri.ptr, q->path, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, &q->reader, reterr);
    if (rc == PL_OK)
        rc = pl__migrations_check(q->reader, q->path, ret_version, reterr);
    pl__str_clear(&uri);
    return rc;
}

static pl_status open_reader(pl_sqlite *q, pl_error *reterr)
{
    int64_t version = 0;
    pl_error first = {0};

    pl_status rc = connect(q->path, q->path, SQLITE_OPEN_READONLY, &q->reader, &first);
    if (rc == PL_OK)
        rc = pl__migrations_check(q->reader, q->path, &version, &first);
    if (rc == PL_E_IO && !q->writer && !has_log(q->path))
        rc = open_immutable(q, &version, &first);
    if (rc != PL_OK) {
        if (reterr)
            *reterr = first;
        return rc;
    }
    if (version == 0)
        return pl__fail(reterr, PL_E_NOT_FOUND, "store %s: empty; no run has written to it", q->path);
    if (version < (int64_t)pl__migrations_count)
        return pl__fail(reterr, PL_E_VERSION,
                        "store %s: schema version %lld, this program needs %zu; `peerless run` brings it up to date",
                        q->path, (long long)version, pl__migrations_count);
    return PL_OK;
}

static pl_status prepare(sqlite3 *db, const char *const *sql, size_t n, sqlite3_stmt **ret, const char *path,
                         pl_error *reterr)
{
    for (size_t i = 0; i < n; i++) {
        int code = sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &ret[i], NULL);
        if (code != SQLITE_OK)
            return pl__sqlite_fail(db, code, path, reterr);
    }
    return PL_OK;
}

/* What SQLite itself would only call "unable to open", or take for an empty file and write over. */
static pl_status check_path(const char *path, pl_store_mode mode, pl_error *reterr)
{
    pl_file_info info;

    pl_status rc = pl__file_stat(path, &info, mode == PL_STORE_READ_ONLY ? reterr : NULL);
    if (rc == PL_OK && info.is_dir)
        return pl__fail_detail(reterr, PL_E_IO, EISDIR, "store %s: a folder, not a file", path);
    if (rc == PL_OK && info.size_bytes > 0 && info.size_bytes < SQLITE_FILE_BYTES_MIN)
        return pl__fail(reterr, PL_E_PARSE, "store %s: not a store, or damaged: too short", path);
    if (rc == PL_E_NOT_FOUND && mode == PL_STORE_READ_ONLY)
        return pl__fail_detail(reterr, rc, ENOENT, "store %s: no such file", path);
    return mode == PL_STORE_READ_ONLY ? rc : PL_OK;
}

pl_status pl__store_open_sqlite(const char *path, pl_store_mode mode, pl_store **ret, pl_error *reterr)
{
    pl_sqlite *q = NULL;

    if (!path || !path[0] || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl_status rc = pl__sqlite_init(reterr);
    if (rc == PL_OK)
        rc = check_path(path, mode, reterr);
    if (rc != PL_OK)
        return rc;
    q = sqlite_new(path);
    if (!q)
        return pl__fail(reterr, PL_E_NOMEM, "store %s", path);
    if (mode == PL_STORE_CREATE)
        rc = open_writer(q, reterr);
    if (rc == PL_OK)
        rc = open_reader(q, reterr);
    if (rc == PL_OK && q->writer)
        rc = prepare(q->writer, pl__sqlite_write_sql, PL_WS_COUNT, q->ws, path, reterr);
    if (rc == PL_OK)
        rc = prepare(q->reader, pl__sqlite_read_sql, PL_RS_COUNT, q->rs, path, reterr);
    if (rc == PL_OK)
        rc = pl__body_codec_open(&q->bodies, q->reader, path, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = &q->base;
    q = NULL;
out:
    if (q)
        sqlite_close(&q->base);
    return rc;
}
