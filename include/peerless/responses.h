/** @file
 * Answers of models to items as plain rows: what every ranking by the models' own certainty is computed from.
 */
#ifndef PEERLESS_RESPONSES_H
#define PEERLESS_RESPONSES_H

#include <peerless/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PL_RESPONSE_NONE UINT32_MAX        /**< an index of something that is not there */
#define PL_RESPONSE_OPTIONS_MAX 64u        /**< options of one item */
#define PL_RESPONSE_TOP_MAX 4096u          /**< alternatives of one token */
#define PL_RESPONSE_MASKED (-9999.0)       /**< a log-probability at or below it means "outside the top-k" */
#define PL_RESPONSE_MODELS_MAX 100000u     /**< models of one set */
#define PL_RESPONSE_ITEMS_MAX 10000000u    /**< items of one set */
#define PL_RESPONSE_CELLS_MAX 1000000000ul /**< models times items of one table */

/** What the numbers given for the options are. */
typedef enum pl_option_values {
    PL_OPTION_VALUES_NONE = 0,    /**< there are none */
    PL_OPTION_VALUES_LOGIT = 1,   /**< unnormalised; every option has a finite one */
    PL_OPTION_VALUES_LOGPROB = 2, /**< natural logarithms of probabilities among all tokens; NaN is unknown */
} pl_option_values;

/** One token of an answer. */
typedef struct pl_response_token {
    uint32_t text;      /**< index into texts */
    uint32_t n_top;     /**< alternatives, the token itself usually among them */
    uint64_t first_top; /**< index of the first one */
    double logprob;     /**< natural logarithm, at most 0; NaN unknown; at or below PL_RESPONSE_MASKED it is masked */
} pl_response_token;

/** A list of options, shared by all rows that were given the same ones. */
typedef struct pl_option_list {
    uint64_t first; /**< index into option_texts */
    uint32_t n;     /**< at most PL_RESPONSE_OPTIONS_MAX */
} pl_option_list;

/** What one model answered to one item. */
typedef struct pl_response {
    uint32_t item;         /**< index into items */
    uint32_t model;        /**< index into models */
    uint32_t image;        /**< the cluster for resampling; the same in all rows of an item */
    uint32_t dataset;      /**< index into datasets; the same in all rows of an item */
    uint32_t options;      /**< index into option_lists, or PL_RESPONSE_NONE: an open question */
    uint32_t text;         /**< index into texts, or PL_RESPONSE_NONE */
    uint32_t prediction;   /**< the option that the answer names, or PL_RESPONSE_NONE */
    uint32_t vocabulary;   /**< size of the model's vocabulary; 0 unknown */
    uint32_t n_tokens;     /**< of the answer */
    uint32_t n_samples;    /**< further answers, drawn at random */
    uint64_t first_token;  /**< index into tokens */
    uint64_t first_sample; /**< index into samples */
    uint64_t first_value;  /**< index into option_values: as many as there are options, unless value_kind is NONE */
    uint64_t labels;       /**< bit k: option k is right; 0: no label */
    uint8_t value_kind;    /**< pl_option_values */
    int8_t matches;        /**< open question: 1 the answer is a label, 0 it is none, -1 not known */
} pl_response;

/**
 * A borrowed set of responses. All arrays belong to the caller and must outlive the calls that take the set.
 * A model answers an item at most once. What is one item has the same image, dataset, options and labels everywhere.
 */
typedef struct pl_response_set {
    const char *const *models;          /**< n_models distinct names */
    uint32_t n_models;                  /**< number of models */
    const char *const *items;           /**< n_items ids; they fix the canonical order */
    uint32_t n_items;                   /**< number of items */
    const char *const *images;          /**< n_images ids */
    uint32_t n_images;                  /**< number of images */
    const char *const *datasets;        /**< n_datasets distinct names; at least one, which may be "" */
    uint32_t n_datasets;                /**< number of datasets */
    const char *const *texts;           /**< n_texts strings: options, tokens, answers, samples */
    uint32_t n_texts;                   /**< number of texts */
    const pl_option_list *option_lists; /**< n_option_lists */
    uint32_t n_option_lists;            /**< number of option lists */
    const uint32_t *option_texts;       /**< n_option_texts indices into texts */
    size_t n_option_texts;              /**< number of option texts */
    const double *option_values;        /**< n_option_values logits or log-probabilities */
    size_t n_option_values;             /**< number of option values */
    const pl_response_token *tokens;    /**< n_tokens */
    size_t n_tokens;                    /**< number of tokens */
    const uint32_t *top_texts;          /**< n_tops alternatives of tokens: indices into texts */
    const double *top_logprobs;         /**< n_tops: their natural logarithms */
    size_t n_tops;                      /**< number of alternatives */
    const uint32_t *samples;            /**< n_samples indices into texts */
    const uint32_t
        *sample_options; /**< n_samples: the option that a sample names, or PL_RESPONSE_NONE; NULL: none is */
    /** n_samples: samples of one row that mean the same have the same number, from 0 in order of appearance;
     * PL_RESPONSE_NONE in all samples of a row: nobody compared them; NULL: nobody compared any. */
    const uint32_t *sample_meanings;
    size_t n_samples;        /**< number of samples */
    const pl_response *rows; /**< n_rows, in any order; NULL only if there are none */
    size_t n_rows;           /**< number of rows */
} pl_response_set;

/**
 * Checks every index, number and count of the set, and that what is one item is the same in all its rows.
 * @return PL_OK, PL_E_INVALID (NULL arrays, no dataset), PL_E_LIMIT, PL_E_RANGE (names the row), PL_E_CONFLICT (rows
 *         that contradict each other: two answers of one model, other options, labels, images or datasets) or
 *         PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_response_set_check(const pl_response_set *set, pl_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
