#ifndef PL_REPLICAS_H
#define PL_REPLICAS_H

#include "breaker.h"
#include "limiter.h"
#include "server_window.h"
#include <peerless/status.h>

/* The servers of one model. Each has a limiter, a breaker and what it says of its own limits; the ceilings that the
 * user set hold for all of them together.
 *
 * A request goes to the replica that weighs most for its affinity (rendezvous hashing: Thaler and Ravishankar 1998)
 * among those that may be sent to now, so that what belongs together meets warm caches, and a lost replica moves only
 * its own requests. None gets more than PL_REPLICA_SLACK times an equal share of what is in flight (bounded loads:
 * Mirrokni, Thorup and Zadimoghaddam 2018). */

#define PL_REPLICAS_MAX 64u
#define PL_REPLICA_SLACK 1.25
#define PL_REPLICA_NONE UINT32_MAX

/* What an attempt says about its server. */
typedef enum pl_flow_verdict {
    PL_FLOW_SERVED = 0,   /* whatever it answered, it works */
    PL_FLOW_RATE = 1,     /* too many requests */
    PL_FLOW_OVERLOAD = 2, /* 503, 504, 529 */
    PL_FLOW_TIMEOUT = 3,
    PL_FLOW_BROKEN = 4,      /* another 5xx, or a body that is no reply */
    PL_FLOW_UNREACHABLE = 5, /* no reply at all */
    PL_FLOW_NOTHING = 6,     /* cancelled */
} pl_flow_verdict;

typedef struct pl_replica {
    uint64_t id; /* of its address */
    pl_limiter limiter;
    pl_breaker breaker;
    pl_server_window requests;
    pl_server_window tokens;
    uint32_t in_flight;
    double tokens_in_flight;
} pl_replica;

typedef struct pl_replicas {
    pl_replica *replica;
    uint32_t n;
    uint32_t in_flight;
    pl_token_bucket requests;
    pl_token_bucket tokens;
    bool ever_answered; /* any reply at all */
} pl_replicas;

typedef struct pl_replicas_spec {
    const uint64_t *ids; /* of the addresses; n of them */
    uint32_t n;
    uint32_t concurrency; /* most in flight at one of them */
    uint64_t rpm;         /* ceilings of all together; 0: none */
    uint64_t tpm;
    uint64_t seed; /* of the breakers' jitter */
} pl_replicas_spec;

/* *ret must be zeroed. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__replicas_init(pl_replicas *ret, const pl_replicas_spec *spec, uint64_t now_ns);
void pl__replicas_clear(pl_replicas *rs);

typedef struct pl_route_wish {
    uint64_t affinity;
    double tokens;  /* estimate */
    uint32_t avoid; /* the replica that failed this call last, or PL_REPLICA_NONE: taken only if no other can be */
    bool careful;   /* no probing of a server that is down, if there is another */
} pl_route_wish;
/* The replica to send to now, or PL_REPLICA_NONE with the earliest time at which asking again makes sense
 * (PL_FLOW_NEVER: when a reply has come). */
uint32_t pl__replicas_route(pl_replicas *rs, const pl_route_wish *wish, uint64_t now_ns, uint64_t *ret_ready_ns);
/* A request goes to a replica that route gave. True if it is a breaker's probe. */
bool pl__replicas_sent(pl_replicas *rs, uint32_t replica, double tokens, uint64_t now_ns);

/* How an attempt ended. */
typedef struct pl_flow_end {
    uint32_t replica;
    pl_flow_verdict verdict;
    bool probe;
    uint64_t sent_ns;
    double tokens;        /* the estimate */
    bool has_tokens_used; /* known, from the usage or because nothing was sent */
    double tokens_used;
    uint64_t delay_ms; /* that a RATE or OVERLOAD reply asked for: for all requests to this replica */
    pl_window_report requests;
    pl_window_report token_window;
} pl_flow_end;
/* True if it opened a breaker. */
bool pl__replicas_ended(pl_replicas *rs, const pl_flow_end *end, uint64_t now_ns);

/* Since when no replica serves; PL_FLOW_NEVER if one does. */
uint64_t pl__replicas_down_since_ns(const pl_replicas *rs);
/* Sums over the replicas. */
uint32_t pl__replicas_limit(const pl_replicas *rs, uint32_t concurrency); /* never above concurrency */
uint64_t pl__replicas_openings(const pl_replicas *rs);

#endif
