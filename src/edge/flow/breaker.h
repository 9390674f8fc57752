#ifndef PL_BREAKER_H
#define PL_BREAKER_H

#include "token_bucket.h"

/* Keeps requests from a server that does not serve (Nygard, Release It!, 2007). Closed: all may go. Open after
 * PL_BREAKER_FAILURES failures in a row: none may, until a pause has passed. Probing: the first request after it is
 * under way, alone. Its success closes the breaker; its failure opens it for a longer pause. Any success of an earlier
 * request closes it, too: the server serves. */

#define PL_BREAKER_FAILURES 5u
#define PL_BREAKER_PAUSE_FIRST_MS 1000u
#define PL_BREAKER_PAUSE_MAX_MS 30000u /* doubled until here; each pause is drawn from its upper half */

typedef enum pl_breaker_state { PL_BREAKER_CLOSED = 0, PL_BREAKER_OPEN = 1, PL_BREAKER_PROBING = 2 } pl_breaker_state;

typedef struct pl_breaker {
    pl_breaker_state state;
    bool was_open;
    uint64_t seed;
    uint64_t id;
    uint32_t failures;  /* in a row, while closed */
    uint32_t pauses;    /* in a row */
    uint64_t openings;  /* closed to open, ever */
    uint64_t due_ns;    /* of the probe, while open */
    uint64_t down_ns;   /* when it left closed */
    uint64_t closed_ns; /* when it became closed again: failures of what was sent before are old news */
} pl_breaker;

/* seed and id (distinct for each server) key the jitter. */
void pl__breaker_init(pl_breaker *b, uint64_t seed, uint64_t id);
/* now_ns, the time of the next probe, or PL_FLOW_NEVER while a probe is under way. */
uint64_t pl__breaker_ready_ns(const pl_breaker *b, uint64_t now_ns);
/* A request goes out, at a time when ready. True if it is the probe. */
bool pl__breaker_sent(pl_breaker *b);
void pl__breaker_succeeded(pl_breaker *b, uint64_t now_ns);
/* True if this failure opened the breaker, from closed. */
bool pl__breaker_failed(pl_breaker *b, bool probe, uint64_t sent_ns, uint64_t now_ns);
/* The request was cancelled: nothing was learnt. A probe is due again at once. */
void pl__breaker_learnt_nothing(pl_breaker *b, bool probe, uint64_t now_ns);

#endif
