#include "csv_reader.h"

#include "error.h"

void pl__csv_init(pl_csv *c, const char *name, pl_view text, size_t field_bytes_max, pl_error *reterr)
{
    *c = (pl_csv){.name = name, .rest = text, .line = 1, .next_line = 1, .err = reterr};
    pl__str_init(&c->field, field_bytes_max);
    if (pl__view_starts_with(c->rest, "\xef\xbb\xbf"))
        c->rest = pl__view_n(c->rest.ptr + 3, c->rest.len - 3);
}

void pl__csv_clear(pl_csv *c)
{
    pl__str_clear(&c->field);
}

pl_view pl__csv_field(const pl_csv *c)
{
    return pl__view_trim(pl__view_n(pl__str_c(&c->field), c->field.len));
}

pl_status pl__csv_fail(pl_csv *c, pl_status rc, const char *what)
{
    return pl__fail(c->err, rc, "%s:%llu: %s", c->name, (unsigned long long)c->line, what);
}

static pl_status add(pl_csv *c, char byte)
{
    pl_status rc = pl__str_append_char(&c->field, byte);
    return rc == PL_OK ? PL_OK : pl__csv_fail(c, rc, rc == PL_E_LIMIT ? "a field that is too long" : "no memory");
}

static char take(pl_csv *c)
{
    char byte = c->rest.ptr[0];
    c->rest = pl__view_n(c->rest.ptr + 1, c->rest.len - 1);
    if (byte == '\n')
        c->next_line++;
    return byte;
}

static bool peek(const pl_csv *c, char byte)
{
    return c->rest.len > 0 && c->rest.ptr[0] == byte;
}

static pl_status read_quoted(pl_csv *c)
{
    (void)take(c);
    for (;;) {
        if (c->rest.len == 0)
            return pl__csv_fail(c, PL_E_PARSE, "a quote that is not closed");
        char byte = take(c);
        if (byte == '"' && !peek(c, '"'))
            return PL_OK;
        if (byte == '"')
            (void)take(c);
        pl_status rc = add(c, byte);
        if (rc != PL_OK)
            return rc;
    }
}

pl_status pl__csv_read_field(pl_csv *c)
{
    pl_status rc = PL_OK;
    pl__str_reset(&c->field);
    if (peek(c, '"')) {
        rc = read_quoted(c);
    } else {
        while (rc == PL_OK && c->rest.len > 0 && !peek(c, ',') && !peek(c, '\n') && !peek(c, '\r')) {
            if (peek(c, '"'))
                return pl__csv_fail(c, PL_E_PARSE, "a quote inside a field that does not begin with one");
            rc = add(c, take(c));
        }
    }
    if (rc != PL_OK)
        return rc;
    c->last_of_record = !peek(c, ',');
    if (!c->last_of_record) {
        (void)take(c);
        return PL_OK;
    }
    if (peek(c, '\r'))
        (void)take(c);
    if (c->rest.len > 0 && !peek(c, '\n'))
        return pl__csv_fail(c, PL_E_PARSE, "text behind a closing quote, or a stray carriage return");
    if (c->rest.len > 0)
        (void)take(c);
    return PL_OK;
}

bool pl__csv_begin_record(pl_csv *c)
{
    while (c->rest.len > 0 && (peek(c, '\n') || peek(c, '\r')))
        (void)take(c);
    c->line = c->next_line;
    return c->rest.len > 0;
}
