#ifndef PL_REPLY_H
#define PL_REPLY_H

#include <peerless/status.h>

/* How a call ended. Persisted: the numbers never change. */
typedef enum pl_outcome {
    PL_OUTCOME_NONE = 0,
    /* Responses: stored, final, counted as what they are. */
    PL_OUTCOME_ANSWERED = 1,
    PL_OUTCOME_CUT_OFF = 2, /* stopped at the token limit; there is text */
    PL_OUTCOME_REFUSED = 3, /* refusal field, content filter */
    PL_OUTCOME_EMPTY = 4,   /* nothing but white space */
    /* Final errors: stored, asked again only on request (--retry-failed). */
    PL_OUTCOME_BAD_REQUEST = 16,
    PL_OUTCOME_TOO_LONG = 17,
    PL_OUTCOME_IMAGE_UNSUPPORTED = 18,
    /* Failures: stored as such, asked again by the next run. */
    PL_OUTCOME_AUTH = 32,
    PL_OUTCOME_QUOTA = 33,
    PL_OUTCOME_NOT_FOUND = 34,
    PL_OUTCOME_RATE_LIMITED = 35, /* attempts exhausted on 429 */
    PL_OUTCOME_TIMED_OUT = 36,
    PL_OUTCOME_SERVER_ERROR = 37, /* attempts exhausted on 5xx */
    PL_OUTCOME_UNREACHABLE = 38,  /* refused, reset, cut connection, DNS, TLS */
    PL_OUTCOME_GARBLED = 39,      /* a body that is no reply: HTML, broken JSON, wrong shape */
} pl_outcome;

bool pl__outcome_is_response(pl_outcome o);    /* 1..15 */
bool pl__outcome_is_final_error(pl_outcome o); /* 16..31 */
/* Lower-case words for tables: "answered", "cut off", "image unsupported", … Never NULL. */
const char *pl__outcome_name(pl_outcome o);

typedef struct pl_usage {
    uint64_t input_tokens;
    uint64_t output_tokens;
    uint64_t cached_tokens;    /* part of input_tokens */
    uint64_t reasoning_tokens; /* part of output_tokens */
} pl_usage;

/* A decoded reply. Owns its strings: pl__reply_clear. */
typedef struct pl_reply {
    pl_outcome outcome;
    char *text; /* NUL-terminated UTF-8; NULL unless ANSWERED or CUT_OFF (or a refusal with words) */
    size_t text_len;
    char *reasoning; /* kept apart, never judged; or NULL */
    char *finish;    /* the server's own word; or NULL */
    pl_usage usage;
} pl_reply;

void pl__reply_clear(pl_reply *reply); /* frees and zeroes; a zeroed reply is fine */

#endif
