#include "error.h"
#include "judge_json.h"
#include "rank_json.h"
#include "report.h"
#include "study_report.h"
#include "table.h"
#include <math.h>

static json_t *position_json(const pl_judge_report *r)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_integer(doc, "first", (int64_t)r->first) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "second", (int64_t)r->second);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "tie", (int64_t)r->tie);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "p", r->position_p);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "p_mid", r->position_p_mid);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "swap_pairs", (int64_t)r->swap_pairs);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "swap_consistent", (int64_t)r->swap_consistent);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static json_t *judge_json(const pl_judge_report *r, const pl_judge_study *study, uint32_t judge)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set(doc, "position", position_json(r)) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "asked", (int64_t)r->asked);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "usable", (int64_t)r->usable);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "missing", pl__missing_json(r));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "flags", pl__flags_json(r->flags));
    if (rc == PL_OK)
        rc = pl__judge_json(study, judge, doc);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static pl_status write_json(const pl_analysis *a, const pl_judge_study *study, pl_str *out, pl_error *reterr)
{
    json_t *doc = json_object();
    json_t *judges = json_object();
    pl_status rc = doc && judges ? pl__json_set_integer(doc, "version", 1) : PL_E_NOMEM;

    for (uint32_t i = 0; i < a->set->n_models && rc == PL_OK; i++) {
        if (a->judges[i].asked > 0)
            rc = pl__json_set(judges, a->set->models[i], judge_json(&a->judges[i], study, i));
    }
    if (rc == PL_OK) {
        rc = pl__json_set(doc, "judges", judges);
        judges = NULL;
    }
    if (rc == PL_OK)
        rc = pl__judges_json(a, study, doc);
    if (rc == PL_OK)
        rc = pl__json_write(doc, out);
    if (rc == PL_OK)
        rc = pl__str_append_char(out, '\n');
    json_decref(judges);
    json_decref(doc);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "JSON of the diagnosis");
}

/* Reasons that no judge gave are left out of the table for people. */
static bool shows_reason(const pl_analysis *a, int reason, bool is_csv)
{
    bool any = is_csv;

    for (uint32_t i = 0; i < a->set->n_models && !any; i++)
        any = a->judges[i].missing[reason] > 0;
    return any;
}

static void add_heads(const pl_analysis *a, pl_table *t, bool is_csv)
{
    static const char *const numbers[] = {"asked",       "usable", "first",      "second",    "tie",
                                          "first share", "p",      "swap pairs", "consistent"};

    static const char *const more[] = {"longer chosen", "longer against", "verbosity effect", "verbosity p",
                                       "own chosen",    "own against",    "self effect",      "self p",
                                       "triads",        "cyclic",         "reference pairs",  "reference agreed"};

    pl__table_column(t, "judge", false);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        pl__table_column(t, numbers[i], true);
    for (int k = PL_MISSING_NOT + 1; k < PL_MISSING_COUNT; k++) {
        if (shows_reason(a, k, is_csv))
            pl__table_column(t, pl_missing_text((pl_missing)k), true);
    }
    pl__table_column(t, "flags", false);
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]) && is_csv; i++)
        pl__table_column(t, more[i], true);
    for (size_t i = 0; i < PL_BIAS_COLUMNS && is_csv; i++)
        pl__table_column(t, pl__bias_columns[i], true);
}

static void add_study(pl_table *t, const pl_judge_diagnosis *j)
{
    const pl_taste *tastes[] = {&j->verbosity, &j->self_preference};

    for (size_t k = 0; k < 2; k++) {
        pl__table_count(t, tastes[k]->chosen);
        pl__table_count(t, tastes[k]->against);
        pl__table_full(t, tastes[k]->effect);
        pl__table_full(t, tastes[k]->p);
    }
    pl__table_count(t, j->triads);
    pl__table_count(t, j->cyclic_triads);
    pl__table_count(t, j->reference_pairs);
    pl__table_count(t, j->reference_agreed);
}

static void add_judge(const pl_analysis *a, const pl_judge_study *study, pl_table *t, uint32_t judge, bool is_csv)
{
    static const char *const flags[] = {"",
                                        "unusable",
                                        "position",
                                        "unusable position",
                                        "inconsistent",
                                        "unusable inconsistent",
                                        "position inconsistent",
                                        "unusable position inconsistent"};
    const pl_judge_report *r = &a->judges[judge];
    uint64_t decisive = r->first + r->second;
    double biases[PL_BIAS_COLUMNS];
    double share = decisive > 0 ? (double)r->first / (double)decisive : (double)NAN;

    pl__table_text(t, a->set->models[judge]);
    pl__table_count(t, r->asked);
    pl__table_count(t, r->usable);
    pl__table_count(t, r->first);
    pl__table_count(t, r->second);
    pl__table_count(t, r->tie);
    if (is_csv) {
        pl__table_full(t, share);
        pl__table_full(t, r->position_p);
    } else {
        pl__table_fixed(t, share, 3);
        pl__table_fixed(t, r->position_p, 4);
    }
    pl__table_count(t, r->swap_pairs);
    pl__table_count(t, r->swap_consistent);
    for (int k = PL_MISSING_NOT + 1; k < PL_MISSING_COUNT; k++) {
        if (shows_reason(a, k, is_csv))
            pl__table_count(t, r->missing[k]);
    }
    pl__table_text(t, flags[r->flags & 7u]);
    if (!is_csv)
        return;
    add_study(t, &pl_diagnostics_judges(study->diagnostics)[judge]);
    pl__bias_values(study, judge, biases);
    for (size_t i = 0; i < PL_BIAS_COLUMNS; i++)
        pl__table_full(t, biases[i]);
}

pl_status pl__report_diagnose(const pl_analysis *a, const pl_judge_study *study, pl_format format, pl_str *out,
                              pl_error *reterr)
{
    pl_table t;
    pl_status rc = PL_OK;

    if (format == PL_FORMAT_JSON)
        return write_json(a, study, out, reterr);
    pl__table_init(&t);
    add_heads(a, &t, format == PL_FORMAT_CSV);
    for (uint32_t i = 0; i < a->set->n_models; i++) {
        if (a->judges[i].asked > 0)
            add_judge(a, study, &t, i, format == PL_FORMAT_CSV);
    }
    rc = format == PL_FORMAT_CSV ? pl__table_write_csv(&t, out, reterr) : pl__table_write(&t, out, reterr);
    pl__table_clear(&t);
    if (rc == PL_OK && format == PL_FORMAT_TABLE)
        rc = pl__judge_sections(a, study, out, reterr);
    if (rc == PL_OK && format == PL_FORMAT_TABLE)
        rc = pl__append_notes(out, a->notes.texts, a->notes.n);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "report");
}
