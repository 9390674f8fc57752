#ifndef PL_SIM_SPEAK_H
#define PL_SIM_SPEAK_H

#include "speech.h"

/* What the model says to the prompt, whatever it is. PL_E_NOMEM or PL_E_LIMIT. */
PL_NODISCARD pl_status pl__sim_speak(const pl_sim_turn *turn, pl_sim_speech *ret, pl_error *reterr);

#endif
