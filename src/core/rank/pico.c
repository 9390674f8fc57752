/* PiCO, "Peer Review in LLMs based on Consistency Optimization" (Ning et al. 2024), as its authors' program computes
 * it. The weights are w = sigmoid(L x + b) with x ~ N(0, 1) drawn once; the loss is 1 - Pearson(w, G), whose gradient
 * also runs through G, but not through the ranks within it.
 *
 * 1. Gradient descent on L and b moves z = L x + b by -rate (|x|^2 + 1) dloss/dz: L itself need not be kept.
 * 2. A win earns 1 + (rank of the winner - rank of the loser) / K, rank 0 being the largest weight; a tie 1/2 each.
 * 3. G_j = sum over battles of earnings times the judge's weight / number of battles: linear in the judges' weights.
 * 4. The network has a unit for each candidate, whether it judges or not; a judge that is no candidate weighs as the
 *    candidates' mean (ours). Draws belong to the candidates' places in the order of names. */
#include "alloc.h"
#include "battles.h"
#include "error.h"
#include "num.h"
#include "rng.h"

#include <math.h>
#include <peerless/stats.h>
#include <stdlib.h>
#include <string.h>

#define EPOCHS 30u
#define RATE 0.1
#define RATE_DECAY 0.1
#define RATE_EPOCHS 10u
#define RANK_UNIT 200.0
#define EQUAL_SCORES 1e-9 /* of a_score and 1/2: battles this close are ties */

typedef struct pico {
    const pl_rank_input *in;
    const pl_battle *battles;
    size_t n_battles;
    size_t n;         /* candidates with a battle: the units of the network */
    uint32_t *models; /* n_models: of each unit, in the order of names */
    uint32_t *units;  /* n_models: of each model, or UINT32_MAX */
    uint32_t *rank;   /* n, by weight */
    double *z;        /* n */
    double *w;        /* n */
    double *g;        /* n */
    double *gradient; /* n: of the loss by g, then by w */
    double *count;    /* n: battles */
    double x_squared;
} pico;

static void find_units(pico *p)
{
    const pl_rank_input *in = p->in;
    for (uint32_t m = 0; m < in->n_models; m++)
        p->units[m] = UINT32_MAX;
    for (size_t i = 0; i < p->n_battles; i++)
        p->units[p->battles[i].a] = p->units[p->battles[i].b] = 0;
    for (uint32_t i = 0; i < in->n_models; i++) {
        uint32_t m = in->order[i];
        if (p->units[m] == UINT32_MAX)
            continue;
        p->units[m] = (uint32_t)p->n;
        p->models[p->n++] = m;
    }
    for (size_t i = 0; i < p->n_battles; i++) {
        p->count[p->units[p->battles[i].a]] += p->battles[i].weight;
        p->count[p->units[p->battles[i].b]] += p->battles[i].weight;
    }
}

/* The usual start of a linear layer: L and b uniform within 1 / sqrt(n). */
static void draw_network(pico *p)
{
    uint64_t seed = p->in->opts->seed;
    double bound = 1.0 / sqrt((double)p->n);
    pl_rng rng;
    pl__rng_init(&rng, seed, "pico x", 0);
    for (size_t k = 0; k < p->n; k++) {
        p->g[k] = pl__rng_normal(&rng); /* x, until the first scores */
        p->x_squared += p->g[k] * p->g[k];
    }
    for (size_t j = 0; j < p->n; j++) {
        pl__rng_init(&rng, seed, "pico unit", j);
        p->z[j] = bound * (2.0 * pl__rng_uniform(&rng) - 1.0);
        for (size_t k = 0; k < p->n; k++)
            p->z[j] += bound * (2.0 * pl__rng_uniform(&rng) - 1.0) * p->g[k];
    }
}

static void rank_weights(pico *p)
{
    for (size_t j = 0; j < p->n; j++) {
        p->rank[j] = 0;
        for (size_t k = 0; k < p->n; k++)
            p->rank[j] += p->w[k] > p->w[j] || (k < j && !(p->w[k] < p->w[j]));
    }
}

/* What the battle's two sides earn for a judge of weight 1. */
static void earn(const pico *p, const pl_battle *b, double *ret_a, double *ret_b)
{
    double apart = ((double)p->rank[p->units[b->a]] - (double)p->rank[p->units[b->b]]) / RANK_UNIT;
    *ret_a = *ret_b = 0.5;
    if (b->a_score > 0.5 + EQUAL_SCORES) {
        *ret_a = 1.0 + apart;
        *ret_b = 0.0;
    } else if (b->a_score < 0.5 - EQUAL_SCORES) {
        *ret_a = 0.0;
        *ret_b = 1.0 - apart;
    }
}

static double mean_of(const double *x, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

static void score(pico *p)
{
    double outside = mean_of(p->w, p->n);
    for (size_t j = 0; j < p->n; j++)
        p->g[j] = 0.0;
    for (size_t i = 0; i < p->n_battles; i++) {
        const pl_battle *b = &p->battles[i];
        uint32_t judge = p->units[b->judge];
        double weight = b->weight * (judge == UINT32_MAX ? outside : p->w[judge]);
        double a = 0.0;
        double other = 0.0;
        earn(p, b, &a, &other);
        p->g[p->units[b->a]] += weight * a;
        p->g[p->units[b->b]] += weight * other;
    }
    for (size_t j = 0; j < p->n; j++)
        p->g[j] /= p->count[j];
}

/* p->gradient: of 1 - Pearson(w, G) by w, G's part through the battles. Needs the correlation. */
static void find_gradient(pico *p, double correlation, double *by_g)
{
    double mean_w = mean_of(p->w, p->n);
    double mean_g = mean_of(p->g, p->n);
    double ww = 0.0;
    double gg = 0.0;
    double outside = 0.0;
    for (size_t j = 0; j < p->n; j++) {
        ww += (p->w[j] - mean_w) * (p->w[j] - mean_w);
        gg += (p->g[j] - mean_g) * (p->g[j] - mean_g);
    }
    for (size_t j = 0; j < p->n; j++) {
        double dw = (p->w[j] - mean_w) / sqrt(ww);
        double dg = (p->g[j] - mean_g) / sqrt(gg);
        p->gradient[j] = -(dg - correlation * dw) / sqrt(ww);
        by_g[j] = -(dw - correlation * dg) / sqrt(gg) / p->count[j];
    }
    for (size_t i = 0; i < p->n_battles; i++) {
        const pl_battle *b = &p->battles[i];
        double a = 0.0;
        double other = 0.0;
        earn(p, b, &a, &other);
        double part = b->weight * (a * by_g[p->units[b->a]] + other * by_g[p->units[b->b]]);
        if (p->units[b->judge] == UINT32_MAX)
            outside += part;
        else
            p->gradient[p->units[b->judge]] += part;
    }
    for (size_t j = 0; j < p->n; j++)
        p->gradient[j] += outside / (double)p->n;
}

/* The last epoch's step would change nothing that is reported. */
static void train(pico *p, double *by_g, pl_ranking *r)
{
    double rate = RATE;
    draw_network(p);
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        for (size_t j = 0; j < p->n; j++)
            p->w[j] = 1.0 / (1.0 + exp(-p->z[j]));
        rank_weights(p);
        score(p);
        double correlation = pl_stats_pearson(p->w, p->g, p->n);
        if (isnan(correlation))
            break;
        r->loss[r->n_loss++] = 1.0 - correlation;
        find_gradient(p, correlation, by_g);
        for (size_t j = 0; j < p->n; j++)
            p->z[j] -= rate * (p->x_squared + 1.0) * p->gradient[j] * p->w[j] * (1.0 - p->w[j]);
        if ((epoch + 1) % RATE_EPOCHS == 0)
            rate *= RATE_DECAY;
    }
}

static pl_status report(const pico *p, pl_ranking *r)
{
    double outside = mean_of(p->w, p->n);
    for (size_t i = 0; i < p->n_battles; i++)
        r->weights[p->battles[i].judge] = outside;
    for (size_t j = 0; j < p->n; j++) {
        r->scores[p->models[j]] = p->g[j];
        r->weights[p->models[j]] = p->w[j];
    }
    if (r->n_loss == EPOCHS)
        return PL_OK;
    return pl__ranking_warn(r, "the scores leave nothing to correlate with the weights, which stay as they were drawn");
}

pl_status pl__rank_pico(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    size_t n = in->n_models;
    pl_ranking *r = pl__ranking_new(in->n_models, true);
    double *by_g = pl__calloc(n, sizeof(*by_g));
    pl_battle *battles = NULL;
    pico p = {.in = in,
              .models = pl__calloc(n, sizeof(*p.models)),
              .units = pl__calloc(n, sizeof(*p.units)),
              .rank = pl__calloc(n, sizeof(*p.rank)),
              .z = pl__calloc(n, sizeof(*p.z)),
              .w = pl__calloc(n, sizeof(*p.w)),
              .g = pl__calloc(n, sizeof(*p.g)),
              .gradient = pl__calloc(n, sizeof(*p.gradient)),
              .count = pl__calloc(n, sizeof(*p.count))};

    if (r)
        r->loss = pl__calloc(EPOCHS, sizeof(*r->loss));
    if (!r || !r->loss || !by_g || !p.models || !p.units || !p.rank || !p.z || !p.w || !p.g || !p.gradient ||
        !p.count || pl__battles_new(in, true, &battles, &p.n_battles)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "weights of %u models", in->n_models);
        goto out;
    }
    p.battles = battles;
    find_units(&p);
    if (p.n > 0) {
        train(&p, by_g, r);
        if (report(&p, r)) {
            rc = pl__fail(reterr, PL_E_NOMEM, "a warning");
            goto out;
        }
    }
    *ret = r;
    r = NULL;
out:
    pl__free(by_g);
    pl__free(battles);
    pl__free(p.models);
    pl__free(p.units);
    pl__free(p.rank);
    pl__free(p.z);
    pl__free(p.w);
    pl__free(p.g);
    pl__free(p.gradient);
    pl__free(p.count);
    pl_ranking_free(r);
    return rc;
}
