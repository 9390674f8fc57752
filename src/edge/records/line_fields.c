#include "line_fields.h"

#include "error.h"

#include <string.h>

void pl__line_fail(pl_line_fields *f, const char *key, const char *what)
{
    if (f->rc == PL_OK)
        f->rc = pl__fail(f->err, PL_E_PARSE, "\"%s\" %s", key, what);
}

const char *pl__line_text(pl_line_fields *f, const char *key)
{
    const char *text = NULL;
    if (f->rc == PL_OK)
        f->rc = pl__json_get_string(f->doc, key, &text, f->err);
    return text;
}

const char *pl__line_name(pl_line_fields *f, const char *key, const char *fallback)
{
    const char *text = pl__line_text(f, key);
    size_t len = text ? strlen(text) : 0;
    if (!text && !fallback)
        pl__line_fail(f, key, "is missing");
    else if (text && len == 0)
        pl__line_fail(f, key, "is empty");
    else if (len > PL_RECORDS_NAME_BYTES_MAX)
        pl__line_fail(f, key, "is longer than 4096 bytes");
    return text ? text : fallback;
}

uint32_t pl__line_count(pl_line_fields *f, const char *key, uint32_t fallback)
{
    int64_t value = fallback;
    if (f->rc == PL_OK)
        f->rc = pl__json_get_integer(f->doc, key, &value, f->err);
    if (value < 0 || value > UINT32_MAX) {
        pl__line_fail(f, key, "is no count");
        return fallback;
    }
    return (uint32_t)value;
}
