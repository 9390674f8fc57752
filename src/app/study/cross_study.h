#ifndef PL_CROSS_STUDY_H
#define PL_CROSS_STUDY_H

#include "cross_result.h"
#include "score_table.h"

/* How models' scores on one data set foretell those on another, and whether data sets that are near each other do it
 * better (Ranked from Within, Tu et al. 2025, figures 2, 4 and 5). */

/* How it stands in a list of studies; it is no pl_study_kind, since its input is another. */
#define PL_CROSS_NAME "cross"
#define PL_CROSS_WHAT "models' scores over data sets: correlations, robust lines, distances of embeddings, a map"

/* Scores from the accuracy of labelled responses, set after set. */
typedef struct pl_cross_gather pl_cross_gather;
pl_cross_gather *pl__cross_gather_new(void); /* NULL on refusal */
/* `name` stands for a data set that has none. PL_E_INVALID (no labels), and what pl_answer_source_build fails with. */
PL_NODISCARD pl_status pl__cross_gather_add(pl_cross_gather *g, const pl_response_set *set, const char *name,
                                            pl_error *reterr);
/* Data sets and models by name. A model that misses more than a fifth of a data set's labelled items has no score
 * there, and *ret_sparse counts such gaps. PL_E_LIMIT or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__cross_gather_finish(const pl_cross_gather *g, pl_score_table *ret, size_t *ret_sparse,
                                               pl_error *reterr);
void pl__cross_gather_free(pl_cross_gather *g); /* NULL is a no-op */

/* PL_E_INVALID (fewer than two data sets, no model; an option out of its range), PL_E_LIMIT, PL_E_RANGE (distances too
 * large for numbers), PL_E_NOMEM. */
PL_NODISCARD pl_status pl__cross_study_new(const pl_score_table *scores, const pl_cross_request *request,
                                           pl_cross_study **ret, pl_error *reterr);

#endif
