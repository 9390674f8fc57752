#ifndef PL_RANK_JSON_H
#define PL_RANK_JSON_H

#include "analysis_result.h"
#include "json.h"

PL_NODISCARD pl_status pl__rank_json(const pl_analysis *a, pl_str *out, pl_error *reterr);
/* Pieces that diagnose shows too; NULL on refusal. */
json_t *pl__flags_json(uint32_t flags);
json_t *pl__missing_json(const pl_judge_report *report);

#endif
