#ifndef PL_JUDGE_REPORT_H
#define PL_JUDGE_REPORT_H

#include <peerless/signal.h>

/* pl_judge_reports() on so many threads; 0 is 1. Nothing in the reports depends on it. */
PL_NODISCARD pl_status pl__judge_reports(const pl_judgment_set *set, uint32_t threads, pl_judge_report *ret,
                                         pl_error *reterr);

#endif
