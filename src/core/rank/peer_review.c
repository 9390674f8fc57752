#include "alloc.h"
#include "error.h"
#include "tally.h"

pl_status pl__rank_peer_review(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    pl_ranking *r = pl__ranking_new(in->n_models, false);
    if (!r)
        return pl__fail(reterr, PL_E_NOMEM, "scores of %u models", in->n_models);
    for (uint32_t m = 0; m < in->n_models; m++)
        r->scores[m] = pl__weighted_mean(in, m, NULL);
    *ret = r;
    return PL_OK;
}
