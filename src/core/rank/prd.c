/* Peer rank (Li, Patel, Du 2023, "PRD"), as the authors' notebook computes it: a judge's vote weighs as much as the
 * judge scores, and scores divide by the number of battles, not by the weight in them. */
#include "alloc.h"
#include "error.h"
#include "tally.h"

#include <math.h>

#define PRD_ITERATIONS 5
#define EQUAL_SCORES 1e-9 /* stretched to [0, 1], scores that differ by rounding alone would decide everything */

typedef struct prd {
    const pl_rank_input *in;
    pl_tally tally;
    bool *judges; /* models with ballots of their own */
    uint32_t n_judges;
    double *scores;  /* NaN: undefined */
    double *weights; /* sum 1 over the judges; NaN elsewhere */
    bool flat;       /* were the weights ever left equal, for want of different scores? */
} prd;

static void score(prd *p)
{
    size_t n = p->in->n_models;
    for (size_t j = 0; j < n; j++) {
        double won = 0.0;
        double battles = 0.0;
        for (size_t i = 0; i < n; i++) {
            uint32_t r = p->in->order[i];
            if (!p->judges[r])
                continue;
            won += p->weights[r] * p->tally.won[j * n + r];
            battles += p->tally.count[j * n + r];
        }
        p->scores[j] = battles > 0.0 ? won * p->n_judges / battles : (double)NAN;
    }
}

/* Weights from scores: stretched to [0, 1], then to sum 1. A judge that has no score weighs as the mean candidate. */
static void weigh(prd *p)
{
    double low = (double)INFINITY;
    double high = -(double)INFINITY;
    double sum = 0.0;
    uint32_t n_scored = 0;
    for (uint32_t i = 0; i < p->in->n_models; i++) {
        double s = p->scores[p->in->order[i]];
        if (isnan(s))
            continue;
        low = fmin(low, s);
        high = fmax(high, s);
        sum += s;
        n_scored++;
    }
    double total = 0.0;
    for (uint32_t i = 0; i < p->in->n_models && high - low > EQUAL_SCORES; i++) {
        uint32_t r = p->in->order[i];
        if (!p->judges[r])
            continue;
        double s = isnan(p->scores[r]) ? sum / n_scored : p->scores[r];
        p->weights[r] = (s - low) / (high - low);
        total += p->weights[r];
    }
    p->flat = p->flat || !(total > 0.0);
    for (uint32_t r = 0; r < p->in->n_models; r++) {
        if (p->judges[r])
            p->weights[r] = total > 0.0 ? p->weights[r] / total : 1.0 / p->n_judges;
    }
}

static void find_judges(prd *p)
{
    size_t n = p->in->n_models;
    for (size_t r = 0; r < n; r++) {
        for (size_t j = 0; j < n && !p->judges[r]; j++)
            p->judges[r] = p->tally.count[j * n + r] > 0.0;
        p->n_judges += p->judges[r];
    }
    for (size_t r = 0; r < n; r++) {
        if (p->judges[r])
            p->weights[r] = 1.0 / p->n_judges;
    }
}

pl_status pl__rank_prd(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_ranking *r = pl__ranking_new(in->n_models, true);
    prd p = {.in = in, .judges = pl__calloc(in->n_models, sizeof(*p.judges))};

    if (!r || !p.judges || pl__tally_init(&p.tally, in)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "scores of %u models", in->n_models);
        goto out;
    }
    p.scores = r->scores;
    p.weights = r->weights;
    find_judges(&p);
    for (int i = 0; i < PRD_ITERATIONS && p.n_judges > 0; i++) {
        score(&p);
        weigh(&p);
    }
    if (p.flat && pl__ranking_warn(r, "the scores leave every judge the same weight or none: judges were weighted "
                                      "equally")) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a warning");
        goto out;
    }
    *ret = r;
    r = NULL;
out:
    pl__free(p.judges);
    pl__tally_clear(&p.tally);
    pl_ranking_free(r);
    return rc;
}
