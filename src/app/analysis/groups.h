#ifndef PL_GROUPS_H
#define PL_GROUPS_H

#include "analysis_result.h"

/* Notes what no method can see from its scores: that there is nothing to rank, or that the models fall into groups
 * which were never compared with each other, in what went into the table. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__note_groups(pl_analysis *a, const pl_peer_table *table, pl_error *reterr);

#endif
