/* Every allocation refused once, SQLite's own included. */
#include "faulty_vfs.h"
#include "store_kit.h"

#include <stdlib.h>
#include <unistd.h>

static pl_status no_call(const pl_store_call *call, void *user, pl_error *reterr)
{
    (void)call;
    (void)user;
    (void)reterr;
    return PL_OK;
}

static pl_status no_item(const pl_store_item *item, void *user, pl_error *reterr)
{
    (void)item;
    (void)user;
    (void)reterr;
    return PL_OK;
}

static pl_status no_task(const pl_digest *task, const pl_store_call *call, void *user, pl_error *reterr)
{
    (void)task;
    (void)call;
    (void)user;
    (void)reterr;
    return PL_OK;
}

static pl_status write_some(pl_store *s, pl_error *err)
{
    char text[2][STORE_KIT_TEXT_BYTES];
    pl_store_write file = {.kind = PL_WRITE_FILE, .u.file = {"a.jpg", 1, 2, store_kit_digest("file", 1)}};
    const pl_store_write writes[] = {store_kit_call(1, text[0]), store_kit_task(0, 1, 1),   store_kit_call(2, text[1]),
                                     store_kit_task(0, 2, 2),    store_kit_item(1, 0, "a"), file};
    return s->ops->write(s, writes, 6, err);
}

static pl_status read_all(pl_store *s, pl_error *err)
{
    pl_digest key = store_kit_digest("call", 1);
    pl_digest unit = store_kit_digest("unit", 0);
    pl_digest digest;
    pl_store_call call;
    pl_store_run run;
    bool found = false;
    pl_str memory;

    pl__str_init(&memory, PL_STR_LIMIT_DEFAULT);
    pl_status rc = s->ops->call_get(s, &key, true, &call, &found, &memory, err);
    if (rc == PL_OK) {
        assert_true(found);
        store_kit_check_call(&call, 1, true);
    }
    if (rc == PL_OK)
        rc = s->ops->unit_each(s, &unit, true, no_task, NULL, err);
    if (rc == PL_OK)
        rc = s->ops->run_get(s, 0, &run, &memory, err);
    if (rc == PL_OK)
        rc = s->ops->item_each(s, 1, no_item, NULL, err);
    if (rc == PL_OK)
        rc = s->ops->file_get(s, "a.jpg", 1, 2, &digest, &found, err);
    if (rc == PL_OK)
        rc = s->ops->call_each(s, no_call, NULL, err);
    pl__str_clear(&memory);
    return rc;
}

static pl_status use(pl_store *s, pl_error *err)
{
    pl_store_run run = store_kit_run("{}");
    int64_t id = 0;

    pl_status rc = s->ops->run_begin(s, &run, &id, err);
    if (rc == PL_OK)
        rc = write_some(s, err);
    if (rc == PL_OK)
        rc = s->ops->run_end(s, id, PL_RUN_COMPLETE, 1, "{}", err);
    if (rc == PL_OK)
        rc = read_all(s, err);
    return rc;
}

static pl_status use_memory(void *user, pl_error *err)
{
    pl_store *s = NULL;
    (void)user;
    pl_status rc = pl__store_open_memory(&s, err);
    if (rc == PL_OK)
        rc = use(s, err);
    pl__store_close(s);
    return rc;
}

/* A new store: what a refusal left of the one before is removed. */
static pl_status create_sqlite(void *user, pl_error *err)
{
    const char *path = user;
    pl_store *s = NULL;

    (void)unlink(path);
    pl_status rc = pl__store_open_sqlite(path, PL_STORE_CREATE, &s, err);
    pl__store_close(s);
    return rc;
}

static pl_status open_and_use(void *user, pl_error *err)
{
    pl_store *s = NULL;

    pl_status rc = pl__store_open_sqlite(user, PL_STORE_CREATE, &s, err);
    if (rc == PL_OK)
        rc = use(s, err);
    pl__store_close(s);
    return rc;
}

static pl_status open_and_read(void *user, pl_error *err)
{
    pl_store *s = NULL;

    pl_status rc = pl__store_open_sqlite(user, PL_STORE_READ_ONLY, &s, err);
    if (rc == PL_OK)
        rc = read_all(s, err);
    pl__store_close(s);
    return rc;
}

static void done(void *user, uint64_t tag, pl_status rc, const pl_error *err)
{
    pl_error *first = user;
    (void)tag;
    if (rc != PL_OK && first->code == PL_OK)
        *first = *err;
}

static pl_status use_writer(void *user, pl_error *err)
{
    pl_store *s = NULL;
    pl_store_writer *w = NULL;
    char text[STORE_KIT_TEXT_BYTES];
    pl_error first = {0};
    (void)user;

    pl_status rc = pl__store_open_memory(&s, err);
    if (rc == PL_OK)
        rc = pl__store_writer_new(s, done, &first, &w, err);
    for (uint64_t i = 0; i < 4 && rc == PL_OK; i++) {
        const pl_store_write writes[] = {store_kit_call(i, text), store_kit_task(0, i, i)};
        rc = pl__store_writer_submit(w, writes, 2, i, err);
    }
    pl__store_writer_free(w);
    if (rc == PL_OK && first.code != PL_OK) {
        *err = first;
        rc = first.code;
    }
    pl__store_close(s);
    return rc;
}

static void test_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("memory", use_memory, NULL);
    pl__kit_fault_loop("writer", use_writer, NULL);
}

static void test_sqlite(void **state)
{
    char *path = pl__kit_path(*state, "run.db");

    pl__store_close(store_kit_open(path)); /* what SQLite allocates once for the process */
    faulty_vfs_install();                  /* for its syncs, which take no time */
    pl__kit_fault_loop("sqlite: create", create_sqlite, path);
    pl__kit_fault_loop("sqlite: use", open_and_use, path);
    pl__kit_fault_loop("sqlite: read", open_and_read, path);
    store_kit_integrity(path);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test_setup_teardown(test_sqlite, pl__kit_temp_setup, pl__kit_temp_teardown),
    };
    return cmocka_run_group_tests_name("store without memory", tests, NULL, NULL);
}
