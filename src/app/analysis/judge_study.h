#ifndef PL_JUDGE_STUDY_H
#define PL_JUDGE_STUDY_H

#include "analysis.h"
#include "annotators.h"
#include <peerless/diagnostics.h>

/* What diagnose shows beside an analysis. */

#define PL_LEAVE_ONE_OUT_JUDGES_MAX 64u /* with more judges nobody is left out in turn */

typedef struct pl_judge_study {
    pl_diagnostics *diagnostics;
    bool has_reference;
    pl_annotators annotators; /* behind the reference */
    pl_ranking *judge_bt;     /* whose parameters are the judges' biases; NULL beyond the models it can fit */
    const double *heat;       /* [candidate * n_models + judge]: mean score, NaN where nothing was judged */
    size_t n_methods;
    const char **methods;     /* borrowed from the request */
    const uint32_t **without; /* by method, [judge * n_models + model]: the model's rank without that judge */
    uint32_t n_judges;
    bool *judge; /* n_models: does it judge? */
    pl_arena arena;
} pl_judge_study;

/* The set, the request's names and the analysis are borrowed for the life of the study, the reference (or NULL) during
 * the call. PL_E_RANGE, PL_E_INVALID, PL_E_NOT_FOUND, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__judge_study_new(const pl_analysis *analysis, const pl_rank_request *request,
                                           const pl_judgment_set *reference, pl_judge_study **ret, pl_error *reterr);
void pl__judge_study_free(pl_judge_study *study); /* NULL is a no-op */

/**
 * Ranks of the models by one method with each judge left out in turn.
 * @param peer  how tables are built; its exclude_judges stay out throughout
 * @param ret   n_models * n_models places, [judge * n_models + model]; 1 = best, equal scores share the better rank, 0
 *              undefined, and for models that do not judge
 * @return PL_OK, PL_E_NOT_FOUND, PL_E_INVALID, PL_E_RANGE, PL_E_LIMIT or PL_E_NOMEM
 */
PL_NODISCARD pl_status pl__leave_one_judge_out(const pl_judgment_set *set, const pl_peer_opts *peer,
                                               const pl_rank_opts *rank, const char *method, uint32_t *ret,
                                               pl_error *reterr);

#endif
