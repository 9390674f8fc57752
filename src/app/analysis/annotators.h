#ifndef PL_ANNOTATORS_H
#define PL_ANNOTATORS_H

#include "arena.h"
#include <peerless/diagnostics.h>

/* How far the people (or judges) behind a reference agree with each other: what a judge's own agreement with them is
 * to be held against. */

#define PL_ANNOTATORS_MAX 32u /* with more nobody is held against the others in turn */

typedef struct pl_annotator {
    const char *name;
    uint64_t usable; /* verdicts */
    uint64_t pairs;  /* units that the others gave a verdict on too, ties included */
    uint64_t same;   /* of these, as the majority of the others */
} pl_annotator;

typedef struct pl_annotators {
    const pl_annotator *all; /* in the set's order */
    uint32_t n;
    bool compared;     /* are pairs and same worked out? Not for one annotator, nor beyond PL_ANNOTATORS_MAX */
    double alpha;      /* Krippendorff's; NaN is undefined */
    uint64_t n_units;  /* behind it */
    uint64_t n_usable; /* verdicts of all */
} pl_annotators;

/* Arrays and names live in the arena. Whoever gave a row is an annotator. PL_E_RANGE, PL_E_INVALID, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__annotators(const pl_judgment_set *reference, pl_arena *arena, pl_annotators *ret,
                                      pl_error *reterr);

#endif
