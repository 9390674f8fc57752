#ifndef PL_UNCERTAINTY_EVAL_H
#define PL_UNCERTAINTY_EVAL_H

#include "eval.h"

#define PL_UNCERTAINTY_SAMPLES_MAX PL_CHAT_SAMPLES_MAX
#define PL_UNCERTAINTY_TEMPERATURE 0.7 /* of the samples */

/* Every model answers every item's own question: once greedily, with log-probabilities where its endpoint has them, and
 * `samples` times at random. Items with options are asked for a letter, the others for a short answer. Whether two
 * samples of an open answer mean the same can be asked of a judge, for every pair of different texts (Kuhn, Gal and
 * Farquhar 2023). Models and prompts are borrowed; a model's own temperature is not used. */
typedef struct pl_uncertainty_design {
    const pl_model_spec *models;
    uint32_t n_models; /* >= 1 */
    const pl_prompt_set *prompts;
    uint32_t samples;      /* at most PL_UNCERTAINTY_SAMPLES_MAX */
    uint32_t top_logprobs; /* alternatives of each token, at most PL_CHAT_TOP_LOGPROBS_MAX; 0: no log-probabilities */
    bool judged;           /* samples are compared; there are two at least */
    uint32_t judge;        /* by this model */
} pl_uncertainty_design;

/* PL_E_INVALID (no models, more than the maximums, a judge that there is not or with less than two samples),
 * PL_E_NOMEM. */
PL_NODISCARD pl_status pl__uncertainty_new(const pl_uncertainty_design *design, pl_eval **ret, pl_error *reterr);

/* Can the item be asked? PL_E_INVALID: it has no question, one option alone, or two options that go by one letter. */
PL_NODISCARD pl_status pl__uncertainty_check(const pl_item *item, pl_error *reterr);

#endif
