#ifndef PL_EVAL_KIT_H
#define PL_EVAL_KIT_H

/* What every design of an evaluation starts from. */
#include "kit.h"
#include "model_spec.h"
#include "prompt.h"

#define EVAL_KIT_MODELS_MAX 8u

/* Models m0, m1, … of one family behind one endpoint, each with its identity. Their parameters and their images' policy
 * are those of `like`. */
void eval_kit_models(pl_model_spec *ret, uint32_t n, const pl_model_spec *like);

/* The prompts that stand in the program. */
pl_prompt_set *eval_kit_prompts(void);

#endif
