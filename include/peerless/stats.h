/** @file
 * Agreement between two score lists of the same length n, paired by index.
 */
#ifndef PEERLESS_STATS_H
#define PEERLESS_STATS_H

#include <peerless/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Product-moment correlation, two-pass. Fewer than 2 pairs, a constant list or a non-finite value: NaN, which means
 * undefined.
 */
PL_API double pl_stats_pearson(const double *x, const double *y, size_t n);

/**
 * Spearman's rank correlation: Pearson's of average ranks.
 * @param ret set on success; NaN when undefined (as for Pearson)
 * @return PL_OK, PL_E_INVALID (NULL) or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_stats_spearman(const double *x, const double *y, size_t n, double *ret,
                                                pl_error *reterr);

/**
 * Kendall's tau-b (ties corrected), O(n log n) (Knight 1966).
 * @param ret set on success; NaN when undefined
 * @return PL_OK, PL_E_INVALID (NULL) or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_stats_kendall(const double *x, const double *y, size_t n, double *ret,
                                               pl_error *reterr);

/**
 * Does the largest score of x belong to a largest of truth y? Ties in x: the first of them counts. NaN is never the
 * largest. n 0, or NULL: false.
 */
PL_API bool pl_stats_top1(const double *x, const double *y, size_t n);

/**
 * Average ranks, 1 = largest value; NaN values rank last and share their rank.
 * @param ret n places, filled on success
 * @return PL_OK, PL_E_INVALID (NULL with n > 0) or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_stats_ranks_descending(const double *x, size_t n, double *ret, pl_error *reterr);

/**
 * Bandt-Pompe permutation entropy (nats, order 3, all consecutive windows) of the sequence "true rank of the model
 * predicted best, second best, …". Equal predictions and equal truths keep their given order, NaN stands last. Fewer
 * than 3: NaN.
 * @return PL_OK, PL_E_INVALID (NULL) or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_stats_permutation_entropy(const double *predicted, const double *truth, size_t n,
                                                           double *ret, pl_error *reterr);

/**
 * Inversions and the length of the longest increasing subsequence of the same sequence.
 * @return PL_OK, PL_E_INVALID (NULL) or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_stats_order(const double *predicted, const double *truth, size_t n,
                                             uint64_t *ret_inversions, uint64_t *ret_lis, pl_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
