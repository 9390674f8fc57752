/* UPME's Algorithm 1 online: one battle at a time moves the scores of both of its candidates (ours; the paper names
 * one), then the weights take one step. A battle is all that one judge said about one pair of answers. */
#include "alloc.h"
#include "battles.h"
#include "error.h"
#include "rng.h"
#include "upme.h"

#include <math.h>
#include <string.h>

#define ALPHA 0.05
#define SCORE_START 0.5

typedef struct ema {
    pl_upme u; /* g: the moving averages */
    const pl_battle *battles;
    uint32_t n_battles;
    uint32_t *draw; /* n_battles: the pass's order */
    double *sum;    /* n_models: of g over the last pass */
} ema;

static void start(ema *e)
{
    pl_upme *u = &e->u;
    pl__upme_start(u, u->in->opts->upme_init, 0);
    for (uint32_t m = 0; m < u->in->n_models; m++) {
        u->g[m] = pl__upme_has_score(u, m) ? SCORE_START : (double)NAN;
        if (u->roles[m] == PL_UPME_SCORED)
            u->w[m] = u->g[m];
    }
    pl__upme_weigh_outsiders(u);
}

static double mean_weight(const pl_upme *u)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < u->in->n_models; i++) {
        uint32_t m = u->in->order[i];
        if (pl__upme_has_score(u, m))
            sum += u->w[m];
    }
    return sum / u->n_scored;
}

static void average(double *g, double alpha, double score)
{
    *g = (1.0 - alpha) * *g + alpha * score;
}

static void take_battle(pl_upme *u, const pl_battle *b)
{
    double mean = mean_weight(u);
    double weight = u->roles[b->judge] == PL_UPME_OUTSIDER ? mean : u->w[b->judge];
    double alpha = ALPHA * b->weight * (mean > 0.0 ? weight / mean : 1.0);
    alpha = fmin(1.0, alpha);
    average(&u->g[b->a], alpha, b->a_score);
    average(&u->g[b->b], alpha, b->b_score);
    for (uint32_t m = 0; m < u->in->n_models; m++) {
        if (u->roles[m] == PL_UPME_LEARNER)
            u->w[m] -= u->in->opts->upme_step * (u->w[m] - u->g[m]);
        else if (u->roles[m] == PL_UPME_SCORED)
            u->w[m] = u->g[m];
    }
}

static void pass(ema *e, uint32_t index, bool is_last)
{
    pl_rng rng;
    pl__rng_init(&rng, e->u.in->opts->seed, "upme-ema", index);
    for (uint32_t i = 0; i < e->n_battles; i++)
        e->draw[i] = i;
    pl__rng_shuffle(&rng, e->draw, e->n_battles);
    for (uint32_t i = 0; i < e->n_battles; i++) {
        take_battle(&e->u, &e->battles[e->draw[i]]);
        for (uint32_t m = 0; m < e->u.in->n_models && is_last; m++)
            e->sum[m] += e->u.g[m];
    }
}

static void run(ema *e, pl_ranking *r)
{
    const pl_rank_input *in = e->u.in;
    start(e);
    for (uint32_t p = 0; p < in->opts->upme_epochs; p++) {
        r->loss[r->n_loss++] = pl__upme_loss(&e->u);
        pass(e, p, p + 1 == in->opts->upme_epochs);
    }
    pl__upme_weigh_outsiders(&e->u);
    for (uint32_t m = 0; m < in->n_models; m++)
        r->scores[m] = e->sum[m] / e->n_battles; /* NaN stays NaN */
    memcpy(r->weights, e->u.w, in->n_models * sizeof(*r->weights));
}

pl_status pl__rank_upme_ema(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    ema e = {0};
    pl_battle *battles = NULL;
    size_t n = 0;
    pl_ranking *r = pl__ranking_new(in->n_models, true);

    if (!r || pl__upme_open(&e.u, in) || pl__battles_new(in, false, &battles, &n)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "weights of %u models", in->n_models);
        goto out;
    }
    if (n > UINT32_MAX) {
        rc = pl__fail(reterr, PL_E_LIMIT, "upme-ema draws from at most %u comparisons", (unsigned)UINT32_MAX);
        goto out;
    }
    e.battles = battles;
    e.n_battles = (uint32_t)n;
    e.draw = pl__calloc(n, sizeof(*e.draw));
    e.sum = pl__calloc(in->n_models, sizeof(*e.sum));
    r->loss = pl__calloc(in->opts->upme_epochs, sizeof(*r->loss));
    if (!e.draw || !e.sum || !r->loss) {
        rc = pl__fail(reterr, PL_E_NOMEM, "draws from %zu comparisons", n);
        goto out;
    }
    if (n > 0 && e.u.n_scored > 0)
        run(&e, r);
    *ret = r;
    r = NULL;
out:
    pl__free(battles);
    pl__free(e.draw);
    pl__free(e.sum);
    pl__upme_close(&e.u);
    pl_ranking_free(r);
    return rc;
}
