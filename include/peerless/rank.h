/** @file
 * From tables to scores. Each method is one row of a registry; new ones are added by name.
 */
#ifndef PEERLESS_RANK_H
#define PEERLESS_RANK_H

#include <peerless/signal.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pl_upme_init { PL_UPME_INIT_ONES = 0, PL_UPME_INIT_RANDOM = 1 } pl_upme_init;

typedef struct pl_rank_opts {
    uint32_t size_bytes;
    double upme_step;     /**< in (0, 1]; 0 means 0.5 */
    uint32_t upme_epochs; /**< 0 means 30 */
    pl_upme_init upme_init;
    uint32_t upme_restarts; /**< 0: one run; else that many random starts, every distinct fixed point reported */
    uint32_t
        criterion; /**< for methods that take no gamma (majority-vote, prd, single): index, or UINT32_MAX for all */
    uint64_t seed;
} pl_rank_opts;
#define PL_RANK_OPTS_INIT                                                                                              \
    {                                                                                                                  \
        sizeof(pl_rank_opts), 0.0, 0, PL_UPME_INIT_ONES, 0, UINT32_MAX, 1                                              \
    }

typedef struct pl_rank_method {
    const char *name;        /**< as in --methods; "single:" stands for a family of methods */
    const char *description; /**< one line */
    const char *source;      /**< paper and equation, or "ours" */
} pl_rank_method;

/** All methods, static storage. */
PL_API const pl_rank_method *pl_rank_methods(size_t *ret_n);

/** Scores of one method; immutable. */
typedef struct pl_ranking pl_ranking;

/**
 * @param method       a registry name; "single:<judge>" takes the judge's name
 * @param models       the names of the set that the table was built from, n_models of the table
 * @return PL_OK, PL_E_NOT_FOUND (method or judge; msg lists what there is), PL_E_INVALID or PL_E_NOMEM. A candidate
 *         without any weight behind it has the score NaN (undefined) and a warning.
 */
PL_API PL_NODISCARD pl_status pl_rank_run(const char *method, const pl_peer_table *table, const char *const *models,
                                          const pl_rank_opts *opts, pl_ranking **ret, pl_error *reterr);
PL_API void pl_ranking_free(pl_ranking *ranking); /**< NULL is a no-op */
/** n_models scores, larger is better; NaN is undefined (also for judges that are no candidates). Borrowed. */
PL_API const double *pl_ranking_scores(const pl_ranking *ranking);
/** n_models judge weights, or NULL if the method has none. Borrowed. */
PL_API const double *pl_ranking_weights(const pl_ranking *ranking);
/** Loss of each epoch, taken before its step (UPME eq. 10); *ret_n 0 if the method has none. Borrowed. */
PL_API const double *pl_ranking_loss(const pl_ranking *ranking, size_t *ret_n);
/** Sentences a user must read beside the scores. Borrowed. */
PL_API const char *const *pl_ranking_warnings(const pl_ranking *ranking, size_t *ret_n);

#ifdef __cplusplus
}
#endif
#endif
