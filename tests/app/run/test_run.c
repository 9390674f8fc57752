/* A run from beginning to end: complete, resumed, stopped by budget, deadline and interrupt, with a store that fails.
 */
#include "pool_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const WELL[] = {"m1", "m2", "m3", "m4", NULL};
/* 4 models and given questions: 4 answers, 6 pairs x 2 judges x 2 orders, correctness alone. */
#define TASKS_PER_ITEM (4 + 6 * 2 * 2)

typedef struct fixture {
    pool_server server;
    char *dir;
    char *items;
    pool_run run;
} fixture;

static void open_fixture(fixture *f, unsigned items)
{
    char data[64];

    f->dir = pl__kit_temp_new();
    f->items = pool_write_items(f->dir, items);
    pool_server_start(&f->server);
    (void)snprintf(data, sizeof(data), "items: items.jsonl");
    pool_open(&f->run, f->dir, pl__httpd_port(f->server.httpd), data, WELL, NULL);
}

static void close_fixture(fixture *f)
{
    pool_close(&f->run);
    pool_server_stop(&f->server);
    free(f->items);
    pl__kit_temp_free(f->dir);
}

static void a_run_ends_complete_and_a_second_one_asks_nothing(void **state)
{
    fixture f;

    (void)state;
    open_fixture(&f, 5);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(f.run.summary.tasks_total, 5 * TASKS_PER_ITEM);
    assert_int_equal(f.run.summary.tasks_ended, 5 * TASKS_PER_ITEM);
    assert_int_equal(f.run.summary.calls, atomic_load(&f.server.requests));
    assert_int_equal(f.run.summary.calls + f.run.summary.reused, 5 * TASKS_PER_ITEM);
    assert_int_equal(f.run.summary.earlier.commands, 0);
    assert_false(f.run.summary.earlier.broken_off);
    atomic_store(&f.server.requests, 0);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(f.run.summary.calls, 0);
    assert_int_equal(f.run.summary.reused, 5 * TASKS_PER_ITEM);
    assert_int_equal(atomic_load(&f.server.requests), 0);
    close_fixture(&f);
}

static void a_budget_stops_and_the_next_run_goes_on(void **state)
{
    fixture f;
    pl_run_opts opts = {.max_calls = 17};
    uint64_t calls = 0;

    (void)state;
    open_fixture(&f, 3);
    PL_KIT_OK(pool_execute(&f.run, &opts), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_STOPPED);
    assert_int_equal(f.run.summary.calls, 17);
    assert_int_equal(atomic_load(&f.server.requests), 17);
    assert_non_null(strstr(f.run.summary.stop_reason, "17"));
    calls = f.run.summary.calls;
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(atomic_load(&f.server.requests), calls + f.run.summary.calls);
    assert_int_equal(f.run.summary.tasks_ended, 3 * TASKS_PER_ITEM);
    assert_int_equal(f.run.summary.earlier.commands, 1);
    assert_int_equal(f.run.summary.earlier.calls, calls);
    assert_int_equal(f.run.summary.earlier.attempts, calls);
    assert_false(f.run.summary.earlier.broken_off);
    calls += f.run.summary.calls;
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.earlier.commands, 2);
    assert_int_equal(f.run.summary.earlier.calls, calls);
    assert_int_equal(f.run.summary.calls, 0);
    close_fixture(&f);
}

static void what_is_stored_waits_and_is_counted_all_the_same(void **state)
{
    fixture f;
    pl_run_opts opts = {.max_calls = 3};

    (void)state;
    open_fixture(&f, 4);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    pool_close(&f.run);
    free(f.items);
    f.items = pool_write_items(f.dir, 6);
    pool_open(&f.run, f.dir, pl__httpd_port(f.server.httpd), "items: items.jsonl", WELL, NULL);
    PL_KIT_OK(pool_execute(&f.run, &opts), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_STOPPED);
    assert_int_equal(f.run.summary.calls, 3);
    assert_int_equal(f.run.summary.reused, 4 * TASKS_PER_ITEM);
    assert_int_equal(f.run.summary.tasks_ended, 4 * TASKS_PER_ITEM + 3);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(f.run.summary.tasks_ended, 6 * TASKS_PER_ITEM);
    assert_int_equal(f.run.summary.calls + f.run.summary.reused, 6 * TASKS_PER_ITEM);
    assert_false(f.run.summary.stored_in_part);
    close_fixture(&f);
}

static void a_deadline_stops_starting_and_keeps_what_arrives(void **state)
{
    fixture f;
    pl_run_opts opts = {.deadline_ms = 300};

    (void)state;
    open_fixture(&f, 40);
    atomic_store(&f.server.delay_ms, 40);
    PL_KIT_OK(pool_execute(&f.run, &opts), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_STOPPED);
    assert_true(f.run.summary.calls > 0);
    assert_int_equal(f.run.summary.tasks_ended, f.run.summary.calls + f.run.summary.reused);
    assert_int_equal(f.run.summary.calls, atomic_load(&f.server.requests));
    close_fixture(&f);
}

static atomic_int interrupt_level;

static void interrupt_after_some(const pl_run_progress *p, void *user)
{
    (void)user;
    if (p->calls > 5)
        atomic_store(&interrupt_level, 1);
}

static void an_interrupt_loses_nothing_that_was_asked(void **state)
{
    fixture f;
    pl_run_opts opts = {.interrupt = &interrupt_level, .progress = interrupt_after_some};

    (void)state;
    open_fixture(&f, 60);
    atomic_store(&f.server.delay_ms, 60);
    atomic_store(&interrupt_level, 0);
    PL_KIT_OK(pool_execute(&f.run, &opts), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_INTERRUPTED);
    assert_int_equal(f.run.summary.calls, atomic_load(&f.server.requests));
    assert_int_equal(f.run.summary.tasks_ended, f.run.summary.calls + f.run.summary.reused);
    assert_true(f.run.summary.tasks_ended < UINT64_C(60) * TASKS_PER_ITEM);
    close_fixture(&f);
}

/* A store whose n-th write fails as on a full disk. */
typedef struct failing_store {
    pl_store base;
    pl_store_ops ops;
    pl_store *real;
    atomic_uint writes_left;
} failing_store;

static failing_store failing;

static pl_status failing_write(pl_store *s, const pl_store_write *writes, size_t n, pl_error *reterr)
{
    (void)s;
    if (atomic_load(&failing.writes_left) == 0) {
        *reterr = (pl_error){.code = PL_E_FULL, .msg = "run.db: no space left on the device"};
        return PL_E_FULL;
    }
    atomic_fetch_sub(&failing.writes_left, 1);
    return failing.real->ops->write(failing.real, writes, n, reterr);
}

static pl_status forward_call_get(pl_store *s, const pl_digest *key, bool with_body, pl_store_call *ret,
                                  bool *ret_found, pl_str *memory, pl_error *reterr)
{
    (void)s;
    return failing.real->ops->call_get(failing.real, key, with_body, ret, ret_found, memory, reterr);
}

static pl_status forward_unit_each(pl_store *s, const pl_digest *unit, bool with_body,
                                   pl_status (*fn)(const pl_digest *task, const pl_store_call *call, void *user,
                                                   pl_error *reterr),
                                   void *user, pl_error *reterr)
{
    (void)s;
    return failing.real->ops->unit_each(failing.real, unit, with_body, fn, user, reterr);
}

static pl_status forward_unit_counts(pl_store *s, pl_outcome end,
                                     pl_status (*fn)(const pl_digest *unit, uint64_t n_tasks, void *user,
                                                     pl_error *reterr),
                                     void *user, pl_error *reterr)
{
    (void)s;
    return failing.real->ops->unit_counts(failing.real, end, fn, user, reterr);
}

static pl_status forward_run_begin(pl_store *s, const pl_store_run *run, int64_t *ret_id, pl_error *reterr)
{
    (void)s;
    return failing.real->ops->run_begin(failing.real, run, ret_id, reterr);
}

static pl_status forward_run_get(pl_store *s, int64_t id, pl_store_run *ret, pl_str *memory, pl_error *reterr)
{
    (void)s;
    return failing.real->ops->run_get(failing.real, id, ret, memory, reterr);
}

static pl_status forward_run_end(pl_store *s, int64_t id, pl_run_state state, uint64_t n_items, const char *summary,
                                 pl_error *reterr)
{
    (void)s;
    return failing.real->ops->run_end(failing.real, id, state, n_items, summary, reterr);
}

static pl_status forward_file_get(pl_store *s, const char *path, uint64_t size_bytes, int64_t mtime_ns, pl_digest *ret,
                                  bool *ret_found, pl_error *reterr)
{
    (void)s;
    return failing.real->ops->file_get(failing.real, path, size_bytes, mtime_ns, ret, ret_found, reterr);
}

static pl_status forward_abilities_get(pl_store *s, const pl_digest *endpoint, pl_str *ret, bool *ret_found,
                                       pl_error *reterr)
{
    (void)s;
    return failing.real->ops->abilities_get(failing.real, endpoint, ret, ret_found, reterr);
}

static pl_status forward_batch_each(pl_store *s,
                                    pl_status (*fn)(const pl_batch_record *batch, void *user, pl_error *reterr),
                                    void *user, pl_error *reterr)
{
    (void)s;
    return failing.real->ops->batch_each(failing.real, fn, user, reterr);
}

static void a_full_disk_ends_the_run_and_loses_nothing_stored(void **state)
{
    fixture f;
    pl_run_opts opts = {0};

    (void)state;
    open_fixture(&f, 30);
    for (unsigned writes = 1; writes < 5; writes++) {
        pl_status rc = PL_OK;

        failing.ops = *f.run.store->ops;
        failing.ops.write = failing_write;
        failing.ops.call_get = forward_call_get;
        failing.ops.unit_each = forward_unit_each;
        failing.ops.unit_counts = forward_unit_counts;
        failing.ops.run_begin = forward_run_begin;
        failing.ops.run_end = forward_run_end;
        failing.ops.run_get = forward_run_get;
        failing.ops.file_get = forward_file_get;
        failing.ops.abilities_get = forward_abilities_get;
        failing.ops.batch_each = forward_batch_each;
        failing.base.ops = &failing.ops;
        failing.real = f.run.store;
        atomic_store(&failing.writes_left, writes);
        opts.store = &failing.base;
        rc = pool_execute(&f.run, &opts);
        /* Answers and judgments cannot go into one commit; into a few they can. */
        if (rc == PL_OK && writes > 1)
            continue;
        PL_KIT_STATUS(rc, PL_E_FULL, &f.run.err);
        assert_non_null(strstr(f.run.err.msg, "no space left"));
    }
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_true(f.run.summary.earlier.broken_off);
    assert_int_equal(f.run.summary.tasks_ended, 30 * TASKS_PER_ITEM);
    close_fixture(&f);
}

static void the_same_content_is_asked_once(void **state)
{
    fixture f;
    char *path = NULL;
    pl_setup *setup = NULL;

    (void)state;
    open_fixture(&f, 1);
    path = pl__kit_write_text(f.dir, "items.jsonl",
                              "{\"id\":\"a\",\"question\":\"Same?\"}\n{\"id\":\"b\",\"question\":\"Same?\"}\n");
    PL_KIT_OK(pl__setup_new(f.run.config, &setup, &f.run.err), &f.run.err);
    pl__setup_free(f.run.setup);
    f.run.setup = setup;
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(f.run.summary.tasks_ended, 2 * TASKS_PER_ITEM);
    assert_true(atomic_load(&f.server.requests) <= TASKS_PER_ITEM);
    free(path);
    close_fixture(&f);
}

/* With other prompts every question is a new one, but the calls are the same: nothing is in flight that could end, and
 * one task found in the store makes the next one ready, of whichever model. */
static void what_stored_calls_answer_is_followed_to_the_end(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 4; n++) { /* the models take turns in going first */
        fixture f;
        char *path = NULL;
        char *more = NULL;
        size_t bytes = 0;

        open_fixture(&f, n);
        PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
        pool_close(&f.run);
        path = pl__kit_write_text(f.dir, "other/question.txt", "Ask something.");
        free(path);
        path = pl__kit_path(f.dir, "other");
        bytes = strlen(path) + 64;
        more = malloc(bytes);
        assert_non_null(more);
        (void)snprintf(more, bytes, "evaluations: {peer_review: {prompts: \"%s\"}}", path);
        pool_open(&f.run, f.dir, pl__httpd_port(f.server.httpd), "items: items.jsonl", WELL, more);
        PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
        assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
        assert_int_equal(f.run.summary.calls, 0);
        assert_int_equal(f.run.summary.tasks_ended, n * TASKS_PER_ITEM);
        free(more);
        free(path);
        close_fixture(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_ends_complete_and_a_second_one_asks_nothing),
        cmocka_unit_test(a_budget_stops_and_the_next_run_goes_on),
        cmocka_unit_test(what_is_stored_waits_and_is_counted_all_the_same),
        cmocka_unit_test(a_deadline_stops_starting_and_keeps_what_arrives),
        cmocka_unit_test(an_interrupt_loses_nothing_that_was_asked),
        cmocka_unit_test(a_full_disk_ends_the_run_and_loses_nothing_stored),
        cmocka_unit_test(the_same_content_is_asked_once),
        cmocka_unit_test(what_stored_calls_answer_is_followed_to_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
