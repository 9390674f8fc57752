#ifndef PL_CROSS_REPORT_H
#define PL_CROSS_REPORT_H

#include "cross_study.h"
#include "report.h"

/* The matrix of correlations and the pairs of data sets for people; CSV has the pairs, JSON everything. map_path: where
 * the map went, or NULL. Appends to out. PL_E_NOMEM or PL_E_LIMIT. */
PL_NODISCARD pl_status pl__report_cross(const pl_cross_study *s, const char *map_path, pl_format format, pl_str *out,
                                        pl_error *reterr);
/* The map as CSV: dataset,item,x,y. */
PL_NODISCARD pl_status pl__report_cross_map(const pl_cross_study *s, pl_str *out, pl_error *reterr);

#endif
