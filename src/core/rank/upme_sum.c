/* UPME with eq. 5 as it is printed, a sum, made comparable between candidates by the number of judgments. Eq. 10 is
 * then least at w = 0, so that w is rescaled to mean 1 after each epoch: a damped power iteration. */
#include "alloc.h"
#include "error.h"
#include "num.h"
#include "upme.h"

#include <math.h>
#include <string.h>

#define WORTH_A_WARNING 1e-6

/* G_j = sum over r of w_r n R / sum over r of n. */
static double weighted_sum(const pl_upme *u, uint32_t candidate)
{
    const pl_rank_input *in = u->in;
    const double *mean = pl_peer_table_mean(in->table) + (size_t)candidate * in->n_models;
    const double *count = pl_peer_table_count(in->table) + (size_t)candidate * in->n_models;
    double sum = 0.0;
    double total = 0.0;
    for (uint32_t i = 0; i < in->n_models; i++) {
        uint32_t judge = in->order[i];
        if (!(count[judge] > 0.0))
            continue;
        sum += u->w[judge] * count[judge] * mean[judge];
        total += count[judge];
    }
    return sum / total;
}

static void update_scores(pl_upme *u)
{
    pl__upme_weigh_outsiders(u);
    for (uint32_t m = 0; m < u->in->n_models; m++)
        u->g[m] = pl__upme_has_score(u, m) ? weighted_sum(u, m) : (double)NAN;
}

/* One step and the rescaling; every candidate learns, since its weight counts in the mean even if it never judges.
 * Returns the largest change of a weight. */
static double learn(pl_upme *u, double *next)
{
    double step = u->in->opts->upme_step;
    double sum = 0.0;
    double change = 0.0;
    for (uint32_t i = 0; i < u->in->n_models; i++) {
        uint32_t m = u->in->order[i];
        if (!pl__upme_has_score(u, m))
            continue;
        next[m] = u->w[m] - step * (u->w[m] - u->g[m]);
        sum += next[m];
    }
    double factor = sum > 0.0 ? u->n_scored / sum : 1.0;
    for (uint32_t m = 0; m < u->in->n_models; m++) {
        if (!pl__upme_has_score(u, m))
            continue;
        change = fmax(change, fabs(factor * next[m] - u->w[m]));
        u->w[m] = factor * next[m];
    }
    return change;
}

static pl_status iterate(pl_upme *u, double *next, pl_ranking *r)
{
    double change = (double)INFINITY;
    pl__upme_start(u, u->in->opts->upme_init, 0);
    while (r->n_loss < u->in->opts->upme_epochs && !(change < PL_UPME_SETTLED)) {
        update_scores(u);
        r->loss[r->n_loss++] = pl__upme_loss(u);
        change = learn(u, next);
    }
    update_scores(u);
    memcpy(r->scores, u->g, u->in->n_models * sizeof(*r->scores));
    memcpy(r->weights, u->w, u->in->n_models * sizeof(*r->weights));
    if (!(change > WORTH_A_WARNING))
        return PL_OK;
    char text[PL_NUM_BYTES];
    pl__num_format_fixed(change, 6, text);
    return pl__ranking_warn(r, "the weights have not settled after %zu epochs: the last one moved one by %s", r->n_loss,
                            text);
}

pl_status pl__rank_upme_sum(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_ranking *r = pl__ranking_new(in->n_models, true);
    double *next = pl__calloc(in->n_models, sizeof(*next));
    pl_upme u = {0};

    if (!r || !next || pl__upme_open(&u, in)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "weights of %u models", in->n_models);
        goto out;
    }
    if (u.n_scored > 0) {
        r->loss = pl__calloc(in->opts->upme_epochs, sizeof(*r->loss));
        if (!r->loss || iterate(&u, next, r)) {
            rc = pl__fail(reterr, PL_E_NOMEM, "%u epochs", in->opts->upme_epochs);
            goto out;
        }
    }
    *ret = r;
    r = NULL;
out:
    pl__free(next);
    pl__upme_close(&u);
    pl_ranking_free(r);
    return rc;
}
