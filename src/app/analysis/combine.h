#ifndef PL_COMBINE_H
#define PL_COMBINE_H

#include "analysis_result.h"

#define PL_COMBINED_RESAMPLES_MODELS_MAX                                                                               \
    64u /* up to here each resample is combined too, for intervals of the ranks                                        \
         */

/* Appends the combined rankings, for which a->methods has two places left, and fills a->consensus. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__combine(pl_analysis *a, pl_error *reterr);

#endif
