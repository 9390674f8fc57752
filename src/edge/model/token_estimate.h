#ifndef PL_TOKEN_ESTIMATE_H
#define PL_TOKEN_ESTIMATE_H

#include "model_spec.h"
#include "str.h"

/* Tokens before the server has counted them: what a plan and a cap of cost go by. */
typedef struct pl_token_range {
    uint64_t low;
    uint64_t high;
} pl_token_range;

/* What a chat template adds around a request: roles, marks of beginning and end. */
#define PL_TOKENS_AROUND_LOW 1u
#define PL_TOKENS_AROUND_HIGH 24u

/* Text, by bytes and script. ASCII letters and spaces: 6 to 2 bytes a token; digits: 3 to 1; other ASCII: 4 to 1.
 * Characters of 2 bytes (Latin with accents, Cyrillic, Greek, Arabic, Hebrew): 4 a token to 2 tokens each; of 3 bytes
 * (Chinese, Japanese, Korean, Indic): 2 a token to 3 tokens each; of 4 bytes (emoji): 1 to 4 tokens each. The high ends
 * of all but letters are those of a tokenizer that falls back to single bytes. */
pl_token_range pl__tokens_of_text(pl_view text);

/* An image once it is fitted to the model's policy; 0 x 0: of a size that is not known, any that the policy lets
 * through. At the provider's own service by its rule:
 *   OpenAI     fit into 2048 x 2048, shortest side to 768, so many tokens a tile of 512 x 512 and some for the image;
 *              detail low: the latter alone; auto: either. Smaller models: so many a patch of 32 x 32
 *   Anthropic  width * height / 750, shrunk to 1568 a side by older models
 *   Gemini     258, or 258 a tile of 768 x 768 or less; 1,120 whatever its size in newer models
 * Elsewhere, and for models not known: 64 tokens to one a patch of 14 x 14. */
pl_token_range pl__tokens_of_image(const pl_model_spec *spec, uint32_t width_px, uint32_t height_px);

#endif
