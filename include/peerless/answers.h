/** @file
 * From responses to rankings without labels: signals of certainty, votes of the models on each item, and `within`.
 *
 * Notation: p_1 >= p_2 >= … are a model's probabilities of an item's options: softmax of its option logits, or its
 * option log-probabilities renormalised; where it has neither they are read from its tokens, at the first token that is
 * an option's letter but for white space (else the first with one among its alternatives), spellings of one letter put
 * together by log-sum-exp. `mass` is what the options have together before they are renormalised. An item is *missing*
 * for a model's option signals if there are no such numbers, if one of the options is outside the top-k, or if the mass
 * is below 1/2. A model that misses more than PL_ANSWER_MISSING_MAX of the items is not ranked, and a warning says why.
 * A score is the mean of a signal over the items that are not missing; losses are negated, so that larger is better.
 *
 * Ties among options go to the one that stands first in the item. Labels are read by pl_calibration_run() and
 * pl_choices_accuracy() alone, and those of a source, which is other data than what is ranked on, by
 * pl_answer_source_build().
 */
#ifndef PEERLESS_ANSWERS_H
#define PEERLESS_ANSWERS_H

#include <peerless/rank.h>
#include <peerless/responses.h>
#include <peerless/uncertainty.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PL_ANSWER_MASS_MIN 0.5                  /**< less mass on the options than this: the item is missing */
#define PL_ANSWER_MISSING_MAX 0.2               /**< more items missing than this share: the model is not ranked */
#define PL_ANSWER_OPTION_CELLS_MAX 2000000000ul /**< models times options of all items */
#define PL_CALIBRATION_BINS_MAX 1000u           /**< bins of a reliability table */

/** What is done about a model's liking for a letter. */
typedef enum pl_letter_prior {
    PL_PRIOR_RAW = 0,      /**< nothing */
    PL_PRIOR_CORRECTED = 1 /**< each position's mean log-probability, over the items of a dataset that are not missing,
                                is subtracted (ours, close to Batch Calibration, Zhou et al. 2024) but for positions
                                whose text is the same in every item (such as "I don't know"): these are left alone */
} pl_letter_prior;

/** Labelled answers of the same models to other items, which proxies learn from; immutable. */
typedef struct pl_answer_source pl_answer_source;

/** Options of pl_answer_table_build(); start from PL_ANSWER_OPTS_INIT. */
typedef struct pl_answer_opts {
    uint32_t size_bytes;            /**< sizeof this struct, as the _INIT macro sets it */
    pl_letter_prior prior;          /**< raw or corrected */
    uint64_t fixed_options;         /**< bit k: position k is left alone by the correction, whatever its text */
    const char *dataset;            /**< only this one; NULL: all. Borrowed during the call */
    const pl_answer_source *source; /**< what proxies learn from, or NULL. Borrowed for the life of the table */
    uint32_t threads;               /**< for building the table and for its signals; no result depends on it. 0 is 1 */
} pl_answer_opts;
/** The defaults of pl_answer_opts. */
#define PL_ANSWER_OPTS_INIT                                                                                            \
    {                                                                                                                  \
        sizeof(pl_answer_opts), PL_PRIOR_RAW, 0, NULL, NULL, 1                                                         \
    }

/** Why an item is missing for a model's option signals. */
typedef enum pl_answer_missing {
    PL_ANSWER_THERE = 0,       /**< it is not */
    PL_ANSWER_NO_RESPONSE = 1, /**< the model did not answer it */
    PL_ANSWER_NO_VALUES = 2,   /**< no logits or log-probabilities of options, and no token that names one */
    PL_ANSWER_OUTSIDE = 3,     /**< an option is not among the most probable tokens */
    PL_ANSWER_LOW_MASS = 4     /**< the options have less than PL_ANSWER_MASS_MIN of the probability together */
} pl_answer_missing;
#define PL_ANSWER_MISSING_COUNT 5 /**< number of pl_answer_missing values */

/** The reason as a few words ("an option outside the top-k"). Never NULL; static storage. */
PL_API const char *pl_answer_missing_text(pl_answer_missing reason);

/** Responses arranged by model and item; immutable. It borrows the set. */
typedef struct pl_answer_table pl_answer_table;

/**
 * Arranges a set, reads the options' probabilities and corrects the letter prior if wanted.
 * @param set  borrowed for the life of the table
 * @param opts NULL: the defaults
 * @return PL_OK, what pl_response_set_check() returns, PL_E_INVALID (options), PL_E_NOT_FOUND (the dataset), PL_E_LIMIT
 *         or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_answer_table_build(const pl_response_set *set, const pl_answer_opts *opts,
                                                    pl_answer_table **ret, pl_error *reterr);
PL_API void pl_answer_table_free(pl_answer_table *table); /**< NULL is a no-op */
/** The set that it was built from. */
PL_API const pl_response_set *pl_answer_table_set(const pl_answer_table *table);
PL_API uint32_t pl_answer_table_n_models(const pl_answer_table *table); /**< models of the set */
PL_API uint32_t pl_answer_table_n_items(const pl_answer_table *table);  /**< items of the wanted dataset */
/** Items with options; the others are open questions. */
PL_API uint32_t pl_answer_table_n_choice_items(const pl_answer_table *table);
PL_API uint32_t pl_answer_table_n_images(const pl_answer_table *table); /**< images (clusters) of these items */
/** n_items: each item's index in the set. Borrowed. */
PL_API const uint32_t *pl_answer_table_items(const pl_answer_table *table);
/** A model's response to an item, or NULL. Borrowed from the set. */
PL_API const pl_response *pl_answer_table_response(const pl_answer_table *table, uint32_t model, uint32_t item);
/** Why a model's probabilities of an item's options are missing; PL_ANSWER_THERE if they are not, or if it is an open
 *  question with a response. */
PL_API pl_answer_missing pl_answer_table_why_missing(const pl_answer_table *table, uint32_t model, uint32_t item);
/** n_items: the image of each item, from 0. Borrowed. */
PL_API const uint32_t *pl_answer_table_images(const pl_answer_table *table);
/** n_items + 1: where each item's options begin in the arrays of probabilities; open questions have none. Borrowed. */
PL_API const size_t *pl_answer_table_options(const pl_answer_table *table);
/** One model's probabilities of all options of all items, NaN where missing. Borrowed. */
PL_API const double *pl_answer_table_probabilities(const pl_answer_table *table, uint32_t model);
/** n_items: the option that the model chose: the most probable one, or where that is missing the one its answer names;
 *  UINT8_MAX: neither, or an open question. Borrowed. */
PL_API const uint8_t *pl_answer_table_choices(const pl_answer_table *table, uint32_t model);
/** How many of the items with options are missing for one model's option signals, and why: PL_ANSWER_MISSING_COUNT
 *  counts. Borrowed. */
PL_API const uint32_t *pl_answer_table_missing(const pl_answer_table *table, uint32_t model);

/** Items that a model answered in some way. */
PL_API uint32_t pl_answer_table_answered(const pl_answer_table *table, uint32_t model);

/** What a table was built with as pl_answer_opts.source, or NULL. */
PL_API const pl_answer_source *pl_answer_table_source(const pl_answer_table *table);

/** One labelled item of a source, as one model answered it. */
typedef struct pl_answer_source_item {
    double confidence; /**< the signal max_prob; NaN if it is missing */
    uint32_t image;    /**< from 0, over all data sets of the source: an image in two of them counts as two */
    bool right;        /**< does the model's answer agree with the label? */
} pl_answer_source_item;

/**
 * Holds a labelled set against its labels, data set by data set.
 * @param set        borrowed during the call
 * @param opts       prior and fixed_options as for the table that is ranked on; the rest is not looked at. NULL: the
 *                   defaults
 * @param datasets   n_datasets names, each of which must have labels; NULL with 0: all of the set that have some
 * @param ret        release with pl_answer_source_free()
 * @return PL_OK, PL_E_NOT_FOUND (no such data set), PL_E_INVALID (no labels; options; a name twice), and what
 *         pl_answer_table_build() returns
 */
PL_API PL_NODISCARD pl_status pl_answer_source_build(const pl_response_set *set, const pl_answer_opts *opts,
                                                     const char *const *datasets, size_t n_datasets,
                                                     pl_answer_source **ret, pl_error *reterr);
PL_API void pl_answer_source_free(pl_answer_source *source);                 /**< NULL is a no-op */
PL_API uint32_t pl_answer_source_n_datasets(const pl_answer_source *source); /**< at least 1 */
/** The name of a data set; may be "". Borrowed. */
PL_API const char *pl_answer_source_dataset(const pl_answer_source *source, uint32_t dataset);
/** Items of a data set that have a label. */
PL_API uint32_t pl_answer_source_n_labelled(const pl_answer_source *source, uint32_t dataset);
/** n_datasets + 1: where the images of each data set begin; the last is the number of all. Borrowed. */
PL_API const uint32_t *pl_answer_source_images(const pl_answer_source *source);
/** The source's number of a model, or PL_RESPONSE_NONE if it has no answer there. */
PL_API uint32_t pl_answer_source_model(const pl_answer_source *source, const char *name);
/** The labelled items of a data set at which a model is right or wrong: what it did not answer is left out. Borrowed.
 */
PL_API const pl_answer_source_item *pl_answer_source_items(const pl_answer_source *source, uint32_t dataset,
                                                           uint32_t model, size_t *ret_n);

/** One signal of certainty. */
typedef struct pl_answer_signal {
    const char *name;        /**< as in --methods */
    const char *description; /**< one line */
    const char *source;      /**< paper and section, or "ours" */
} pl_answer_signal;

/**
 * All signals, static storage. Of options: nll = ln p_1, entropy = sum p ln p, max_prob = p_1, margin = p_1 - p_2,
 * mass. On open questions these (but for mass) are the means over the answer's tokens: of the token's log-probability,
 * of entropy, largest and largest minus second probability of its distribution. Of tokens: nll.first, nll.sum,
 * nll.mean, nll.byte (per UTF-8 byte), nll.answer (the token that is an option's letter), all negated;
 * entropy.first|mean|answer, negated, over the alternatives, what they leave as one more bucket. Of samples:
 * consistency.exact|bleu|rouge (mean similarity of the samples to the answer), semantic_entropy, negated: the entropy
 * of the clusters that samples fall into, by the option they name, else by their text; semantic_entropy.judge has those
 * of pl_response_set.sample_meanings on open questions, and is missing where there are none. What a model
 * thinks before "</think>" is no part of the answer. Masked log-probabilities are passed over.
 */
PL_API const pl_answer_signal *pl_answer_signals(size_t *ret_n);

/**
 * A signal's values.
 * @param ret       n_models * n_items places, [model * n_items + item]; NaN where missing
 * @param ret_upper the same, or NULL. For entropies of tokens it gets minus the upper bound (what the alternatives
 * leave is spread evenly over the rest of the vocabulary), NaN where its size is unknown; else NaN
 * @return PL_OK, PL_E_NOT_FOUND (no such signal), PL_E_UNSUPPORTED (needs an encoder), PL_E_INVALID or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_answer_signal_values(const pl_answer_table *table, const char *name, double *ret,
                                                      double *ret_upper, pl_error *reterr);

/** All methods on responses that are no signals, static storage: votes, Dawid and Skene's models, within, proxies. */
PL_API const pl_rank_method *pl_answer_methods(size_t *ret_n);
/** Is the method a proxy: does it need a table with a source? False for names that there are not. */
PL_API bool pl_answer_method_is_proxy(const char *name);

/**
 * Ranks the models by a signal, or by one of pl_answer_methods():
 * - "majority": share of the items at which the model chose the plurality's option; "soft-vote": the option with the
 *   largest mean probability; "weighted-vote": the plurality of votes weighted by w_j = ln((K - 1) a_j / (1 - a_j)),
 * not below 0, K the mean number of options, a_j = (agreements + 1) / (items + 2) of model j with the weighted
 * plurality of the others; from w = 1 until no choice changes, at most 100 times (Nitzan & Paroush 1982; ours).
 * - "dawid-skene-one-coin" (Dawid & Skene 1979, one parameter): model j is right with probability a_j and else chooses
 *   evenly among the other options; EM from the shares of the votes until no probability moves by 1e-10, at most 10,000
 *   times. The score is a_j. "dawid-skene": a full confusion by the options' positions, which must be as many in all
 *   items; the score is the probability of being right.
 * - "within" (ours): a minimum-variance pool, each model held against the pool without itself. P_j are the model's
 *   probabilities. w = 1/m; until w stays the same, at most 100 times: V = sum w_j P_j; t_j = arg max(V - w_j P_j) at
 *   each item; E_j = P_j - onehot(t_j); S_jk = mean over the items that both have of E_j . E_k; S <- .7 S +
 *   .3 (trace S / m) I; w minimises w'Sw, w >= 0, sum w = 1. The score is the share of items at which the model's
 *   choice is that of V. Weights: w. The effective number of models is 1 / sum w^2.
 * Proxies predict accuracy on these items, without their labels, from data sets s with labels. a_s is a model's
 * accuracy there, c its confidence (max_prob); every data set predicts by itself, and the score is the mean:
 * - "aol": a_s, as if accuracy were on the line (Miller et al. 2021).
 * - "aol.rank": minus the model's rank by a_s among the models that are ranked (ties share it).
 * - "atc": the share of these items with c above the threshold below which there are as many of the source's items as
 *   the model gets wrong (Garg et al. 2022). Confidences equal to the threshold count as wrong in the share in which
 *   they do in the source, so that the source's own accuracy is always met.
 * - "doc": a_s less the difference of confidences, mean c there minus mean c here (Guillory et al. 2021). It may leave
 *   [0, 1]. For atc and doc the source's items are those with a confidence.
 * Models that miss too many items, here or in one of the source's data sets, are left out: they neither vote nor have a
 * score, and a warning says why.
 *
 * @param weights n_images: how often each image counts; NULL: once each. Integers, as drawn by a bootstrap
 * @return PL_OK, PL_E_NOT_FOUND (msg lists what there is), PL_E_UNSUPPORTED (an encoder or, of proxies, a source is
 *         wanting), PL_E_INVALID or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_answer_rank_run(const char *method, const pl_answer_table *table,
                                                 const uint32_t *weights, pl_ranking **ret, pl_error *reterr);

/**
 * What the pool of "within" chooses at each item: the best guess at the right option that the models make together.
 * @param ret n_items places; UINT8_MAX: an open question, or nobody in the pool answered
 * @return PL_OK, PL_E_INVALID or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_answer_pool_choices(const pl_answer_table *table, uint8_t *ret, pl_error *reterr);

/**
 * Resamples the images, the same ones for every method. Which models are ranked, and the corrected letter prior, are
 * those of all items; votes and weights are worked out anew. There is no fragility. For proxies each data set of the
 * source is resampled too, by itself; the tails are those of the smallest set of images that the score depends on, and
 * PL_INTERVAL_BCA, which knows one sample only, gives way to PL_INTERVAL_PERCENTILE with a warning.
 * @param methods as for pl_answer_rank_run, n_methods of them
 * @param opts    NULL: the defaults
 * @param ret     as from pl_uncertainty_run(); release with pl_uncertainty_free()
 * @return PL_OK, PL_E_INVALID, PL_E_RANGE, PL_E_LIMIT (more than PL_UNCERTAINTY_MODELS_MAX models), PL_E_NOT_FOUND,
 *         PL_E_UNSUPPORTED or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_answer_uncertainty_run(const char *const *methods, size_t n_methods,
                                                        const pl_answer_table *table, const pl_uncertainty_opts *opts,
                                                        pl_uncertainty **ret, pl_error *reterr);

/** One bin of a reliability table. */
typedef struct pl_reliability_bin {
    uint64_t n;        /**< items whose confidence lies in (lower, upper] */
    double confidence; /**< mean; NaN if empty */
    double accuracy;   /**< share that is right; NaN if empty */
} pl_reliability_bin;

/** How one model's confidence agrees with its accuracy. */
typedef struct pl_calibration {
    uint64_t n;       /**< labelled items at which the model has a choice (or, of open questions, an answer) */
    uint64_t right;   /**< of these, it is right */
    uint64_t missing; /**< labelled items at which it has none */
    double accuracy;  /**< right / n; NaN if n is 0 */
    uint64_t n_sure;  /**< labelled items with probabilities of the options: what follows is over these */
    double ece;       /**< expected calibration error, bins (lower, upper] of equal width (Guo et al. 2017) */
    double mce;       /**< the largest gap of a bin that is not empty */
    double aurc;      /**< area under the risk-coverage curve, by falling confidence (Geifman et al. 2019); equal
                           confidences together */
} pl_calibration;

/**
 * Holds one choice for each item, of whatever origin, against the labels.
 * @param choices n_items; UINT8_MAX: none
 * @param ret_n   labelled items with a choice
 * @return the share of these that is right; NaN if there are none
 */
PL_API double pl_choices_accuracy(const pl_answer_table *table, const uint8_t *choices, uint64_t *ret_n);

/**
 * Holds confidences max p against labels.
 * @param n_bins 1 to PL_CALIBRATION_BINS_MAX; 15 is usual
 * @param ret    n_models places
 * @param ret_bins n_models * n_bins places, or NULL
 * @return PL_OK, PL_E_INVALID, PL_E_RANGE (n_bins) or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_calibration_run(const pl_answer_table *table, uint32_t n_bins, pl_calibration *ret,
                                                 pl_reliability_bin *ret_bins, pl_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
