#ifndef PL_CROSS_RESULT_H
#define PL_CROSS_RESULT_H

#include "arena.h"
#include "embedding_log.h"
#include "notes.h"

/* What is asked about scores on several data sets, and what comes of it: the steps of the study fill it, reports read
 * it. */

#define PL_CROSS_DATASETS_MAX 200u
#define PL_CROSS_MODELS_MIN 3u /* in common, for a pair of data sets */
#define PL_CROSS_POINTS_MAX 10000u
#define PL_CROSS_RANK_MAX 2048u /* of a factor: the smaller of points and dimensions */
#define PL_CROSS_MAP_POINTS 1000u

typedef struct pl_cross_request {
    const pl_embedding_set *embeddings; /* or NULL; borrowed for the life of the study */
    uint32_t points; /* of each data set, drawn at random, that distances are worked out from; 0: as many as the
                        smallest data set has */
    bool wants_map;
    double perplexity; /* of the map; 0: PL_TSNE_PERPLEXITY */
    uint64_t seed;
    uint32_t threads; /* no result depends on it */
} pl_cross_request;

typedef struct pl_cross_pair {
    uint32_t x; /* data sets, x before y */
    uint32_t y;
    uint32_t n_models; /* with a score on both */
    double spearman;   /* NaN undefined, here and below */
    /* The robust line of the scores on y over those on x; robust_line.h. */
    double slope;
    double intercept;
    double scale;
    double r2;
    size_t n_weighted;
    bool converged;
    double distance; /* squared Fréchet distance of the embeddings */
} pl_cross_pair;

typedef struct pl_cross_point {
    const char *dataset;
    const char *item;
    double x;
    double y;
} pl_cross_point;

/* Everything in it lives in its arena, but for what is borrowed of the embeddings. */
typedef struct pl_cross_study {
    pl_arena arena;
    const char **models; /* by name */
    uint32_t n_models;
    const char **datasets; /* as given */
    uint32_t n_datasets;
    double *scores; /* [model * n_datasets + data set] */
    pl_cross_pair *pairs;
    size_t n_pairs;
    size_t points; /* of each data set behind a distance; 0: there are no distances */
    size_t dims;
    size_t n_measured;        /* pairs with both a Spearman correlation and a distance */
    double distance_pearson;  /* of these two over those pairs; NaN below three */
    double distance_spearman; /* the same */
    pl_cross_point *map;      /* n_map, or NULL */
    size_t n_map;
    size_t map_points; /* of each data set */
    double perplexity;
    double kl;
    pl_notes notes;
} pl_cross_study;

void pl__cross_study_free(pl_cross_study *study); /* NULL is a no-op */

#endif
