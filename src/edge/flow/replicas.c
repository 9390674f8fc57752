#include "replicas.h"

#include "alloc.h"
#include "hash.h"

#include <math.h>

#define NS_PER_MS UINT64_C(1000000)

pl_status pl__replicas_init(pl_replicas *ret, const pl_replicas_spec *spec, uint64_t now_ns)
{
    pl_replicas rs = {.n = spec->n};
    rs.replica = pl__calloc(spec->n, sizeof(*rs.replica));
    if (!rs.replica)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < spec->n; i++) {
        rs.replica[i].id = spec->ids[i];
        pl__limiter_init(&rs.replica[i].limiter, spec->concurrency);
        pl__breaker_init(&rs.replica[i].breaker, spec->seed, spec->ids[i]);
    }
    pl__bucket_init(&rs.requests, spec->rpm, now_ns);
    pl__bucket_init(&rs.tokens, spec->tpm, now_ns);
    *ret = rs;
    return PL_OK;
}

void pl__replicas_clear(pl_replicas *rs)
{
    pl__free(rs->replica);
    *rs = (pl_replicas){0};
}

/* ---- routing ---- */

static uint64_t latest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t replica_ready_ns(pl_replica *r, double tokens, uint64_t now_ns)
{
    uint64_t ready =
        latest(pl__limiter_ready_ns(&r->limiter, r->in_flight, now_ns), pl__breaker_ready_ns(&r->breaker, now_ns));
    ready = latest(ready, pl__window_ready_ns(&r->requests, 1.0, now_ns));
    return latest(ready, pl__window_ready_ns(&r->tokens, tokens, now_ns));
}

static uint64_t weight(const pl_replica *r, uint64_t affinity)
{
    const uint64_t key[2] = {affinity, r->id};
    return pl__hash64(key, sizeof(key), 0);
}

/* How little a replica is wanted: what failed this call before, a probe, too much load. Less is better, the weight
 * decides among equals. */
static unsigned reluctance(const pl_replicas *rs, uint32_t i, const pl_route_wish *wish, double bound)
{
    const pl_replica *r = &rs->replica[i];
    unsigned much = (double)r->in_flight >= bound ? 1u : 0u;
    unsigned probe = wish->careful && r->breaker.state != PL_BREAKER_CLOSED ? 2u : 0u;
    return much + probe + (i == wish->avoid ? 4u : 0u);
}

static uint32_t best_of(const pl_replicas *rs, uint64_t able, uint32_t n_able, const pl_route_wish *wish)
{
    double bound = ceil(PL_REPLICA_SLACK * ((double)rs->in_flight + 1.0) / (double)n_able);
    uint32_t best = PL_REPLICA_NONE;
    unsigned best_reluctance = 0;
    uint64_t best_weight = 0;
    for (uint32_t i = 0; i < rs->n; i++) {
        if (!(able >> i & 1))
            continue;
        unsigned x = reluctance(rs, i, wish, bound);
        uint64_t w = weight(&rs->replica[i], wish->affinity);
        if (best != PL_REPLICA_NONE && (x > best_reluctance || (x == best_reluctance && w <= best_weight)))
            continue;
        best = i;
        best_reluctance = x;
        best_weight = w;
    }
    return best;
}

uint32_t pl__replicas_route(pl_replicas *rs, const pl_route_wish *wish, uint64_t now_ns, uint64_t *ret_ready_ns)
{
    uint64_t ours =
        latest(pl__bucket_ready_ns(&rs->requests, 1.0, now_ns), pl__bucket_ready_ns(&rs->tokens, wish->tokens, now_ns));
    uint64_t theirs = PL_FLOW_NEVER;
    uint64_t able = 0; /* one bit for each replica */
    uint32_t n_able = 0;
    for (uint32_t i = 0; i < rs->n; i++) {
        uint64_t ready = replica_ready_ns(&rs->replica[i], wish->tokens, now_ns);
        theirs = ready < theirs ? ready : theirs;
        if (ready > now_ns)
            continue;
        able |= UINT64_C(1) << i;
        n_able++;
    }
    uint64_t ready = latest(ours, theirs);
    if (ready > now_ns) {
        *ret_ready_ns = ready;
        return PL_REPLICA_NONE;
    }
    return n_able == 1 && rs->n == 1 ? 0 : best_of(rs, able, n_able, wish);
}

bool pl__replicas_sent(pl_replicas *rs, uint32_t replica, double tokens, uint64_t now_ns)
{
    pl_replica *r = &rs->replica[replica];
    rs->in_flight++;
    r->in_flight++;
    r->tokens_in_flight += tokens;
    pl__bucket_take(&rs->requests, 1.0, now_ns);
    pl__bucket_take(&rs->tokens, tokens, now_ns);
    pl__window_take(&r->requests, 1.0, now_ns);
    pl__window_take(&r->tokens, tokens, now_ns);
    return pl__breaker_sent(&r->breaker);
}

/* ---- ends ---- */

static bool judge(pl_replica *r, const pl_flow_end *end, uint64_t now_ns)
{
    bool congested = end->verdict == PL_FLOW_RATE || end->verdict == PL_FLOW_OVERLOAD;
    if (end->verdict == PL_FLOW_SERVED)
        pl__limiter_succeeded(&r->limiter, r->in_flight, end->sent_ns, now_ns);
    if (congested || end->verdict == PL_FLOW_TIMEOUT)
        (void)pl__limiter_congested(&r->limiter, end->sent_ns, now_ns);
    if (congested && end->delay_ms > 0)
        pl__limiter_pause(&r->limiter, now_ns + end->delay_ms * NS_PER_MS);
    if (end->verdict == PL_FLOW_NOTHING)
        pl__breaker_learnt_nothing(&r->breaker, end->probe, now_ns);
    else if (end->verdict == PL_FLOW_SERVED || end->verdict == PL_FLOW_RATE)
        pl__breaker_succeeded(&r->breaker, now_ns);
    else
        return pl__breaker_failed(&r->breaker, end->probe, end->sent_ns, now_ns);
    return false;
}

bool pl__replicas_ended(pl_replicas *rs, const pl_flow_end *end, uint64_t now_ns)
{
    pl_replica *r = &rs->replica[end->replica];
    bool opened = judge(r, end, now_ns);
    rs->in_flight--;
    r->in_flight--;
    r->tokens_in_flight = r->in_flight > 0 ? fmax(0.0, r->tokens_in_flight - end->tokens) : 0.0;
    if (end->has_tokens_used)
        pl__bucket_correct(&rs->tokens, end->tokens, end->tokens_used);
    pl__window_report(&r->requests, &end->requests, (double)r->in_flight, end->sent_ns, now_ns);
    pl__window_report(&r->tokens, &end->token_window, r->tokens_in_flight, end->sent_ns, now_ns);
    if (end->verdict <= PL_FLOW_OVERLOAD || end->verdict == PL_FLOW_BROKEN)
        rs->ever_answered = true;
    return opened;
}

uint64_t pl__replicas_down_since_ns(const pl_replicas *rs)
{
    uint64_t since = 0;
    for (uint32_t i = 0; i < rs->n; i++) {
        if (rs->replica[i].breaker.state == PL_BREAKER_CLOSED)
            return PL_FLOW_NEVER;
        since = latest(since, rs->replica[i].breaker.down_ns);
    }
    return since;
}

uint32_t pl__replicas_limit(const pl_replicas *rs, uint32_t concurrency)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < rs->n; i++)
        sum += pl__limiter_limit(&rs->replica[i].limiter);
    return sum < concurrency ? (uint32_t)sum : concurrency;
}

uint64_t pl__replicas_openings(const pl_replicas *rs)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < rs->n; i++)
        sum += rs->replica[i].breaker.openings;
    return sum;
}
