#ifndef PL_ITEM_VALUES_H
#define PL_ITEM_VALUES_H

#include "arena.h"
#include <peerless/answers.h>

/* What a ranking by responses is made of: each model's values at each item. */

typedef struct pl_item_column {
    const char *name;     /* of a signal; with ".upper" for the upper bound of an entropy */
    const double *values; /* [model * n_items + item]; NaN missing */
} pl_item_column;

typedef struct pl_item_values {
    pl_arena arena;
    const pl_answer_table *table;
    pl_item_column *columns;
    size_t n_columns;
    const uint8_t *pool; /* n_items: what the pool of "within" chooses, UINT8_MAX nothing; NULL: it was not asked for */
    const char **others; /* methods that have no value at an item: they look at all items together */
    size_t n_others;
} pl_item_values;

/* Has the signal an upper bound: is it an entropy over tokens, of which some are not among the alternatives? */
bool pl__signal_is_bounded(const char *name);

/* The table is borrowed. A name given twice is one column. PL_E_UNSUPPORTED (method), PL_E_INVALID, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__item_values_new(const pl_answer_table *table, const char *const *methods, size_t n_methods,
                                           pl_item_values **ret, pl_error *reterr);
void pl__item_values_free(pl_item_values *values); /* NULL is a no-op */

#endif
