#include "alloc.h"
#include "error.h"
#include "strengths.h"

#include <math.h>

static pl_status warn_fit(const pl_win_matrix *m, const pl_win_graph *g, const pl_rank_input *in, pl_ranking *r)
{
    pl_status rc = pl__win_graph_warn(g, m, in->opts->bt_ridge, in, r);
    if (rc == PL_OK && r->fit.state == PL_FIT_STOPPED)
        rc = pl__ranking_warn(r, "the fit did not converge in %u iterations: do not use these strengths",
                              r->fit.iterations);
    if (rc == PL_OK && r->fit.state == PL_FIT_NO_MAXIMUM)
        rc = pl__ranking_warn(r, "no strengths maximise the likelihood without a penalty: nothing is scored");
    if (rc == PL_OK && r->fit.state == PL_FIT_PARTIAL)
        rc = pl__ranking_warn(r, "only the largest class of models is scored, since the others are infinitely far "
                                 "from it without a penalty");
    if (rc == PL_OK && isinf(r->fit.nu))
        rc = pl__ranking_warn(r, "every verdict is a tie: the tie parameter is infinite, and all strengths are equal");
    return rc;
}

static pl_status rank_bt(const pl_rank_input *in, bool davidson, pl_ranking **ret, pl_error *reterr)
{
    pl_win_matrix m = {0};
    pl_win_graph g = {0};
    pl_strengths_model model = {.davidson = davidson, .ridge = in->opts->bt_ridge};
    double *theta = NULL;
    pl_ranking *r = NULL;
    pl_status rc = pl__win_matrix_init(&m, in, false, reterr);
    if (rc)
        return rc;
    rc = PL_E_NOMEM;
    r = pl__ranking_new(in->n_models, false);
    theta = pl__calloc(m.n, sizeof(*theta));
    if (!r || !theta)
        goto out;
    r->explained = pl__calloc(in->n_models, sizeof(*r->explained));
    if (!r->explained || pl__win_graph_init(&g, &m) || pl__strengths_fit(&m, &g, &model, theta, &r->fit))
        goto out;
    r->has_fit = true;
    for (uint32_t i = 0; i < m.n; i++) {
        r->scores[m.models[i]] = theta[i];
        r->explained[m.models[i]] = isnan(theta[i]);
    }
    rc = warn_fit(&m, &g, in, r);
    if (rc)
        goto out;
    *ret = r;
    r = NULL;
out:
    if (rc)
        rc = pl__fail(reterr, rc, "strengths of %u models", m.n);
    pl__win_graph_clear(&g);
    pl__win_matrix_clear(&m);
    pl__free(theta);
    pl_ranking_free(r);
    return rc;
}

pl_status pl__rank_bt(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    return rank_bt(in, false, ret, reterr);
}

pl_status pl__rank_bt_davidson(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    return rank_bt(in, true, ret, reterr);
}
