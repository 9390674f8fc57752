/* The contract that every store keeps, beside calls and tasks: runs, items, files, and what endpoints can do. */
#include "either_store.h"

static void check_run(either_store *f, int64_t id, int64_t wanted_id, const char *config, pl_run_state state,
                      const char *summary, uint64_t n_items)
{
    pl_store_run run;
    pl__str_reset(&f->memory);
    PL_KIT_OK(f->s->ops->run_get(f->s, id, &run, &f->memory, &f->err), &f->err);
    assert_int_equal(run.id, wanted_id);
    assert_string_equal(run.config, config);
    assert_string_equal(run.prompts, "{\"judge\":\"pick one\"}");
    assert_string_equal(run.version, "0.1.0");
    assert_int_equal(run.created_unix_ms, 1700000000123);
    assert_int_equal(run.state, state);
    assert_int_equal(run.n_items, n_items);
    if (summary)
        assert_string_equal(run.summary, summary);
    else
        assert_null(run.summary);
}

static void test_runs(void **state)
{
    either_store *f = *state;
    pl_store_run run = store_kit_run("{\"a\":1}");
    int64_t id = 0;

    REFUSED(f, f->s->ops->run_get(f->s, 0, &run, &f->memory, &f->err), PL_E_NOT_FOUND);
    REFUSED(f, f->s->ops->run_end(f->s, 1, PL_RUN_COMPLETE, 1, NULL, &f->err), PL_E_NOT_FOUND);
    PL_KIT_OK(f->s->ops->run_begin(f->s, &run, &id, &f->err), &f->err);
    assert_int_equal(id, 1);
    check_run(f, 0, 1, "{\"a\":1}", PL_RUN_RUNNING, NULL, 7);
    PL_KIT_OK(f->s->ops->run_end(f->s, 1, PL_RUN_STOPPED, 25, "{\"calls\":3}", &f->err), &f->err);
    either_store_reopen(f);
    check_run(f, 0, 1, "{\"a\":1}", PL_RUN_STOPPED, "{\"calls\":3}", 25);

    /* The same config and prompts continue; another config is another run. */
    PL_KIT_OK(f->s->ops->run_begin(f->s, &run, &id, &f->err), &f->err);
    assert_int_equal(id, 1);
    check_run(f, 1, 1, "{\"a\":1}", PL_RUN_RUNNING, "{\"calls\":3}", 25); /* until it ends anew */
    run.config = "{\"a\":2}";
    PL_KIT_OK(f->s->ops->run_begin(f->s, &run, &id, &f->err), &f->err);
    assert_int_equal(id, 2);
    /* Only the latest one is continued. */
    run.config = "{\"a\":1}";
    PL_KIT_OK(f->s->ops->run_begin(f->s, &run, &id, &f->err), &f->err);
    assert_int_equal(id, 3);
    run.prompts = "{\"judge\":\"other words\"}";
    PL_KIT_OK(f->s->ops->run_begin(f->s, &run, &id, &f->err), &f->err);
    assert_int_equal(id, 4);
    check_run(f, 2, 2, "{\"a\":2}", PL_RUN_RUNNING, NULL, 7);
    REFUSED(f, f->s->ops->run_get(f->s, 5, &run, &f->memory, &f->err), PL_E_NOT_FOUND);
    REFUSED(f, f->s->ops->run_end(f->s, 0, PL_RUN_COMPLETE, 1, NULL, &f->err), PL_E_NOT_FOUND);
}

static pl_status see_item(const pl_store_item *item, void *user, pl_error *reterr)
{
    pl_str *list = user;
    (void)reterr;
    PL_KIT_OK(pl__str_appendf(list, "%lld.%llu:%s:%s:%s ", (long long)item->run_id, (unsigned long long)item->position,
                              item->id, item->problem ? item->problem : "-", item->has_image ? "image" : "text"),
              NULL);
    if (item->has_image) {
        pl_digest wanted = store_kit_digest("image", item->position);
        assert_true(pl__digest_eq(&wanted, &item->image_digest));
    }
    assert_string_equal(item->json, "{\"question\":\"what is it?\"}");
    return PL_OK;
}

static void check_items(either_store *f, int64_t run_id, const char *wanted)
{
    pl_str list;
    pl__str_init(&list, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(f->s->ops->item_each(f->s, run_id, see_item, &list, &f->err), &f->err);
    assert_string_equal(pl__str_c(&list), wanted);
    pl__str_clear(&list);
}

static void test_items(void **state)
{
    either_store *f = *state;
    pl_store_run run = store_kit_run("{}");
    int64_t id = 0;
    pl_store_write writes[] = {store_kit_item(1, 300, "late"), store_kit_item(1, 0, "first"),
                               store_kit_item(2, 0, "other run"), store_kit_item(1, 1, "second")};

    writes[1].u.item.has_image = true;
    writes[1].u.item.image_digest = store_kit_digest("image", 0);
    writes[3].u.item.problem = "not an image";
    either_store_write(f, writes, 4);
    PL_KIT_OK(f->s->ops->run_begin(f->s, &run, &id, &f->err), &f->err);
    either_store_reopen(f);
    check_items(f, 1, "1.0:first:-:image 1.1:second:not an image:text 1.300:late:-:text ");
    check_items(f, 3, "");
    writes[0] = store_kit_item(1, 1, "replaced");
    either_store_write(f, writes, 1);
    check_items(f, 1, "1.0:first:-:image 1.1:replaced:-:text 1.300:late:-:text ");
    /* A stopped run may not have come to its last items; a finished one has only those it counted. */
    PL_KIT_OK(f->s->ops->run_end(f->s, id, PL_RUN_INTERRUPTED, 1, NULL, &f->err), &f->err);
    check_items(f, 1, "1.0:first:-:image 1.1:replaced:-:text 1.300:late:-:text ");
    PL_KIT_OK(f->s->ops->run_end(f->s, id, PL_RUN_COMPLETE, 2, NULL, &f->err), &f->err);
    check_items(f, 1, "1.0:first:-:image 1.1:replaced:-:text ");
}

static void test_files(void **state)
{
    either_store *f = *state;
    pl_store_write w = {.kind = PL_WRITE_FILE};
    pl_digest digest = store_kit_digest("none", 0);
    bool found = true;

    w.u.file = (pl_store_file){"photos/\xc3\xa4.jpg", UINT64_MAX, -5, store_kit_digest("file", 1)};
    PL_KIT_OK(f->s->ops->file_get(f->s, w.u.file.path, UINT64_MAX, -5, &digest, &found, &f->err), &f->err);
    assert_false(found);
    either_store_write(f, &w, 1);
    either_store_reopen(f);
    PL_KIT_OK(f->s->ops->file_get(f->s, w.u.file.path, UINT64_MAX, -5, &digest, &found, &f->err), &f->err);
    assert_true(found && pl__digest_eq(&digest, &w.u.file.digest));
    PL_KIT_OK(f->s->ops->file_get(f->s, w.u.file.path, UINT64_MAX, -4, &digest, &found, &f->err), &f->err);
    assert_false(found);
    PL_KIT_OK(f->s->ops->file_get(f->s, w.u.file.path, 9, -5, &digest, &found, &f->err), &f->err);
    assert_false(found);
    w.u.file.size_bytes = 9;
    w.u.file.digest = store_kit_digest("file", 2);
    either_store_write(f, &w, 1);
    PL_KIT_OK(f->s->ops->file_get(f->s, w.u.file.path, 9, -5, &digest, &found, &f->err), &f->err);
    assert_true(found && pl__digest_eq(&digest, &w.u.file.digest));
}

static void check_abilities(either_store *f, unsigned endpoint, const char *want)
{
    pl_digest key = store_kit_digest("endpoint", endpoint);
    bool found = want == NULL;

    pl__str_reset(&f->memory);
    PL_KIT_OK(f->s->ops->abilities_get(f->s, &key, &f->memory, &found, &f->err), &f->err);
    assert_int_equal(found, want != NULL);
    if (want)
        assert_string_equal(pl__str_c(&f->memory), want);
}

static void test_abilities(void **state)
{
    either_store *f = *state;
    pl_store_write w = {.kind = PL_WRITE_ABILITIES};

    check_abilities(f, 1, NULL);
    PL_KIT_STATUS(f->s->ops->write(f->s, &w, 1, &f->err), PL_E_INVALID, &f->err);
    f->err = (pl_error){0};
    w.u.abilities = (pl_store_abilities){store_kit_digest("endpoint", 1), "{\"version\":1}"};
    either_store_write(f, &w, 1);
    either_store_reopen(f);
    check_abilities(f, 1, "{\"version\":1}");
    check_abilities(f, 2, NULL);
    w.u.abilities.json = "{}"; /* the newest counts */
    either_store_write(f, &w, 1);
    check_abilities(f, 1, "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_runs),
        BOTH(test_items),
        BOTH(test_files),
        BOTH(test_abilities),
    };
    return cmocka_run_group_tests_name("store contract: runs", tests, NULL, NULL);
}
