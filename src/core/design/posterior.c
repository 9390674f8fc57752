#include "posterior.h"

#include "alloc.h"
#include "distribution.h"
#include "error.h"
#include "ranks.h"
#include "vec.h"

#include <math.h>
#include <stdlib.h>

pl_status pl__posterior_open(pl_posterior *p, uint32_t n_candidates, uint32_t n_judges, pl_error *reterr)
{
    size_t n = n_candidates;
    size_t cells = n * n * n_judges;
    size_t unknowns = n + n_judges;

    if (n_candidates < 2 || n_judges < 1)
        return pl__fail(reterr, PL_E_INVALID, "a design needs two candidates and a judge");
    if (n_candidates > PL_DESIGN_MODELS_MAX || n_judges > PL_DESIGN_MODELS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%u candidates and %u judges; a design knows at most %u", n_candidates,
                        n_judges, PL_DESIGN_MODELS_MAX);
    *p = (pl_posterior){.n_candidates = n_candidates,
                        .n_judges = n_judges,
                        .theta = pl__calloc(n, sizeof(double)),
                        .a = pl__calloc(n_judges, sizeof(double)),
                        .covariance = pl__calloc(n * n, sizeof(double)),
                        .count = pl__calloc(cells, sizeof(double)),
                        .won = pl__calloc(cells, sizeof(double)),
                        .squares = pl__calloc(cells, sizeof(double)),
                        .work = pl__calloc(unknowns * (unknowns + 4), sizeof(double))};
    if (!p->theta || !p->a || !p->covariance || !p->count || !p->won || !p->squares || !p->work) {
        pl__posterior_close(p);
        return pl__fail(reterr, PL_E_NOMEM, "a design of %u candidates", n_candidates);
    }
    for (uint32_t r = 0; r < n_judges; r++)
        p->a[r] = 1.0;
    pl__posterior_fit(p);
    return PL_OK;
}

void pl__posterior_close(pl_posterior *p)
{
    pl__free(p->theta);
    pl__free(p->a);
    pl__free(p->covariance);
    pl__free(p->pairs);
    pl__free(p->count);
    pl__free(p->won);
    pl__free(p->squares);
    pl__free(p->work);
    *p = (pl_posterior){0};
}

static bool is_valid(const pl_posterior *p, const pl_scored_pair *x)
{
    return x->judge < p->n_judges && x->a < p->n_candidates && x->b < p->n_candidates && x->a != x->b &&
           x->score >= 0.0 && x->score <= 1.0;
}

pl_status pl__posterior_add(pl_posterior *p, const pl_scored_pair *pairs, size_t n, pl_error *reterr)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_valid(p, &pairs[i]))
            return pl__fail(reterr, PL_E_RANGE, "comparison %zu of a design", i);
    }
    if (pl__vec_reserve(&p->pairs, &p->cap_pairs, p->n_pairs + n, sizeof(*p->pairs)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%zu comparisons of a design", p->n_pairs + n);
    for (size_t i = 0; i < n; i++) {
        const pl_scored_pair *x = &pairs[i];
        bool turn = x->a > x->b;
        double score = turn ? 1.0 - x->score : x->score;
        size_t at = pl__pair_place(p, x->judge, turn ? x->b : x->a, turn ? x->a : x->b);

        p->count[at] += 1.0;
        p->won[at] += score;
        p->squares[at] += score * score;
        p->pairs[p->n_pairs++] = *x;
    }
    return PL_OK;
}

int pl__scored_pair_order(const void *x, const void *y)
{
    const pl_scored_pair *p = x;
    const pl_scored_pair *q = y;
    const uint32_t left[] = {p->cluster, p->judge, p->a, p->b};
    const uint32_t right[] = {q->cluster, q->judge, q->a, q->b};

    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    }
    return (p->score > q->score) - (p->score < q->score);
}

/* How far one comparison pulls the difference whose covariances with all of theta are in `lever`. */
static double pull(const pl_posterior *p, const pl_scored_pair *x, const double *lever)
{
    double d = p->a[x->judge] * (p->theta[x->a] - p->theta[x->b]);

    return p->a[x->judge] * (x->score - 1.0 / (1.0 + exp(-d))) * (lever[x->a] - lever[x->b]) / p->phi;
}

/* Liang and Zeger 1986: the variance of theta_above - theta_below from the clusters' pulls; 0 with one cluster. */
static double clustered_variance(const pl_posterior *p, const pl_scored_pair *sorted, uint32_t above, uint32_t below)
{
    const double *v = p->covariance;
    size_t n = p->n_candidates;
    double *lever = p->work;
    double sum = 0.0;
    double total = 0.0;
    size_t clusters = 0;

    for (size_t i = 0; i < n; i++)
        lever[i] = v[above * n + i] - v[below * n + i];
    for (size_t i = 0; i < p->n_pairs; i++) {
        sum += pull(p, &sorted[i], lever);
        if (i + 1 == p->n_pairs || sorted[i + 1].cluster != sorted[i].cluster) {
            total += sum * sum;
            sum = 0.0;
            clusters++;
        }
    }
    return clusters > 1 ? total * (double)clusters / (double)(clusters - 1) : 0.0;
}

double pl__posterior_doubt(const pl_posterior *p)
{
    size_t n = p->n_candidates;
    const double *v = p->covariance;
    double doubt = 0.0;
    size_t *order = pl__calloc(n, sizeof(*order));
    pl_scored_pair *sorted = pl__memdup(p->pairs, p->n_pairs * sizeof(*sorted));

    if (!order || !sorted || pl__order_descending(p->theta, n, order) != PL_OK) {
        doubt = (double)NAN;
        goto out;
    }
    if (p->n_pairs > 0)
        qsort(sorted, p->n_pairs, sizeof(*sorted), pl__scored_pair_order);
    for (size_t i = 0; i + 1 < n; i++) {
        uint32_t above = (uint32_t)order[i];
        uint32_t below = (uint32_t)order[i + 1];
        double model = v[above * n + above] + v[below * n + below] - 2.0 * v[above * n + below];
        double variance = fmax(model, clustered_variance(p, sorted, above, below));

        doubt += pl__normal_cdf((p->theta[below] - p->theta[above]) / sqrt(variance));
    }
    doubt = p->n_pairs > 0 ? fmin(doubt, 1.0) : 1.0;
out:
    pl__free(order);
    pl__free(sorted);
    return doubt;
}

double pl__stopping_doubt(double confidence, uint32_t looks)
{
    /* Nominal levels of 1 to 10 looks, two-sided 5 % (Jennison and Turnbull 2000, table 2.1), over 5 %. */
    static const double SHARES[] = {1.0, 0.588, 0.442, 0.364, 0.316, 0.283, 0.259, 0.240, 0.225, 0.212};
    uint32_t n = sizeof(SHARES) / sizeof(SHARES[0]);

    if (looks <= n)
        return (1.0 - confidence) * SHARES[looks > 0 ? looks - 1 : 0];
    return (1.0 - confidence) * SHARES[n - 1] * sqrt((double)n / (double)looks);
}
