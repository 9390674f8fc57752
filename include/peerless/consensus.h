/** @file
 * One ranking out of several: Borda's points and Kemeny's order, each list weighing as much as it agrees with the rest.
 */
#ifndef PEERLESS_CONSENSUS_H
#define PEERLESS_CONSENSUS_H

#include <peerless/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PL_CONSENSUS_LISTS_MAX 256u   /**< lists in one call */
#define PL_CONSENSUS_EXACT_MAX 12u    /**< models up to which Kemeny's order is certain to be the best */
#define PL_CONSENSUS_SEARCH_MAX 1024u /**< models up to which it is searched for; beyond, it is Borda's order */

/** Scores of the models from one source: a method, a signal, a person. */
typedef struct pl_consensus_list {
    const char *name;     /**< for warnings */
    const double *scores; /**< n_models, larger is better, equal is tied, NaN is not ranked */
} pl_consensus_list;

/** Options of pl_consensus_run(); start from PL_CONSENSUS_OPTS_INIT. */
typedef struct pl_consensus_opts {
    uint32_t size_bytes;   /**< sizeof this struct, as the _INIT macro sets it */
    const double *weights; /**< of the lists, >= 0 and finite, not all 0; NULL: from their agreement */
} pl_consensus_opts;
/** The defaults of pl_consensus_opts. */
#define PL_CONSENSUS_OPTS_INIT                                                                                         \
    {                                                                                                                  \
        sizeof(pl_consensus_opts), NULL                                                                                \
    }

/** A combined ranking; immutable. */
typedef struct pl_consensus pl_consensus;

/**
 * Combines rankings. A list without two ranked models says nothing and has no weight.
 *
 * Weights: max(0, Spearman's correlation of the list with Borda's points of all other lists together, each of these
 * counting alike), rescaled to sum 1; where that leaves nothing, all alike and a warning (ours).
 * Borda (1781): a list gives a model the share of its other ranked models that it places below, ties half; a model's
 * points are the weighted mean over the lists that rank it, rounded to 12 decimals so that equal points are equal.
 * Kemeny (1959): the order with the least sum, over lists and pairs of models that a list places differently, of the
 * list's weight. Exact by dynamic programming over subsets; for more models local search from Borda's order, moving one
 * model at a time. Among equally good orders the one nearest to Borda's from the top, then by name.
 *
 * @param lists  n_lists; borrowed during the call
 * @param models n_models distinct names; they decide between equals, so that indices never do
 * @param opts   NULL: the defaults
 * @param ret    set on success; release with pl_consensus_free()
 * @return PL_OK, PL_E_INVALID (NULL, options, weights), PL_E_LIMIT (lists) or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_consensus_run(const pl_consensus_list *lists, size_t n_lists,
                                               const char *const *models, uint32_t n_models,
                                               const pl_consensus_opts *opts, pl_consensus **ret, pl_error *reterr);
PL_API void pl_consensus_free(pl_consensus *consensus); /**< NULL is a no-op */
/** n_models points in [0, 1]; NaN: no list with a weight ranks the model. Borrowed. */
PL_API const double *pl_consensus_borda(const pl_consensus *consensus);
/** n_models places in Kemeny's order, 1 is best; 0 where the points are NaN. Borrowed. */
PL_API const uint32_t *pl_consensus_kemeny(const pl_consensus *consensus);
/** The weighted sum that Kemeny's order attains. */
PL_API double pl_consensus_distance(const pl_consensus *consensus);
/** Is no other order better for certain? */
PL_API bool pl_consensus_is_exact(const pl_consensus *consensus);
/** n_lists weights of sum 1; all 0 if no list ranks anything. Borrowed. */
PL_API const double *pl_consensus_weights(const pl_consensus *consensus);
/** n_lists x n_lists Spearman correlations, over the models that both lists rank; NaN is undefined. Borrowed. */
PL_API const double *pl_consensus_spearman(const pl_consensus *consensus);
/** The same with Kendall's tau-b. Borrowed. */
PL_API const double *pl_consensus_kendall(const pl_consensus *consensus);
/** Sentences a user must read beside the result. Borrowed. */
PL_API const char *const *pl_consensus_warnings(const pl_consensus *consensus, size_t *ret_n);

#ifdef __cplusplus
}
#endif
#endif
