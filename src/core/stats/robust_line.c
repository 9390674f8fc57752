#include "robust_line.h"

#include "alloc.h"

#include <math.h>
#include <stdlib.h>

#define TUNING 1.345                   /* 95 % efficiency at the normal distribution */
#define MAD_NORMAL 0.67448975019608171 /* median |z| of a standard normal z */
#define ROUNDS_MAX 1000
#define TOLERANCE 1e-12
#define ON_THE_LINE 1e-12 /* residuals this small, beside the spread of y, are rounding */

typedef struct fit {
    const double *x;
    const double *y;
    size_t n;
    double *weights;
    double *sizes; /* of the residuals; scratch */
    double slope;
    double intercept;
} fit;

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double weighted_mean(const double *x, const double *weights, size_t n)
{
    double sum = 0.0;
    double all = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += weights[i] * x[i];
        all += weights[i];
    }
    return sum / all;
}

/* Weighted least squares about the means. */
static void solve(fit *f)
{
    double mx = weighted_mean(f->x, f->weights, f->n);
    double my = weighted_mean(f->y, f->weights, f->n);
    double xx = 0.0;
    double xy = 0.0;
    for (size_t i = 0; i < f->n; i++) {
        xx += f->weights[i] * (f->x[i] - mx) * (f->x[i] - mx);
        xy += f->weights[i] * (f->x[i] - mx) * (f->y[i] - my);
    }
    f->slope = xy / xx;
    f->intercept = my - f->slope * mx;
}

static double residual(const fit *f, size_t i)
{
    return f->y[i] - f->intercept - f->slope * f->x[i];
}

static double scale_of(const fit *f)
{
    for (size_t i = 0; i < f->n; i++)
        f->sizes[i] = fabs(residual(f, i));
    qsort(f->sizes, f->n, sizeof(*f->sizes), compare);
    return (f->sizes[(f->n - 1) / 2] + f->sizes[f->n / 2]) / 2.0 / MAD_NORMAL;
}

static double range_of(const double *x, size_t n)
{
    double low = x[0];
    double high = x[0];
    for (size_t i = 1; i < n; i++) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    return high - low;
}

static double explained(const fit *f)
{
    double my = weighted_mean(f->y, f->weights, f->n);
    double left = 0.0;
    double all = 0.0;
    for (size_t i = 0; i < f->n; i++) {
        left += f->weights[i] * residual(f, i) * residual(f, i);
        all += f->weights[i] * (f->y[i] - my) * (f->y[i] - my);
    }
    return all > 0.0 ? 1.0 - left / all : (double)NAN;
}

static void run(fit *f, pl_robust_line *ret)
{
    double range = range_of(f->y, f->n);
    solve(f);
    for (int round = 0; round < ROUNDS_MAX && !ret->converged; round++) {
        double slope = f->slope;
        double intercept = f->intercept;
        ret->scale = scale_of(f);
        if (ret->scale <= ON_THE_LINE * range) {
            ret->scale = 0.0;
            ret->converged = true;
            break;
        }
        for (size_t i = 0; i < f->n; i++)
            f->weights[i] = fmin(1.0, TUNING * ret->scale / fabs(residual(f, i)));
        solve(f);
        ret->converged = fabs(f->slope - slope) * range_of(f->x, f->n) <= TOLERANCE * ret->scale &&
                         fabs(f->intercept - intercept) <= TOLERANCE * fmax(ret->scale, fabs(intercept));
    }
    ret->slope = f->slope;
    ret->intercept = f->intercept;
    ret->r2 = explained(f);
    for (size_t i = 0; i < f->n; i++)
        ret->n_weighted += f->weights[i] < 1.0 ? 1 : 0;
}

pl_status pl__robust_line(const double *x, const double *y, size_t n, pl_robust_line *ret)
{
    pl_robust_line line = {.slope = (double)NAN, .intercept = (double)NAN, .scale = (double)NAN, .r2 = (double)NAN};
    fit f = {.x = x, .y = y, .n = n};
    if (n < 3 || !(range_of(x, n) > 0.0)) {
        *ret = line;
        return PL_OK;
    }
    f.weights = pl__calloc(n, sizeof(*f.weights));
    f.sizes = pl__calloc(n, sizeof(*f.sizes));
    pl_status rc = f.weights && f.sizes ? PL_OK : PL_E_NOMEM;
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        f.weights[i] = 1.0;
    if (rc == PL_OK) {
        run(&f, &line);
        *ret = line;
    }
    pl__free(f.weights);
    pl__free(f.sizes);
    return rc;
}
