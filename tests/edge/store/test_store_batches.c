/* Batches in both stores: what must be found again after a kill. */
#include "store_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct seen {
    size_t n;
    size_t n_keys;
    char ids[128];
    pl_status then;
} seen;

static pl_status see(const pl_batch_record *batch, void *user, pl_error *reterr)
{
    seen *s = user;

    assert_non_null(batch);
    assert_string_equal(batch->provider, "openai");
    assert_string_equal(batch->endpoint, "https://a/v1");
    assert_false(batch->ended);
    assert_int_equal(batch->created_unix_ms, 77);
    for (size_t i = 0; i < batch->n_keys; i++) {
        pl_digest wanted = store_kit_digest("key", i);
        assert_memory_equal(&batch->keys[i], &wanted, sizeof(wanted));
    }
    s->n++;
    s->n_keys += batch->n_keys;
    size_t len = strlen(s->ids);
    (void)snprintf(s->ids + len, sizeof(s->ids) - len, "%s;", batch->remote_id ? batch->remote_id : "?");
    if (s->then != PL_OK && reterr)
        *reterr = (pl_error){.code = s->then, .msg = "enough"};
    return s->then;
}

static pl_status put(pl_store *s, uint64_t i, const char *id, bool ended, size_t n_keys, pl_error *err)
{
    pl_digest keys[3];
    pl_store_write w = {.kind = PL_WRITE_BATCH};

    for (size_t k = 0; k < 3; k++)
        keys[k] = store_kit_digest("key", k);
    w.u.batch = (pl_batch_record){.tag = store_kit_digest("tag", i),
                                  .provider = "openai",
                                  .endpoint = "https://a/v1",
                                  .remote_id = id,
                                  .ended = ended,
                                  .created_unix_ms = 77,
                                  .keys = keys,
                                  .n_keys = n_keys};
    return s->ops->write(s, &w, 1, err);
}

static seen look(pl_store *s)
{
    seen ret = {0};
    pl_error err = {0};

    PL_KIT_OK(s->ops->batch_each(s, see, &ret, &err), &err);
    return ret;
}

static void contract(pl_store *s)
{
    pl_error err = {0};
    seen got = look(s);

    assert_int_equal(got.n, 0);
    PL_KIT_OK(put(s, 1, NULL, false, 3, &err), &err);
    got = look(s);
    assert_int_equal(got.n, 1);
    assert_int_equal(got.n_keys, 3);
    assert_string_equal(got.ids, "?;");
    PL_KIT_OK(put(s, 1, "batch_1", false, 3, &err), &err);
    assert_string_equal(look(s).ids, "batch_1;");
    PL_KIT_OK(put(s, 2, NULL, false, 1, &err), &err);
    assert_int_equal(look(s).n, 2);
    PL_KIT_OK(put(s, 1, "batch_1", true, 3, &err), &err);
    got = look(s);
    assert_string_equal(got.ids, "?;");
    assert_int_equal(got.n_keys, 1);
    got = (seen){.then = PL_E_LIMIT};
    PL_KIT_STATUS(s->ops->batch_each(s, see, &got, &err), PL_E_LIMIT, &err);
    err = (pl_error){0};
    PL_KIT_STATUS(put(s, 3, NULL, false, 0, &err), PL_E_LIMIT, &err);
}

static void memory_keeps_batches(void **state)
{
    pl_store *s = NULL;
    pl_error err = {0};

    (void)state;
    PL_KIT_OK(pl__store_open_memory(&s, &err), &err);
    contract(s);
    pl__store_close(s);
}

static void sqlite_keeps_batches_for_the_next_process(void **state)
{
    char *path = pl__kit_path(*state, "run.db");
    pl_store *s = store_kit_open(path);

    contract(s);
    pl__store_close(s);
    s = store_kit_open(path);
    assert_string_equal(look(s).ids, "?;");
    pl__store_close(s);
    store_kit_integrity(path);
    free(path);
}

static void damaged_batches_are_named(void **state)
{
    char *path = pl__kit_path(*state, "run.db");
    pl_store *s = store_kit_open(path);
    pl_error err = {0};
    seen got = {0};

    PL_KIT_OK(put(s, 1, NULL, false, 3, &err), &err);
    pl__store_close(s);
    store_kit_sql(path, "UPDATE batch SET keys = x'0102'");
    s = store_kit_open(path);
    PL_KIT_STATUS(s->ops->batch_each(s, see, &got, &err), PL_E_PARSE, &err);
    pl__store_close(s);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_keeps_batches),
        cmocka_unit_test_setup_teardown(sqlite_keeps_batches_for_the_next_process, pl__kit_temp_setup,
                                        pl__kit_temp_teardown),
        cmocka_unit_test_setup_teardown(damaged_batches_are_named, pl__kit_temp_setup, pl__kit_temp_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
