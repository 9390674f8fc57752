#include "tsne.h"

#include "alloc.h"
#include "rng.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define ROUNDS_EARLY 250
#define ROUNDS 1000
#define EXAGGERATION 12.0
#define GAIN_MIN 0.01
#define GRADIENT_MIN 1e-7 /* the norm at which nothing moves any more */
#define START_SPREAD 1e-4 /* standard deviation along the first axis */
#define AXES_ROUNDS 100
#define BISECTIONS 200
#define PERPLEXITY_TOLERANCE 1e-8

double pl__tsne_perplexity(double wanted, size_t n)
{
    return fmin(wanted, ((double)n - 1.0) / 3.0);
}

/* ---- neighbours ---- */
static double square_distance(const double *a, const double *b, size_t dims)
{
    double sum = 0.0;
    for (size_t k = 0; k < dims; k++)
        sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum;
}

/* Probabilities in place of the squared distances d of point `own`, and their entropy. */
static double widths_to_entropy(const double *d, size_t n, size_t own, double beta, double least, double *p)
{
    double sum = 0.0;
    double mean = 0.0;
    for (size_t k = 0; k < n; k++) {
        p[k] = k == own ? 0.0 : exp(-beta * (d[k] - least));
        sum += p[k];
        mean += p[k] * (d[k] - least);
    }
    for (size_t k = 0; k < n; k++)
        p[k] /= sum;
    return log(sum) + beta * mean / sum;
}

static void find_width(const double *d, size_t n, size_t own, double perplexity, double *p)
{
    double low = 0.0;
    double high = HUGE_VAL;
    double least = HUGE_VAL;
    double most = 0.0;
    for (size_t k = 0; k < n; k++) {
        least = k == own ? least : fmin(least, d[k]);
        most = k == own ? most : fmax(most, d[k]);
    }
    double beta = most > least ? 1.0 / (most - least) : 1.0;
    for (int i = 0; i < BISECTIONS; i++) {
        double off = widths_to_entropy(d, n, own, beta, least, p) - log(perplexity);
        if (fabs(off) <= PERPLEXITY_TOLERANCE)
            return;
        if (off > 0.0)
            low = beta;
        else
            high = beta;
        beta = isfinite(high) ? (low + high) / 2.0 : 2.0 * beta;
    }
}

void pl__tsne_affinities(const double *const *points, size_t n, size_t dims, double perplexity, double *ret)
{
    double d[PL_TSNE_POINTS_MAX];
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++)
            d[k] = square_distance(points[i], points[k], dims);
        find_width(d, n, i, perplexity, ret + i * n);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            double p = (ret[i * n + k] + ret[k * n + i]) / (2.0 * (double)n);
            ret[i * n + k] = ret[k * n + i] = fmax(p, DBL_EPSILON);
        }
    }
}

/* ---- where they start ---- */
static double unit(double *v, size_t n)
{
    double squares = 0.0;
    for (size_t k = 0; k < n; k++)
        squares += v[k] * v[k];
    for (size_t k = 0; k < n && squares > 0.0; k++)
        v[k] /= sqrt(squares);
    return squares;
}

/* xy[2 i + axis]: the points along v, from their mean. */
static void project(const double *const *points, size_t n, size_t dims, const double *mean, const double *v,
                    size_t axis, double *xy)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (size_t k = 0; k < dims; k++)
            sum += (points[i][k] - mean[k]) * v[k];
        xy[2 * i + axis] = sum;
    }
}

/* Two principal axes by iteration of a pair of vectors; near enough will do. axes: 2 * dims, on entry at random. */
static void find_axes(const double *const *points, size_t n, size_t dims, const double *mean, double *axes, double *xy)
{
    for (int round = 0; round < AXES_ROUNDS; round++) {
        for (size_t axis = 0; axis < 2; axis++) {
            double *v = axes + axis * dims;
            double shared = 0.0;
            (void)unit(v, dims);
            for (size_t k = 0; axis == 1 && k < dims; k++)
                shared += v[k] * axes[k];
            for (size_t k = 0; axis == 1 && k < dims; k++)
                v[k] -= shared * axes[k];
            (void)unit(v, dims);
            project(points, n, dims, mean, v, axis, xy);
        }
        if (round + 1 == AXES_ROUNDS)
            break;
        memset(axes, 0, 2 * dims * sizeof(*axes));
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < dims; k++) {
                axes[k] += xy[2 * i] * (points[i][k] - mean[k]);
                axes[dims + k] += xy[2 * i + 1] * (points[i][k] - mean[k]);
            }
        }
    }
}

static pl_status start(const double *const *points, size_t n, size_t dims, uint64_t seed, double *xy)
{
    pl_rng rng;
    double squares = 0.0;
    double *mean = pl__calloc(dims, sizeof(*mean));
    double *axes = pl__calloc(dims, 2 * sizeof(*axes));
    if (!mean || !axes) {
        pl__free(mean);
        pl__free(axes);
        return PL_E_NOMEM;
    }
    pl__rng_init(&rng, seed, "t-SNE", 0);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < dims; k++)
            mean[k] += points[i][k] / (double)n;
    }
    for (size_t k = 0; k < 2 * dims; k++)
        axes[k] = pl__rng_normal(&rng);
    find_axes(points, n, dims, mean, axes, xy);
    for (size_t i = 0; i < n; i++)
        squares += xy[2 * i] * xy[2 * i];
    for (size_t i = 0; i < 2 * n; i++) /* in one place, all of them: at random */
        xy[i] = START_SPREAD * (squares > 0.0 ? xy[i] / sqrt(squares / (double)n) : pl__rng_normal(&rng));
    pl__free(mean);
    pl__free(axes);
    return PL_OK;
}

/* ---- where they go ---- */
typedef struct forces {
    double *pull; /* 2 n */
    double *push; /* 2 n, to be divided by sum */
    double sum;   /* of the unnormalised q, over ordered pairs */
} forces;

static void find_forces(const double *p, const double *xy, size_t n, forces *f)
{
    memset(f->pull, 0, 2 * n * sizeof(*f->pull));
    memset(f->push, 0, 2 * n * sizeof(*f->push));
    f->sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double x = xy[2 * i];
        double y = xy[2 * i + 1];
        double pull[2] = {0.0, 0.0};
        double push[2] = {0.0, 0.0};
        for (size_t k = 0; k < i; k++) {
            double dx = x - xy[2 * k];
            double dy = y - xy[2 * k + 1];
            double q = 1.0 / (1.0 + dx * dx + dy * dy);
            double a = p[i * n + k] * q;
            double b = q * q;
            f->sum += 2.0 * q;
            pull[0] += a * dx;
            pull[1] += a * dy;
            push[0] += b * dx;
            push[1] += b * dy;
            f->pull[2 * k] -= a * dx;
            f->pull[2 * k + 1] -= a * dy;
            f->push[2 * k] -= b * dx;
            f->push[2 * k + 1] -= b * dy;
        }
        f->pull[2 * i] += pull[0];
        f->pull[2 * i + 1] += pull[1];
        f->push[2 * i] += push[0];
        f->push[2 * i + 1] += push[1];
    }
}

static double divergence(const double *p, const double *xy, size_t n, double sum)
{
    double kl = 0.0;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            double dx = xy[2 * i] - xy[2 * k];
            double dy = xy[2 * i + 1] - xy[2 * k + 1];
            kl += 2.0 * p[i * n + k] * log(p[i * n + k] * sum * (1.0 + dx * dx + dy * dy));
        }
    }
    return kl;
}

/* One step; the squared norm of the gradient. */
static double step(const forces *f, double exaggeration, double momentum, double rate, size_t n, double *gains,
                   double *moves, double *xy)
{
    double squares = 0.0;
    for (size_t i = 0; i < 2 * n; i++) {
        double g = 4.0 * (exaggeration * f->pull[i] - f->push[i] / f->sum);
        squares += g * g;
        gains[i] = g * moves[i] < 0.0 ? gains[i] + 0.2 : fmax(gains[i] * 0.8, GAIN_MIN);
        moves[i] = momentum * moves[i] - rate * gains[i] * g;
    }
    for (size_t i = 0; i < 2 * n; i++)
        xy[i] += moves[i];
    return squares;
}

pl_status pl__tsne(const double *const *points, size_t n, size_t dims, const double *affinities, uint64_t seed,
                   double *ret, double *ret_kl)
{
    double rate = fmax((double)n / EXAGGERATION / 4.0, 50.0);
    double *moves = pl__calloc(n, 2 * sizeof(*moves));
    double *gains = pl__calloc(n, 2 * sizeof(*gains));
    forces f = {.pull = pl__calloc(n, 2 * sizeof(double)), .push = pl__calloc(n, 2 * sizeof(double))};
    pl_status rc = moves && gains && f.pull && f.push ? start(points, n, dims, seed, ret) : PL_E_NOMEM;
    for (size_t i = 0; i < 2 * n && rc == PL_OK; i++)
        gains[i] = 1.0;
    for (int round = 0; round < ROUNDS && rc == PL_OK; round++) {
        bool early = round < ROUNDS_EARLY;
        find_forces(affinities, ret, n, &f);
        double squares = step(&f, early ? EXAGGERATION : 1.0, early ? 0.5 : 0.8, rate, n, gains, moves, ret);
        if (!early && squares < GRADIENT_MIN * GRADIENT_MIN)
            break;
        if (round + 1 == ROUNDS_EARLY) { /* the second phase starts from rest */
            memset(moves, 0, 2 * n * sizeof(*moves));
            for (size_t i = 0; i < 2 * n; i++)
                gains[i] = 1.0;
        }
    }
    if (rc == PL_OK) {
        find_forces(affinities, ret, n, &f);
        *ret_kl = divergence(affinities, ret, n, f.sum);
    }
    pl__free(moves);
    pl__free(gains);
    pl__free(f.pull);
    pl__free(f.push);
    return rc;
}
