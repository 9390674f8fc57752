#ifndef PL_ITEM_REPORT_H
#define PL_ITEM_REPORT_H

#include "item_values.h"
#include "str.h"

/* As CSV: dataset (if there are names), item, model, its choice, why its option probabilities are missing, the pool's
 * choice if there is one, and a column for each signal with 17 significant digits, empty where it is missing. All
 * models of an item stand together. `write` gets the text in pieces; its failures are passed on. PL_E_NOMEM, PL_E_LIMIT
 * (columns). */
PL_NODISCARD pl_status pl__report_items(const pl_item_values *values,
                                        pl_status (*write)(void *user, pl_view piece, pl_error *reterr), void *user,
                                        pl_error *reterr);

#endif
