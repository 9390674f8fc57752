#include "response_maker.h"

#include "kit.h"
#include "rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

response_maker *response_maker_new(uint32_t n_models, uint32_t n_items, uint32_t stride, const uint32_t *n_options,
                                   const double *logits, const uint8_t *labels)
{
    static const char *const letters[MAKER_OPTIONS_MAX] = {"A", "B", "C", "D", "E", "F", "G", "H"};
    response_maker *x = calloc(1, sizeof(*x));
    size_t n_values = 0;
    assert_non_null(x);
    assert_true(n_models <= MAKER_MODELS_MAX && n_items <= MAKER_ITEMS_MAX && stride <= MAKER_OPTIONS_MAX);
    for (uint32_t k = 0; k < MAKER_OPTIONS_MAX; k++) {
        x->texts[k] = letters[k];
        x->option_texts[k] = k;
        x->lists[k] = (pl_option_list){.first = 0, .n = k + 1};
    }
    for (uint32_t m = 0; m < n_models; m++) {
        (void)snprintf(x->names[m], sizeof(x->names[m]), "m%02u", (unsigned)m % 100u);
        x->model_ptrs[m] = x->names[m];
    }
    for (uint32_t i = 0; i < n_items; i++) {
        (void)snprintf(x->items[i], sizeof(x->items[i]), "q%03u", (unsigned)i % 1000u);
        x->item_ptrs[i] = x->items[i];
    }
    x->datasets[0] = "";
    x->set = (pl_response_set){.models = x->model_ptrs,
                               .n_models = n_models,
                               .items = x->item_ptrs,
                               .n_items = n_items,
                               .images = x->item_ptrs,
                               .n_images = n_items,
                               .datasets = x->datasets,
                               .n_datasets = 1,
                               .texts = x->texts,
                               .n_texts = MAKER_OPTIONS_MAX,
                               .option_lists = x->lists,
                               .n_option_lists = MAKER_OPTIONS_MAX,
                               .option_texts = x->option_texts,
                               .n_option_texts = MAKER_OPTIONS_MAX,
                               .option_values = x->values,
                               .rows = x->rows};
    for (uint32_t m = 0; m < n_models; m++) {
        for (uint32_t i = 0; i < n_items; i++) {
            const double *from = logits + ((size_t)m * n_items + i) * stride;
            pl_response *row = &x->rows[x->set.n_rows];
            if (isnan(from[0]))
                continue;
            *row = (pl_response){.item = i,
                                 .model = m,
                                 .image = i,
                                 .options = n_options[i] - 1,
                                 .text = PL_RESPONSE_NONE,
                                 .prediction = PL_RESPONSE_NONE,
                                 .first_value = n_values,
                                 .labels = labels ? (uint64_t)1 << labels[i] : 0,
                                 .value_kind = PL_OPTION_VALUES_LOGIT,
                                 .matches = -1};
            for (uint32_t k = 0; k < n_options[i]; k++)
                x->values[n_values++] = from[k];
            x->set.n_rows++;
        }
    }
    x->set.n_option_values = n_values;
    return x;
}

response_maker *response_maker_random(uint64_t seed, uint32_t n_models, uint32_t n_items, uint32_t k)
{
    pl_rng rng;
    uint32_t *n_options = calloc(n_items, sizeof(*n_options));
    uint8_t *labels = calloc(n_items, 1);
    double *shared = calloc((size_t)n_items * k, sizeof(*shared));
    double *logits = calloc((size_t)n_models * n_items * k, sizeof(*logits));
    assert_true(n_options && labels && shared && logits);
    pl__rng_init(&rng, seed, "responses", 0);
    for (uint32_t i = 0; i < n_items; i++) {
        n_options[i] = k;
        labels[i] = (uint8_t)pl__rng_below(&rng, k);
        for (uint32_t o = 0; o < k; o++)
            shared[i * k + o] = pl__rng_normal(&rng);
    }
    for (uint32_t m = 0; m < n_models; m++) {
        double skill = n_models > 1 ? 2.5 - 2.2 * m / (n_models - 1) : 1.0;
        for (uint32_t i = 0; i < n_items; i++) {
            double *x = logits + ((size_t)m * n_items + i) * k;
            for (uint32_t o = 0; o < k; o++)
                x[o] = pl__rng_normal(&rng) + 0.4 * shared[i * k + o] + (o == labels[i] ? skill : 0.0);
        }
    }
    response_maker *ret = response_maker_new(n_models, n_items, k, n_options, logits, labels);
    free(n_options);
    free(labels);
    free(shared);
    free(logits);
    return ret;
}
