#ifndef PL_CROSS_PARTS_H
#define PL_CROSS_PARTS_H

#include "cross_result.h"

/* Distances of the pairs whose data sets both have embeddings; notes on those that have none. */
PL_NODISCARD pl_status pl__cross_measure(pl_cross_study *s, const pl_cross_request *request, pl_error *reterr);
/* The map of all embeddings, equally many of each data set. */
PL_NODISCARD pl_status pl__cross_map(pl_cross_study *s, const pl_cross_request *request, pl_error *reterr);

#endif
