/* Whoever finds that a run must end says so here; the loop then lets what is under way end. */
#include "run_internal.h"
#include <stdarg.h>
#include <stdio.h>

void pl__run_stop(pl_runner *r, pl_run_state state, const char *fmt, ...)
{
    va_list args;

    if (r->stopping)
        return;
    r->stopping = true;
    r->stop_state = state;
    va_start(args, fmt);
    (void)vsnprintf(r->summary->stop_reason, sizeof(r->summary->stop_reason), fmt, args);
    va_end(args);
    pl__client_stop_retrying(r->client);
}
