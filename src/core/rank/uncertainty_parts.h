#ifndef PL_UNCERTAINTY_PARTS_H
#define PL_UNCERTAINTY_PARTS_H

#include "spread.h"

/* What a bootstrap hands out, whatever was resampled. Everything lives in the arena. */
struct pl_uncertainty {
    pl_arena arena;
    uint32_t n_images;
    uint32_t n_replicates;
    double level;
    pl_method_uncertainty *methods;
    size_t n_methods;
    pl_spread general; /* for its warnings */
};

/* The public face of one method's results. */
void pl__uncertainty_show(const pl_spread *s, pl_method_uncertainty *ret);
/* Options with the defaults filled in. PL_E_INVALID, PL_E_RANGE. */
PL_NODISCARD pl_status pl__uncertainty_opts(const pl_uncertainty_opts *given, pl_uncertainty_opts *ret,
                                            pl_error *reterr);

#endif
