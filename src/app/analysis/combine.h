#ifndef PL_COMBINE_H
#define PL_COMBINE_H

#include "analysis.h"

/* Appends the combined rankings, for which a->methods has two places left, and fills a->consensus. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__combine(pl_analysis *a, pl_error *reterr);

#endif
