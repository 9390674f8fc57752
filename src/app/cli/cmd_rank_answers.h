#ifndef PL_CMD_RANK_ANSWERS_H
#define PL_CMD_RANK_ANSWERS_H

#include "answer_report.h"
#include "option.h"
#include "store.h"

/* rank and diagnose by responses, of logs or of a stored run; an exit code. */
int pl__rank_answers(const pl_args *args, bool diagnose);
/* Are responses meant, rather than judgments? By --responses, --judgments, --evaluation, or what the stored run has.
 * PL_E_INVALID (options that do not go together), what opening the run fails with. */
PL_NODISCARD pl_status pl__answers_are_meant(const pl_args *args, bool *ret, pl_error *reterr);
/* What a run ends with: its responses ranked by the default methods. */
PL_NODISCARD pl_status pl__answers_by_default(const pl_args *args, pl_store *store, int64_t run_id, pl_str *out,
                                              pl_error *reterr);

#endif
