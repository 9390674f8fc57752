#ifndef PL_PEER_REVIEW_H
#define PL_PEER_REVIEW_H

#include "eval.h"
#include "prompt.h"

/* Ours: a question is a sentence or two, whatever the answers may need. */
#define PL_QUESTION_TOKENS_MAX 128u

/* In which order the two answers of a pair are shown. */
typedef enum pl_presentation {
    PL_PRESENT_BOTH = 0,   /* judged twice, once in each (cancels position bias) */
    PL_PRESENT_RANDOM = 1, /* once, in an order drawn from the seed for each (question, judge, pair) */
    PL_PRESENT_FIXED = 2,  /* once, the model that stands first in the pool first: confounded with position */
} pl_presentation;

/* Who asks, answers and judges (UPME sections 3.1-3.2). Models and prompts are borrowed. */
typedef struct pl_peer_review_design {
    const pl_model_spec *models;
    uint32_t n_models; /* >= 3 */
    const pl_prompt_set *prompts;
    bool generated;   /* each model writes a question of its own; else the item's question is asked */
    bool judges_all;  /* every model outside the pair judges; else only the question's author (generated only) */
    bool self_review; /* a model may judge pairs that it is in, and answers its own question */
    pl_presentation presentation;
    uint64_t seed;       /* of the order and of the draw */
    uint64_t iterations; /* 0: every (question, judge, pair); else so many of them, spread evenly over n_items items */
    uint64_t n_items;
    bool adaptive; /* each item says itself which of its comparisons are asked (pl_item.chosen); iterations is 0 */
    bool criteria[PL_CRITERIA_COUNT]; /* visual is left out for items without an image */
} pl_peer_review_design;

/* PL_E_INVALID (fewer than 3 models, no criterion, author judges of given questions), PL_E_NOMEM. */
PL_NODISCARD pl_status pl__peer_review_new(const pl_peer_review_design *design, pl_eval **ret, pl_error *reterr);

/* One comparison of an item: a judge, and two of the answers to one of its questions. */
typedef struct pl_triple {
    uint32_t unit; /* which of the item's questions */
    uint32_t judge;
    uint32_t low; /* below high */
    uint32_t high;
} pl_triple;

/* All comparisons that an item can have, by their numbers (draw.h). The eval is a peer review. PL_E_LIMIT, PL_E_NOMEM.
 */
PL_NODISCARD pl_status pl__peer_review_triples(const pl_eval *eval, pl_triple **ret, size_t *ret_n, pl_error *reterr);

#endif
