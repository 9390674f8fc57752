/* What judge-bt says of the judges: position, length, family, each with its interval. */
#include "study_report.h"

#include "error.h"
#include "number_json.h"
#include "table.h"

#include <math.h>

#define Z95 1.959963984540054 /* normal quantile of .975 */
#define N_TASTES 3u           /* position, length, family */
#define REASONS 32u           /* bits of them */

const char *const pl__bias_columns[PL_BIAS_COLUMNS] = {"fitted position",        "fitted position se",
                                                       "fitted verbosity",       "fitted verbosity se",
                                                       "fitted self-preference", "fitted self-preference se"};

static const pl_bias_term *taste_of(const pl_judge_bias *b, size_t which)
{
    const pl_bias_term *const tastes[N_TASTES] = {&b->delta, &b->beta, &b->s};

    return tastes[which];
}

static bool is_known(const pl_bias_term *t)
{
    return t->reasons == 0 && isfinite(t->estimate) && isfinite(t->error);
}

void pl__bias_values(const pl_judge_study *study, uint32_t judge, double ret[PL_BIAS_COLUMNS])
{
    for (size_t k = 0; k < N_TASTES; k++) {
        ret[2 * k] = ret[2 * k + 1] = (double)NAN;
        if (study->judge_bt) {
            const pl_bias_term *t = taste_of(&pl_ranking_bias(study->judge_bt)->judges[judge], k);

            ret[2 * k] = is_known(t) ? t->estimate : (double)NAN;
            ret[2 * k + 1] = is_known(t) ? t->error : (double)NAN;
        }
    }
}

/* `least` is the smallest value that the parameter can have. */
static void add_term(pl_table *t, const pl_bias_term *term, double least)
{
    bool known = is_known(term);

    pl__table_fixed(t, known ? term->estimate : (double)NAN, 2);
    pl__table_fixed(t, known ? fmax(term->estimate - Z95 * term->error, least) : (double)NAN, 2);
    pl__table_fixed(t, known ? term->estimate + Z95 * term->error : (double)NAN, 2);
}

static pl_status write_warnings(const pl_judge_study *s, pl_str *out)
{
    size_t n = 0;
    const char *const *warnings = pl_ranking_warnings(s->judge_bt, &n);
    pl_status rc = PL_OK;

    for (size_t i = 0; i < n && rc == PL_OK; i++) {
        rc = pl__str_append_c(out, "judge-bt: ");
        if (rc == PL_OK)
            rc = pl__append_clean(out, pl__view(warnings[i]));
        if (rc == PL_OK)
            rc = pl__str_append_char(out, '\n');
    }
    return rc;
}

pl_status pl__bias_table(const pl_analysis *a, const pl_judge_study *s, pl_str *out, pl_error *reterr)
{
    static const char *const heads[] = {"first shown", "longer", "own family", "sharpness"};
    const pl_bias_report *biases = s->judge_bt ? pl_ranking_bias(s->judge_bt) : NULL;
    pl_table t;
    pl_status rc = PL_OK;

    if (!biases || pl_ranking_fit(s->judge_bt)->state == PL_FIT_NOTHING)
        return PL_OK;
    pl__table_init(&t);
    pl__table_column(&t, "judge", false);
    for (size_t k = 0; k < sizeof(heads) / sizeof(heads[0]); k++) {
        pl__table_column(&t, heads[k], true);
        pl__table_column(&t, "low", true);
        pl__table_column(&t, "high", true);
    }
    for (uint32_t i = 0; i < a->set->n_models; i++) {
        if (!s->judge[i])
            continue;
        pl__table_text(&t, a->set->models[i]);
        for (size_t k = 0; k < N_TASTES; k++)
            add_term(&t, taste_of(&biases->judges[i], k), -(double)INFINITY);
        add_term(&t, &biases->judges[i].a, 0.0);
    }
    rc = pl__str_append_c(out, "\nbiases as judge-bt fits them: how much being first shown, longer (by one standard "
                               "deviation) or of the judge's family adds\nto the log odds of winning, with 95 % "
                               "intervals; sharpness 1 is the average judge, 0 one that guesses\n");
    rc = rc == PL_OK ? pl__table_write(&t, out, reterr) : pl__fail(reterr, rc, "report");
    pl__table_clear(&t);
    if (rc != PL_OK)
        return rc;
    rc = write_warnings(s, out);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "report");
}

typedef enum scale { SCALE_ANY, SCALE_NOT_NEGATIVE, SCALE_RATIO } scale;

/* The interval of a ratio such as nu is made on the logarithm. */
static json_t *interval_json(const pl_bias_term *t, scale of)
{
    double low = t->estimate - Z95 * t->error;
    double high = t->estimate + Z95 * t->error;

    if (of == SCALE_NOT_NEGATIVE && low < 0.0)
        low = 0.0;
    if (of == SCALE_RATIO) {
        low = t->estimate * exp(-Z95 * t->error / t->estimate);
        high = t->estimate * exp(Z95 * t->error / t->estimate);
    }
    return pl__interval_json(low, high);
}

static json_t *reasons_json(uint32_t reasons)
{
    json_t *list = json_array();

    for (unsigned bit = 0; list && bit < REASONS; bit++) {
        if ((reasons & (1u << bit)) && json_array_append_new(list, json_string(pl_bias_reason_text(1u << bit))) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *term_json(const pl_bias_term *t, scale of)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_number(doc, "estimate", t->estimate) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "se", t->error);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "ci", interval_json(t, of));
    if (rc == PL_OK && t->reasons != 0)
        rc = pl__json_set(doc, "not_identified", reasons_json(t->reasons));
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

json_t *pl__bias_json(const pl_judge_study *study, uint32_t judge)
{
    const pl_judge_bias *b = &pl_ranking_bias(study->judge_bt)->judges[judge];
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set(doc, "position", term_json(&b->delta, SCALE_ANY)) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set(doc, "verbosity", term_json(&b->beta, SCALE_ANY));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "self_preference", term_json(&b->s, SCALE_ANY));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "discrimination", term_json(&b->a, SCALE_NOT_NEGATIVE));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "ties", term_json(&b->nu, SCALE_RATIO));
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static json_t *warnings_json(const pl_judge_study *study)
{
    size_t n = 0;
    const char *const *warnings = pl_ranking_warnings(study->judge_bt, &n);

    return pl__text_list_json(warnings, n);
}

json_t *pl__biases_json(const pl_judge_study *study)
{
    const pl_bias_report *b = pl_ranking_bias(study->judge_bt);
    const pl_fit_report *fit = pl_ranking_fit(study->judge_bt);
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_bool(doc, "converged", fit->state == PL_FIT_CONVERGED) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "length_sd", b->length_sd);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "known_lengths", b->known_lengths);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "verbosity", term_json(&b->beta, SCALE_ANY));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "self_preference", term_json(&b->s, SCALE_ANY));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "warnings", warnings_json(study));
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}
