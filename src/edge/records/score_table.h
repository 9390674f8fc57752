#ifndef PL_SCORE_TABLE_H
#define PL_SCORE_TABLE_H

#include "str.h"

#define PL_SCORE_TABLE_DATASETS_MAX 1000u
#define PL_SCORE_TABLE_MODELS_MAX 100000u
#define PL_SCORE_TABLE_CELLS_MAX 10000000u

/* Models' scores on several data sets, of a CSV with the header model,NAME,NAME,…; an empty cell is no score. Models
 * and data sets are as in the file. */
typedef struct pl_score_table {
    char **models;
    size_t n_models;
    char **datasets;
    size_t n_datasets;
    double *scores; /* [model * n_datasets + data set]; NaN: none */
} pl_score_table;

/* PL_E_PARSE ("file:line: what is wrong"), PL_E_LIMIT, PL_E_NOT_FOUND, PL_E_IO, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__score_table_read(const char *path, pl_score_table *ret, pl_error *reterr);
/* The same of a text; `name` stands in messages. */
PL_NODISCARD pl_status pl__score_table_parse(const char *name, pl_view text, pl_score_table *ret, pl_error *reterr);
void pl__score_table_clear(pl_score_table *table);

#endif
