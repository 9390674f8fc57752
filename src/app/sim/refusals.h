#ifndef PL_SIM_REFUSALS_H
#define PL_SIM_REFUSALS_H

#include "ask.h"

/* What an endpoint's habits make of a request that its dialect would take. Changes what it does otherwise; false: it
 * refuses, see *why. */
bool pl__sim_habits_apply(const pl_sim_habits *habits, const json_t *doc, pl_sim_ask *ask, pl_sim_complaint *why);

#endif
