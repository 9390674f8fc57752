#ifndef PL_ASKING_H
#define PL_ASKING_H

#include "client.h"
#include "picture.h"

/* The calls of a probe. Each is a few dozen tokens. */
typedef enum pl_question_id {
    PL_Q_TEXT = 0, /* the one without a picture that Q_RED is compared with; the others wait for it */
    PL_Q_RED,
    PL_Q_BLUE,
    PL_Q_SIDE, /* a picture of the config's max_side */
    PL_Q_LOGPROBS,
    PL_Q_SAMPLES,
    PL_Q_REPEAT_1,
    PL_Q_REPEAT_2,
    PL_Q_SEED_1,
    PL_Q_SEED_2,
    PL_Q_OTHER_LIMIT, /* the token limit by its other name */
    PL_Q_PREFILL,
    PL_Q_DEEP, /* a long prompt; only when the user says so */
} pl_question_id;
#define PL_QUESTIONS 13u

#define PL_PROBE_SIDE_PX 224u           /* of the pictures whose colour is asked */
#define PL_PROBE_TOKENS 24u             /* that a reply may have */
#define PL_PROBE_TOKENS_FEW 4u          /* where the limit itself is looked at */
#define PL_PROBE_TOKENS_REASONING 1024u /* for models that reason first */
#define PL_PROBE_TOP_LOGPROBS 20u       /* OpenAI's maximum */
#define PL_PROBE_DEEP_TOKENS_MIN 8192u
#define PL_PROBE_DEEP_TOKENS_MAX 524288u

typedef enum pl_question_state {
    PL_QUESTION_CLOSED = 0, /* not to be asked (yet) */
    PL_QUESTION_OPEN,
    PL_QUESTION_ASKED,
    PL_QUESTION_DONE,
} pl_question_state;

/* One endpoint while it is probed. Zeroed but for spec; cleared by pl__subject_clear. */
typedef struct pl_subject {
    pl_model_spec spec; /* the config's, with few attempts */
    const pl_codec_ops *codec;
    pl_question_state state[PL_QUESTIONS];
    pl_call_result result[PL_QUESTIONS]; /* the latest */
    uint32_t tries[PL_QUESTIONS];
    uint32_t omit;              /* pl_param that the endpoint refuses */
    bool room;                  /* it reasons: its replies need more tokens */
    uint32_t side_px;           /* of PL_Q_SIDE: the side being tried */
    uint32_t top;               /* alternatives being asked for */
    uint32_t deep;              /* tokens of the long prompt being tried; 0: none */
    uint64_t deep_taken;        /* input tokens of the longest prompt that was taken */
    uint64_t context;           /* tokens, as the server tells; 0: it does not */
    const char *context_source; /* static */
    uint32_t calls;
    uint32_t requests;
    uint64_t ended_ns;
    pl_usage usage;
} pl_subject;

void pl__subject_clear(pl_subject *s);
/* The pictures of a probe, shared by all endpoints. */
typedef struct pl_pictures {
    pl_chat_image small[PL_PICTURE_COLOURS];
    pl_digest small_digest[PL_PICTURE_COLOURS];
} pl_pictures;

/* Submits one question; the endpoint has a free slot. What the client fails with. */
PL_NODISCARD pl_status pl__question_ask(pl_client *client, uint32_t model, pl_subject *s, pl_question_id id,
                                        const pl_pictures *pictures, uint64_t tag, pl_error *reterr);
/* Takes a result over (*result becomes empty) and opens what it lets be asked next: the same question put otherwise, or
 * the other questions after PL_Q_TEXT. */
void pl__question_answered(pl_subject *s, pl_question_id id, pl_call_result *result);
/* Does the dialect have two names for the token limit? */
bool pl__question_two_limits(const pl_subject *s);
/* Opens PL_Q_DEEP. */
void pl__question_go_deep(pl_subject *s);
/* Names of the colours that the picture is painted with, as they stand in a reply. */
bool pl__names_colour(const pl_reply *reply, pl_picture_colour colour);
/* What PL_Q_PREFILL puts into the model's mouth. */
extern const char pl__question_prefix[];

#endif
