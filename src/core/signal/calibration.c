/* Confidence against labels: the only place where responses meet them. */
#include "alloc.h"
#include "answer_table.h"
#include "error.h"

#include <math.h>
#include <stdlib.h>

typedef struct sure {
    double confidence;
    bool right;
} sure;

static bool is_right(const pl_answer_table *t, uint32_t item, uint8_t choice)
{
    return choice != PL_ANSWER_CHOICE_NONE && t->labels[item] >> choice & 1;
}

/* Counts what the model has to say of labelled items; its confidences go to `list`. */
static size_t collect(const pl_answer_table *t, uint32_t m, sure *list, pl_calibration *c)
{
    const double *p = pl_answer_table_probabilities(t, m);
    const uint8_t *choices = pl_answer_table_choices(t, m);
    size_t n = 0;
    for (uint32_t i = 0; i < t->n_items; i++) {
        const pl_response *row = pl__answer_row(t, m, i);
        size_t first = t->options[i];
        bool open = t->options[i + 1] == first;
        if (open && row && row->matches >= 0) {
            c->n++;
            c->right += row->matches > 0 ? 1 : 0;
        }
        if (open || !t->labels[i])
            continue;
        if (choices[i] == PL_ANSWER_CHOICE_NONE) {
            c->missing++;
            continue;
        }
        c->n++;
        c->right += is_right(t, i, choices[i]) ? 1 : 0;
        if (isnan(p[first]))
            continue;
        list[n++] = (sure){.confidence = p[first + choices[i]], .right = is_right(t, i, choices[i])};
    }
    return n;
}

/* The bin (b/n, (b+1)/n] of a confidence; 0 belongs to the first. The bounds are the rounded quotients. */
static uint32_t bin_of(double confidence, uint32_t n_bins)
{
    double place = ceil(confidence * n_bins) - 1.0;
    uint32_t b = place < 0.0 ? 0 : (uint32_t)place;
    b = b < n_bins ? b : n_bins - 1;
    if (b > 0 && confidence <= (double)b / n_bins)
        b--;
    else if (b + 1 < n_bins && confidence > (double)(b + 1) / n_bins)
        b++;
    return b;
}

static void fill_bins(const sure *list, size_t n, uint32_t n_bins, pl_reliability_bin *bins, pl_calibration *c)
{
    for (uint32_t b = 0; b < n_bins; b++)
        bins[b] = (pl_reliability_bin){0, 0.0, 0.0};
    for (size_t i = 0; i < n; i++) {
        pl_reliability_bin *bin = &bins[bin_of(list[i].confidence, n_bins)];
        bin->n++;
        bin->confidence += list[i].confidence;
        bin->accuracy += list[i].right ? 1.0 : 0.0;
    }
    c->ece = n > 0 ? 0.0 : (double)NAN;
    c->mce = c->ece;
    for (uint32_t b = 0; b < n_bins; b++) {
        bins[b].confidence = bins[b].n > 0 ? bins[b].confidence / (double)bins[b].n : (double)NAN;
        bins[b].accuracy = bins[b].n > 0 ? bins[b].accuracy / (double)bins[b].n : (double)NAN;
        if (bins[b].n == 0)
            continue;
        double gap = fabs(bins[b].confidence - bins[b].accuracy);
        c->ece += gap * (double)bins[b].n / (double)n;
        c->mce = gap > c->mce ? gap : c->mce;
    }
}

static int compare_sure(const void *x, const void *y)
{
    double a = ((const sure *)x)->confidence;
    double b = ((const sure *)y)->confidence;
    return (a < b) - (a > b);
}

/* Mean over coverages 1/n … n/n of the error rate among the surest; equal confidences are wrong alike. */
static double area_of_risk(sure *list, size_t n)
{
    double area = 0.0;
    double wrong = 0.0;
    if (n == 0)
        return (double)NAN;
    qsort(list, n, sizeof(*list), compare_sure);
    for (size_t i = 0; i < n;) {
        size_t end = i;
        double own = 0.0;
        while (end < n && !(list[end].confidence < list[i].confidence))
            own += list[end++].right ? 0.0 : 1.0;
        for (size_t k = i; k < end; k++)
            area += (wrong + own * (double)(k - i + 1) / (double)(end - i)) / (double)(k + 1);
        wrong += own;
        i = end;
    }
    return area / (double)n;
}

pl_status pl_calibration_run(const pl_answer_table *table, uint32_t n_bins, pl_calibration *ret,
                             pl_reliability_bin *ret_bins, pl_error *reterr)
{
    pl_reliability_bin bins[PL_CALIBRATION_BINS_MAX];
    if (!table || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (n_bins < 1 || n_bins > PL_CALIBRATION_BINS_MAX)
        return pl__fail(reterr, PL_E_RANGE, "a reliability table has 1 to %u bins", PL_CALIBRATION_BINS_MAX);
    sure *list = pl__calloc(table->n_items, sizeof(*list));
    if (!list)
        return pl__fail(reterr, PL_E_NOMEM, "%u items", table->n_items);
    for (uint32_t m = 0; m < table->n_models; m++) {
        pl_calibration c = {.n = 0};
        size_t n = collect(table, m, list, &c);
        c.accuracy = c.n > 0 ? (double)c.right / (double)c.n : (double)NAN;
        c.n_sure = n;
        fill_bins(list, n, n_bins, bins, &c);
        c.aurc = area_of_risk(list, n);
        ret[m] = c;
        for (uint32_t b = 0; b < n_bins && ret_bins; b++)
            ret_bins[(size_t)m * n_bins + b] = bins[b];
    }
    pl__free(list);
    return PL_OK;
}

double pl_choices_accuracy(const pl_answer_table *table, const uint8_t *choices, uint64_t *ret_n)
{
    uint64_t right = 0;
    uint64_t n = 0;
    for (uint32_t i = 0; i < table->n_items; i++) {
        if (!table->labels[i] || choices[i] == PL_ANSWER_CHOICE_NONE)
            continue;
        n++;
        right += is_right(table, i, choices[i]) ? 1 : 0;
    }
    if (ret_n)
        *ret_n = n;
    return n > 0 ? (double)right / (double)n : (double)NAN;
}
