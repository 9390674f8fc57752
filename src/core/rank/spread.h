#ifndef PL_SPREAD_H
#define PL_SPREAD_H

#include "arena.h"
#include <peerless/uncertainty.h>

/* One method's results in the making; arrays live in the arena of the whole. */
typedef struct pl_spread {
    pl_arena *arena;
    const char *const *models;
    uint32_t n_models;
    uint32_t n_images;
    size_t n_replicates;
    double level;
    pl_interval interval;
    bool leans; /* see pl_ranking */
    double *scores;
    double *replicates; /* [replicate * n_models + model] */
    double *without;    /* the same for the jackknife, n_images rows; NULL without BCa */
    double *low;
    double *high;
    double *se;
    double *defined;
    uint32_t *rank_low;
    uint32_t *rank_high;
    double *p_best;
    uint32_t *group;
    uint32_t n_groups;
    uint32_t *order;
    uint32_t n_ranked;
    pl_neighbours *neighbours;
    uint64_t n_comparisons;
    uint64_t fragility;
    uint32_t fragility_top;
    const char **warnings;
    size_t n_warnings;
    size_t cap_warnings;
} pl_spread;

PL_NODISCARD pl_status pl__spread_warn(pl_spread *s, pl_error *reterr, const char *fmt, ...) PL_PRINTF(3, 4);
/* Allocates all arrays and finds the order; scores are filled in by then. */
PL_NODISCARD pl_status pl__spread_open(pl_spread *s, pl_error *reterr);
/* Standard errors and intervals of the scores. */
PL_NODISCARD pl_status pl__spread_scores(pl_spread *s, pl_error *reterr);
/* Intervals of the ranks, and who is best how often. */
PL_NODISCARD pl_status pl__spread_ranks(pl_spread *s, pl_error *reterr);
/* Differences of all pairs, neighbours, tied groups. */
PL_NODISCARD pl_status pl__spread_groups(pl_spread *s, uint32_t threads, pl_error *reterr);

/* Holm 1979: p becomes the adjusted p, in place. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__holm(double *p, size_t n);

/* Fewest comparisons whose removal puts another model on top, found greedily. left_out: one place per comparison, all
 * false; holds the removed ones afterwards. *ret_n is 0 when there is none. PL_OK, PL_E_NOMEM or what the method
 * returns. */
typedef struct pl_fragility_job {
    const char *method;
    const pl_peer_table *table;
    pl_resampler **resampler; /* of the table: made, for the caller to free, when it is first needed */
    const char *const *models;
    const pl_rank_opts *rank;
    const uint32_t *order; /* as in pl_spread */
    uint32_t n_ranked;
} pl_fragility_job;
PL_NODISCARD pl_status pl__fragility(const pl_fragility_job *job, bool *left_out, uint64_t *ret_n, uint32_t *ret_top,
                                     pl_error *reterr);

#endif
