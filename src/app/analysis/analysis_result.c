#include "analysis_result.h"

#include "alloc.h"
#include "error.h"
#include <math.h>

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
