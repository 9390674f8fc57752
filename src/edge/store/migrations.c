#include "migrations.h"

#include "error.h"
#include "hash.h"
#include "sqlite_store.h"

#include <string.h>

static pl_status query_int(sqlite3 *db, const char *sql, const char *path, int64_t *ret, pl_error *reterr)
{
    sqlite3_stmt *stmt = NULL;
    pl_status rc = PL_OK;

    int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        *ret = sqlite3_column_int64(stmt, 0);
    else
        rc = pl__sqlite_fail(db, code, path, reterr);
    (void)sqlite3_finalize(stmt);
    return rc;
}

/* The steps that made this file must be the ones that this program has. */
static pl_status check_history(sqlite3 *db, const char *path, int64_t version, pl_error *reterr)
{
    sqlite3_stmt *stmt = NULL;
    pl_status rc = PL_OK;
    size_t n = 0;

    int code = sqlite3_prepare_v2(db, "SELECT number, sha256 FROM migration ORDER BY number", -1, &stmt, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(stmt);
        if (code != SQLITE_ROW)
            break;
        pl_digest expected = {{0}};
        if (n < pl__migrations_count)
            pl__sha256(pl__migrations[n].sql, pl__migrations[n].sql_bytes, &expected);
        const void *found = sqlite3_column_blob(stmt, 1);
        if (n >= pl__migrations_count || sqlite3_column_int64(stmt, 0) != (int64_t)pl__migrations[n].number || !found ||
            sqlite3_column_bytes(stmt, 1) != (int)sizeof(expected.bytes) ||
            memcmp(found, expected.bytes, sizeof(expected.bytes)) != 0) {
            rc = pl__fail(reterr, PL_E_PARSE, "store %s: step %zu of its schema is not the one that this program knows",
                          path, n + 1);
            goto out;
        }
        n++;
    }
    if (code != SQLITE_DONE)
        rc = pl__sqlite_fail(db, code, path, reterr);
    else if ((int64_t)n != version)
        rc = pl__fail(reterr, PL_E_PARSE, "store %s: damaged: %zu schema steps for schema version %lld", path, n,
                      (long long)version);
out:
    (void)sqlite3_finalize(stmt);
    return rc;
}

pl_status pl__migrations_check(sqlite3 *db, const char *path, int64_t *ret_version, pl_error *reterr)
{
    int64_t application = 0;
    int64_t version = 0;
    int64_t objects = 0;

    pl_status rc = query_int(db, "PRAGMA application_id", path, &application, reterr);
    if (rc == PL_OK)
        rc = query_int(db, "PRAGMA user_version", path, &version, reterr);
    if (rc == PL_OK)
        rc = query_int(db, "SELECT count(*) FROM sqlite_schema", path, &objects, reterr);
    if (rc != PL_OK)
        return rc;
    if (application == 0 && version == 0 && objects == 0) {
        *ret_version = 0;
        return PL_OK;
    }
    if (application != PL_STORE_APPLICATION_ID || version <= 0)
        return pl__fail(reterr, PL_E_PARSE, "store %s: a database of another program; name another file", path);
    if (version > (int64_t)pl__migrations_count)
        return pl__fail(reterr, PL_E_VERSION,
                        "store %s: written by a newer peerless (schema version %lld; this program knows up to %zu)",
                        path, (long long)version, pl__migrations_count);
    rc = check_history(db, path, version, reterr);
    if (rc != PL_OK)
        return rc;
    *ret_version = version;
    return PL_OK;
}

static int record(sqlite3 *db, const pl_migration *m)
{
    sqlite3_stmt *stmt = NULL;
    pl_digest digest;

    pl__sha256(m->sql, m->sql_bytes, &digest);
    int code =
        sqlite3_prepare_v2(db, "INSERT INTO migration (number, name, sha256) VALUES (?1, ?2, ?3)", -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(stmt, 1, (sqlite3_int64)m->number);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 2, m->name, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_blob(stmt, 3, digest.bytes, (int)sizeof(digest.bytes), SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    (void)sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

pl_status pl__migrations_apply(sqlite3 *db, const char *path, pl_error *reterr)
{
    int64_t version = 0;
    pl_status rc = PL_OK;

    int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return pl__sqlite_fail(db, code, path, reterr);
    rc = pl__migrations_check(db, path, &version, reterr);
    if (rc != PL_OK)
        goto out;
    for (size_t i = (size_t)version; i < pl__migrations_count && code == SQLITE_OK; i++) {
        code = sqlite3_exec(db, (const char *)pl__migrations[i].sql, NULL, NULL, NULL);
        if (code == SQLITE_OK)
            code = record(db, &pl__migrations[i]);
    }
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        rc = pl__sqlite_fail(db, code, path, reterr);
out:
    if (!sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}
