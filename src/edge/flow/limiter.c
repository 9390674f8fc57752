#include "limiter.h"

#include <math.h>

void pl__limiter_init(pl_limiter *l, uint32_t max)
{
    *l = (pl_limiter){.limit = max > 0 ? max : 1, .max = max > 0 ? max : 1};
}

uint32_t pl__limiter_limit(const pl_limiter *l)
{
    return (uint32_t)l->limit;
}

uint64_t pl__limiter_ready_ns(const pl_limiter *l, uint32_t in_flight, uint64_t now_ns)
{
    if (in_flight >= pl__limiter_limit(l))
        return PL_FLOW_NEVER;
    return now_ns < l->pause_until_ns ? l->pause_until_ns : now_ns;
}

static bool is_news(const pl_limiter *l, uint64_t sent_ns)
{
    return !l->was_cut || sent_ns > l->cut_ns;
}

static void cut(pl_limiter *l, double factor, uint64_t now_ns)
{
    l->limit = fmax(1.0, l->limit * factor);
    l->was_cut = true;
    l->cut_ns = now_ns;
    l->cuts++;
}

static bool is_slow(pl_limiter *l, double latency_ns)
{
    if (l->n_samples < UINT32_MAX)
        l->n_samples++;
    double warming = 1.0 / (double)l->n_samples;
    l->recent_ns += fmax(PL_LIMITER_RECENT_WEIGHT, warming) * (latency_ns - l->recent_ns);
    l->usual_ns += fmax(PL_LIMITER_USUAL_WEIGHT, warming) * (latency_ns - l->usual_ns);
    return l->n_samples >= PL_LIMITER_SLOW_SAMPLES_MIN && l->recent_ns > PL_LIMITER_SLOW_RATIO * l->usual_ns;
}

void pl__limiter_succeeded(pl_limiter *l, uint32_t in_flight, uint64_t sent_ns, uint64_t now_ns)
{
    bool in_use = 2.0 * (double)in_flight >= floor(l->limit);
    bool slow = is_slow(l, now_ns > sent_ns ? (double)(now_ns - sent_ns) : 0.0);
    if (!in_use || !is_news(l, sent_ns))
        return;
    if (slow) {
        cut(l, PL_LIMITER_SLOW_CUT, now_ns);
        return;
    }
    double step = fmax(1.0, (double)l->max / PL_LIMITER_STEPS);
    l->limit = fmin((double)l->max, l->limit + step / l->limit);
}

bool pl__limiter_congested(pl_limiter *l, uint64_t sent_ns, uint64_t now_ns)
{
    if (!is_news(l, sent_ns))
        return false;
    cut(l, PL_LIMITER_CUT, now_ns);
    return true;
}

void pl__limiter_pause(pl_limiter *l, uint64_t until_ns)
{
    if (until_ns > l->pause_until_ns)
        l->pause_until_ns = until_ns;
}
