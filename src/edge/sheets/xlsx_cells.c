#include "alloc.h"
#include "error.h"
#include "num.h"
#include "xlsx_parts.h"

#include <string.h>

#define STRINGS_MAX ((size_t)1 << 26)
#define REFERENCE_COLUMN_NONE UINT32_MAX

typedef PL_VEC(const char *) strings;

/* ---- _xHHHH_ ---- */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* The character that "_x000D_" at this place stands for (ECMA-376, ST_Xstring); 0: it is no such escape. */
static uint32_t escaped(pl_view rest)
{
    uint32_t code = 0;

    if (rest.len < 7 || rest.ptr[0] != '_' || rest.ptr[1] != 'x' || rest.ptr[6] != '_')
        return 0;
    for (size_t i = 2; i < 6; i++) {
        int digit = hex_value(rest.ptr[i]);
        if (digit < 0)
            return 0;
        code = code * 16 + (uint32_t)digit;
    }
    return code >= 0xD800 && code <= 0xDFFF ? 0 : code;
}

static size_t put_utf8(uint32_t code, char *ret)
{
    if (code < 0x80) {
        ret[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        ret[0] = (char)(0xC0 | (code >> 6));
        ret[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    ret[0] = (char)(0xE0 | (code >> 12));
    ret[1] = (char)(0x80 | ((code >> 6) & 0x3F));
    ret[2] = (char)(0x80 | (code & 0x3F));
    return 3;
}

/* In place: what an escape stands for is never longer. */
static void unescape(pl_str *text)
{
    size_t to = 0;

    for (size_t at = 0; at < text->len;) {
        uint32_t code = text->ptr[at] == '_' ? escaped(pl__view_n(text->ptr + at, text->len - at)) : 0;
        if (code == 0) {
            text->ptr[to++] = text->ptr[at++];
        } else {
            to += put_utf8(code, text->ptr + to);
            at += 7;
        }
    }
    if (text->ptr)
        text->ptr[to] = '\0';
    text->len = to;
}

#define TOO_LONG "a text that is too long"
#define NO_MEMORY "no memory"

/* ---- shared strings ---- */
typedef struct string_run {
    pl_sheet *sheet;
    strings *list;
    pl_str text;
    bool in_item;
    bool in_text;
    bool in_phonetic; /* a reading aid, not a part of the text */
} string_run;

static pl_status string_start(void *user, const char *name, const char **attributes, pl_error *reterr)
{
    string_run *run = user;
    (void)attributes;
    (void)reterr;

    if (strcmp(name, "si") == 0) {
        run->in_item = true;
        pl__str_reset(&run->text);
    } else if (strcmp(name, "rPh") == 0) {
        run->in_phonetic = true;
    } else if (strcmp(name, "t") == 0) {
        run->in_text = run->in_item && !run->in_phonetic;
    }
    return PL_OK;
}

static pl_status keep_string(string_run *run, pl_error *reterr)
{
    const char *copy = NULL;

    if (run->list->len >= STRINGS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%s: more than %zu shared strings", run->sheet->name, STRINGS_MAX);
    unescape(&run->text);
    copy = pl__arena_strndup(&run->sheet->arena, pl__str_c(&run->text), run->text.len);
    if (!copy ||
        pl__vec_reserve(&run->list->ptr, &run->list->cap, run->list->len + 1, sizeof(*run->list->ptr)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%s: " NO_MEMORY, run->sheet->name);
    run->list->ptr[run->list->len++] = copy;
    return PL_OK;
}

static pl_status string_end(void *user, const char *name, pl_error *reterr)
{
    string_run *run = user;

    if (strcmp(name, "t") == 0) {
        run->in_text = false;
    } else if (strcmp(name, "rPh") == 0) {
        run->in_phonetic = false;
    } else if (strcmp(name, "si") == 0 && run->in_item) {
        run->in_item = false;
        return keep_string(run, reterr);
    }
    return PL_OK;
}

static pl_status string_text(void *user, const char *s, size_t n, pl_error *reterr)
{
    string_run *run = user;
    pl_status rc = run->in_text ? pl__str_append(&run->text, s, n) : PL_OK;

    if (rc == PL_OK)
        return PL_OK;
    return pl__fail(reterr, rc, "%s: shared string %zu: %s", run->sheet->name, run->list->len,
                    rc == PL_E_LIMIT ? TOO_LONG : NO_MEMORY);
}

static pl_status read_strings(pl_xlsx *book, pl_sheet *sheet, const char *path, strings *list, pl_error *reterr)
{
    static const pl_xml_ops ops = {.start = string_start, .end = string_end, .text = string_text};
    string_run run = {.sheet = sheet, .list = list};
    pl_status rc = PL_OK;

    pl__str_init(&run.text, PL_SHEET_CELL_BYTES_MAX);
    rc = pl__xlsx_part(book, path, &ops, &run, reterr);
    pl__str_clear(&run.text);
    return rc;
}

/* ---- cells ---- */
typedef enum cell_type { CELL_NUMBER, CELL_SHARED, CELL_TEXT, CELL_BOOLEAN, CELL_ERROR } cell_type;

typedef struct cell_run {
    pl_sheet *sheet;
    const strings *list;
    uint32_t columns[PL_SHEET_COLUMNS_MAX]; /* of the spreadsheet: which of the table it is, or none */
    bool has_header;
    bool in_header;
    bool row_added;
    uint64_t row; /* as the spreadsheet counts, from 1 */
    uint32_t column;
    cell_type type;
    bool in_cell;
    bool in_value; /* inside v, or inside t of an inline string */
    bool in_phonetic;
    pl_str text;
} cell_run;

static pl_status fail_at(const cell_run *run, pl_error *reterr, pl_status rc, const char *what)
{
    return pl__fail(reterr, rc, "%s: row %llu: %s", run->sheet->name, (unsigned long long)run->row, what);
}

/* "AB12": the letters; none if there are no letters, or more than a spreadsheet has. */
static uint32_t reference_column(const char *reference)
{
    uint32_t column = 0;
    size_t n = 0;

    for (; n < 4 && reference[n] >= 'A' && reference[n] <= 'Z'; n++)
        column = column * 26 + (uint32_t)(reference[n] - 'A') + 1;
    return n == 0 || n > 3 ? REFERENCE_COLUMN_NONE : column - 1;
}

static cell_type type_of(const char *t)
{
    if (!t || strcmp(t, "n") == 0)
        return CELL_NUMBER;
    if (strcmp(t, "s") == 0)
        return CELL_SHARED;
    if (strcmp(t, "b") == 0)
        return CELL_BOOLEAN;
    return strcmp(t, "e") == 0 ? CELL_ERROR : CELL_TEXT;
}

static pl_status row_start(cell_run *run, const char **attributes, pl_error *reterr)
{
    const char *r = pl__xml_attribute(attributes, "r");
    uint64_t row = run->row + 1;

    if (r && (pl__num_parse_u64(pl__view(r), &row) != PL_OK || row <= run->row))
        return fail_at(run, reterr, PL_E_PARSE, "is followed by a row whose number is none, or comes too late");
    run->row = row;
    run->column = REFERENCE_COLUMN_NONE;
    run->row_added = false;
    run->in_header = !run->has_header;
    return PL_OK;
}

static pl_status cell_start(cell_run *run, const char **attributes, pl_error *reterr)
{
    const char *r = pl__xml_attribute(attributes, "r");
    uint32_t column = run->column == REFERENCE_COLUMN_NONE ? 0 : run->column + 1;

    if (r) {
        column = reference_column(r);
        if (column == REFERENCE_COLUMN_NONE)
            return fail_at(run, reterr, PL_E_PARSE, "a cell whose place cannot be read");
    }
    run->column = column;
    run->type = type_of(pl__xml_attribute(attributes, "t"));
    run->in_cell = true;
    pl__str_reset(&run->text);
    return PL_OK;
}

static pl_status cell_open(void *user, const char *name, const char **attributes, pl_error *reterr)
{
    cell_run *run = user;

    if (strcmp(name, "row") == 0)
        return row_start(run, attributes, reterr);
    if (strcmp(name, "c") == 0 && run->row > 0)
        return cell_start(run, attributes, reterr);
    if (strcmp(name, "rPh") == 0)
        run->in_phonetic = true;
    else if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0)
        run->in_value = run->in_cell && !run->in_phonetic;
    return PL_OK;
}

static pl_status cell_text(void *user, const char *s, size_t n, pl_error *reterr)
{
    cell_run *run = user;
    pl_status rc = run->in_value ? pl__str_append(&run->text, s, n) : PL_OK;
    return rc == PL_OK ? PL_OK : fail_at(run, reterr, rc, rc == PL_E_LIMIT ? TOO_LONG : NO_MEMORY);
}

/* A whole number that was written with decimals goes without them: "3.0". */
static pl_view number_text(pl_view text)
{
    text = pl__view_trim(text);
    if (text.len > 2 && text.ptr[text.len - 1] == '0' && text.ptr[text.len - 2] == '.')
        text.len -= 2;
    return text;
}

/* What stands in the cell; *ret_kept: in the sheet's own memory already. */
static pl_status cell_content(cell_run *run, pl_view *ret, bool *ret_kept, pl_error *reterr)
{
    pl_view text = pl__view_n(pl__str_c(&run->text), run->text.len);
    uint64_t index = 0;

    *ret_kept = false;
    switch (run->type) {
    case CELL_SHARED:
        if (pl__num_parse_u64(pl__view_trim(text), &index) != PL_OK || index >= run->list->len)
            return fail_at(run, reterr, PL_E_PARSE, "a cell whose text is not among the shared strings");
        *ret = pl__view(run->list->ptr[index]);
        *ret_kept = true;
        return PL_OK;
    case CELL_TEXT:
        unescape(&run->text);
        *ret = pl__view_n(pl__str_c(&run->text), run->text.len);
        return PL_OK;
    case CELL_BOOLEAN:
        *ret = pl__view(pl__view_eq_str(pl__view_trim(text), "1") ? "True" : "False");
        return PL_OK;
    case CELL_ERROR: /* #N/A and the like say nothing */
        *ret = pl__view("");
        return PL_OK;
    case CELL_NUMBER:
    default:
        *ret = number_text(text);
        return PL_OK;
    }
}

static pl_status header_cell(cell_run *run, pl_view text, pl_error *reterr)
{
    pl_status rc = PL_OK;

    if (text.len == 0)
        return PL_OK;
    if (run->column >= PL_SHEET_COLUMNS_MAX)
        return fail_at(run, reterr, PL_E_LIMIT, "the header has too many columns");
    run->columns[run->column] = (uint32_t)pl__sheet_n_columns(run->sheet);
    rc = pl__sheet_add_column(run->sheet, text, reterr);
    run->has_header = true;
    return rc;
}

/* Cells beside the header's columns are not looked at. */
static pl_status body_cell(cell_run *run, pl_view text, bool kept, pl_error *reterr)
{
    pl_status rc = PL_OK;
    uint32_t column = run->column < PL_SHEET_COLUMNS_MAX ? run->columns[run->column] : REFERENCE_COLUMN_NONE;

    if (text.len == 0 || column == REFERENCE_COLUMN_NONE)
        return PL_OK;
    if (!run->row_added)
        rc = pl__sheet_add_row(run->sheet, run->row, reterr);
    run->row_added = true;
    if (rc != PL_OK)
        return rc;
    return kept ? pl__sheet_set_kept(run->sheet, column, text.ptr, reterr)
                : pl__sheet_set(run->sheet, column, text, reterr);
}

static pl_status cell_close(void *user, const char *name, pl_error *reterr)
{
    cell_run *run = user;
    pl_view text = {0};
    bool kept = false;
    pl_status rc = PL_OK;

    if (strcmp(name, "rPh") == 0)
        run->in_phonetic = false;
    else if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0)
        run->in_value = false;
    if (strcmp(name, "c") != 0 || !run->in_cell)
        return PL_OK;
    run->in_cell = false;
    run->in_value = false;
    if (run->text.len == 0)
        return PL_OK;
    rc = cell_content(run, &text, &kept, reterr);
    if (rc != PL_OK)
        return rc;
    return run->in_header ? header_cell(run, text, reterr) : body_cell(run, text, kept, reterr);
}

pl_status pl__xlsx_cells(pl_xlsx *book, pl_sheet *sheet, const char *path, const char *shared, pl_error *reterr)
{
    static const pl_xml_ops ops = {.start = cell_open, .end = cell_close, .text = cell_text};
    strings list = {0};
    cell_run *run = pl__calloc(1, sizeof(*run));
    pl_status rc = PL_OK;

    if (!run)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", sheet->name);
    *run = (cell_run){.sheet = sheet, .list = &list};
    for (size_t i = 0; i < PL_SHEET_COLUMNS_MAX; i++)
        run->columns[i] = REFERENCE_COLUMN_NONE;
    pl__str_init(&run->text, PL_SHEET_CELL_BYTES_MAX);
    if (*shared)
        rc = read_strings(book, sheet, shared, &list, reterr);
    if (rc == PL_OK)
        rc = pl__xlsx_part(book, path, &ops, run, reterr);
    if (rc == PL_OK && !run->has_header)
        rc = pl__fail(reterr, PL_E_PARSE, "%s: is empty: there is no header", sheet->name);
    pl__str_clear(&run->text);
    pl__free(run);
    pl__free(list.ptr);
    return rc;
}
