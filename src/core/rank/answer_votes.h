#ifndef PL_ANSWER_VOTES_H
#define PL_ANSWER_VOTES_H

#include "ranking.h"
#include <peerless/answers.h>

#define PL_ANSWER_NO_CHOICE UINT8_MAX

/* The data of a vote: some models, by name, and the items that count. Everything is arranged item by item, since every
 * method walks through the items. */
typedef struct pl_ballot_box {
    uint32_t n_voters;
    uint32_t *voters; /* indices of the models */
    uint32_t n_items; /* with options */
    uint32_t *items;  /* indices in the table */
    uint32_t *images; /* of the items */
    size_t *options;  /* n_items + 1 */
    uint8_t *choices; /* [item * n_voters + voter]; PL_ANSWER_NO_CHOICE */
    double *p;        /* [option * n_voters + voter]: 0 where missing; NULL if the method knows choices alone */
    bool complete;    /* nothing is missing */
} pl_ballot_box;

/* `with_p`: probabilities are wanted, and choices count only where there are some. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__ballot_box_init(pl_ballot_box *box, const pl_answer_table *table, const bool *ranked,
                                           bool with_p);
void pl__ballot_box_clear(pl_ballot_box *box);

/* One method on one draw. copies: how often each image counts. Fills the voters' places of scores and, where the method
 * has them, weights (n_models each, NaN before). r takes warnings; NULL in resamples. PL_OK or PL_E_NOMEM. */
typedef pl_status pl_answer_fn(const pl_ballot_box *box, const uint32_t *copies, double *scores, double *weights,
                               pl_ranking *r);
pl_answer_fn pl__answer_majority;
pl_answer_fn pl__answer_soft_vote;
pl_answer_fn pl__answer_weighted_vote;
pl_answer_fn pl__answer_dawid_skene;
pl_answer_fn pl__answer_one_coin;
pl_answer_fn pl__answer_within;

/* Share of the items at which each voter's choice is the winner; winners has a place per item, PL_ANSWER_NO_CHOICE:
 * nobody wins. */
void pl__score_agreement(const pl_ballot_box *box, const uint32_t *copies, const uint8_t *winners, double *scores);
/* What the pool of within chooses at each item; winners as above. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__within_winners(const pl_ballot_box *box, const uint32_t *copies, uint8_t *winners);
/* The first of the largest of n numbers. */
uint8_t pl__first_largest(const double *x, size_t n);

#endif
