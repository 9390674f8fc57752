#ifndef PL_SIM_SPEAK_H
#define PL_SIM_SPEAK_H

#include "prompt_reader.h"

/* The kinds of speech behind pl__sim_speak. Each appends to ret->text. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__sim_answer(const pl_sim_turn *turn, const pl_sim_reading *reading, pl_sim_speech *ret);
PL_NODISCARD pl_status pl__sim_judge(const pl_sim_turn *turn, const pl_sim_reading *reading, pl_sim_speech *ret);
/* Appends text and remembers it as what was decided. */
PL_NODISCARD pl_status pl__sim_decide(pl_sim_speech *speech, const char *text);

#endif
