#ifndef PL_RESPONSE_MAKER_H
#define PL_RESPONSE_MAKER_H

#include <peerless/responses.h>

/* Small sets of responses for tests: option logits by model and item, options A, B, C, …, one image an item. */
#define MAKER_MODELS_MAX 64u
#define MAKER_ITEMS_MAX 512u
#define MAKER_OPTIONS_MAX 8u

typedef struct response_maker {
    pl_response_set set;
    char names[MAKER_MODELS_MAX][8];
    char items[MAKER_ITEMS_MAX][8];
    const char *model_ptrs[MAKER_MODELS_MAX];
    const char *item_ptrs[MAKER_ITEMS_MAX];
    const char *texts[MAKER_OPTIONS_MAX];
    const char *datasets[1];
    pl_option_list lists[MAKER_OPTIONS_MAX];
    uint32_t option_texts[MAKER_OPTIONS_MAX];
    pl_response rows[MAKER_MODELS_MAX * MAKER_ITEMS_MAX];
    double values[MAKER_MODELS_MAX * MAKER_ITEMS_MAX * MAKER_OPTIONS_MAX];
} response_maker;

/* logits [model][item][stride], NaN first where there is no answer; n_options and labels by item (labels may be NULL).
 * Released with free(). */
response_maker *response_maker_new(uint32_t n_models, uint32_t n_items, uint32_t stride, const uint32_t *n_options,
                                   const double *logits, const uint8_t *labels);
/* Models of falling skill on items of k options; some skill is shared. Labels are drawn. */
response_maker *response_maker_random(uint64_t seed, uint32_t n_models, uint32_t n_items, uint32_t k);

#endif
