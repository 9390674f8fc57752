#ifndef PL_DIAGNOSIS_H
#define PL_DIAGNOSIS_H

#include "judged_units.h"
#include <peerless/diagnostics.h>

/* What the parts of a diagnosis share. */

#define PL_BIAS_GROUPS_MAX 100u /* of the delete-a-group jackknife */

typedef struct pl_view_of_reference {
    bool found;
    int32_t net;  /* as in the unit */
    double score; /* of the unit's low */
} pl_view_of_reference;

typedef struct pl_diagnosis {
    const pl_judgment_set *set;
    pl_judged_units all;
    bool has_reference;
    pl_judged_units shared;      /* over the criteria that the reference has too; only with a reference */
    pl_view_of_reference *views; /* by shared unit */
    pl_judge_diagnosis *judges;  /* n_models */
    double alpha;
    uint64_t alpha_units;
    double *kappa;
    uint64_t *kappa_units;
} pl_diagnosis;

/* The units that the tests are made on, and what the reference says to them (NULL without one). */
static inline const pl_judged_units *pl__tested_units(const pl_diagnosis *d)
{
    return d->has_reference ? &d->shared : &d->all;
}

/* Which answer a taste is for, if any: 1 low, -1 high, 0 neither. */
typedef int (*pl_side_fn)(const pl_judgment_set *set, const pl_judged_unit *unit);

/* Everything of a taste that is a count or a test of counts. `taste_of` picks the taste of a judge. */
void pl__taste_counts(pl_diagnosis *d, pl_side_fn side, pl_taste *(*taste_of)(pl_judge_diagnosis *judge));

/* The parts, in this order. Each fills its own members of d->judges. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__match_reference(pl_diagnosis *d, const pl_judgment_set *reference, pl_error *reterr);
PL_NODISCARD pl_status pl__verbosity(pl_diagnosis *d, pl_error *reterr);
PL_NODISCARD pl_status pl__self_preference(pl_diagnosis *d, pl_error *reterr);
PL_NODISCARD pl_status pl__coherence(pl_diagnosis *d, pl_error *reterr);
PL_NODISCARD pl_status pl__judge_agreement(pl_diagnosis *d, pl_error *reterr);

/* Replaces each image rank by the group of the jackknife that it falls in: every image its own, or by place modulo
 * PL_BIAS_GROUPS_MAX. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__bias_groups(uint32_t *images, size_t n, uint32_t *ret_n_groups, uint32_t *ret_n_images);
/* Turns the statistic and its values without each group into the test, if there are images enough; `images` is how
 * many of them the judge's taste shows on. False if the statistic is not defined throughout. */
bool pl__taste_test(pl_taste *taste, double whole, const double *without, uint32_t n_groups, uint32_t n_images);

#endif
