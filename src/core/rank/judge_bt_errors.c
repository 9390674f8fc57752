/* What the standard errors of judge-bt come from.
 *
 * 1. The maximum lies off by H^-1 (g - L p): H is the Hessian of the penalised loss, g the gradient of the likelihood
 *    at the truth, L the penalties' matrix, p how far the truth lies from where the penalties pull. For parameters that
 *    vary as the penalties say E p p' = L^-1, so that the mean squared error is H^-1 (J + L) H^-1, J = cov(g).
 * 2. A verdict of weight w adds to g in proportion to w, to J in proportion to w^2: w times what it adds to H. So
 *    independent verdicts that weigh 1 each make J + L = H, and this the inverse Hessian: the observed one, which knows
 *    better than the expected one how far apart this data holds a and theta (Efron and Hinkley 1978).
 * 3. The verdicts of a unit are no independent ones: orders and criteria of one comparison. Seen from one of the two
 *    models, their correlation is taken to be a number of the judge's, phi for who wins and psi for ties, estimated by
 *    moments (as an exchangeable correlation in Liang and Zeger 1986): 0 where a judge decides anew each time, 1 where
 *    the second order adds nothing.
 *
 * That images differ is not in it: that is the bootstrap's part. */
#include "judge_bt_parts.h"

#include "alloc.h"

#include <math.h>

#define P ((size_t)PL_JUDGE_PARAMS)

/* Moments of the pairs of verdicts within units. */
typedef struct likeness {
    double wins_met;  /* products of gradients by d */
    double wins_full; /* what they would be at a correlation of 1 */
    double ties_met;
    double ties_full;
    size_t unit_max;
    double phi;
    double psi;
} likeness;

/* One verdict's part of the gradient: d times z, and k for ln nu. */
typedef struct part {
    double side; /* 1: the first-shown model has the lower place */
    double d;
    double k;
    double var_d;
    double cov;
    double var_k;
    double joint;                /* of a and the first's theta, beyond what var_d makes of it */
    double lead;                 /* z of the lower place; the higher has -lead */
    double own[PL_JUDGE_PARAMS]; /* z; 0 for ln nu */
} part;

static part part_of(const pl_judge_fit *f, const pl_judge_vote *v)
{
    const double *y = f->params + pl__judge_param(f, v->judge, 0);
    double gap = f->params[v->first] - f->params[v->second];
    double d = y[PL_JUDGE_A] * gap + y[PL_JUDGE_DELTA] + y[PL_JUDGE_BETA] * v->x + y[PL_JUDGE_S] * v->f;
    double weight = v->weights.win + v->weights.tie + v->weights.loss;
    pl_pair_loss loss = f->data->judges[v->judge].has_nu ? pl__davidson_loss(&v->weights, d, y[PL_JUDGE_LN_NU])
                                                         : pl__bt_loss(&v->weights, d);
    double side = v->first < v->second ? 1.0 : -1.0;
    return (part){.side = side,
                  .d = loss.d,
                  .k = loss.k,
                  .var_d = weight * loss.dd,
                  .cov = weight * loss.dk,
                  .var_k = weight * loss.kk,
                  .joint = weight * loss.d,
                  .lead = side * y[PL_JUDGE_A],
                  .own = {gap, 1.0, v->x, v->f, 0.0}};
}

static size_t unit_end(const pl_judge_data *d, size_t i)
{
    uint32_t unit = d->votes[i].unit;
    while (i < d->n_votes && d->votes[i].unit == unit)
        i++;
    return i;
}

static void compare_unit(const pl_judge_fit *f, size_t start, size_t end, likeness *l)
{
    double sums[4] = {0};
    double squares[4] = {0};
    for (size_t i = start; i < end; i++) {
        part p = part_of(f, &f->data->votes[i]);
        const double values[4] = {p.side * p.d, sqrt(p.var_d), p.k, sqrt(p.var_k)};
        for (size_t k = 0; k < 4; k++) {
            sums[k] += values[k];
            squares[k] += values[k] * values[k];
        }
    }
    l->wins_met += sums[0] * sums[0] - squares[0];
    l->wins_full += sums[1] * sums[1] - squares[1];
    l->ties_met += sums[2] * sums[2] - squares[2];
    l->ties_full += sums[3] * sums[3] - squares[3];
    if (end - start > l->unit_max)
        l->unit_max = end - start;
}

/* n numbers cannot all have a lower correlation than -1 / (n - 1). */
static double correlation(double met, double full, size_t n)
{
    if (n < 2 || !(full > 0.0))
        return 0.0;
    return fmin(fmax(met / full, -1.0 / ((double)n - 1.0)), 1.0);
}

/* Adds factor * z z', z having `lead` and `own`. */
static void add_square(pl_judge_meat *m, const pl_judge_vote *v, double factor, double lead, const double *own)
{
    size_t n = m->n_models;
    size_t low = v->first < v->second ? v->first : v->second;
    size_t high = v->first < v->second ? v->second : v->first;
    double *border = m->border + v->judge * P * n;
    double *block = m->blocks + v->judge * P * P;
    m->common[low * n + low] += factor * lead * lead;
    m->common[high * n + high] += factor * lead * lead;
    m->common[low * n + high] -= factor * lead * lead;
    m->common[high * n + low] -= factor * lead * lead;
    for (size_t p = 0; p < P; p++) {
        border[p * n + low] += factor * own[p] * lead;
        border[p * n + high] -= factor * own[p] * lead;
        for (size_t q = 0; q < P; q++)
            block[p * P + q] += factor * own[p] * own[q];
    }
}

/* Adds what a and theta have in common by being multiplied, cov (z e' + e z'), e being 1 for ln nu and 0 elsewhere, and
 * var e e'. */
static void add_rest(pl_judge_meat *m, const pl_judge_vote *v, const part *p, double var)
{
    size_t n = m->n_models;
    double *a_border = m->border + (v->judge * P + PL_JUDGE_A) * n;
    double *border = m->border + (v->judge * P + PL_JUDGE_LN_NU) * n;
    double *block = m->blocks + v->judge * P * P;
    a_border[v->first] += p->joint;
    a_border[v->second] -= p->joint;
    border[v->first] += p->side * p->cov * p->lead;
    border[v->second] -= p->side * p->cov * p->lead;
    for (size_t q = 0; q < P; q++) {
        block[q * P + PL_JUDGE_LN_NU] += p->cov * p->own[q];
        block[PL_JUDGE_LN_NU * P + q] += p->cov * p->own[q];
    }
    block[PL_JUDGE_LN_NU * P + PL_JUDGE_LN_NU] += var;
}

static void add_unit(pl_judge_meat *m, const pl_judge_fit *f, size_t start, size_t end, const likeness *l)
{
    const pl_judge_vote *first = &f->data->votes[start];
    double lead = 0.0;
    double own[PL_JUDGE_PARAMS] = {0};
    double ties = 0.0;
    for (size_t i = start; i < end; i++) {
        const pl_judge_vote *v = &f->data->votes[i];
        part p = part_of(f, v);
        double sd = p.side * sqrt(p.var_d);
        add_square(m, v, (1.0 - l->phi) * p.var_d, p.lead, p.own);
        add_rest(m, v, &p, (1.0 - l->psi) * p.var_k);
        lead += sd * p.lead;
        for (size_t q = 0; q < P; q++)
            own[q] += sd * p.own[q];
        ties += sqrt(p.var_k);
    }
    add_square(m, first, l->phi, lead, own);
    m->blocks[(first->judge * P + PL_JUDGE_LN_NU) * P + PL_JUDGE_LN_NU] += l->psi * ties * ties;
}

static void fill(pl_judge_meat *m, const pl_judge_fit *f, likeness *all)
{
    const pl_judge_data *d = f->data;
    for (size_t i = 0, end = 0; i < d->n_votes; i = end) {
        end = unit_end(d, i);
        if (!d->judges[d->votes[i].judge].only_ties)
            compare_unit(f, i, end, &all[d->votes[i].judge]);
    }
    for (size_t j = 0; j < d->n_judges; j++) {
        likeness *l = &all[j];
        l->phi = correlation(l->wins_met, l->wins_full, l->unit_max);
        l->psi = correlation(l->ties_met, l->ties_full, l->unit_max);
    }
    for (size_t i = 0, end = 0; i < d->n_votes; i = end) {
        end = unit_end(d, i);
        if (!d->judges[d->votes[i].judge].only_ties)
            add_unit(m, f, i, end, &all[d->votes[i].judge]);
    }
}

pl_status pl__judge_meat_init(pl_judge_meat *meat, const pl_judge_fit *fit)
{
    pl_judge_meat m = {.n_models = fit->data->matrix.n, .n_judges = fit->data->n_judges};
    likeness *all = pl__calloc(m.n_judges, sizeof(*all));
    m.common = pl__calloc(m.n_models * m.n_models, sizeof(*m.common));
    m.border = pl__calloc(m.n_judges * P * m.n_models, sizeof(*m.border));
    m.blocks = pl__calloc(m.n_judges * P * P, sizeof(*m.blocks));
    if (!all || !m.common || !m.border || !m.blocks) {
        pl__free(all);
        pl__judge_meat_clear(&m);
        return PL_E_NOMEM;
    }
    fill(&m, fit, all);
    pl__free(all);
    *meat = m;
    return PL_OK;
}

double pl__judge_meat_form(const pl_judge_meat *meat, const pl_judge_fit *fit, const double *x)
{
    size_t n = meat->n_models;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double row = 0.0;
        for (size_t k = 0; k < n; k++)
            row += meat->common[i * n + k] * x[k];
        sum += row * x[i];
    }
    for (size_t j = 0; j < meat->n_judges; j++) {
        const double *y = x + pl__judge_param(fit, j, 0);
        for (size_t p = 0; p < P; p++) {
            const double *border = meat->border + (j * P + p) * n;
            const double *block = meat->blocks + (j * P + p) * P;
            double row = 0.0;
            for (size_t i = 0; i < n; i++)
                row += 2.0 * border[i] * x[i];
            for (size_t q = 0; q < P; q++)
                row += block[q] * y[q];
            sum += row * y[p];
        }
    }
    return sum;
}

void pl__judge_meat_clear(pl_judge_meat *meat)
{
    pl__free(meat->common);
    pl__free(meat->border);
    pl__free(meat->blocks);
    *meat = (pl_judge_meat){0};
}
