#ifndef PL_STUDY_PARTS_H
#define PL_STUDY_PARTS_H

#include "study.h"

/* What the studies share. */

#define PL_SEEDS_ADAPTIVE 20u

/* A study while it is made. */
typedef struct pl_study_work {
    const pl_judgment_set *set;
    const pl_study_request *request; /* defaults filled in */
    pl_study *study;
    double *reference; /* n_models: the truth by model, or the scores of the whole set; NaN unknown */
    uint32_t *by_name; /* the images, in byte order of their ids */
    uint32_t criterion;
} pl_study_work;

/* Which rows of the set a table is built from. */
typedef enum pl_study_order {
    PL_STUDY_ORDER_AS_IT_IS,
    PL_STUDY_ORDER_FIXED,    /* the model that stands first in the set is shown first */
    PL_STUDY_ORDER_REVERSED, /* the other one */
    PL_STUDY_ORDER_RANDOM    /* one of the two, drawn for each judge, item and pair */
} pl_study_order;

/* One way to count. Labels and method are borrowed for the life of the study. */
typedef struct pl_variant {
    const char *labels[PL_STUDY_LABELS_MAX];
    const char *method;
    const double *gamma;         /* n_criteria, or NULL: the request's */
    const double *judge_weights; /* n_models, or NULL */
    uint32_t images;             /* that are drawn; 0: all */
    pl_study_order order;
    pl_upme_init init; /* the request's is taken where this is PL_UPME_INIT_ONES */
    bool one_seed;     /* measured for `seed` alone */
    uint32_t seed;     /* which: 0 is the first */
} pl_variant;

/* A growing list of variants. */
typedef struct pl_variants {
    pl_variant *list;
    size_t n;
    size_t cap;
} pl_variants;

PL_NODISCARD pl_status pl__variants_add(pl_variants *v, const pl_variant *variant, pl_error *reterr);

/* Measures every variant for every seed, on request->threads threads, and adds a row for each. */
PL_NODISCARD pl_status pl__study_measure(pl_study_work *w, const pl_variants *v, pl_error *reterr);

/* Scores of one variant; ret has n_models places. */
PL_NODISCARD pl_status pl__variant_scores(const pl_study_work *w, const pl_variant *v, uint64_t seed, double *ret,
                                          pl_error *reterr);

/* The rows that a variant takes, with the seed's images: *ret_rows is the caller's (pl__free), *ret borrows it. */
PL_NODISCARD pl_status pl__variant_rows(const pl_study_work *w, const pl_variant *v, uint64_t seed,
                                        pl_judgment **ret_rows, pl_judgment_set *ret, pl_error *reterr);
/* Is any pair of answers judged both ways by one judge? */
PL_NODISCARD pl_status pl__has_both_orders(const pl_judgment_set *set, bool *ret, pl_error *reterr);

/* Agreement of scores with the reference, over the models that both know: Pearson, Spearman, permutation entropy. */
#define PL_AGREEMENT_METRICS 3
extern const pl_study_metric pl__agreement_metrics[PL_AGREEMENT_METRICS];
PL_NODISCARD pl_status pl__agree_with(const double *scores, const double *reference, uint32_t n,
                                      double ret[PL_AGREEMENT_METRICS], pl_error *reterr);

/* An empty row with n_values places for each metric of the study. The row moves when another is added. */
PL_NODISCARD pl_status pl__study_row(pl_study *s, const char *const *labels, size_t n_values, pl_study_row **ret,
                                     pl_error *reterr);
void pl__study_sum_up(pl_study *s); /* mean and sd of every row */
void pl__study_fact(pl_study *s, const char *name, double value);
/* Text for a label, kept with the study; NULL when memory is short. */
const char *pl__study_text(pl_study *s, const char *fmt, ...) PL_PRINTF(2, 3);

/* The default method list of a study, or the request's. */
const char *const *pl__study_methods(const pl_study_request *request, const char *const *own, size_t n_own,
                                     size_t *ret_n);

typedef pl_status pl_study_fn(pl_study_work *w, pl_error *reterr);
pl_study_fn pl__study_sample_size;
pl_study_fn pl__study_ablation;
pl_study_fn pl__study_weights;
pl_study_fn pl__study_gamma;
pl_study_fn pl__study_convergence;
pl_study_fn pl__study_seeds;
pl_study_fn pl__study_order_of_answers;
pl_study_fn pl__study_single_judges;
pl_study_fn pl__study_adaptive;

#endif
