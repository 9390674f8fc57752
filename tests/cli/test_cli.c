/* Usage: help, refusals in words, exit codes, and what bad input is told. */
#include "cli_kit.h"

#include <stdlib.h>
#include <string.h>

static void expect(const char *dir, const char *const *words, int code, const char *in_out, const char *in_err)
{
    pl_kit_result result = {0};

    cli_run(dir, &result, words);
    if (result.code != code || (in_out && !strstr(result.out, in_out)) || (in_err && !strstr(result.err, in_err)))
        fail_msg("%s: exit %d, wanted %d\nout: %.600s\nerr: %.600s\nwanted: %s | %s", words[0] ? words[0] : "",
                 result.code, code, result.out, result.err, in_out ? in_out : "", in_err ? in_err : "");
    if (code == 2)
        assert_int_equal(result.out_bytes, 0);
    pl__kit_result_clear(&result);
}

static void every_command_has_help_with_an_example(void **state)
{
    static const char *const commands[] = {"demo", "init", "plan", "run", "rank", "diagnose", "export"};

    (void)state;
    expect(NULL, CLI_WORDS("--help"), 0, "peerless demo", NULL);
    expect(NULL, CLI_WORDS("--version"), 0, "peerless 0.", NULL);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        expect(NULL, CLI_WORDS(commands[i], "--help"), 0, "Example:\n  peerless ", NULL);
    expect(NULL, CLI_WORDS("sim", "scenes", "--help"), 0, "Example:", NULL);
    expect(NULL, CLI_WORDS("sim", "serve", "-h"), 0, "Example:", NULL);
}

static void wrong_words_are_told_what_would_be_right(void **state)
{
    (void)state;
    expect(NULL, CLI_WORDS("rnak"), 2, NULL, "did you mean rank?");
    expect(NULL, CLI_WORDS("serve"), 2, NULL, "does not exist yet");
    expect(NULL, CLI_WORDS("rank", "--methds", "upme"), 2, NULL, "did you mean --methods?");
    expect(NULL, CLI_WORDS("rank", "--format", "xml"), 2, NULL, "table, json or csv");
    expect(NULL, CLI_WORDS("rank", "--upme-step", "two"), 2, NULL, "takes a number");
    expect(NULL, CLI_WORDS("run", "--deadline", "soon"), 2, NULL, "2h");
    expect(NULL, CLI_WORDS("run", "--max-calls"), 2, NULL, "needs a value");
    expect(NULL, CLI_WORDS("sim"), 2, NULL, "sim serve");
    expect(NULL, CLI_WORDS("demo", "--models", "2"), 2, NULL, "between 3 and");
}

static void what_is_not_there_is_named(void **state)
{
    char *dir = pl__kit_temp_new();
    char *path = NULL;

    (void)state;
    expect(dir, CLI_WORDS("run"), 2, NULL, "peerless init");
    expect(dir, CLI_WORDS("rank"), 2, NULL, "run.db");
    expect(dir, CLI_WORDS("rank", "--judgments", "none.jsonl"), 2, NULL, "none.jsonl");
    path = pl__kit_write_text(dir, "bad.jsonl",
                              "{\"item\":\"q\",\"judge\":\"j\",\"a\":\"x\",\"b\":\"y\",\"verdict\":\"a\"}\nnonsense\n");
    expect(dir, CLI_WORDS("rank", "--judgments", "bad.jsonl"), 2, NULL, "bad.jsonl:2:");
    expect(dir, CLI_WORDS("rank", "--judgments", "bad.jsonl", "--skip-bad"), 0, "1 bad lines were skipped", NULL);
    expect(dir, CLI_WORDS("rank", "--judgments", "bad.jsonl", "--skip-bad", "-m", "elephant"), 2, NULL, "elephant");
    free(path);
    path = pl__kit_write_text(dir, "run.db", "this is not a store, it only has the name of one");
    expect(dir, CLI_WORDS("rank"), 2, NULL, "run.db");
    free(path);
    pl__kit_temp_free(dir);
}

static void init_writes_a_config_that_says_what_to_fill_in(void **state)
{
    char *dir = pl__kit_temp_new();
    char *path = pl__kit_path(dir, "peerless.yaml");

    (void)state;
    expect(dir, CLI_WORDS("init"), 0, NULL, "Wrote peerless.yaml");
    assert_true(pl__kit_exists(path));
    expect(dir, CLI_WORDS("init"), 2, NULL, "exists already");
    expect(dir, CLI_WORDS("plan"), 2, NULL, "photos");
    free(path);
    pl__kit_temp_free(dir);
}

static void config_problems_come_all_at_once_with_their_lines(void **state)
{
    char *dir = pl__kit_temp_new();
    char *path = pl__kit_write_text(dir, "peerless.yaml",
                                    "version: 1\n"
                                    "data: {images: photos}\n"
                                    "modles: []\n"
                                    "models:\n"
                                    "  - {name: a, provider: openai, model: x, api_key: sk-secret-123}\n"
                                    "  - {name: a, provider: openai, model: y, params: {temprature: 0}}\n");
    pl_kit_result result = {0};

    (void)state;
    cli_run(dir, &result, CLI_WORDS("plan"));
    assert_int_equal(result.code, 2);
    assert_non_null(strstr(result.err, "peerless.yaml:3:"));
    assert_non_null(strstr(result.err, "peerless.yaml:5:"));
    assert_non_null(strstr(result.err, "peerless.yaml:6:"));
    assert_non_null(strstr(result.err, "temperature"));
    assert_null(strstr(result.err, "sk-secret-123"));
    pl__kit_result_clear(&result);
    free(path);
    pl__kit_temp_free(dir);
}

static void a_full_output_is_a_failure(void **state)
{
    static const char *const argv[] = {"/bin/sh", "-c", "\"$PEERLESS\" --help > /dev/full", NULL};
    pl_kit_result result = {0};

    (void)state;
    pl__kit_run(argv, NULL, &result);
    assert_int_equal(result.code, 1);
    assert_non_null(strstr(result.err, "could not be written"));
    pl__kit_result_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_help_with_an_example),
        cmocka_unit_test(wrong_words_are_told_what_would_be_right),
        cmocka_unit_test(what_is_not_there_is_named),
        cmocka_unit_test(init_writes_a_config_that_says_what_to_fill_in),
        cmocka_unit_test(config_problems_come_all_at_once_with_their_lines),
        cmocka_unit_test(a_full_output_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
