#ifndef PL_SIM_READING_H
#define PL_SIM_READING_H

#include "speech.h"

/* What a short answer claims, as one model reads it at one of its glances: the words that carry the meaning, each the
 * known word that is nearest to the letters that were made out. A letter is misread the more often, the coarser the
 * eyes; the same text is read the same way wherever it stands. */
#define PL_SIM_CLAIM_BYTES 128

void pl__sim_read_claim(const pl_sim_turn *turn, pl_view text, uint32_t glance, char ret[PL_SIM_CLAIM_BYTES]);
/* The share of letters that eyes of this resolution misread. */
double pl__sim_misreads(uint32_t resolution_px);

/* Appends the answer as somebody might put it who says the same thing again: bare, with a capital and a stop, as a
 * number word, as a sentence. At temperature 0 it is bare. The answer is remembered as what was decided. */
PL_NODISCARD pl_status pl__sim_reword(const pl_sim_turn *turn, const pl_sim_question *q, const char *answer,
                                      pl_sim_speech *ret);

#endif
