#ifndef PL_ANSWER_RANK_H
#define PL_ANSWER_RANK_H

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
/* The first of the largest of n numbers. */
uint8_t pl__first_largest(const double *x, size_t n);

/* Too many items are missing for a ranking; of nothing, all is. */
bool pl__too_few(uint32_t absent, uint32_t n);

/* What a proxy has learnt from the table's source, by model and data set of the source. */
typedef struct pl_proxy pl_proxy;
/* How often each image counts; NULL: once each. */
typedef struct pl_proxy_draw {
    const uint32_t *here;
    const uint32_t *learnt; /* of the source */
} pl_proxy_draw;
typedef pl_status pl_proxy_fn(const pl_proxy *x, const pl_proxy_draw *draw, double *scores); /* PL_OK, PL_E_NOMEM */
pl_proxy_fn pl__proxy_aol;
pl_proxy_fn pl__proxy_aol_rank;
pl_proxy_fn pl__proxy_atc;
pl_proxy_fn pl__proxy_doc;
/* The table has a source. `sure`: only items with a confidence are of use. `ranked` is borrowed, and read when scores
 * are made. PL_OK, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__proxy_new(const pl_answer_table *table, bool sure, const bool *ranked, pl_proxy **ret);
/* Takes in [model * n_items] confidences of the table itself. PL_OK, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__proxy_look_here(pl_proxy *x, const pl_answer_table *table, const double *confidences);
void pl__proxy_free(pl_proxy *x);
/* Labelled items of one of the source's data sets that are of no use for the model. */
uint32_t pl__proxy_absent(const pl_proxy *x, uint32_t set, uint32_t m);
/* Images of the smallest of the source's data sets, or n_images if these are fewer. */
uint32_t pl__proxy_least_images(const pl_proxy *x, uint32_t n_images);
/* Says what the source lacks of a model; *ret_done: it does lack something. PL_OK, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__proxy_explain(const pl_proxy *x, uint32_t m, const char *name, pl_ranking *r,
                                         bool *ret_done);

/* A method made ready for one table. */
typedef struct pl_answer_plan {
    const pl_answer_table *table;
    const char *method;
    bool *ranked;         /* n_models */
    pl_answer_fn *run;    /* NULL: a signal or a proxy */
    pl_proxy_fn *predict; /* of a proxy */
    pl_proxy *proxy;
    bool looks_here; /* of a proxy: the table itself matters */
    bool has_weights;
    pl_ballot_box box;     /* of run */
    double *sums;          /* of a signal: [model * n_images + image] */
    uint32_t *counts;      /* the same: items with a value */
    uint32_t *absent;      /* n_models: items without a value */
    uint32_t n_applicable; /* items that the method is about */
} pl_answer_plan;

/* PL_OK, PL_E_NOT_FOUND, PL_E_UNSUPPORTED, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__answer_plan_init(pl_answer_plan *plan, const char *method, const pl_answer_table *table,
                                            pl_error *reterr);
void pl__answer_plan_clear(pl_answer_plan *plan);
/* learnt: how often each image of the source counts; NULL: once each. */
PL_NODISCARD pl_status pl__answer_plan_score(const pl_answer_plan *plan, const uint32_t *copies, const uint32_t *learnt,
                                             double *scores, double *weights, pl_ranking *r);

#endif
