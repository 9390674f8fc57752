#include "sheet_table.h"

#include "alloc.h"
#include "error.h"

#include <string.h>

#define NAME_SHOWN_BYTES 100 /* of a column's name in a message */

pl_status pl__sheet_new(const char *name, const char *place_word, pl_sheet **ret, pl_error *reterr)
{
    pl_sheet *sheet = pl__calloc(1, sizeof(*sheet));
    if (!sheet)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", name);
    pl__arena_init(&sheet->arena);
    sheet->place_word = place_word;
    sheet->name = pl__arena_strdup(&sheet->arena, name);
    sheet->columns = pl__names_new();
    if (!sheet->name || !sheet->columns) {
        pl__sheet_free(sheet);
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", name);
    }
    *ret = sheet;
    return PL_OK;
}

void pl__sheet_free(pl_sheet *sheet)
{
    if (!sheet)
        return;
    pl__names_free(sheet->columns);
    pl__free(sheet->cells.ptr);
    pl__free(sheet->places.ptr);
    pl__arena_clear(&sheet->arena);
    pl__free(sheet);
}

/* ---- making one ---- */
pl_status pl__sheet_add_column(pl_sheet *sheet, pl_view name, pl_error *reterr)
{
    uint32_t index = 0;

    if (pl__names_count(sheet->columns) >= PL_SHEET_COLUMNS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%s: more than %zu columns", sheet->name, PL_SHEET_COLUMNS_MAX);
    if (pl__names_find(sheet->columns, name) != PL_NAME_NONE)
        return pl__fail(reterr, PL_E_PARSE, "%s: the header has the column \"%.*s\" twice", sheet->name,
                        (int)(name.len < NAME_SHOWN_BYTES ? name.len : NAME_SHOWN_BYTES), name.ptr);
    if (pl__names_intern(sheet->columns, name, &index) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", sheet->name);
    return PL_OK;
}

pl_status pl__sheet_add_row(pl_sheet *sheet, uint64_t place, pl_error *reterr)
{
    size_t n = pl__sheet_n_columns(sheet);

    if (sheet->places.len >= PL_SHEET_ROWS_MAX || sheet->cells.len + n > PL_SHEET_CELLS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%s: more than %zu rows or %zu cells", sheet->name, PL_SHEET_ROWS_MAX,
                        PL_SHEET_CELLS_MAX);
    if (pl__vec_reserve(&sheet->places.ptr, &sheet->places.cap, sheet->places.len + 1, sizeof(*sheet->places.ptr)) !=
            PL_OK ||
        pl__vec_reserve(&sheet->cells.ptr, &sheet->cells.cap, sheet->cells.len + n, sizeof(*sheet->cells.ptr)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", sheet->name);
    sheet->places.ptr[sheet->places.len++] = place;
    for (size_t i = 0; i < n; i++)
        sheet->cells.ptr[sheet->cells.len++] = NULL;
    return PL_OK;
}

static pl_status count_text(pl_sheet *sheet, size_t bytes, pl_error *reterr)
{
    unsigned long long place = sheet->places.ptr[sheet->places.len - 1];

    if (bytes > PL_SHEET_CELL_BYTES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%s: %s %llu: a cell of more than %zu bytes", sheet->name,
                        sheet->place_word, place, PL_SHEET_CELL_BYTES_MAX);
    sheet->text_bytes += bytes;
    if (sheet->text_bytes > PL_SHEET_TEXT_BYTES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%s: %s %llu: more than %zu bytes of text", sheet->name, sheet->place_word,
                        place, PL_SHEET_TEXT_BYTES_MAX);
    return PL_OK;
}

static void put(pl_sheet *sheet, size_t column, const char *text)
{
    sheet->cells.ptr[sheet->cells.len - pl__sheet_n_columns(sheet) + column] = text;
}

pl_status pl__sheet_set_kept(pl_sheet *sheet, size_t column, const char *text, pl_error *reterr)
{
    pl_status rc = count_text(sheet, strlen(text), reterr);

    if (rc == PL_OK && *text)
        put(sheet, column, text);
    return rc;
}

pl_status pl__sheet_set(pl_sheet *sheet, size_t column, pl_view text, pl_error *reterr)
{
    const char *copy = NULL;
    pl_status rc = count_text(sheet, text.len, reterr);

    if (rc != PL_OK || text.len == 0)
        return rc;
    copy = pl__arena_strndup(&sheet->arena, text.ptr, text.len);
    if (!copy)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", sheet->name);
    put(sheet, column, copy);
    return PL_OK;
}

/* ---- reading it ---- */
size_t pl__sheet_n_columns(const pl_sheet *sheet)
{
    return pl__names_count(sheet->columns);
}

const char *pl__sheet_column(const pl_sheet *sheet, size_t column)
{
    return pl__names_get(sheet->columns, (uint32_t)column);
}

size_t pl__sheet_find(const pl_sheet *sheet, const char *column)
{
    uint32_t index = pl__names_find(sheet->columns, pl__view(column));
    return index == PL_NAME_NONE ? PL_SHEET_COLUMN_NONE : index;
}

size_t pl__sheet_n_rows(const pl_sheet *sheet)
{
    return sheet->places.len;
}

const char *pl__sheet_cell(const pl_sheet *sheet, size_t row, size_t column)
{
    size_t n = pl__sheet_n_columns(sheet);
    return column < n ? sheet->cells.ptr[row * n + column] : NULL;
}

const char *pl__sheet_place_word(const pl_sheet *sheet)
{
    return sheet->place_word;
}

uint64_t pl__sheet_place(const pl_sheet *sheet, size_t row)
{
    return sheet->places.ptr[row];
}
