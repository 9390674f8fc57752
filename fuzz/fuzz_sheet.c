/* The first byte says the form. What is accepted holds only text, has a header, and is read the same again. A
 * workbook's parts are packed here, so that their XML is reached behind the archive's checksums: strings, a NUL, the
 * sheet. */
#include "error.h"
#include "json.h"
#include "sheet.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define WORKBOOK "<workbook><sheets><sheet id='a'/></sheets></workbook>"
#define RELATIONS                                                                                                      \
    "<R><Relationship Id='a' Type='t' Target='s.xml'/><Relationship Id='b' Type='/sharedStrings' "                     \
    "Target='/xl/t.xml'/></R>"
#define PACKED_MAX ((size_t)1 << 20)

static void add_part(zip_t *zip, const char *name, const char *text, size_t n)
{
    zip_source_t *source = zip_source_buffer(zip, text, n, 0);
    zip_int64_t at = zip_file_add(zip, name, source, 0);
    PL_ASSERT(at >= 0);
    (void)zip_set_file_compression(zip, (zip_uint64_t)at, ZIP_CM_STORE, 0);
}

static size_t pack(pl_view parts, char *ret)
{
    const char *nul = parts.len > 0 ? memchr(parts.ptr, '\0', parts.len) : NULL;
    size_t n = nul ? (size_t)(nul - parts.ptr) : 0;
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, NULL);
    PL_ASSERT(zip);
    zip_source_keep(source);
    add_part(zip, "xl/workbook.xml", WORKBOOK, strlen(WORKBOOK));
    add_part(zip, "xl/_rels/workbook.xml.rels", RELATIONS, strlen(RELATIONS));
    add_part(zip, "xl/t.xml", parts.ptr, n);
    add_part(zip, "xl/s.xml", parts.ptr + n + (nul != NULL), parts.len - n - (nul != NULL));
    if (zip_close(zip) != 0)
        zip_discard(zip);
    zip_int64_t bytes = 0;
    if (zip_source_open(source) == 0) {
        bytes = zip_source_read(source, ret, PACKED_MAX);
        (void)zip_source_close(source);
    }
    zip_source_free(source);
    return bytes > 0 ? (size_t)bytes : 0;
}

static void check_same(const pl_sheet *a, const pl_sheet *b)
{
    size_t n = pl__sheet_n_columns(a);
    PL_ASSERT(n == pl__sheet_n_columns(b) && pl__sheet_n_rows(a) == pl__sheet_n_rows(b));
    for (size_t k = 0; k < n; k++) {
        const char *name = pl__sheet_column(a, k);
        PL_ASSERT(*name && pl__sheet_find(a, name) == k && strcmp(name, pl__sheet_column(b, k)) == 0);
    }
    for (size_t i = 0; i < pl__sheet_n_rows(a); i++) {
        PL_ASSERT(i == 0 || pl__sheet_place(a, i) > pl__sheet_place(a, i - 1));
        for (size_t k = 0; k < n; k++) {
            const char *x = pl__sheet_cell(a, i, k);
            const char *y = pl__sheet_cell(b, i, k);
            PL_ASSERT(x == y || (x && y && *x && strcmp(x, y) == 0 && pl__utf8_valid(pl__view(x))));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char packed[PACKED_MAX];
    pl_view bytes = {0};
    pl_sheet *first = NULL;
    pl_sheet *second = NULL;
    pl_error err = {0};

    if (size == 0 || size > PACKED_MAX / 2)
        return 0;
    bytes = pl__view_n((const char *)data + 1, size - 1);
    if (data[0] == 'p')
        bytes = pl__view_n(packed, pack(bytes, packed));
    pl_sheet_form form = data[0] == 't' ? PL_SHEET_TSV : data[0] == 'r' ? PL_SHEET_RECORDS : PL_SHEET_XLSX;
    pl_status rc = pl__sheet_parse("f", form, bytes, &first, &err);
    PL_ASSERT((rc == PL_OK) == (first != NULL));
    PL_ASSERT(rc == PL_OK || rc == PL_E_PARSE || rc == PL_E_LIMIT);
    PL_ASSERT(rc == PL_OK || strncmp(err.msg, "f: ", 3) == 0);
    pl_status rc_again = pl__sheet_parse("f", form, bytes, &second, NULL);
    PL_ASSERT(rc_again == rc);
    if (first && second)
        check_same(first, second);
    pl__sheet_free(first);
    pl__sheet_free(second);
    return 0;
}
