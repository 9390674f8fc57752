#ifndef PL_POSTERIOR_H
#define PL_POSTERIOR_H

#include <peerless/status.h>

/* What the comparisons made so far say of the candidates' strengths (ours): the mean of a score s of j against k by
 * judge r is 1 / (1 + exp(-a_r (theta_j - theta_k))), its variance phi p (1 - p). theta ~ N(0, 3^2) and
 * a_r ~ N(1, 1/2^2) on a >= PL_POSTERIOR_A_MIN, as in judge-bt; position, length and family are left to the balance of
 * the design. Quasi-likelihood, Fisher scoring; the covariance is the inverse of the information on theta at the
 * maximum, with a as it is there. */

#define PL_DESIGN_MODELS_MAX 64u /* candidates, and judges */
#define PL_POSTERIOR_A_MIN 0.05

typedef struct pl_scored_pair {
    uint32_t cluster; /* the image; comparisons of one cluster may resemble each other */
    uint32_t judge;   /* below n_judges */
    uint32_t a;       /* below n_candidates */
    uint32_t b;       /* not a */
    double score;     /* of a, 0..1 */
} pl_scored_pair;
/* For qsort: clusters together; within them an order that depends on the comparisons alone. */
int pl__scored_pair_order(const void *x, const void *y);

typedef struct pl_posterior {
    uint32_t n_candidates;
    uint32_t n_judges;
    double *theta;      /* n_candidates, natural-log strengths */
    double *a;          /* n_judges: discrimination */
    double *covariance; /* n_candidates squared, of theta, times phi already */
    double phi;         /* dispersion: 1 for wins and losses alone, less where ties or several verdicts are averaged */
    pl_scored_pair *pairs;
    size_t n_pairs;
    size_t cap_pairs;
    double *count; /* of comparisons [(judge * n_candidates + low) * n_candidates + high] */
    double *won;   /* sum of low's scores, the same shape */
    double *squares;
    double *work;
} pl_posterior;

/* PL_E_LIMIT (more than PL_DESIGN_MODELS_MAX), PL_E_INVALID (fewer than 2 candidates or no judge) or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__posterior_open(pl_posterior *p, uint32_t n_candidates, uint32_t n_judges, pl_error *reterr);
void pl__posterior_close(pl_posterior *p);
/* Takes comparisons in; theta and covariance stay as they were until the next fit. PL_E_RANGE or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__posterior_add(pl_posterior *p, const pl_scored_pair *pairs, size_t n, pl_error *reterr);
/* Finds theta, a, phi and the covariance. The result does not depend on where it starts beyond rounding. */
void pl__posterior_fit(pl_posterior *p);

/* Where a pair's place in count, won and squares is. */
static inline size_t pl__pair_place(const pl_posterior *p, uint32_t judge, uint32_t low, uint32_t high)
{
    return ((size_t)judge * p->n_candidates + low) * p->n_candidates + high;
}

/**
 * At most how probable it is that the order by theta is wrong somewhere: the sum over neighbours of P(they stand the
 * other way round). The variance of each difference is the larger of the model's and the one that the clusters show
 * (sandwich with the factor clusters / (clusters - 1)). Looking often, and stopping when it first is small, makes it
 * too small.
 * @return in [0, 1] or, if there is no comparison, 1; NaN when memory is short
 */
double pl__posterior_doubt(const pl_posterior *p);

/* The doubt at which to stop if it is looked at up to `looks` times at equal distances, so that stopping wrongly at any
 * of them stays about as rare as 1 - confidence (Pocock 1977; his levels for 5 %, in proportion; beyond ten looks as
 * one over the root of their number). */
double pl__stopping_doubt(double confidence, uint32_t looks);

#endif
