#include "kit.h"
#include "score_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static pl_score_table parse(const char *text)
{
    pl_score_table t = {0};
    pl_error err = {0};
    PL_KIT_OK(pl__score_table_parse("s.csv", pl__view(text), &t, &err), &err);
    return t;
}

static void reads(void **state)
{
    (void)state;
    pl_score_table t = parse("\xef\xbb\xbfmodel, vqa ,\"a, b\"\r\nash,0.5,\n\n\"el\"\"m\", 1e-3,-2\n");
    assert_int_equal(t.n_models, 2);
    assert_int_equal(t.n_datasets, 2);
    assert_string_equal(t.datasets[0], "vqa");
    assert_string_equal(t.datasets[1], "a, b");
    assert_string_equal(t.models[1], "el\"m");
    PL_KIT_CLOSE(t.scores[0], 0.5, 0.0);
    assert_true(isnan(t.scores[1]));
    PL_KIT_CLOSE(t.scores[2], 1e-3, 0.0);
    PL_KIT_CLOSE(t.scores[3], -2.0, 0.0);
    pl__score_table_clear(&t);
    pl__score_table_clear(&t);
    t = parse("model,a\n"); /* nobody */
    assert_int_equal(t.n_models, 0);
    pl__score_table_clear(&t);
}

static void refuses(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "s.csv:1: the first line must be a header"},
        {"name,a\nash,1\n", "s.csv:1: the first line must be a header"},
        {"model\nash\n", "s.csv:1: the first line must be a header"},
        {"model,a,a\n", "s.csv:1: the data set \"a\" is there twice"},
        {"model,a,\n", "s.csv:1: a data set without a name"},
        {"model,a\nash,x\n", "s.csv:2: the score on \"a\" is no number"},
        {"model,a\nash,nan\n", "s.csv:2: the score on \"a\" is no number"},
        {"model,a\nash,1\nash,2\n", "s.csv:3: the model \"ash\" is there twice"},
        {"model,a\n,1\n", "s.csv:2: a model without a name"},
        {"model,a\nash,1,2\n", "s.csv:2: not as many fields"},
        {"model,a,b\nash,1\n", "s.csv:2: not as many fields"},
        {"model,\"a\n", "s.csv:1: a quote that is not closed"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        pl_score_table t = {0};
        pl_error err = {0};
        PL_KIT_STATUS(pl__score_table_parse("s.csv", pl__view(bad[i][0]), &t, &err), PL_E_PARSE, &err);
        assert_non_null(strstr(err.msg, bad[i][1]));
        assert_null(t.models);
    }
}

static void limits(void **state)
{
    (void)state;
    pl_score_table t = {0};
    pl_error err = {0};
    pl_str text;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__str_append_c(&text, "model"), NULL);
    for (unsigned i = 0; i <= PL_SCORE_TABLE_DATASETS_MAX; i++)
        PL_KIT_OK(pl__str_appendf(&text, ",d%u", i), NULL);
    PL_KIT_STATUS(pl__score_table_parse("s.csv", pl__view(pl__str_c(&text)), &t, &err), PL_E_LIMIT, &err);
    pl__str_clear(&text);
    PL_KIT_STATUS(pl__score_table_read("no-such-file.csv", &t, &err), PL_E_NOT_FOUND, &err);
    PL_KIT_STATUS(pl__score_table_read(NULL, &t, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl__score_table_parse(NULL, pl__view(""), &t, &err), PL_E_INVALID, &err);
}

static void of_a_file(void **state)
{
    pl_score_table t = {0};
    pl_error err = {0};
    char *path = pl__kit_write_text(*state, "scores.csv", "model,a\nash,1\n");
    PL_KIT_OK(pl__score_table_read(path, &t, &err), &err);
    assert_int_equal(t.n_models, 1);
    pl__score_table_clear(&t);
    free(path);
}

static pl_status once(void *user, pl_error *err)
{
    pl_score_table t = {0};
    (void)user;
    pl_status rc = pl__score_table_parse("s.csv", pl__view("model,a,b\nash,1,2\nelm,,3\n"), &t, err);
    pl__score_table_clear(&t);
    return rc;
}

static void refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("score table", once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(refuses),
        cmocka_unit_test(limits),
        cmocka_unit_test_setup_teardown(of_a_file, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
