#ifndef PL_REDACT_H
#define PL_REDACT_H

#include "str.h"

/* Writes `words` as one line of valid UTF-8: control characters and runs of white space become one space, what looks
 * like an API key becomes "[key]". Cut at ret_bytes - 1. */
void pl__redact_line(pl_view words, char *ret, size_t ret_bytes);
/* Replaces each occurrence of the secret by "[key]", also one that the end of the line has cut off. */
void pl__redact_secret(char *line, pl_view secret);

#endif
