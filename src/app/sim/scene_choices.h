#ifndef PL_SIM_SCENE_CHOICES_H
#define PL_SIM_SCENE_CHOICES_H

#include "scene.h"

#define PL_SIM_FACT_OPTIONS_MAX 6u

typedef struct pl_sim_options {
    char texts[PL_SIM_FACT_OPTIONS_MAX][PL_SIM_ANSWER_BYTES];
    uint32_t n; /* at least 2, all distinct, the fact's answer among them */
} pl_sim_options;

void pl__sim_fact_options(const pl_sim_fact *fact, pl_rng *rng, pl_sim_options *ret);

#endif
