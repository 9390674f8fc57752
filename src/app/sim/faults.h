#ifndef PL_SIM_FAULTS_H
#define PL_SIM_FAULTS_H

#include "reply.h"
#include "str.h"

/* What goes wrong with an answer. A fault is a function of the pool's seed, the call's bytes and the attempt. */
typedef enum pl_sim_fault {
    PL_SIM_FAULT_NONE = 0,
    /* 429 with a time to wait, in one form each */
    PL_SIM_RATE_LIMIT,   /* the dialect's own */
    PL_SIM_RATE_SECONDS, /* retry-after: 1 */
    PL_SIM_RATE_DATE,    /* retry-after: Sat, 31 Jan 2026 12:00:00 GMT */
    PL_SIM_RATE_MS,      /* retry-after-ms: 200 */
    PL_SIM_RATE_RESET,   /* x-ratelimit-reset-requests: 200ms */
    PL_SIM_RATE_INFO,    /* google.rpc.RetryInfo in the body */
    PL_SIM_RATE_RFC3339, /* anthropic-ratelimit-requests-reset: 2026-01-31T12:00:00Z */
    PL_SIM_RATE_BARE,    /* none */
    PL_SIM_QUOTA,        /* 429 for good */
    /* 5xx */
    PL_SIM_SERVER_ERROR,
    PL_SIM_OVERLOADED,
    PL_SIM_BAD_GATEWAY, /* with a page in HTML */
    /* nothing, or too little, or too slowly */
    PL_SIM_STALL,
    PL_SIM_STALL_BODY,
    PL_SIM_NO_REPLY,
    PL_SIM_CUT,
    PL_SIM_DRIP,
    /* 200, and what comes is no answer */
    PL_SIM_HTML,
    PL_SIM_MALFORMED,
    PL_SIM_UTF8,
    PL_SIM_LENGTH_LONG,
    PL_SIM_LENGTH_SHORT,
    PL_SIM_EMPTY_BODY,
    /* an answer that says nothing */
    PL_SIM_EMPTY,
    PL_SIM_REFUSAL,
} pl_sim_fault;
#define PL_SIM_FAULTS 26u /* with NONE */
#define PL_SIM_FAULT_MS_MAX 600000u

typedef enum pl_sim_latency_kind {
    PL_SIM_LATENCY_NONE = 0,
    PL_SIM_LATENCY_FIXED = 1,     /* a */
    PL_SIM_LATENCY_UNIFORM = 2,   /* a … b */
    PL_SIM_LATENCY_LOGNORMAL = 3, /* median a, sigma b of the logarithm */
    PL_SIM_LATENCY_PARETO = 4,    /* at least a, tail exponent b */
} pl_sim_latency_kind;

/* All zero: nothing ever goes wrong. */
typedef struct pl_sim_faults {
    double p[PL_SIM_FAULTS];    /* of each; they sum to at most 1 */
    uint32_t ms[PL_SIM_FAULTS]; /* how long it takes, or how long the client is told to wait */
    pl_sim_latency_kind latency;
    double latency_a_ms;
    double latency_b;
} pl_sim_faults;

/* What happens to one request. */
typedef struct pl_sim_mishap {
    pl_sim_fault fault;
    uint32_t ms;
    uint32_t latency_ms;
} pl_sim_mishap;

/* NULL beyond the last; "none" for PL_SIM_FAULT_NONE. */
const char *pl__sim_fault_name(pl_sim_fault fault);
/* What a client should count for an answer that this fault has spoilt; PL_OUTCOME_NONE where the answer stays one. */
pl_outcome pl__sim_fault_outcome(pl_sim_fault fault);

/* Adds "NAME", "NAME=P", "NAME=P:TIME" or "latency=KIND:…"; see docs/simulator.md. PL_E_PARSE, and then *faults is as
 * before. */
PL_NODISCARD pl_status pl__sim_faults_add(pl_sim_faults *faults, pl_view spec, pl_error *reterr);
pl_sim_mishap pl__sim_faults_draw(const pl_sim_faults *faults, uint64_t seed, uint64_t call_key, uint32_t attempt);

#endif
