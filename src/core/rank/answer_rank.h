#ifndef PL_ANSWER_RANK_H
#define PL_ANSWER_RANK_H

#include "answer_proxies.h"
#include "answer_votes.h"

/* pl_answer_rank_run() with all images once each, and of a signal also the means of its upper bounds: n_models, NaN
 * where a bound or the score is unknown, or the method has none. */
PL_NODISCARD pl_status pl__answer_rank_bounded(const char *method, const pl_answer_table *table, double *ret_upper,
                                               pl_ranking **ret, pl_error *reterr);

/* A method made ready for one table. */
typedef struct pl_answer_plan {
    const pl_answer_table *table;
    const char *method;
    bool *ranked;         /* n_models */
    pl_answer_fn *run;    /* NULL: a signal or a proxy */
    pl_proxy_fn *predict; /* of a proxy */
    pl_proxy *proxy;
    bool looks_here; /* of a proxy: the table itself matters */
    bool has_weights;
    pl_ballot_box box;     /* of run */
    double *sums;          /* of a signal: [model * n_images + image] */
    uint32_t *counts;      /* the same: items with a value */
    uint32_t *absent;      /* n_models: items without a value */
    uint32_t n_applicable; /* items that the method is about */
    double *upper;         /* of a signal, if they are wanted: n_models means of its upper bounds. Borrowed */
} pl_answer_plan;

/* PL_OK, PL_E_NOT_FOUND, PL_E_UNSUPPORTED, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__answer_plan_init(pl_answer_plan *plan, const char *method, const pl_answer_table *table,
                                            pl_error *reterr);
void pl__answer_plan_clear(pl_answer_plan *plan);
/* learnt: how often each image of the source counts; NULL: once each. */
PL_NODISCARD pl_status pl__answer_plan_score(const pl_answer_plan *plan, const uint32_t *copies, const uint32_t *learnt,
                                             double *scores, double *weights, pl_ranking *r);

#endif
