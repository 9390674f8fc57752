#ifndef PL_ERROR_REPLY_H
#define PL_ERROR_REPLY_H

#include "codec.h"
#include "error_words.h"

/* Error replies of every dialect, and of what stands in front of the servers. Fills outcome,
 * retryable, the wait and the message of a zeroed *ret. doc is the parsed body, or NULL if it is no JSON; status may
 * differ from the reply's own (an error inside a 200). */
void pl__error_reply(const pl_http_reply *reply, const json_t *doc, int status, int64_t now_unix_ms, pl_decoded *ret);

/* A 200 that is no reply: GARBLED, worth another attempt. */
void pl__garbled_reply(const pl_http_reply *reply, const char *words, int64_t now_unix_ms, pl_decoded *ret);

#endif
