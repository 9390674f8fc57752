#include "server_window.h"

#include <math.h>

#define NS_PER_MS UINT64_C(1000000)
#define TOLERANCE 1e-6
#define RESET_MS_MAX (UINT64_C(366) * 86400000)

void pl__window_report(pl_server_window *w, const pl_window_report *report, double in_flight, uint64_t sent_ns,
                       uint64_t now_ns)
{
    if (!report->has_remaining || !report->has_reset || (w->heard && sent_ns <= w->sent_ns))
        return;
    *w = (pl_server_window){.limit = report->has_limit ? report->limit : HUGE_VAL,
                            .level = report->remaining - in_flight,
                            .heard = true,
                            .sent_ns = sent_ns,
                            .at_ns = now_ns};
    if (report->reset_ms == 0 || report->remaining >= w->limit)
        return;
    uint64_t reset_ns = (report->reset_ms < RESET_MS_MAX ? report->reset_ms : RESET_MS_MAX) * NS_PER_MS;
    w->known = true;
    w->per_ns = report->has_limit ? (report->limit - report->remaining) / (double)reset_ns : 0.0;
    w->full_ns = now_ns + reset_ns;
    w->give_up_ns = now_ns + PL_WINDOW_WAIT_MS_MAX * NS_PER_MS;
}

static bool refill(pl_server_window *w, uint64_t now_ns)
{
    if (w->known && now_ns >= w->full_ns)
        w->known = false;
    if (!w->known)
        return false;
    if (now_ns > w->at_ns) {
        w->level = fmin(w->limit, w->level + (double)(now_ns - w->at_ns) * w->per_ns);
        w->at_ns = now_ns;
    }
    return true;
}

uint64_t pl__window_ready_ns(pl_server_window *w, double cost, uint64_t now_ns)
{
    if (!refill(w, now_ns))
        return now_ns;
    double lacking = fmin(cost, w->limit) - w->level;
    if (lacking <= TOLERANCE || now_ns >= w->give_up_ns)
        return now_ns;
    uint64_t latest_ns = w->full_ns < w->give_up_ns ? w->full_ns : w->give_up_ns;
    double wait_ns = w->per_ns > 0.0 ? ceil(lacking / w->per_ns) : HUGE_VAL;
    return wait_ns < (double)(latest_ns - now_ns) ? now_ns + (uint64_t)wait_ns : latest_ns;
}

void pl__window_take(pl_server_window *w, double cost, uint64_t now_ns)
{
    if (!refill(w, now_ns))
        return;
    w->level -= cost;
    if (w->per_ns > 0.0)
        w->full_ns += (uint64_t)fmin(cost / w->per_ns, (double)(RESET_MS_MAX * NS_PER_MS)); /* later by so much */
    if (now_ns >= w->give_up_ns) /* one request after the longest wait, then another wait */
        w->give_up_ns = now_ns + PL_WINDOW_WAIT_MS_MAX * NS_PER_MS;
}
