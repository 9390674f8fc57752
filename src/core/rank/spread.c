/* From replicates to intervals. A model without a score in a replicate is left out of it. */
#include "spread.h"

#include "alloc.h"
#include "error.h"
#include "intervals.h"
#include "num.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENTENCE_BYTES 1024

pl_status pl__spread_warn(pl_spread *s, pl_error *reterr, const char *fmt, ...)
{
    char text[SENTENCE_BYTES];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (s->n_warnings == s->cap_warnings) {
        size_t cap = s->cap_warnings > 0 ? 2 * s->cap_warnings : 8;
        const char **more = pl__arena_calloc(s->arena, cap, sizeof(*more));
        if (!more)
            return pl__fail(reterr, PL_E_NOMEM, "a warning");
        for (size_t i = 0; i < s->n_warnings; i++)
            more[i] = s->warnings[i];
        s->warnings = more;
        s->cap_warnings = cap;
    }
    s->warnings[s->n_warnings] = pl__arena_strdup(s->arena, text);
    if (!s->warnings[s->n_warnings])
        return pl__fail(reterr, PL_E_NOMEM, "a warning");
    s->n_warnings++;
    return PL_OK;
}

typedef struct placed {
    const char *name;
    double score;
    uint32_t model;
} placed;

static int compare_placed(const void *x, const void *y)
{
    const placed *a = x;
    const placed *b = y;
    int c = (a->score < b->score) - (a->score > b->score);
    if (!c)
        c = strcmp(a->name, b->name);
    return c ? c : (a->model > b->model) - (a->model < b->model);
}

static pl_status find_order(pl_spread *s)
{
    placed *all = pl__calloc(s->n_models, sizeof(*all));
    if (!all)
        return PL_E_NOMEM;
    for (uint32_t m = 0; m < s->n_models; m++) {
        if (!isnan(s->scores[m]))
            all[s->n_ranked++] = (placed){s->models[m], s->scores[m], m};
    }
    if (s->n_ranked > 0)
        qsort(all, s->n_ranked, sizeof(*all), compare_placed);
    for (uint32_t i = 0; i < s->n_ranked; i++)
        s->order[i] = all[i].model;
    pl__free(all);
    return PL_OK;
}

pl_status pl__spread_open(pl_spread *s, pl_error *reterr)
{
    double **const numbers[] = {&s->low, &s->high, &s->se, &s->defined, &s->p_best};
    uint32_t **const counts[] = {&s->rank_low, &s->rank_high, &s->group, &s->order};
    bool fine = true;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        *numbers[i] = pl__arena_calloc(s->arena, s->n_models, sizeof(double));
        fine = fine && *numbers[i];
        for (uint32_t m = 0; m < s->n_models && fine; m++)
            (*numbers[i])[m] = (double)NAN;
    }
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        *counts[i] = pl__arena_calloc(s->arena, s->n_models, sizeof(uint32_t));
        fine = fine && *counts[i];
    }
    if (!fine || find_order(s))
        return pl__fail(reterr, PL_E_NOMEM, "intervals of %u models", s->n_models);
    return PL_OK;
}

static int compare_doubles(const void *x, const void *y)
{
    double a = *(const double *)x;
    double b = *(const double *)y;
    return (a > b) - (a < b);
}

/* Two passes; n - 1 in the denominator. */
static double deviation(const double *x, size_t n)
{
    double mean = 0.0;
    double squares = 0.0;
    for (size_t i = 0; i < n; i++)
        mean += x[i];
    mean /= (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return sqrt(squares / ((double)n - 1.0));
}

static pl_status bca(pl_spread *s, uint32_t m, const double *sorted, size_t n, double *without, pl_error *reterr)
{
    static const char *const reasons[] = {
        [PL_BCA_ONE_SIDED] = "all replicates lie on one side of the score",
        [PL_BCA_NO_JACKKNIFE] = "without one of the images it has no score",
        [PL_BCA_STEEP] = "its acceleration is too large",
    };
    for (uint32_t i = 0; i < s->n_images; i++)
        without[i] = s->without[(size_t)i * s->n_models + m];
    pl_bca_fault fault =
        pl__bca_interval(s->scores[m], sorted, n, without, s->n_images, s->level, &s->low[m], &s->high[m]);
    if (fault == PL_BCA_FINE)
        return PL_OK;
    return pl__spread_warn(s, reterr, "no BCa interval for %s: %s", s->models[m], reasons[fault]);
}

static pl_status spread_model(pl_spread *s, uint32_t m, double tail, double *sorted, double *without, pl_error *reterr)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_replicates; i++) {
        double x = s->replicates[i * s->n_models + m];
        if (!isnan(x))
            sorted[n++] = x;
    }
    s->defined[m] = (double)n / (double)s->n_replicates;
    if (n < s->n_replicates) {
        char share[PL_NUM_BYTES];
        pl__num_format_fixed(100.0 * (1.0 - s->defined[m]), 1, share);
        pl_status rc =
            pl__spread_warn(s, reterr, "%s has no score in %s %% of the resamples; its interval is over the others",
                            s->models[m], share);
        if (rc)
            return rc;
    }
    if (n < 2)
        return pl__spread_warn(s, reterr, "no interval for %s: it has a score in fewer than two resamples",
                               s->models[m]);
    s->se[m] = deviation(sorted, n); /* in the order of the replicates */
    qsort(sorted, n, sizeof(*sorted), compare_doubles);
    if (s->interval == PL_INTERVAL_BCA)
        return bca(s, m, sorted, n, without, reterr);
    if (s->leans && !pl__corrected_interval(s->scores[m], sorted, n, tail, &s->low[m], &s->high[m]))
        return pl__spread_warn(s, reterr,
                               "the interval of %s is not bias-corrected: all replicates lie on one side of "
                               "the score",
                               s->models[m]);
    if (s->leans)
        return PL_OK;
    s->low[m] = pl__percentile(sorted, n, tail);
    s->high[m] = pl__percentile(sorted, n, 1.0 - tail);
    return PL_OK;
}

pl_status pl__spread_scores(pl_spread *s, pl_error *reterr)
{
    double tail = pl__expanded_tail(s->n_images, s->level);
    double *sorted = pl__calloc(s->n_replicates, sizeof(*sorted));
    double *without = pl__calloc(s->n_images, sizeof(*without));
    pl_status rc = PL_OK;
    if (!sorted || !without) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%zu replicates", s->n_replicates);
        goto out;
    }
    for (uint32_t i = 0; i < s->n_ranked && !rc; i++)
        rc = spread_model(s, s->order[i], tail, sorted, without, reterr);
out:
    pl__free(sorted);
    pl__free(without);
    return rc;
}

/* 1 + how many of the n ascending values are larger. */
static uint32_t rank_in(const double *sorted, size_t n, double x)
{
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (sorted[mid] > x)
            high = mid;
        else
            low = mid + 1;
    }
    return (uint32_t)(n - low) + 1;
}

/* Ranks of one replicate into ranks[place * n_replicates + replicate], 0 for a model without a score. */
static void rank_replicate(pl_spread *s, size_t replicate, double *sorted, uint32_t *ranks)
{
    const double *scores = &s->replicates[replicate * s->n_models];
    size_t n = 0;
    uint32_t n_best = 0;
    for (uint32_t i = 0; i < s->n_ranked; i++) {
        if (!isnan(scores[s->order[i]]))
            sorted[n++] = scores[s->order[i]];
    }
    if (n > 0)
        qsort(sorted, n, sizeof(*sorted), compare_doubles);
    for (uint32_t i = 0; i < s->n_ranked; i++) {
        double x = scores[s->order[i]];
        uint32_t rank = isnan(x) ? 0 : rank_in(sorted, n, x);
        ranks[i * s->n_replicates + replicate] = rank;
        n_best += rank == 1;
    }
    for (uint32_t i = 0; i < s->n_ranked; i++) {
        if (ranks[i * s->n_replicates + replicate] == 1)
            s->p_best[s->order[i]] += 1.0 / n_best;
    }
}

static int compare_ranks(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x;
    uint32_t b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

/* The smallest rank with at least the share p of the ascending ones at or below it. */
static uint32_t rank_quantile(const uint32_t *sorted, size_t n, double p)
{
    double place = ceil(p * (double)n - 1e-9); /* 0.025 * 1000 is not quite 25 */
    size_t i = place < 1.0 ? 0 : (size_t)place - 1;
    return sorted[i < n ? i : n - 1];
}

pl_status pl__spread_ranks(pl_spread *s, pl_error *reterr)
{
    double tail = (1.0 - s->level) / 2.0;
    double *sorted = pl__calloc(s->n_ranked, sizeof(*sorted));
    uint32_t *ranks = pl__calloc(s->n_ranked, s->n_replicates * sizeof(*ranks));
    pl_status rc = PL_OK;
    if (!sorted || !ranks) {
        rc = pl__fail(reterr, PL_E_NOMEM, "ranks in %zu replicates", s->n_replicates);
        goto out;
    }
    for (uint32_t i = 0; i < s->n_ranked; i++)
        s->p_best[s->order[i]] = 0.0;
    for (size_t r = 0; r < s->n_replicates; r++)
        rank_replicate(s, r, sorted, ranks);
    for (uint32_t i = 0; i < s->n_ranked; i++) {
        uint32_t *own = &ranks[i * s->n_replicates];
        size_t undefined = 0;
        s->p_best[s->order[i]] /= (double)s->n_replicates;
        qsort(own, s->n_replicates, sizeof(*own), compare_ranks);
        while (undefined < s->n_replicates && own[undefined] == 0)
            undefined++;
        if (undefined == s->n_replicates)
            continue;
        s->rank_low[s->order[i]] = rank_quantile(own + undefined, s->n_replicates - undefined, tail);
        s->rank_high[s->order[i]] = rank_quantile(own + undefined, s->n_replicates - undefined, 1.0 - tail);
    }
out:
    pl__free(sorted);
    pl__free(ranks);
    return rc;
}
