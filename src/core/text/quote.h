#ifndef PL_QUOTE_H
#define PL_QUOTE_H

#include "str.h"

/* Appends text written by a model so that it is only data in another model's prompt: chat control tokens (<|...|> and
 * the [INST], <<SYS>>, <start_of_turn>, </s> families) are broken up, marks [[A]] become plain text, invalid UTF-8
 * becomes U+FFFD. Everything else is kept. PL_E_NOMEM or PL_E_LIMIT. */
PL_NODISCARD pl_status pl__quote(pl_view text, pl_str *out);

#define PL_FENCE_BYTES 24 /* terminating NUL included */
/* A delimiter that neither text contains, derived from a hash of both: the same texts give the same fence. */
void pl__quote_fence(pl_view first, pl_view second, char ret[PL_FENCE_BYTES]);

#endif
