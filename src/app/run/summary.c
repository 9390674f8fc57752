#include "alloc.h"
#include "error.h"
#include "json.h"
#include "run_internal.h"

void pl__run_account_unit(pl_runner *r, const pl_open_unit *u)
{
    for (uint32_t i = 0; i < pl__unit_count(u->unit); i++) {
        pl_run_model *m = &r->summary->models[pl__unit_task(u->unit, i)->model];
        pl_outcome outcome = pl__unit_outcome(u->unit, i);

        switch (pl__unit_state(u->unit, i)) {
        case PL_TASK_ANSWERED:
            r->summary->tasks_ended++;
            m->outcomes[outcome]++;
            break;
        case PL_TASK_FAILED:
            if (outcome != PL_OUTCOME_NONE) /* passed over: counted as not asked when that was decided */
                m->outcomes[outcome]++;
            break;
        case PL_TASK_VOID:
            m->void_tasks++;
            break;
        case PL_TASK_BLOCKED:
            m->blocked_tasks++;
            break;
        case PL_TASK_WAITING:
        case PL_TASK_READY:
        case PL_TASK_STARTED:
            m->not_asked++;
            break;
        }
    }
}

void pl__run_summary_clear(pl_run_summary *s)
{
    pl__free(s->models);
    pl__free(s->item_problems);
    *s = (pl_run_summary){0};
}

static pl_status flow_json(const pl_run_model *m, json_t *doc)
{
    const struct {
        const char *key;
        uint64_t value;
    } rows[] = {{"attempts_most", m->attempts_most},
                {"throttled_ms", m->throttled_ns / 1000000},
                {"breaker_openings", m->breaker_openings},
                {"concurrency", m->concurrency},
                {"concurrency_end", m->concurrency_end}};
    json_t *retries = json_object();
    pl_status rc = retries ? PL_OK : PL_E_NOMEM;

    for (int o = 1; o < PL_OUTCOMES && rc == PL_OK; o++) {
        if (m->retries[o] > 0)
            rc = pl__json_set_integer(retries, pl__outcome_name((pl_outcome)o), (int64_t)m->retries[o]);
    }
    if (rc == PL_OK) {
        rc = pl__json_set(doc, "retries", retries);
        retries = NULL;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && rc == PL_OK; i++)
        rc = pl__json_set_integer(doc, rows[i].key, (int64_t)rows[i].value);
    json_decref(retries);
    return rc;
}

static json_t *model_json(const pl_run_model *m)
{
    json_t *doc = json_object();
    json_t *outcomes = json_object();
    pl_status rc = doc && outcomes ? PL_OK : PL_E_NOMEM;

    for (int o = 1; o < PL_OUTCOMES && rc == PL_OK; o++) {
        if (m->outcomes[o] > 0)
            rc = pl__json_set_integer(outcomes, pl__outcome_name((pl_outcome)o), (int64_t)m->outcomes[o]);
    }
    if (rc == PL_OK) {
        rc = pl__json_set(doc, "outcomes", outcomes);
        outcomes = NULL;
    }
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "calls", (int64_t)m->calls);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "attempts", (int64_t)m->attempts);
    if (rc == PL_OK)
        rc = flow_json(m, doc);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "void", (int64_t)m->void_tasks);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "blocked", (int64_t)m->blocked_tasks);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "not_asked", (int64_t)m->not_asked);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "input_tokens", (int64_t)m->usage.input_tokens);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "output_tokens", (int64_t)m->usage.output_tokens);
    if (rc == PL_OK && m->last_problem[0])
        rc = pl__json_set_string(doc, "last_problem", m->last_problem);
    json_decref(outcomes);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static pl_status totals(const pl_run_summary *s, json_t *doc)
{
    const struct {
        const char *key;
        uint64_t value;
    } rows[] = {{"items", s->n_items},     {"item_problems", s->item_problems_count},
                {"tasks", s->tasks_total}, {"tasks_ended", s->tasks_ended},
                {"reused", s->reused},     {"calls", s->calls},
                {"attempts", s->attempts}, {"elapsed_ms", s->elapsed_ns / 1000000}};
    pl_status rc = PL_OK;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && rc == PL_OK; i++)
        rc = pl__json_set_integer(doc, rows[i].key, (int64_t)rows[i].value);
    return rc;
}

pl_status pl__run_summary_json(const pl_run_summary *s, const pl_config *config, pl_str *out, pl_error *reterr)
{
    json_t *doc = json_object();
    json_t *models = json_object();
    pl_status rc = doc && models ? totals(s, doc) : PL_E_NOMEM;

    for (uint32_t i = 0; i < s->n_models && rc == PL_OK; i++)
        rc = pl__json_set(models, config->models[i].name, model_json(&s->models[i]));
    if (rc == PL_OK) {
        rc = pl__json_set(doc, "models", models);
        models = NULL;
    }
    if (rc == PL_OK && s->stop_reason[0])
        rc = pl__json_set_string(doc, "stop_reason", s->stop_reason);
    if (rc == PL_OK)
        rc = pl__json_write(doc, out);
    json_decref(models);
    json_decref(doc);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "summary of the run");
}
