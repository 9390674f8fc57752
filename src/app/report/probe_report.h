#ifndef PL_PROBE_REPORT_H
#define PL_PROBE_REPORT_H

#include "abilities.h"
#include "report.h"

/* What endpoints can do: models and their abilities, side by side. Table: yes, no, ? or a number, with the reasons of
 * what is no or unknown below. JSON: version 1 of `probe --format json`. CSV: one row per model and ability. */
PL_NODISCARD pl_status pl__report_probe(const pl_model_spec *models, const pl_abilities *abilities, uint32_t n_models,
                                        pl_format format, pl_str *out, pl_error *reterr);

#endif
