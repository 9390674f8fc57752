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
        case PL_TASK_SETTLED:
            m->settled_tasks++;
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

static pl_status set_cost(json_t *doc, const char *key, bool known, uint64_t nano_usd)
{
    if (!known)
        return pl__json_set_string(doc, key, NULL);
    return pl__json_set_number(doc, key, (double)nano_usd / (double)PL_NANO_PER_USD);
}

static json_t *spend_json(const pl_spend *spend, bool known)
{
    const struct {
        const char *key;
        uint64_t value;
    } rows[] = {{"calls", spend->calls},
                {"input_tokens", spend->usage.input_tokens},
                {"cached_tokens", spend->usage.cached_tokens},
                {"cache_written_tokens", spend->usage.cache_written_tokens},
                {"output_tokens", spend->usage.output_tokens},
                {"reasoning_tokens", spend->usage.reasoning_tokens},
                {"estimated_calls", spend->estimated},
                {"unreported_calls", spend->unreported}};
    json_t *doc = json_object();
    pl_status rc = doc ? set_cost(doc, "cost_usd", known, spend->nano_usd) : PL_E_NOMEM;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && rc == PL_OK; i++)
        rc = pl__json_set_integer(doc, rows[i].key, (int64_t)rows[i].value);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static json_t *stages_json(const pl_spend spend[PL_STAGES], bool known)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (size_t k = 0; k < PL_STAGES && rc == PL_OK; k++) {
        if (spend[k].calls + spend[k].unreported > 0)
            rc = pl__json_set(doc, pl__stage_name(k), spend_json(&spend[k], known));
    }
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

/* NULL: out of memory. */
static json_t *adaptive_json(const pl_adaptive_summary *a)
{
    static const char *const ends[] = {
        [PL_ADAPTIVE_NONE] = "none",
        [PL_ADAPTIVE_OPEN] = "open",
        [PL_ADAPTIVE_SEPARATED] = "separated",
        [PL_ADAPTIVE_ALL_ITEMS] = "all_items",
        [PL_ADAPTIVE_NO_VERDICTS] = "no_verdicts",
        [PL_ADAPTIVE_TOO_MANY] = "too_many",
    };
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_string(doc, "end", ends[a->end]) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "confidence", a->confidence);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "doubt", a->doubt);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "doubt_to_stop", a->doubt_to_stop);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "rounds", a->rounds);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "items", (int64_t)a->items);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "comparisons", (int64_t)a->comparisons);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

/* What all models together have cost; of those whose price is not known, by name, nothing is in it. */
static pl_status total_spend(const pl_run_summary *s, const pl_config *config, json_t *doc)
{
    pl_spend now = {0};
    pl_spend stored = {0};
    json_t *unknown = json_array();
    pl_status rc = unknown ? PL_OK : PL_E_NOMEM;

    for (uint32_t i = 0; i < s->n_models && rc == PL_OK; i++) {
        for (size_t k = 0; k < PL_STAGES; k++) {
            pl__spend_sum(&now, &s->models[i].spend[k]);
            pl__spend_sum(&stored, &s->models[i].stored[k]);
        }
        if (!s->models[i].price.known && json_array_append_new(unknown, json_string(config->models[i].name)) != 0)
            rc = PL_E_NOMEM;
    }
    if (rc == PL_OK)
        rc = pl__json_set(doc, "spend_now", spend_json(&now, true));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "spend_in_store", spend_json(&stored, true));
    if (rc == PL_OK)
        rc = pl__json_set_bool(doc, "spend_in_store_is_lower_bound", s->stored_in_part);
    if (rc == PL_OK && s->max_cost_nano_usd > 0)
        rc = set_cost(doc, "max_cost_usd", true, s->max_cost_nano_usd);
    if (rc == PL_OK) {
        rc = pl__json_set(doc, "price_unknown", unknown);
        unknown = NULL;
    }
    json_decref(unknown);
    return rc;
}

/* Tasks without a call, by why. */
static pl_status not_asked_json(const pl_run_model *m, json_t *doc)
{
    pl_status rc = pl__json_set_integer(doc, "void", (int64_t)m->void_tasks);

    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "blocked", (int64_t)m->blocked_tasks);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "not_asked", (int64_t)m->not_asked);
    if (rc == PL_OK && m->settled_tasks > 0)
        rc = pl__json_set_integer(doc, "settled", (int64_t)m->settled_tasks);
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
        rc = not_asked_json(m, doc);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "input_tokens", (int64_t)m->usage.input_tokens);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "output_tokens", (int64_t)m->usage.output_tokens);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "spend_now", stages_json(m->spend, m->price.known));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "spend_in_store", stages_json(m->stored, m->price.known));
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
    if (rc == PL_OK)
        rc = total_spend(s, config, doc);
    if (rc == PL_OK && (s->earlier.commands > 0 || s->earlier.broken_off))
        rc = pl__json_set(doc, "earlier", pl__run_earlier_json(&s->earlier));
    if (rc == PL_OK && s->adaptive.end != PL_ADAPTIVE_NONE)
        rc = pl__json_set(doc, "adaptive", adaptive_json(&s->adaptive));
    if (rc == PL_OK && s->stop_reason[0])
        rc = pl__json_set_string(doc, "stop_reason", s->stop_reason);
    if (rc == PL_OK)
        rc = pl__json_write(doc, out);
    json_decref(models);
    json_decref(doc);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "summary of the run");
}
