#include "store_kit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

pl_digest store_kit_digest(const char *kind, uint64_t i)
{
    char text[64];
    pl_digest digest;

    int n = snprintf(text, sizeof(text), "%s %llu", kind, (unsigned long long)i);
    pl__sha256(text, (size_t)n, &digest);
    return digest;
}

pl_store_write store_kit_call(uint64_t i, char text[STORE_KIT_TEXT_BYTES])
{
    pl_store_write w = {.kind = PL_WRITE_CALL};
    size_t words = (size_t)(i * 37 % 700);

    int n = snprintf(text, STORE_KIT_TEXT_BYTES,
                     "{\"id\":\"chatcmpl-%llu\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{"
                     "\"role\":\"assistant\",\"content\":\"",
                     (unsigned long long)i);
    size_t len = (size_t)n;
    for (size_t k = 0; k < words; k++) {
        text[len++] = (char)('a' + (i + k * k) % 26);
        if (k % 5 == 4)
            text[len++] = ' ';
    }
    n = snprintf(text + len, STORE_KIT_TEXT_BYTES - len, "\"}}]}");
    len += (size_t)n;
    w.u.call.key = store_kit_digest("call", i);
    w.u.call.outcome = PL_OUTCOME_ANSWERED;
    w.u.call.http_status = 200;
    w.u.call.attempts = 1 + (uint32_t)(i % 3);
    w.u.call.usage = (pl_usage){i, i + 1, i / 2, i / 3, 0};
    w.u.call.elapsed_ns = i * 1000003;
    w.u.call.created_unix_ms = 1700000000000 + (int64_t)i;
    w.u.call.codec = "openai";
    w.u.call.message = i % 4 == 0 ? "a remark" : NULL;
    w.u.call.body = pl__view_n(text, len);
    return w;
}

pl_store_write store_kit_task(uint64_t unit, uint64_t i, uint64_t call)
{
    pl_store_write w = {.kind = PL_WRITE_TASK};
    w.u.task.unit = store_kit_digest("unit", unit);
    w.u.task.key = store_kit_digest("task", i);
    w.u.task.call = store_kit_digest("call", call);
    return w;
}

pl_store_write store_kit_item(int64_t run_id, uint64_t position, const char *id)
{
    pl_store_write w = {.kind = PL_WRITE_ITEM};
    w.u.item.run_id = run_id;
    w.u.item.position = position;
    w.u.item.id = id;
    w.u.item.json = "{\"question\":\"what is it?\"}";
    return w;
}

pl_store_run store_kit_run(const char *config)
{
    return (pl_store_run){.config = config,
                          .prompts = "{\"judge\":\"pick one\"}",
                          .version = "0.1.0",
                          .created_unix_ms = 1700000000123,
                          .n_items = 7};
}

void store_kit_check_call(const pl_store_call *call, uint64_t i, bool with_body)
{
    char text[STORE_KIT_TEXT_BYTES];
    pl_store_write w = store_kit_call(i, text);
    const pl_store_call *wanted = &w.u.call;

    assert_true(pl__digest_eq(&call->key, &wanted->key));
    assert_int_equal(call->outcome, wanted->outcome);
    assert_int_equal(call->http_status, wanted->http_status);
    assert_int_equal(call->attempts, wanted->attempts);
    assert_memory_equal(&call->usage, &wanted->usage, sizeof(call->usage));
    assert_int_equal(call->elapsed_ns, wanted->elapsed_ns);
    assert_int_equal(call->created_unix_ms, wanted->created_unix_ms);
    assert_string_equal(call->codec, wanted->codec);
    if (wanted->message)
        assert_string_equal(call->message, wanted->message);
    else
        assert_null(call->message);
    assert_int_equal(call->body.len, with_body ? wanted->body.len : 0);
    if (with_body)
        assert_memory_equal(call->body.ptr, wanted->body.ptr, wanted->body.len);
}

bool store_kit_has_call(pl_store *s, uint64_t i)
{
    pl_digest key = store_kit_digest("call", i);
    pl_error err = {0};
    pl_store_call call;
    bool found = false;
    pl_str memory;

    pl__str_init(&memory, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(s->ops->call_get(s, &key, true, &call, &found, &memory, &err), &err);
    if (found)
        store_kit_check_call(&call, i, true);
    pl__str_clear(&memory);
    return found;
}

pl_status store_kit_put(pl_store *s, uint64_t i, pl_error *err)
{
    char text[STORE_KIT_TEXT_BYTES];
    const pl_store_write writes[] = {store_kit_call(i, text), store_kit_task(i / 10, i, i)};
    return s->ops->write(s, writes, 2, err);
}

static pl_status count_task(const pl_digest *task, const pl_store_call *call, void *user, pl_error *reterr)
{
    size_t *n = user;
    (void)task;
    (void)call;
    (void)reterr;
    (*n)++;
    return PL_OK;
}

size_t store_kit_unit_size(pl_store *s, uint64_t unit)
{
    pl_digest key = store_kit_digest("unit", unit);
    pl_error err = {0};
    size_t n = 0;

    PL_KIT_OK(s->ops->unit_each(s, &key, false, count_task, &n, &err), &err);
    return n;
}

pl_store *store_kit_open(const char *path)
{
    pl_error err = {0};
    pl_store *s = NULL;

    PL_KIT_OK(pl__store_open_sqlite(path, PL_STORE_CREATE, &s, &err), &err);
    return s;
}

static int is_ok(void *user, int n, char **values, char **names)
{
    (void)names;
    *(bool *)user = n == 1 && values[0] && strcmp(values[0], "ok") == 0;
    return 0;
}

void store_kit_integrity(const char *path)
{
    sqlite3 *db = NULL;
    bool ok = false;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA integrity_check", is_ok, &ok, NULL), SQLITE_OK);
    assert_true(ok);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void store_kit_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}
