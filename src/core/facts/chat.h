#ifndef PL_CHAT_H
#define PL_CHAT_H

#include "model_spec.h"
#include "str.h"

#define PL_CHAT_PARTS_MAX 64

typedef enum pl_role { PL_ROLE_SYSTEM = 1, PL_ROLE_USER = 2, PL_ROLE_ASSISTANT = 3 } pl_role;
typedef enum pl_part_kind { PL_PART_TEXT = 1, PL_PART_IMAGE = 2 } pl_part_kind;

/* A message begins where the role changes. */
typedef struct pl_part {
    pl_role role;
    pl_part_kind kind;
    pl_view text;           /* of a text part; borrowed */
    pl_digest image_digest; /* of an image part: SHA-256 of the source file */
} pl_part;

/* One logical request to one model. */
typedef struct pl_chat {
    const pl_model_spec *model; /* borrowed */
    const pl_part *parts;
    size_t n_parts;
    uint32_t max_tokens;   /* for this request; already the smaller of the stage's and the model's */
    uint32_t sample;       /* 0, or the number of a repeated sample */
    uint32_t top_logprobs; /* 0: no log-probabilities wanted */
} pl_chat;

/* Call key: SHA-256 of the logical request (endpoint identity, provider, model, params and extra, parts in order with
 * each image as (file digest, image policy), token limit, log-prob wish, sample). Never of encoded bytes or ports.
 * PL_E_NOMEM. */
PL_NODISCARD pl_status pl__chat_key(const pl_chat *chat, pl_digest *ret, pl_error *reterr);

#endif
