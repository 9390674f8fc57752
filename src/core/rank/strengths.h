#ifndef PL_STRENGTHS_H
#define PL_STRENGTHS_H

#include "win_matrix.h"

/* Strengths that maximise a penalised likelihood of the wins and ties (Bradley and Terry 1952; Davidson 1970). */
typedef struct pl_strengths_model {
    bool davidson;       /* ties have a probability of their own; otherwise a tie is half a win each */
    double ridge;        /* lambda of lambda/2 times the sum of squares; 0: none */
    const double *start; /* by model of the whole set: where to begin; NULL, or a strength that is NaN: at 0 */
} pl_strengths_model;

/* bt with a ridge alone, near a start: Newton steps as long as they are short. theta as below. False if it gives up:
 * then pl__strengths_fit() is to be asked. scratch: PL_STRENGTHS_SCRATCH(n) numbers for a matrix of n. */
bool pl__strengths_follow(const pl_win_matrix *matrix, const pl_strengths_model *model, double *theta, double *scratch);

#define PL_STRENGTHS_SCRATCH(n) (2 * (n) * (n) + 5 * (n))

/* theta: one place for each of the matrix; mean 0 over those that were fitted, NaN for those without a finite maximum
 * (ridge 0 only). The graph may be NULL if there is a ridge: then ret does not count groups. ret->nu is NaN without
 * davidson. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__strengths_fit(const pl_win_matrix *matrix, const pl_win_graph *graph,
                                         const pl_strengths_model *model, double *theta, pl_fit_report *ret);

#endif
