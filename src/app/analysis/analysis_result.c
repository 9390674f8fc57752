#include "analysis_result.h"

#include "alloc.h"
#include "error.h"
#include <math.h>
#include <string.h>

void pl__analysis_free(pl_analysis *a)
{
    if (!a)
        return;
    pl_uncertainty_free(a->uncertainty);
    pl_consensus_free(a->consensus);
    if (a->answers)
        pl_answer_table_free(a->answers->table);
    pl__free(a->answers);
    pl__arena_clear(&a->arena);
    pl__free(a);
}

pl_status pl__rank_scores(pl_analysis *a, pl_method_result *m, pl_error *reterr)
{
    uint32_t n = a->set->n_models;
    uint32_t *rank = pl__arena_calloc(&a->arena, n > 0 ? n : 1, sizeof(*rank));

    if (!rank)
        return pl__fail(reterr, PL_E_NOMEM, "ranks");
    for (uint32_t i = 0; i < n; i++) {
        if (isnan(m->scores[i]))
            continue;
        rank[i] = 1;
        for (uint32_t k = 0; k < n; k++)
            rank[i] += m->scores[k] > m->scores[i];
    }
    m->rank = rank;
    return PL_OK;
}

static pl_status copy_doubles(pl_analysis *a, const double *from, size_t n, const double **ret, pl_error *reterr)
{
    double *copy = NULL;

    if (!from)
        return PL_OK;
    copy = pl__arena_calloc(&a->arena, n > 0 ? n : 1, sizeof(*copy));
    if (!copy)
        return pl__fail(reterr, PL_E_NOMEM, "scores");
    if (n > 0)
        memcpy(copy, from, n * sizeof(*copy));
    *ret = copy;
    return PL_OK;
}

pl_status pl__take_ranking(pl_analysis *a, const pl_ranking *ranking, pl_method_result *m, pl_error *reterr)
{
    uint32_t n = a->set->n_models;
    size_t n_warnings = 0;
    const char *const *warnings = pl_ranking_warnings(ranking, &n_warnings);
    const double *loss = pl_ranking_loss(ranking, &m->n_loss);
    pl_status rc = copy_doubles(a, pl_ranking_scores(ranking), n, &m->scores, reterr);

    if (rc == PL_OK)
        rc = copy_doubles(a, pl_ranking_weights(ranking), n, &m->weights, reterr);
    if (rc == PL_OK)
        rc = copy_doubles(a, loss, m->n_loss, &m->loss, reterr);
    if (rc == PL_OK)
        rc = pl__rank_scores(a, m, reterr);
    if (rc != PL_OK || n_warnings == 0)
        return rc;
    m->warnings = pl__arena_calloc(&a->arena, n_warnings, sizeof(*m->warnings));
    for (size_t i = 0; m->warnings && i < n_warnings; i++) {
        m->warnings[i] = pl__arena_strdup(&a->arena, warnings[i]);
        if (!m->warnings[i])
            return pl__fail(reterr, PL_E_NOMEM, "warnings");
        m->n_warnings++;
    }
    return m->warnings ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "warnings");
}
