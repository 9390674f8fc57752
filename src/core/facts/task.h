#ifndef PL_TASK_H
#define PL_TASK_H

#include "hash.h"
#include "reply.h"

#define PL_INDEX_NONE UINT32_MAX

typedef enum pl_task_kind {
    PL_TASK_QUESTION = 1,
    PL_TASK_ANSWER = 2,
    PL_TASK_JUDGMENT = 3,
    PL_TASK_EQUIVALENCE = 4, /* do two answers of one model mean the same? */
} pl_task_kind;

/* The criteria that peer review asks about. Persisted in task keys by name. */
typedef enum pl_criterion { PL_CRITERION_CORRECTNESS = 0, PL_CRITERION_VISUAL = 1, PL_CRITERIA_COUNT = 2 } pl_criterion;
const char *pl__criterion_name(pl_criterion c); /* "correctness", "visual" */

/* One call to one model, as a small value. Models are indices into the pool; PL_INDEX_NONE where not meant. */
typedef struct pl_task {
    pl_digest key; /* names the task for all time: see eval.h */
    pl_task_kind kind;
    uint32_t model;     /* who is asked: author, candidate or judge */
    uint32_t first;     /* judgment: the candidate whose answer is shown first; equivalence: whose answers they are */
    uint32_t second;    /* judgment: the other */
    uint32_t criterion; /* judgment: pl_criterion */
    uint32_t sample;    /* answer: 0, or the number of one drawn at random beside it */
} pl_task;

#endif
