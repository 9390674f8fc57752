/* The diagnosis for people: tastes, agreement, who rates whom, and ranks without each judge. */
#include "error.h"
#include "judge_json.h"
#include "num.h"
#include "study_report.h"
#include "table.h"

#include <math.h>

#define WIDE_MODELS_MAX 24u /* squares of judges by models are shown up to this many; JSON has them all */

static double share_of(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : (double)NAN;
}

static pl_status finish(pl_table *t, const char *title, pl_str *out, pl_error *reterr)
{
    pl_status rc = pl__str_append_char(out, '\n');

    if (rc == PL_OK)
        rc = pl__str_append_c(out, title);
    if (rc == PL_OK)
        rc = pl__str_append_char(out, '\n');
    rc = rc == PL_OK ? pl__table_write(t, out, reterr) : pl__fail(reterr, rc, "report");
    pl__table_clear(t);
    return rc;
}

static void add_taste(pl_table *t, const pl_taste *taste, bool has_reference)
{
    uint64_t units = taste->chosen + taste->against;

    pl__table_count(t, units);
    pl__table_fixed(t, share_of(taste->chosen, units), 3);
    pl__table_fixed(t, taste->effect, 3);
    pl__table_fixed(t, taste->p, 4);
    if (has_reference)
        pl__table_fixed(t, taste->mcnemar_p, 4);
}

static pl_status tastes(const pl_analysis *a, const pl_judge_study *s, pl_str *out, pl_error *reterr)
{
    const pl_judge_diagnosis *judges = pl_diagnostics_judges(s->diagnostics);
    static const char *const kinds[2][2] = {{"longer: pairs", "own: pairs"}, {"chosen", "chosen"}};
    pl_table t;

    pl__table_init(&t);
    pl__table_column(&t, "judge", false);
    for (size_t k = 0; k < 2; k++) {
        pl__table_column(&t, kinds[0][k], true);
        pl__table_column(&t, kinds[1][k], true);
        pl__table_column(&t, "effect", true);
        pl__table_column(&t, "p", true);
        if (s->has_reference)
            pl__table_column(&t, "McNemar p", true);
    }
    pl__table_column(&t, "triads", true);
    pl__table_column(&t, "cyclic", true);
    if (s->has_reference) {
        pl__table_column(&t, "reference pairs", true);
        pl__table_column(&t, "consistency", true);
    }
    for (uint32_t i = 0; i < a->set->n_models; i++) {
        if (a->judges[i].asked == 0)
            continue;
        pl__table_text(&t, a->set->models[i]);
        add_taste(&t, &judges[i].verbosity, s->has_reference);
        add_taste(&t, &judges[i].self_preference, s->has_reference);
        pl__table_count(&t, judges[i].triads);
        pl__table_fixed(&t, share_of(judges[i].cyclic_triads, judges[i].triads), 3);
        if (s->has_reference) {
            pl__table_count(&t, judges[i].reference_pairs);
            pl__table_fixed(&t, share_of(judges[i].reference_agreed, judges[i].reference_pairs), 3);
        }
    }
    return finish(&t, "tastes: does being longer, or one's own, help beyond quality? (effect on the score, by image)",
                  out, reterr);
}

/* Rows are the judges; value(r, j) by place in a matrix. */
static pl_status square(const pl_analysis *a, const pl_judge_study *s, const char *title, const double *values,
                        size_t by_row, size_t by_column, pl_str *out, pl_error *reterr)
{
    pl_table t;

    pl__table_init(&t);
    pl__table_column(&t, "judge", false);
    for (uint32_t j = 0; j < a->set->n_models; j++)
        pl__table_column(&t, a->set->models[j], true);
    for (uint32_t r = 0; r < a->set->n_models; r++) {
        if (!s->judge[r])
            continue;
        pl__table_text(&t, a->set->models[r]);
        for (uint32_t j = 0; j < a->set->n_models; j++)
            pl__table_fixed(&t, values[r * by_row + j * by_column], 3);
    }
    return finish(&t, title, out, reterr);
}

static pl_status without(const pl_analysis *a, const pl_judge_study *s, pl_str *out, pl_error *reterr)
{
    size_t m = a->set->n_models;
    pl_table t;

    pl__table_init(&t);
    pl__table_column(&t, "method", false);
    pl__table_column(&t, "without", false);
    for (uint32_t j = 0; j < m; j++)
        pl__table_column(&t, a->set->models[j], true);
    for (size_t k = 0; k < s->n_methods; k++) {
        for (uint32_t r = 0; r < m; r++) {
            if (!s->judge[r])
                continue;
            pl__table_text(&t, s->methods[k]);
            pl__table_text(&t, a->set->models[r]);
            for (uint32_t j = 0; j < m; j++) {
                uint32_t rank = s->without[k][r * m + j];

                pl__table_fixed(&t, rank > 0 ? rank : (double)NAN, 0);
            }
        }
    }
    return finish(&t, "ranks when one judge is left out", out, reterr);
}

static pl_status alpha_line(const pl_judge_study *s, pl_str *out, pl_error *reterr)
{
    uint64_t units = 0;
    double alpha = pl_diagnostics_alpha(s->diagnostics, &units);
    char text[PL_NUM_BYTES];
    pl_status rc = PL_OK;

    if (isnan(alpha))
        return PL_OK;
    pl__num_format_fixed(alpha, 3, text);
    rc = pl__str_appendf(out, "\nKrippendorff's alpha between judges: %s (%llu units)\n", text,
                         (unsigned long long)units);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "report");
}

pl_status pl__judge_sections(const pl_analysis *a, const pl_judge_study *s, pl_str *out, pl_error *reterr)
{
    size_t m = a->set->n_models;
    const double *kappa = pl_diagnostics_kappa(s->diagnostics);
    pl_status rc = tastes(a, s, out, reterr);

    if (rc == PL_OK && s->has_reference)
        rc = pl__people_table(s, out, reterr);
    if (rc == PL_OK)
        rc = pl__bias_table(a, s, out, reterr);
    if (rc == PL_OK)
        rc = alpha_line(s, out, reterr);
    if (rc != PL_OK || m > WIDE_MODELS_MAX || s->n_judges == 0)
        return rc;
    if (s->n_judges > 1 && kappa)
        rc = square(a, s, "Cohen's kappa between judges", kappa, m, 1, out, reterr);
    if (rc == PL_OK)
        rc = square(a, s, "mean score that a judge gave (rows) to a model (columns)", s->heat, 1, m, out, reterr);
    if (rc == PL_OK && s->n_methods > 0)
        rc = without(a, s, out, reterr);
    return rc;
}
