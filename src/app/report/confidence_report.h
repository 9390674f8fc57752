#ifndef PL_CONFIDENCE_REPORT_H
#define PL_CONFIDENCE_REPORT_H

#include "analysis_result.h"
#include "json.h"
#include "str.h"

/* All for an analysis with a bootstrap (a->uncertainty is not NULL). */

/* Adds ci, rank_ci, se, p_best, tied_groups, neighbours and fragility to the method's object. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__confidence_json(const pl_analysis *a, const pl_method_result *m, json_t *doc);
/* How it was done; NULL on refusal. */
json_t *pl__bootstrap_json(const pl_analysis *a);
/* A table of intervals, then what separates neighbours and what the top rank stands on. */
PL_NODISCARD pl_status pl__confidence_table(const pl_analysis *a, pl_str *out, pl_error *reterr);

#endif
