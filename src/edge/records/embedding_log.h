#ifndef PL_EMBEDDING_LOG_H
#define PL_EMBEDDING_LOG_H

#include "records.h"

#define PL_EMBEDDING_DIMS_MAX 16384u
#define PL_EMBEDDING_VALUES_MAX 100000000ul /* numbers in all */
#define PL_EMBEDDING_ABS_MAX 1e100          /* of a number: squares and their sums stay finite */

/* Vectors of items, of JSONL logs (plain, .gz or .zst) with lines
 *   {"dataset":"a","item":"q1","vector":[0.1,-0.2]}
 * all of the same length. Other keys are passed over. Sorted by data set and then item. */
typedef struct pl_embedding_log pl_embedding_log;

typedef struct pl_embedding_set {
    size_t n;
    size_t dims;
    const double *const *vectors; /* n */
    const char *const *items;     /* n */
    const uint32_t *datasets;     /* n: rising */
    const char *const *names;     /* n_datasets */
    uint32_t n_datasets;
} pl_embedding_set;

/* PL_E_PARSE ("file:line: what is wrong"), PL_E_LIMIT, PL_E_NOT_FOUND,
 * PL_E_IO, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__embeddings_read(const char *const *paths, size_t n_paths, pl_embedding_log **ret,
                                           pl_error *reterr);
/* The same of a text; `name` stands in messages. */
PL_NODISCARD pl_status pl__embeddings_parse(const char *name, pl_view text, pl_embedding_log **ret, pl_error *reterr);
const pl_embedding_set *pl__embedding_log_set(const pl_embedding_log *log); /* borrowed */
void pl__embedding_log_free(pl_embedding_log *log);                         /* NULL is a no-op */

#endif
