#include "answer_study.h"

#include "alloc.h"
#include "answer_rank.h"
#include "combine.h"
#include "confidence.h"
#include "error.h"
#include "item_values.h"
#include "str.h"
#include <math.h>
#include <string.h>

#define SOURCES_SHOWN 8u /* data sets that are named one by one */

static double effective_number(const double *weights, uint32_t n)
{
    double sum = 0.0;
    double squares = 0.0;

    for (uint32_t i = 0; i < n && weights; i++) {
        if (isnan(weights[i]))
            continue;
        sum += weights[i];
        squares += weights[i] * weights[i];
    }
    return squares > 0.0 ? sum * sum / squares : (double)NAN;
}

/* Entropies have upper bounds, which are reported beside them. */
static pl_status rank(pl_analysis *a, const char *name, size_t k, pl_ranking **ret, pl_error *reterr)
{
    const pl_answer_table *t = a->answers->table;
    double *upper = NULL;

    if (!pl__signal_is_bounded(name))
        return pl_answer_rank_run(name, t, NULL, ret, reterr);
    upper = pl__arena_calloc(&a->arena, a->set->n_models, sizeof(*upper));
    if (!upper)
        return pl__fail(reterr, PL_E_NOMEM, "upper bounds");
    a->answers->upper[k] = upper;
    return pl__answer_rank_bounded(name, t, upper, ret, reterr);
}

static pl_status run_method(pl_analysis *a, const char *name, size_t k, pl_error *reterr)
{
    pl_method_result *m = &a->methods[k];
    pl_ranking *ranking = NULL;
    pl_status rc = PL_OK;

    m->name = pl__arena_strdup(&a->arena, name);
    if (!m->name)
        return pl__fail(reterr, PL_E_NOMEM, "methods");
    rc = rank(a, name, k, &ranking, reterr);
    if (rc == PL_OK)
        rc = pl__take_ranking(a, ranking, m, reterr);
    pl_ranking_free(ranking);
    if (rc == PL_OK && strcmp(name, "within") == 0)
        a->answers->effective[k] = effective_number(m->weights, a->set->n_models);
    a->n_methods += rc == PL_OK;
    return rc;
}

static pl_status resample(pl_analysis *a, const pl_answer_request *request, pl_error *reterr)
{
    pl_uncertainty_opts opts = PL_UNCERTAINTY_OPTS_INIT;
    size_t n = 0;
    pl_status rc = PL_OK;

    opts.replicates = request->bootstrap;
    opts.seed = request->seed;
    opts.threads = request->threads;
    opts.interval = request->interval;
    a->interval = request->interval;
    rc = pl_answer_uncertainty_run(request->methods, request->n_methods, a->answers->table, &opts, &a->uncertainty,
                                   reterr);
    if (rc != PL_OK)
        return rc;
    const char *const *notes = pl_uncertainty_warnings(a->uncertainty, &n);
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        rc = pl__notes_add(&a->notes, &a->arena, reterr, "%s", notes[i]);
    for (size_t k = 0; k < a->n_methods && rc == PL_OK; k++) {
        a->methods[k].uncertainty = pl_uncertainty_method(a->uncertainty, k);
        rc = pl__add_uncertainty_warnings(a, &a->methods[k], reterr);
    }
    return rc;
}

/* An item without an image of its own is its own cluster; what is shown as images are the clusters. */
static pl_status count_items(pl_analysis *a, const pl_response_set *set, pl_error *reterr)
{
    pl_answer_study *s = a->answers;
    uint32_t n = set->n_models;

    s->names = (pl_judgment_set){.models = set->models,
                                 .n_models = n,
                                 .n_items = pl_answer_table_n_items(s->table),
                                 .n_images = pl_answer_table_n_images(s->table)};
    s->answered = pl__arena_calloc(&a->arena, n > 0 ? n : 1, sizeof(*s->answered));
    if (!s->answered)
        return pl__fail(reterr, PL_E_NOMEM, "%u models", n);
    for (uint32_t m = 0; m < n; m++) {
        s->answered[m] = pl_answer_table_answered(s->table, m);
        s->names.n_rows += s->answered[m];
    }
    return PL_OK;
}

static bool has_votes(const pl_analysis *a)
{
    size_t n = 0;
    const pl_rank_method *methods = pl_answer_methods(&n);

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < a->n_methods && !pl_answer_method_is_proxy(methods[i].name); k++) {
            if (strcmp(methods[i].name, a->methods[k].name) == 0)
                return true;
        }
    }
    return false;
}

static pl_status note_kinds(pl_analysis *a, pl_error *reterr)
{
    uint32_t n = pl_answer_table_n_items(a->answers->table);
    uint32_t choice = pl_answer_table_n_choice_items(a->answers->table);

    if (n == 0)
        return pl__notes_add(&a->notes, &a->arena, reterr, "there are no responses: nothing can be ranked");
    if (choice == 0 && has_votes(a))
        return pl__notes_add(&a->notes, &a->arena, reterr,
                             "all items are open questions: votes and within need options, but --methods nll.mean, "
                             "margin or consistency.rouge go by tokens and samples");
    if (choice == n || choice == 0)
        return PL_OK;
    return pl__notes_add(&a->notes, &a->arena, reterr,
                         "%u items have options and %u are open questions; votes are about the former, and "
                         "confidence has another meaning on each",
                         choice, n - choice);
}

static pl_status note_source(pl_analysis *a, const pl_answer_source *source, pl_error *reterr)
{
    uint32_t n = pl_answer_source_n_datasets(source);
    pl_str text;
    pl_status rc = PL_OK;

    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    for (uint32_t d = 0; d < n && d < SOURCES_SHOWN && rc == PL_OK; d++) {
        const char *name = pl_answer_source_dataset(source, d);

        rc = pl__str_appendf(&text, "%s%u labelled items%s%s", d > 0 ? ", " : "",
                             pl_answer_source_n_labelled(source, d), name[0] != '\0' ? " of " : "", name);
    }
    if (rc == PL_OK && n > SOURCES_SHOWN)
        rc = pl__str_appendf(&text, " and of %u more data sets", n - SOURCES_SHOWN);
    rc = rc == PL_OK ? pl__notes_add(&a->notes, &a->arena, reterr, "the proxies learnt from %s", pl__str_c(&text))
                     : pl__fail(reterr, rc, "notes");
    pl__str_clear(&text);
    return rc;
}

static pl_status analyse(pl_analysis *a, const pl_response_set *set, const pl_answer_request *request, pl_error *reterr)
{
    pl_answer_study *s = a->answers;
    pl_status rc = pl_answer_table_build(set, &request->answers, &s->table, reterr);

    if (rc == PL_OK)
        rc = count_items(a, set, reterr);
    if (rc != PL_OK)
        return rc;
    a->methods = pl__arena_calloc(&a->arena, request->n_methods + 2, sizeof(*a->methods)); /* two for the consensus */
    s->upper = pl__arena_calloc(&a->arena, request->n_methods + 2, sizeof(*s->upper));
    s->effective = pl__arena_calloc(&a->arena, request->n_methods + 2, sizeof(*s->effective));
    if (!a->methods || !s->upper || !s->effective)
        return pl__fail(reterr, PL_E_NOMEM, "methods");
    for (size_t k = 0; k < request->n_methods + 2; k++)
        s->effective[k] = (double)NAN;
    for (size_t k = 0; k < request->n_methods && rc == PL_OK; k++)
        rc = run_method(a, request->methods[k], k, reterr);
    if (rc == PL_OK)
        rc = note_kinds(a, reterr);
    if (rc == PL_OK && request->answers.source)
        rc = note_source(a, request->answers.source, reterr);
    if (rc == PL_OK && request->bootstrap > 0)
        rc = resample(a, request, reterr);
    if (rc == PL_OK && request->consensus)
        rc = pl__combine(a, reterr);
    return rc;
}

pl_status pl__analysis_of_answers(const pl_response_set *set, const pl_answer_request *request, pl_analysis **ret,
                                  pl_error *reterr)
{
    pl_analysis *a = NULL;
    pl_status rc = PL_OK;

    if (request->n_methods == 0 || request->n_methods > PL_METHODS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "between 1 and %d methods can be ranked by at once", PL_METHODS_MAX);
    a = pl__calloc(1, sizeof(*a));
    if (!a)
        return pl__fail(reterr, PL_E_NOMEM, "analysis");
    pl__arena_init(&a->arena);
    a->answers = pl__calloc(1, sizeof(*a->answers));
    if (!a->answers) {
        rc = pl__fail(reterr, PL_E_NOMEM, "analysis");
    } else {
        a->set = &a->answers->names;
        rc = analyse(a, set, request, reterr);
    }
    if (rc != PL_OK) {
        pl__analysis_free(a);
        return rc;
    }
    *ret = a;
    return PL_OK;
}

/* ---- calibration ---- */
void pl__calibration_study_free(pl_calibration_study *study)
{
    if (!study)
        return;
    pl__arena_clear(&study->arena);
    pl__free(study);
}

static pl_status mean_masses(const pl_answer_table *t, double *ret, pl_error *reterr)
{
    size_t n_items = pl_answer_table_n_items(t);
    double *values = pl__calloc(pl_answer_table_n_models(t), n_items * sizeof(*values));
    pl_status rc = PL_OK;

    if (!values)
        return pl__fail(reterr, PL_E_NOMEM, "masses");
    rc = pl_answer_signal_values(t, "mass", values, NULL, reterr);
    for (uint32_t m = 0; m < pl_answer_table_n_models(t) && rc == PL_OK; m++) {
        double sum = 0.0;
        size_t n = 0;

        for (size_t i = m * n_items; i < (m + 1) * n_items; i++) {
            sum += isnan(values[i]) ? 0.0 : values[i];
            n += isnan(values[i]) ? 0 : 1;
        }
        ret[m] = n > 0 ? sum / (double)n : (double)NAN;
    }
    pl__free(values);
    return rc;
}

static pl_status judge_pool(const pl_answer_table *t, pl_calibration_part *part, pl_error *reterr)
{
    uint8_t *choices = pl__calloc(pl_answer_table_n_items(t), 1);
    pl_status rc = choices ? pl_answer_pool_choices(t, choices, reterr) : pl__fail(reterr, PL_E_NOMEM, "pool");

    if (rc == PL_OK)
        part->pool_accuracy = pl_choices_accuracy(t, choices, &part->pool_n);
    pl__free(choices);
    return rc;
}

static pl_status fill_part(pl_calibration_study *s, const pl_answer_opts *opts, const char *dataset,
                           pl_calibration_part *part, pl_error *reterr)
{
    pl_answer_opts own = *opts;
    pl_answer_table *t = NULL;
    uint32_t n = s->n_models > 0 ? s->n_models : 1;
    pl_status rc = PL_OK;

    own.dataset = dataset ? dataset : opts->dataset;
    part->dataset = dataset;
    part->models = pl__arena_calloc(&s->arena, n, sizeof(*part->models));
    part->bins = pl__arena_calloc(&s->arena, n, PL_CALIBRATION_BINS * sizeof(*part->bins));
    part->missing = pl__arena_calloc(&s->arena, n, PL_ANSWER_MISSING_COUNT * sizeof(*part->missing));
    part->mass = pl__arena_calloc(&s->arena, n, sizeof(*part->mass));
    if (!part->models || !part->bins || !part->missing || !part->mass)
        return pl__fail(reterr, PL_E_NOMEM, "calibration of %u models", n);
    rc = pl_answer_table_build(s->set, &own, &t, reterr);
    if (rc == PL_OK)
        rc = pl_calibration_run(t, PL_CALIBRATION_BINS, part->models, part->bins, reterr);
    if (rc == PL_OK)
        rc = mean_masses(t, part->mass, reterr);
    if (rc == PL_OK)
        rc = judge_pool(t, part, reterr);
    for (uint32_t m = 0; m < s->n_models && rc == PL_OK; m++)
        memcpy(part->missing + (size_t)m * PL_ANSWER_MISSING_COUNT, pl_answer_table_missing(t, m),
               PL_ANSWER_MISSING_COUNT * sizeof(*part->missing));
    part->n_items = rc == PL_OK ? pl_answer_table_n_items(t) : 0;
    pl_answer_table_free(t);
    return rc;
}

pl_status pl__calibration_study_new(const pl_response_set *set, const pl_answer_opts *opts, pl_calibration_study **ret,
                                    pl_error *reterr)
{
    pl_calibration_study *s = pl__calloc(1, sizeof(*s));
    size_t n = set->n_datasets > 1 && !opts->dataset ? set->n_datasets : 0;
    pl_status rc = PL_OK;

    if (!s)
        return pl__fail(reterr, PL_E_NOMEM, "calibration");
    pl__arena_init(&s->arena);
    s->set = set;
    s->n_models = set->n_models;
    s->parts = pl__arena_calloc(&s->arena, n + 1, sizeof(*s->parts));
    if (!s->parts) {
        pl__calibration_study_free(s);
        return pl__fail(reterr, PL_E_NOMEM, "calibration");
    }
    for (; s->n_parts < n + 1 && rc == PL_OK; s->n_parts++)
        rc = fill_part(s, opts, s->n_parts > 0 ? set->datasets[s->n_parts - 1] : NULL, &s->parts[s->n_parts], reterr);
    if (rc != PL_OK) {
        pl__calibration_study_free(s);
        return rc;
    }
    *ret = s;
    return PL_OK;
}
