#include "answer_report.h"
#include "num.h"

#include <math.h>

static uint32_t usable_items(const pl_analysis *a, uint32_t model)
{
    return pl_answer_table_missing(a->answers->table, model)[PL_ANSWER_THERE];
}

void pl__answer_heads(pl_table *t)
{
    pl__table_column(t, "answered", true);
    pl__table_column(t, "with option probabilities", true);
}

void pl__answer_cells(const pl_analysis *a, uint32_t model, pl_table *t)
{
    pl__table_count(t, a->answers->answered[model]);
    pl__table_count(t, usable_items(a, model));
}

pl_status pl__answer_pool(const pl_analysis *a, pl_str *out)
{
    char number[PL_NUM_BYTES];
    pl_status rc = PL_OK;

    for (size_t k = 0; k < a->n_methods && rc == PL_OK; k++) {
        if (isnan(a->answers->effective[k]))
            continue;
        pl__num_format_fixed(a->answers->effective[k], 1, number);
        rc = pl__str_appendf(out, "the pool of %s amounts to %s models of equal weight\n", a->methods[k].name, number);
    }
    return rc;
}

json_t *pl__answer_missing_json(const uint32_t *missing)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (int why = PL_ANSWER_NO_RESPONSE; why < PL_ANSWER_MISSING_COUNT && rc == PL_OK; why++) {
        if (missing[why] > 0)
            rc = pl__json_set_integer(doc, pl_answer_missing_text((pl_answer_missing)why), missing[why]);
    }
    if (rc == PL_OK)
        return doc;
    json_decref(doc);
    return NULL;
}

static json_t *coverage_json(const pl_analysis *a)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (uint32_t m = 0; m < a->set->n_models && rc == PL_OK; m++)
        rc = pl__json_set(doc, a->set->models[m],
                          json_pack("{s:I, s:I, s:o}", "answered", (json_int_t)a->answers->answered[m],
                                    "with_option_probabilities", (json_int_t)usable_items(a, m), "missing",
                                    pl__answer_missing_json(pl_answer_table_missing(a->answers->table, m))));
    if (rc == PL_OK)
        return doc;
    json_decref(doc);
    return NULL;
}

pl_status pl__answers_json(const pl_analysis *a, json_t *doc)
{
    pl_status rc = pl__json_set_integer(doc, "n_responses", (int64_t)a->set->n_rows);

    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "n_choice_items", pl_answer_table_n_choice_items(a->answers->table));
    return rc == PL_OK ? pl__json_set(doc, "coverage", coverage_json(a)) : rc;
}

static json_t *upper_json(const pl_analysis *a, const double *upper)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (uint32_t m = 0; m < a->set->n_models && rc == PL_OK; m++)
        rc = pl__json_set_number(doc, a->set->models[m], upper[m]);
    if (rc == PL_OK)
        return doc;
    json_decref(doc);
    return NULL;
}

pl_status pl__answer_method_json(const pl_analysis *a, const pl_method_result *m, json_t *doc)
{
    size_t k = (size_t)(m - a->methods);
    pl_status rc = PL_OK;

    if (!isnan(a->answers->effective[k]))
        rc = pl__json_set_number(doc, "effective_models", a->answers->effective[k]);
    if (rc == PL_OK && a->answers->upper[k])
        rc = pl__json_set(doc, "upper", upper_json(a, a->answers->upper[k]));
    return rc;
}

void pl__answer_methods_list(pl_table *t)
{
    size_t n = 0;
    const pl_rank_method *methods = pl_answer_methods(&n);

    for (size_t i = 0; i < n; i++) {
        pl__table_text(t, methods[i].name);
        pl__table_text(t, methods[i].description);
        pl__table_text(t, methods[i].source);
    }
    const pl_answer_signal *signals = pl_answer_signals(&n);
    for (size_t i = 0; i < n; i++) {
        pl__table_text(t, signals[i].name);
        pl__table_text(t, signals[i].description);
        pl__table_text(t, signals[i].source);
    }
}
