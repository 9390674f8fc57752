#ifndef PL_BOUNDS_H
#define PL_BOUNDS_H

#include "analysis_result.h"

/* Fills low and high of every method result, in the arena. PL_E_NOMEM, or what the methods fail with. */
PL_NODISCARD pl_status pl__bounds(pl_arena *arena, const pl_judgment_set *set, const pl_peer_opts *peer,
                                  const pl_rank_opts *rank, pl_method_result *methods, size_t n_methods,
                                  pl_error *reterr);

#endif
