#ifndef PL_CLIENT_INTERNAL_H
#define PL_CLIENT_INTERNAL_H

#include "client.h"
#include "deadlines.h"
#include "endpoint.h"
#include "fair_share.h"
#include "replicas.h"

/* Inside of the client only, each above the next: client.c (calls from submit to result), client_send.c (what is sent
 * when, and what the ends of attempts mean for that), client_calls.c. Invariants:
 *  1. A call is idle, or queued in its lane, or in the transport, or waiting for the time of its next attempt, or
 *     arrived; it is in the list, queue or heap of that state and in no other.
 *  2. A reply leaves an arrived call only once it is decoded: when memory is short poll says so, and the next poll
 *     tries again; nothing that was paid for is lost.
 *  3. A slot is taken by submit and given back by release, whatever happens in between.
 *  4. What is in the transport holds a place of its replica and a place of the share; both are given back once, when
 *     the attempt's end is decoded.
 *  5. No call makes more attempts than its endpoint's attempts_max; time that it is kept waiting costs it none. */

#define PL_COMPLETIONS_AT_ONCE 64u

typedef enum pl_call_state {
    PL_CALL_IDLE,
    PL_CALL_QUEUED,
    PL_CALL_SENT,
    PL_CALL_WAITING,
    PL_CALL_ARRIVED,
} pl_call_state;

typedef struct pl_call {
    struct pl_call *next; /* idle, queued or arrived */
    uint32_t index;
    uint32_t lane;
    pl_call_state state;
    bool decoded_yet; /* the reply has been looked at */
    bool probe;       /* of a breaker */
    uint32_t replica; /* of the latest attempt, or PL_REPLICA_NONE */
    uint32_t attempts;
    uint64_t affinity;
    double tokens; /* estimated */
    uint64_t tag;
    uint64_t started_ns;
    uint64_t sent_ns;
    uint64_t ended_ns;
    pl_http_req req; /* its URL is the path alone */
    pl_http_failure failure;
    pl_error error; /* of a failure */
    pl_http_reply reply;
    pl_decoded decoded;
} pl_call;

/* One model's endpoint with what waits for it. */
typedef struct pl_lane {
    pl_endpoint endpoint;
    pl_replicas replicas;
    pl_call *first; /* queued */
    pl_call *last;
    uint64_t blocked_until_ns;  /* the first in the queue need not be tried before, unless something happens */
    uint64_t queued_since_ns;   /* while the queue is not empty */
    uint64_t patience_new_ns;   /* with servers that have never served: what one call's attempts can take */
    uint64_t patience_known_ns; /* with servers that have */
    bool ever_served;
    pl_outcome given_up; /* NONE: no. Why no replica serves, otherwise */
    char down_message[sizeof(((pl_decoded *)0)->message)];
    pl_client_stats stats;
} pl_lane;

struct pl_client {
    pl_transport *transport;
    const pl_clock *clock;
    const pl_log *log;
    uint64_t seed;
    pl_lane *lanes;
    uint32_t n_lanes;
    pl_secrets secrets; /* of all endpoints: any server may echo any of them */
    pl_fair_share share;
    bool *wants;     /* by lane; room for one round */
    pl_call **calls; /* by index */
    size_t n_calls;
    size_t cap_calls;
    pl_call *idle;
    pl_call *arrived_first;
    pl_call *arrived_last;
    pl_deadlines waiting;       /* by call index */
    uint32_t in_flight;         /* without those in batches */
    struct pl_batches *batches; /* NULL: none are kept */
    bool no_retries;
    pl_http_completion completions[PL_COMPLETIONS_AT_ONCE];
};

/* client_calls.c */
void pl__client_arrived(pl_client *c, pl_call *x);
void pl__client_drop_answer(pl_call *x);

/* client_send.c */
PL_NODISCARD pl_status pl__lane_init(pl_lane *lane, const pl_model_spec *spec, uint64_t seed, uint64_t now_ns,
                                     pl_error *reterr);
void pl__lane_clear(pl_lane *lane);
/* What a new call weighs and where it belongs. */
void pl__client_weigh(pl_call *x, const pl_chat *chat, size_t n_images);
/* Sends a new call, or queues it. PL_E_NOMEM or PL_E_INVALID; then it is neither. */
PL_NODISCARD pl_status pl__client_begin(pl_client *c, pl_call *x, pl_error *reterr);
/* Queues the retries whose time has come, and sends what may be sent now. */
void pl__client_pump(pl_client *c, uint64_t now_ns);
/* When pump has something to do again, if nothing arrives before. */
uint64_t pl__client_due_ns(const pl_client *c);
/* An attempt has ended and is decoded. */
void pl__client_attempt_ended(pl_client *c, pl_call *x);
/* Queues it for another attempt after a while; false if there is none. */
bool pl__client_retry(pl_client *c, pl_call *x);

#endif
