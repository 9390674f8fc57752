#ifndef PL_ANSWER_REPORT_H
#define PL_ANSWER_REPORT_H

#include "answer_study.h"
#include "json.h"
#include "report.h"
#include "table.h"

/* What a ranking by responses (a->answers is not NULL) shows where one by judgments shows its judges. */
void pl__answer_heads(pl_table *t);
void pl__answer_cells(const pl_analysis *a, uint32_t model, pl_table *t);
/* How many models the pool of within amounts to, if it is among the methods. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__answer_pool(const pl_analysis *a, pl_str *out);
/* How many items lack an answer, by reason: PL_ANSWER_MISSING_COUNT counts. NULL on refusal. */
json_t *pl__answer_missing_json(const uint32_t *missing);
/* Adds n_responses and what each model answered. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__answers_json(const pl_analysis *a, json_t *doc);
/* Adds upper (bounds of entropies) and effective_models to a method's object. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__answer_method_json(const pl_analysis *a, const pl_method_result *m, json_t *doc);
/* One row for each method on responses: name, description, source. */
void pl__answer_methods_list(pl_table *t);

/* Calibration. JSON: version 1 of `diagnose --format json` for responses. CSV: one row per model and dataset. */
PL_NODISCARD pl_status pl__report_calibration(const pl_calibration_study *s, const char *const *notes, size_t n_notes,
                                              pl_format format, pl_str *out, pl_error *reterr);

#endif
