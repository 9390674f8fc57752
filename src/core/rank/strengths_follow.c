/* Bradley-Terry strengths of a replicate, from those of all judgments: both are near each other. With w = e^x, P(i
 * before j) = w_i / (w_i + w_j), so that a point takes n exponentials and no logarithm: the likelihood itself is not
 * looked at. It is strictly concave, and Newton's steps converge quadratically where they are short (its third
 * derivative is bounded by the second times the change of a difference of strengths: Bach 2010, Electronic Journal of
 * Statistics 4); long ones are left to the search that looks. */
#include "cholesky.h"
#include "strengths.h"

#include <math.h>
#include <string.h>

#define STEPS_MAX 12
#define LONGEST_STEP 0.5
#define LAST_STEP 1e-6      /* what is left after it is of the order of its square */
#define LARGEST_START 300.0 /* its exponential is finite */

/* The two arrays of a pair of models: total[i * n + j] for j < i, weight of all that both did. */
typedef struct point {
    size_t n;
    double ridge;
    double *total;
    double *hessian;
    double *points; /* by model: wins and half the ties */
    double *x;
    double *w;
    double *gradient;
    double *diagonal;
} point;

static void sum_up(point *p, const pl_win_matrix *m)
{
    size_t n = p->n;
    memset(p->points, 0, n * sizeof(*p->points));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            double won = m->wins[i * n + j] + 0.5 * m->ties[i * n + j];
            double lost = m->wins[j * n + i] + 0.5 * m->ties[i * n + j];
            p->total[i * n + j] = won + lost;
            p->points[i] += won;
            p->points[j] += lost;
        }
    }
}

/* Minus the gradient, and the Hessian's lower triangle; level: see invariant 3 of strengths.c. */
static void differentiate(point *p)
{
    size_t n = p->n;
    double trace = 0.0;
    for (size_t i = 0; i < n; i++) {
        p->w[i] = exp(p->x[i]);
        p->gradient[i] = p->points[i] - p->ridge * p->x[i];
        p->diagonal[i] = p->ridge;
    }
    for (size_t i = 1; i < n; i++) {
        const double *restrict total = p->total + i * n;
        const double *restrict w = p->w;
        double *restrict row = p->hessian + i * n;
        double *restrict gradient = p->gradient;
        double *restrict diagonal = p->diagonal;
        double own = w[i];
        for (size_t j = 0; j < i; j++) {
            double share = 1.0 / (own + w[j]);
            double expected = total[j] * own * share; /* of i's points */
            double curvature = expected * w[j] * share;
            row[j] = curvature;
            gradient[j] -= total[j] - expected;
            diagonal[j] += curvature;
        }
        double sum = 0.0;
        double curved = 0.0;
        for (size_t j = 0; j < i; j++) {
            sum += total[j] * own / (own + w[j]);
            curved += row[j];
        }
        gradient[i] -= sum;
        diagonal[i] += curved;
    }
    for (size_t i = 0; i < n; i++)
        trace += p->diagonal[i];
    double level = trace / (double)n / (double)n;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            p->hessian[i * n + j] = level - p->hessian[i * n + j];
        p->hessian[i * n + i] = p->diagonal[i] + level;
    }
}

/* The mean is 0, as it is at the maximum: then no step has a part along (1, …, 1), where `level` would make it slow. */
static void centre(double *x, size_t n)
{
    double mean = 0.0;
    for (size_t i = 0; i < n; i++)
        mean += x[i];
    for (size_t i = 0; i < n; i++)
        x[i] -= mean / (double)n;
}

static bool begin(point *p, const pl_win_matrix *m, const double *start)
{
    for (size_t i = 0; i < p->n; i++) {
        p->x[i] = start[m->models[i]];
        if (!(fabs(p->x[i]) < LARGEST_START))
            return false;
    }
    centre(p->x, p->n);
    return true;
}

bool pl__strengths_follow(const pl_win_matrix *m, const pl_strengths_model *model, double *theta, double *scratch)
{
    size_t n = m->n;
    point p = {.n = n, .ridge = model->ridge, .total = scratch, .hessian = scratch + n * n};
    p.points = p.hessian + n * n;
    p.x = p.points + n;
    p.w = p.x + n;
    p.gradient = p.w + n;
    p.diagonal = p.gradient + n;
    if (model->davidson || !(model->ridge > 0.0) || !model->start || n == 0 || !begin(&p, m, model->start))
        return false;
    sum_up(&p, m);
    for (unsigned k = 0; k < STEPS_MAX; k++) {
        double longest = 0.0;
        double sum = 0.0; /* no number if one of them is none */
        differentiate(&p);
        if (!pl__cholesky_factor(p.hessian, n))
            return false;
        pl__cholesky_solve(p.hessian, n, p.gradient);
        for (size_t i = 0; i < n; i++) {
            p.x[i] += p.gradient[i];
            longest = fmax(longest, fabs(p.gradient[i]));
            sum += p.gradient[i];
        }
        if (!(longest <= LONGEST_STEP) || !isfinite(sum))
            return false;
        if (longest > LAST_STEP)
            continue;
        centre(p.x, n);
        memcpy(theta, p.x, n * sizeof(*theta));
        return true;
    }
    return false;
}
