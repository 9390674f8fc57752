#include "rank_json.h"

#include "answer_report.h"
#include "confidence_report.h"
#include "consensus_report.h"
#include "corrected_report.h"
#include "error.h"
#include "json.h"
#include "number_json.h"
#include <math.h>

static json_t *by_model(const pl_analysis *a, const double *x)
{
    return pl__numbers_by_name_json(a->set->models, x, a->set->n_models, 1);
}

static json_t *ranks(const pl_analysis *a, const pl_method_result *m)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (uint32_t i = 0; i < a->set->n_models && rc == PL_OK; i++) {
        json_t *value = m->rank[i] > 0 ? json_integer(m->rank[i]) : json_null();

        rc = pl__json_set(doc, a->set->models[i], value);
    }
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

/* The method's own warnings, and a reason for every undefined score. */
static json_t *warnings_of(const pl_analysis *a, const pl_method_result *m)
{
    json_t *list = pl__text_list_json(m->warnings, m->n_warnings);

    for (uint32_t i = 0; list && i < a->set->n_models; i++) {
        if (isnan(m->scores[i]) && m->n_warnings == 0 &&
            json_array_append_new(list,
                                  json_sprintf("%s has no score: nothing usable was judged", a->set->models[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static bool is_corrected(const pl_analysis *a, const pl_method_result *m)
{
    return a->corrected && m == &a->methods[a->n_methods - 1];
}

static json_t *method_json(const pl_analysis *a, const pl_method_result *m)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set(doc, "scores", by_model(a, m->scores)) : PL_E_NOMEM;

    if (rc == PL_OK && m->low)
        rc = pl__json_set(doc, "bounds", pl__intervals_by_name_json(a->set->models, m->low, m->high, a->set->n_models));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "rank", ranks(a, m));
    if (rc == PL_OK && m->uncertainty)
        rc = pl__confidence_json(a, m, doc);
    if (rc == PL_OK && is_corrected(a, m))
        rc = pl__json_set(doc, "ci", pl__corrected_ranges_json(a));
    if (rc == PL_OK && m->weights)
        rc = pl__json_set(doc, "weights", by_model(a, m->weights));
    if (rc == PL_OK && m->n_loss > 0)
        rc = pl__json_set(doc, "loss", pl__number_list_json(m->loss, m->n_loss));
    if (rc == PL_OK && a->answers)
        rc = pl__answer_method_json(a, m, doc);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "warnings", warnings_of(a, m));
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

json_t *pl__flags_json(uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } rows[] = {{PL_FLAG_UNUSABLE, "unusable"}, {PL_FLAG_POSITION, "position"}, {PL_FLAG_INCONSISTENT, "inconsistent"}};
    json_t *list = json_array();

    for (size_t i = 0; list && i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((flags & rows[i].flag) && json_array_append_new(list, json_string(rows[i].name)) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

json_t *pl__missing_json(const pl_judge_report *r)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (int k = PL_MISSING_NOT + 1; k < PL_MISSING_COUNT && rc == PL_OK; k++) {
        if (r->missing[k] > 0)
            rc = pl__json_set_integer(doc, pl_missing_text((pl_missing)k), (int64_t)r->missing[k]);
    }
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static json_t *judges_json(const pl_analysis *a)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (uint32_t i = 0; i < a->set->n_models && rc == PL_OK; i++) {
        const pl_judge_report *r = &a->judges[i];
        json_t *judge = NULL;

        if (r->asked == 0)
            continue;
        judge = json_object();
        rc = judge ? pl__json_set_integer(judge, "usable", (int64_t)r->usable) : PL_E_NOMEM;
        if (rc == PL_OK)
            rc = pl__json_set_integer(judge, "asked", (int64_t)r->asked);
        if (rc == PL_OK)
            rc = pl__json_set(judge, "missing", pl__missing_json(r));
        if (rc == PL_OK)
            rc = pl__json_set(judge, "flags", pl__flags_json(r->flags));
        if (rc == PL_OK && a->excluded[i])
            rc = pl__json_set_bool(judge, "excluded", true);
        if (rc == PL_OK) {
            rc = pl__json_set(doc, a->set->models[i], judge);
            judge = NULL;
        }
        json_decref(judge);
    }
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static json_t *agreement_json(const pl_agreement *g)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_integer(doc, "n", (int64_t)g->n) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "pearson", g->pearson);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "spearman", g->spearman);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "kendall", g->kendall);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "permutation_entropy", g->permutation_entropy);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "inversions", (int64_t)g->inversions);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "lis", (int64_t)g->lis);
    if (rc == PL_OK)
        rc = pl__json_set_bool(doc, "top1", g->top1);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static json_t *methods_json(const pl_analysis *a)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (size_t k = 0; k < a->n_methods && rc == PL_OK; k++)
        rc = pl__json_set(doc, a->methods[k].name, method_json(a, &a->methods[k]));
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static json_t *truth_json(const pl_analysis *a)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (size_t k = 0; k < a->n_methods && rc == PL_OK; k++) {
        if (a->methods[k].has_agreement)
            rc = pl__json_set(doc, a->methods[k].name, agreement_json(&a->methods[k].agreement));
    }
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

/* What was ranked: names and counts. */
static pl_status set_input(const pl_analysis *a, json_t *doc)
{
    pl_status rc = pl__json_set_integer(doc, "version", 1);

    if (rc == PL_OK)
        rc = pl__json_set(doc, "models", pl__text_list_json(a->set->models, a->set->n_models));
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "n_items", a->set->n_items);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "n_images", a->set->n_images);
    if (rc == PL_OK && a->answers)
        return pl__answers_json(a, doc);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "n_judgments", (int64_t)a->set->n_rows);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "missing", (int64_t)a->missing);
    return rc;
}

pl_status pl__rank_json(const pl_analysis *a, pl_str *out, pl_error *reterr)
{
    json_t *doc = json_object();
    pl_status rc = doc ? set_input(a, doc) : PL_E_NOMEM;

    if (rc == PL_OK && !a->answers)
        rc = pl__json_set(doc, "judges", judges_json(a));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "methods", methods_json(a));
    if (rc == PL_OK && a->uncertainty)
        rc = pl__json_set(doc, "bootstrap", pl__bootstrap_json(a));
    if (rc == PL_OK && a->consensus)
        rc = pl__json_set(doc, "consensus", pl__consensus_json(a));
    if (rc == PL_OK && a->corrected)
        rc = pl__json_set(doc, "ppi", pl__corrected_json(a));
    if (rc == PL_OK && a->n_methods > 0 && a->methods[0].has_agreement)
        rc = pl__json_set(doc, "truth", truth_json(a));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "notes", pl__text_list_json(a->notes.texts, a->notes.n));
    if (rc == PL_OK)
        rc = pl__json_write(doc, out);
    if (rc == PL_OK)
        rc = pl__str_append_char(out, '\n');
    json_decref(doc);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "JSON of the ranking");
}
