#ifndef PL_STUDIES_H
#define PL_STUDIES_H

#include "report.h"
#include "study.h"

/* A study's rows: mean ± sample standard deviation for people; CSV has mean, sd and n of each measure in columns; JSON
 * also each seed's value. Appends to out. PL_E_NOMEM or PL_E_LIMIT. */
PL_NODISCARD pl_status pl__report_study(const pl_study *study, pl_format format, pl_str *out, pl_error *reterr);
/* All studies there are, one a line. */
PL_NODISCARD pl_status pl__report_study_kinds(pl_format format, pl_str *out, pl_error *reterr);

#endif
