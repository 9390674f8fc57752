#ifndef PL_REPLAY_H
#define PL_REPLAY_H

#include "config.h"
#include "run.h"
#include "store.h"

/* A stored run, unit by unit, as it was run: the same graph of tasks, ended with what the store has. */
typedef struct pl_replay pl_replay;

/* A run by id (0: the latest). PL_E_NOT_FOUND, PL_E_VERSION, PL_E_PARSE (damaged record), PL_E_NOMEM. */
PL_NODISCARD pl_status pl__replay_open(pl_store *store, int64_t run_id, pl_replay **ret, pl_error *reterr);
void pl__replay_free(pl_replay *replay);
const pl_config *pl__replay_config(const pl_replay *replay);
const pl_store_run *pl__replay_run(const pl_replay *replay);
const pl_setup *pl__replay_setup(const pl_replay *replay);

/* One unit, valid during the visit. Arrays have a place per task. */
typedef struct pl_replay_unit {
    const pl_unit *unit;
    uint64_t position;       /* of the item in the run */
    uint32_t index;          /* of the unit in its item */
    const pl_reply *replies; /* zeroed where there is no response */
    const char *question_id; /* "<item>#<author>", or the item's id */
} pl_replay_unit;

/* Visits every unit of one evaluation of every usable item, in order. The visitor's failure ends it. */
PL_NODISCARD pl_status pl__replay_each(pl_replay *replay, pl_eval_kind which,
                                       pl_status (*visit)(const pl_replay_unit *unit, void *user, pl_error *reterr),
                                       void *user, pl_error *reterr);
/* Items that the run left out: "id: problem" for each, in order. */
PL_NODISCARD pl_status pl__replay_each_problem(pl_replay *replay,
                                               pl_status (*visit)(const char *id, const char *problem, void *user,
                                                                  pl_error *reterr),
                                               void *user, pl_error *reterr);

#endif
