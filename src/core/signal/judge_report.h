#ifndef PL_JUDGE_REPORT_H
#define PL_JUDGE_REPORT_H

#include "row_words.h"
#include <peerless/signal.h>

/* pl_judge_reports() on so many threads; 0 is 1. Nothing in the reports depends on it. source: of rows that do not
 * stand in the set, or NULL. ret_words may be NULL; else words of all usable rows, for the caller to clear. */
PL_NODISCARD pl_status pl__judge_reports(const pl_judgment_set *set, const pl_row_source *source, uint32_t threads,
                                         pl_judge_report *ret, pl_row_words *ret_words, pl_error *reterr);

#endif
