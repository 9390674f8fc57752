#ifndef PL_STUDY_H
#define PL_STUDY_H

#include "arena.h"
#include "notes.h"
#include "records.h"
#include <peerless/rank.h>

/* Studies of a ranking on recorded judgments, without new calls: the same judgments, counted in other ways. A study
 * makes a table of rows by labels, each measured once for every seed. Scores are made before anything is compared with
 * the truth; only the two rows of `weights` that are named after it are made from it. */

#define PL_STUDY_LABELS_MAX 6
#define PL_STUDY_METRICS_MAX 6
#define PL_STUDY_SEEDS_MAX 1000u
#define PL_STUDY_STARTS_MAX 1000u
#define PL_STUDY_ROWS_MAX 2000u
#define PL_STUDY_SIZES_MAX 64u
#define PL_STUDY_METHODS_MAX 64u
#define PL_STUDY_CRITERIA_MAX 8u
#define PL_STUDY_MODELS_MAX 4096u
#define PL_STUDY_FACTS_MAX 24u
#define PL_STUDY_SEEDS_DEFAULT 4u
#define PL_STUDY_IMAGES_DEFAULT 25u

typedef struct pl_study_request {
    const char *const *methods; /* NULL: the study's own */
    size_t n_methods;
    const double *criterion_weights; /* gamma, n_criteria long; NULL: equal */
    bool pair_orders;
    bool drop_self_reviews;
    const bool *exclude_judges; /* n_models, or NULL */
    const char *criterion;      /* for methods that take no gamma, as in pl_rank_request */
    pl_rank_opts rank;          /* rank.seed is the first seed */
    const pl_truth *truth;      /* or NULL: agreement is with the first method on all images */
    uint32_t n_seeds;           /* 0: PL_STUDY_SEEDS_DEFAULT, of adaptive 20 */
    uint32_t images;            /* drawn for each seed; 0: PL_STUDY_IMAGES_DEFAULT, or all if there are fewer */
    const uint64_t *sizes;      /* of sample-size; NULL: the default ones */
    size_t n_sizes;
    const char *const *criteria; /* of ablation: sets such as "correctness+visual"; NULL: every set */
    size_t n_criteria;
    double gamma_step; /* of gamma; 0: 0.1 */
    uint32_t starts;   /* of convergence; 0: 64 */
    double target;     /* of adaptive: Spearman with the full design's ranking; 0: 0.95 */
    double confidence; /* of adaptive: when a ranking counts as separated; 0: 0.95 */
    uint32_t threads;  /* no result depends on it */
} pl_study_request;

typedef struct pl_study_row {
    const char *labels[PL_STUDY_LABELS_MAX]; /* "" where there is nothing to say */
    size_t n_values;                         /* seeds, or starts */
    double *values;                          /* [metric * n_values + seed]; NaN undefined */
    double mean[PL_STUDY_METRICS_MAX];       /* over the defined ones; NaN if there is none */
    double sd[PL_STUDY_METRICS_MAX];         /* sample standard deviation (n - 1); NaN below two */
    size_t n_defined[PL_STUDY_METRICS_MAX];
} pl_study_row;

typedef struct pl_study_metric {
    const char *name;  /* "spearman": of JSON and CSV */
    const char *title; /* "Spearman": of the table */
    unsigned decimals;
} pl_study_metric;

/* One number that sums the study up. */
typedef struct pl_study_fact {
    const char *name;
    double value; /* NaN undefined */
} pl_study_fact;

/* Everything in it lives in its arena. */
typedef struct pl_study {
    pl_arena arena;
    const char *name;
    const char *title;
    const char *reference; /* what the agreement is with */
    uint64_t first_seed;
    uint32_t n_seeds;
    uint32_t images; /* that each seed draws; 0: it varies by row */
    uint32_t n_images;
    size_t n_labels;
    const char *label_heads[PL_STUDY_LABELS_MAX];
    size_t n_metrics;
    pl_study_metric metrics[PL_STUDY_METRICS_MAX];
    pl_study_row *rows;
    size_t n_rows;
    size_t cap_rows;
    pl_study_fact facts[PL_STUDY_FACTS_MAX];
    size_t n_facts;
    pl_notes notes;
} pl_study;

typedef struct pl_study_kind {
    const char *name;
    const char *what; /* one line */
} pl_study_kind;

/* All studies, static storage. */
const pl_study_kind *pl__study_kinds(size_t *ret_n);

/**
 * @param kind    one of pl__study_kinds
 * @param set     borrowed during the call
 * @return PL_OK, PL_E_NOT_FOUND (study, method, judge, criterion; the message lists what there is), PL_E_INVALID (the
 *         judgments cannot answer it, an option out of its range), PL_E_UNSUPPORTED (what needs an encoder),
 *         PL_E_RANGE (rows), PL_E_LIMIT or PL_E_NOMEM
 */
PL_NODISCARD pl_status pl__study_new(const char *kind, const pl_judgment_set *set, const pl_study_request *request,
                                     pl_study **ret, pl_error *reterr);
void pl__study_free(pl_study *study); /* NULL is a no-op */

#endif
