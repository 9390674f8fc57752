#ifndef PL_IMAGE_WINS_H
#define PL_IMAGE_WINS_H

#include "win_matrix.h"

/* What each image adds to a win matrix: a few (cell, count) each, added up once. Many replicates are then summed side
 * by side, a lane for each. Only what bt and bt-davidson look at: no judges, no lone ballots. Immutable. */
typedef struct pl_image_wins pl_image_wins;

#define PL_IMAGE_WINS_LANES 32u

/* *ret is NULL if there are too many models for it to pay. `in` must outlive it. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__image_wins_new(const pl_rank_input *in, uint32_t threads, pl_image_wins **ret,
                                          pl_error *reterr);
void pl__image_wins_free(pl_image_wins *wins);

/* Sums of one block of replicates in the making; one thread's. */
typedef struct pl_lane_sums {
    uint16_t *copies; /* [image * PL_IMAGE_WINS_LANES + lane]: the caller's to fill in */
    uint16_t *counts; /* [cell * PL_IMAGE_WINS_LANES + lane]: what is not yet in the sums */
    double *sums;     /* the same */
} pl_lane_sums;

PL_NODISCARD pl_status pl__lane_sums_init(pl_lane_sums *lanes, const pl_image_wins *wins, pl_error *reterr);
void pl__lane_sums_clear(pl_lane_sums *lanes);
/* From copies to sums. */
void pl__lane_sums_add(pl_lane_sums *lanes, const pl_image_wins *wins);
/* One lane as a matrix that was opened with the same input; it is reset first and closed afterwards. */
void pl__lane_sums_take(const pl_lane_sums *lanes, const pl_image_wins *wins, uint32_t lane, pl_win_matrix *matrix);

#endif
