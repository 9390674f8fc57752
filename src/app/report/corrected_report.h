#ifndef PL_CORRECTED_REPORT_H
#define PL_CORRECTED_REPORT_H

#include "analysis_result.h"
#include "json.h"

/* All for an analysis with corrected win rates (a->corrected is not NULL). */
PL_NODISCARD pl_status pl__corrected_table(const pl_analysis *a, pl_str *out, pl_error *reterr);
json_t *pl__corrected_json(const pl_analysis *a); /* NULL on refusal */
/* {"model": [low, high], …}; NULL on refusal. */
json_t *pl__corrected_ranges_json(const pl_analysis *a);

#endif
