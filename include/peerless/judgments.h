/** @file
 * Pairwise judgments as plain rows: what every peer-review ranking is computed from.
 */
#ifndef PEERLESS_JUDGMENTS_H
#define PEERLESS_JUDGMENTS_H

#include <peerless/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What the judge said. `A` is the answer that was shown first. */
typedef enum pl_verdict {
    PL_VERDICT_MISSING = 0, /**< never a tie, never a loss */
    PL_VERDICT_A = 1,
    PL_VERDICT_B = 2,
    PL_VERDICT_TIE = 3
} pl_verdict;

/** Why a verdict is missing. */
typedef enum pl_missing {
    PL_MISSING_NOT = 0,        /**< it is not missing */
    PL_MISSING_NO_MARK = 1,    /**< the judge's text has no mark */
    PL_MISSING_SEVERAL = 2,    /**< several distinct marks and none alone on the last line */
    PL_MISSING_ECHO = 3,       /**< the only mark stands in a repetition of the instruction */
    PL_MISSING_CUT_OFF = 4,    /**< cut off at the token limit without a final line */
    PL_MISSING_REFUSED = 5,    /**< the judge refused */
    PL_MISSING_EMPTY = 6,      /**< the judge said nothing */
    PL_MISSING_CALL = 7,       /**< the call failed or was not made yet */
    PL_MISSING_ANSWER = 8,     /**< one of the answers (or the question) does not exist, so nothing was asked */
    PL_MISSING_UNSPECIFIED = 9 /**< the log says null and no more */
} pl_missing;
#define PL_MISSING_COUNT 10 /**< number of pl_missing values */

/** The reason as a short word ("no mark"). Never NULL; static storage. */
PL_API const char *pl_missing_text(pl_missing reason);

/** One verdict of one judge on one ordered pair of answers to one question under one criterion. */
typedef struct pl_judgment {
    uint32_t item;      /**< the question */
    uint32_t image;     /**< the cluster for resampling */
    uint32_t judge;     /**< index into models */
    uint32_t a;         /**< candidate shown first; index into models */
    uint32_t b;         /**< candidate shown second; index into models; may not equal a */
    uint32_t criterion; /**< index into criteria */
    uint8_t verdict;    /**< pl_verdict */
    uint8_t missing;    /**< pl_missing; PL_MISSING_NOT unless the verdict is missing */
    uint32_t a_length;  /**< words or tokens of the answer; 0 if unknown */
    uint32_t b_length;  /**< the same for b */
    double weight;      /**< > 0 and finite; 1 normally */
} pl_judgment;

/**
 * A borrowed set of judgments. All arrays belong to the caller and must outlive the calls that take the set.
 * `models` names candidates and judges alike; results have one place for each of them.
 */
typedef struct pl_judgment_set {
    const char *const *models;   /**< n_models distinct names */
    uint32_t n_models;           /**< number of models */
    const char *const *families; /**< n_models, or NULL: every model is its own family */
    const char *const *items;    /**< n_items ids; they fix the canonical order of rows */
    uint32_t n_items;            /**< number of items */
    const char *const *images;   /**< n_images ids */
    uint32_t n_images;           /**< number of images */
    const char *const *criteria; /**< n_criteria distinct names; at least one */
    uint32_t n_criteria;         /**< number of criteria */
    const pl_judgment *rows;     /**< n_rows, in any order; NULL only if there are none */
    size_t n_rows;               /**< number of rows */
} pl_judgment_set;

/**
 * Checks every index, weight and verdict of the set.
 * @return PL_OK, PL_E_INVALID (NULL arrays, no criteria) or PL_E_RANGE (names the row)
 */
PL_API PL_NODISCARD pl_status pl_judgment_set_check(const pl_judgment_set *set, pl_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
