#ifndef PL_SIM_TOKENS_H
#define PL_SIM_TOKENS_H

#include "speech.h"

/* What a model says, cut into tokens, and how probable each was. */
#define PL_SIM_THOUGHT "I look at the picture several times and keep what I see most often."
#define PL_SIM_ABSENT_LOGPROB (-9999.0) /* OpenAI's way to say: outside the list */

/* Length of the token at the start of text (not empty): line ends, or spaces and the word or the sign behind them. */
size_t pl__sim_token_len(pl_view text);
uint32_t pl__sim_count_tokens(pl_view text);
/* The text up to the token limit (0: none). */
pl_view pl__sim_cut_tokens(pl_view text, uint32_t max_tokens, uint32_t *ret_tokens);

double pl__sim_logprob(double p);
/* Beliefs speak of whole answers; the first token of each carries its chance, equal first tokens add up. Most probable
 * first. */
void pl__sim_first_tokens(const pl_sim_belief *belief, pl_sim_belief *ret);

typedef struct pl_sim_token {
    pl_view text;
    double logprob;
    const pl_sim_belief *alternatives; /* what the token was chosen from; NULL: nothing else was possible */
} pl_sim_token;

/* Walks through the sent part of a speech, *at from 0; `first` is pl__sim_first_tokens of its belief. False at the
 * end. */
bool pl__sim_next_token(const pl_sim_speech *speech, pl_view sent, const pl_sim_belief *first, size_t *at,
                        pl_sim_token *ret);

#endif
