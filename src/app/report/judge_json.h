#ifndef PL_JUDGE_JSON_H
#define PL_JUDGE_JSON_H

#include "json.h"
#include "judge_study.h"

/* Adds verbosity, self_preference, triads, alignment and judge_bt of one judge to its object. */
PL_NODISCARD pl_status pl__judge_json(const pl_judge_study *study, uint32_t judge, json_t *doc);
/* Adds agreement, heat_map, reference, judge_bt and leave_one_judge_out to the document. */
PL_NODISCARD pl_status pl__judges_json(const pl_analysis *a, const pl_judge_study *study, json_t *doc);
/* The tables for people, each behind an empty line. */
PL_NODISCARD pl_status pl__judge_sections(const pl_analysis *a, const pl_judge_study *study, pl_str *out,
                                          pl_error *reterr);

#endif
