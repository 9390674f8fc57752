#ifndef PL_DRAW_H
#define PL_DRAW_H

#include "peer_review.h"

/* Which (author, judge, pair) of an item are judged, and in which order. All of an item's triples are numbered: units
 * by author, in each the pairs (j, k), j < k, in each the judges, as peer_review.c walks them. */
typedef struct pl_draw {
    uint8_t *chosen; /* per triple of the whole item; NULL: all */
    size_t n;
} pl_draw;

/* Draws the item's share of the iterations without replacement. Prefix-stable: a larger share contains a smaller one.
 * With an adaptive design: what the item says. PL_E_PARSE (numbers that there are not), PL_E_NOMEM. */
PL_NODISCARD pl_status pl__draw_item(const pl_peer_review_design *design, const pl_item *item, uint64_t n_triples,
                                     pl_draw *ret, pl_error *reterr);
void pl__draw_clear(pl_draw *draw);
bool pl__draw_has(const pl_draw *draw, uint64_t triple);
/* Is the second of the pair shown first, for this triple? Only for PL_PRESENT_RANDOM. */
bool pl__draw_swapped(const pl_peer_review_design *design, const pl_item *item, uint64_t triple);

#endif
