#ifndef PL_CONFIDENCE_H
#define PL_CONFIDENCE_H

#include "analysis_result.h"

/* The bootstrap of a finished ranking: fills analysis->uncertainty and each method's, and adds its warnings to the
 * notes and the methods'. `methods` (names, as many as the analysis has), `table` and `rank` are what it was ranked by.
 */
PL_NODISCARD pl_status pl__confidence(pl_analysis *analysis, const char *const *methods, const pl_peer_table *table,
                                      const pl_rank_opts *rank, const pl_uncertainty_opts *opts, pl_error *reterr);
/* Adds the warnings of m->uncertainty to m's. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__add_uncertainty_warnings(pl_analysis *analysis, pl_method_result *m, pl_error *reterr);

#endif
