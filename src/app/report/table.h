#ifndef PL_TABLE_H
#define PL_TABLE_H

#include "arena.h"
#include "str.h"

#define PL_TABLE_COLUMNS_MAX 48

/* A small table of text: written aligned for people, or as CSV (RFC 4180). Cells are filled row by row. */
typedef struct pl_table {
    pl_arena arena;
    size_t n_columns;
    const char *heads[PL_TABLE_COLUMNS_MAX];
    bool right[PL_TABLE_COLUMNS_MAX]; /* numbers stand right */
    const char **cells;
    size_t n_cells;
    size_t cap_cells;
    pl_status rc; /* the first failure; later columns and cells are ignored */
} pl_table;

void pl__table_init(pl_table *t);
void pl__table_clear(pl_table *t);
/* Control characters are removed, invalid UTF-8 replaced: heads and cells may come from outside. */
void pl__table_column(pl_table *t, const char *head, bool is_number);
void pl__table_text(pl_table *t, const char *text);
void pl__table_count(pl_table *t, uint64_t value);
void pl__table_fixed(pl_table *t, double value, unsigned decimals); /* NaN: "–" aligned, empty in CSV */
void pl__table_full(pl_table *t, double value);                     /* 17 significant digits; NaN: empty */
/* PL_OK, or the first failure of any cell (PL_E_NOMEM). */
PL_NODISCARD pl_status pl__table_write(const pl_table *t, pl_str *out, pl_error *reterr);
PL_NODISCARD pl_status pl__table_write_csv(const pl_table *t, pl_str *out, pl_error *reterr);
PL_NODISCARD pl_status pl__table_write_csv_rows(const pl_table *t, pl_str *out, pl_error *reterr); /* without heads */

/* Appends text from outside for a terminal: no control characters, valid UTF-8. */
PL_NODISCARD pl_status pl__append_clean(pl_str *out, pl_view text);
/* A line of its own: `before`, which is ours, and text from outside. */
PL_NODISCARD pl_status pl__append_line(pl_str *out, const char *before, const char *text);
/* Behind a blank line, if there are any. */
PL_NODISCARD pl_status pl__append_notes(pl_str *out, const char *const *notes, size_t n);

#endif
