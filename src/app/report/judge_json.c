#include "judge_json.h"

#include "study_report.h"

#include <math.h>

static json_t *table_json(const uint64_t table[2][2])
{
    return json_pack("[[I,I],[I,I]]", (json_int_t)table[0][0], (json_int_t)table[0][1], (json_int_t)table[1][0],
                     (json_int_t)table[1][1]);
}

static pl_status set_mcnemar(const pl_taste *t, json_t *doc)
{
    json_t *m = json_object();
    pl_status rc = m ? pl__json_set_integer(m, "pairs", (int64_t)t->pairs) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_integer(m, "b", (int64_t)t->judge_only);
    if (rc == PL_OK)
        rc = pl__json_set_integer(m, "c", (int64_t)t->other_only);
    if (rc == PL_OK)
        rc = pl__json_set_number(m, "p", t->mcnemar_p);
    if (rc == PL_OK)
        rc = pl__json_set_number(m, "p_mid", t->mcnemar_p_mid);
    if (rc == PL_OK)
        rc = pl__json_set_number(m, "effect", t->mcnemar_effect);
    if (rc != PL_OK) {
        json_decref(m);
        return rc;
    }
    return pl__json_set(doc, "mcnemar", m);
}

static pl_status set_test(const pl_taste *t, json_t *doc)
{
    json_t *m = json_object();
    pl_status rc = m ? pl__json_set_number(m, "effect", t->effect) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_number(m, "error", t->error);
    if (rc == PL_OK)
        rc = pl__json_set_number(m, "p", t->p);
    if (rc == PL_OK)
        rc = pl__json_set_integer(m, "images", (int64_t)t->images);
    if (rc == PL_OK && t->untested != PL_UNTESTED_NOT)
        rc = pl__json_set_string(m, "undefined", pl_untested_text(t->untested));
    if (rc != PL_OK) {
        json_decref(m);
        return rc;
    }
    return pl__json_set(doc, "adjusted", m);
}

/* p is the test that METHODS names: McNemar's with a reference, the adjusted one without. */
static json_t *taste_json(const pl_taste *t, bool has_reference)
{
    json_t *doc = json_object();
    uint64_t units = t->chosen + t->against;
    pl_status rc = doc ? pl__json_set(doc, "table", table_json(t->table)) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "chi2", t->chi2);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "chi2_yates", t->chi2_yates);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "chi2_p", t->chi2_p);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "phi", t->phi);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "p", has_reference ? t->mcnemar_p : t->p);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "chosen", (int64_t)t->chosen);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "against", (int64_t)t->against);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "share", units > 0 ? (double)t->chosen / (double)units : (double)NAN);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "share_p", t->share_p);
    if (rc == PL_OK && has_reference)
        rc = set_mcnemar(t, doc);
    if (rc == PL_OK)
        rc = set_test(t, doc);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static json_t *alignment_json(const pl_judge_diagnosis *j)
{
    json_t *doc = json_object();
    double pairs = (double)j->reference_pairs;
    pl_status rc = doc ? pl__json_set_integer(doc, "pairs", (int64_t)j->reference_pairs) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "same", (int64_t)j->reference_agreed);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "consistency", pairs > 0.0 ? (double)j->reference_agreed / pairs : (double)NAN);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

pl_status pl__judge_json(const pl_judge_study *study, uint32_t judge, json_t *doc)
{
    const pl_judge_diagnosis *j = &pl_diagnostics_judges(study->diagnostics)[judge];
    pl_status rc = pl__json_set(doc, "verbosity", taste_json(&j->verbosity, study->has_reference));

    if (rc == PL_OK)
        rc = pl__json_set(doc, "self_preference", taste_json(&j->self_preference, study->has_reference));
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "triads", (int64_t)j->triads);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "cyclic_triads", (int64_t)j->cyclic_triads);
    if (rc == PL_OK && study->has_reference)
        rc = pl__json_set(doc, "alignment", alignment_json(j));
    if (rc == PL_OK && study->judge_bt)
        rc = pl__json_set(doc, "judge_bt", pl__bias_json(study, judge));
    return rc;
}

static json_t *row_json(const pl_analysis *a, const double *values, size_t stride, const bool *shown)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (uint32_t i = 0; i < a->set->n_models && rc == PL_OK; i++) {
        if ((!shown || shown[i]) && !isnan(values[i * stride]))
            rc = pl__json_set_number(doc, a->set->models[i], values[i * stride]);
    }
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static json_t *ranks_json(const pl_analysis *a, const uint32_t *ranks)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (uint32_t i = 0; i < a->set->n_models && rc == PL_OK; i++)
        rc = pl__json_set(doc, a->set->models[i], ranks[i] > 0 ? json_integer(ranks[i]) : json_null());
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

/* One object per judge, by what `make` says of it; ranks, heat and kappa are all such squares. */
typedef enum square { SQUARE_HEAT, SQUARE_KAPPA, SQUARE_RANKS } square;

static json_t *square_json(const pl_analysis *a, const pl_judge_study *s, square which, size_t method)
{
    size_t m = a->set->n_models;
    const double *kappa = pl_diagnostics_kappa(s->diagnostics);
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (uint32_t r = 0; r < m && rc == PL_OK; r++) {
        json_t *row = NULL;

        if (!s->judge[r])
            continue;
        if (which == SQUARE_HEAT)
            row = row_json(a, s->heat + r, m, NULL);
        else if (which == SQUARE_KAPPA)
            row = row_json(a, kappa + r * m, 1, s->judge);
        else
            row = ranks_json(a, s->without[method] + r * m);
        rc = pl__json_set(doc, a->set->models[r], row);
    }
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static json_t *agreement_json(const pl_analysis *a, const pl_judge_study *s)
{
    json_t *doc = json_object();
    uint64_t units = 0;
    double alpha = pl_diagnostics_alpha(s->diagnostics, &units);
    pl_status rc = doc ? pl__json_set_number(doc, "alpha", alpha) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "units", (int64_t)units);
    if (rc == PL_OK && pl_diagnostics_kappa(s->diagnostics))
        rc = pl__json_set(doc, "kappa", square_json(a, s, SQUARE_KAPPA, 0));
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

pl_status pl__judges_json(const pl_analysis *a, const pl_judge_study *s, json_t *doc)
{
    json_t *methods = json_object();
    pl_status rc = methods ? pl__json_set(doc, "agreement", agreement_json(a, s)) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set(doc, "heat_map", square_json(a, s, SQUARE_HEAT, 0));
    if (rc == PL_OK && s->has_reference)
        rc = pl__json_set(doc, "reference", pl__people_json(s));
    if (rc == PL_OK && s->judge_bt)
        rc = pl__json_set(doc, "judge_bt", pl__biases_json(s));
    for (size_t k = 0; k < s->n_methods && rc == PL_OK; k++)
        rc = pl__json_set(methods, s->methods[k], square_json(a, s, SQUARE_RANKS, k));
    if (rc != PL_OK) {
        json_decref(methods);
        return rc;
    }
    return pl__json_set(doc, "leave_one_judge_out", methods);
}
