#ifndef PL_PEER_REVIEW_H
#define PL_PEER_REVIEW_H

#include "eval.h"
#include "prompt.h"

/* Who asks, answers and judges (UPME sections 3.1-3.2). Models and prompts are borrowed. */
typedef struct pl_peer_review_design {
    const pl_model_spec *models;
    uint32_t n_models; /* >= 3 */
    const pl_prompt_set *prompts;
    bool generated;   /* each model writes a question of its own; else the item's question is asked */
    bool judges_all;  /* every model outside the pair judges; else only the question's author (generated only) */
    bool self_review; /* a model may judge pairs that it is in, and answers its own question */
    bool criteria[PL_CRITERIA_COUNT]; /* visual is left out for items without an image */
} pl_peer_review_design;

/* PL_E_INVALID (fewer than 3 models, no criterion, author judges of given questions), PL_E_NOMEM. */
PL_NODISCARD pl_status pl__peer_review_new(const pl_peer_review_design *design, pl_eval **ret, pl_error *reterr);

#endif
