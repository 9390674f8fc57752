#include "cli_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 32

static void words_of(const char *argv[WORDS_MAX], const char *const *words)
{
    size_t n = 1;

    argv[0] = pl__kit_peerless();
    for (size_t i = 0; words[i]; i++) {
        assert_true(n + 1 < WORDS_MAX);
        argv[n++] = words[i];
    }
    argv[n] = NULL;
}

void cli_run(const char *dir, pl_kit_result *ret, const char *const *words)
{
    const char *argv[WORDS_MAX];
    pl_kit_how how = {.dir = dir};

    words_of(argv, words);
    pl__kit_run(argv, &how, ret);
}

static void wait_for_file(const char *path)
{
    const struct timespec nap = {0, 20000000};

    for (int i = 0; i < 1500 && !pl__kit_exists(path); i++)
        (void)nanosleep(&nap, NULL);
    assert_true(pl__kit_exists(path));
}

void cli_pool_start(cli_pool *pool, const char *scenes, const char *models, const char *seed)
{
    const char *argv[WORDS_MAX];
    pl_kit_how how = {0};
    pl_kit_result result = {0};
    char *port_file = NULL;
    char *config = NULL;

    pool->dir = pl__kit_temp_new();
    pool->log = pl__kit_path(pool->dir, "requests.log");
    cli_run(pool->dir, &result, CLI_WORDS("sim", "scenes", "-n", scenes, "--seed", seed, "-o", "scenes", "-q"));
    assert_int_equal(result.code, 0);
    pl__kit_result_clear(&result);
    how.dir = pool->dir;
    words_of(argv, CLI_WORDS("sim", "serve", "--models", models, "--seed", seed, "--port-file", "port", "--request-log",
                             "requests.log", "-q"));
    pool->server = pl__kit_start(argv, &how);
    port_file = pl__kit_path(pool->dir, "port");
    wait_for_file(port_file);
    pool->port = pl__kit_read(port_file, NULL);
    pool->port[strcspn(pool->port, "\n")] = '\0';
    cli_run(pool->dir, &result,
            CLI_WORDS("sim", "config", "--port", pool->port, "--models", models, "--seed", seed, "--images", "scenes"));
    assert_int_equal(result.code, 0);
    config = pl__kit_write(pool->dir, "peerless.yaml", result.out, result.out_bytes);
    pl__kit_result_clear(&result);
    free(config);
    free(port_file);
}

void cli_pool_stop(cli_pool *pool)
{
    pl_kit_result result = {0};

    pl__kit_signal(pool->server, 15);
    pl__kit_wait(pool->server, &result);
    assert_int_equal(result.code, 0);
    pl__kit_result_clear(&result);
    free(pool->port);
    free(pool->log);
    pl__kit_temp_free(pool->dir);
}

size_t cli_count_lines(const char *path)
{
    size_t n = 0;
    size_t lines = 0;
    char *text = pl__kit_exists(path) ? pl__kit_read(path, &n) : NULL;

    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n';
    free(text);
    return lines;
}
