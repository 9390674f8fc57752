#ifndef PL_ANALYSIS_H
#define PL_ANALYSIS_H

#include "analysis_result.h"
#include "records.h"
#include "row_source.h"

/* Judgments -> tables -> methods -> result: the one way from rows to what every front end shows. */

#define PL_ANALYSIS_MODELS_MAX 16384u /* a table has a place for each two of them */
#define PL_BOUNDS_MODELS_MAX 64u      /* best and worst cases are worked out for pools up to this size */
#define PL_BOUNDS_SHARE 0.02          /* when more than this share of the verdicts is missing */

typedef struct pl_rank_request {
    const char *const *methods; /* names; at least one, but see reference */
    size_t n_methods;
    const double *criterion_weights; /* gamma, n_criteria long; NULL: equal */
    bool pair_orders;                /* own runs: both orders of a pair are averaged first */
    bool drop_self_reviews;
    bool exclude_flagged;
    const char *criterion; /* for methods that take no gamma; NULL: "correctness" if the set has it, else all */
    pl_rank_opts rank;     /* rank.criterion is filled in here */
    const pl_truth *truth; /* or NULL */
    uint32_t bootstrap;    /* resamples; 0: none. Drawn from rank.seed */
    pl_interval interval;
    uint32_t threads; /* for tables and resamples; no result depends on it */
    bool consensus;   /* add the combined rankings */
    /* Judgments by people: adds the method ppi, and methods may then be none. Borrowed during the call; or NULL. */
    const pl_judgment_set *reference;
    const pl_row_source *rows; /* of a set that does not have its rows yet, or NULL */
} pl_rank_request;

/* The set and the truth are borrowed for the life of the result. PL_E_NOT_FOUND (method, judge, criterion), PL_E_RANGE
 * (rows), PL_E_INVALID, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__analysis_new(const pl_judgment_set *set, const pl_rank_request *request, pl_analysis **ret,
                                        pl_error *reterr);

/* The criterion for methods that take no gamma: by name, NULL or "all" as in the request. PL_E_NOT_FOUND. */
PL_NODISCARD pl_status pl__find_criterion(const pl_judgment_set *set, const char *name, uint32_t *ret,
                                          pl_error *reterr);

#endif
