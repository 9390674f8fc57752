#include "json.h"
#include "kit.h"
#include "sheet.h"

#include <stdlib.h>
#include <string.h>

static pl_sheet *accept(pl_sheet_form form, const char *text)
{
    pl_sheet *sheet = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__sheet_parse("table", form, pl__view(text), &sheet, &err), &err);
    return sheet;
}

static void refuse(pl_sheet_form form, pl_view text, const char *message)
{
    pl_sheet *sheet = NULL;
    pl_error err = {0};
    PL_KIT_STATUS(pl__sheet_parse("table", form, text, &sheet, &err), PL_E_PARSE, &err);
    assert_null(sheet);
    if (!strstr(err.msg, message))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, message);
}

static void check_cell(const pl_sheet *sheet, size_t row, const char *column, const char *wanted)
{
    const char *got = pl__sheet_cell(sheet, row, pl__sheet_find(sheet, column));
    if (!wanted)
        assert_null(got);
    else
        assert_string_equal(got ? got : "(empty)", wanted);
}

static void tsv(void **state)
{
    (void)state;
    pl_sheet *sheet = accept(PL_SHEET_TSV, "\xef\xbb\xbf\"index\"\tA\t\"B\"\r\n"
                                           "1\t\"a \"\"b\"\"\tc\nd\"\t\r\n"
                                           "\n"
                                           "2\t\"\"\n"
                                           "3\tx y\t\xc3\xbc");
    assert_int_equal(pl__sheet_n_columns(sheet), 3);
    assert_string_equal(pl__sheet_column(sheet, 2), "B");
    assert_int_equal(pl__sheet_n_rows(sheet), 3);
    check_cell(sheet, 0, "index", "1");
    check_cell(sheet, 0, "A", "a \"b\"\tc\nd");
    check_cell(sheet, 0, "B", NULL);
    check_cell(sheet, 1, "A", NULL);
    check_cell(sheet, 1, "B", NULL);
    check_cell(sheet, 2, "A", "x y");
    check_cell(sheet, 2, "B", "\xc3\xbc");
    check_cell(sheet, 2, "C", NULL);
    assert_string_equal(pl__sheet_place_word(sheet), "line");
    assert_int_equal(pl__sheet_place(sheet, 0), 2);
    assert_int_equal(pl__sheet_place(sheet, 1), 5);
    assert_int_equal(pl__sheet_place(sheet, 2), 6);
    pl__sheet_free(sheet);
}

static void bad_tsv(void **state)
{
    (void)state;
    refuse(PL_SHEET_TSV, pl__view(""), "table: is empty");
    refuse(PL_SHEET_TSV, pl__view("\n\n"), "table: is empty");
    refuse(PL_SHEET_TSV, pl__view("a\ta\n"), "has the column \"a\" twice");
    refuse(PL_SHEET_TSV, pl__view("a\t\tb\n"), "line 1: the header has a column without a name");
    refuse(PL_SHEET_TSV, pl__view("a\tb\n1\t2\t3\n"), "line 2: more fields than the header");
    refuse(PL_SHEET_TSV, pl__view("a\n\"x\n"), "line 2: a quote that is not closed");
    refuse(PL_SHEET_TSV, pl__view("a\n\"x\"y\n"), "line 2: text behind a closing quote");
    refuse(PL_SHEET_TSV, pl__view("a\nx\ry\n"), "line 2: text behind");
    refuse(PL_SHEET_TSV, pl__view("a\n\xff\n"), "is not UTF-8");
    refuse(PL_SHEET_TSV, pl__view_n("a\n\0\n", 4), "is not UTF-8");
}

static void records(void **state)
{
    (void)state;
    pl_sheet *sheet = accept(PL_SHEET_RECORDS, "[{\"index\":1,\"A\":0.1,\"B\":NaN,\"C\":true},\n"
                                               " {\"index\":2,\"D\":\"x\",\"A\":3.0,\"C\":[1,\"a\"],\"\":1},\n"
                                               " {\"A\":1e300,\"B\":null,\"C\":\"\",\"D\":-2.50}]");
    assert_int_equal(pl__sheet_n_columns(sheet), 5);
    assert_int_equal(pl__sheet_n_rows(sheet), 3);
    check_cell(sheet, 0, "index", "1");
    check_cell(sheet, 0, "A", "0.1");
    check_cell(sheet, 0, "B", NULL);
    check_cell(sheet, 0, "C", "True");
    check_cell(sheet, 0, "D", NULL);
    check_cell(sheet, 1, "A", "3");
    check_cell(sheet, 1, "C", "[1,\"a\"]");
    check_cell(sheet, 1, "D", "x");
    check_cell(sheet, 2, "index", NULL);
    check_cell(sheet, 2, "A", "1.0000000000000001e+300");
    check_cell(sheet, 2, "C", NULL);
    check_cell(sheet, 2, "D", "-2.5");
    assert_string_equal(pl__sheet_place_word(sheet), "record");
    assert_int_equal(pl__sheet_place(sheet, 2), 3);
    pl__sheet_free(sheet);
    sheet = accept(PL_SHEET_RECORDS, "[]");
    assert_int_equal(pl__sheet_n_rows(sheet), 0);
    pl__sheet_free(sheet);
    refuse(PL_SHEET_RECORDS, pl__view("{\"index\":1}"), "table: is no list of records");
    refuse(PL_SHEET_RECORDS, pl__view("[{},[]]"), "table: record 2: is no object");
    refuse(PL_SHEET_RECORDS, pl__view("[{\"a\":1}"), "table: ");
}

static void limits(void **state)
{
    pl_error err = {0};
    pl_sheet *sheet = NULL;
    size_t n = PL_SHEET_CELL_BYTES_MAX + 3;
    char *text = malloc(n + 1);
    (void)state;
    memset(text, 'x', n);
    memcpy(text, "a\n", 2);
    text[n] = '\0';
    PL_KIT_STATUS(pl__sheet_parse("table", PL_SHEET_TSV, pl__view(text), &sheet, &err), PL_E_LIMIT, &err);
    assert_non_null(strstr(err.msg, "table: line 2: a field that is too long"));
    err = (pl_error){0};
    text[n - 1] = '\0'; /* exactly the limit */
    PL_KIT_OK(pl__sheet_parse("table", PL_SHEET_TSV, pl__view(text), &sheet, &err), &err);
    pl__sheet_free(sheet);
    sheet = NULL;
    for (size_t i = 0; i <= PL_SHEET_COLUMNS_MAX; i++) {
        text[6 * i] = (char)('a' + i % 26);
        text[6 * i + 1] = (char)('a' + i / 26 % 26);
        text[6 * i + 2] = (char)('a' + i / 676);
        memcpy(text + 6 * i + 3, "..\t", 3);
    }
    text[6 * PL_SHEET_COLUMNS_MAX + 5] = '\0';
    err = (pl_error){0};
    PL_KIT_STATUS(pl__sheet_parse("table", PL_SHEET_TSV, pl__view(text), &sheet, &err), PL_E_LIMIT, &err);
    assert_non_null(strstr(err.msg, "table: more than 1024 columns"));
    free(text);
}

static void files(void **state)
{
    const char *dir = *state;
    pl_sheet *sheet = NULL;
    pl_error err = {0};
    pl_sheet_form form = PL_SHEET_XLSX;
    char *path = pl__kit_write_text(dir, "m_d.tsv", "index\n7\n");
    assert_true(pl__sheet_form(path, &form));
    assert_int_equal(form, PL_SHEET_TSV);
    PL_KIT_OK(pl__sheet_read(path, form, &sheet, &err), &err);
    check_cell(sheet, 0, "index", "7");
    pl__sheet_free(sheet);
    sheet = NULL;
    free(path);
    path = pl__kit_path(dir, "none.tsv");
    PL_KIT_STATUS(pl__sheet_read(path, form, &sheet, &err), PL_E_NOT_FOUND, &err);
    free(path);
    assert_false(pl__sheet_form("a.csv", &form));
    assert_false(pl__sheet_form(".tsv", &form));
    assert_true(pl__sheet_form("x.json", &form));
    assert_int_equal(form, PL_SHEET_RECORDS);
    assert_true(pl__sheet_form("x.xlsx", &form));
    assert_int_equal(form, PL_SHEET_XLSX);
    pl__sheet_free(NULL);
    err = (pl_error){0};
    PL_KIT_STATUS(pl__sheet_parse("t", (pl_sheet_form)9, pl__view(""), &sheet, &err), PL_E_INVALID, &err);
}

static pl_status parse_both(void *user, pl_error *err)
{
    pl_sheet *sheet = NULL;
    (void)user;
    pl_status rc = pl__sheet_parse("t", PL_SHEET_TSV, pl__view("a\tb\n1\t\"x\"\"y\"\n2\n"), &sheet, err);
    pl__sheet_free(sheet);
    sheet = NULL;
    if (rc == PL_OK)
        rc = pl__sheet_parse("t", PL_SHEET_RECORDS, pl__view("[{\"a\":[1],\"b\":2.5},{\"c\":NaN}]"), &sheet, err);
    pl__sheet_free(sheet);
    return rc;
}

static void faults(void **state)
{
    (void)state;
    pl__kit_fault_loop("sheet", parse_both, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tsv),
        cmocka_unit_test(bad_tsv),
        cmocka_unit_test(records),
        cmocka_unit_test(limits),
        cmocka_unit_test_setup_teardown(files, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(faults),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
