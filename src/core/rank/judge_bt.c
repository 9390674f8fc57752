#include "judge_bt_parts.h"

#include "alloc.h"
#include "error.h"

#include <math.h>

#define PENALTY_RIDGE (1.0 / 9.0) /* what keeps strengths finite here */

static pl_status warn_fit(const pl_judge_fit *f, const pl_rank_input *in, pl_ranking *r)
{
    pl_win_graph graph = {0};
    pl_status rc = pl__win_graph_init(&graph, &f->data->matrix);
    if (rc == PL_OK) {
        r->fit.n_groups = graph.n_groups;
        r->fit.n_classes = graph.n_classes;
        rc = pl__win_graph_warn(&graph, &f->data->matrix, PENALTY_RIDGE, in, r);
    }
    pl__win_graph_clear(&graph);
    if (rc == PL_OK && r->fit.state == PL_FIT_STOPPED)
        rc = pl__ranking_warn(r, "the fit did not converge in %u iterations: do not use these strengths",
                              r->fit.iterations);
    if (rc == PL_OK && r->fit.state == PL_FIT_CONVERGED && !f->definite)
        rc = pl__ranking_warn(r, "the likelihood is flat at its maximum: there are no standard errors");
    return rc;
}

static void take_fit(const pl_judge_fit *f, pl_ranking *r)
{
    const pl_win_matrix *m = &f->data->matrix;
    r->has_fit = true;
    r->leans = true; /* the penalty on a holds the scale of theta: noise in a_r, which shrinks a's mean, stretches it */
    r->fit = (pl_fit_report){.state = m->n == 0             ? PL_FIT_NOTHING
                                      : f->report.converged ? PL_FIT_CONVERGED
                                                            : PL_FIT_STOPPED,
                             .iterations = f->report.iterations,
                             .gradient = f->report.gradient,
                             .tolerance = f->tolerance,
                             .log_likelihood = f->log_likelihood,
                             .nu = (double)NAN};
    double mean = 0.0; /* 0 but for rounding */
    for (uint32_t i = 0; i < m->n; i++)
        mean += f->params[i];
    mean = m->n > 0 ? mean / m->n : 0.0;
    for (uint32_t i = 0; i < m->n; i++) {
        r->scores[m->models[i]] = f->params[i] - mean;
        r->errors[m->models[i]] = f->errors[i];
    }
    for (uint32_t j = 0; j < f->data->n_judges; j++)
        r->weights[f->data->judges[j].model] = f->params[pl__judge_param(f, j, PL_JUDGE_A)];
}

pl_status pl__rank_judge_bt(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    pl_judge_data data = {0};
    pl_judge_fit fit = {0};
    pl_ranking *r = NULL;
    pl_status rc = pl__judge_data_init(&data, in, reterr);
    if (rc)
        return rc;
    rc = PL_E_NOMEM;
    r = pl__ranking_new(in->n_models, true);
    if (!r)
        goto out;
    r->errors = pl__calloc(in->n_models, sizeof(*r->errors));
    r->biases = pl__calloc(in->n_models, sizeof(*r->biases));
    if (!r->errors || !r->biases || pl__judge_fit_init(&fit, &data))
        goto out;
    for (uint32_t i = 0; i < in->n_models; i++)
        r->errors[i] = (double)NAN;
    take_fit(&fit, r);
    rc = warn_fit(&fit, in, r);
    if (rc == PL_OK)
        rc = pl__judge_biases(&fit, in, r);
    if (rc)
        goto out;
    *ret = r;
    r = NULL;
out:
    if (rc)
        rc = pl__fail(reterr, rc, "strengths of %u models", in->n_models);
    pl__judge_fit_clear(&fit);
    pl__judge_data_clear(&data);
    pl_ranking_free(r);
    return rc;
}
