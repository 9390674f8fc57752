#ifndef PL_JUDGE_BT_H
#define PL_JUDGE_BT_H

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
    double *errors; /* n_params; NaN where undefined */
    bool *held;     /* n_params: stands at its bound */
    bool definite;  /* is the Hessian at the end? Otherwise there are no errors */
    pl_newton_report report;
    double tolerance;
    double log_likelihood;
} pl_judge_fit;

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
