#include "error.h"
#include "sheet_readers.h"
#include "sheet_table.h"

#include <string.h>

/* As pandas writes it: fields may stand in quotes, quotes inside are doubled, and may then hold tabs and line ends. */
typedef struct tsv {
    pl_sheet *sheet;
    pl_view rest;
    pl_str field;
    uint64_t line; /* of the record being read */
    uint64_t next_line;
    bool last_of_record;
    pl_error *err;
} tsv;

static pl_status fail_at(const tsv *t, pl_status rc, const char *what)
{
    return pl__fail(t->err, rc, "%s: line %llu: %s", t->sheet->name, (unsigned long long)t->line, what);
}

static bool peek(const tsv *t, char byte)
{
    return t->rest.len > 0 && t->rest.ptr[0] == byte;
}

static void skip(tsv *t, size_t n)
{
    t->rest = pl__view_n(t->rest.ptr + n, t->rest.len - n);
}

/* The next n bytes belong to the field. */
static pl_status take(tsv *t, size_t n)
{
    pl_status rc = pl__str_append(&t->field, t->rest.ptr, n);

    if (rc != PL_OK)
        return fail_at(t, rc, rc == PL_E_LIMIT ? "a field that is too long" : "no memory");
    for (size_t i = 0; i < n; i++)
        t->next_line += t->rest.ptr[i] == '\n';
    skip(t, n);
    return PL_OK;
}

static pl_status read_quoted(tsv *t)
{
    skip(t, 1);
    for (;;) {
        const char *quote = t->rest.len > 0 ? memchr(t->rest.ptr, '"', t->rest.len) : NULL;
        pl_status rc = PL_OK;

        if (!quote)
            return fail_at(t, PL_E_PARSE, "a quote that is not closed");
        rc = take(t, (size_t)(quote - t->rest.ptr));
        if (rc != PL_OK)
            return rc;
        skip(t, 1);
        if (!peek(t, '"'))
            return PL_OK;
        rc = take(t, 1);
        if (rc != PL_OK)
            return rc;
    }
}

static size_t plain_bytes(pl_view rest)
{
    size_t n = 0;

    while (n < rest.len && rest.ptr[n] != '\t' && rest.ptr[n] != '\n' && rest.ptr[n] != '\r')
        n++;
    return n;
}

static pl_status read_field(tsv *t)
{
    pl_status rc = PL_OK;

    pl__str_reset(&t->field);
    rc = peek(t, '"') ? read_quoted(t) : take(t, plain_bytes(t->rest));
    if (rc != PL_OK)
        return rc;
    t->last_of_record = !peek(t, '\t');
    if (!t->last_of_record) {
        skip(t, 1);
        return PL_OK;
    }
    if (peek(t, '\r'))
        skip(t, 1);
    if (t->rest.len > 0 && !peek(t, '\n'))
        return fail_at(t, PL_E_PARSE, "text behind a closing quote, or a stray carriage return");
    if (t->rest.len > 0) {
        skip(t, 1);
        t->next_line++;
    }
    return PL_OK;
}

static bool begin_record(tsv *t)
{
    while (peek(t, '\n') || peek(t, '\r')) {
        t->next_line += peek(t, '\n');
        skip(t, 1);
    }
    t->line = t->next_line;
    return t->rest.len > 0;
}

static pl_status read_header(tsv *t)
{
    pl_status rc = PL_OK;
    bool more = begin_record(t);

    if (!more)
        return pl__fail(t->err, PL_E_PARSE, "%s: is empty: there is no header", t->sheet->name);
    while (more && rc == PL_OK) {
        rc = read_field(t);
        if (rc == PL_OK && t->field.len == 0)
            rc = fail_at(t, PL_E_PARSE, "the header has a column without a name");
        if (rc == PL_OK)
            rc = pl__sheet_add_column(t->sheet, pl__view_n(pl__str_c(&t->field), t->field.len), t->err);
        more = !t->last_of_record;
    }
    return rc;
}

static pl_status read_record(tsv *t)
{
    pl_status rc = pl__sheet_add_row(t->sheet, t->line, t->err);

    for (size_t i = 0; rc == PL_OK; i++) {
        rc = read_field(t);
        if (rc == PL_OK && i >= pl__sheet_n_columns(t->sheet))
            rc = fail_at(t, PL_E_PARSE, "more fields than the header has columns");
        if (rc == PL_OK)
            rc = pl__sheet_set(t->sheet, i, pl__view_n(pl__str_c(&t->field), t->field.len), t->err);
        if (rc != PL_OK || t->last_of_record)
            break;
    }
    return rc;
}

pl_status pl__sheet_from_tsv(pl_sheet *sheet, pl_view text, pl_error *reterr)
{
    tsv t = {.sheet = sheet, .rest = text, .next_line = 1, .err = reterr};
    pl_status rc = PL_OK;

    if (!pl__utf8_valid(text) || (text.len > 0 && memchr(text.ptr, '\0', text.len)))
        return pl__fail(reterr, PL_E_PARSE, "%s: is not UTF-8 text", sheet->name);
    if (pl__view_starts_with(text, "\xef\xbb\xbf"))
        skip(&t, 3);
    pl__str_init(&t.field, PL_SHEET_CELL_BYTES_MAX);
    rc = read_header(&t);
    while (rc == PL_OK && begin_record(&t))
        rc = read_record(&t);
    pl__str_clear(&t.field);
    return rc;
}
