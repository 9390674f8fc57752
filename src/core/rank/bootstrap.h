#ifndef PL_BOOTSTRAP_H
#define PL_BOOTSTRAP_H

#include <peerless/rank.h>

/* Scores of several methods on many tables drawn from one. */
typedef struct pl_bootstrap {
    const char *const *methods;
    size_t n_methods;
    const char *const *models;
    uint32_t n_models;
    uint32_t n_images;
    pl_rank_opts rank; /* as each draw uses them */
    const pl_peer_table *table;
    pl_resampler **resampler; /* of the table: made, for the caller to free, when it is first needed */
    uint64_t seed;
    uint32_t threads;
} pl_bootstrap;

/* n draws of n_images images with replacement. scores[method] has n * n_models places. */
PL_NODISCARD pl_status pl__bootstrap_draw(const pl_bootstrap *b, size_t n, double *const *scores, pl_error *reterr);
/* Each image left out once: n_images tables. */
PL_NODISCARD pl_status pl__bootstrap_jackknife(const pl_bootstrap *b, double *const *scores, pl_error *reterr);

#endif
