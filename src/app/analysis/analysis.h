#ifndef PL_ANALYSIS_H
#define PL_ANALYSIS_H

#include "arena.h"
#include "notes.h"
#include "records.h"
#include "row_source.h"
#include <peerless/consensus.h>
#include <peerless/ppi.h>
#include <peerless/uncertainty.h>

/* Judgments -> tables -> methods -> result: the one way from rows to what every front end shows. */

#define PL_METHODS_MAX 64
#define PL_ANALYSIS_MODELS_MAX 16384u /* a table has a place for each two of them */
#define PL_BOUNDS_MODELS_MAX 64u      /* best and worst cases are worked out for pools up to this size */
#define PL_BOUNDS_SHARE 0.02          /* when more than this share of the verdicts is missing */

typedef struct pl_rank_request {
    const char *const *methods; /* names; at least one, but see reference */
    size_t n_methods;
    const double *criterion_weights; /* gamma, n_criteria long; NULL: equal */
    bool pair_orders;                /* own runs: both orders of a pair are averaged first */
    bool drop_self_reviews;
    bool exclude_flagged;
    const char *criterion; /* for methods that take no gamma; NULL: "correctness" if the set has it, else all */
    pl_rank_opts rank;     /* rank.criterion is filled in here */
    const pl_truth *truth; /* or NULL */
    uint32_t bootstrap;    /* resamples; 0: none. Drawn from rank.seed */
    pl_interval interval;
    uint32_t threads; /* for tables and resamples; no result depends on it */
    bool consensus;   /* add the combined rankings */
    /* Judgments by people: adds the method ppi, and methods may then be none. Borrowed during the call; or NULL. */
    const pl_judgment_set *reference;
    const pl_row_source *rows; /* of a set that does not have its rows yet, or NULL */
} pl_rank_request;

/* Agreement with a truth; NaN is undefined. */
typedef struct pl_agreement {
    size_t n; /* models compared */
    double pearson;
    double spearman;
    double kendall;
    double permutation_entropy;
    uint64_t inversions;
    uint64_t lis;
    bool top1;
} pl_agreement;

typedef struct pl_method_result {
    const char *name;
    const double *scores;  /* n_models; NaN undefined */
    const double *weights; /* n_models, or NULL */
    double *low;           /* n_models: the score if all its missing verdicts were losses; NULL if not worked out */
    double *high;
    const uint32_t *rank; /* 1 = best, equal scores share the better rank; 0 undefined */
    const double *loss;
    size_t n_loss;
    const char **warnings;
    size_t n_warnings;
    bool has_agreement;
    pl_agreement agreement;
    const pl_method_uncertainty *uncertainty; /* NULL without a bootstrap */
} pl_method_result;

/* One model's win rate by the method ppi. */
typedef struct pl_corrected_model {
    size_t n_labelled; /* images with a pair of the model's that people and judges both decided on */
    size_t n_machine;  /* images with the judges' verdicts alone */
    pl_ppi_mean_result win_rate;
} pl_corrected_model;

typedef struct pl_corrected {
    const pl_corrected_model *models; /* n_models */
    uint64_t pairs;                   /* of answers that people decided on */
    uint64_t unmatched;               /* of these, without a usable verdict of any judge: left out */
} pl_corrected;

/* Everything in it lives in its arena; names of models are borrowed from the set. */
typedef struct pl_analysis {
    pl_arena arena;
    const pl_judgment_set *set;
    uint64_t missing;
    pl_judge_report *judges; /* n_models */
    bool *excluded;          /* n_models: judges left out by --exclude-flagged */
    pl_method_result *methods;
    size_t n_methods;
    pl_uncertainty *uncertainty; /* NULL without a bootstrap */
    pl_interval interval;
    pl_consensus *consensus;         /* NULL unless wanted; its two rankings stand behind those that it combines */
    size_t n_combined;               /* methods that went into it, the first ones */
    const pl_corrected *corrected;   /* NULL without a reference; its ranking is the last method */
    struct pl_answer_study *answers; /* of a ranking by responses, see answer_study.h; then there are no judges */
    pl_notes notes;
} pl_analysis;

/* The set and the truth are borrowed for the life of the result. PL_E_NOT_FOUND (method, judge, criterion), PL_E_RANGE
 * (rows), PL_E_INVALID, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__analysis_new(const pl_judgment_set *set, const pl_rank_request *request, pl_analysis **ret,
                                        pl_error *reterr);
void pl__analysis_free(pl_analysis *analysis);

/* The criterion for methods that take no gamma: by name, NULL or "all" as in the request. PL_E_NOT_FOUND. */
PL_NODISCARD pl_status pl__find_criterion(const pl_judgment_set *set, const char *name, uint32_t *ret,
                                          pl_error *reterr);

/* Fills rank from scores. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__rank_scores(pl_analysis *analysis, pl_method_result *method, pl_error *reterr);

/* Compares the methods of a finished analysis with a truth, afterwards. */
PL_NODISCARD pl_status pl__analysis_compare(pl_analysis *analysis, const pl_truth *truth, pl_error *reterr);

#endif
