#include "import_parts.h"
#include "kit.h"
#include "option_answer.h"

#include <string.h>

typedef pl_status (*names_fn)(const char *path, const char *model, pl_str *ret_model, pl_str *ret_dataset,
                              pl_error *reterr);

static void check(names_fn names, const char *path, const char *given, const char *model, const char *dataset)
{
    pl_str m;
    pl_str d;
    pl_error err = {0};
    pl__str_init(&m, 1000);
    pl__str_init(&d, 1000);
    pl_status rc = names(path, given, &m, &d, &err);
    if (!model) {
        PL_KIT_STATUS(rc, PL_E_PARSE, &err);
        assert_non_null(strstr(err.msg, path));
        assert_non_null(strstr(err.msg, "--model NAME="));
    } else {
        PL_KIT_OK(rc, &err);
        assert_string_equal(pl__str_c(&m), model);
        assert_string_equal(pl__str_c(&d), dataset);
    }
    pl__str_clear(&m);
    pl__str_clear(&d);
}

static void vlmeval(void **state)
{
    (void)state;
    names_fn f = pl__vlmeval_names;
    /* the folder's name leads */
    check(f, "out/llava_v1.5_7b/llava_v1.5_7b_MyOwn_Set.xlsx", NULL, "llava_v1.5_7b", "MyOwn_Set");
    check(f, "out/a_b/T20240101_Gabcdef01/a_b_X_Y.tsv", NULL, "a_b", "X_Y");
    check(f, "a_b/T20250101-120000/a_b_X.json", NULL, "a_b", "X");
    check(f, "./m/m_X_openai_result.xlsx", NULL, "m", "X");
    check(f, "m/m_X_exact_matching_result.xlsx", NULL, "m", "X");
    /* else a known data set does */
    check(f, "llava_v1.5_7b_MMBench_DEV_EN.xlsx", NULL, "llava_v1.5_7b", "MMBench_DEV_EN");
    check(f, "all/qwen_chat_MME.tsv", NULL, "qwen_chat", "MME");
    check(f, "q_MMMU_DEV_VAL_MME.tsv", NULL, "q", "MMMU_DEV_VAL_MME");
    /* else the only underscore */
    check(f, "GPT4o_Own-Data.xlsx", NULL, "GPT4o", "Own-Data");
    check(f, "a_b_OwnData.xlsx", NULL, NULL, NULL);
    check(f, "x/OwnData.xlsx", NULL, NULL, NULL);
    check(f, "_OwnData.xlsx", NULL, NULL, NULL);
    check(f, "OwnData_.xlsx", NULL, NULL, NULL);
    check(f, "MME_results.xlsx", NULL, NULL, NULL);
    check(f, "../OwnData.json", NULL, NULL, NULL);
    /* a given name needs none of it */
    check(f, "results.xlsx", "m", "m", "");
    check(f, "m_Own_Data.xlsx", "m", "m", "Own_Data");
    check(f, "old_MME.xlsx", "m", "m", "MME");
}

static void lmms(void **state)
{
    (void)state;
    names_fn f = pl__lmms_names;
    check(f, "logs/Acme__m-7B/20250131_101500_samples_mme.jsonl", NULL, "Acme__m-7B", "mme");
    check(f, "m//20250131_101500_samples_ai2d_lite.jsonl.gz", NULL, "m", "ai2d_lite");
    check(f, "m/samples_mmlu_2025-01-31T10-15-00.123.jsonl", NULL, "m", "mmlu");
    check(f, "m/samples_a_b.jsonl.zst", NULL, "m", "a_b");
    check(f, "20250131_samples_mme.jsonl", NULL, NULL, NULL);
    check(f, "./20250131_samples_mme.jsonl", NULL, NULL, NULL);
    check(f, "m/out.jsonl", NULL, NULL, NULL);
    check(f, "m/out.jsonl", "n", "n", "");
    check(f, "20250131_samples_mme.jsonl", "n", "n", "mme");
    assert_true(pl__lmms_file_name("samples_x.jsonl"));
    assert_false(pl__lmms_file_name("samples_.jsonl"));
    assert_false(pl__lmms_file_name("a_samples_.jsonl"));
    assert_false(pl__lmms_file_name("a_samples_x.json"));
    assert_false(pl__lmms_file_name("answers.jsonl"));
}

static void labels(void **state)
{
    (void)state;
    json_t *words = json_pack("[sss]", "a dog", "a cat", "3");
    json_t *digits = json_pack("[sss]", "1", "0", "7");
    assert_int_equal(pl__import_label(pl__view("B"), words), 1);
    assert_int_equal(pl__import_label(pl__view(" a cat "), words), 1);
    assert_int_equal(pl__import_label(pl__view("(A) a dog"), words), 0);
    assert_int_equal(pl__import_label(pl__view("1"), words), 1); /* a place */
    assert_int_equal(pl__import_label(pl__view("3"), words), 2); /* a text */
    assert_int_equal(pl__import_label(pl__view("bird"), words), PL_OPTION_ANSWER_NONE);
    assert_int_equal(pl__import_label(pl__view("1"), digits), PL_OPTION_ANSWER_NONE); /* either */
    assert_int_equal(pl__import_label(pl__view("7"), digits), 2);
    assert_int_equal(pl__import_label(pl__view("2"), digits), 2);
    assert_int_equal(pl__import_label(pl__view("A"), NULL), PL_OPTION_ANSWER_NONE);
    json_t *letters = json_pack("[sss]", "B", "x", "C");
    assert_int_equal(pl__import_label(pl__view("B"), letters), PL_OPTION_ANSWER_NONE); /* either */
    assert_int_equal(pl__import_label(pl__view("C"), letters), 2);
    assert_int_equal(pl__import_label(pl__view("A"), letters), 0);
    json_decref(letters);
    json_decref(words);
    json_decref(digits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vlmeval),
        cmocka_unit_test(lmms),
        cmocka_unit_test(labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
