#ifndef PL_ROW_SOURCE_H
#define PL_ROW_SOURCE_H

#include <peerless/judgments.h>

/* Where the rows of a set are that do not stand in it yet (set->rows is NULL, set->n_rows says how many). */
typedef struct pl_row_source {
    /* Rows [from, from + n) as they would stand in the set, all of them sound. For any thread. */
    void (*read)(const void *user, size_t from, size_t n, pl_judgment *ret);
    /* Puts all rows into the set. PL_E_NOMEM. */
    pl_status (*expand)(void *user, pl_error *reterr);
    void *user;
} pl_row_source;

/* For who needs the rows in the set. source may be NULL: they are there. PL_E_NOMEM. */
static inline pl_status pl__rows_expand(const pl_judgment_set *set, const pl_row_source *source, pl_error *reterr)
{
    return set->rows || !source ? PL_OK : source->expand(source->user, reterr);
}

#endif
