#ifndef PL_RANK_METHOD_H
#define PL_RANK_METHOD_H

#include "ranking.h"

/* What a method sees. Sums over models run along `order`, sums over ballots as the table gives them: the result must
 * not depend on the indices that the models happen to have. */
typedef struct pl_rank_input {
    const pl_peer_table *table;
    const char *const *models;
    uint32_t n_models;
    const uint32_t *order;    /* the models, sorted by name */
    const char *argument;     /* of a family of methods, what follows its name; else NULL */
    const pl_rank_opts *opts; /* checked, defaults filled in */
} pl_rank_input;

/* Fills *ret with scores (and weights, loss, warnings), or returns PL_E_NOMEM, or PL_E_NOT_FOUND for an argument. */
typedef pl_status pl_rank_fn(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr);

pl_rank_fn pl__rank_upme;
pl_rank_fn pl__rank_peer_review;
pl_rank_fn pl__rank_single;
pl_rank_fn pl__rank_majority_vote;
pl_rank_fn pl__rank_prd;
pl_rank_fn pl__rank_bt;
pl_rank_fn pl__rank_bt_davidson;
pl_rank_fn pl__rank_judge_bt;
pl_rank_fn pl__rank_dawid_skene;
pl_rank_fn pl__rank_dawid_skene_one_coin;
pl_rank_fn pl__rank_upme_ema;
pl_rank_fn pl__rank_upme_sum;
pl_rank_fn pl__rank_pico;
pl_rank_fn pl__rank_fixed_weights;
pl_rank_fn pl__rank_rating_vote;
pl_rank_fn pl__rank_elo;

#define PL_RANK_STARTS_MAX 100000u  /* upme_restarts */
#define PL_RANK_EPOCHS_MAX 1000000u /* upme_epochs */

#endif
