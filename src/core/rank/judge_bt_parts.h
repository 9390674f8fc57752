#ifndef PL_JUDGE_BT_PARTS_H
#define PL_JUDGE_BT_PARTS_H

#include "newton.h"
#include "pair_loss.h"

/* What a judge said of answers of two models in one order and with the same lengths, added up. */
typedef struct pl_judge_cell {
    uint32_t judge; /* place among the judges, which stand in order of their names */
    uint32_t first; /* places in the win matrix */
    uint32_t second;
    uint32_t first_length;
    uint32_t second_length;
    pl_outcome weights; /* of verdicts for the first, ties, and for the second */
    double x;           /* length, in standard deviations */
    double f;           /* family: 1, 0 or -1 */
    pl_pair_loss loss;  /* at the latest point of the fit */
} pl_judge_cell;

/* One verdict. Those of one judge on one pair of answers, in its orders and criteria, are one unit: how far they depend
 * on each other is not known. If an order and criterion occurs there twice, each of them is a unit of its own. */
typedef struct pl_judge_vote {
    uint32_t judge;
    uint32_t first;
    uint32_t second;
    uint32_t unit; /* the same number stands in neighbouring votes only */
    pl_outcome weights;
    double x;
    double f;
} pl_judge_vote;

typedef struct pl_judge_span {
    uint32_t model; /* the judge's index */
    size_t first;   /* cell */
    size_t end;
    double weight;
    double tied; /* of these */
    double decided;
    bool only_ties; /* the likelihood is 1 in the limit of an infinite nu: these cells say nothing */
    bool has_nu;    /* both ties and others: ln nu is fitted; without ties nu is 0 */
} pl_judge_span;

typedef struct pl_judge_data {
    pl_win_matrix matrix;
    pl_judge_cell *cells; /* by judge, first, second, lengths */
    size_t n_cells;
    pl_judge_vote *votes;
    size_t n_votes;
    pl_judge_span *judges;
    uint32_t n_judges;
    double length_sd;
    double known_lengths; /* share of the weight */
} pl_judge_data;

/* PL_OK, PL_E_LIMIT or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__judge_data_init(pl_judge_data *data, const pl_rank_input *in, pl_error *reterr);
void pl__judge_data_clear(pl_judge_data *data);

/* The parameters: theta by place in the matrix, the common beta and s, then five for each judge. */
enum { PL_JUDGE_A, PL_JUDGE_DELTA, PL_JUDGE_BETA, PL_JUDGE_S, PL_JUDGE_LN_NU, PL_JUDGE_PARAMS };

typedef struct pl_judge_fit {
    pl_judge_data *data;
    size_t n_common; /* theta, beta, s */
    size_t n_params;
    double *params;
    double *errors; /* n_params; NaN where undefined; see judge_bt_errors.c */
    bool *held;     /* n_params: stands at its bound */
    bool definite;  /* is the Hessian at the end? Otherwise there are no errors */
    pl_newton_report report;
    double tolerance;
    double log_likelihood;
} pl_judge_fit;

/* Covariance of the likelihood's gradient. Only theta and a judge's own parameters are in it. */
typedef struct pl_judge_meat {
    size_t n_models;
    size_t n_judges;
    double *common; /* n_models^2 */
    double *border; /* PL_JUDGE_PARAMS rows of n_models a judge */
    double *blocks; /* PL_JUDGE_PARAMS^2 a judge */
} pl_judge_meat;

/* At the fit's parameters. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__judge_meat_init(pl_judge_meat *meat, const pl_judge_fit *fit);
/* x' meat x; x has the fit's n_params places. */
double pl__judge_meat_form(const pl_judge_meat *meat, const pl_judge_fit *fit, const double *x);
void pl__judge_meat_clear(pl_judge_meat *meat);

/* The data is borrowed and its cells written to. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__judge_fit_init(pl_judge_fit *fit, pl_judge_data *data);
void pl__judge_fit_clear(pl_judge_fit *fit);

/* Fills r->bias and r->biases from a fit and warns of what is not identified. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__judge_biases(const pl_judge_fit *fit, const pl_rank_input *in, pl_ranking *r);

static inline size_t pl__judge_param(const pl_judge_fit *fit, size_t judge, size_t which)
{
    return fit->n_common + judge * PL_JUDGE_PARAMS + which;
}

#endif
