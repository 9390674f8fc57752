#ifndef PL_SIM_REPLY_WRITER_H
#define PL_SIM_REPLY_WRITER_H

#include "speech.h"

/* One answer as the wire shows it: the words a client gets, cut into tokens. */
typedef struct pl_sim_wire {
    uint32_t max_tokens; /* 0: no limit */
    bool logprobs;
    uint32_t top_logprobs;
} pl_sim_wire;

/* Length of the token at the start of text (not empty): line ends, or spaces and the word or the sign behind them. */
size_t pl__sim_token_len(pl_view text);
uint32_t pl__sim_count_tokens(pl_view text);

/* Appends a member of `choices`; *ret_tokens is the number of tokens sent. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__sim_write_choice(const pl_sim_speech *speech, uint32_t index, const pl_sim_wire *wire,
                                            pl_str *out, uint32_t *ret_tokens);

#endif
