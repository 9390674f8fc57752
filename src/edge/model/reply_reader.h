#ifndef PL_REPLY_READER_H
#define PL_REPLY_READER_H

#include "codec.h"
#include "json.h"

/* What the codecs share when they read a reply. */

pl_view pl__json_view(const json_t *string); /* empty if it is no string */
/* A count: 0 for anything but a positive integer. */
uint64_t pl__json_count(const json_t *object, const char *key);
/* A copy of a string that is not empty; else *ret stays. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__json_copy(const json_t *value, char **ret);

/* How an answer ended, whatever the dialect's words for it. */
typedef enum pl_ending {
    PL_ENDING_DONE = 0,
    PL_ENDING_CUT = 1,     /* at a limit */
    PL_ENDING_REFUSED = 2, /* by the model or a filter */
    PL_ENDING_ABORTED = 3, /* the server gave up */
} pl_ending;

/* One choice while it is gathered. */
typedef struct pl_choice_reader {
    pl_str text;
    pl_str reasoning;
    pl_str refusal; /* a refusal's own words: they count as its text, and are never judged */
} pl_choice_reader;

/* Reads one choice into *ret, which is zeroed and the caller's to clear, also on failure. PL_E_NOMEM, PL_E_LIMIT. */
typedef pl_status (*pl_choice_fn)(const json_t *choice, pl_choice_reader *r, pl_reply_choice *ret);

/* Text, reasoning, outcome and the answer's tokens of a choice. Reasoning that the server left at the beginning of the
 * text is taken out, unless it sent some apart: "<think>…</think>", also without its first mark (templates that end
 * the prompt with it). An open "<think>" is reasoning to the end. Tokens are kept for answers alone. */
PL_NODISCARD pl_status pl__choice_finish(pl_choice_reader *r, pl_ending ending, pl_reply_choice *ret);

/* Reads one choice by fn as the reply. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__read_one_choice(const pl_http_reply *raw, const json_t *choice, pl_choice_fn fn,
                                           int64_t now_unix_ms, pl_decoded *ret);
/* Reads the choices by fn; the first becomes the reply. An empty list is GARBLED. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__read_choices(const pl_http_reply *raw, const json_t *list, pl_choice_fn fn,
                                        int64_t now_unix_ms, pl_decoded *ret);

/* A body of status 2xx that holds no error. ret is zeroed; what it owns after a failure is cleared by the caller. */
typedef pl_status (*pl_success_fn)(const pl_http_reply *raw, const json_t *doc, int64_t now_unix_ms, pl_decoded *ret);

/* pl_codec_ops.decode: errors of every kind, pages and broken JSON here, the rest by fn. */
PL_NODISCARD pl_status pl__decode(const pl_http_reply *reply, int64_t now_unix_ms, pl_success_fn fn, pl_decoded *ret,
                                  pl_error *reterr);

#endif
