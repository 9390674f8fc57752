#include "cross_result.h"

#include "alloc.h"

void pl__cross_study_free(pl_cross_study *study)
{
    if (!study)
        return;
    pl__arena_clear(&study->arena);
    pl__free(study);
}
