#ifndef PL_CONSENSUS_REPORT_H
#define PL_CONSENSUS_REPORT_H

#include "analysis_result.h"
#include "json.h"

/* For an analysis with a consensus. */
PL_NODISCARD pl_status pl__consensus_table(const pl_analysis *a, pl_str *out, pl_error *reterr);
json_t *pl__consensus_json(const pl_analysis *a); /* NULL on refusal */

#endif
