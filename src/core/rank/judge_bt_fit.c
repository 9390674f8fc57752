/* The penalised likelihood of judge-bt, by Newton's method.
 *
 * 1. Only judge r's cells involve judge r's five parameters: the Hessian is a common block (theta, beta, s) and one
 *    small block a judge, joined to it by a border. Judges are eliminated first (Schur complement).
 * 2. The loss does not change along (1, …, 1) of theta but for the penalty, so theta keeps its mean of 0. As in
 *    strengths.c the Hessian is stiffened in that direction, an eigenvector of it.
 * 3. A parameter that is not fitted (ln nu of a judge without ties, a at its bound 0) has a row of the unit matrix. */
#include "judge_bt_parts.h"

#include "alloc.h"
#include "cholesky.h"
#include "strengths.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 1e-12 /* on the gradient, times 1 + the weight of all verdicts */
#define ITERATIONS_MAX 500
#define START_RIDGE 1e-3 /* of the strengths that the fit starts from */

/* 1 / variance of the penalties, which are of fixed size: a variance that is fitted too has no joint maximum. */
#define THETA_PRECISION (1.0 / 9.0)
#define A_PRECISION 4.0
#define DELTA_PRECISION 1.0
#define BETA_PRECISION 4.0 /* of beta_r about beta, and of beta */
#define S_PRECISION 4.0    /* the same */

#define P ((size_t)PL_JUDGE_PARAMS)

typedef struct work {
    pl_judge_fit *fit;
    double *common; /* n_common^2: the common block, then its Schur complement, then the factor of that */
    double *blocks; /* P^2 a judge: factors */
    double *border; /* P rows of n_common a judge: the border divided by the factor */
    double level;   /* of (1, …, 1) */
} work;

static bool is_fitted(const pl_judge_fit *f, size_t judge, size_t which, const bool *held)
{
    if (which == PL_JUDGE_LN_NU)
        return f->data->judges[judge].has_nu;
    return !held[pl__judge_param(f, judge, which)];
}

static double penalise(double x, double about, double precision, double *gradient)
{
    *gradient += precision * (x - about);
    return 0.5 * precision * (x - about) * (x - about);
}

static double penalty(const pl_judge_fit *f, const double *x, double *gradient)
{
    size_t n = f->n_common - 2;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += penalise(x[i], 0.0, THETA_PRECISION, &gradient[i]);
    sum += penalise(x[n], 0.0, BETA_PRECISION, &gradient[n]);
    sum += penalise(x[n + 1], 0.0, S_PRECISION, &gradient[n + 1]);
    for (size_t j = 0; j < f->data->n_judges; j++) {
        const double *y = x + pl__judge_param(f, j, 0);
        double *g = gradient + pl__judge_param(f, j, 0);
        sum += penalise(y[PL_JUDGE_A], 1.0, A_PRECISION, &g[PL_JUDGE_A]);
        sum += penalise(y[PL_JUDGE_DELTA], 0.0, DELTA_PRECISION, &g[PL_JUDGE_DELTA]);
        sum += penalise(y[PL_JUDGE_BETA], x[n], BETA_PRECISION, &g[PL_JUDGE_BETA]);
        gradient[n] -= BETA_PRECISION * (y[PL_JUDGE_BETA] - x[n]);
        sum += penalise(y[PL_JUDGE_S], x[n + 1], S_PRECISION, &g[PL_JUDGE_S]);
        gradient[n + 1] -= S_PRECISION * (y[PL_JUDGE_S] - x[n + 1]);
    }
    return sum;
}

/* Minus the log-likelihood of one judge's cells. */
static double judge_loss(pl_judge_fit *f, size_t judge, const double *x, double *gradient)
{
    const pl_judge_span *s = &f->data->judges[judge];
    const double *y = x + pl__judge_param(f, judge, 0);
    double *g = gradient + pl__judge_param(f, judge, 0);
    double sum = 0.0;
    for (size_t i = s->first; i < s->end && !s->only_ties; i++) {
        pl_judge_cell *c = &f->data->cells[i];
        double gap = x[c->first] - x[c->second];
        double d = y[PL_JUDGE_A] * gap + y[PL_JUDGE_DELTA] + y[PL_JUDGE_BETA] * c->x + y[PL_JUDGE_S] * c->f;
        c->loss = s->has_nu ? pl__davidson_loss(&c->weights, d, y[PL_JUDGE_LN_NU]) : pl__bt_loss(&c->weights, d);
        sum += c->loss.value;
        gradient[c->first] += y[PL_JUDGE_A] * c->loss.d;
        gradient[c->second] -= y[PL_JUDGE_A] * c->loss.d;
        g[PL_JUDGE_A] += gap * c->loss.d;
        g[PL_JUDGE_DELTA] += c->loss.d;
        g[PL_JUDGE_BETA] += c->x * c->loss.d;
        g[PL_JUDGE_S] += c->f * c->loss.d;
        g[PL_JUDGE_LN_NU] += c->loss.k;
    }
    return sum;
}

static double loss(void *user, const double *x, double *ret_gradient)
{
    work *w = user;
    pl_judge_fit *f = w->fit;
    double sum = 0.0;
    memset(ret_gradient, 0, f->n_params * sizeof(*ret_gradient));
    for (size_t j = 0; j < f->data->n_judges; j++)
        sum += judge_loss(f, j, x, ret_gradient);
    f->log_likelihood = -sum;
    return sum + penalty(f, x, ret_gradient);
}

/* Adds one judge's cells to the three parts of the Hessian (lower triangles). */
static void add_cells(work *w, size_t judge, const double *x, double *block, double *border)
{
    const pl_judge_fit *f = w->fit;
    const pl_judge_span *s = &f->data->judges[judge];
    size_t n = f->n_common;
    double a = x[pl__judge_param(f, judge, PL_JUDGE_A)];
    for (size_t i = s->first; i < s->end && !s->only_ties; i++) {
        const pl_judge_cell *c = &f->data->cells[i];
        const double z[P - 1] = {x[c->first] - x[c->second], 1.0, c->x, c->f};
        size_t row = c->first > c->second ? c->first : c->second;
        size_t column = c->first > c->second ? c->second : c->first;
        double h = a * a * c->loss.dd;
        w->common[c->first * n + c->first] += h;
        w->common[c->second * n + c->second] += h;
        w->common[row * n + column] -= h;
        for (size_t p = 0; p < P - 1; p++) {
            double joint = a * c->loss.dd * z[p] + (p == PL_JUDGE_A ? c->loss.d : 0.0);
            border[p * n + c->first] += joint;
            border[p * n + c->second] -= joint;
            for (size_t q = 0; q <= p; q++)
                block[p * P + q] += c->loss.dd * z[p] * z[q];
            block[PL_JUDGE_LN_NU * P + p] += c->loss.dk * z[p];
        }
        border[PL_JUDGE_LN_NU * n + c->first] += a * c->loss.dk;
        border[PL_JUDGE_LN_NU * n + c->second] -= a * c->loss.dk;
        block[PL_JUDGE_LN_NU * P + PL_JUDGE_LN_NU] += c->loss.kk;
    }
}

/* One judge's block and border with penalties, damping and unit rows. */
static void finish_block(const work *w, size_t judge, double damping, const bool *held, double *block, double *border)
{
    static const double precisions[P] = {A_PRECISION, DELTA_PRECISION, BETA_PRECISION, S_PRECISION, 0.0};
    size_t n = w->fit->n_common;
    border[PL_JUDGE_BETA * n + n - 2] -= BETA_PRECISION;
    border[PL_JUDGE_S * n + n - 1] -= S_PRECISION;
    for (size_t p = 0; p < P; p++) {
        block[p * P + p] += precisions[p] + damping;
        if (is_fitted(w->fit, judge, p, held))
            continue;
        memset(border + p * n, 0, n * sizeof(*border));
        for (size_t q = 0; q < p; q++)
            block[p * P + q] = 0.0;
        for (size_t q = p + 1; q < P; q++)
            block[q * P + p] = 0.0;
        block[p * P + p] = 1.0;
    }
}

/* border = L^-1 border; common -= border' border. */
static bool eliminate(work *w, double *block, double *border)
{
    size_t n = w->fit->n_common;
    if (!pl__cholesky_factor(block, P))
        return false;
    for (size_t p = 0; p < P; p++) {
        for (size_t q = 0; q < p; q++) {
            double l = block[p * P + q];
            for (size_t i = 0; i < n && (l > 0.0 || l < 0.0); i++)
                border[p * n + i] -= l * border[q * n + i];
        }
        for (size_t i = 0; i < n; i++)
            border[p * n + i] /= block[p * P + p];
    }
    for (size_t p = 0; p < P; p++) {
        const double *row = border + p * n;
        for (size_t i = 0; i < n; i++) {
            double b = row[i];
            for (size_t k = 0; k <= i && (b > 0.0 || b < 0.0); k++)
                w->common[i * n + k] -= b * row[k];
        }
    }
    return true;
}

/* Factors the Hessian at x. False if it is not positive definite. */
static bool factor(work *w, const double *x, double damping, const bool *held)
{
    const pl_judge_fit *f = w->fit;
    size_t n = f->n_common;
    size_t n_judges = f->data->n_judges;
    memset(w->common, 0, n * n * sizeof(*w->common));
    memset(w->blocks, 0, n_judges * P * P * sizeof(*w->blocks));
    memset(w->border, 0, n_judges * P * n * sizeof(*w->border));
    for (size_t j = 0; j < n_judges; j++) {
        add_cells(w, j, x, w->blocks + j * P * P, w->border + j * P * n);
        finish_block(w, j, damping, held, w->blocks + j * P * P, w->border + j * P * n);
    }
    double trace = 0.0;
    for (size_t i = 0; i + 2 < n; i++) {
        w->common[i * n + i] += THETA_PRECISION + damping;
        trace += w->common[i * n + i];
    }
    w->common[(n - 2) * n + n - 2] += BETA_PRECISION * (1.0 + (double)n_judges) + damping;
    w->common[(n - 1) * n + n - 1] += S_PRECISION * (1.0 + (double)n_judges) + damping;
    w->level = trace / (double)(n - 2) / (double)(n - 2);
    for (size_t i = 0; i + 2 < n; i++) {
        for (size_t k = 0; k <= i; k++)
            w->common[i * n + k] += w->level;
    }
    for (size_t j = 0; j < n_judges; j++) {
        if (!eliminate(w, w->blocks + j * P * P, w->border + j * P * n))
            return false;
    }
    return pl__cholesky_factor(w->common, n);
}

/* y = L^-1 y for one judge's block. */
static void divide(const double *block, double *y)
{
    for (size_t p = 0; p < P; p++) {
        for (size_t q = 0; q < p; q++)
            y[p] -= block[p * P + q] * y[q];
        y[p] /= block[p * P + p];
    }
}

/* y = L'^-1 y. */
static void divide_transposed(const double *block, double *y)
{
    for (size_t p = P; p-- > 0;) {
        for (size_t q = p + 1; q < P; q++)
            y[p] -= block[q * P + p] * y[q];
        y[p] /= block[p * P + p];
    }
}

/* x, holding b on entry, becomes the solution of H x = b; the Hessian is factored. */
static void solve(const work *w, const bool *held, double *x)
{
    const pl_judge_fit *f = w->fit;
    size_t n = f->n_common;
    for (size_t j = 0; j < f->data->n_judges; j++) {
        double *y = x + pl__judge_param(f, j, 0);
        for (size_t p = 0; p < P; p++)
            y[p] = is_fitted(f, j, p, held) ? y[p] : 0.0;
        divide(w->blocks + j * P * P, y);
        for (size_t p = 0; p < P; p++) {
            const double *row = w->border + (j * P + p) * n;
            for (size_t i = 0; i < n; i++)
                x[i] -= row[i] * y[p];
        }
    }
    pl__cholesky_solve(w->common, n, x);
    for (size_t j = 0; j < f->data->n_judges; j++) {
        double *y = x + pl__judge_param(f, j, 0);
        for (size_t p = 0; p < P; p++) {
            const double *row = w->border + (j * P + p) * n;
            for (size_t i = 0; i < n; i++)
                y[p] -= row[i] * x[i];
        }
        divide_transposed(w->blocks + j * P * P, y);
    }
}

static bool newton_step(void *user, const double *x, const double *gradient, double damping, const bool *held,
                        double *ret_step)
{
    work *w = user;
    if (!factor(w, x, damping, held))
        return false;
    for (size_t i = 0; i < w->fit->n_params; i++)
        ret_step[i] = -gradient[i];
    solve(w, held, ret_step);
    return true;
}

/* x' L x, L being the penalties' matrix. */
static double penalty_form(const pl_judge_fit *f, const double *x)
{
    size_t n = f->n_common - 2;
    double sum = BETA_PRECISION * x[n] * x[n] + S_PRECISION * x[n + 1] * x[n + 1];
    for (size_t i = 0; i < n; i++)
        sum += THETA_PRECISION * x[i] * x[i];
    for (size_t j = 0; j < f->data->n_judges; j++) {
        const double *y = x + pl__judge_param(f, j, 0);
        double beta = y[PL_JUDGE_BETA] - x[n];
        double s = y[PL_JUDGE_S] - x[n + 1];
        sum += A_PRECISION * y[PL_JUDGE_A] * y[PL_JUDGE_A] + DELTA_PRECISION * y[PL_JUDGE_DELTA] * y[PL_JUDGE_DELTA] +
               BETA_PRECISION * beta * beta + S_PRECISION * s * s;
    }
    return sum;
}

/* theta keeps its mean of 0, and is not stiffened where it cannot go. */
static void centre(double *theta, size_t n)
{
    double mean = 0.0;
    for (size_t i = 0; i < n; i++)
        mean += theta[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        theta[i] -= mean;
}

/* Square roots of the diagonal of H^-1 (J + L) H^-1, see judge_bt_errors.c; the Hessian is factored. */
static void find_errors(const work *w, const pl_judge_meat *meat, double *x)
{
    pl_judge_fit *f = w->fit;
    for (size_t i = 0; i < f->n_params; i++) {
        size_t own = i < f->n_common ? 0 : i - f->n_common;
        if (i >= f->n_common && !is_fitted(f, own / P, own % P, f->held))
            continue;
        memset(x, 0, f->n_params * sizeof(*x));
        x[i] = 1.0;
        solve(w, f->held, x);
        centre(x, f->n_common - 2);
        f->errors[i] = sqrt(fmax(pl__judge_meat_form(meat, f, x) + penalty_form(f, x), 0.0));
    }
}

/* a = 1 and the strengths of bt; each judge's nu as if all models were equal. */
static pl_status start(pl_judge_fit *f, bool *bounded)
{
    static const pl_strengths_model model = {.ridge = START_RIDGE};
    pl_win_graph graph = {0};
    pl_fit_report unused;
    pl_status rc = pl__win_graph_init(&graph, &f->data->matrix);
    if (rc == PL_OK)
        rc = pl__strengths_fit(&f->data->matrix, &graph, &model, f->params, &unused);
    pl__win_graph_clear(&graph);
    for (size_t j = 0; j < f->data->n_judges && rc == PL_OK; j++) {
        const pl_judge_span *s = &f->data->judges[j];
        f->params[pl__judge_param(f, j, PL_JUDGE_A)] = 1.0;
        bounded[pl__judge_param(f, j, PL_JUDGE_A)] = true;
        if (s->has_nu)
            f->params[pl__judge_param(f, j, PL_JUDGE_LN_NU)] = log(2.0 * s->tied / s->decided);
    }
    return rc;
}

static pl_status run(pl_judge_fit *f, work *w, const bool *bounded, double *scratch)
{
    pl_judge_meat meat = {0};
    static const pl_newton_ops ops = {loss, newton_step};
    f->tolerance = TOLERANCE * (1.0 + f->data->matrix.total);
    pl_newton_opts opts = {.tolerance = f->tolerance, .max_iterations = ITERATIONS_MAX, .bounded = bounded};
    pl__newton_minimise(&ops, w, f->n_params, &opts, f->params, scratch, f->held, &f->report);
    (void)loss(w, f->params, scratch); /* the cells may know a point that was tried and left */
    f->definite = factor(w, f->params, 0.0, f->held);
    for (size_t i = 0; i < f->n_params; i++)
        f->errors[i] = (double)NAN;
    if (!f->definite)
        return PL_OK;
    pl_status rc = pl__judge_meat_init(&meat, f);
    if (rc == PL_OK)
        find_errors(w, &meat, scratch);
    pl__judge_meat_clear(&meat);
    return rc;
}

pl_status pl__judge_fit_init(pl_judge_fit *fit, pl_judge_data *data)
{
    size_t n = (size_t)data->matrix.n + 2;
    size_t n_judges = data->n_judges;
    pl_status rc = PL_E_NOMEM;
    pl_judge_fit f = {.data = data, .n_common = n, .n_params = n + n_judges * P};
    work w = {.fit = &f};
    bool *bounded = pl__calloc(f.n_params, sizeof(*bounded));
    double *scratch = pl__calloc(PL_NEWTON_SCRATCH(f.n_params), sizeof(*scratch));

    f.params = pl__calloc(f.n_params, sizeof(*f.params));
    f.errors = pl__calloc(f.n_params, sizeof(*f.errors));
    f.held = pl__calloc(f.n_params, sizeof(*f.held));
    w.common = pl__calloc(n * n, sizeof(*w.common));
    w.blocks = pl__calloc(n_judges * P * P, sizeof(*w.blocks));
    w.border = pl__calloc(n_judges * P * n, sizeof(*w.border));
    if (!bounded || !scratch || !f.params || !f.errors || !f.held || !w.common || !w.blocks || !w.border)
        goto out;
    if (data->matrix.n > 0) {
        rc = start(&f, bounded);
        if (rc)
            goto out;
        rc = run(&f, &w, bounded, scratch);
        if (rc)
            goto out;
    }
    rc = PL_OK;
    *fit = f;
    f = (pl_judge_fit){0};
out:
    pl__free(bounded);
    pl__free(scratch);
    pl__free(w.common);
    pl__free(w.blocks);
    pl__free(w.border);
    pl__judge_fit_clear(&f);
    return rc;
}

void pl__judge_fit_clear(pl_judge_fit *fit)
{
    pl__free(fit->params);
    pl__free(fit->errors);
    pl__free(fit->held);
    *fit = (pl_judge_fit){0};
}
