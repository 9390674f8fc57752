#include "table.h"

#include "alloc.h"
#include "error.h"
#include "num.h"
#include "vec.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define UNDEFINED "\xE2\x80\x93" /* en dash */

void pl__table_init(pl_table *t)
{
    *t = (pl_table){0};
    pl__arena_init(&t->arena);
}

void pl__table_clear(pl_table *t)
{
    pl__free(t->cells);
    pl__arena_clear(&t->arena);
    *t = (pl_table){0};
}

pl_status pl__append_clean(pl_str *out, pl_view text)
{
    pl_status rc = PL_OK;

    for (size_t i = 0; i < text.len && rc == PL_OK;) {
        size_t n = pl__utf8_sequence(pl__view_n(text.ptr + i, text.len - i));
        unsigned char c = (unsigned char)text.ptr[i];
        bool is_c1 = n == 2 && c == 0xC2 && (unsigned char)text.ptr[i + 1] < 0xA0;

        if (n == 0) {
            rc = pl__str_append_c(out, "\xEF\xBF\xBD");
            n = 1;
        } else if (c >= 0x20 && c != 0x7F && !is_c1) {
            rc = pl__str_append(out, text.ptr + i, n);
        } else if (c == '\n' || c == '\t') {
            rc = pl__str_append_char(out, ' ');
        }
        i += n;
    }
    return rc;
}

pl_status pl__append_line(pl_str *out, const char *before, const char *text)
{
    pl_status rc = pl__str_append_c(out, before);

    if (rc == PL_OK)
        rc = pl__append_clean(out, pl__view(text));
    return rc == PL_OK ? pl__str_append_char(out, '\n') : rc;
}

pl_status pl__append_notes(pl_str *out, const char *const *notes, size_t n)
{
    pl_status rc = n > 0 ? pl__str_append_char(out, '\n') : PL_OK;

    for (size_t i = 0; i < n && rc == PL_OK; i++)
        rc = pl__append_line(out, "note: ", notes[i]);
    return rc;
}

/* Text as a cell shows it, in the arena; NULL after a failure, which is kept. */
static const char *clean_copy(pl_table *t, const char *text)
{
    const char *copy = NULL;
    pl_str clean;
    pl_status rc = t->rc;

    pl__str_init(&clean, PL_STR_LIMIT_DEFAULT);
    if (rc == PL_OK)
        rc = pl__append_clean(&clean, pl__view(text));
    if (rc == PL_OK) {
        copy = pl__arena_strdup(&t->arena, pl__str_c(&clean));
        rc = copy ? PL_OK : PL_E_NOMEM;
    }
    t->rc = rc;
    pl__str_clear(&clean);
    return copy;
}

void pl__table_column(pl_table *t, const char *head, bool is_number)
{
    const char *copy = NULL;

    if (t->n_columns >= PL_TABLE_COLUMNS_MAX && t->rc == PL_OK)
        t->rc = PL_E_LIMIT;
    copy = clean_copy(t, head); /* names of models stand here too */
    if (!copy)
        return;
    t->right[t->n_columns] = is_number;
    t->heads[t->n_columns++] = copy;
}

static void add_copy(pl_table *t, const char *copy)
{
    if (!copy)
        return;
    if (t->rc == PL_OK)
        t->rc = pl__vec_reserve(&t->cells, &t->cap_cells, t->n_cells + 1, sizeof(*t->cells));
    if (t->rc == PL_OK)
        t->cells[t->n_cells++] = copy;
}

static void add_cell(pl_table *t, const char *text)
{
    const char *copy = t->rc == PL_OK ? pl__arena_strdup(&t->arena, text) : NULL;

    if (!copy && t->rc == PL_OK)
        t->rc = PL_E_NOMEM;
    add_copy(t, copy);
}

void pl__table_text(pl_table *t, const char *text)
{
    add_copy(t, clean_copy(t, text));
}

void pl__table_count(pl_table *t, uint64_t value)
{
    char text[PL_NUM_BYTES];

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    add_cell(t, text);
}

void pl__table_fixed(pl_table *t, double value, unsigned decimals)
{
    char text[PL_NUM_BYTES];

    if (isnan(value)) {
        add_cell(t, UNDEFINED);
        return;
    }
    pl__num_format_fixed(value, decimals, text);
    add_cell(t, text);
}

void pl__table_full(pl_table *t, double value)
{
    char text[PL_NUM_BYTES];

    if (isnan(value)) {
        add_cell(t, "");
        return;
    }
    pl__num_format(value, text);
    add_cell(t, text);
}

/* Characters, which is near enough to columns for names. */
static size_t width_of(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static pl_status pad(pl_str *out, size_t n)
{
    pl_status rc = PL_OK;

    for (size_t i = 0; i < n && rc == PL_OK; i++)
        rc = pl__str_append_char(out, ' ');
    return rc;
}

static pl_status write_row(const pl_table *t, const char *const *cells, const size_t *widths, pl_str *out)
{
    pl_status rc = PL_OK;

    for (size_t c = 0; c < t->n_columns && rc == PL_OK; c++) {
        size_t gap = widths[c] - width_of(cells[c]);
        bool is_last = c + 1 == t->n_columns;

        if (c > 0)
            rc = pl__str_append_c(out, "  ");
        if (rc == PL_OK && t->right[c])
            rc = pad(out, gap);
        if (rc == PL_OK)
            rc = pl__str_append_c(out, cells[c]);
        if (rc == PL_OK && !t->right[c] && !is_last)
            rc = pad(out, gap);
    }
    while (rc == PL_OK && out->len > 0 && out->ptr[out->len - 1] == ' ')
        out->ptr[--out->len] = '\0'; /* empty last cells leave no blanks behind */
    return rc == PL_OK ? pl__str_append_char(out, '\n') : rc;
}

pl_status pl__table_write(const pl_table *t, pl_str *out, pl_error *reterr)
{
    size_t widths[PL_TABLE_COLUMNS_MAX] = {0};
    pl_status rc = t->rc;

    for (size_t c = 0; c < t->n_columns; c++)
        widths[c] = width_of(t->heads[c]);
    for (size_t i = 0; i < t->n_cells && t->n_columns > 0; i++) {
        size_t w = width_of(t->cells[i]);

        if (w > widths[i % t->n_columns])
            widths[i % t->n_columns] = w;
    }
    if (rc == PL_OK)
        rc = write_row(t, t->heads, widths, out);
    for (size_t i = 0; i + t->n_columns <= t->n_cells && rc == PL_OK; i += t->n_columns)
        rc = write_row(t, t->cells + i, widths, out);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "table");
}

static pl_status csv_cell(const char *text, pl_str *out)
{
    pl_status rc = PL_OK;

    if (!strpbrk(text, ",\"\r\n"))
        return pl__str_append_c(out, text);
    rc = pl__str_append_char(out, '"');
    for (; *text && rc == PL_OK; text++) {
        if (*text == '"')
            rc = pl__str_append_char(out, '"');
        if (rc == PL_OK)
            rc = pl__str_append_char(out, *text);
    }
    return rc == PL_OK ? pl__str_append_char(out, '"') : rc;
}

static pl_status csv_row(const pl_table *t, const char *const *cells, pl_str *out)
{
    pl_status rc = PL_OK;

    for (size_t c = 0; c < t->n_columns && rc == PL_OK; c++) {
        if (c > 0)
            rc = pl__str_append_char(out, ',');
        if (rc == PL_OK)
            rc = csv_cell(cells[c], out);
    }
    return rc == PL_OK ? pl__str_append_char(out, '\n') : rc;
}

pl_status pl__table_write_csv_rows(const pl_table *t, pl_str *out, pl_error *reterr)
{
    pl_status rc = t->rc;

    for (size_t i = 0; i + t->n_columns <= t->n_cells && rc == PL_OK; i += t->n_columns)
        rc = csv_row(t, t->cells + i, out);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "table");
}

pl_status pl__table_write_csv(const pl_table *t, pl_str *out, pl_error *reterr)
{
    pl_status rc = t->rc == PL_OK ? csv_row(t, t->heads, out) : t->rc;

    return rc == PL_OK ? pl__table_write_csv_rows(t, out, reterr) : pl__fail(reterr, rc, "table");
}
