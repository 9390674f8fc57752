#ifndef PL_SIM_PROMPT_READER_H
#define PL_SIM_PROMPT_READER_H

#include "speech.h"

#define PL_SIM_OPTIONS_MAX 26u

typedef enum pl_sim_wish {
    PL_SIM_WISH_DESCRIBE = 0, /* anything that is not understood */
    PL_SIM_WISH_ASK = 1,      /* write a question about the image */
    PL_SIM_WISH_ANSWER = 2,
    PL_SIM_WISH_JUDGE_CORRECTNESS = 3,
    PL_SIM_WISH_JUDGE_VISUAL = 4,
    PL_SIM_WISH_JUDGE_EQUIVALENCE = 5,
} pl_sim_wish;

/* What a prompt asks for. Views are borrowed from it. */
typedef struct pl_sim_reading {
    pl_sim_wish wish;
    bool understood; /* `question` is one of the grammar's */
    pl_sim_question question;
    bool marked;   /* the answer goes between [[ and ]] */
    bool terse;    /* the answer and nothing else */
    pl_view first; /* judge: the answers as they stand in the prompt */
    pl_view second;
    pl_view options[PL_SIM_OPTIONS_MAX]; /* multiple choice: the texts behind "A." or "(A)" at the start of a line */
    uint32_t n_options;
} pl_sim_reading;

/* Recognises the prompts of the peer review and of comparisons by their structure, and plain questions. */
void pl__sim_prompt_read(pl_view prompt, pl_sim_reading *ret);
/* The final answer of a quoted answer, in which marks became plain text; empty if there is none. */
pl_view pl__sim_quoted_final(pl_view answer);

#endif
