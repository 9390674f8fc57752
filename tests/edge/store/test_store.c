/* The contract that every store keeps: calls, tasks, and how they are read. */
#include "either_store.h"

#include <stdlib.h>
#include <string.h>

static bool get(either_store *f, uint64_t i, pl_store_call *ret)
{
    pl_digest key = store_kit_digest("call", i);
    bool found = false;
    pl__str_reset(&f->memory);
    PL_KIT_OK(f->s->ops->call_get(f->s, &key, true, ret, &found, &f->memory, &f->err), &f->err);
    return found;
}

static void test_calls_come_back_whole(void **state)
{
    either_store *f = *state;
    char text[STORE_KIT_TEXT_BYTES];
    pl_store_call call;

    for (uint64_t i = 0; i < 50; i++) {
        pl_store_write w = store_kit_call(i, text);
        either_store_write(f, &w, 1);
        assert_true(get(f, i, &call));
        store_kit_check_call(&call, i, true);
    }
    either_store_reopen(f);
    for (uint64_t i = 0; i < 50; i++)
        assert_true(store_kit_has_call(f->s, i));
    assert_false(get(f, 50, &call));

    pl_digest key = store_kit_digest("call", 3);
    bool found = false;
    pl__str_reset(&f->memory);
    PL_KIT_OK(f->s->ops->call_get(f->s, &key, false, &call, &found, &f->memory, &f->err), &f->err);
    assert_true(found);
    store_kit_check_call(&call, 3, false);
}

/* Numbers come from servers: any 64 bits must come back, and bodies of any kind. */
static void test_extreme_calls(void **state)
{
    either_store *f = *state;
    char text[STORE_KIT_TEXT_BYTES];
    pl_store_write w = store_kit_call(1, text);
    size_t big_len = (size_t)3 << 20;
    char *big = malloc(big_len);
    pl_store_call call;

    assert_non_null(big);
    uint64_t x = 1;
    for (size_t i = 0; i < big_len; i++) { /* does not compress */
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        big[i] = (char)(x >> 56);
    }
    w.u.call.usage = (pl_usage){UINT64_MAX, (uint64_t)INT64_MAX + 1, 0, 127, 0};
    w.u.call.elapsed_ns = UINT64_MAX;
    w.u.call.created_unix_ms = INT64_MIN;
    w.u.call.http_status = -1;
    w.u.call.attempts = UINT32_MAX;
    w.u.call.body = pl__view_n(big, big_len);
    either_store_write(f, &w, 1);
    either_store_reopen(f);
    assert_true(get(f, 1, &call));
    assert_memory_equal(&call.usage, &w.u.call.usage, sizeof(call.usage));
    assert_true(call.elapsed_ns == UINT64_MAX && call.created_unix_ms == INT64_MIN);
    assert_true(call.http_status == -1 && call.attempts == UINT32_MAX);
    assert_int_equal(call.body.len, big_len);
    assert_memory_equal(call.body.ptr, big, big_len);

    memset(big, 0, big_len); /* compresses a thousandfold, NULs */
    w = store_kit_call(2, text);
    w.u.call.body = pl__view_n(big, big_len);
    either_store_write(f, &w, 1);
    assert_true(get(f, 2, &call));
    assert_int_equal(call.body.len, big_len);
    assert_memory_equal(call.body.ptr, big, big_len);

    w = store_kit_call(3, text);
    w.u.call.body = pl__view_n(NULL, 0);
    w.u.call.message = "";
    either_store_write(f, &w, 1);
    assert_true(get(f, 3, &call));
    assert_int_equal(call.body.len, 0);
    assert_string_equal(call.message, "");
    free(big);
}

/* `next` after `stored`: which one is there then? */
static void check_rule(either_store *f, uint64_t i, pl_outcome stored, pl_outcome next, bool replaced)
{
    char text[STORE_KIT_TEXT_BYTES];
    pl_store_write w = store_kit_call(i, text);
    pl_store_call call;

    w.u.call.outcome = stored;
    w.u.call.message = "first";
    w.u.call.body = pl__view("the first body");
    either_store_write(f, &w, 1);
    w.u.call.outcome = next;
    w.u.call.message = "second";
    w.u.call.body = pl__view("");
    either_store_write(f, &w, 1);
    assert_true(get(f, i, &call));
    assert_int_equal(call.outcome, replaced ? next : stored);
    assert_string_equal(call.message, replaced ? "second" : "first");
    assert_true(pl__view_eq_str(call.body, replaced ? "" : "the first body"));
}

static void test_what_may_replace_a_call(void **state)
{
    either_store *f = *state;
    const pl_outcome response[] = {PL_OUTCOME_ANSWERED, PL_OUTCOME_CUT_OFF, PL_OUTCOME_REFUSED, PL_OUTCOME_EMPTY};
    const pl_outcome final_error[] = {PL_OUTCOME_BAD_REQUEST, PL_OUTCOME_TOO_LONG, PL_OUTCOME_IMAGE_UNSUPPORTED};
    const pl_outcome failure[] = {PL_OUTCOME_AUTH, PL_OUTCOME_TIMED_OUT, PL_OUTCOME_GARBLED};
    uint64_t i = 0;

    for (size_t a = 0; a < 4; a++) {
        for (size_t b = 0; b < 4; b++)
            check_rule(f, i++, response[a], response[b], false);
        for (size_t b = 0; b < 3; b++) {
            check_rule(f, i++, response[a], final_error[b], false);
            check_rule(f, i++, response[a], failure[b], false);
            check_rule(f, i++, final_error[b], response[a], true);
            check_rule(f, i++, failure[b], response[a], true);
        }
    }
    for (size_t a = 0; a < 3; a++) {
        for (size_t b = 0; b < 3; b++) {
            check_rule(f, i++, final_error[a], final_error[b], false);
            check_rule(f, i++, final_error[a], failure[b], false);
            check_rule(f, i++, failure[a], failure[b], true);
            check_rule(f, i++, failure[a], final_error[b], true);
        }
    }
}

typedef struct seen {
    size_t n;
    pl_digest last;
    bool with_body;
    uint64_t first_call; /* task digests are looked up from here */
    uint64_t end_call;
} seen;

static pl_status see_task(const pl_digest *task, const pl_store_call *call, void *user, pl_error *reterr)
{
    seen *v = user;
    (void)reterr;
    if (v->n > 0)
        assert_true(memcmp(v->last.bytes, task->bytes, sizeof(task->bytes)) < 0);
    v->last = *task;
    v->n++;
    for (uint64_t i = v->first_call; i < v->end_call; i++) {
        pl_digest wanted = store_kit_digest("task", i);
        if (pl__digest_eq(&wanted, task)) {
            store_kit_check_call(call, i, v->with_body);
            return PL_OK;
        }
    }
    fail_msg("a task of another unit");
    return PL_OK;
}

static void test_units_in_key_order(void **state)
{
    either_store *f = *state;

    for (uint64_t i = 0; i < 60; i++) /* units 0 to 5 of ten tasks, interleaved */
        PL_KIT_OK(store_kit_put(f->s, i * 7 % 60, &f->err), &f->err);
    either_store_reopen(f);
    for (uint64_t unit = 0; unit < 6; unit++) {
        for (int with_body = 0; with_body < 2; with_body++) {
            seen v = {.with_body = with_body, .first_call = unit * 10, .end_call = unit * 10 + 10};
            pl_digest key = store_kit_digest("unit", unit);
            PL_KIT_OK(f->s->ops->unit_each(f->s, &key, with_body, see_task, &v, &f->err), &f->err);
            assert_int_equal(v.n, 10);
        }
    }
    assert_int_equal(store_kit_unit_size(f->s, 6), 0);
}

typedef struct counted {
    size_t n_units;
    uint64_t n_tasks;
    uint64_t of_first; /* of unit 0 */
} counted;

static pl_status count_unit(const pl_digest *unit, uint64_t n_tasks, void *user, pl_error *reterr)
{
    const pl_digest first = store_kit_digest("unit", 0);
    counted *c = user;
    (void)reterr;
    c->n_units++;
    c->n_tasks += n_tasks;
    if (pl__digest_eq(unit, &first))
        c->of_first = n_tasks;
    return PL_OK;
}

static pl_status refuse_unit(const pl_digest *unit, uint64_t n_tasks, void *user, pl_error *reterr)
{
    (void)unit;
    (void)n_tasks;
    (void)user;
    if (reterr)
        *reterr = (pl_error){.code = PL_E_CANCELLED, .msg = "enough"};
    return PL_E_CANCELLED;
}

static void test_counts_of_units(void **state)
{
    either_store *f = *state;
    char text[STORE_KIT_TEXT_BYTES];
    pl_store_write failed[] = {store_kit_call(100, text), store_kit_task(0, 100, 100), store_kit_task(7, 101, 100)};
    counted all = {0};
    counted responses = {0};

    for (uint64_t i = 0; i < 60; i++)
        PL_KIT_OK(store_kit_put(f->s, i * 7 % 60, &f->err), &f->err);
    failed[0].u.call.outcome = PL_OUTCOME_TIMED_OUT;
    either_store_write(f, failed, 3);
    either_store_reopen(f);
    PL_KIT_OK(f->s->ops->unit_counts(f->s, PL_OUTCOME_AUTH, count_unit, &responses, &f->err), &f->err);
    assert_int_equal(responses.n_units, 6); /* unit 7 has nothing but the failure */
    assert_int_equal(responses.n_tasks, 60);
    assert_int_equal(responses.of_first, 10);
    PL_KIT_OK(f->s->ops->unit_counts(f->s, PL_OUTCOME_GARBLED, count_unit, &all, &f->err), &f->err);
    assert_int_equal(all.n_units, 7);
    assert_int_equal(all.n_tasks, 62);
    assert_int_equal(all.of_first, 11);
    REFUSED(f, f->s->ops->unit_counts(f->s, PL_OUTCOME_AUTH, refuse_unit, NULL, &f->err), PL_E_CANCELLED);
}

/* The reader may keep a transaction open from one read to the next. */
static void test_a_read_sees_what_was_just_written(void **state)
{
    either_store *f = *state;

    for (uint64_t i = 0; i < 200; i++) {
        assert_false(store_kit_has_call(f->s, i));
        PL_KIT_OK(store_kit_put(f->s, i, &f->err), &f->err);
        assert_true(store_kit_has_call(f->s, i));
        assert_int_equal(store_kit_unit_size(f->s, i / 10), i % 10 + 1);
    }
}

static void test_a_task_can_point_elsewhere(void **state)
{
    either_store *f = *state;
    char text[2][STORE_KIT_TEXT_BYTES];
    pl_store_write writes[] = {store_kit_call(0, text[0]), store_kit_task(0, 0, 0), store_kit_call(1, text[1]),
                               store_kit_task(0, 0, 1)};
    seen v = {.with_body = true, .first_call = 0, .end_call = 1};
    pl_digest unit = store_kit_digest("unit", 0);

    either_store_write(f, writes, 2);
    PL_KIT_OK(f->s->ops->unit_each(f->s, &unit, true, see_task, &v, &f->err), &f->err);
    assert_int_equal(v.n, 1);
    either_store_write(f, writes + 2, 2);
    assert_int_equal(store_kit_unit_size(f->s, 0), 1);
    /* Two tasks may share a call, in one batch or not. */
    writes[0] = store_kit_task(0, 5, 1);
    writes[1] = store_kit_task(1, 6, 0);
    either_store_write(f, writes, 2);
    assert_int_equal(store_kit_unit_size(f->s, 0), 2);
    assert_int_equal(store_kit_unit_size(f->s, 1), 1);
}

static void test_a_batch_is_all_or_nothing(void **state)
{
    either_store *f = *state;
    char text[2][STORE_KIT_TEXT_BYTES];
    pl_store_write writes[] = {store_kit_call(1, text[0]), store_kit_task(0, 1, 1), store_kit_task(0, 2, 2),
                               store_kit_call(2, text[1])};
    pl_store_call call;

    /* Task 2 comes before its call. */
    REFUSED(f, f->s->ops->write(f->s, writes, 4, &f->err), PL_E_NOT_FOUND);
    assert_false(get(f, 1, &call));
    assert_int_equal(store_kit_unit_size(f->s, 0), 0);
    /* The failed batch must not leave its units behind in a cache. */
    either_store_write(f, writes, 2);
    either_store_reopen(f);
    assert_true(get(f, 1, &call));
    assert_int_equal(store_kit_unit_size(f->s, 0), 1);
}

static void test_mistakes_are_refused(void **state)
{
    either_store *f = *state;
    char text[STORE_KIT_TEXT_BYTES];
    pl_store_write w = store_kit_call(1, text);

    REFUSED(f, f->s->ops->write(f->s, NULL, 1, &f->err), PL_E_INVALID);
    PL_KIT_OK(f->s->ops->write(f->s, NULL, 0, NULL), NULL);
    w.u.call.outcome = PL_OUTCOME_NONE;
    REFUSED(f, f->s->ops->write(f->s, &w, 1, &f->err), PL_E_INVALID);
    w = store_kit_call(1, text);
    w.u.call.codec = NULL;
    REFUSED(f, f->s->ops->write(f->s, &w, 1, &f->err), PL_E_INVALID);
    w = store_kit_call(1, text);
    w.u.call.body = pl__view_n(text, PL_STORE_BODY_BYTES_MAX + 1);
    REFUSED(f, f->s->ops->write(f->s, &w, 1, &f->err), PL_E_LIMIT);
    w = store_kit_item(1, UINT64_MAX, "a");
    REFUSED(f, f->s->ops->write(f->s, &w, 1, &f->err), PL_E_RANGE);
    pl_store_run run = {0};
    int64_t id = 77;
    REFUSED(f, f->s->ops->run_begin(f->s, &run, &id, &f->err), PL_E_INVALID);
    assert_int_equal(id, 77);
}

static pl_status stop_at_second(const pl_digest *task, const pl_store_call *call, void *user, pl_error *reterr)
{
    int *n = user;
    (void)task;
    (void)call;
    if (++*n < 2)
        return PL_OK;
    if (reterr)
        *reterr = (pl_error){.code = PL_E_CANCELLED, .msg = "enough"};
    return PL_E_CANCELLED;
}

static void test_a_failing_callback_stops_the_scan(void **state)
{
    either_store *f = *state;
    pl_digest unit = store_kit_digest("unit", 0);

    for (uint64_t i = 0; i < 10; i++)
        PL_KIT_OK(store_kit_put(f->s, i, &f->err), &f->err);
    for (int round = 0; round < 2; round++) {
        int n = 0;
        REFUSED(f, f->s->ops->unit_each(f->s, &unit, false, stop_at_second, &n, &f->err), PL_E_CANCELLED);
        assert_int_equal(n, 2);
    }
    assert_int_equal(store_kit_unit_size(f->s, 0), 10);
}

typedef struct totals {
    size_t n;
    uint64_t output_tokens;
    pl_digest last;
} totals;

static pl_status add_call(const pl_store_call *call, void *user, pl_error *reterr)
{
    totals *t = user;
    (void)reterr;
    assert_int_equal(call->body.len, 0);
    if (t->n > 0)
        assert_true(memcmp(t->last.bytes, call->key.bytes, sizeof(call->key.bytes)) < 0);
    t->last = call->key;
    t->n++;
    t->output_tokens += call->usage.output_tokens;
    return PL_OK;
}

static void test_all_calls_in_key_order(void **state)
{
    either_store *f = *state;
    totals t = {0};

    for (uint64_t i = 0; i < 100; i++)
        PL_KIT_OK(store_kit_put(f->s, i, &f->err), &f->err);
    PL_KIT_OK(f->s->ops->call_each(f->s, add_call, &t, &f->err), &f->err);
    assert_int_equal(t.n, 100);
    assert_int_equal(t.output_tokens, 100 * 99 / 2 + 100);
}

static pl_status read_inside(const pl_store_item *item, void *user, pl_error *reterr)
{
    either_store *f = user;
    (void)reterr;
    assert_int_equal(store_kit_unit_size(f->s, item->position), 10);
    assert_true(store_kit_has_call(f->s, item->position));
    PL_KIT_OK(store_kit_put(f->s, 1000 + item->position, &f->err), &f->err);
    return PL_OK;
}

/* Callbacks may read other things and write. */
static void test_work_inside_a_scan(void **state)
{
    either_store *f = *state;
    const pl_store_write items[] = {store_kit_item(1, 0, "a"), store_kit_item(1, 1, "b")};

    for (uint64_t i = 0; i < 20; i++)
        PL_KIT_OK(store_kit_put(f->s, i, &f->err), &f->err);
    either_store_write(f, items, 2);
    PL_KIT_OK(f->s->ops->item_each(f->s, 1, read_inside, f, &f->err), &f->err);
    assert_true(store_kit_has_call(f->s, 1001));
}

/* Several results in one buffer: what was read last is right, and what was there before stays in front of it. */
static void test_results_are_appended(void **state)
{
    either_store *f = *state;
    pl_digest key = store_kit_digest("call", 5);
    pl_store_call call;
    bool found = false;

    PL_KIT_OK(store_kit_put(f->s, 5, &f->err), &f->err);
    PL_KIT_OK(pl__str_append_c(&f->memory, "mine"), NULL);
    PL_KIT_OK(f->s->ops->call_get(f->s, &key, true, &call, &found, &f->memory, &f->err), &f->err);
    assert_true(found);
    store_kit_check_call(&call, 5, true);
    assert_memory_equal(f->memory.ptr, "mine", 4);
    pl_str small;
    pl__str_init(&small, 10);
    REFUSED(f, f->s->ops->call_get(f->s, &key, true, &call, &found, &small, &f->err), PL_E_LIMIT);
    assert_int_equal(small.len, 0);
    pl__str_clear(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_calls_come_back_whole),
        BOTH(test_extreme_calls),
        BOTH(test_what_may_replace_a_call),
        BOTH(test_units_in_key_order),
        BOTH(test_counts_of_units),
        BOTH(test_a_read_sees_what_was_just_written),
        BOTH(test_a_task_can_point_elsewhere),
        BOTH(test_a_batch_is_all_or_nothing),
        BOTH(test_mistakes_are_refused),
        BOTH(test_a_failing_callback_stops_the_scan),
        BOTH(test_all_calls_in_key_order),
        BOTH(test_work_inside_a_scan),
        BOTH(test_results_are_appended),
    };
    return cmocka_run_group_tests_name("store contract", tests, NULL, NULL);
}
