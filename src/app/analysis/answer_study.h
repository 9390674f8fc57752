#ifndef PL_ANSWER_STUDY_H
#define PL_ANSWER_STUDY_H

#include "analysis_result.h"
#include <peerless/answers.h>

/* Responses -> table -> methods -> the same result as judgments give. */

#define PL_CALIBRATION_BINS 15u

typedef struct pl_answer_request {
    const char *const *methods; /* names; at least one */
    size_t n_methods;
    pl_answer_opts answers;
    uint32_t bootstrap; /* resamples; 0: none */
    pl_interval interval;
    uint64_t seed;
    uint32_t threads; /* no result depends on it */
    bool consensus;   /* add the combined rankings */
} pl_answer_request;

/* The set is borrowed for the life of the result. PL_E_NOT_FOUND, PL_E_UNSUPPORTED (method), PL_E_RANGE, PL_E_CONFLICT
 * (rows), PL_E_INVALID, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__analysis_of_answers(const pl_response_set *set, const pl_answer_request *request,
                                               pl_analysis **ret, pl_error *reterr);

/* Calibration of all models on one dataset, or on all. */
typedef struct pl_calibration_study {
    pl_arena arena;
    const pl_response_set *set;
    uint32_t n_models;
    size_t n_parts; /* the whole, then the datasets if there are several */
    struct pl_calibration_part {
        const char *dataset; /* NULL: all */
        pl_calibration *models;
        pl_reliability_bin *bins; /* [model * PL_CALIBRATION_BINS + bin] */
        uint32_t *missing;        /* [model * PL_ANSWER_MISSING_COUNT + reason] */
        double *mass;             /* n_models: mean mass of the options; NaN */
        uint32_t n_items;
        double pool_accuracy; /* of the pool of within; NaN without labels */
        uint64_t pool_n;      /* labelled items that it is over */
    } * parts;
} pl_calibration_study;
typedef struct pl_calibration_part pl_calibration_part;
/* As above. */
PL_NODISCARD pl_status pl__calibration_study_new(const pl_response_set *set, const pl_answer_opts *opts,
                                                 pl_calibration_study **ret, pl_error *reterr);
void pl__calibration_study_free(pl_calibration_study *study); /* NULL is a no-op */

#endif
