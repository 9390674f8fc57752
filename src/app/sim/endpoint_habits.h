#ifndef PL_SIM_ENDPOINT_HABITS_H
#define PL_SIM_ENDPOINT_HABITS_H

#include "json.h"
#include "str.h"

/* What the endpoint that serves a model does not do, or does otherwise. All zero: it does everything. */
typedef enum pl_sim_habit {
    PL_SIM_NO_IMAGES = 0,            /* pictures are refused */
    PL_SIM_BLIND,                    /* they are taken and never looked at, nor counted */
    PL_SIM_NO_LOGPROBS,              /* refused */
    PL_SIM_SILENT_LOGPROBS,          /* taken, and none come */
    PL_SIM_NO_N,                     /* n > 1 is refused */
    PL_SIM_ONE_SAMPLE,               /* it is taken, and one sample comes */
    PL_SIM_NO_SEED,                  /* samples are never the same */
    PL_SIM_NO_TEMPERATURE,           /* refused */
    PL_SIM_NO_MAX_TOKENS,            /* refused by this name */
    PL_SIM_NO_MAX_COMPLETION_TOKENS, /* refused by this name */
    PL_SIM_NO_USAGE,                 /* tokens are not counted */
    PL_SIM_NO_PREFILL,               /* an assistant's turn at the end is refused */
    PL_SIM_PREFILL,                  /* it comes back at the beginning of the reply */
    PL_SIM_REASONING,                /* replies show some */
    PL_SIM_TOP_LOGPROBS,             /* =N: more alternatives are refused */
    PL_SIM_MAX_SIDE,                 /* =PX: larger pictures are refused */
    PL_SIM_CONTEXT,                  /* =TOKENS: longer prompts are refused, and the list of models says so */
} pl_sim_habit;
#define PL_SIM_HABITS 17u

typedef struct pl_sim_habits {
    uint64_t of[PL_SIM_HABITS]; /* 0: no; 1 or the number: yes */
} pl_sim_habits;

/* NULL beyond the last. */
const char *pl__sim_habit_name(pl_sim_habit habit);
/* Adds "NAME" or "NAME=NUMBER". PL_E_PARSE. */
PL_NODISCARD pl_status pl__sim_habits_add(pl_sim_habits *habits, pl_view spec, pl_error *reterr);

#endif
