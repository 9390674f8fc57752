#ifndef PL_BOOTSTRAP_BT_H
#define PL_BOOTSTRAP_BT_H

#include "bootstrap.h"

/* bt and bt-davidson need no drawn table: many replicates' win matrices are added up side by side, and each fit starts
 * from that of all judgments. */

bool pl__bootstrap_bt_method(const char *method); /* is it one of the two? */

/* All replicates of these methods, in place of drawing tables. *ret_done is false if there are none of these methods,
 * or so many models that tables are to be drawn for them too; nothing is written then. */
PL_NODISCARD pl_status pl__bootstrap_bt(const pl_bootstrap *b, size_t n, bool is_jackknife, double *const *scores,
                                        bool *ret_done, pl_error *reterr);

#endif
