/* Each allocation of a whole run refused once: configuration apart, everything from the work's plan over client, codec
 * and store to the summary. The run says that memory is short, or ends as if nothing had been refused; a run after it,
 * on the same store, finds what was stored and asks the rest. */
#include "alloc.h"
#include "json.h"
#include "pool_server.h"
#include "transport_script.h"

#include <stdlib.h>
#include <string.h>

#define ITEMS 1u
#define TASKS (3 + 3 * 1 * 2) /* answers, pairs x judges x orders */

typedef struct world {
    pool_run run; /* config and setup; its store is not used */
    char *dir;
    char *db;
} world;

static void answer(const pl_http_req *req, uint64_t nth, pl_script_reply *ret, void *user)
{
    static const char judgment[] =
        "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"[[A]]\"},"
        "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}";
    static const char busy[] = "{\"error\":{\"message\":\"slow down\",\"code\":\"rate_limit_exceeded\"}}";

    (void)req;
    (void)user;
    ret->status = nth == 2 ? 429 : 200;
    ret->headers = "content-type: application/json\nretry-after: 1\n";
    ret->body = nth == 2 ? pl__view(busy) : pl__view(judgment);
    ret->delay_ns = 1000000;
}

static uint64_t mono_ns(void *user)
{
    return pl__transport_script_now_ns(user);
}

static int64_t unix_ms(void *user)
{
    return (int64_t)(pl__transport_script_now_ns(user) / 1000000);
}

static pl_status run_on(const world *w, pl_store *store, pl_run_summary *ret, pl_error *err)
{
    pl_transport *transport = NULL;
    pl_status rc = pl__transport_script_new(answer, NULL, &transport, err);

    if (rc != PL_OK)
        return rc;
    const pl_clock clock = {.now_mono_ns = mono_ns, .now_unix_ms = unix_ms, .user = transport};
    const pl_run_opts opts = {.setup = w->run.setup, .store = store, .transport = transport, .clock = &clock};
    rc = pl__run_execute(&opts, ret, err);
    transport->ops->free(transport);
    return rc;
}

static pl_status in_memory(void *user, pl_error *err)
{
    pl_run_summary summary = {0};
    pl_store *store = NULL;
    pl_status rc = pl__store_open_memory(&store, err);

    if (rc == PL_OK)
        rc = run_on(user, store, &summary, err);
    if (rc == PL_OK && summary.state == PL_RUN_COMPLETE)
        assert_int_equal(summary.tasks_ended, TASKS);
    pl__run_summary_clear(&summary);
    pl__store_close(store);
    return rc;
}

/* The file goes on from refusal to refusal; nothing in it is asked again. */
static pl_status in_sqlite(void *user, pl_error *err)
{
    const world *w = user;
    pl_run_summary summary = {0};
    pl_store *store = NULL;
    pl_status rc = pl__store_open_sqlite(w->db, PL_STORE_CREATE, &store, err);

    if (rc == PL_OK)
        rc = run_on(w, store, &summary, err);
    if (rc == PL_OK && summary.state == PL_RUN_COMPLETE)
        assert_int_equal(summary.tasks_ended, TASKS);
    pl__run_summary_clear(&summary);
    pl__store_close(store);
    return rc;
}

static int open_world(void **state)
{
    static const char *const names[] = {"m1", "m2", "m3", NULL};
    world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->dir = pl__kit_temp_new();
    w->db = pl__kit_path(w->dir, "refusals.db");
    free(pool_write_items(w->dir, ITEMS));
    pool_open(&w->run, w->dir, 9, "items: items.jsonl", names, NULL);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    world *w = *state;

    pool_close(&w->run);
    free(w->db);
    pl__kit_temp_free(w->dir);
    free(w);
    return 0;
}

static void a_run_survives_each_refusal(void **state)
{
    pl__kit_fault_loop("run, memory", in_memory, *state);
}

static void a_run_on_a_file_survives_each_refusal(void **state)
{
    const world *w = *state;
    pl_run_summary summary = {0};
    pl_store *store = NULL;
    pl_error err = {0};

    pl__kit_fault_loop("run, sqlite", in_sqlite, *state);
    PL_KIT_OK(pl__store_open_sqlite(w->db, PL_STORE_CREATE, &store, &err), &err);
    PL_KIT_OK(run_on(w, store, &summary, &err), &err);
    assert_int_equal(summary.state, PL_RUN_COMPLETE);
    assert_int_equal(summary.calls, 0);
    pl__run_summary_clear(&summary);
    pl__store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_survives_each_refusal, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_run_on_a_file_survives_each_refusal, open_world, close_world),
    };

    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
