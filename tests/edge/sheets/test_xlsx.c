#include "json.h"
#include "kit.h"
#include "sheet.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define WORKBOOK                                                                                                       \
    "<workbook xmlns:r='r'><sheets><sheet name='One' sheetId='3' r:id='rId7'/><sheet name='Two' sheetId='1' "          \
    "r:id='rId1'/></sheets></workbook>"
#define RELATION(id, type, target) "<Relationship Id='" id "' Type='http://x/" type "' Target='" target "'/>"
#define RELATIONS                                                                                                      \
    "<Relationships>" RELATION("rId1", "worksheet", "worksheets/other.xml")                                            \
        RELATION("rId7", "worksheet", "worksheets/one.xml")                                                            \
            RELATION("rId9", "sharedStrings", "/xl/strings.xml") "</Relationships>"
#define STRINGS                                                                                                        \
    "<sst><si><t>index</t></si><si><t xml:space='preserve'> two\nlines </t></si><si><r><rPr/><t>ri</t></r><r><t>ch"    \
    "</t></r><rPh><t>no</t></rPh></si><si><t>_x000D_ _x005F_x0041_ _x00e9_ _xZZZZ_ _xD800_ "                           \
    "_x0000_</t></si><si/></sst>"
#define SHEET(rows) "<x:worksheet xmlns:x='y'><x:sheetData>" rows "</x:sheetData></x:worksheet>"
#define HEADER                                                                                                         \
    "<x:row r='2'><x:c r='A2' t='s'><x:v>0</x:v></x:c><x:c r='C2' "                                                    \
    "t='inlineStr'><x:is><x:t>A</x:t></x:is></x:c></x:row>"

typedef struct part {
    const char *name;
    const char *text;
} part;

/* A workbook of these parts; parts without text are left out. The caller frees. */
static char *pack(const part *parts, size_t n, size_t *ret_bytes)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, &error);
    assert_non_null(zip);
    zip_source_keep(source);
    for (size_t i = 0; i < n; i++) {
        if (!parts[i].text)
            continue;
        zip_source_t *text = zip_source_buffer(zip, parts[i].text, strlen(parts[i].text), 0);
        assert_true(zip_file_add(zip, parts[i].name, text, 0) >= 0);
    }
    assert_int_equal(zip_close(zip), 0);
    assert_int_equal(zip_source_open(source), 0);
    assert_int_equal(zip_source_seek(source, 0, SEEK_END), 0);
    size_t bytes = (size_t)zip_source_tell(source);
    assert_int_equal(zip_source_seek(source, 0, SEEK_SET), 0);
    char *out = malloc(bytes);
    assert_int_equal(zip_source_read(source, out, bytes), bytes);
    (void)zip_source_close(source);
    zip_source_free(source);
    *ret_bytes = bytes;
    return out;
}

static char *pack_sheet(const char *sheet, size_t *ret_bytes)
{
    const part parts[] = {{"xl/workbook.xml", WORKBOOK},
                          {"xl/_rels/workbook.xml.rels", RELATIONS},
                          {"xl/strings.xml", STRINGS},
                          {"xl/worksheets/one.xml", sheet}};
    return pack(parts, 4, ret_bytes);
}

static pl_sheet *accept(const char *sheet_xml)
{
    pl_sheet *sheet = NULL;
    pl_error err = {0};
    size_t n = 0;
    char *bytes = pack_sheet(sheet_xml, &n);
    PL_KIT_OK(pl__sheet_parse("book", PL_SHEET_XLSX, pl__view_n(bytes, n), &sheet, &err), &err);
    free(bytes);
    return sheet;
}

static void refuse_bytes(pl_status wanted, const char *bytes, size_t n, const char *message)
{
    pl_sheet *sheet = NULL;
    pl_error err = {0};
    PL_KIT_STATUS(pl__sheet_parse("book", PL_SHEET_XLSX, pl__view_n(bytes, n), &sheet, &err), wanted, &err);
    assert_null(sheet);
    if (!strstr(err.msg, message))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, message);
}

static void refuse(pl_status wanted, const char *sheet_xml, const char *message)
{
    size_t n = 0;
    char *bytes = pack_sheet(sheet_xml, &n);
    refuse_bytes(wanted, bytes, n, message);
    free(bytes);
}

static const char *cell(const pl_sheet *sheet, size_t row, const char *column)
{
    const char *text = pl__sheet_cell(sheet, row, pl__sheet_find(sheet, column));
    return text ? text : "(empty)";
}

static void cells(void **state)
{
    (void)state;
    pl_sheet *sheet = accept(SHEET("<x:row r='1'/>" HEADER
                                   "<x:row r='4'><x:c r='A4'><x:v>12.0</x:v></x:c><x:c r='B4'><x:v>9</x:v></x:c><x:c "
                                   "r='C4' t='s'><x:v>1</x:v></x:c></x:row>"
                                   "<x:row><x:c t='s'><x:v> 2 </x:v></x:c><x:c/><x:c t='s'><x:v>3</x:v></x:c></x:row>"
                                   "<x:row r='9'/><x:row r='10'><x:c r='A10' t='b'><x:v>1</x:v></x:c><x:c r='C10' "
                                   "t='e'><x:v>#N/A</x:v></x:c><x:c r='XFD10'><x:v>1</x:v></x:c></x:row>"
                                   "<x:row r='11'><x:c r='A11' t='str'><x:f>1+1</x:f><x:v>a_x0009_b</x:v></x:c><x:c "
                                   "r='C11' t='s'><x:v>4</x:v></x:c></x:row>"));
    assert_int_equal(pl__sheet_n_columns(sheet), 2);
    assert_int_equal(pl__sheet_n_rows(sheet), 4);
    assert_string_equal(pl__sheet_place_word(sheet), "row");
    assert_int_equal(pl__sheet_place(sheet, 0), 4);
    assert_string_equal(cell(sheet, 0, "index"), "12");
    assert_string_equal(cell(sheet, 0, "A"), " two\nlines ");
    assert_int_equal(pl__sheet_place(sheet, 1), 5);
    assert_string_equal(cell(sheet, 1, "index"), "rich");
    assert_string_equal(cell(sheet, 1, "A"), "\r _x0041_ \xc3\xa9 _xZZZZ_ _xD800_ _x0000_");
    assert_string_equal(cell(sheet, 2, "index"), "True");
    assert_string_equal(cell(sheet, 2, "A"), "(empty)");
    assert_string_equal(cell(sheet, 3, "index"), "a\tb");
    assert_string_equal(cell(sheet, 3, "A"), "(empty)");
    pl__sheet_free(sheet);
}

static void bad_cells(void **state)
{
    (void)state;
    refuse(PL_E_PARSE, SHEET(""), "book: is empty: there is no header");
    refuse(PL_E_PARSE, SHEET(HEADER "<x:row r='3'><x:c r='A3' t='s'><x:v>5</x:v></x:c></x:row>"),
           "book: row 3: a cell whose text is not among the shared strings");
    refuse(PL_E_PARSE, SHEET(HEADER "<x:row r='3'><x:c r='A3' t='s'><x:v>x</x:v></x:c></x:row>"), "row 3: a cell");
    refuse(PL_E_PARSE, SHEET(HEADER "<x:row r='2'></x:row>"), "row 2: is followed by a row whose number");
    refuse(PL_E_PARSE, SHEET(HEADER "<x:row r='x'></x:row>"), "row 2: is followed by a row whose number");
    refuse(PL_E_PARSE, SHEET(HEADER "<x:row r='3'><x:c r='3'/></x:row>"), "row 3: a cell whose place");
    refuse(PL_E_PARSE, SHEET(HEADER "<x:row r='3'><x:c r='ABCD3'/></x:row>"), "row 3: a cell whose place");
    refuse(PL_E_PARSE, "<worksheet><sheetData>", "book: xl/worksheets/one.xml: line 1: ");
    refuse(PL_E_PARSE, "<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet/>", "one.xml: has a document type");
    refuse(PL_E_LIMIT, SHEET("<x:row r='1'><x:c r='XFD1' t='str'><x:v>a</x:v></x:c></x:row>"),
           "book: row 1: the header has too many columns");
    refuse(PL_E_PARSE,
           SHEET("<x:row r='1'><x:c r='A1' t='str'><x:v>a</x:v></x:c><x:c r='B1' t='str'><x:v>a</x:v></x:c></x:row>"),
           "book: the header has the column \"a\" twice");
}

static void bad_books(void **state)
{
    (void)state;
    part parts[] = {{"xl/workbook.xml", WORKBOOK},
                    {"xl/_rels/workbook.xml.rels", RELATIONS},
                    {"xl/strings.xml", STRINGS},
                    {"xl/worksheets/one.xml", SHEET(HEADER)}};
    size_t n = 0;
    for (size_t i = 0; i < 4; i++) {
        const char *kept = parts[i].text;
        parts[i].text = NULL;
        char *bytes = pack(parts, 4, &n);
        refuse_bytes(PL_E_PARSE, bytes, n, parts[i].name);
        free(bytes);
        parts[i].text = kept;
    }
    parts[0].text = "<workbook/>";
    char *bytes = pack(parts, 4, &n);
    refuse_bytes(PL_E_PARSE, bytes, n, "book: has no sheet");
    for (size_t k = 0; k < n; k += 7) /* cut anywhere */
        refuse_bytes(PL_E_PARSE, bytes, k, "book: ");
    free(bytes);
    refuse_bytes(PL_E_PARSE, "no archive", 10, "book: is no .xlsx file: ");
    bytes = pack_sheet(SHEET(HEADER), &n);
    for (size_t k = 40; k < 120 && k < n; k++) /* packed bytes of the first part: a checksum or the XML is wrong */
        bytes[k] = (char)(bytes[k] ^ 0x55);
    refuse_bytes(PL_E_PARSE, bytes, n, "book: ");
    free(bytes);
}

/* A kilobyte that unpacks to more than a cell may hold. */
static void bomb(void **state)
{
    (void)state;
    static const char head[] = "<worksheet><sheetData><row r='1'><c r='A1' t='str'><v>a</v></c></row><row r='2'><c "
                               "r='A2' t='str'><v>";
    size_t n = sizeof(head) + PL_SHEET_CELL_BYTES_MAX + 100;
    char *xml = malloc(n);
    memset(xml, 'x', n);
    memcpy(xml, head, sizeof(head) - 1);
    memcpy(xml + n - 40, "</v></c></row></sheetData></worksheet>", 39);
    refuse(PL_E_LIMIT, xml, "book: row 2: a text that is too long");
    free(xml);
}

static pl_status parse(void *user, pl_error *err)
{
    const pl_view *bytes = user;
    pl_sheet *sheet = NULL;
    pl_status rc = pl__sheet_parse("book", PL_SHEET_XLSX, *bytes, &sheet, err);
    pl__sheet_free(sheet);
    return rc;
}

static void faults(void **state)
{
    (void)state;
    size_t n = 0;
    char *bytes = pack_sheet(SHEET(HEADER "<x:row r='3'><x:c r='A3' t='s'><x:v>1</x:v></x:c><x:c r='C3'><x:v>2</x:v>"
                                          "</x:c></x:row>"),
                             &n);
    pl_view view = pl__view_n(bytes, n);
    pl__kit_fault_loop("xlsx", parse, &view);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells), cmocka_unit_test(bad_cells), cmocka_unit_test(bad_books),
        cmocka_unit_test(bomb),  cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
