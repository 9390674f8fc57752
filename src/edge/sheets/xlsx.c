#include "error.h"
#include "sheet_readers.h"
#include "xlsx_parts.h"

#include <string.h>
#include <zip.h>

#define WORKBOOK "xl/workbook.xml"
#define RELATIONS "xl/_rels/workbook.xml.rels"
#define PATH_BYTES_MAX 1024

/* ---- where the parts are ---- */
typedef struct parts {
    const char *name;
    pl_str sheet_id; /* of the first sheet among the relations */
    pl_str sheet;
    pl_str strings;
} parts;

static pl_status first_sheet(void *user, const char *name, const char **attributes, pl_error *reterr)
{
    parts *p = user;
    const char *id = pl__xml_attribute(attributes, "id");

    if (strcmp(name, "sheet") != 0 || p->sheet_id.len > 0 || !id)
        return PL_OK;
    pl_status rc = pl__str_append_c(&p->sheet_id, id);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "%s: the first sheet's id is too long", p->name);
}

/* Targets are relative to xl/, or begin with a slash. */
static pl_status take_target(const parts *p, pl_str *path, const char *target, pl_error *reterr)
{
    pl_status rc = PL_OK;

    pl__str_reset(path);
    rc = target[0] == '/' ? pl__str_append_c(path, target + 1) : pl__str_appendf(path, "xl/%s", target);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "%s: a part's path is too long", p->name);
}

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s);
    size_t k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

static pl_status relation(void *user, const char *name, const char **attributes, pl_error *reterr)
{
    parts *p = user;
    const char *id = pl__xml_attribute(attributes, "Id");
    const char *type = pl__xml_attribute(attributes, "Type");
    const char *target = pl__xml_attribute(attributes, "Target");

    if (strcmp(name, "Relationship") != 0 || !id || !type || !target)
        return PL_OK;
    if (strcmp(id, pl__str_c(&p->sheet_id)) == 0)
        return take_target(p, &p->sheet, target, reterr);
    return ends_in(type, "/sharedStrings") ? take_target(p, &p->strings, target, reterr) : PL_OK;
}

static pl_status find_parts(pl_xlsx *book, parts *p, pl_error *reterr)
{
    static const pl_xml_ops workbook = {.start = first_sheet};
    static const pl_xml_ops relations = {.start = relation};
    pl_status rc = pl__xlsx_part(book, WORKBOOK, &workbook, p, reterr);

    if (rc == PL_OK)
        rc = pl__xlsx_part(book, RELATIONS, &relations, p, reterr);
    if (rc == PL_OK && p->sheet.len == 0)
        rc = pl__fail(reterr, PL_E_PARSE, "%s: has no sheet", book->name);
    return rc;
}

/* ---- the archive ---- */
static pl_status open_archive(pl_xlsx *book, pl_view bytes, pl_error *reterr)
{
    zip_error_t why;
    zip_source_t *source = NULL;

    zip_error_init(&why);
    source = zip_source_buffer_create(bytes.ptr, bytes.len, 0, &why);
    if (source)
        book->zip = zip_open_from_source(source, ZIP_RDONLY, &why);
    if (!book->zip) {
        bool memory = zip_error_code_zip(&why) == ZIP_ER_MEMORY;
        (void)pl__fail(reterr, memory ? PL_E_NOMEM : PL_E_PARSE, "%s: is no .xlsx file: %s", book->name,
                       zip_error_strerror(&why));
        if (source)
            zip_source_free(source);
        zip_error_fini(&why);
        return memory ? PL_E_NOMEM : PL_E_PARSE;
    }
    zip_error_fini(&why);
    return PL_OK;
}

pl_status pl__sheet_from_xlsx(pl_sheet *sheet, pl_view bytes, pl_error *reterr)
{
    pl_xlsx book = {.name = sheet->name};
    parts p = {.name = sheet->name};
    pl_status rc = open_archive(&book, bytes, reterr);

    if (rc != PL_OK)
        return rc;
    pl__str_init(&p.sheet_id, PATH_BYTES_MAX);
    pl__str_init(&p.sheet, PATH_BYTES_MAX);
    pl__str_init(&p.strings, PATH_BYTES_MAX);
    rc = find_parts(&book, &p, reterr);
    if (rc == PL_OK)
        rc = pl__xlsx_cells(&book, sheet, pl__str_c(&p.sheet), pl__str_c(&p.strings), reterr);
    pl__str_clear(&p.sheet_id);
    pl__str_clear(&p.sheet);
    pl__str_clear(&p.strings);
    zip_discard(book.zip);
    return rc;
}
