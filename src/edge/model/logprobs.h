#ifndef PL_LOGPROBS_H
#define PL_LOGPROBS_H

#include "json.h"
#include "reply.h"

/* Log-probabilities as servers send them, in one block of memory (pl__free). Lists that are absent, null, empty,
 * without a single number, past a maximum of reply.h or not of the dialect's form give none: *ret NULL, *ret_n 0,
 * PL_OK. Down from PL_REPLY_LOGPROB_MASKED, and null, is -INFINITY. A token's bytes are its `bytes` if given, else its
 * text. PL_E_NOMEM. */

/* choices[].logprobs.content of the common dialect: {token, bytes, logprob, top_logprobs}. */
PL_NODISCARD pl_status pl__logprobs_openai(const json_t *content, pl_token **ret, size_t *ret_n);
/* candidates[].logprobsResult of Gemini: chosenCandidates and topCandidates, side by side. */
PL_NODISCARD pl_status pl__logprobs_gemini(const json_t *result, pl_token **ret, size_t *ret_n);

/* Servers that take the reasoning out of the text leave it in the list. Keeps the tokens that make up `answer`, the
 * last bytes of the list but for closing marks and white space; *n becomes 0 where it is not there. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__tokens_keep_answer(pl_view answer, pl_token *tokens, size_t *n);

#endif
