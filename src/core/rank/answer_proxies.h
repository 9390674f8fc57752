#ifndef PL_ANSWER_PROXIES_H
#define PL_ANSWER_PROXIES_H

#include "ranking.h"
#include <peerless/answers.h>

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

#endif
