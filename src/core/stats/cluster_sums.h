#ifndef PL_CLUSTER_SUMS_H
#define PL_CLUSTER_SUMS_H

#include <peerless/status.h>

/* Sums over clusters of which each is taken a number of times, as a bootstrap does. What a cluster adds to which cell
 * is listed once; then many replicates are added up side by side, a lane for each, the cells one after the other. */
typedef struct pl_cluster_sums pl_cluster_sums; /* immutable */

#define PL_LANES 64u
#define PL_LANE_COPIES_MAX 255u /* of one cluster in one replicate */

typedef struct pl_addition_list {
    uint32_t n_clusters;
    uint32_t n_cells;
    bool counted; /* each addition is 1: sums are exact up to 2^53 */
    void *user;
    /* How many additions list() makes at most. */
    size_t (*room)(void *user, uint32_t cluster);
    /* Writes the cells that the cluster adds to, a cell several times if need be, and how much (not if it is counted);
     * returns how many these are. Several threads call it, each for other clusters. */
    size_t (*list)(void *user, uint32_t cluster, uint32_t *ret_cells, double *ret_amounts);
} pl_addition_list;

/* PL_OK, PL_E_NOMEM, or PL_E_LIMIT: more than 2^32 - 1 additions of clusters that stand together. */
PL_NODISCARD pl_status pl__cluster_sums_new(const pl_addition_list *list, uint32_t threads, pl_cluster_sums **ret,
                                            pl_error *reterr);
void pl__cluster_sums_free(pl_cluster_sums *sums);

/* One block of replicates in the making; one thread's. */
typedef struct pl_lanes {
    uint64_t *copies; /* [cluster * PL_LANES / 8 + lane / 8]: a byte for each lane */
    double *sums;     /* [cell * PL_LANES + lane] */
    uint32_t most;    /* copies of one cluster in one lane */
} pl_lanes;

PL_NODISCARD pl_status pl__lanes_init(pl_lanes *lanes, const pl_cluster_sums *sums, pl_error *reterr);
void pl__lanes_clear(pl_lanes *lanes);
/* All copies become 0. */
void pl__lanes_reset(pl_lanes *lanes, const pl_cluster_sums *sums);
/* From copies to sums. In each cell clusters are added in their order, so that no sum depends on the other lanes. */
void pl__lanes_add(pl_lanes *lanes, const pl_cluster_sums *sums);

static inline uint32_t pl__lanes_copies(const pl_lanes *lanes, size_t cluster, uint32_t lane)
{
    return (uint32_t)(lanes->copies[cluster * (PL_LANES / 8) + lane / 8] >> lane % 8 * 8 & 0xff);
}

/* Takes the cluster once more. False if that is too often; nothing is done then. */
static inline bool pl__lanes_draw(pl_lanes *lanes, size_t cluster, uint32_t lane)
{
    uint32_t had = pl__lanes_copies(lanes, cluster, lane);
    if (had == PL_LANE_COPIES_MAX)
        return false;
    lanes->copies[cluster * (PL_LANES / 8) + lane / 8] += UINT64_C(1) << lane % 8 * 8;
    lanes->most = had + 1 > lanes->most ? had + 1 : lanes->most;
    return true;
}

#endif
