#ifndef PL_XLSX_PARTS_H
#define PL_XLSX_PARTS_H

#include "sheet_table.h"

#include <zip.h>

/* A workbook's parts are XML files in a zip archive (ECMA-376, parts 1 and 2). */
typedef struct pl_xlsx {
    const char *name; /* of the file, for messages */
    zip_t *zip;
} pl_xlsx;

/* What a part's XML says, in order. Names are without a namespace's prefix. Any failure ends the reading, and
 * says all: no context is added. */
typedef struct pl_xml_ops {
    pl_status (*start)(void *user, const char *name, const char **attributes, pl_error *reterr);
    pl_status (*end)(void *user, const char *name, pl_error *reterr);         /* may be NULL */
    pl_status (*text)(void *user, const char *s, size_t n, pl_error *reterr); /* may be NULL; any splits */
} pl_xml_ops;

/* Reads one part. PL_E_PARSE (there is none of this name, too), PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__xlsx_part(pl_xlsx *book, const char *part, const pl_xml_ops *ops, void *user,
                                     pl_error *reterr);
/* An attribute by its name without a prefix, or NULL. */
const char *pl__xml_attribute(const char **attributes, const char *name);

/* The cells of the part `path`; `strings` is the path of the shared strings, empty if there are none. */
PL_NODISCARD pl_status pl__xlsx_cells(pl_xlsx *book, pl_sheet *sheet, const char *path, const char *strings,
                                      pl_error *reterr);

#endif
