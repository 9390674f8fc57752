#include "alloc.h"
#include "error.h"
#include "ranks.h"

#include <math.h>
#include <peerless/stats.h>
#include <stdlib.h>
#include <string.h>

static bool usable(const double *x, size_t n)
{
    bool varies = false;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]))
            return false;
        varies = varies || x[i] < x[0] || x[i] > x[0];
    }
    return varies;
}

/* Deviations from the mean, brought near 1 by powers of two so that no square overflows or vanishes. They are taken
 * from the first value before the mean of what is left, which keeps their digits when the values themselves are large.
 */
typedef struct centre {
    int value_exponent;
    int difference_exponent;
    double first; /* scaled by value_exponent */
    double mean;  /* of the differences from first, scaled by both */
} centre;

static double difference(const centre *c, double x)
{
    return ldexp(ldexp(x, -c->value_exponent) - c->first, -c->difference_exponent);
}

static centre centre_of(const double *x, size_t n)
{
    centre c = {0};
    double largest = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(x[i]));
    (void)frexp(largest, &c.value_exponent);
    c.first = ldexp(x[0], -c.value_exponent);
    largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(difference(&c, x[i])));
    (void)frexp(largest, &c.difference_exponent);
    for (size_t i = 0; i < n; i++)
        sum += difference(&c, x[i]);
    c.mean = sum / (double)n;
    return c;
}

double pl_stats_pearson(const double *x, const double *y, size_t n)
{
    if (!x || !y || n < 2 || !usable(x, n) || !usable(y, n))
        return nan("");
    centre cx = centre_of(x, n);
    centre cy = centre_of(y, n);
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (size_t i = 0; i < n; i++) {
        double dx = difference(&cx, x[i]) - cx.mean;
        double dy = difference(&cy, y[i]) - cy.mean;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    return fmax(-1, fmin(1, xy / (sqrt(xx) * sqrt(yy))));
}

pl_status pl_stats_spearman(const double *x, const double *y, size_t n, double *ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    double *rx = NULL;
    double *ry = NULL;

    if (!ret || (n > 0 && (!x || !y)))
        return pl__fail(reterr, PL_E_INVALID, "spearman: null argument");
    if (n < 2 || !usable(x, n) || !usable(y, n)) {
        *ret = nan("");
        return PL_OK;
    }
    rx = pl__calloc(n, sizeof(*rx));
    ry = pl__calloc(n, sizeof(*ry));
    if (!rx || !ry) {
        rc = pl__fail(reterr, PL_E_NOMEM, "spearman of %zu pairs", n);
        goto out;
    }
    rc = pl_stats_ranks_descending(x, n, rx, reterr);
    if (rc == PL_OK)
        rc = pl_stats_ranks_descending(y, n, ry, reterr);
    if (rc == PL_OK)
        *ret = pl_stats_pearson(rx, ry, n);
out:
    pl__free(rx);
    pl__free(ry);
    return rc;
}

typedef struct pair {
    double x;
    double y;
} pair;

static int compare_pairs(const void *left, const void *right)
{
    const pair *a = left;
    const pair *b = right;
    if (a->x < b->x || a->x > b->x)
        return a->x < b->x ? -1 : 1;
    return (a->y > b->y) - (a->y < b->y);
}

static double pairs_of(size_t n)
{
    return (double)n * ((double)n - 1) / 2;
}

/* Pairs that are tied in x and, into *ret_both, in x and y; `pairs` is sorted by x, then y. */
static double tied_in_x(const pair *pairs, size_t n, double *ret_both)
{
    double tied = 0;
    double both = 0;
    size_t run_x = 0;
    size_t run_both = 0;
    for (size_t i = 1; i <= n; i++) {
        bool same_x = i < n && !(pairs[i].x > pairs[run_x].x);
        bool same_both = same_x && !(pairs[i].y > pairs[run_both].y);
        if (!same_both) {
            both += pairs_of(i - run_both);
            run_both = i;
        }
        if (!same_x) {
            tied += pairs_of(i - run_x);
            run_x = i;
        }
    }
    *ret_both = both;
    return tied;
}

static double tied_in_sorted(const double *y, size_t n)
{
    double tied = 0;
    size_t run = 0;
    for (size_t i = 1; i <= n; i++) {
        if (i < n && !(y[i] > y[run]))
            continue;
        tied += pairs_of(i - run);
        run = i;
    }
    return tied;
}

/* Knight (1966): with the pairs sorted by x, the exchanges a merge sort of y makes are the discordant pairs. */
static double tau_b(pair *pairs, double *y, double *scratch, size_t n)
{
    double both = 0;
    qsort(pairs, n, sizeof(*pairs), compare_pairs);
    double tied_x = tied_in_x(pairs, n, &both);
    for (size_t i = 0; i < n; i++)
        y[i] = pairs[i].y;
    double exchanges = (double)pl__sort_counting(y, scratch, n);
    double tied_y = tied_in_sorted(y, n);
    double all = pairs_of(n);
    double difference = all - tied_x - tied_y + both - 2 * exchanges;
    return fmax(-1, fmin(1, difference / (sqrt(all - tied_x) * sqrt(all - tied_y))));
}

pl_status pl_stats_kendall(const double *x, const double *y, size_t n, double *ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pair *pairs = NULL;
    double *sorted = NULL;
    double *scratch = NULL;

    if (!ret || (n > 0 && (!x || !y)))
        return pl__fail(reterr, PL_E_INVALID, "kendall: null argument");
    if (n < 2 || !usable(x, n) || !usable(y, n)) {
        *ret = nan("");
        return PL_OK;
    }
    pairs = pl__calloc(n, sizeof(*pairs));
    sorted = pl__calloc(n, sizeof(*sorted));
    scratch = pl__calloc(n, sizeof(*scratch));
    if (!pairs || !sorted || !scratch) {
        rc = pl__fail(reterr, PL_E_NOMEM, "kendall of %zu pairs", n);
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        pairs[i] = (pair){x[i], y[i]};
    *ret = tau_b(pairs, sorted, scratch, n);
out:
    pl__free(pairs);
    pl__free(sorted);
    pl__free(scratch);
    return rc;
}
