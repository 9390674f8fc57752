#ifndef PL_CROSS_STUDY_H
#define PL_CROSS_STUDY_H

#include "arena.h"
#include "embedding_log.h"
#include "notes.h"
#include "score_table.h"

/* How models' scores on one data set foretell those on another, and whether data sets that are near each other do it
 * better (Ranked from Within, Tu et al. 2025, figures 2, 4 and 5). */

/* How it stands in a list of studies; it is no pl_study_kind, since its input is another. */
#define PL_CROSS_NAME "cross"
#define PL_CROSS_WHAT "models' scores over data sets: correlations, robust lines, distances of embeddings, a map"

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

/* Scores from the accuracy of labelled responses, set after set. */
typedef struct pl_cross_gather pl_cross_gather;
pl_cross_gather *pl__cross_gather_new(void); /* NULL on refusal */
/* `name` stands for a data set that has none. PL_E_INVALID (no labels), and what pl_answer_source_build fails with. */
PL_NODISCARD pl_status pl__cross_gather_add(pl_cross_gather *g, const pl_response_set *set, const char *name,
                                            pl_error *reterr);
/* Data sets and models by name. A model that misses more than a fifth of a data set's labelled items has no score
 * there, and *ret_sparse counts such gaps. PL_E_LIMIT or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__cross_gather_finish(const pl_cross_gather *g, pl_score_table *ret, size_t *ret_sparse,
                                               pl_error *reterr);
void pl__cross_gather_free(pl_cross_gather *g); /* NULL is a no-op */

/* PL_E_INVALID (fewer than two data sets, no model; an option out of its range), PL_E_LIMIT, PL_E_RANGE (distances too
 * large for numbers), PL_E_NOMEM. */
PL_NODISCARD pl_status pl__cross_study_new(const pl_score_table *scores, const pl_cross_request *request,
                                           pl_cross_study **ret, pl_error *reterr);
void pl__cross_study_free(pl_cross_study *study); /* NULL is a no-op */

#endif
