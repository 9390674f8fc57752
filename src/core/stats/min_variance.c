#include "min_variance.h"

#include "alloc.h"
#include "cholesky.h"

#define TOLERANCE 1e-11 /* on the elements of S u, which are 1 where u > 0 */

typedef struct active_set {
    const double *s;
    size_t n;
    double *u;
    size_t *list; /* the numbers that are free, ascending */
    size_t n_free;
    double *factor; /* of S over the free ones */
    double *z;
} active_set;

static bool solve_free(active_set *a)
{
    for (size_t i = 0; i < a->n_free; i++) {
        for (size_t k = 0; k <= i; k++)
            a->factor[i * a->n_free + k] = a->s[a->list[i] * a->n + a->list[k]];
        a->z[i] = 1.0;
    }
    if (!pl__cholesky_factor(a->factor, a->n_free))
        return false;
    pl__cholesky_solve(a->factor, a->n_free, a->z);
    return true;
}

/* The number whose freedom gains most, or n: none gains. */
static size_t find_gain(const active_set *a)
{
    size_t best = a->n;
    double gain = TOLERANCE;
    size_t next = 0;
    for (size_t i = 0; i < a->n; i++) {
        if (next < a->n_free && a->list[next] == i) {
            next++;
            continue;
        }
        double g = 1.0;
        for (size_t k = 0; k < a->n_free; k++)
            g -= a->s[i * a->n + a->list[k]] * a->u[a->list[k]];
        if (g > gain) {
            gain = g;
            best = i;
        }
    }
    return best;
}

static void set_free(active_set *a, size_t i)
{
    size_t at = a->n_free++;
    for (; at > 0 && a->list[at - 1] > i; at--)
        a->list[at] = a->list[at - 1];
    a->list[at] = i;
}

/* As far towards z as all numbers stay at or above 0; those that reach it are held again. False: z was reached. */
static bool step_back(active_set *a)
{
    double step = 1.0;
    size_t blocking = a->n_free;
    size_t kept = 0;
    for (size_t i = 0; i < a->n_free; i++) {
        double u = a->u[a->list[i]];
        if (a->z[i] > 0.0)
            continue;
        double own = u > 0.0 ? u / (u - a->z[i]) : 0.0;
        if (blocking == a->n_free || own < step) {
            step = own;
            blocking = i;
        }
    }
    for (size_t i = 0; i < a->n_free; i++) {
        double *u = &a->u[a->list[i]];
        *u = blocking == a->n_free ? a->z[i] : *u + step * (a->z[i] - *u);
        if (i == blocking || *u < 0.0)
            *u = 0.0;
    }
    if (blocking == a->n_free)
        return false;
    for (size_t i = 0; i < a->n_free; i++) {
        if (a->u[a->list[i]] > 0.0)
            a->list[kept++] = a->list[i];
    }
    a->n_free = kept;
    return true;
}

static pl_status run(active_set *a)
{
    /* Each round lowers the objective, so that no set comes twice; the limit is for rounding. */
    for (size_t round = 0; round < 10 * a->n + 100; round++) {
        size_t i = find_gain(a);
        if (i == a->n)
            return PL_OK;
        set_free(a, i);
        do {
            if (!solve_free(a))
                return PL_E_RANGE;
        } while (step_back(a));
    }
    return PL_OK;
}

pl_status pl__min_variance(const double *s, size_t n, double *w)
{
    active_set a = {.s = s, .n = n, .u = w};
    double sum = 0.0;
    pl_status rc = PL_E_NOMEM;

    a.list = pl__calloc(n, sizeof(*a.list));
    a.factor = pl__calloc(n, n * sizeof(*a.factor));
    a.z = pl__calloc(n, sizeof(*a.z));
    if (!a.list || !a.factor || !a.z)
        goto out;
    for (size_t i = 0; i < n; i++)
        w[i] = 0.0;
    rc = run(&a);
    for (size_t i = 0; i < n; i++)
        sum += w[i];
    if (rc == PL_OK && n > 0 && !(sum > 0.0))
        rc = PL_E_RANGE;
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        w[i] /= sum;
out:
    pl__free(a.list);
    pl__free(a.factor);
    pl__free(a.z);
    return rc;
}
