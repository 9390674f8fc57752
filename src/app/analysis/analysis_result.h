#ifndef PL_ANALYSIS_RESULT_H
#define PL_ANALYSIS_RESULT_H

#include "arena.h"
#include "notes.h"
#include <peerless/answers.h>
#include <peerless/consensus.h>
#include <peerless/judgments.h>
#include <peerless/ppi.h>
#include <peerless/uncertainty.h>

/* What every ranking comes to, by judgments or by responses. The steps of an analysis fill it, reports read it. */

#define PL_METHODS_MAX 64

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

/* What a ranking by responses has beside its scores. */
typedef struct pl_answer_study {
    pl_answer_table *table;
    pl_judgment_set names; /* models, items and images; no rows */
    uint32_t *answered;    /* n_models: items with a response */
    const double **upper;  /* by method: n_models upper bounds, or NULL */
    double *effective;     /* by method: effective number of models; NaN where it has none */
} pl_answer_study;

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
    pl_consensus *consensus;       /* NULL unless wanted; its two rankings stand behind those that it combines */
    size_t n_combined;             /* methods that went into it, the first ones */
    const pl_corrected *corrected; /* NULL without a reference; its ranking is the last method */
    pl_answer_study *answers;      /* of a ranking by responses; then there are no judges */
    pl_notes notes;
} pl_analysis;

void pl__analysis_free(pl_analysis *analysis); /* NULL is a no-op */
/* Copies what a ranking says: scores, weights, loss and warnings; fills rank. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__take_ranking(pl_analysis *analysis, const pl_ranking *ranking, pl_method_result *method,
                                        pl_error *reterr);
/* Fills rank from scores. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__rank_scores(pl_analysis *analysis, pl_method_result *method, pl_error *reterr);

#endif
