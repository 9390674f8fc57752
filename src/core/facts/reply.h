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
    /* What became of the provider's batch that it was in; it was not asked, and nothing was paid. */
    PL_OUTCOME_BATCH_EXPIRED = 40,
    PL_OUTCOME_BATCH_CANCELLED = 41,
    PL_OUTCOME_BATCH_FAILED = 42,
} pl_outcome;

bool pl__outcome_is_response(pl_outcome o);    /* 1..15 */
bool pl__outcome_is_final_error(pl_outcome o); /* 16..31 */
/* Lower-case words for tables: "answered", "cut off", "image unsupported", … Never NULL. */
const char *pl__outcome_name(pl_outcome o);

typedef struct pl_usage {
    uint64_t input_tokens;
    uint64_t output_tokens;
    uint64_t cached_tokens;        /* part of input_tokens */
    uint64_t reasoning_tokens;     /* part of output_tokens */
    uint64_t cache_written_tokens; /* part of input_tokens; billed apart by some */
} pl_usage;

/* Of one reply. What has more of something than this has no log-probabilities at all, so that no sum runs over a
 * part; alternatives past their maximum are left out, the first (most probable) kept. */
#define PL_REPLY_CHOICES_MAX 64u
#define PL_REPLY_TOKENS_MAX 131072u       /* of one choice */
#define PL_REPLY_TOKEN_BYTES_MAX 1024u    /* of one token or alternative */
#define PL_REPLY_ALTERNATIVES_MAX 64u     /* of one token */
#define PL_REPLY_LOGPROB_MASKED (-9999.0) /* from here down a server means "outside the top" */

/* Bytes are not NUL-terminated and need not be whole characters. A log-probability is natural and at most 0, or
 * -INFINITY: outside the server's top, unknown; to be masked, never summed. */
typedef struct pl_token_alternative {
    const char *bytes;
    uint32_t len;
    double logprob;
} pl_token_alternative;

typedef struct pl_token {
    const char *bytes;
    uint32_t len;
    uint32_t n_top;
    const pl_token_alternative *top; /* as the server ordered them; the token itself may be among them */
    double logprob;
} pl_token;

/* A choice after the first, of a request for several samples. */
typedef struct pl_reply_choice {
    pl_outcome outcome; /* a response's, or SERVER_ERROR or GARBLED when this choice alone is none */
    char *text;         /* these four as in pl_reply */
    size_t text_len;
    char *reasoning;
    char *finish;
    pl_token *tokens;
    size_t n_tokens;
} pl_reply_choice;

/* A decoded reply. Owns its strings: pl__reply_clear. */
typedef struct pl_reply {
    pl_outcome outcome;
    char *text; /* NUL-terminated UTF-8; NULL unless ANSWERED or CUT_OFF (or a refusal with words) */
    size_t text_len;
    char *reasoning; /* kept apart, never judged; or NULL */
    char *finish;    /* the server's own word; or NULL */
    pl_usage usage;
    pl_token *tokens; /* the answer's, without its reasoning; NULL if the server gave no log-probabilities. One block */
    size_t n_tokens;
    pl_reply_choice *further; /* the second sample and so on, in the server's order; NULL if there was one */
    size_t n_further;
} pl_reply;

void pl__reply_choice_clear(pl_reply_choice *choice); /* the same for one choice */
void pl__reply_clear(pl_reply *reply);                /* frees and zeroes; a zeroed reply is fine */
/* Makes the reply that of its choice-th choice alone, 0 for the first; the usage stays that of all. False: there are
 * fewer, and the reply is as it was. */
bool pl__reply_choose(pl_reply *reply, size_t choice);

#endif
