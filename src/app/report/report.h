#ifndef PL_REPORT_H
#define PL_REPORT_H

#include "analysis_result.h"
#include "judge_study.h"
#include "run.h"

typedef enum pl_format { PL_FORMAT_TABLE = 0, PL_FORMAT_JSON = 1, PL_FORMAT_CSV = 2 } pl_format;

/* All append to out. PL_E_NOMEM or PL_E_LIMIT. Text from outside is cleaned of control characters in tables. */

/* Scores side by side, weights, missing counts, flags, warnings, agreement. JSON: version 1 of `rank --format json`.
 * CSV: one row per method and model. */
PL_NODISCARD pl_status pl__report_rank(const pl_analysis *a, pl_format format, pl_str *out, pl_error *reterr);
/* Judge habits. JSON: version 1 of `diagnose --format json`. CSV: one row per judge. */
PL_NODISCARD pl_status pl__report_diagnose(const pl_analysis *a, const pl_judge_study *study, pl_format format,
                                           pl_str *out, pl_error *reterr);
/* What a run did, for people: totals, each endpoint's failures and each unusable item by name, what to do next. */
PL_NODISCARD pl_status pl__report_run(const pl_run_summary *s, const pl_config *config, pl_str *out, pl_error *reterr);
/* Calls by model and stage, tokens and cost of what is still to be asked. */
PL_NODISCARD pl_status pl__report_plan(const pl_plan *plan, const pl_estimate *estimate, const pl_setup *setup,
                                       pl_format format, pl_str *out, pl_error *reterr);

#endif
