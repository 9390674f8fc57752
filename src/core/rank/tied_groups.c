/* Which models the data tell apart: every pair of ranked models is tested, as the images are drawn for both at once. */
#include "alloc.h"
#include "distribution.h"
#include "error.h"
#include "spread.h"
#include "thread.h"

#include <math.h>
#include <stdlib.h>

#define SAME_SCORE 1e-12  /* differences this small are rounding */
#define POWER_POINTS 2.80 /* 1.96 + 0.84: 5 % two-sided, 80 % power */

typedef struct indexed {
    double p;
    size_t index;
} indexed;

static int compare_indexed(const void *x, const void *y)
{
    const indexed *a = x;
    const indexed *b = y;
    int c = (a->p > b->p) - (a->p < b->p);
    return c ? c : (a->index > b->index) - (a->index < b->index);
}

pl_status pl__holm(double *p, size_t n)
{
    indexed *sorted = pl__calloc(n, sizeof(*sorted));
    double largest = 0.0;
    if (!sorted)
        return PL_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        sorted[i] = (indexed){isnan(p[i]) ? 1.0 : p[i], i};
    if (n > 0)
        qsort(sorted, n, sizeof(*sorted), compare_indexed);
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fmin(1.0, (double)(n - i) * sorted[i].p));
        if (!isnan(p[sorted[i].index]))
            p[sorted[i].index] = largest;
    }
    pl__free(sorted);
    return PL_OK;
}

/* The pairs of places i < k in the ranking, row by row. */
typedef struct pairs {
    const pl_spread *s;
    size_t n;
    double *se;
    double *p;
    double *p_holm;
} pairs;

static size_t pair_index(size_t n_ranked, size_t i, size_t k)
{
    return i * (2 * n_ranked - i - 1) / 2 + (k - i - 1);
}

/* Standard deviation of a difference over the replicates in which both models have a score. */
static double se_of(const pl_spread *s, uint32_t a, uint32_t b)
{
    double mean = 0.0;
    double squares = 0.0;
    size_t n = 0;
    for (size_t r = 0; r < s->n_replicates; r++) {
        double d = s->replicates[r * s->n_models + a] - s->replicates[r * s->n_models + b];
        if (isnan(d))
            continue;
        n++;
        double step = d - mean; /* Welford 1962 */
        mean += step / (double)n;
        squares += step * (d - mean);
    }
    return n < 2 ? (double)NAN : sqrt(squares / ((double)n - 1.0));
}

static double p_of(const pl_spread *s, double difference, double se)
{
    if (isnan(se))
        return (double)NAN;
    if (fabs(difference) <= SAME_SCORE)
        return 1.0;
    if (se <= SAME_SCORE)
        return 0.0;
    return pl__student_two_sided(difference / se, (double)s->n_images - 1.0);
}

static pl_status test_row(size_t i, void *user, pl_error *reterr)
{
    const pairs *t = user;
    const pl_spread *s = t->s;
    (void)reterr;
    for (size_t k = i + 1; k < s->n_ranked; k++) {
        size_t at = pair_index(s->n_ranked, i, k);
        uint32_t a = s->order[i];
        uint32_t b = s->order[k];
        t->se[at] = se_of(s, a, b);
        t->p[at] = p_of(s, s->scores[a] - s->scores[b], t->se[at]);
    }
    return PL_OK;
}

static pl_status list_neighbours(pl_spread *s, const pairs *t)
{
    s->neighbours = pl__arena_calloc(s->arena, s->n_ranked, sizeof(*s->neighbours));
    if (!s->neighbours)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i + 1 < s->n_ranked; i++) {
        size_t at = pair_index(s->n_ranked, i, i + 1);
        pl_neighbours x = {.above = s->order[i], .below = s->order[i + 1], .se = t->se[at], .p = t->p[at]};
        x.difference = s->scores[x.above] - s->scores[x.below];
        x.p_holm = t->p_holm[at];
        double ratio = POWER_POINTS * x.se / x.difference;
        x.images = x.difference > SAME_SCORE ? s->n_images * ratio * ratio : (double)INFINITY;
        if (isnan(x.se))
            x.images = (double)NAN;
        s->neighbours[i] = x;
    }
    return PL_OK;
}

static void form_groups(pl_spread *s, const pairs *t)
{
    double alpha = 1.0 - s->level;
    uint32_t first = 0; /* place of the group's first member */
    for (uint32_t i = 0; i < s->n_ranked; i++) {
        if (i == 0 || t->p_holm[pair_index(s->n_ranked, first, i)] <= alpha) {
            first = i;
            s->n_groups++;
        }
        s->group[s->order[i]] = s->n_groups;
    }
}

pl_status pl__spread_groups(pl_spread *s, uint32_t threads, pl_error *reterr)
{
    size_t n = s->n_ranked > 1 ? (size_t)s->n_ranked * (s->n_ranked - 1) / 2 : 0;
    pairs t = {.s = s, .n = n, .se = pl__calloc(n, sizeof(double)), .p = pl__calloc(n, sizeof(double))};
    pl_status rc = PL_OK;
    if (!t.se || !t.p)
        goto refused;
    rc = pl__parallel_for(s->n_ranked, threads, test_row, &t, reterr);
    if (rc)
        goto out;
    t.p_holm = pl__memdup(t.p, n * sizeof(*t.p));
    if (!t.p_holm || pl__holm(t.p_holm, n) || list_neighbours(s, &t))
        goto refused;
    form_groups(s, &t);
    goto out;
refused:
    rc = pl__fail(reterr, PL_E_NOMEM, "tests of %zu pairs", n);
out:
    pl__free(t.se);
    pl__free(t.p);
    pl__free(t.p_holm);
    return rc;
}
