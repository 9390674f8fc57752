#ifndef PL_SIM_JUDGE_H
#define PL_SIM_JUDGE_H

#include "prompt_reader.h"

/* Appends a verdict on the two answers that were read, and why. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__sim_judge(const pl_sim_turn *turn, const pl_sim_reading *reading, pl_sim_speech *ret);
/* The same on whether they claim the same. */
PL_NODISCARD pl_status pl__sim_compare(const pl_sim_turn *turn, const pl_sim_reading *reading, pl_sim_speech *ret);

#endif
