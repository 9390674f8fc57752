#ifndef PL_REDACT_H
#define PL_REDACT_H

#include "str.h"

#define PL_REDACT_MESSAGE_KEY_BYTES_MIN 4u /* shorter ones are no secrets, and would hit ordinary words */
#define PL_REDACT_ANSWER_KEY_BYTES_MIN 16u /* in the body of an answer, which must not be changed by accident */

/* Writes `words` as one line of valid UTF-8: control characters and runs of white space become one space, what looks
 * like an API key becomes "[key]". Cut at ret_bytes - 1. */
void pl__redact_line(pl_view words, char *ret, size_t ret_bytes);
/* Replaces each occurrence of the secret by "[key]", also one that the end of the line has cut off. */
void pl__redact_secret(char *line, pl_view secret);
/* Overwrites each occurrence of the secret, also one with JSON's escapes in it, with '*': the length stays. */
void pl__redact_mask(char *bytes, size_t n, pl_view secret);

#endif
