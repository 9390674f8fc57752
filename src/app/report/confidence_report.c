/* What a bootstrap adds to the tables of a ranking. */
#include "confidence_report.h"

#include "error.h"
#include "num.h"
#include "table.h"
#include <math.h>
#include <stdio.h>

#define FEW_MORE 10.0 /* images: below this the number is shown as it is, above it with two digits */

static void add_rows(const pl_analysis *a, const pl_method_result *m, pl_table *t)
{
    const pl_method_uncertainty *x = m->uncertainty;

    for (uint32_t i = 0; x && i < x->n_ranked; i++) { /* a combined ranking has none */
        uint32_t k = x->order[i];
        char ranks[2 * PL_NUM_BYTES];

        if (x->rank_low[k] == 0)
            (void)snprintf(ranks, sizeof(ranks), "\xE2\x80\x93");
        else if (x->rank_low[k] == x->rank_high[k])
            (void)snprintf(ranks, sizeof(ranks), "%u", x->rank_low[k]);
        else
            (void)snprintf(ranks, sizeof(ranks), "%u to %u", x->rank_low[k], x->rank_high[k]);
        pl__table_text(t, m->name);
        pl__table_text(t, a->set->models[k]);
        pl__table_fixed(t, m->scores[k], 4);
        pl__table_fixed(t, x->low[k], 4);
        pl__table_fixed(t, x->high[k], 4);
        pl__table_text(t, ranks);
        pl__table_fixed(t, x->p_best[k], 3);
        if (x->group[k] > 0)
            pl__table_count(t, x->group[k]);
        else
            pl__table_fixed(t, (double)NAN, 0);
    }
}

/* Two digits are more than such a number is worth. */
static double rounded(double images)
{
    double unit = images < FEW_MORE ? 1.0 : pow(10.0, floor(log10(images)) - 1.0);

    return ceil(images / unit - 1e-9) * unit;
}

static pl_status sentence(const char *method, const char *text, pl_str *out)
{
    pl_status rc = pl__append_clean(out, pl__view(method));

    if (rc == PL_OK)
        rc = pl__str_append_c(out, ": ");
    if (rc == PL_OK)
        rc = pl__append_clean(out, pl__view(text));
    return rc == PL_OK ? pl__str_append_char(out, '\n') : rc;
}

static pl_status say_neighbours(const pl_analysis *a, const pl_method_result *m, const pl_neighbours *n, pl_str *out)
{
    const char *above = a->set->models[n->above];
    const char *below = a->set->models[n->below];
    double more = n->images - pl_uncertainty_n_images(a->uncertainty);
    char number[PL_NUM_BYTES];
    char text[PL_ERROR_MSG_BYTES];

    if (isnan(n->p_holm) || n->p_holm <= 1.0 - pl_uncertainty_level(a->uncertainty))
        return PL_OK;
    if (isinf(n->images)) {
        (void)snprintf(text, sizeof(text), "%s and %s have the same score", above, below);
    } else if (more > 0.0) {
        pl__num_format_fixed(rounded(more), 0, number);
        (void)snprintf(text, sizeof(text), "%s and %s are not told apart; about %s more images would do it", above,
                       below, number);
    } else {
        (void)snprintf(text, sizeof(text), "%s and %s are told apart, but not once all pairs are allowed for", above,
                       below);
    }
    return sentence(m->name, text, out);
}

static pl_status say_fragility(const pl_analysis *a, const pl_method_result *m, pl_str *out)
{
    const pl_method_uncertainty *x = m->uncertainty;
    char text[PL_ERROR_MSG_BYTES];

    if (x->fragility == 0)
        return PL_OK;
    (void)snprintf(text, sizeof(text), "without %llu chosen ones of the %llu comparisons %s would be on top",
                   (unsigned long long)x->fragility, (unsigned long long)x->n_comparisons,
                   a->set->models[x->fragility_top]);
    return sentence(m->name, text, out);
}

static pl_status write_sentences(const pl_analysis *a, pl_str *out)
{
    pl_status rc = pl__str_append_char(out, '\n');

    for (size_t k = 0; k < a->n_methods && rc == PL_OK; k++) {
        const pl_method_uncertainty *x = a->methods[k].uncertainty;

        if (!x)
            continue;
        for (uint32_t i = 0; x->neighbours && i + 1 < x->n_ranked && rc == PL_OK; i++)
            rc = say_neighbours(a, &a->methods[k], &x->neighbours[i], out);
        if (rc == PL_OK)
            rc = say_fragility(a, &a->methods[k], out);
    }
    return rc;
}

pl_status pl__confidence_table(const pl_analysis *a, pl_str *out, pl_error *reterr)
{
    static const char *const heads[] = {"score", "low", "high", "rank", "P(best)", "tied group"};
    pl_table t;
    char level[PL_NUM_BYTES];
    pl_status rc = PL_OK;

    pl__table_init(&t);
    pl__table_column(&t, "method", false);
    pl__table_column(&t, "model", false);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        pl__table_column(&t, heads[i], true);
    for (size_t k = 0; k < a->n_methods; k++)
        add_rows(a, &a->methods[k], &t);
    pl__num_format_fixed(100.0 * pl_uncertainty_level(a->uncertainty), 0, level);
    rc = pl__str_appendf(out, "\n%s %% intervals (%s) from %u resamples of %u images\n", level,
                         a->interval == PL_INTERVAL_BCA ? "BCa" : "expanded percentile",
                         pl_uncertainty_n_replicates(a->uncertainty), pl_uncertainty_n_images(a->uncertainty));
    if (rc == PL_OK)
        rc = pl__table_write(&t, out, reterr);
    pl__table_clear(&t);
    return rc == PL_OK ? write_sentences(a, out) : rc;
}
