#ifndef PL_DESIGN_REPLAY_H
#define PL_DESIGN_REPLAY_H

#include "posterior.h"
#include <peerless/signal.h>

/* A recorded full design, asked again comparison by comparison: by chance, or by what each is expected to tell. */

#define PL_REPLAY_POINTS_MAX 64u

/* The comparisons of a table, in a form that a design can be made on. Judges and candidates are numbered by name. */
typedef struct pl_design {
    uint32_t n_candidates;
    uint32_t n_judges;
    size_t n;              /* comparisons */
    pl_scored_pair *pairs; /* n, in the table's order */
    uint32_t *judgments;   /* n: the verdicts behind each */
    uint32_t *item;        /* n */
    size_t n_judgments;
} pl_design;

/* PL_E_INVALID (nothing to choose from), PL_E_LIMIT or PL_E_NOMEM. Comparisons without a score are left out of the
 * choice and marked in `unusable` (n_comparisons places). */
PL_NODISCARD pl_status pl__design_of(const pl_peer_table *table, const char *const *models, pl_design *ret,
                                     pl_error *reterr);
void pl__design_clear(pl_design *design);

/* An order in which the comparisons are made; `ret` has design->n places. */
PL_NODISCARD pl_status pl__design_random(const pl_design *design, uint64_t seed, uint32_t *ret, pl_error *reterr);

/**
 * The same by expected information, in batches of `batch`; in between the posterior is fitted.
 * @param n        stops after that many (all the places behind are filled at random)
 * @param ret_stop how many had been made when the ranking was first separated: doubt at most 1 - confidence; n if never
 */
PL_NODISCARD pl_status pl__design_adaptive(const pl_design *design, uint64_t seed, size_t n, size_t batch,
                                           double confidence, uint32_t *ret, size_t *ret_stop, pl_error *reterr);

#endif
