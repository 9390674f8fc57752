#ifndef PL_BT_WITHOUT_H
#define PL_BT_WITHOUT_H

#include "rank_method.h"

/* bt or bt-davidson without some of the comparisons of a table whose ballots all weigh the same: wins are whole
 * numbers, so that taking some away is exact. One thread's. */
typedef struct pl_bt_without pl_bt_without;

/* *ret stays NULL for other methods, ballots that differ in weight, and very many models. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__bt_without_new(const char *method, const pl_peer_table *table, const char *const *models,
                                          const pl_rank_opts *opts, pl_bt_without **ret);
void pl__bt_without_free(pl_bt_without *w);
/* One less, each at most once; and one that was taken away is there again. */
void pl__bt_without_drop(pl_bt_without *w, size_t comparison);
void pl__bt_without_restore(pl_bt_without *w, size_t comparison);
/* Scores of what is left, by model; NaN where there is none. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__bt_without_scores(pl_bt_without *w, double *scores);

#endif
