/* The method ppi: win rates by people's verdicts, with what the judges' verdicts add to them. */
#include "corrected_report.h"

#include "error.h"
#include "number_json.h"
#include "table.h"

static void add_model(pl_table *t, const char *name, const pl_corrected_model *m)
{
    const pl_ppi_mean_result *w = &m->win_rate;

    pl__table_text(t, name);
    pl__table_fixed(t, w->estimate, 4);
    pl__table_fixed(t, w->low, 4);
    pl__table_fixed(t, w->high, 4);
    pl__table_count(t, m->n_labelled);
    pl__table_count(t, m->n_machine);
    pl__table_fixed(t, w->labelled_estimate, 4);
    pl__table_fixed(t, w->labelled_low, 4);
    pl__table_fixed(t, w->labelled_high, 4);
    pl__table_fixed(t, w->lambda, 3);
}

pl_status pl__corrected_table(const pl_analysis *a, pl_str *out, pl_error *reterr)
{
    static const char *const heads[] = {"win rate", "low",  "high",  "images with people's", "without", "people alone",
                                        "low",      "high", "lambda"};
    pl_table t;
    pl_status rc = pl__str_append_c(out, "\nppi: win rate by people's verdicts, sharpened by the judges' on the images "
                                         "without (weight lambda), 95 % intervals\n");

    if (rc != PL_OK)
        return pl__fail(reterr, rc, "report");
    pl__table_init(&t);
    pl__table_column(&t, "model", false);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        pl__table_column(&t, heads[i], true);
    for (uint32_t i = 0; i < a->set->n_models; i++) {
        if (a->corrected->models[i].n_labelled + a->corrected->models[i].n_machine > 0)
            add_model(&t, a->set->models[i], &a->corrected->models[i]);
    }
    rc = pl__table_write(&t, out, reterr);
    pl__table_clear(&t);
    return rc;
}

json_t *pl__corrected_ranges_json(const pl_analysis *a)
{
    json_t *doc = json_object();

    for (uint32_t i = 0; i < a->set->n_models && doc; i++) {
        const pl_ppi_mean_result *w = &a->corrected->models[i].win_rate;

        if (pl__json_set(doc, a->set->models[i], pl__interval_json(w->low, w->high)) != PL_OK) {
            json_decref(doc);
            doc = NULL;
        }
    }
    return doc;
}

static json_t *model_json(const pl_corrected_model *m)
{
    const pl_ppi_mean_result *w = &m->win_rate;
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_number(doc, "estimate", w->estimate) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set(doc, "ci", pl__interval_json(w->low, w->high));
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "se", w->error);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "df", w->df);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "lambda", w->lambda);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "images_labelled", (int64_t)m->n_labelled);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "images_unlabelled", (int64_t)m->n_machine);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "labels_alone", w->labelled_estimate);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "labels_alone_ci", pl__interval_json(w->labelled_low, w->labelled_high));
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

json_t *pl__corrected_json(const pl_analysis *a)
{
    json_t *doc = json_object();
    json_t *models = json_object();
    pl_status rc = doc && models ? pl__json_set_string(doc, "estimates", "win rate") : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "reference_pairs", (int64_t)a->corrected->pairs);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "unmatched_pairs", (int64_t)a->corrected->unmatched);
    for (uint32_t i = 0; i < a->set->n_models && rc == PL_OK; i++) {
        if (a->corrected->models[i].n_labelled + a->corrected->models[i].n_machine > 0)
            rc = pl__json_set(models, a->set->models[i], model_json(&a->corrected->models[i]));
    }
    if (rc == PL_OK) {
        rc = pl__json_set(doc, "models", models);
        models = NULL;
    }
    json_decref(models);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}
