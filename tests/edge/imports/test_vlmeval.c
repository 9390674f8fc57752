#include "import_parts.h"
#include "kit.h"

#include <string.h>

#define HEAD "index\tquestion\tA\tB\tC\tanswer\tprediction\n"

typedef struct read_in {
    pl_import_run run;
} read_in;

#define SET(in) pl__response_log_set((in).run.log)

static const pl_import_file FILE_HERE = {.path = "m_D.tsv", .model = "m", .dataset = "D"};

static pl_status try_table(const char *text, bool skip_bad, read_in *ret, pl_error *err)
{
    pl_sheet *sheet = NULL;
    *ret = (read_in){.run = {.skip_bad = skip_bad}};
    pl_status rc = pl__sheet_parse("m_D.tsv", PL_SHEET_TSV, pl__view(text), &sheet, err);
    if (rc == PL_OK)
        rc = pl__response_log_new(&ret->run.log, err);
    if (rc == PL_OK)
        rc = pl__vlmeval_add(sheet, &FILE_HERE, &ret->run, err);
    if (rc == PL_OK)
        rc = pl__response_log_finish(ret->run.log, err);
    pl__sheet_free(sheet);
    return rc;
}

static void accept(const char *text, read_in *ret)
{
    pl_error err = {0};
    PL_KIT_OK(try_table(text, false, ret, &err), &err);
    PL_KIT_OK(pl_response_set_check(SET(*ret), &err), &err);
}

static void refuse(const char *text, const char *message, size_t n_rows_left)
{
    read_in in;
    pl_error err = {0};
    PL_KIT_STATUS(try_table(text, false, &in, &err), PL_E_PARSE, &err);
    if (!strstr(err.msg, message))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, message);
    pl__response_log_free(in.run.log);
    err = (pl_error){0};
    PL_KIT_OK(try_table(text, true, &in, &err), &err);
    assert_int_equal(in.run.n_bad, 1);
    assert_int_equal(SET(in)->n_rows, n_rows_left);
    pl__response_log_free(in.run.log);
}

static void choices(void **state)
{
    (void)state;
    read_in in;
    accept(HEAD "7\tq\ta dog\ta cat\t3\tB\tB. a cat\n"
                "8\tq\ta dog\ta cat\t\tA\tThe answer is B.\n"
                "9\tq\tx\ty\t\t\thm\n"
                "10\tq\tB\tA\t\tA\tFailed to obtain answer via API.\n"
                "11\tq\tB\tA\t\tA\t\n"
                "12\tq\tx\ty\t\tAB\t B \n"
                "13\tq\tx\ty\t\tC\tA\n",
           &in);
    const pl_response_set *set = SET(in);
    assert_int_equal(in.run.n_failed, 1);
    assert_int_equal(in.run.n_unlabelled, 2);
    assert_int_equal(set->n_rows, 6);
    assert_int_equal(set->n_models, 1);
    assert_string_equal(set->models[0], "m");
    assert_string_equal(set->datasets[0], "D");
    assert_string_equal(set->texts[set->rows[0].text], "B. a cat");
    assert_int_equal(set->rows[0].prediction, 1);
    assert_int_equal(set->rows[0].labels, 2);
    assert_int_equal(set->option_lists[set->rows[0].options].n, 3);
    assert_int_equal(set->option_lists[set->rows[1].options].n, 2);
    assert_int_equal(set->rows[1].prediction, 1);
    assert_int_equal(set->rows[1].labels, 1);
    assert_int_equal(set->rows[2].labels, 0);
    assert_int_equal(set->rows[2].prediction, PL_RESPONSE_NONE);
    assert_int_equal(set->rows[3].labels, 1); /* the place A, where B stands */
    assert_string_equal(set->texts[set->rows[3].text], "");
    assert_int_equal(set->rows[4].labels, 0);
    assert_int_equal(set->rows[5].labels, 0);
    pl__response_log_free(in.run.log);
}

static void hit_is_not_read(void **state)
{
    (void)state;
    read_in in;
    accept("index\tA\tB\tanswer\tprediction\thit\n1\tx\ty\tA\tB\t1\n", &in);
    assert_int_equal(SET(in)->rows[0].prediction, 1);
    assert_int_equal(SET(in)->rows[0].labels, 1);
    pl__response_log_free(in.run.log);
}

/* Letters are places, also where options are letters. */
static void letters_as_options(void **state)
{
    (void)state;
    read_in in;
    accept("index\tA\tB\tanswer\tprediction\n1\tB\tA\tA\tA\n2\tE\tF\tB\tThe answer is B.\n3\tE\tF\tA\tE\n", &in);
    assert_int_equal(SET(in)->rows[0].prediction, 0);
    assert_int_equal(SET(in)->rows[0].labels, 1);
    assert_int_equal(SET(in)->rows[1].prediction, 1);
    assert_int_equal(SET(in)->rows[1].labels, 2);
    assert_int_equal(SET(in)->rows[2].prediction, 0);
    pl__response_log_free(in.run.log);
}

static void yes_no(void **state)
{
    (void)state;
    read_in in;
    const int wanted[] = {0, 1, 0, 1, -1, -1, 1};
    accept("index\tanswer\tprediction\timage_path\n"
           "1\tYes\tyes, I see one\tp.jpg\n"
           "2\tno\t**No**\tp.jpg\n"
           "3\tYES\tYes.\t\n"
           "4\t\t<think>Yes.</think> No, none\t\n"
           "5\tNo\tYesterday\t\n"
           "6\tNo\t\t\n"
           "7\tNo\tThe answer is No\t\n",
           &in);
    assert_int_equal(SET(in)->n_rows, 7);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal((int)SET(in)->rows[i].prediction, wanted[i]);
    assert_int_equal(SET(in)->rows[0].labels, 1);
    assert_int_equal(SET(in)->rows[1].labels, 2);
    assert_int_equal(SET(in)->rows[3].labels, 0);
    assert_int_equal(SET(in)->rows[0].image, SET(in)->rows[1].image);
    assert_string_equal(SET(in)->images[SET(in)->n_images - 1], "D\x1fp.jpg");
    pl__response_log_free(in.run.log);
    /* one answer of another kind, and they are open questions */
    accept("index\tanswer\tprediction\n1\tYes\tyes\n2\tblue\tblue\n3\tno\tyes\n", &in);
    assert_int_equal(SET(in)->n_option_lists, 0);
    assert_int_equal(SET(in)->rows[0].matches, 1);
    assert_int_equal(SET(in)->rows[1].matches, 1);
    assert_int_equal(SET(in)->rows[2].matches, 0);
    pl__response_log_free(in.run.log);
}

static void open_questions(void **state)
{
    (void)state;
    read_in in;
    accept("index\tanswer\tprediction\n1\t['nine', '9']\t9\n2\tred\tblue\n3\t\tx\n", &in);
    assert_int_equal(SET(in)->rows[0].matches, 1);
    assert_int_equal(SET(in)->rows[1].matches, 0);
    assert_int_equal(SET(in)->rows[2].matches, -1);
    pl__response_log_free(in.run.log);
}

static void turned_questions(void **state)
{
    (void)state;
    read_in in;
    accept("index\tA\tB\tprediction\n5\tx\ty\tA\n1000005\ty\tx\tB\n2000005\tx\ty\tA\n1000009\tx\ty\tA\n", &in);
    const pl_response *rows = SET(in)->rows;
    assert_int_equal(rows[0].image, rows[1].image);
    assert_int_equal(rows[0].image, rows[2].image);
    assert_int_not_equal(rows[0].image, rows[3].image); /* whose first form is not there */
    assert_string_equal(SET(in)->images[rows[3].image], "D\x1f"
                                                        "1000009");
    pl__response_log_free(in.run.log);
}

static void bad_tables(void **state)
{
    (void)state;
    read_in in;
    pl_error err = {0};
    refuse(HEAD "7\tq\tx\ty\t\tA\tA\n\tq\tx\ty\t\tA\tA\n", "m_D.tsv: line 3: has no index", 1);
    refuse(HEAD "7\tq\tx\ty\t\tA\tA\n7\tq\tx\ty\t\tA\tB\n", "m_D.tsv: line 3: the index 7 is there a second time", 1);
    refuse(HEAD "7\tq\tx\t\tz\tA\tA\n", "m_D.tsv: line 2: there is an option C and no B", 0);
    PL_KIT_STATUS(try_table("index\tanswer\n1\tA\n", true, &in, &err), PL_E_PARSE, &err);
    assert_non_null(strstr(err.msg, "m_D.tsv: is no table of VLMEvalKit's predictions"));
    pl__response_log_free(in.run.log);
}

static pl_status read_once(void *user, pl_error *err)
{
    read_in in;
    (void)user;
    pl_status rc = try_table(
        HEAD "7\tq\ta dog\ta cat\t3\tB\tB. a cat\n1000007\tq\tx\ty\t\tB\tB\n8\tq\t\t\t\t['a']\tb\n", false, &in, err);
    pl__response_log_free(in.run.log);
    return rc;
}

static void faults(void **state)
{
    (void)state;
    pl__kit_fault_loop("vlmeval", read_once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices),         cmocka_unit_test(letters_as_options),
        cmocka_unit_test(hit_is_not_read), cmocka_unit_test(yes_no),
        cmocka_unit_test(open_questions),  cmocka_unit_test(turned_questions),
        cmocka_unit_test(bad_tables),      cmocka_unit_test(faults),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
