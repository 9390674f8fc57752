#ifndef PL_LIMITER_H
#define PL_LIMITER_H

#include "token_bucket.h"

/* How many requests one server may have in flight (additive increase, multiplicative decrease: Chiu and Jain 1989;
 * RFC 5681). Invariants: 1 <= limit <= max; at most one decrease for requests that were under way together. */

#define PL_LIMITER_STEPS 16u         /* a round trip of successes adds max / 16, at least 1 */
#define PL_LIMITER_CUT 0.5           /* on a rate reply, an overload or a time-out */
#define PL_LIMITER_SLOW_CUT 0.9      /* on latency */
#define PL_LIMITER_SLOW_RATIO 2.0    /* recent over usual latency that counts as slow */
#define PL_LIMITER_RECENT_WEIGHT 0.1 /* of a new reply in the recent latency */
#define PL_LIMITER_USUAL_WEIGHT 0.01 /* and in the usual one */
#define PL_LIMITER_SLOW_SAMPLES_MIN 32u

typedef struct pl_limiter {
    double limit;
    uint32_t max;
    bool was_cut;
    uint64_t cut_ns;         /* the last decrease: what was sent before it says nothing new */
    uint64_t pause_until_ns; /* the server asked for it */
    uint32_t n_samples;
    double recent_ns;
    double usual_ns;
    uint64_t cuts;
} pl_limiter;

void pl__limiter_init(pl_limiter *l, uint32_t max); /* starts at max */
uint32_t pl__limiter_limit(const pl_limiter *l);
/* now_ns, the end of the pause, or PL_FLOW_NEVER while the limit is reached. */
uint64_t pl__limiter_ready_ns(const pl_limiter *l, uint32_t in_flight, uint64_t now_ns);
/* A good reply to a request sent at sent_ns; in_flight counts it in. The limit grows only while it is made use of
 * (at least half), and gives way by a tenth when replies become slow: a server's queue is then longer, not its work
 * quicker. The usual latency follows, so that this ends by itself when the work has changed and not the server. */
void pl__limiter_succeeded(pl_limiter *l, uint32_t in_flight, uint64_t sent_ns, uint64_t now_ns);
/* A rate reply, an overload or a time-out. True if it lowered the limit. */
bool pl__limiter_congested(pl_limiter *l, uint64_t sent_ns, uint64_t now_ns);
/* Nothing goes out before until_ns; an earlier end does not shorten it. */
void pl__limiter_pause(pl_limiter *l, uint64_t until_ns);

#endif
