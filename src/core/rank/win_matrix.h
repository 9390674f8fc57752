#ifndef PL_WIN_MATRIX_H
#define PL_WIN_MATRIX_H

#include "rank_method.h"

/* Who beat whom how often, over the models that stand in a ballot that counts, in order of their names. */
typedef struct pl_win_matrix {
    uint32_t n;
    uint32_t *models; /* n: their indices */
    uint32_t *places; /* by model: its place here, or PL_NO_PLACE */
    uint32_t *keep;   /* room for n places */
    double *wins;     /* [i * n + j]: weight of i's wins over j */
    double *ties;     /* [i * n + j]: symmetric */
    double total;     /* weight of all ballots */
    double tie_total;
} pl_win_matrix;

#define PL_NO_PLACE UINT32_MAX
#define PL_FIT_MODELS_MAX 4096u /* a fit works with a dense matrix of them */

/* with_lone: also the verdicts whose other order is missing. PL_OK, PL_E_LIMIT or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__win_matrix_init(pl_win_matrix *matrix, const pl_rank_input *in, bool with_lone,
                                           pl_error *reterr);
/* The same in steps, for wins that are counted elsewhere: a place for every candidate and no wins; the wins, and ties
 * on either side of the diagonal, are added; then the candidates that met nobody lose their places. A matrix that was
 * closed may be reset and filled again. */
PL_NODISCARD pl_status pl__win_matrix_open(pl_win_matrix *matrix, const pl_rank_input *in, pl_error *reterr);
void pl__win_matrix_reset(pl_win_matrix *matrix, const pl_rank_input *in);
void pl__win_matrix_close(pl_win_matrix *matrix);
void pl__win_matrix_clear(pl_win_matrix *matrix);

/* Parts of a score of 0..1: 1 is a win, 0.5 a tie, 0 a loss, and what lies between two of them is shared by both. */
typedef struct pl_outcome {
    double win;
    double tie;
    double loss;
} pl_outcome;
pl_outcome pl__outcome(double score);

/* What the comparisons connect. A tie counts both ways. */
typedef struct pl_win_graph {
    uint32_t n_groups;  /* that never met each other */
    uint32_t *group;    /* n: the group of each */
    uint32_t n_classes; /* strongly connected: between two of them all points go one way */
    uint32_t *class_of; /* n */
} pl_win_graph;

PL_NODISCARD pl_status pl__win_graph_init(pl_win_graph *graph, const pl_win_matrix *matrix);
void pl__win_graph_clear(pl_win_graph *graph);

/* Warns of models that never lost or never won a point, of groups that never met, of classes. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__win_graph_warn(const pl_win_graph *graph, const pl_win_matrix *matrix, double ridge,
                                          const pl_rank_input *in, pl_ranking *r);

#endif
