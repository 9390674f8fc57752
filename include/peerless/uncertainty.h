/** @file
 * How sure a ranking is: a cluster bootstrap by image. Judges and models are held fixed.
 */
#ifndef PEERLESS_UNCERTAINTY_H
#define PEERLESS_UNCERTAINTY_H

#include <peerless/rank.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How an interval is made from the replicates. */
typedef enum pl_interval {
    /** Expanded percentile (Hesterberg 2015, The American Statistician 69(4), 4.3), quantiles by the (n + 1) p rule
     * (type 6 of Hyndman & Fan 1996); of judge-bt, whose scores lean away from 0, bias-corrected (Efron 1981). */
    PL_INTERVAL_PERCENTILE = 0,
    PL_INTERVAL_BCA = 1 /**< bias-corrected and accelerated (Efron 1987); for scores smooth in the data */
} pl_interval;

/** An interval at the 95 % level is claimed from this many images on. */
#define PL_UNCERTAINTY_IMAGES_MIN 25u
#define PL_UNCERTAINTY_REPLICATES_MAX 1000000u /**< replicates in one call */
#define PL_UNCERTAINTY_MODELS_MAX 4096u        /**< models in one table */

/** Options of pl_uncertainty_run(); start from PL_UNCERTAINTY_OPTS_INIT. */
typedef struct pl_uncertainty_opts {
    uint32_t size_bytes;  /**< sizeof this struct, as the _INIT macro sets it */
    uint32_t replicates;  /**< 0 means 1000; at least 2, at most PL_UNCERTAINTY_REPLICATES_MAX */
    uint64_t seed;        /**< replicate i is drawn from a stream of (seed, i): the same for every method */
    uint32_t threads;     /**< 0 or 1: the caller's; no result depends on it */
    double level;         /**< in (0, 1); 0 means 0.95 */
    pl_interval interval; /**< which kind */
    bool skip_fragility;  /**< it runs the method some dozen times more */
} pl_uncertainty_opts;
/** The defaults of pl_uncertainty_opts. */
#define PL_UNCERTAINTY_OPTS_INIT                                                                                       \
    {                                                                                                                  \
        sizeof(pl_uncertainty_opts), 0, 1, 1, 0.0, PL_INTERVAL_PERCENTILE, false                                       \
    }

/** Two models that stand next to each other. */
typedef struct pl_neighbours {
    uint32_t above;    /**< the one with the larger score */
    uint32_t below;    /**< the next one down the ranking */
    double difference; /**< of their scores, >= 0 */
    double se;         /**< standard deviation of the difference over the replicates; NaN undefined */
    double p;          /**< two-sided, t = difference / se with images - 1 degrees of freedom */
    double p_holm;     /**< Holm 1979, over all pairs of ranked models */
    double images;     /**< n ((1.96 + 0.84) se / difference)^2: how many images separate them at 5 %, two-sided, with
                            80 % power; infinite when the difference is 0, NaN when undefined */
} pl_neighbours;

/**
 * One method's scores. Arrays without another length have n_models places; a model without a score has NaN, 0 in
 * groups and ranks. Everything is undefined (NaN, 0) with fewer than two images; a warning says why.
 */
typedef struct pl_method_uncertainty {
    uint32_t n_models;         /**< places of the arrays */
    const double *scores;      /**< of all the data */
    const double *low;         /**< interval of the score at the wanted level */
    const double *high;        /**< its upper end */
    const double *se;          /**< standard deviation over the replicates */
    const double *defined;     /**< share of the replicates in which the model has a score; the rest is left out */
    const uint32_t *rank_low;  /**< percentile interval of the rank, 1 = best; equal scores share the better rank */
    const uint32_t *rank_high; /**< its worse end */
    const double *p_best;      /**< share of the replicates in which the model is best; a shared place is divided */
    const uint32_t *group;     /**< tied group, 1 = best: see n_groups */
    uint32_t n_groups;         /**< walking down the ranking, a model opens a group when it differs significantly (by
                                    p_holm, at 1 - level) from the group's first member */
    const uint32_t *order;     /**< the n_ranked models with a score, best first; equal scores by name */
    uint32_t n_ranked;         /**< models with a score */
    const pl_neighbours *neighbours; /**< n_ranked - 1, down the ranking; NULL when undefined */
    uint64_t n_comparisons;          /**< that the table is made of */
    /** Comparisons (see pl_peer_table_comparison) whose removal was found to put another model on top: an upper bound
     *  of the fewest, by a greedy search. 0: not looked for, or none found; a warning says which. */
    uint64_t fragility;
    uint32_t fragility_top;      /**< the model that is then on top */
    const double *replicates;    /**< scores, row-major [replicate * n_models + model]; NULL when undefined */
    const char *const *warnings; /**< sentences to read beside the numbers */
    size_t n_warnings;           /**< number of warnings */
} pl_method_uncertainty;

/** Immutable once returned. */
typedef struct pl_uncertainty pl_uncertainty;

/**
 * Runs each method on `replicates` resamples of the images, the same ones for every method.
 * @param methods as for pl_rank_run, n_methods of them
 * @param models  the names of the table's models
 * @param rank    NULL: the defaults; upme's random restarts are not repeated in the replicates
 * @param opts    NULL: the defaults
 * @return PL_OK, PL_E_INVALID, PL_E_RANGE (an option out of its range), PL_E_LIMIT (more than
 *         PL_UNCERTAINTY_MODELS_MAX models), PL_E_NOT_FOUND (as pl_rank_run) or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_uncertainty_run(const char *const *methods, size_t n_methods,
                                                 const pl_peer_table *table, const char *const *models,
                                                 const pl_rank_opts *rank, const pl_uncertainty_opts *opts,
                                                 pl_uncertainty **ret, pl_error *reterr);
PL_API void pl_uncertainty_free(pl_uncertainty *uncertainty); /**< NULL is a no-op */
/** Method `index` as given, or NULL beyond the last. Borrowed, with all that it points to. */
PL_API const pl_method_uncertainty *pl_uncertainty_method(const pl_uncertainty *uncertainty, size_t index);
/** Images that were resampled. */
PL_API uint32_t pl_uncertainty_n_images(const pl_uncertainty *uncertainty);
/** Replicates that were run for each method. */
PL_API uint32_t pl_uncertainty_n_replicates(const pl_uncertainty *uncertainty);
/** The level of the intervals, in (0, 1). */
PL_API double pl_uncertainty_level(const pl_uncertainty *uncertainty);
/** Sentences that go with every method. Borrowed. */
PL_API const char *const *pl_uncertainty_warnings(const pl_uncertainty *uncertainty, size_t *ret_n);

#ifdef __cplusplus
}
#endif
#endif
