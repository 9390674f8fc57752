#ifndef PL_DATASET_BUILD_H
#define PL_DATASET_BUILD_H

#include "arena.h"
#include "dataset.h"
#include "vec.h"

/* A data set while it is put together. All items stay in memory for the whole run, so each is one short record: see
 * dataset.c. */
struct pl_dataset {
    PL_VEC(const char *) records;
    uint64_t skipped;
    pl_arena arena; /* the records, and what they point to */
};

pl_dataset *pl__dataset_new(void); /* NULL on refusal */
/* id and question are copied, unless id is a part of image_path; all else lives in dataset->arena already. line: in the
 * items file, 0 elsewhere. PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__dataset_add(pl_dataset *dataset, const pl_item *item, uint32_t line, pl_error *reterr);
uint32_t pl__dataset_line(const pl_dataset *dataset, size_t index);
/* By id, then line. */
void pl__dataset_sort(pl_dataset *dataset);

#endif
