#ifndef PL_CHAT_H
#define PL_CHAT_H

#include "model_spec.h"
#include "str.h"

#define PL_CHAT_PARTS_MAX 64
#define PL_CHAT_SAMPLES_MAX 64u
#define PL_CHAT_TOP_LOGPROBS_MAX 64u

/* Parameters of a request, as flags. */
typedef enum pl_param {
    PL_PARAM_N = 1 << 0,            /* several samples in one reply */
    PL_PARAM_LOGPROBS = 1 << 1,     /* log-probabilities at all */
    PL_PARAM_TOP_LOGPROBS = 1 << 2, /* that many alternatives; fewer may do */
    PL_PARAM_TEMPERATURE = 1 << 3,
    PL_PARAM_TOP_P = 1 << 4,
    PL_PARAM_SEED = 1 << 5,
    PL_PARAM_MAX_TOKENS = 1 << 6, /* by that name: max_completion_tokens may do */
} pl_param;

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
    uint32_t top_logprobs; /* alternatives wanted for each token; 0: no log-probabilities at all */
    uint32_t n;            /* samples wanted in one reply; 0 and 1: one */
    uint32_t omit; /* of TEMPERATURE, SEED and MAX_TOKENS: not sent, since this endpoint refuses them. A matter of
                      how a wish is put, not of the wish: no part of the key */
} pl_chat;

/* Call key: SHA-256 of the logical request (endpoint identity, provider, model, params and extra, parts in order with
 * each image as (file digest, image policy), token limit, log-prob wish, sample, and n where it is more than 1). Never
 * of encoded bytes or ports. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__chat_key(const pl_chat *chat, pl_digest *ret, pl_error *reterr);

#endif
