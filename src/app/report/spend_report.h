#ifndef PL_SPEND_REPORT_H
#define PL_SPEND_REPORT_H

#include "run.h"
#include "table.h"

/* What the calls of a run have cost, by model and stage, in this command and in the store. */
PL_NODISCARD pl_status pl__report_spend(const pl_run_summary *s, const pl_config *config, pl_str *out,
                                        pl_error *reterr);
/* A cell: dollars, or "unknown". */
void pl__table_money(pl_table *t, bool known, uint64_t nano_usd);

#endif
