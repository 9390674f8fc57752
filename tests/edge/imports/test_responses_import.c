#include "kit.h"
#include "responses_import.h"

#include <stdlib.h>
#include <string.h>

#define TABLE "index\tA\tB\tprediction\n1\tx\ty\tA\n"
#define JUDGED "index\tA\tB\tprediction\thit\n1\tx\ty\tB\t1\n"
#define SAMPLE "{\"doc_id\":1,\"resps\":[[\"said\"]]}\n"
#define OURS "{\"item\":\"1\",\"model\":\"n\",\"options\":[\"x\",\"y\"],\"text\":\"B\"}\n"

static void write_file(const char *dir, const char *name, const char *text)
{
    free(pl__kit_write_text(dir, name, text));
}

static pl_status import_named(const char *dir, const char *const *names, size_t n, bool skip_bad, pl_import *ret,
                              pl_error *err)
{
    pl_import_source sources[8] = {{0}};
    char *paths[8] = {NULL};
    for (size_t i = 0; i < n; i++) {
        const char *equals = strchr(names[i], '=');
        paths[i] = pl__kit_path(dir, equals ? equals + 1 : names[i]);
        sources[i] = (pl_import_source){.path = paths[i], .model = equals ? "named" : NULL};
    }
    const pl_records_opts opts = {.skip_bad = skip_bad, .threads = 2};
    pl_status rc = pl__import_responses(sources, n, &opts, ret, err);
    for (size_t i = 0; i < n; i++)
        free(paths[i]);
    return rc;
}

#define IMPORT(dir, skip, ret, err, ...)                                                                               \
    import_named(dir, (const char *const[]){__VA_ARGS__},                                                              \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), skip, ret, err)

static void kinds(void **state)
{
    const char *dir = *state;
    pl_import in = {0};
    pl_error err = {0};
    write_file(dir, "a/a_MME.tsv", TABLE);
    write_file(dir, "b/1_samples_t.jsonl", SAMPLE);
    write_file(dir, "ours.jsonl", OURS);
    write_file(dir, "plain.json", OURS);
    write_file(dir, "dump.jsonl", "{\"doc_id\":1,\"acc\":NaN,\"resps\":[[\"said\"]]}\n");
    PL_KIT_OK(IMPORT(dir, false, &in, &err, "a/a_MME.tsv", "b/1_samples_t.jsonl", "ours.jsonl", "=dump.jsonl"), &err);
    const pl_response_set *set = pl__response_log_set(in.log);
    assert_int_equal(set->n_rows, 4);
    assert_int_equal(set->n_models, 4);
    assert_string_equal(set->models[2], "n");
    assert_string_equal(set->models[3], "named");
    assert_int_equal(in.notes.len, 0);
    pl__import_clear(&in);
    PL_KIT_OK(IMPORT(dir, false, &in, &err, "ours.jsonl"), &err);
    assert_int_equal(pl__response_log_set(in.log)->n_rows, 1);
    pl__import_clear(&in);
    PL_KIT_OK(IMPORT(dir, false, &in, &err, "plain.json"), &err);
    pl__import_clear(&in);
    char *path = pl__kit_path(dir, "a");
    PL_KIT_OK(pl__import_paths((const char *const[]){path}, 1, false, &in, &err), &err);
    assert_string_equal(pl__response_log_set(in.log)->models[0], "a");
    pl__import_clear(&in);
    free(path);
    PL_KIT_STATUS(IMPORT(dir, false, &in, &err, "dump.jsonl"), PL_E_PARSE, &err); /* whose? */
    assert_null(in.log);
    err = (pl_error){0};
    PL_KIT_STATUS(IMPORT(dir, false, &in, &err, "=ours.jsonl"), PL_E_INVALID, &err);
    err = (pl_error){0};
    PL_KIT_STATUS(IMPORT(dir, false, &in, &err, "none.jsonl"), PL_E_NOT_FOUND, &err);
    err = (pl_error){0};
    PL_KIT_STATUS(IMPORT(dir, false, &in, &err, "a/none.xlsx"), PL_E_PARSE, &err);
    err = (pl_error){0};
    PL_KIT_STATUS(IMPORT(dir, false, &in, &err, "=a"), PL_E_INVALID, &err);
}

static void check_note(const pl_import *in, size_t i, const char *words)
{
    assert_true(i < in->notes.len);
    if (!strstr(in->notes.ptr[i], words))
        fail_msg("\"%s\" does not say \"%s\"", in->notes.ptr[i], words);
}

static void folders(void **state)
{
    const char *dir = *state;
    pl_import in = {0};
    pl_error err = {0};
    write_file(dir, "f/a/a_MME.tsv", TABLE);
    write_file(dir, "f/a/a_MME_gpt-4o.tsv", JUDGED);            /* made of the first */
    write_file(dir, "f/a/a_MME_openai_result.tsv", JUDGED);     /* the same */
    write_file(dir, "f/a/T20240101_Gab/a_MME.tsv", JUDGED);     /* an older run */
    write_file(dir, "f/a/a_MME_Extra.tsv", TABLE);              /* a data set whose name begins alike */
    write_file(dir, "f/a/status.json", "{\"done\":true}");      /* no table */
    write_file(dir, "f/a/a_acc.tsv", "split\tscore\ndev\t1\n"); /* no predictions */
    write_file(dir, "f/b/20240101_samples_t.jsonl", SAMPLE);    /* an older run */
    write_file(dir, "f/b/20250101_samples_t.jsonl", "{\"doc_id\":1,\"resps\":[[\"new\"]]}\n");
    write_file(dir, "f/b/notes.jsonl", "x");
    PL_KIT_OK(IMPORT(dir, false, &in, &err, "f"), &err);
    const pl_response_set *set = pl__response_log_set(in.log);
    assert_int_equal(set->n_rows, 3);
    assert_int_equal(set->n_models, 2);
    assert_int_equal(set->n_datasets, 3);
    assert_int_equal(in.notes.len, 1);
    check_note(&in, 0, "4 of the files are left out");
    for (size_t i = 0; i < set->n_rows; i++) {
        if (strcmp(set->models[set->rows[i].model], "b") == 0)
            assert_string_equal(set->texts[set->rows[i].text], "new");
        else
            assert_int_equal(set->rows[i].prediction, 0);
    }
    pl__import_clear(&in);
    PL_KIT_OK(IMPORT(dir, false, &in, &err, "f/a/T20240101_Gab/a_MME.tsv"), &err); /* alone it is read */
    assert_int_equal(pl__response_log_set(in.log)->rows[0].prediction, 1);
    pl__import_clear(&in);
    /* by a shell's pattern, too, the prediction wins over what was made of it */
    PL_KIT_OK(IMPORT(dir, false, &in, &err, "f/a/a_MME_openai_result.tsv", "f/a/a_MME.tsv", "f/a/a_MME_gpt-4o.tsv"),
              &err);
    assert_int_equal(pl__response_log_set(in.log)->n_rows, 1);
    assert_int_equal(pl__response_log_set(in.log)->rows[0].prediction, 0);
    pl__import_clear(&in);
    PL_KIT_STATUS(IMPORT(dir, false, &in, &err, "f/a/a_MME.tsv", "f/a/T20240101_Gab/a_MME.tsv"), PL_E_CONFLICT, &err);
    err = (pl_error){0};
    write_file(dir, "empty/x.txt", "x");
    PL_KIT_STATUS(IMPORT(dir, false, &in, &err, "empty"), PL_E_NOT_FOUND, &err);
    err = (pl_error){0};
    write_file(dir, "nameless/results.tsv", TABLE);
    PL_KIT_STATUS(IMPORT(dir, false, &in, &err, "nameless"), PL_E_PARSE, &err);
    assert_non_null(strstr(err.msg, "nameless/results.tsv"));
}

static void what_is_told(void **state)
{
    const char *dir = *state;
    pl_import in = {0};
    pl_error err = {0};
    write_file(
        dir, "a/a_MME.tsv",
        "index\tA\tB\tanswer\tprediction\n1\tx\ty\tQ\tA\n2\tx\ty\tA\tFailed to obtain answer: x\n\tx\ty\tA\tA\n");
    write_file(dir, "ours.jsonl", OURS "{}\n");
    PL_KIT_OK(IMPORT(dir, true, &in, &err, "a/a_MME.tsv", "ours.jsonl"), &err);
    assert_int_equal(in.n_bad, 2);
    assert_int_equal(in.notes.len, 3);
    check_note(&in, 0, "2 bad lines were skipped");
    check_note(&in, 1, "1 responses are missing: VLMEvalKit's calls had failed");
    check_note(&in, 2, "1 answers are without a label");
    pl__import_clear(&in);
    PL_KIT_OK(IMPORT(dir, true, &in, &err, "ours.jsonl"), &err);
    assert_int_equal(in.n_bad, 1);
    check_note(&in, 0, "1 bad lines were skipped");
    pl__import_clear(&in);
    PL_KIT_STATUS(IMPORT(dir, false, &in, &err, "a/a_MME.tsv", "ours.jsonl"), PL_E_PARSE, &err);
    assert_non_null(strstr(err.msg, "a_MME.tsv: line 4: has no index"));
}

static void real_writers(void **state)
{
    (void)state;
    pl_error err = {0};
    static const char *const names[] = {"vlmeval", "lmms"};
    for (size_t i = 0; i < 2; i++) {
        pl_import theirs = {0};
        pl_import ours = {0};
        char *data = pl__kit_source_path("tests/cli/golden/data");
        char jsonl[32] = "";
        strncat(jsonl, names[i], 16);
        strncat(jsonl, ".jsonl", 8);
        PL_KIT_OK(import_named(data, &names[i], 1, false, &theirs, &err), &err);
        PL_KIT_OK(IMPORT(data, false, &ours, &err, jsonl), &err);
        const pl_response_set *a = pl__response_log_set(theirs.log);
        const pl_response_set *b = pl__response_log_set(ours.log);
        PL_KIT_OK(pl_response_set_check(a, &err), &err);
        assert_int_equal(a->n_rows, b->n_rows);
        assert_int_equal(a->n_items, b->n_items);
        assert_int_equal(a->n_images, b->n_images);
        assert_int_equal(a->n_option_values, b->n_option_values);
        assert_int_equal(a->n_samples, b->n_samples);
        pl__import_clear(&theirs);
        pl__import_clear(&ours);
        free(data);
    }
}

static pl_status import_folder(void *user, pl_error *err)
{
    pl_import in = {0};
    const char *const path = user;
    pl_status rc = pl__import_paths(&path, 1, true, &in, err);
    pl__import_clear(&in);
    return rc;
}

static void faults(void **state)
{
    const char *dir = *state;
    char *path = pl__kit_path(dir, "g");
    write_file(dir, "g/a/a_MME.tsv", "index\tA\tB\tanswer\tprediction\n1\tx\ty\tQ\tA\n");
    write_file(dir, "g/a/a_MME_gpt-4o.tsv", JUDGED);
    write_file(dir, "g/a/T20240101_Gab/a_MME.tsv", TABLE);
    write_file(dir, "g/b/20240101_samples_t.jsonl", SAMPLE "x\n");
    pl__kit_fault_loop("import", import_folder, path);
    free(path);
    path = pl__kit_write_text(dir, "ours.jsonl", OURS);
    pl__kit_fault_loop("import ours", import_folder, path);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kinds, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test_setup_teardown(folders, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test_setup_teardown(what_is_told, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(real_writers),
        cmocka_unit_test_setup_teardown(faults, pl__kit_temp_setup, pl__kit_temp_teardown),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
