/* Bradley-Terry and Davidson strengths by Newton's method.
 *
 * 1. The log-likelihood is concave in (theta, ln nu), and the penalty strictly concave in theta: one maximum.
 * 2. Without a penalty there is a finite maximum if and only if the models form one class, and, for Davidson, the
 *    verdicts are not such that ever wider ties explain them better (see widens()).
 * 3. The likelihood does not change along (1, …, 1). The Hessian gets the mean of its diagonal in that direction, in
 *    which the gradient is 0: the steps stay as they are and the matrix becomes well conditioned. */
#include "strengths.h"

#include "alloc.h"
#include "cholesky.h"
#include "newton.h"
#include "pair_loss.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 1e-12 /* on the gradient, times 1 + the weight of all ballots */
#define ITERATIONS_MAX 500

/* One pair of models that met, and what the model says of it at the latest point. */
typedef struct met {
    uint32_t i;
    uint32_t j;
    pl_outcome i_did;
    pl_pair_loss loss;
} met;

typedef struct fit {
    pl_strengths_model model;
    size_t n;        /* strengths */
    size_t n_params; /* n, and ln nu behind them where it is fitted */
    met *pairs;
    size_t n_pairs;
    double *hessian;
} fit;

static double loss(void *user, const double *x, double *ret_gradient)
{
    fit *f = user;
    double sum = 0.0;
    memset(ret_gradient, 0, f->n_params * sizeof(*ret_gradient));
    for (size_t k = 0; k < f->n_pairs; k++) {
        met *p = &f->pairs[k];
        double d = x[p->i] - x[p->j];
        p->loss = f->n_params > f->n ? pl__davidson_loss(&p->i_did, d, x[f->n]) : pl__bt_loss(&p->i_did, d);
        if (f->n_params > f->n)
            ret_gradient[f->n] += p->loss.k;
        sum += p->loss.value;
        ret_gradient[p->i] += p->loss.d;
        ret_gradient[p->j] -= p->loss.d;
    }
    for (size_t i = 0; i < f->n; i++) {
        sum += 0.5 * f->model.ridge * x[i] * x[i];
        ret_gradient[i] += f->model.ridge * x[i];
    }
    return sum;
}

static bool newton_step(void *user, const double *x, const double *gradient, double damping, const bool *held,
                        double *ret_step)
{
    fit *f = user;
    size_t m = f->n_params;
    double *h = f->hessian;
    double trace = 0.0;
    (void)x;
    (void)held; /* no bounds here */
    memset(h, 0, m * m * sizeof(*h));
    for (size_t k = 0; k < f->n_pairs; k++) {
        const met *p = &f->pairs[k]; /* i > j: the lower triangle */
        h[p->i * m + p->i] += p->loss.dd;
        h[p->j * m + p->j] += p->loss.dd;
        h[p->i * m + p->j] -= p->loss.dd;
        if (m > f->n) {
            h[f->n * m + p->i] += p->loss.dk;
            h[f->n * m + p->j] -= p->loss.dk;
            h[f->n * m + f->n] += p->loss.kk;
        }
    }
    for (size_t i = 0; i < f->n; i++) {
        h[i * m + i] += f->model.ridge + damping;
        trace += h[i * m + i];
    }
    if (m > f->n)
        h[f->n * m + f->n] += damping;
    double level = trace / (double)f->n / (double)f->n;
    for (size_t i = 0; i < f->n; i++) {
        for (size_t j = 0; j <= i; j++)
            h[i * m + j] += level;
    }
    if (!pl__cholesky_factor(h, m))
        return false;
    for (size_t i = 0; i < m; i++)
        ret_step[i] = -gradient[i];
    pl__cholesky_solve(h, m, ret_step);
    return true;
}

/* Pairs among the models that keep[] admits; place[] numbers these. */
static void list_pairs(fit *f, const pl_win_matrix *m, const uint32_t *place)
{
    for (size_t i = 0; i < m->n; i++) {
        for (size_t j = 0; j < i; j++) {
            double i_won = m->wins[i * m->n + j];
            double j_won = m->wins[j * m->n + i];
            double tied = m->ties[i * m->n + j];
            if (place[i] == PL_NO_PLACE || place[j] == PL_NO_PLACE || !(i_won + j_won + tied > 0.0))
                continue;
            f->pairs[f->n_pairs++] = (met){.i = place[i], .j = place[j], .i_did = {i_won, tied, j_won}};
        }
    }
}

/* Can strengths and ln nu grow together for ever without any verdict becoming less likely? That is so if there are
 * numbers with winner - loser >= 2 for each win and |difference| <= 2 for each tie, that is, if these differences
 * have no negative cycle (Bellman and Ford). */
static bool widens(const fit *f, double *distance)
{
    memset(distance, 0, f->n * sizeof(*distance));
    for (size_t round = 0; round <= f->n; round++) {
        bool changed = false;
        for (size_t k = 0; k < f->n_pairs; k++) {
            const met *p = &f->pairs[k];
            double *x = &distance[p->i];
            double *y = &distance[p->j];
            double over = p->i_did.loss > 0.0 ? -2.0 : p->i_did.tie > 0.0 ? 2.0 : (double)INFINITY; /* x - y <= over */
            double under = p->i_did.win > 0.0 ? -2.0 : p->i_did.tie > 0.0 ? 2.0 : (double)INFINITY; /* y - x <= under */
            if (*x > *y + over) {
                *x = *y + over;
                changed = true;
            }
            if (*y > *x + under) {
                *y = *x + under;
                changed = true;
            }
        }
        if (!changed)
            return true;
    }
    return false;
}

/* Which models can be fitted without a penalty: the largest class, if there is one; none if some never met. */
static uint32_t choose_class(const pl_win_graph *g, uint32_t n, uint32_t *sizes, uint32_t *place)
{
    uint32_t best = PL_NO_PLACE;
    bool shared = false;
    memset(sizes, 0, n * sizeof(*sizes));
    for (uint32_t i = 0; i < n; i++)
        sizes[g->class_of[i]]++;
    for (uint32_t c = 0; c < g->n_classes; c++) {
        if (best == PL_NO_PLACE || sizes[c] > sizes[best]) {
            best = c;
            shared = false;
        } else if (sizes[c] == sizes[best]) {
            shared = true;
        }
    }
    uint32_t kept = 0;
    bool any = g->n_groups == 1 && !shared && best != PL_NO_PLACE && sizes[best] > 1;
    for (uint32_t i = 0; i < n; i++)
        place[i] = any && g->class_of[i] == best ? kept++ : PL_NO_PLACE;
    return kept;
}

static void finish(const fit *f, const uint32_t *place, uint32_t n, const double *x, double *theta)
{
    double mean = 0.0;
    for (size_t i = 0; i < f->n; i++)
        mean += x[i];
    mean = f->n > 0 ? mean / (double)f->n : 0.0;
    for (uint32_t i = 0; i < n; i++)
        theta[i] = place[i] == PL_NO_PLACE ? (double)NAN : x[place[i]] - mean;
}

/* ln nu is fitted where some verdicts are ties and some are not; only ties: nu is infinite, and all are equal. */
static void fit_params(fit *f, double tolerance, double *x, double *scratch, bool *held, pl_fit_report *ret)
{
    static const pl_newton_ops ops = {loss, newton_step};
    double decided = 0.0;
    double tied = 0.0;
    for (size_t k = 0; k < f->n_pairs; k++) {
        decided += f->pairs[k].i_did.win + f->pairs[k].i_did.loss;
        tied += f->pairs[k].i_did.tie;
    }
    ret->nu = f->model.davidson ? 0.0 : (double)NAN;
    if (f->model.davidson && !(decided > 0.0)) {
        ret->nu = (double)INFINITY;
        ret->state = PL_FIT_CONVERGED;
        return;
    }
    f->n_params = f->n + (f->model.davidson && tied > 0.0 ? 1 : 0);
    if (f->n_params > f->n && f->model.ridge <= 0.0 && widens(f, scratch)) {
        ret->state = PL_FIT_NO_MAXIMUM;
        return;
    }
    if (f->n_params > f->n)
        x[f->n] = log(2.0 * tied / decided); /* as if all were equal */
    pl_newton_opts opts = {.tolerance = tolerance, .max_iterations = ITERATIONS_MAX};
    pl_newton_report report;
    pl__newton_minimise(&ops, f, f->n_params, &opts, x, scratch, held, &report);
    ret->state = report.converged ? PL_FIT_CONVERGED : PL_FIT_STOPPED;
    ret->iterations = report.iterations;
    ret->gradient = report.gradient;
    ret->log_likelihood = -report.value;
    for (size_t i = 0; i < f->n; i++)
        ret->log_likelihood += 0.5 * f->model.ridge * x[i] * x[i];
    if (f->n_params > f->n)
        ret->nu = exp(x[f->n]);
}

static void begin_at(const double *start, const pl_win_matrix *matrix, const uint32_t *place, double *x)
{
    for (uint32_t i = 0; i < matrix->n; i++) {
        double strength = start[matrix->models[i]];
        if (place[i] != PL_NO_PLACE && isfinite(strength))
            x[place[i]] = strength;
    }
}

static void count_groups(const pl_win_graph *graph, pl_fit_report *report)
{
    report->n_groups = graph ? graph->n_groups : 0;
    report->n_classes = graph ? graph->n_classes : 0;
}

pl_status pl__strengths_fit(const pl_win_matrix *matrix, const pl_win_graph *graph, const pl_strengths_model *model,
                            double *theta, pl_fit_report *ret)
{
    size_t n = matrix->n;
    size_t room = n + 1; /* with ln nu */
    pl_status rc = PL_E_NOMEM;
    fit f = {.model = *model};
    pl_fit_report report = {.nu = (double)NAN};
    uint32_t *place = pl__calloc(n, sizeof(*place));
    uint32_t *sizes = pl__calloc(n, sizeof(*sizes));
    double *x = pl__calloc(room, sizeof(*x));
    double *scratch = pl__calloc(PL_NEWTON_SCRATCH(room), sizeof(*scratch));
    bool *held = pl__calloc(room, sizeof(*held));

    f.pairs = pl__calloc(n * (n > 0 ? n - 1 : 0) / 2, sizeof(*f.pairs));
    f.hessian = pl__calloc(room * room, sizeof(*f.hessian));
    if (!place || !sizes || !x || !scratch || !held || !f.pairs || !f.hessian)
        goto out;
    count_groups(graph, &report);
    report.tolerance = TOLERANCE * (1.0 + matrix->total);
    for (uint32_t i = 0; i < n; i++)
        place[i] = i;
    f.n = model->ridge > 0.0 ? n : choose_class(graph, matrix->n, sizes, place);
    list_pairs(&f, matrix, place);
    report.state = n == 0 ? PL_FIT_NOTHING : PL_FIT_NO_MAXIMUM;
    if (model->start)
        begin_at(model->start, matrix, place, x);
    if (f.n > 0)
        fit_params(&f, report.tolerance, x, scratch, held, &report);
    if (report.state == PL_FIT_NO_MAXIMUM) {
        for (uint32_t i = 0; i < n; i++)
            place[i] = PL_NO_PLACE;
    }
    if (report.state == PL_FIT_CONVERGED && f.n < n)
        report.state = PL_FIT_PARTIAL;
    finish(&f, place, matrix->n, x, theta);
    *ret = report;
    rc = PL_OK;
out:
    pl__free(place);
    pl__free(sizes);
    pl__free(x);
    pl__free(scratch);
    pl__free(held);
    pl__free(f.pairs);
    pl__free(f.hessian);
    return rc;
}
