#include "error.h"
#include "file.h"
#include "sheet_readers.h"
#include "sheet_table.h"

#include <string.h>

typedef struct form_reader {
    const char *ending;
    const char *place_word;
    pl_status (*read)(pl_sheet *sheet, pl_view bytes, pl_error *reterr);
} form_reader;

/* In the order of pl_sheet_form. */
static const form_reader FORMS[] = {
    {".xlsx", "row", pl__sheet_from_xlsx},
    {".tsv", "line", pl__sheet_from_tsv},
    {".json", "record", pl__sheet_from_records},
};
#define N_FORMS (sizeof(FORMS) / sizeof(FORMS[0]))

bool pl__sheet_form(const char *path, pl_sheet_form *ret)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < N_FORMS; i++) {
        size_t n = strlen(FORMS[i].ending);
        if (len <= n || strcmp(path + len - n, FORMS[i].ending) != 0)
            continue;
        *ret = (pl_sheet_form)i;
        return true;
    }
    return false;
}

pl_status pl__sheet_parse(const char *name, pl_sheet_form form, pl_view bytes, pl_sheet **ret, pl_error *reterr)
{
    pl_sheet *sheet = NULL;
    pl_status rc = PL_OK;

    if (!name || !ret || (!bytes.ptr && bytes.len > 0) || (size_t)form >= N_FORMS)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (bytes.len > PL_SHEET_FILE_BYTES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%s: is larger than %zu bytes", name, PL_SHEET_FILE_BYTES_MAX);
    rc = pl__sheet_new(name, FORMS[form].place_word, &sheet, reterr);
    if (rc == PL_OK)
        rc = FORMS[form].read(sheet, bytes, reterr);
    if (rc != PL_OK) {
        pl__sheet_free(sheet);
        return rc;
    }
    *ret = sheet;
    return PL_OK;
}

pl_status pl__sheet_read(const char *path, pl_sheet_form form, pl_sheet **ret, pl_error *reterr)
{
    pl_str bytes;
    pl_status rc = PL_OK;

    if (!path || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl__str_init(&bytes, PL_SHEET_FILE_BYTES_MAX);
    rc = pl__file_read(path, PL_SHEET_FILE_BYTES_MAX, &bytes, reterr);
    if (rc == PL_OK)
        rc = pl__sheet_parse(path, form, pl__view_n(pl__str_c(&bytes), bytes.len), ret, reterr);
    pl__str_clear(&bytes);
    return rc;
}
