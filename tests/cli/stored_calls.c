#include "stored_calls.h"

#include "cli_kit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first row's only column, as text; NULL: no row, or NULL there. */
static char *ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    char *text = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW &&
        sqlite3_column_type(statement, 0) != SQLITE_NULL)
        text = strdup((const char *)sqlite3_column_text(statement, 0));
    (void)sqlite3_finalize(statement);
    return text;
}

static char *ask_store(const char *dir, const char *name, const char *sql)
{
    char *path = pl__kit_path(dir, name);
    sqlite3 *db = NULL;
    char *text = NULL;

    if (pl__kit_exists(path) && sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        (void)sqlite3_busy_timeout(db, 5000);
        char *check = ask(db, "PRAGMA integrity_check");
        assert_non_null(check);
        assert_string_equal(check, "ok");
        free(check);
        text = ask(db, sql);
    }
    (void)sqlite3_close(db);
    free(path);
    return text;
}

static size_t count_of(const char *dir, const char *name, const char *sql)
{
    char *text = ask_store(dir, name, sql);
    size_t n = text ? (size_t)strtoull(text, NULL, 10) : 0;

    free(text);
    return n;
}

size_t stored_calls(const char *dir, const char *name)
{
    return count_of(dir, name, "SELECT count(*) FROM call");
}

size_t stored_outcomes(const char *dir, const char *name, int outcome)
{
    char sql[64];

    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM call WHERE outcome = %d", outcome);
    return count_of(dir, name, sql);
}

char *stored_summary(const char *dir, const char *name)
{
    return ask_store(dir, name, "SELECT summary FROM run ORDER BY id DESC LIMIT 1");
}
