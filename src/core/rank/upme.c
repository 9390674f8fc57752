/* UPME (arXiv paper of that name, eqs. 5 and 10, Algorithm 1) with eq. 5 as a weighted mean: with a sum, the loss
 * would be least at w = 0. Each epoch is a gradient step on the loss with G held fixed: w <- w - step (w - G(w)). */
#include "upme.h"

#include "alloc.h"
#include "rng.h"
#include "tally.h"

#include <math.h>

bool pl__upme_has_score(const pl_upme *u, uint32_t m)
{
    return u->roles[m] == PL_UPME_LEARNER || u->roles[m] == PL_UPME_SCORED;
}

/* Does any judgment of the model's stand behind a score? */
static bool has_judged(const pl_rank_input *in, uint32_t judge)
{
    const double *count = pl_peer_table_count(in->table);
    for (uint32_t m = 0; m < in->n_models; m++) {
        if (count[(size_t)m * in->n_models + judge] > 0.0)
            return true;
    }
    return false;
}

static void assign_roles(pl_upme *u)
{
    const pl_rank_input *in = u->in;
    for (uint32_t m = 0; m < in->n_models; m++) {
        bool scored = !isnan(pl__weighted_mean(in, m, NULL));
        if (scored)
            u->roles[m] = has_judged(in, m) ? PL_UPME_LEARNER : PL_UPME_SCORED;
        else
            u->roles[m] = pl_peer_table_is_judge(in->table, m) ? PL_UPME_OUTSIDER : PL_UPME_NONE;
        u->n_scored += scored;
    }
}

pl_status pl__upme_open(pl_upme *u, const pl_rank_input *in)
{
    size_t n = in->n_models;
    *u = (pl_upme){.in = in,
                   .roles = pl__calloc(n, sizeof(*u->roles)),
                   .w = pl__calloc(n, sizeof(*u->w)),
                   .g = pl__calloc(n, sizeof(*u->g))};
    if (!u->roles || !u->w || !u->g)
        return PL_E_NOMEM;
    assign_roles(u);
    return PL_OK;
}

void pl__upme_close(pl_upme *u)
{
    pl__free(u->roles);
    pl__free(u->w);
    pl__free(u->g);
    *u = (pl_upme){0};
}

void pl__upme_start(pl_upme *u, pl_upme_init init, uint64_t start)
{
    for (uint32_t m = 0; m < u->in->n_models; m++) {
        u->w[m] = u->roles[m] == PL_UPME_NONE ? (double)NAN : 1.0;
        if (init != PL_UPME_INIT_RANDOM || u->roles[m] == PL_UPME_NONE)
            continue;
        pl_rng rng; /* a stream for each name, so that indices do not matter */
        pl__rng_init(&rng, u->in->opts->seed, u->in->models[m], start);
        u->w[m] = pl__rng_uniform(&rng);
    }
}

void pl__upme_weigh_outsiders(pl_upme *u)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < u->in->n_models; i++) {
        uint32_t m = u->in->order[i];
        if (pl__upme_has_score(u, m))
            sum += u->w[m];
    }
    for (uint32_t m = 0; m < u->in->n_models; m++) {
        if (u->roles[m] == PL_UPME_OUTSIDER)
            u->w[m] = sum / u->n_scored;
    }
}

/* G of the present weights; then w = G for candidates that do not judge. Returns the largest |w - G| before that. */
static double update_scores(pl_upme *u)
{
    double gap = 0.0;
    pl__upme_weigh_outsiders(u);
    for (uint32_t m = 0; m < u->in->n_models; m++) {
        u->g[m] = pl__upme_has_score(u, m) ? pl__weighted_mean(u->in, m, u->w) : (double)NAN;
        if (!isnan(u->g[m]))
            gap = fmax(gap, fabs(u->w[m] - u->g[m]));
    }
    for (uint32_t m = 0; m < u->in->n_models; m++) {
        if (u->roles[m] == PL_UPME_SCORED && !isnan(u->g[m]))
            u->w[m] = u->g[m];
    }
    return gap;
}

double pl__upme_loss(const pl_upme *u)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < u->in->n_models; i++) {
        uint32_t m = u->in->order[i];
        if (pl__upme_has_score(u, m) && !isnan(u->g[m]))
            sum += (u->g[m] - u->w[m]) * (u->g[m] - u->w[m]);
    }
    return sum / u->n_scored;
}

void pl__upme_iterate(pl_upme *u, uint32_t max_epochs, double *loss)
{
    double step = u->in->opts->upme_step;
    for (u->epochs = 0; u->epochs < max_epochs;) {
        double gap = update_scores(u);
        if (loss)
            loss[u->epochs] = pl__upme_loss(u);
        u->epochs++;
        if (gap < PL_UPME_SETTLED)
            break;
        for (uint32_t m = 0; m < u->in->n_models; m++) {
            if (u->roles[m] == PL_UPME_LEARNER && !isnan(u->g[m]))
                u->w[m] -= step * (u->w[m] - u->g[m]);
        }
    }
    u->gap = update_scores(u);
    pl__upme_weigh_outsiders(u);
}
