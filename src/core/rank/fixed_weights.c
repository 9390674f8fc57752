/* Weights from outside, as in UPME's pre-experiment (its section 8.1); the score is eq. 5 as a weighted mean. */
#include "alloc.h"
#include "error.h"
#include "tally.h"

#include <math.h>
#include <string.h>

static pl_status check_weights(const pl_rank_input *in, pl_error *reterr)
{
    if (!in->opts->weights)
        return pl__fail(reterr, PL_E_INVALID, "the method \"weights:%s\" was given no weights", in->argument);
    for (uint32_t i = 0; i < in->n_models; i++) {
        uint32_t m = in->order[i];
        double w = in->opts->weights[m];
        if (!pl_peer_table_is_judge(in->table, m))
            continue;
        if (isnan(w))
            return pl__fail(reterr, PL_E_INVALID, "weights:%s has no weight for the judge %s", in->argument,
                            in->models[m]);
        if (!(w >= 0.0 && isfinite(w)))
            return pl__fail(reterr, PL_E_INVALID, "weights:%s: the weight of %s is negative or infinite", in->argument,
                            in->models[m]);
    }
    return PL_OK;
}

pl_status pl__rank_fixed_weights(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    pl_status rc = check_weights(in, reterr);
    if (rc)
        return rc;
    double largest = 0.0;
    double *scaled = pl__calloc(in->n_models, sizeof(*scaled));
    pl_ranking *r = pl__ranking_new(in->n_models, true);
    if (!scaled || !r) {
        pl__free(scaled);
        pl_ranking_free(r);
        return pl__fail(reterr, PL_E_NOMEM, "scores of %u models", in->n_models);
    }
    for (uint32_t m = 0; m < in->n_models; m++) {
        if (!pl_peer_table_is_judge(in->table, m))
            continue;
        r->weights[m] = in->opts->weights[m];
        largest = fmax(largest, r->weights[m]);
    }
    for (uint32_t m = 0; m < in->n_models; m++) /* a common factor changes nothing, and sums stay finite */
        scaled[m] = largest > 0.0 && !isnan(r->weights[m]) ? r->weights[m] / largest : 0.0;
    for (uint32_t m = 0; m < in->n_models; m++)
        r->scores[m] = pl__weighted_mean(in, m, scaled);
    pl__free(scaled);
    *ret = r;
    return PL_OK;
}
