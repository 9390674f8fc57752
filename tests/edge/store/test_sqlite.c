/* What a file can be, and who else may have it open. */
#include "store_kit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void refused(const char *path, pl_store_mode mode, pl_status wanted, const char *words)
{
    pl_error err = {0};
    pl_store *s = NULL;

    PL_KIT_STATUS(pl__store_open_sqlite(path, mode, &s, &err), wanted, &err);
    assert_null(s);
    if (!strstr(err.msg, words) || !strstr(err.msg, path))
        fail_msg("\"%s\" does not say \"%s\" of %s", err.msg, words, path);
}

static void refused_both(const char *path, pl_status wanted, const char *words)
{
    refused(path, PL_STORE_CREATE, wanted, words);
    refused(path, PL_STORE_READ_ONLY, wanted, words);
}

static char *new_store(void **state, uint64_t n_calls)
{
    char *path = pl__kit_path(*state, "run.db");
    pl_store *s = store_kit_open(path);
    pl_error err = {0};

    for (uint64_t i = 0; i < n_calls; i++)
        PL_KIT_OK(store_kit_put(s, i, &err), &err);
    pl__store_close(s);
    return path;
}

static void unchanged(const char *path, const void *bytes, size_t n)
{
    size_t now_n = 0;
    char *now = pl__kit_read(path, &now_n);
    assert_int_equal(now_n, n);
    assert_memory_equal(now, bytes, n);
    free(now);
}

static void test_garbage_is_refused_and_kept(void **state)
{
    char garbage[5000];
    const size_t sizes[] = {1, 15, 100, 511, 512, 4096, 5000};

    for (size_t i = 0; i < sizeof(garbage); i++)
        garbage[i] = (char)(i * 7 + 1);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *path = pl__kit_write(*state, "garbage.db", garbage, sizes[i]);
        refused_both(path, PL_E_PARSE, "not a store");
        unchanged(path, garbage, sizes[i]);
        free(path);
    }
}

static void test_foreign_database_is_refused_and_kept(void **state)
{
    char *path = pl__kit_path(*state, "other.db");
    size_t n = 0;

    store_kit_sql(path, "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    char *before = pl__kit_read(path, &n);
    refused_both(path, PL_E_PARSE, "another program");
    unchanged(path, before, n);
    free(before);
    free(path);
}

static void test_newer_version_is_refused_and_kept(void **state)
{
    char *path = new_store(state, 1);
    size_t n = 0;

    store_kit_sql(path, "PRAGMA user_version = 99");
    char *before = pl__kit_read(path, &n);
    refused_both(path, PL_E_VERSION, "version 99");
    refused_both(path, PL_E_VERSION, "up to 3");
    unchanged(path, before, n);
    free(before);
    free(path);
}

static void test_foreign_history_is_refused(void **state)
{
    char *path = new_store(state, 1);
    store_kit_sql(path, "UPDATE migration SET sha256 = zeroblob(32)");
    refused_both(path, PL_E_PARSE, "step 1");
    store_kit_sql(path, "DELETE FROM migration");
    refused_both(path, PL_E_PARSE, "damaged");
    free(path);
}

static void test_names_that_are_no_files(void **state)
{
    char *missing = pl__kit_path(*state, "none.db");
    char *no_folder = pl__kit_path(*state, "none/run.db");
    pl_store *s = NULL;

    refused(missing, PL_STORE_READ_ONLY, PL_E_NOT_FOUND, "no such file");
    assert_false(pl__kit_exists(missing));
    refused(no_folder, PL_STORE_CREATE, PL_E_NOT_FOUND, "folder does not exist");
    refused_both(*state, PL_E_IO, "a folder");
    PL_KIT_STATUS(pl__store_open_sqlite("", PL_STORE_CREATE, &s, NULL), PL_E_INVALID, NULL);
    PL_KIT_STATUS(pl__store_open_sqlite(NULL, PL_STORE_CREATE, &s, NULL), PL_E_INVALID, NULL);
    free(missing);
    free(no_folder);
}

static void test_an_empty_file_is_a_new_store(void **state)
{
    char *path = pl__kit_write(*state, "run.db", "", 0);
    pl_error err = {0};

    refused(path, PL_STORE_READ_ONLY, PL_E_NOT_FOUND, "empty");
    pl_store *s = store_kit_open(path);
    PL_KIT_OK(store_kit_put(s, 1, &err), &err);
    pl__store_close(s);
    store_kit_integrity(path);
    free(path);
}

static void test_only_one_file_is_left(void **state)
{
    char *path = new_store(state, 5);
    const char *const beside[] = {"run.db-wal", "run.db-shm", "run.db-lock", "run.db-journal"};

    for (size_t i = 0; i < 4; i++) {
        char *other = pl__kit_path(*state, beside[i]);
        assert_false(pl__kit_exists(other));
        free(other);
    }
    free(path);
}

/* Damage in the middle of the file is an error, never a crash or a wrong answer. */
static void test_damaged_pages(void **state)
{
    char *path = new_store(state, 200);
    size_t n = 0;
    char *good = pl__kit_read(path, &n);

    for (size_t page = 0; page < n; page += 4096) {
        char *bad = malloc(n);
        assert_non_null(bad);
        memcpy(bad, good, n);
        for (size_t i = page == 0 ? 100 : page; i < page + 4096; i++)
            bad[i] = (char)(i * 31);
        char *name = pl__kit_write(*state, "bad.db", bad, n);
        pl_error err = {0};
        pl_store *s = NULL;
        pl_status rc = pl__store_open_sqlite(name, PL_STORE_READ_ONLY, &s, &err);
        for (uint64_t i = 0; i < 200 && rc == PL_OK; i += 7) {
            pl_digest key = store_kit_digest("call", i);
            pl_store_call call;
            bool found = false;
            pl_str memory;
            pl__str_init(&memory, PL_STR_LIMIT_DEFAULT);
            rc = s->ops->call_get(s, &key, true, &call, &found, &memory, &err);
            if (rc == PL_OK && found)
                store_kit_check_call(&call, i, true);
            pl__str_clear(&memory);
        }
        if (rc != PL_OK)
            PL_KIT_STATUS(rc, PL_E_PARSE, &err);
        pl__store_close(s);
        free(name);
        free(bad);
    }
    free(good);
    free(path);
}

static void test_bodies_that_lie(void **state)
{
    static const char *const lies[] = {"UPDATE body SET size_bytes = size_bytes + 1",
                                       "UPDATE body SET size_bytes = 1",
                                       "UPDATE body SET size_bytes = 0",
                                       "UPDATE body SET size_bytes = -1",
                                       "UPDATE body SET size_bytes = 9000000000000000000",
                                       "UPDATE body SET form = 2",
                                       "UPDATE body SET form = 0",
                                       "UPDATE body SET bytes = x''",
                                       "UPDATE body SET bytes = x'28b52ffd'",
                                       "UPDATE call SET outcome = 0",
                                       "UPDATE call SET outcome = 64",
                                       "UPDATE call SET numbers = x'ff'",
                                       "UPDATE call SET numbers = x''"};

    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        char *path = new_store(state, 1);
        store_kit_sql(path, lies[i]);
        pl_store *s = store_kit_open(path);
        pl_digest key = store_kit_digest("call", 0);
        pl_error err = {0};
        pl_store_call call;
        bool found = false;
        pl_str memory;
        pl__str_init(&memory, PL_STR_LIMIT_DEFAULT);
        PL_KIT_STATUS(s->ops->call_get(s, &key, true, &call, &found, &memory, &err), PL_E_PARSE, &err);
        assert_int_equal(memory.len, 0);
        pl__str_clear(&memory);
        pl__store_close(s);
        assert_int_equal(unlink(path), 0);
        free(path);
    }
}

static void test_a_second_writer_is_refused(void **state)
{
    char *path = new_store(state, 1);
    char *link = pl__kit_path(*state, "link.db");
    char pid[32];
    pl_store *s = store_kit_open(path);

    (void)snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
    refused(path, PL_STORE_CREATE, PL_E_BUSY, pid);
    assert_int_equal(symlink(path, link), 0);
    refused(link, PL_STORE_CREATE, PL_E_BUSY, pid); /* another name of the same store */
    pl__store_close(s);
    s = store_kit_open(path);
    pl__store_close(s);
    free(link);
    free(path);
}

/* A program that holds the file itself for writing, not our lock. */
static void test_locked_by_another_program(void **state)
{
    char *path = new_store(state, 1);
    pl_store *s = store_kit_open(path);
    sqlite3 *other = NULL;
    pl_error err = {0};

    assert_int_equal(sqlite3_open_v2(path, &other, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    PL_KIT_STATUS(store_kit_put(s, 5, &err), PL_E_BUSY, &err); /* after the busy time-out */
    assert_non_null(strstr(err.msg, path));
    assert_true(store_kit_has_call(s, 0));
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    err = (pl_error){0};
    PL_KIT_OK(store_kit_put(s, 5, &err), &err);
    pl__store_close(s);
    free(path);
}

static void test_readers_see_what_is_committed(void **state)
{
    char *path = new_store(state, 1);
    pl_store *writer = store_kit_open(path);
    pl_store *reader = NULL;
    pl_error err = {0};
    int64_t id = 0;
    pl_store_run run = store_kit_run("{}");

    PL_KIT_OK(pl__store_open_sqlite(path, PL_STORE_READ_ONLY, &reader, &err), &err);
    for (uint64_t i = 1; i < 20; i++) {
        assert_false(store_kit_has_call(reader, i));
        PL_KIT_OK(store_kit_put(writer, i, &err), &err);
        assert_true(store_kit_has_call(reader, i));
    }
    PL_KIT_STATUS(store_kit_put(reader, 99, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(reader->ops->run_begin(reader, &run, &id, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(reader->ops->run_end(reader, 1, PL_RUN_COMPLETE, 0, NULL, &err), PL_E_INVALID, &err);
    pl__store_close(writer);
    assert_true(store_kit_has_call(reader, 19));
    pl__store_close(reader);
    free(path);
}

/* 0 if a user without rights reads the store; the number of the failing step otherwise. */
static int read_without_rights(const char *path)
{
    pl_store *s = NULL;
    pl_digest key = store_kit_digest("call", 3);
    pl_store_call call;
    bool found = false;
    pl_error err = {0};
    pl_str memory;
    int step = 0;

    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 1;
    if (pl__store_open_sqlite(path, PL_STORE_CREATE, &s, &err) == PL_OK)
        return 2;
    if (pl__store_open_sqlite(path, PL_STORE_READ_ONLY, &s, &err) != PL_OK) {
        print_error("%s\n", err.msg);
        return 3;
    }
    pl__str_init(&memory, PL_STR_LIMIT_DEFAULT);
    if (s->ops->call_get(s, &key, true, &call, &found, &memory, &err) != PL_OK || !found || call.body.len == 0)
        step = 4;
    pl__str_clear(&memory);
    pl__store_close(s);
    return step;
}

static void test_a_read_only_folder(void **state)
{
    char *folder = pl__kit_path(*state, "a ?#%41 folder");
    int status = 0;

    assert_int_equal(chmod(*state, 0755), 0);
    assert_int_equal(mkdir(folder, 0755), 0);
    char *path = pl__kit_path(folder, "run.db");
    pl_store *s = store_kit_open(path);
    for (uint64_t i = 0; i < 5; i++)
        PL_KIT_OK(store_kit_put(s, i, NULL), NULL);
    pl__store_close(s);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(read_without_rights(path));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    free(path);
    free(folder);
}

#define IN_FOLDER(fn) cmocka_unit_test_setup_teardown(fn, pl__kit_temp_setup, pl__kit_temp_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_garbage_is_refused_and_kept),
        IN_FOLDER(test_foreign_database_is_refused_and_kept),
        IN_FOLDER(test_newer_version_is_refused_and_kept),
        IN_FOLDER(test_foreign_history_is_refused),
        IN_FOLDER(test_names_that_are_no_files),
        IN_FOLDER(test_an_empty_file_is_a_new_store),
        IN_FOLDER(test_only_one_file_is_left),
        IN_FOLDER(test_damaged_pages),
        IN_FOLDER(test_bodies_that_lie),
        IN_FOLDER(test_a_second_writer_is_refused),
        IN_FOLDER(test_locked_by_another_program),
        IN_FOLDER(test_readers_see_what_is_committed),
        IN_FOLDER(test_a_read_only_folder),
    };
    return cmocka_run_group_tests_name("store on SQLite", tests, NULL, NULL);
}
