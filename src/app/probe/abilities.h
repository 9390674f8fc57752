#ifndef PL_ABILITIES_H
#define PL_ABILITIES_H

#include "chat.h"
#include "reply.h"

/* What an endpoint really does, as a probe has found it. */
typedef enum pl_ability {
    PL_ABILITY_REACHABLE = 0,
    PL_ABILITY_TEXT,
    PL_ABILITY_IMAGES,     /* a request with a picture is answered */
    PL_ABILITY_SIGHT,      /* and what is answered is about the picture */
    PL_ABILITY_IMAGE_SIDE, /* a picture of the config's max_side; amount: the largest side taken, px */
    PL_ABILITY_LOGPROBS,   /* amount: most alternatives that came for a token */
    PL_ABILITY_N,          /* several samples in one reply */
    PL_ABILITY_REPEATABLE, /* temperature 0: the same text twice */
    PL_ABILITY_SEED,       /* a seed: the same text twice at temperature 0.7 */
    PL_ABILITY_TEMPERATURE,
    PL_ABILITY_MAX_TOKENS, /* the token limit by this name; amount of both: 0 */
    PL_ABILITY_MAX_COMPLETION_TOKENS,
    PL_ABILITY_CONTEXT,   /* the server says how long it is; amount: tokens */
    PL_ABILITY_REASONING, /* replies carry reasoning, or tokens of it */
    PL_ABILITY_PREFILL,   /* an assistant's turn at the end is continued */
    PL_ABILITY_USAGE,     /* replies count their tokens */
} pl_ability;
#define PL_ABILITIES 16u

/* Stored by name. */
typedef enum pl_ability_state {
    PL_ABILITY_UNKNOWN = 0,
    PL_ABILITY_YES = 1,
    PL_ABILITY_NO = 2,
} pl_ability_state;

typedef struct pl_finding {
    pl_ability_state state;
    uint64_t amount; /* 0: none */
    char why[256];   /* in words, one line; never empty once probed */
} pl_finding;

typedef struct pl_abilities {
    pl_finding of[PL_ABILITIES];
    uint32_t top_logprobs_max; /* more alternatives than that are refused; 0: none were */
    uint32_t calls;            /* chats asked */
    uint32_t requests;         /* with those sent again, and look-ups */
    pl_usage usage;            /* of the chats */
    uint64_t elapsed_ms;
    int64_t probed_unix_ms;
} pl_abilities;

const char *pl__ability_name(pl_ability ability); /* "images"; never NULL */
const char *pl__ability_state_name(pl_ability_state state);

/* Is a request with a picture sure to be refused? */
bool pl__abilities_refuse_images(const pl_abilities *a);
/* Takes out of a chat what the endpoint refuses: log-probabilities or the alternatives beyond what it gives,
 * temperature, seed, the token limit by its older name. Returns how many calls the chat's samples take: 1, or chat->n
 * where the endpoint gives one at a time (then chat->n becomes 1 and each call wants a `sample` of its own). */
uint32_t pl__abilities_adapt(const pl_abilities *a, pl_chat *chat);

#endif
