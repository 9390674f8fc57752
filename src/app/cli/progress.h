#ifndef PL_PROGRESS_H
#define PL_PROGRESS_H

#include "run.h"

/* Shows a run's progress: one line that changes on a terminal, a line every ten seconds elsewhere. */
typedef struct pl_progress_view {
    uint64_t next_line_ns;
    bool said_stopping;
} pl_progress_view;

void pl__progress_show(const pl_run_progress *progress, void *view);

#endif
