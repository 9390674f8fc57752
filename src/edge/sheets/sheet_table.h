#ifndef PL_SHEET_TABLE_H
#define PL_SHEET_TABLE_H

#include "arena.h"
#include "map.h"
#include "sheet.h"
#include "vec.h"

/* A sheet in the making. Columns first, then rows. */
struct pl_sheet {
    pl_arena arena; /* the name and the cells */
    const char *name;
    const char *place_word;
    pl_names *columns;
    PL_VEC(const char *) cells; /* row by row */
    PL_VEC(uint64_t) places;    /* of rows */
    size_t text_bytes;
};

/* All fail with PL_E_PARSE, PL_E_LIMIT or PL_E_NOMEM, and say where. */
PL_NODISCARD pl_status pl__sheet_new(const char *name, const char *place_word, pl_sheet **ret, pl_error *reterr);
PL_NODISCARD pl_status pl__sheet_add_column(pl_sheet *sheet, pl_view name, pl_error *reterr);
PL_NODISCARD pl_status pl__sheet_add_row(pl_sheet *sheet, uint64_t place, pl_error *reterr);
/* A cell of the last row. Empty text leaves it empty. */
PL_NODISCARD pl_status pl__sheet_set(pl_sheet *sheet, size_t column, pl_view text, pl_error *reterr);
/* The same with text that lives as long as the sheet. */
PL_NODISCARD pl_status pl__sheet_set_kept(pl_sheet *sheet, size_t column, const char *text, pl_error *reterr);

#endif
