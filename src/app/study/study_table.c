#include "alloc.h"
#include "error.h"
#include "study_parts.h"
#include "vec.h"

#include <math.h>
#include <peerless/stats.h>
#include <stdarg.h>
#include <string.h>

const pl_study_metric pl__agreement_metrics[PL_AGREEMENT_METRICS] = {
    {"pearson", "Pearson", 4}, {"spearman", "Spearman", 4}, {"permutation_entropy", "perm. entropy", 4}};

const char *pl__study_text(pl_study *s, const char *fmt, ...)
{
    va_list args;
    char *text = NULL;

    va_start(args, fmt);
    text = pl__arena_vtext(&s->arena, fmt, args);
    va_end(args);
    return text;
}

void pl__study_fact(pl_study *s, const char *name, double value)
{
    if (s->n_facts < PL_STUDY_FACTS_MAX)
        s->facts[s->n_facts++] = (pl_study_fact){.name = name, .value = value};
}

pl_status pl__study_row(pl_study *s, const char *const *labels, size_t n_values, pl_study_row **ret, pl_error *reterr)
{
    pl_study_row *row = NULL;

    if (s->n_rows >= PL_STUDY_ROWS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "a study of more than %u rows", PL_STUDY_ROWS_MAX);
    if (pl__vec_reserve(&s->rows, &s->cap_rows, s->n_rows + 1, sizeof(*s->rows)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "a study of %zu rows", s->n_rows + 1);
    row = &s->rows[s->n_rows];
    *row = (pl_study_row){.n_values = n_values};
    row->values = pl__arena_calloc(&s->arena, n_values * s->n_metrics, sizeof(*row->values));
    if (!row->values)
        return pl__fail(reterr, PL_E_NOMEM, "a row of a study");
    for (size_t i = 0; i < n_values * s->n_metrics; i++)
        row->values[i] = (double)NAN;
    for (size_t i = 0; i < s->n_labels; i++) {
        row->labels[i] = pl__arena_strdup(&s->arena, labels[i] ? labels[i] : "");
        if (!row->labels[i])
            return pl__fail(reterr, PL_E_NOMEM, "a row of a study");
    }
    s->n_rows++;
    *ret = row;
    return PL_OK;
}

static void sum_up_metric(pl_study_row *row, size_t metric)
{
    const double *x = row->values + metric * row->n_values;
    double sum = 0.0;
    double squares = 0.0;
    size_t n = 0;

    for (size_t i = 0; i < row->n_values; i++) {
        sum += isnan(x[i]) ? 0.0 : x[i];
        n += isnan(x[i]) ? 0u : 1u;
    }
    row->n_defined[metric] = n;
    row->mean[metric] = n > 0 ? sum / (double)n : (double)NAN;
    for (size_t i = 0; i < row->n_values; i++) {
        double d = isnan(x[i]) ? 0.0 : x[i] - row->mean[metric];

        squares += d * d;
    }
    row->sd[metric] = n > 1 ? sqrt(squares / (double)(n - 1)) : (double)NAN;
}

void pl__study_sum_up(pl_study *s)
{
    for (size_t i = 0; i < s->n_rows; i++) {
        for (size_t k = 0; k < s->n_metrics; k++)
            sum_up_metric(&s->rows[i], k);
    }
}

pl_status pl__agree_with(const double *scores, const double *reference, uint32_t n, double ret[PL_AGREEMENT_METRICS],
                         pl_error *reterr)
{
    size_t m = 0;
    pl_status rc = PL_OK;
    double *x = pl__calloc(n, sizeof(*x));
    double *y = pl__calloc(n, sizeof(*y));

    if (!x || !y) {
        rc = pl__fail(reterr, PL_E_NOMEM, "agreement");
        goto out;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (isnan(scores[i]) || isnan(reference[i]))
            continue;
        x[m] = scores[i];
        y[m++] = reference[i];
    }
    ret[0] = pl_stats_pearson(x, y, m);
    rc = pl_stats_spearman(x, y, m, &ret[1], reterr);
    if (rc == PL_OK)
        rc = pl_stats_permutation_entropy(x, y, m, &ret[2], reterr);
out:
    pl__free(x);
    pl__free(y);
    return rc;
}

const char *const *pl__study_methods(const pl_study_request *request, const char *const *own, size_t n_own,
                                     size_t *ret_n)
{
    *ret_n = request->n_methods > 0 ? request->n_methods : n_own;
    return request->n_methods > 0 ? request->methods : own;
}
