#ifndef PL_FAIR_SHARE_H
#define PL_FAIR_SHARE_H

#include <peerless/status.h>

/* Places in flight that several endpoints share. A free place goes to the endpoint that wants one and holds fewest
 * (progressive filling, which is max-min fair: Bertsekas and Gallager, Data Networks, 6.5.2). Half of an equal share is
 * kept for each endpoint even while others could use it, so that one whose replies are slow cannot hold every place
 * when another wakes up. Invariants: held_total <= max, and the free places suffice for all that is kept. */
typedef struct pl_fair_share {
    uint32_t *held; /* by endpoint */
    uint32_t *kept; /* places of its own, at most its cap */
    uint32_t n;
    uint32_t max;
    uint32_t held_total;
    uint32_t kept_free; /* kept places that are not in use */
    uint32_t next;      /* among equals */
} pl_fair_share;

/* caps[i]: most places that endpoint i can use. max > 0. *ret must be zeroed. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__fair_init(pl_fair_share *ret, const uint32_t *caps, uint32_t n, uint32_t max);
void pl__fair_clear(pl_fair_share *f);
/* May endpoint i take a place now? */
bool pl__fair_may(const pl_fair_share *f, uint32_t i);
/* Of those that want a place and may take it, the one to go first; f->n if there is none. wants is n long. */
uint32_t pl__fair_pick(const pl_fair_share *f, const bool *wants);
void pl__fair_take(pl_fair_share *f, uint32_t i); /* only if it may */
void pl__fair_give(pl_fair_share *f, uint32_t i);

#endif
