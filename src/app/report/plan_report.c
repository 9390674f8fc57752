/* What a run would ask, and what that may cost. */
#include "error.h"
#include "json.h"
#include "report.h"
#include "spend_report.h"

static pl_stage_estimate model_total(const pl_model_estimate *m)
{
    pl_stage_estimate sum = {0};

    for (size_t k = 0; k < PL_STAGES; k++)
        pl__stage_estimate_sum(&sum, &m->stages[k]);
    return sum;
}

static pl_stage_estimate plan_total(const pl_estimate *e)
{
    pl_stage_estimate sum = {0};

    for (uint32_t i = 0; i < e->n_models; i++) {
        pl_stage_estimate one = model_total(&e->models[i]);

        pl__stage_estimate_sum(&sum, &one);
    }
    return sum;
}

static pl_spend stored_total(const pl_model_estimate *m)
{
    pl_spend sum = {0};

    for (size_t k = 0; k < PL_STAGES; k++)
        pl__spend_sum(&sum, &m->stored[k]);
    return sum;
}

static bool is_adaptive(const pl_setup *setup)
{
    return setup->config->has_peer_review && setup->config->peer_review.design == PL_DESIGN_ADAPTIVE;
}

static uint32_t count_unknown(const pl_estimate *e)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < e->n_models; i++)
        n += !e->models[i].price.known;
    return n;
}

/* ---- JSON ---- */

static double usd(uint64_t nano_usd)
{
    return (double)nano_usd / (double)PL_NANO_PER_USD;
}

/* [low, high] */
static pl_status set_range(json_t *doc, const char *key, json_t *low, json_t *high)
{
    json_t *pair = json_array();

    if (!pair || json_array_append_new(pair, low) != 0 || json_array_append_new(pair, high) != 0) {
        json_decref(pair);
        return PL_E_NOMEM;
    }
    return pl__json_set(doc, key, pair);
}

static pl_status set_estimate(json_t *doc, const pl_stage_estimate *e, bool known)
{
    pl_status rc = pl__json_set_integer(doc, "to_make", (int64_t)e->calls);

    if (rc == PL_OK)
        rc = set_range(doc, "input_tokens", json_integer((json_int_t)e->input_low),
                       json_integer((json_int_t)e->input_high));
    if (rc == PL_OK)
        rc = set_range(doc, "output_tokens", json_integer((json_int_t)e->output_low),
                       json_integer((json_int_t)e->output_high));
    if (rc == PL_OK && known)
        return set_range(doc, "cost_usd", json_real(usd(e->cost_low)), json_real(usd(e->cost_high)));
    return rc == PL_OK ? pl__json_set(doc, "cost_usd", json_null()) : rc;
}

static pl_status set_price(json_t *doc, const pl_model_estimate *m)
{
    json_t *price = m->price.known ? json_object() : json_null();
    pl_status rc = pl__json_set(doc, "price", price);

    if (rc != PL_OK || !m->price.known)
        return rc;
    rc = pl__json_set_number(price, "input", usd(m->price.input));
    if (rc == PL_OK)
        rc = pl__json_set_number(price, "output", usd(m->price.output));
    if (rc == PL_OK)
        rc = pl__json_set_number(price, "cached_input", usd(m->price.cached_input));
    return rc == PL_OK ? pl__json_set_string(price, "noted", m->price_noted) : rc;
}

static uint64_t sum_of(const uint64_t calls[PL_STAGES])
{
    uint64_t sum = 0;

    for (size_t k = 0; k < PL_STAGES; k++)
        sum += calls[k];
    return sum;
}

static pl_status fill_model(json_t *doc, const uint64_t calls[PL_STAGES], const pl_model_estimate *m, bool has_store)
{
    pl_stage_estimate all = model_total(m);
    pl_spend stored = stored_total(m);
    json_t *stages = json_object();
    pl_status rc = stages ? PL_OK : PL_E_NOMEM;

    for (size_t k = 0; k < PL_STAGES && rc == PL_OK; k++)
        rc = pl__json_set_integer(doc, pl__stage_name(k), (int64_t)calls[k]);
    if (rc == PL_OK)
        rc = set_price(doc, m);
    if (rc == PL_OK)
        rc = set_estimate(doc, &all, m->price.known);
    for (size_t k = 0; k < PL_STAGES && rc == PL_OK; k++) {
        rc = pl__json_set(stages, pl__stage_name(k), json_object());
        if (rc == PL_OK)
            rc = set_estimate(json_object_get(stages, pl__stage_name(k)), &m->stages[k], m->price.known);
    }
    if (rc == PL_OK) {
        rc = pl__json_set(doc, "stages", stages);
        stages = NULL;
    }
    if (rc == PL_OK && has_store)
        rc = pl__json_set(doc, "spent_in_store_usd", m->price.known ? json_real(usd(stored.nano_usd)) : json_null());
    json_decref(stages);
    return rc;
}

/* If the adaptive design stops as early as it can. */
static pl_status set_least(json_t *doc, const pl_plan *plan, const pl_estimate *e, bool known)
{
    json_t *least = json_object();
    pl_status rc = pl__json_set(doc, "least", least);

    if (rc == PL_OK)
        rc = pl__json_set_integer(least, "items", (int64_t)plan->least_items);
    if (rc == PL_OK)
        rc = pl__json_set_integer(least, "calls", (int64_t)plan->least);
    return rc == PL_OK ? set_estimate(least, &e->least, known) : rc;
}

static pl_status fill_totals(json_t *doc, const pl_plan *plan, const pl_estimate *e, const pl_setup *setup)
{
    pl_stage_estimate all = plan_total(e);
    pl_spend stored = {0};
    json_t *unknown = NULL;
    pl_status rc = pl__json_set_integer(doc, "version", 1);

    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "items", (int64_t)plan->n_items);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "calls", (int64_t)plan->total);
    if (rc == PL_OK)
        rc = set_estimate(doc, &all, count_unknown(e) < e->n_models);
    if (rc == PL_OK && is_adaptive(setup))
        rc = set_least(doc, plan, e, count_unknown(e) < e->n_models);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "price_unknown", json_array());
    unknown = rc == PL_OK ? json_object_get(doc, "price_unknown") : NULL;
    for (uint32_t i = 0; i < e->n_models && rc == PL_OK; i++) {
        pl_spend one = stored_total(&e->models[i]);

        pl__spend_sum(&stored, &one);
        if (!e->models[i].price.known &&
            json_array_append_new(unknown, json_string(setup->config->models[i].name)) != 0)
            rc = PL_E_NOMEM;
    }
    if (rc == PL_OK && e->has_store)
        rc = pl__json_set_integer(doc, "tasks_in_store", (int64_t)e->tasks_stored);
    if (rc == PL_OK && e->has_store)
        rc = pl__json_set_number(doc, "spent_in_store_usd", usd(stored.nano_usd));
    return rc;
}

static pl_status plan_json(const pl_plan *plan, const pl_estimate *e, const pl_setup *setup, pl_str *out)
{
    json_t *doc = json_object();
    pl_status rc = doc ? fill_totals(doc, plan, e, setup) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set(doc, "models", json_object());
    for (uint32_t i = 0; i < plan->n_models && rc == PL_OK; i++) {
        json_t *models = json_object_get(doc, "models");
        const char *name = setup->config->models[i].name;

        rc = pl__json_set(models, name, json_object());
        if (rc == PL_OK)
            rc = fill_model(json_object_get(models, name), plan->calls[i], &e->models[i], e->has_store);
    }
    if (rc == PL_OK)
        rc = pl__json_write(doc, out);
    json_decref(doc);
    return rc == PL_OK ? pl__str_append_char(out, '\n') : rc;
}

/* ---- CSV: a row for each model ---- */

static void csv_estimate(pl_table *t, const pl_stage_estimate *e, bool known)
{
    pl__table_count(t, e->calls);
    pl__table_count(t, e->input_low);
    pl__table_count(t, e->input_high);
    pl__table_count(t, e->output_low);
    pl__table_count(t, e->output_high);
    if (known) {
        pl__table_full(t, usd(e->cost_low));
        pl__table_full(t, usd(e->cost_high));
    } else {
        pl__table_text(t, "");
        pl__table_text(t, "");
    }
}

static void csv_heads(pl_table *t)
{
    static const char *const heads[] = {"model",
                                        "questions",
                                        "answers",
                                        "judgments",
                                        "equivalences",
                                        "calls",
                                        "to_make",
                                        "input_tokens_low",
                                        "input_tokens_high",
                                        "output_tokens_low",
                                        "output_tokens_high",
                                        "cost_usd_low",
                                        "cost_usd_high",
                                        "questions_to_make",
                                        "questions_input_low",
                                        "questions_input_high",
                                        "questions_output_low",
                                        "questions_output_high",
                                        "questions_usd_low",
                                        "questions_usd_high",
                                        "answers_to_make",
                                        "answers_input_low",
                                        "answers_input_high",
                                        "answers_output_low",
                                        "answers_output_high",
                                        "answers_usd_low",
                                        "answers_usd_high",
                                        "judgments_to_make",
                                        "judgments_input_low",
                                        "judgments_input_high",
                                        "judgments_output_low",
                                        "judgments_output_high",
                                        "judgments_usd_low",
                                        "judgments_usd_high",
                                        "equivalences_to_make",
                                        "equivalences_input_low",
                                        "equivalences_input_high",
                                        "equivalences_output_low",
                                        "equivalences_output_high",
                                        "equivalences_usd_low",
                                        "equivalences_usd_high"};

    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        pl__table_column(t, heads[i], i > 0);
}

static void csv_rows(pl_table *t, const pl_plan *plan, const pl_estimate *e, const pl_setup *setup)
{
    csv_heads(t);
    for (uint32_t i = 0; i < plan->n_models; i++) {
        const pl_model_estimate *m = &e->models[i];
        pl_stage_estimate all = model_total(m);

        pl__table_text(t, setup->config->models[i].name);
        for (size_t k = 0; k < PL_STAGES; k++)
            pl__table_count(t, plan->calls[i][k]);
        pl__table_count(t, sum_of(plan->calls[i]));
        csv_estimate(t, &all, m->price.known);
        for (size_t k = 0; k < PL_STAGES; k++)
            csv_estimate(t, &m->stages[k], m->price.known);
    }
}

/* ---- tables ---- */

static void plan_row(pl_table *t, const char *name, const uint64_t calls[PL_STAGES], size_t n_stages)
{
    pl__table_text(t, name);
    for (size_t k = 0; k < n_stages; k++)
        pl__table_count(t, calls[k]);
    pl__table_count(t, sum_of(calls));
}

/* Equivalences have a column where there are any. */
static pl_status write_calls(const pl_plan *plan, const pl_setup *setup, pl_str *out, pl_error *reterr)
{
    pl_table t;
    uint64_t sums[PL_STAGES] = {0};
    size_t n_stages = PL_STAGES;
    pl_status rc = PL_OK;

    for (uint32_t i = 0; i < plan->n_models; i++) {
        for (size_t k = 0; k < PL_STAGES; k++)
            sums[k] += plan->calls[i][k];
    }
    if (sums[PL_TASK_EQUIVALENCE - 1] == 0)
        n_stages = PL_TASK_EQUIVALENCE - 1;
    pl__table_init(&t);
    pl__table_column(&t, "model", false);
    for (size_t k = 0; k < n_stages; k++)
        pl__table_column(&t, pl__stage_name(k), true);
    pl__table_column(&t, "calls", true);
    for (uint32_t i = 0; i < plan->n_models; i++)
        plan_row(&t, setup->config->models[i].name, plan->calls[i], n_stages);
    plan_row(&t, "all", sums, n_stages);
    rc = pl__table_write(&t, out, reterr);
    pl__table_clear(&t);
    return rc;
}

static void cost_row(pl_table *t, const char *name, const char *stage, const pl_stage_estimate *e, bool known)
{
    pl__table_text(t, name);
    pl__table_text(t, stage);
    pl__table_count(t, e->calls);
    pl__table_count(t, e->input_low);
    pl__table_count(t, e->input_high);
    pl__table_count(t, e->output_low);
    pl__table_count(t, e->output_high);
    pl__table_money(t, known, e->cost_low);
    pl__table_money(t, known, e->cost_high);
}

static pl_status write_costs(const pl_estimate *e, const pl_setup *setup, pl_str *out, pl_error *reterr)
{
    static const char *const heads[] = {"model", "stage", "calls", "tokens in", "to", "out", "to", "cost from", "to"};
    uint32_t unknown = count_unknown(e);
    pl_stage_estimate all = plan_total(e);
    pl_table t;
    pl_status rc = PL_OK;

    pl__table_init(&t);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        pl__table_column(&t, heads[i], i > 1);
    for (uint32_t i = 0; i < e->n_models; i++) {
        for (size_t k = 0; k < PL_STAGES; k++) {
            if (e->models[i].stages[k].calls > 0)
                cost_row(&t, setup->config->models[i].name, pl__stage_name(k), &e->models[i].stages[k],
                         e->models[i].price.known);
        }
    }
    if (is_adaptive(setup))
        cost_row(&t, "at least", "", &e->least, unknown < e->n_models);
    cost_row(&t, unknown > 0 && unknown < e->n_models ? "all (cost: where known)" : "all", "", &all,
             unknown < e->n_models);
    rc = pl__table_write(&t, out, reterr);
    pl__table_clear(&t);
    return rc;
}

static pl_status write_prices(const pl_estimate *e, const pl_setup *setup, pl_str *out)
{
    pl_status rc = PL_OK;

    for (uint32_t i = 0; i < e->n_models && rc == PL_OK; i++) {
        const pl_model_estimate *m = &e->models[i];
        char in[PL_MONEY_BYTES];
        char cost[PL_MONEY_BYTES];

        if (!m->price.known || !m->price_noted)
            continue;
        pl__money_text(m->price.input, in);
        pl__money_text(m->price.output, cost);
        rc = pl__append_clean(out, pl__view(setup->config->models[i].name));
        if (rc == PL_OK)
            rc = pl__str_appendf(out, ": %s in, %s out a million tokens, noted %s; price: in the configuration wins\n",
                                 in, cost, m->price_noted);
    }
    if (rc == PL_OK && count_unknown(e) > 0)
        rc = pl__str_append_c(out,
                              "Unknown costs count as unknown, not as nothing: price: {input: …, output: …} of a model "
                              "says what it costs.\n");
    return rc;
}

static pl_status write_stored(const pl_estimate *e, pl_str *out)
{
    pl_spend stored = {0};
    char spent[PL_MONEY_BYTES];

    if (!e->has_store)
        return PL_OK;
    for (uint32_t i = 0; i < e->n_models; i++) {
        pl_spend one = stored_total(&e->models[i]);

        pl__spend_sum(&stored, &one);
    }
    pl__money_text(stored.nano_usd, spent);
    return pl__str_appendf(out, "The store has %llu of %llu tasks, for %s%s.\n", (unsigned long long)e->tasks_stored,
                           (unsigned long long)e->tasks, count_unknown(e) == e->n_models ? "an unknown cost" : spent,
                           count_unknown(e) > 0 && count_unknown(e) < e->n_models ? " where prices are known" : "");
}

static pl_status write_design(const pl_plan *plan, const pl_setup *setup, pl_str *out)
{
    const pl_config *config = setup->config;
    pl_status rc = pl__str_appendf(out, "\n%llu items", (unsigned long long)plan->n_items);

    if (rc == PL_OK && config->has_peer_review)
        rc = pl__str_appendf(out, ", %s questions, judges: %s", setup->generated ? "generated" : "given",
                             setup->judges_all ? "all" : "author");
    if (rc == PL_OK && is_adaptive(setup))
        return pl__str_appendf(
            out,
            ", adaptive: from %llu calls (the first %llu items, in one round) to about this many. It stops when the "
            "ranking is separated; who judges how often, and how many answers that takes, depends on the verdicts. "
            "What is stored is not asked again.\n",
            (unsigned long long)plan->least, (unsigned long long)plan->least_items);
    if (rc == PL_OK && config->has_uncertainty)
        rc = pl__str_appendf(out, ", own answers with %u samples", config->uncertainty.samples);
    if (rc == PL_OK && pl__config_compares(config))
        rc = pl__str_append_c(out, ", each pair of them compared by ");
    if (rc == PL_OK && pl__config_compares(config))
        rc = pl__append_clean(out, pl__view(config->models[config->uncertainty.judge].name));
    if (rc == PL_OK)
        rc = pl__str_append_c(out, ". At most this many calls; what is stored is not asked again");
    if (rc == PL_OK && pl__config_compares(config))
        rc = pl__str_append_c(out, ", and samples that are the same text need no comparison");
    return rc == PL_OK ? pl__str_append_c(out, ".\n") : rc;
}

static pl_status plan_table(const pl_plan *plan, const pl_estimate *e, const pl_setup *setup, pl_str *out,
                            pl_error *reterr)
{
    pl_status rc = write_calls(plan, setup, out, reterr);

    if (rc == PL_OK)
        rc = write_design(plan, setup, out);
    if (rc == PL_OK)
        rc = write_stored(e, out);
    if (rc == PL_OK)
        rc = pl__str_append_c(out, e->has_store ? "\nStill to make, tokens and cost from least to most:\n"
                                                : "\nTokens and cost from least to most:\n");
    if (rc == PL_OK)
        rc = write_costs(e, setup, out, reterr);
    return rc == PL_OK ? write_prices(e, setup, out) : rc;
}

pl_status pl__report_plan(const pl_plan *plan, const pl_estimate *estimate, const pl_setup *setup, pl_format format,
                          pl_str *out, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_table t;

    if (format == PL_FORMAT_JSON) {
        rc = plan_json(plan, estimate, setup, out);
    } else if (format == PL_FORMAT_CSV) {
        pl__table_init(&t);
        csv_rows(&t, plan, estimate, setup);
        rc = pl__table_write_csv(&t, out, reterr);
        pl__table_clear(&t);
    } else {
        rc = plan_table(plan, estimate, setup, out, reterr);
    }
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "plan");
}
