#ifndef PL_SIM_QUESTION_H
#define PL_SIM_QUESTION_H

#include "layout.h"
#include "rng.h"

/* The small grammar of questions about a layout. */
#define PL_SIM_ANSWER_BYTES 48
#define PL_SIM_QUESTION_BYTES 160
#define PL_SIM_QUESTION_TEXT_BYTES_MAX 4096u /* longer sentences are not looked at */

typedef enum pl_sim_question_kind {
    PL_SIM_ASK_COUNT = 0,   /* How many red stars are there? */
    PL_SIM_ASK_EXISTS = 1,  /* Is there a red star? */
    PL_SIM_ASK_LARGEST = 2, /* Which colour is the largest star? */
    PL_SIM_ASK_SHAPE = 3,   /* What shape is the red object? (without a colour: the largest object) */
    PL_SIM_ASK_BESIDE = 4,  /* What is left of the red star? */
    PL_SIM_ASK_MORE = 5,    /* Are there more stars or more circles? */
} pl_sim_question_kind;
#define PL_SIM_QUESTION_KINDS 6u

typedef enum pl_sim_side { PL_SIM_LEFT = 0, PL_SIM_RIGHT = 1, PL_SIM_ABOVE = 2, PL_SIM_BELOW = 3 } pl_sim_side;

typedef struct pl_sim_question {
    pl_sim_question_kind kind;
    pl_sim_noun noun;
    pl_sim_noun other; /* of MORE */
    pl_sim_side side;  /* of BESIDE */
} pl_sim_question;

/* The whole sentence. */
void pl__sim_question_write(const pl_sim_question *q, char ret[PL_SIM_QUESTION_BYTES]);
/* Understands one sentence, forgiving about case, articles and spelling of colour. */
bool pl__sim_question_parse(pl_view sentence, pl_sim_question *ret);
/* The last sentence of a text that is understood. */
bool pl__sim_question_find(pl_view text, pl_sim_question *ret);

/* What the layout says. With `strict`, false when a careful observer could say something else (two largest ones, a
 * neighbour that is hardly nearer than the next); without, always true and the answer is the best there is. */
bool pl__sim_question_answer(const pl_sim_question *q, const pl_sim_layout *layout, bool strict,
                             char ret[PL_SIM_ANSWER_BYTES]);
/* Makes up a question of a kind about a layout; false when the layout gives no occasion for it. */
bool pl__sim_question_pick(pl_sim_question_kind kind, const pl_sim_layout *layout, bool strict, pl_rng *rng,
                           pl_sim_question *ret);

/* An answer as the comparison sees it: lower case, without articles, punctuation and plural, number words as digits. */
void pl__sim_answer_normalise(pl_view answer, char ret[PL_SIM_ANSWER_BYTES]);

#endif
