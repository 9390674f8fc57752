/** @file
 * Prediction-powered inference: the mean of what a few labels say, sharpened by machine predictions for many items.
 */
#ifndef PEERLESS_PPI_H
#define PEERLESS_PPI_H

#include <peerless/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Options of pl_ppi_mean(); start from PL_PPI_OPTS_INIT. */
typedef struct pl_ppi_opts {
    uint32_t size_bytes; /**< sizeof this struct, as the _INIT macro sets it */
    double level;        /**< of the interval, in (0, 1); 0 means 0.95 */
    bool fixed_lambda;   /**< take lambda below instead of tuning it */
    double lambda;       /**< in [0, 1]; 0 is the labelled part alone, 1 is PPI without tuning */
} pl_ppi_opts;
/** The defaults of pl_ppi_opts. */
#define PL_PPI_OPTS_INIT                                                                                               \
    {                                                                                                                  \
        sizeof(pl_ppi_opts), 0.0, false, 0.0                                                                           \
    }

/* Reasons to trust an interval less; flags combine. */
#define PL_PPI_FEW_LABELS (1u << 0)       /**< fewer than 25 labelled items */
#define PL_PPI_FEW_CORRECTIONS (1u << 1)  /**< lambda > 0, and fewer than 5 labels differ from their prediction */
#define PL_PPI_NO_SPREAD (1u << 2)        /**< nothing varies in the labelled part: the interval is undefined (NaN) */
#define PL_PPI_NO_PREDICTIONS (1u << 3)   /**< no unlabelled item: this is the labelled part alone */
#define PL_PPI_PREDICTIONS_IDLE (1u << 4) /**< the tuned lambda is 0, or would have widened the interval: the same */

/** A sentence for one flag. Never NULL; static storage. */
PL_API const char *pl_ppi_flag_text(uint32_t flag);

/** An estimate and its interval; NaN is undefined. */
typedef struct pl_ppi_mean_result {
    double estimate;          /**< of the mean */
    double low;               /**< ends of the interval: estimate -+ t quantile times error */
    double high;              /**< the other end */
    double error;             /**< standard error of the estimate: the root of the two parts' sum of squares */
    double error_labels;      /**< its part from the labelled items: that of mean(label - lambda prediction) */
    double error_machine;     /**< its part from the unlabelled items: that of mean(lambda prediction) */
    double df;                /**< of the t quantile */
    double lambda;            /**< that was used */
    double labelled_estimate; /**< from the labels alone, with the usual t interval; for comparison */
    double labelled_low;      /**< its interval */
    double labelled_high;     /**< the other end */
    uint32_t flags;           /**< PL_PPI_* */
} pl_ppi_mean_result;

/**
 * Mean of the labels over the population from which labelled and unlabelled items were both drawn at random
 * (Angelopoulos et al. 2023; PPI++, Angelopoulos, Duchi, Zrnic 2023):
 *
 *     estimate = lambda mean(machine) + mean(labels - lambda predictions)
 *     lambda   = cov(labels, predictions) / ((1 + n/N) var(all predictions)), cut to [0, 1]
 *
 * With a label 1 for right and 0 for wrong this is an accuracy, with 1, 1/2, 0 a win rate. Ours: the t quantile has
 * n - 1 degrees of freedom, one less (there and in the variance of labels - lambda predictions) when lambda was tuned
 * on the same labels, and lambda falls back to 0 where the interval would otherwise be wider than the labels' own.
 *
 * @param labels      n numbers
 * @param predictions n numbers: the machine's for the same items
 * @param machine     n_machine numbers: the machine's for the unlabelled items; NULL only if there are none
 * @param opts        NULL: the defaults
 * @param ret         set on success. Fewer than 2 labels: no interval (NaN); none: no estimate either
 * @return PL_OK, PL_E_INVALID (NULL, options), PL_E_RANGE (a value that is not finite, or too large to square)
 */
PL_API PL_NODISCARD pl_status pl_ppi_mean(const double *labels, const double *predictions, size_t n,
                                          const double *machine, size_t n_machine, const pl_ppi_opts *opts,
                                          pl_ppi_mean_result *ret, pl_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
