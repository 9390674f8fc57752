#ifndef PL_DATASET_BUILD_H
#define PL_DATASET_BUILD_H

#include "arena.h"
#include "dataset.h"
#include "vec.h"

/* A data set while it is put together. */
typedef struct pl_dataset_entry {
    pl_item item;
    uint32_t line; /* in the items file; 0 elsewhere */
} pl_dataset_entry;

struct pl_dataset {
    PL_VEC(pl_dataset_entry) entries;
    uint64_t skipped;
    pl_arena arena; /* the items' strings */
};

pl_dataset *pl__dataset_new(void); /* NULL on refusal */
/* Strings of the item live in dataset->arena already. PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__dataset_add(pl_dataset *dataset, const pl_item *item, uint32_t line, pl_error *reterr);
/* By id, then line. */
void pl__dataset_sort(pl_dataset *dataset);

#endif
