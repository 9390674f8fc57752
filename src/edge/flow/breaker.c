#include "breaker.h"

#include "rng.h"

#define NS_PER_MS UINT64_C(1000000)

void pl__breaker_init(pl_breaker *b, uint64_t seed, uint64_t id)
{
    *b = (pl_breaker){.state = PL_BREAKER_CLOSED, .seed = seed, .id = id};
}

uint64_t pl__breaker_ready_ns(const pl_breaker *b, uint64_t now_ns)
{
    if (b->state == PL_BREAKER_PROBING)
        return PL_FLOW_NEVER;
    return b->state == PL_BREAKER_OPEN && now_ns < b->due_ns ? b->due_ns : now_ns;
}

bool pl__breaker_sent(pl_breaker *b)
{
    if (b->state != PL_BREAKER_OPEN)
        return false;
    b->state = PL_BREAKER_PROBING;
    return true;
}

void pl__breaker_succeeded(pl_breaker *b, uint64_t now_ns)
{
    b->failures = 0;
    b->pauses = 0;
    if (b->state == PL_BREAKER_CLOSED)
        return;
    b->state = PL_BREAKER_CLOSED;
    b->closed_ns = now_ns;
    b->was_open = true;
}

/* Half of the pause for certain, half by lot, so that servers and runs that failed together do not come back together.
 */
static void begin_pause(pl_breaker *b, uint64_t now_ns)
{
    pl_rng rng;
    const uint64_t key[3] = {b->id, b->openings, b->pauses};
    uint64_t pause_ms = PL_BREAKER_PAUSE_FIRST_MS;
    for (uint32_t i = 0; i < b->pauses && pause_ms < PL_BREAKER_PAUSE_MAX_MS; i++)
        pause_ms *= 2;
    pause_ms = pause_ms < PL_BREAKER_PAUSE_MAX_MS ? pause_ms : PL_BREAKER_PAUSE_MAX_MS;
    pl__rng_init_bytes(&rng, b->seed, key, sizeof(key));
    b->due_ns = now_ns + pause_ms / 2 * NS_PER_MS + pl__rng_below(&rng, pause_ms / 2 * NS_PER_MS);
    b->state = PL_BREAKER_OPEN;
    b->pauses++;
}

bool pl__breaker_failed(pl_breaker *b, bool probe, uint64_t sent_ns, uint64_t now_ns)
{
    if (b->state != PL_BREAKER_CLOSED) {
        if (b->state == PL_BREAKER_PROBING && probe)
            begin_pause(b, now_ns);
        return false;
    }
    if (b->was_open && sent_ns < b->closed_ns)
        return false;
    if (++b->failures < PL_BREAKER_FAILURES)
        return false;
    b->failures = 0;
    b->openings++;
    b->down_ns = now_ns;
    begin_pause(b, now_ns);
    return true;
}

void pl__breaker_learnt_nothing(pl_breaker *b, bool probe, uint64_t now_ns)
{
    if (b->state != PL_BREAKER_PROBING || !probe)
        return;
    b->state = PL_BREAKER_OPEN;
    b->due_ns = now_ns;
}
