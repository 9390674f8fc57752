#ifndef PL_SPECIMEN_H
#define PL_SPECIMEN_H

#include "model_spec.h"

/* The model whose keys scripts/reference/keys_golden.py computes. */
static inline pl_model_spec specimen_model(void)
{
    static const char *const urls[] = {"https://api.example.org/v1"};
    pl_model_spec spec = {
        .name = "small",
        .provider = "openai",
        .model = "small-vl-2",
        .endpoint = "https://api.example.org/v1",
        .family = "small",
        .params = {.temperature = 0.25, .max_tokens = 4096},
        .image = {.max_side_px = 1024, .format = PL_IMAGE_JPEG, .quality = 90, .detail = PL_DETAIL_HIGH},
        .reach = {.base_urls = urls, .n_base_urls = 1, .concurrency = 4},
    };
    return spec;
}

static inline pl_digest specimen_image(void)
{
    pl_digest d = {{0}};
    for (size_t i = 0; i < sizeof(d.bytes); i++)
        d.bytes[i] = (uint8_t)i;
    return d;
}

#endif
