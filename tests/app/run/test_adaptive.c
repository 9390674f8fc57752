/* design: adaptive from beginning to end: rounds, what is stored of them, and what becomes of them when a run is
 * stopped, endpoints fail, items come and go. */
#include "agenda.h"
#include "pool_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADAPTIVE "evaluations: {peer_review: {design: adaptive}}"
#define MODELS 4
/* 4 models and given questions: a quarter of 6 pairs x 2 judges, each in 2 orders; 5 items a round. */
#define JUDGMENTS_PER_ITEM (3 * 2)
#define ROUND_ITEMS 5
#define RUNS_MAX 100

static const char *const WELL[] = {"m1", "m2", "m3", "m4", NULL};

typedef struct fixture {
    pool_server server;
    char *dir;
    char *items;
    pool_run run;
} fixture;

static void open_run(fixture *f, const char *const *names)
{
    pool_open(&f->run, f->dir, pl__httpd_port(f->server.httpd), "items: items.jsonl", names, ADAPTIVE);
}

static void open_fixture(fixture *f, unsigned items, const char *const *names)
{
    f->dir = pl__kit_temp_new();
    f->items = pool_write_items(f->dir, items);
    pool_server_start(&f->server);
    open_run(f, names);
}

static void close_fixture(fixture *f)
{
    pool_close(&f->run);
    pool_server_stop(&f->server);
    free(f->items);
    pl__kit_temp_free(f->dir);
}

static void change_items(fixture *f, const char *text, unsigned n)
{
    pool_close(&f->run);
    free(f->items);
    f->items = text ? pl__kit_write_text(f->dir, "items.jsonl", text) : pool_write_items(f->dir, n);
    open_run(f, WELL);
}

static pl_status append_row(const pl_store_item *item, void *user, pl_error *reterr)
{
    (void)reterr;
    return pl__str_appendf(user, "%llu %s%s%s\n", (unsigned long long)item->position, item->json,
                           item->problem ? " " : "", item->problem ? item->problem : "");
}

/* The latest run's items, a line each; to be cleared. */
static pl_str rows_of(const fixture *f)
{
    pl_error err = {0};
    pl_str rows;

    pl__str_init(&rows, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(f->run.store->ops->item_each(f->run.store, f->run.summary.run_id, append_row, &rows, &err), &err);
    return rows;
}

static size_t count_lines(const pl_str *text)
{
    size_t n = 0;

    for (size_t i = 0; i < text->len; i++)
        n += text->ptr[i] == '\n';
    return n;
}

static void rounds_go_on_to_the_last_item(void **state)
{
    fixture f;
    pl_str rows;
    uint64_t judgments = 0;

    (void)state;
    open_fixture(&f, 12, WELL);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(f.run.summary.adaptive.end, PL_ADAPTIVE_ALL_ITEMS); /* who always says A separates nobody */
    assert_int_equal(f.run.summary.adaptive.rounds, 3);
    assert_int_equal(f.run.summary.adaptive.rounds_most, 3);
    assert_int_equal(f.run.summary.adaptive.items, 12);
    assert_int_equal(f.run.summary.adaptive.comparisons, 12 * 3);
    assert_int_equal(f.run.summary.tasks_ended, f.run.summary.tasks_total);
    assert_int_equal(f.run.summary.calls, atomic_load(&f.server.requests));
    judgments = f.run.summary.tasks_total;
    assert_true(judgments >= UINT64_C(12) * (JUDGMENTS_PER_ITEM + 2) &&
                judgments <= UINT64_C(12) * (JUDGMENTS_PER_ITEM + MODELS));
    rows = rows_of(&f);
    assert_int_equal(count_lines(&rows), 12);
    assert_non_null(strstr(pl__str_c(&rows), "\"asked\":["));
    pl__str_clear(&rows);
    atomic_store(&f.server.requests, 0);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(f.run.summary.tasks_total, judgments);
    assert_int_equal(f.run.summary.reused, judgments);
    assert_int_equal(f.run.summary.adaptive.comparisons, 12 * 3);
    assert_int_equal(atomic_load(&f.server.requests), 0);
    close_fixture(&f);
}

/* Whatever stops it, and however often: in the end the same was asked, once. */
static void stopped_runs_ask_what_one_run_asks(void **state)
{
    fixture whole;
    fixture parts;
    pl_run_opts opts = {.max_calls = 17};
    pl_str wanted;
    pl_str rows;
    unsigned runs = 0;

    (void)state;
    open_fixture(&whole, 23, WELL);
    open_fixture(&parts, 23, WELL);
    PL_KIT_OK(pool_execute(&whole.run, NULL), &whole.run.err);
    do {
        PL_KIT_OK(pool_execute(&parts.run, &opts), &parts.run.err);
        runs++;
    } while (parts.run.summary.state == PL_RUN_STOPPED && runs < RUNS_MAX);
    print_message("%u runs\n", runs);
    assert_true(runs > 5);
    assert_int_equal(parts.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(atomic_load(&parts.server.requests), atomic_load(&whole.server.requests));
    wanted = rows_of(&whole);
    rows = rows_of(&parts);
    assert_string_equal(pl__str_c(&rows), pl__str_c(&wanted));
    pl__str_clear(&rows);
    pl__str_clear(&wanted);
    close_fixture(&parts);
    close_fixture(&whole);
}

/* What failed is missing for the rounds that follow; asked again later, it does not change what they are. */
static void decided_rounds_stay_when_failures_are_mended(void **state)
{
    static const char *const names[] = {"m1", "m2", "m3", "500-1", NULL};
    fixture f;
    pl_str before;
    pl_str after;

    (void)state;
    open_fixture(&f, 12, names);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_INCOMPLETE);
    assert_int_equal(f.run.summary.adaptive.end, PL_ADAPTIVE_ALL_ITEMS);
    assert_true(f.run.summary.adaptive.comparisons < 36);
    before = rows_of(&f);
    atomic_store(&f.server.healed, true);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(f.run.summary.adaptive.comparisons, 12 * 3);
    after = rows_of(&f);
    assert_string_equal(pl__str_c(&after), pl__str_c(&before));
    pl__str_clear(&before);
    pl__str_clear(&after);
    close_fixture(&f);
}

static void a_round_without_verdicts_is_the_last_one(void **state)
{
    static const char *const names[] = {"500-1", "500-2", "500-3", "500-4", NULL};
    fixture f;

    (void)state;
    open_fixture(&f, 12, names);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_INCOMPLETE);
    assert_int_equal(f.run.summary.adaptive.end, PL_ADAPTIVE_NO_VERDICTS);
    assert_int_equal(f.run.summary.adaptive.rounds, 1);
    atomic_store(&f.server.healed, true);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(f.run.summary.adaptive.end, PL_ADAPTIVE_ALL_ITEMS);
    assert_int_equal(f.run.summary.adaptive.comparisons, 12 * 3);
    close_fixture(&f);
}

static void new_items_come_behind(void **state)
{
    fixture f;
    pl_str before;
    pl_str after;
    int64_t id = 0;

    (void)state;
    open_fixture(&f, 12, WELL);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    id = f.run.summary.run_id;
    before = rows_of(&f);
    change_items(&f, NULL, 19);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(f.run.summary.run_id, id);
    assert_int_equal(f.run.summary.adaptive.items, 19);
    assert_int_equal(f.run.summary.adaptive.comparisons, 19 * 3);
    after = rows_of(&f);
    assert_int_equal(count_lines(&after), 19);
    assert_memory_equal(pl__str_c(&after), pl__str_c(&before), before.len);
    pl__str_clear(&before);
    pl__str_clear(&after);
    close_fixture(&f);
}

static void items_that_are_gone_are_named(void **state)
{
    fixture f;
    pl_str rows;
    char text[1024] = "";

    (void)state;
    open_fixture(&f, 12, WELL);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    for (unsigned i = 0; i < 12; i++) {
        if (i != 7)
            (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                           "{\"id\":\"t%u\",\"question\":\"What is %u and %u?\"}\n", i, i, i + 1);
    }
    change_items(&f, text, 0);
    atomic_store(&f.server.requests, 0);
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_INCOMPLETE);
    assert_int_equal(f.run.summary.item_problems_count, 1);
    assert_string_equal(f.run.summary.item_problems[0], "t7: is not among the items any more");
    assert_int_equal(f.run.summary.adaptive.comparisons, 11 * 3);
    assert_int_equal(f.run.summary.tasks_ended, f.run.summary.tasks_total);
    assert_int_equal(atomic_load(&f.server.requests), 0);
    rows = rows_of(&f);
    assert_int_equal(count_lines(&rows), 12);
    pl__str_clear(&rows);
    change_items(&f, NULL, 12); /* it comes back */
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(f.run.summary.adaptive.comparisons, 12 * 3);
    assert_int_equal(atomic_load(&f.server.requests), 0);
    close_fixture(&f);
}

/* Nothing is chosen for an item that cannot be read: the round takes another one in its place. */
static void unreadable_items_take_no_share(void **state)
{
    fixture f;
    pl_str rows;
    char text[2048] = "";

    (void)state;
    open_fixture(&f, 3, WELL);
    for (unsigned i = 0; i < 12; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                       "{\"id\":\"t%u\",\"question\":\"What is %u?\"%s}\n", i, i,
                       i % 4 == 0 ? ",\"image\":\"none.png\"" : "");
    change_items(&f, text, 0);
    for (unsigned i = 0; i < 2; i++) {
        PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
        assert_int_equal(f.run.summary.state, PL_RUN_INCOMPLETE);
        assert_int_equal(f.run.summary.item_problems_count, 3);
        assert_int_equal(f.run.summary.adaptive.rounds, 2);
        assert_int_equal(f.run.summary.adaptive.comparisons, 9 * 3);
        assert_int_equal(f.run.summary.tasks_ended, f.run.summary.tasks_total);
        assert_true(i == 0 || f.run.summary.calls == 0);
        rows = rows_of(&f);
        assert_int_equal(count_lines(&rows), 12);
        pl__str_clear(&rows);
    }
    close_fixture(&f);
}

static void a_plan_says_the_least_and_the_most(void **state)
{
    fixture f;
    pl_plan plan = {0};
    pl_estimate estimate = {0};
    pl_run_opts opts = {.max_calls = 1};
    uint64_t calls = 0;

    (void)state;
    open_fixture(&f, 23, WELL);
    PL_KIT_OK(pl__plan_new(f.run.setup, &plan, &f.run.err), &f.run.err);
    PL_KIT_OK(pl__estimate_new(f.run.setup, NULL, &estimate, &f.run.err), &f.run.err);
    assert_int_equal(plan.n_items, 23);
    assert_int_equal(plan.least_items, ROUND_ITEMS);
    assert_int_equal(estimate.tasks, plan.total);
    assert_int_equal(estimate.least.calls, plan.least);
    for (uint32_t i = 0; i < MODELS; i++)
        calls += plan.calls[i][PL_TASK_JUDGMENT - 1];
    assert_int_equal(calls, 23 * JUDGMENTS_PER_ITEM);
    assert_true(plan.least >= (uint64_t)ROUND_ITEMS * (JUDGMENTS_PER_ITEM + 2) && plan.least < plan.total);
    pl__estimate_clear(&estimate);
    /* the first round is what was foreseen */
    PL_KIT_OK(pool_execute(&f.run, &opts), &f.run.err);
    assert_int_equal(f.run.summary.tasks_total, plan.least);
    PL_KIT_OK(pl__estimate_new(f.run.setup, f.run.store, &estimate, &f.run.err), &f.run.err);
    assert_int_equal(estimate.least.calls, plan.least - 1);
    assert_int_equal(estimate.tasks_stored, 1);
    pl__estimate_clear(&estimate);
    /* once all is asked nothing is left, whatever the verdicts were */
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    PL_KIT_OK(pl__estimate_new(f.run.setup, f.run.store, &estimate, &f.run.err), &f.run.err);
    assert_int_equal(estimate.least.calls, 0);
    assert_int_equal(estimate.tasks_stored, estimate.tasks);
    assert_int_equal(estimate.tasks, f.run.summary.tasks_total);
    pl__estimate_clear(&estimate);
    pl__plan_clear(&plan);
    close_fixture(&f);
}

static void what_cannot_be_is_said(void **state)
{
    static const struct {
        const char *evaluations;
        bool batch;
        const char *words;
    } cases[] = {{"{peer_review: {design: adaptive}, uncertainty: {samples: 0}}", false, "uncertainty asks about all"},
                 {"{peer_review: {design: adaptive}}", true, "leave out limits: {batch: true} of b"}};
    char *dir = pl__kit_temp_new();
    char *items = pool_write_items(dir, 3);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_config *config = NULL;
        pl_setup *setup = NULL;
        pl_error err = {0};
        char yaml[1024];
        char *path = NULL;

        (void)snprintf(yaml, sizeof(yaml),
                       "data: {items: items.jsonl}\nmodels:\n  - {name: a, provider: openai, model: x}\n"
                       "  - {name: b, provider: openai, model: y%s}\n  - {name: c, provider: openai, model: z}\n"
                       "evaluations: %s\n",
                       cases[i].batch ? ", limits: {batch: true}" : "", cases[i].evaluations);
        path = pl__kit_write_text(dir, "peerless.yaml", yaml);
        PL_KIT_OK(pl__config_load(path, &config, NULL, &err), &err);
        PL_KIT_STATUS(pl__setup_new(config, &setup, &err), PL_E_INVALID, &err);
        assert_non_null(strstr(err.msg, cases[i].words));
        assert_null(setup);
        pl__config_free(config);
        free(path);
    }
    free(items);
    pl__kit_temp_free(dir);
}

static void damaged_rows_are_refused(void **state)
{
    static const char *const rows[] = {"{\"round\":0,\"asked\":[1,1]}", "{\"round\":0,\"asked\":[-1]}",
                                       "{\"round\":0,\"asked\":[1.5]}", "{\"round\":-1,\"asked\":[]}",
                                       "{\"round\":0,\"asked\":{}}"};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *doc = NULL;
        uint32_t *chosen = NULL;
        uint32_t round = 0;
        size_t n = 0;
        pl_error err = {0};

        PL_KIT_OK(pl__json_parse(pl__view(rows[i]), &doc, &err), &err);
        PL_KIT_STATUS(pl__agenda_read(doc, &round, &chosen, &n, &err), PL_E_PARSE, &err);
        assert_null(chosen);
        json_decref(doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_go_on_to_the_last_item),
        cmocka_unit_test(stopped_runs_ask_what_one_run_asks),
        cmocka_unit_test(decided_rounds_stay_when_failures_are_mended),
        cmocka_unit_test(a_round_without_verdicts_is_the_last_one),
        cmocka_unit_test(new_items_come_behind),
        cmocka_unit_test(items_that_are_gone_are_named),
        cmocka_unit_test(unreadable_items_take_no_share),
        cmocka_unit_test(a_plan_says_the_least_and_the_most),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(damaged_rows_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
