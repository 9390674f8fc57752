#ifndef PL_AGREEMENT_H
#define PL_AGREEMENT_H

#include "analysis_result.h"
#include "records.h"

/* Compares the methods of a finished analysis with a truth. The scores are fixed by then: nothing here can reach a
 * ranking. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__analysis_compare(pl_analysis *analysis, const pl_truth *truth, pl_error *reterr);

#endif
