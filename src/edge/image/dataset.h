#ifndef PL_DATASET_H
#define PL_DATASET_H

#include "item.h"
#include "str.h"

/* The items of a data source, in canonical order (sorted by id). Owns their strings. Files are not opened here. */
typedef struct pl_dataset pl_dataset;

/* A folder (one item per image file, id = path relative to it) or a glob (id = the matched path). Files that are no
 * images by name are left out and counted. PL_E_NOT_FOUND when nothing is there (says what was looked for), PL_E_IO,
 * PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__dataset_from_images(const char *folder_or_glob, pl_dataset **ret, pl_error *reterr);
/* items.jsonl; image paths are relative to its folder. PL_E_PARSE ("file:line: what"), PL_E_CONFLICT (two items with
 * one id, both lines named), PL_E_NOT_FOUND, PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__dataset_from_items(const char *path, pl_dataset **ret, pl_error *reterr);
/* The same from bytes; `name` stands in messages. */
PL_NODISCARD pl_status pl__dataset_parse_items(const char *name, pl_view text, pl_dataset **ret, pl_error *reterr);
void pl__dataset_free(pl_dataset *dataset);
size_t pl__dataset_count(const pl_dataset *dataset);
pl_item pl__dataset_item(const pl_dataset *dataset, size_t index); /* its strings are the data set's */
uint64_t pl__dataset_skipped(const pl_dataset *dataset);           /* files in the folder that are no images by name */

#endif
