#include "cholesky.h"
#include "posterior.h"

#include <math.h>
#include <string.h>

#define THETA_VARIANCE 9.0
#define A_VARIANCE 0.25
#define STEPS_MAX 100
#define HALVINGS_MAX 40
#define TOLERANCE 1e-9
/* phi starts as if this many comparisons of even chances had been seen with variance p (1 - p): a handful of them says
 * little of the dispersion, and an underestimate would stop a design too early. */
#define PHI_PRIOR 10.0
#define PHI_MIN 0.01

/* One cell's part of the objective at d = a (theta_low - theta_high). */
typedef struct cell {
    uint32_t judge;
    uint32_t low;
    uint32_t high;
    double count;
    double won;
    double squares;
} cell;

/* The next cell with a comparison in it from *at on. */
static bool next_cell(const pl_posterior *p, size_t *at, cell *ret)
{
    size_t n = p->n_candidates;
    size_t cells = n * n * p->n_judges;

    while (*at < cells && !(p->count[*at] > 0.0))
        (*at)++;
    if (*at == cells)
        return false;
    *ret = (cell){.judge = (uint32_t)(*at / (n * n)),
                  .low = (uint32_t)(*at / n % n),
                  .high = (uint32_t)(*at % n),
                  .count = p->count[*at],
                  .won = p->won[*at],
                  .squares = p->squares[*at]};
    (*at)++;
    return true;
}

static double chance(const pl_posterior *p, const cell *c)
{
    return 1.0 / (1.0 + exp(-p->a[c->judge] * (p->theta[c->low] - p->theta[c->high])));
}

static double objective(const pl_posterior *p)
{
    double sum = 0.0;
    size_t at = 0;
    cell c;

    while (next_cell(p, &at, &c)) {
        double d = p->a[c.judge] * (p->theta[c.low] - p->theta[c.high]);

        sum += c.won * d - c.count * (d > 0.0 ? d + log1p(exp(-d)) : log1p(exp(d)));
    }
    for (uint32_t i = 0; i < p->n_candidates; i++)
        sum -= p->theta[i] * p->theta[i] / (2.0 * THETA_VARIANCE);
    for (uint32_t r = 0; r < p->n_judges; r++)
        sum -= (p->a[r] - 1.0) * (p->a[r] - 1.0) / (2.0 * A_VARIANCE);
    return sum;
}

/* Gradient and expected information of (theta, a), only the lower triangle of the latter. */
static void slope(const pl_posterior *p, double *gradient, double *info)
{
    size_t n = p->n_candidates;
    size_t k = n + p->n_judges;
    size_t at = 0;
    cell c;

    memset(info, 0, k * k * sizeof(*info));
    for (size_t i = 0; i < k; i++) {
        gradient[i] = i < n ? -p->theta[i] / THETA_VARIANCE : (1.0 - p->a[i - n]) / A_VARIANCE;
        info[i * k + i] = 1.0 / (i < n ? THETA_VARIANCE : A_VARIANCE);
    }
    while (next_cell(p, &at, &c)) {
        double a = p->a[c.judge];
        double gap = p->theta[c.low] - p->theta[c.high];
        double chance_low = chance(p, &c);
        double residual = c.won - c.count * chance_low;
        double w = c.count * chance_low * (1.0 - chance_low);
        size_t r = n + c.judge;

        gradient[c.low] += a * residual;
        gradient[c.high] -= a * residual;
        gradient[r] += gap * residual;
        info[c.low * k + c.low] += a * a * w;
        info[c.high * k + c.high] += a * a * w;
        info[c.high * k + c.low] -= a * a * w;
        info[r * k + c.low] += a * gap * w;
        info[r * k + c.high] -= a * gap * w;
        info[r * k + r] += gap * gap * w;
    }
}

static void move(pl_posterior *p, const double *from, const double *step, double times)
{
    size_t n = p->n_candidates;

    for (size_t i = 0; i < n; i++)
        p->theta[i] = from[i] + times * step[i];
    for (size_t r = 0; r < p->n_judges; r++)
        p->a[r] = fmax(PL_POSTERIOR_A_MIN, from[n + r] + times * step[n + r]);
}

/* A judge at its bound that is pushed further down stays there: its row leaves the system. */
static void hold_bound(const pl_posterior *p, double *gradient, double *info)
{
    size_t n = p->n_candidates;
    size_t k = n + p->n_judges;

    for (size_t r = n; r < k; r++) {
        if (p->a[r - n] > PL_POSTERIOR_A_MIN || gradient[r] >= 0.0)
            continue;
        gradient[r] = 0.0;
        for (size_t i = 0; i < k; i++)
            info[r * k + i] = info[i * k + r] = 0.0;
        info[r * k + r] = 1.0;
    }
}

/* Moments: mean squared residual over mean p (1 - p). */
static double dispersion(const pl_posterior *p)
{
    double seen = 0.25 * PHI_PRIOR;
    double expected = 0.25 * PHI_PRIOR;
    size_t at = 0;
    cell c;

    while (next_cell(p, &at, &c)) {
        double q = chance(p, &c);

        seen += c.squares - 2.0 * q * c.won + c.count * q * q;
        expected += c.count * q * (1.0 - q);
    }
    return fmax(PHI_MIN, seen / expected);
}

/* phi (H^-1) of theta, the judges' a held where they are: what is unknown of their common scale stretches or shrinks
 * all differences together and says nothing of the order. */
static void invert(pl_posterior *p, double *info, double *column)
{
    size_t n = p->n_candidates;
    size_t k = n + p->n_judges;

    for (size_t i = 1; i < n; i++)
        memmove(info + i * n, info + i * k, n * sizeof(*info));
    if (!pl__cholesky_factor(info, n))
        return; /* cannot be: the penalties make it positive definite */
    for (size_t i = 0; i < n; i++) {
        memset(column, 0, n * sizeof(*column));
        column[i] = 1.0;
        pl__cholesky_solve(info, n, column);
        for (size_t j = 0; j <= i; j++)
            p->covariance[i * n + j] = p->covariance[j * n + i] = p->phi * column[j];
    }
}

void pl__posterior_fit(pl_posterior *p)
{
    size_t n = p->n_candidates;
    size_t k = n + p->n_judges;
    double *info = p->work;
    double *gradient = info + k * k;
    double *step = gradient + k;
    double *from = step + k;
    double now = objective(p);

    for (int i = 0; i < STEPS_MAX; i++) {
        double times = 1.0;
        double largest = 0.0;
        bool better = false;

        slope(p, gradient, info);
        hold_bound(p, gradient, info);
        for (size_t j = 0; j < k; j++)
            largest = fmax(largest, fabs(gradient[j]));
        if (largest <= TOLERANCE * (1.0 + (double)p->n_pairs) || !pl__cholesky_factor(info, k))
            break;
        memcpy(step, gradient, k * sizeof(*step));
        pl__cholesky_solve(info, k, step);
        memcpy(from, p->theta, n * sizeof(*from));
        memcpy(from + n, p->a, p->n_judges * sizeof(*from));
        for (int h = 0; h < HALVINGS_MAX && !better; h++, times /= 2.0) {
            double then = 0.0;

            move(p, from, step, times);
            then = objective(p);
            better = then > now;
            now = better ? then : now;
        }
        if (!better) {
            move(p, from, step, 0.0);
            break;
        }
    }
    p->phi = dispersion(p);
    slope(p, gradient, info);
    hold_bound(p, gradient, info);
    invert(p, info, step);
}
