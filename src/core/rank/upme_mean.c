/* UPME with eq. 5 as a weighted mean, as upme.c iterates it. */
#include "alloc.h"
#include "error.h"
#include "num.h"
#include "upme.h"

#include <string.h>

#define WORTH_A_WARNING 1e-6 /* |w - G| left at the end */

static pl_status warn_unsettled(const pl_upme *u, pl_ranking *r)
{
    if (!(u->gap > WORTH_A_WARNING))
        return PL_OK;
    char gap[PL_NUM_BYTES];
    pl__num_format_fixed(u->gap, 6, gap);
    return pl__ranking_warn(r, "the weights have not settled after %u epochs: one still differs from its score by %s",
                            u->epochs, gap);
}

pl_status pl__rank_upme(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    size_t n = in->n_models;
    pl_ranking *r = pl__ranking_new(in->n_models, true);
    pl_upme u = {0};

    if (!r || pl__upme_open(&u, in)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "weights of %u models", in->n_models);
        goto out;
    }
    if (u.n_scored > 0) {
        r->loss = pl__calloc(in->opts->upme_epochs, sizeof(*r->loss));
        if (!r->loss) {
            rc = pl__fail(reterr, PL_E_NOMEM, "the loss of %u epochs", in->opts->upme_epochs);
            goto out;
        }
        pl__upme_start(&u, in->opts->upme_init, 0);
        pl__upme_iterate(&u, in->opts->upme_epochs, r->loss);
        r->n_loss = u.epochs;
        memcpy(r->scores, u.g, n * sizeof(*r->scores));
        memcpy(r->weights, u.w, n * sizeof(*r->weights));
        rc = warn_unsettled(&u, r);
        if (!rc && in->opts->upme_restarts > 0)
            rc = pl__upme_restarts(&u, r);
        if (rc) {
            rc = pl__fail(reterr, rc, "the report on %u random starts", in->opts->upme_restarts);
            goto out;
        }
    }
    *ret = r;
    r = NULL;
out:
    pl__upme_close(&u);
    pl_ranking_free(r);
    return rc;
}
