#ifndef PL_BENCH_SAMPLE_REPLY_H
#define PL_BENCH_SAMPLE_REPLY_H

#include "store.h"

/* The body of a chat completion as a server of OpenAI's protocol sends it: an id of its own, token counts, and some
 * sentences of words drawn by rank (Zipf), ending in a verdict for a judgment. The same for the same number. Replaces
 * *out. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__sample_reply(uint64_t number, bool is_judgment, pl_str *out, pl_usage *ret_usage);
/* The words in it. */
PL_NODISCARD pl_status pl__sample_text(uint64_t number, bool is_judgment, pl_str *out);

#endif
