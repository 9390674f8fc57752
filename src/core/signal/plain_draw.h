#ifndef PL_PLAIN_DRAW_H
#define PL_PLAIN_DRAW_H

#include "plain_table.h"

/* Sums of tables drawn from a plain one: whole numbers of half the weight, so that they are exact in any order. */
typedef struct pl_plain_draw pl_plain_draw; /* threads may share it */

PL_NODISCARD pl_status pl__plain_draw_new(const pl_peer_table *base, pl_plain_draw **ret, pl_error *reterr);
void pl__plain_draw_free(pl_plain_draw *draw);
/* Sums of scores and counts, by cell, where image i was seen copies[i] times. mean and count come in as 0. */
void pl__plain_draw_one(const pl_peer_table *base, const uint32_t *copies, double *mean, double *count);
/* The same for up to PL_LANES tables at once; copies: n times as many as there are images. PL_E_LIMIT, which reterr
 * does not tell of: an image is seen too often for that, or there is too much to hold. PL_OK or PL_E_NOMEM else. */
PL_NODISCARD pl_status pl__plain_draw_many(pl_plain_draw *draw, const uint32_t *copies, size_t n,
                                           pl_peer_table **tables, pl_error *reterr);

#endif
