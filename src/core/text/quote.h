#ifndef PL_QUOTE_H
#define PL_QUOTE_H

#include "str.h"

/* Appends text written by a model so that it is only data in another model's prompt: a space breaks up chat control
 * tokens (<|...|> and the [INST], <<SYS>>, <start_of_turn>, </s> families) and image placeholders, marks [[x]] become
 * (x), any other [[ becomes [ [, invalid UTF-8 becomes U+FFFD. Everything else is kept. What was quoted once is not
 * changed by quoting it again. PL_E_NOMEM or PL_E_LIMIT; then out is as it was. */
PL_NODISCARD pl_status pl__quote(pl_view text, pl_str *out);

#define PL_FENCE_BYTES 24 /* terminating NUL included */
/* A delimiter that neither text contains, derived from a hash of both: the same texts give the same fence. */
void pl__quote_fence(pl_view first, pl_view second, char ret[PL_FENCE_BYTES]);
/* The same, and `also` does not contain it either; derived from first and second all the same. */
void pl__quote_fence_apart(pl_view first, pl_view second, pl_view also, char ret[PL_FENCE_BYTES]);

#endif
