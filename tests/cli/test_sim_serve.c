#include "cli_kit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void wait_for(const char *path)
{
    const struct timespec nap = {0, 20000000};
    for (int i = 0; i < 1500 && !pl__kit_exists(path); i++)
        (void)nanosleep(&nap, NULL);
    assert_true(pl__kit_exists(path));
}

static void faults_and_counts_are_kept(void **state)
{
    const char *dir = *state;
    char *port = pl__kit_path(dir, "port");
    char *stats = pl__kit_path(dir, "stats.json");
    const char *const argv[] = {pl__kit_peerless(),
                                "sim",
                                "serve",
                                "--faults",
                                "cut=0.2,refusal=0.1",
                                "--faults",
                                "latency=fixed:1ms",
                                "--stats",
                                "stats.json",
                                "--port-file",
                                "port",
                                NULL};
    const pl_kit_how how = {.dir = dir};
    pl_kit_result result;
    pl_kit_process *server = pl__kit_start(argv, &how);
    wait_for(port);
    pl__kit_signal(server, SIGINT);
    pl__kit_wait(server, &result);
    assert_int_equal(result.code, 0);
    char *text = pl__kit_read(stats, NULL);
    assert_non_null(strstr(text, "\"requests\":0"));
    free(text);
    pl__kit_result_clear(&result);
    free(port);
    free(stats);
}

static void bad_words_are_named(void **state)
{
    pl_kit_result result;
    cli_run(*state, &result, CLI_WORDS("sim", "serve", "--faults", "cut=0.1,cats=0.1"));
    assert_int_equal(result.code, 2);
    assert_non_null(strstr(result.err, "--faults cats=0.1: \"cats\" is not a fault"));
    pl__kit_result_clear(&result);
    cli_run(*state, &result, CLI_WORDS("sim", "config", "--port", "1", "--dialect", "klingon"));
    assert_int_equal(result.code, 2);
    assert_non_null(strstr(result.err, "klingon"));
    pl__kit_result_clear(&result);
    cli_run(*state, &result, CLI_WORDS("sim", "config", "--port", "1", "--dialect", "mixed"));
    assert_int_equal(result.code, 0);
    assert_non_null(strstr(result.out, "provider: gemini"));
    pl__kit_result_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(faults_and_counts_are_kept, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test_setup_teardown(bad_words_are_named, pl__kit_temp_setup, pl__kit_temp_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
