/* What a run costs, and its cap: every reply of the server says 10 tokens in and 3 out. */
#include "pool_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const WELL[] = {"m1", "m2", "m3", "m4", NULL};
static const char *const SILENT[] = {"m1", "m2", "m3", "refusal-1", NULL}; /* the last one's replies have no usage */
#define TASKS_PER_ITEM (4 + 6 * 2 * 2)
#define CALL_NANO_USD (10 * 2500 + 3 * 10000)

typedef struct fixture {
    pool_server server;
    char *dir;
    char *items;
    pool_run run;
} fixture;

static void open_fixture(fixture *f, unsigned items, const char *const *names, const char *model_keys, const char *more)
{
    f->dir = pl__kit_temp_new();
    f->items = pool_write_items(f->dir, items);
    pool_server_start(&f->server);
    pool_open_with(&f->run, f->dir, pl__httpd_port(f->server.httpd), "items: items.jsonl", names, model_keys, more);
}

static void close_fixture(fixture *f)
{
    pool_close(&f->run);
    pool_server_stop(&f->server);
    free(f->items);
    pl__kit_temp_free(f->dir);
}

static pl_spend sum_of(const pool_run *run, bool stored)
{
    pl_spend sum = {0};
    for (uint32_t i = 0; i < run->summary.n_models; i++) {
        for (size_t k = 0; k < PL_STAGES; k++)
            pl__spend_sum(&sum, stored ? &run->summary.models[i].stored[k] : &run->summary.models[i].spend[k]);
    }
    return sum;
}

#define PRICE "price: {input: 2.5, output: 10}"

static void spend_is_tokens_by_price(void **state)
{
    fixture f;
    pl_estimate estimate = {0};
    pl_spend sum;
    (void)state;
    open_fixture(&f, 5, WELL, PRICE, NULL);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    sum = sum_of(&f.run, false);
    assert_int_equal(sum.calls, atomic_load(&f.server.requests));
    assert_int_equal(sum.nano_usd, sum.calls * CALL_NANO_USD);
    assert_int_equal(sum.usage.input_tokens, sum.calls * 10);
    assert_int_equal(sum.estimated, 0);
    assert_int_equal(sum_of(&f.run, true).nano_usd, sum.nano_usd);
    assert_false(f.run.summary.stored_in_part);
    for (uint32_t i = 0; i < 4; i++) {
        const pl_run_model *m = &f.run.summary.models[i];
        assert_int_equal(m->spend[0].calls, 0);
        assert_int_equal(m->spend[1].nano_usd, m->spend[1].calls * CALL_NANO_USD);
        assert_int_equal(m->spend[1].calls + m->spend[2].calls, m->calls);
    }
    /* Once more: nothing now, the same in the store, though judgments share calls. */
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(sum_of(&f.run, false).nano_usd, 0);
    assert_int_equal(sum_of(&f.run, true).nano_usd, sum.nano_usd);
    assert_int_equal(sum_of(&f.run, true).calls, sum.calls);
    /* So says the plan. */
    PL_KIT_OK(pl__estimate_new(f.run.setup, f.run.store, &estimate, &f.run.err), &f.run.err);
    assert_int_equal(estimate.tasks, 5 * TASKS_PER_ITEM);
    assert_int_equal(estimate.tasks_stored, 5 * TASKS_PER_ITEM);
    sum = (pl_spend){0};
    for (uint32_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < PL_STAGES; k++) {
            assert_int_equal(estimate.models[i].stages[k].calls, 0);
            pl__spend_sum(&sum, &estimate.models[i].stored[k]);
        }
    }
    assert_int_equal(sum.nano_usd, atomic_load(&f.server.requests) * (uint64_t)CALL_NANO_USD);
    pl__estimate_clear(&estimate);
    close_fixture(&f);
}

/* Output alone costs, and every reply is as long as it may be: what is reserved is what is spent. */
#define TIGHT "params: {max_tokens: 3}, price: {input: 0, output: 10}"
#define TIGHT_NANO_USD 30000

static void a_cap_is_used_up_and_never_passed(void **state)
{
    fixture f;
    (void)state;
    open_fixture(&f, 40, WELL, TIGHT, NULL);
    atomic_store(&f.server.delay_ms, 2);
    for (uint64_t calls = 1; calls <= 40; calls += 13) {
        uint64_t before = atomic_load(&f.server.requests);
        pl_run_opts opts = {.max_cost_nano_usd = calls * TIGHT_NANO_USD + (calls % 2) * (TIGHT_NANO_USD - 1)};
        PL_KIT_OK(pool_execute(&f.run, &opts), &f.run.err);
        assert_int_equal(f.run.summary.state, PL_RUN_STOPPED);
        assert_int_equal(f.run.summary.calls, calls);
        assert_int_equal(atomic_load(&f.server.requests) - before, calls);
        assert_int_equal(sum_of(&f.run, false).nano_usd, calls * TIGHT_NANO_USD);
        assert_non_null(strstr(f.run.summary.stop_reason, "spent now"));
        assert_non_null(strstr(f.run.summary.stop_reason, "--max-cost"));
    }
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err); /* what is stored stays valid */
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(sum_of(&f.run, true).calls, atomic_load(&f.server.requests));
    assert_int_equal(sum_of(&f.run, true).nano_usd, atomic_load(&f.server.requests) * (uint64_t)TIGHT_NANO_USD);
    close_fixture(&f);
}

/* Replies use far less than is reserved for them: calls wait for one another, and the cap is still reached. */
static void calls_wait_until_others_have_cost_less(void **state)
{
    fixture f;
    pl_run_opts opts = {.max_cost_nano_usd = 20000000}; /* three calls at their most, some 360 as they are */
    uint64_t spent = 0;
    (void)state;
    open_fixture(&f, 40, WELL, PRICE, NULL);
    PL_KIT_OK(pool_execute(&f.run, &opts), &f.run.err);
    spent = sum_of(&f.run, false).nano_usd;
    assert_int_equal(f.run.summary.state, PL_RUN_STOPPED);
    assert_true(spent <= opts.max_cost_nano_usd);
    assert_true(spent + 7000000 > opts.max_cost_nano_usd); /* but for what one more call might have cost */
    assert_int_equal(spent, atomic_load(&f.server.requests) * (uint64_t)CALL_NANO_USD);
    assert_true(f.run.summary.stored_in_part);
    close_fixture(&f);
}

static uint64_t progress_most;

static void watch(const pl_run_progress *p, void *user)
{
    (void)user;
    assert_true(p->any_price && p->all_prices);
    progress_most = p->nano_usd > progress_most ? p->nano_usd : progress_most;
}

static void progress_shows_what_is_spent(void **state)
{
    fixture f;
    pl_run_opts opts = {.progress = watch};
    (void)state;
    open_fixture(&f, 2, WELL, PRICE, NULL);
    PL_KIT_OK(pool_execute(&f.run, &opts), &f.run.err);
    assert_int_equal(progress_most, sum_of(&f.run, false).nano_usd);
    close_fixture(&f);
}

static void a_cap_without_prices_is_refused_before_anything_is_sent(void **state)
{
    fixture f;
    pl_run_opts opts = {.max_cost_nano_usd = PL_NANO_PER_USD};
    (void)state;
    open_fixture(&f, 1, WELL, NULL, NULL);
    PL_KIT_STATUS(pool_execute(&f.run, &opts), PL_E_INVALID, &f.run.err);
    assert_non_null(strstr(f.run.err.msg, "m1"));
    assert_non_null(strstr(f.run.err.msg, "--max-calls"));
    assert_int_equal(atomic_load(&f.server.requests), 0);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err); /* without a cap it runs, and its cost is not known */
    assert_false(f.run.summary.models[0].price.known);
    assert_int_equal(sum_of(&f.run, false).nano_usd, 0);
    assert_true(sum_of(&f.run, false).usage.input_tokens > 0);
    close_fixture(&f);
}

static void a_server_without_usage_is_estimated_and_marked(void **state)
{
    fixture f;
    const pl_run_model *m = NULL;
    uint64_t estimated = 0;
    (void)state;
    open_fixture(&f, 3, SILENT, PRICE, NULL);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    m = pool_model(&f.run, "refusal-1");
    assert_true(m->calls > 0);
    for (size_t k = 0; k < PL_STAGES; k++) {
        assert_int_equal(m->spend[k].estimated, m->spend[k].calls);
        estimated += m->spend[k].estimated;
    }
    assert_int_equal(estimated, m->calls);
    assert_true(m->spend[1].usage.input_tokens > 10 * m->spend[1].calls); /* the most that the prompt can be */
    assert_int_equal(m->usage.input_tokens, 0);                           /* nobody said so */
    assert_int_equal(sum_of(&f.run, false).estimated, estimated);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(sum_of(&f.run, true).unreported, estimated);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spend_is_tokens_by_price),
        cmocka_unit_test(a_cap_is_used_up_and_never_passed),
        cmocka_unit_test(calls_wait_until_others_have_cost_less),
        cmocka_unit_test(progress_shows_what_is_spent),
        cmocka_unit_test(a_cap_without_prices_is_refused_before_anything_is_sent),
        cmocka_unit_test(a_server_without_usage_is_estimated_and_marked),
    };
    return cmocka_run_group_tests_name("money", tests, NULL, NULL);
}
