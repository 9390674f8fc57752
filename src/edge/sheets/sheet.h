#ifndef PL_SHEET_H
#define PL_SHEET_H

#include "str.h"

/* Tables of text cells under a header, as spreadsheets and data frames are saved. */
#define PL_SHEET_FILE_BYTES_MAX ((size_t)128 << 20)
#define PL_SHEET_PART_BYTES_MAX ((size_t)512 << 20) /* of .xlsx: one part, unpacked */
#define PL_SHEET_TEXT_BYTES_MAX ((size_t)1 << 30)   /* all cells, each counted where it stands */
#define PL_SHEET_CELL_BYTES_MAX ((size_t)1 << 20)   /* Excel's own limit is 32,767 characters */
#define PL_SHEET_ROWS_MAX ((size_t)1 << 20)         /* Excel's own limit */
#define PL_SHEET_COLUMNS_MAX ((size_t)1024)
#define PL_SHEET_CELLS_MAX ((size_t)1 << 26)
#define PL_SHEET_COLUMN_NONE SIZE_MAX

typedef enum pl_sheet_form {
    PL_SHEET_XLSX = 0,    /* the workbook's first sheet; its first row with a cell is the header */
    PL_SHEET_TSV = 1,     /* tab-separated; quotes as in CSV */
    PL_SHEET_RECORDS = 2, /* a JSON list of objects, as Python writes it: NaN is an empty cell */
} pl_sheet_form;

typedef struct pl_sheet pl_sheet;

/* The form that a file of this name has; false: none of these. */
bool pl__sheet_form(const char *path, pl_sheet_form *ret);
/* PL_E_PARSE (names the file, and the row, line or record), PL_E_LIMIT (names what is too large), PL_E_NOT_FOUND,
 * PL_E_IO, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__sheet_read(const char *path, pl_sheet_form form, pl_sheet **ret, pl_error *reterr);
/* The same from memory; `name` stands in messages. */
PL_NODISCARD pl_status pl__sheet_parse(const char *name, pl_sheet_form form, pl_view bytes, pl_sheet **ret,
                                       pl_error *reterr);
void pl__sheet_free(pl_sheet *sheet);

size_t pl__sheet_n_columns(const pl_sheet *sheet);
const char *pl__sheet_column(const pl_sheet *sheet, size_t column); /* its name, never empty */
size_t pl__sheet_find(const pl_sheet *sheet, const char *column);   /* or PL_SHEET_COLUMN_NONE */
size_t pl__sheet_n_rows(const pl_sheet *sheet);                     /* without the header */
/* NULL: empty, or no such column. UTF-8. A whole number has no decimals, truth is "True" or "False". */
const char *pl__sheet_cell(const pl_sheet *sheet, size_t row, size_t column);
/* Where a row stands, for messages: "row 7", "line 7", "record 6". */
const char *pl__sheet_place_word(const pl_sheet *sheet);
uint64_t pl__sheet_place(const pl_sheet *sheet, size_t row);

#endif
