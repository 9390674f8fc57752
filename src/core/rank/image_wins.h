#ifndef PL_IMAGE_WINS_H
#define PL_IMAGE_WINS_H

#include "cluster_sums.h"
#include "win_matrix.h"

/* What each image adds to a win matrix. Many replicates are then summed side by side. Only what bt and bt-davidson look
 * at: no judges, no lone ballots. Immutable. */
typedef struct pl_image_wins pl_image_wins;

/* *ret is NULL if there are too many models for it to pay. `in` must outlive it. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__image_wins_new(const pl_rank_input *in, uint32_t threads, pl_image_wins **ret,
                                          pl_error *reterr);
void pl__image_wins_free(pl_image_wins *wins);
/* Images are the clusters. */
const pl_cluster_sums *pl__image_wins_sums(const pl_image_wins *wins);
/* One lane as a matrix that was opened with the same input; it is reset first and closed afterwards. */
void pl__image_wins_take(const pl_image_wins *wins, const pl_lanes *lanes, uint32_t lane, pl_win_matrix *matrix);

#endif
