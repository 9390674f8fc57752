#include "notes.h"

#include "error.h"

#include <stdarg.h>

pl_status pl__notes_add(pl_notes *notes, pl_arena *arena, pl_error *reterr, const char *fmt, ...)
{
    char *text = NULL;
    va_list args;

    if (notes->n >= PL_NOTES_MAX)
        return PL_OK;
    va_start(args, fmt);
    text = pl__arena_vtext(arena, fmt, args);
    va_end(args);
    if (!text)
        return pl__fail(reterr, PL_E_NOMEM, "note");
    notes->texts[notes->n++] = text;
    return PL_OK;
}
