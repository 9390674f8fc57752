/* What commands that carried out the same run before have done: each ends by writing down its own numbers, with those
 * of all before it as `earlier`. One that was killed leaves the run in the state RUNNING, and the summary before it. */
#include "error.h"
#include "json.h"
#include "run_internal.h"

#define SUM_MAX ((uint64_t)INT64_MAX)

/* Not there or no count: 0. */
static uint64_t count_of(const json_t *doc, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(doc, key));

    return value > 0 ? (uint64_t)value : 0;
}

static uint64_t sum_of(const json_t *doc, const json_t *before, const char *key)
{
    uint64_t a = count_of(doc, key);
    uint64_t b = count_of(before, key);

    return a < SUM_MAX - b ? a + b : SUM_MAX;
}

static pl_status add_up(const char *summary, pl_run_earlier *ret, pl_error *reterr)
{
    json_t *doc = NULL;
    const json_t *before = NULL;
    pl_status rc = pl__json_parse(pl__view(summary), &doc, reterr);

    if (rc != PL_OK)
        return rc;
    before = json_object_get(doc, "earlier");
    *ret = (pl_run_earlier){.commands = 1 + count_of(before, "commands"),
                            .calls = sum_of(doc, before, "calls"),
                            .attempts = sum_of(doc, before, "attempts"),
                            .elapsed_ms = sum_of(doc, before, "elapsed_ms"),
                            .broken_off = json_is_true(json_object_get(before, "broken_off"))};
    json_decref(doc);
    return PL_OK;
}

pl_status pl__run_earlier_read(pl_store *store, int64_t *ret_run_id, pl_run_earlier *ret, pl_error *reterr)
{
    pl_store_run run = {0};
    pl_run_earlier earlier = {0};
    pl_error err = {0};
    pl_str memory;
    pl_status rc = PL_OK;

    pl__str_init(&memory, PL_STR_LIMIT_DEFAULT);
    rc = store->ops->run_get(store, 0, &run, &memory, &err);
    if (rc == PL_OK && run.summary)
        rc = add_up(run.summary, &earlier, &err);
    if (rc == PL_OK) {
        earlier.broken_off = earlier.broken_off || run.state == PL_RUN_RUNNING;
        *ret = earlier;
        *ret_run_id = run.id;
    } else if (rc == PL_E_NOT_FOUND) { /* the store's first run */
        *ret = earlier;
        *ret_run_id = 0;
        rc = PL_OK;
    } else if (reterr) {
        *reterr = err;
    }
    pl__str_clear(&memory);
    return rc;
}

json_t *pl__run_earlier_json(const pl_run_earlier *e)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_integer(doc, "commands", (int64_t)e->commands) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "calls", (int64_t)e->calls);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "attempts", (int64_t)e->attempts);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "elapsed_ms", (int64_t)e->elapsed_ms);
    if (rc == PL_OK)
        rc = pl__json_set_bool(doc, "broken_off", e->broken_off);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}
