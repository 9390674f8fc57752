#ifndef PL_STUDY_REPORT_H
#define PL_STUDY_REPORT_H

#include "json.h"
#include "judge_study.h"

/* The biases that judge-bt fits: a table behind an empty line, nothing without a fit. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__bias_table(const pl_analysis *a, const pl_judge_study *study, pl_str *out, pl_error *reterr);
/* One judge's, and what all judges share with the state of the fit; for a study with a fit. NULL on refusal. */
json_t *pl__bias_json(const pl_judge_study *study, uint32_t judge);
json_t *pl__biases_json(const pl_judge_study *study);
#define PL_BIAS_COLUMNS 6 /* of CSV: estimate and standard error of position, length and family */
extern const char *const pl__bias_columns[PL_BIAS_COLUMNS];
/* Their values, NaN where the data cannot tell. */
void pl__bias_values(const pl_judge_study *study, uint32_t judge, double ret[PL_BIAS_COLUMNS]);

/* The annotators behind the reference, for a study with one. */
PL_NODISCARD pl_status pl__people_table(const pl_judge_study *study, pl_str *out, pl_error *reterr);
json_t *pl__people_json(const pl_judge_study *study); /* NULL on refusal */

#endif
