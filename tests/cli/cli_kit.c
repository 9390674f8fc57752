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

pl_kit_process *cli_serve(const char *dir, const char *const *words, char **ret_port)
{
    const char *argv[WORDS_MAX] = {pl__kit_peerless(), "sim", "serve", "--port-file", "port", "-q"};
    const pl_kit_how how = {.dir = dir};
    char *port_file = pl__kit_path(dir, "port");
    pl_kit_process *server = NULL;
    size_t n = 6;

    for (size_t i = 0; words[i]; i++) {
        assert_true(n + 1 < WORDS_MAX);
        argv[n++] = words[i];
    }
    (void)remove(port_file); /* of an earlier server */
    server = pl__kit_start(argv, &how);
    wait_for_file(port_file);
    *ret_port = pl__kit_read(port_file, NULL);
    (*ret_port)[strcspn(*ret_port, "\n")] = '\0';
    free(port_file);
    return server;
}

void cli_pool_start(cli_pool *pool, const char *scenes, const char *models, const char *seed)
{
    char *config = NULL;

    pool->dir = pl__kit_temp_new();
    pool->log = pl__kit_path(pool->dir, "requests.log");
    free(cli_output(pool->dir, CLI_WORDS("sim", "scenes", "-n", scenes, "--seed", seed, "-o", "scenes", "-q")));
    pool->server = cli_serve(pool->dir, CLI_WORDS("--models", models, "--seed", seed, "--request-log", "requests.log"),
                             &pool->port);
    config = cli_output(pool->dir, CLI_WORDS("sim", "config", "--port", pool->port, "--models", models, "--seed", seed,
                                             "--images", "scenes"));
    free(pl__kit_write_text(pool->dir, "peerless.yaml", config));
    free(config);
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

char *cli_output(const char *dir, const char *const *words)
{
    pl_kit_result result = {0};
    char *out = NULL;

    cli_run(dir, &result, words);
    if (result.code != 0)
        fail_msg("%s %s: exit %d: %s", words[0], words[1] ? words[1] : "", result.code, result.err);
    out = strdup(result.out);
    pl__kit_result_clear(&result);
    return out;
}

char *cli_rank(const char *dir, const char *store)
{
    return cli_output(dir, CLI_WORDS("rank", "--store", store, "--format", "json", "--methods",
                                     "upme,peer-review,majority-vote,prd"));
}

void cli_more_limits(const char *dir, const char *keys)
{
    static const char mark[] = "limits: {";
    char *path = pl__kit_path(dir, "peerless.yaml");
    char *config = pl__kit_read(path, NULL);
    size_t room = 2 * strlen(config) + 64 * (strlen(keys) + 2);
    char *more = calloc(room, 1);
    size_t n = 0;

    assert_non_null(more);
    for (const char *at = config; *at;) {
        const char *next = strstr(at, mark);
        size_t up_to = next ? (size_t)(next - at) + sizeof(mark) - 1 : strlen(at);
        int k = snprintf(more + n, room - n, "%.*s%s%s", (int)up_to, at, next ? keys : "", next ? ", " : "");

        assert_true(k >= 0 && (size_t)k < room - n);
        n += (size_t)k;
        at += up_to;
    }
    free(pl__kit_write_text(dir, "peerless.yaml", more));
    free(more);
    free(config);
    free(path);
}

size_t cli_settled_lines(const char *path)
{
    const struct timespec nap = {0, 500000000};
    size_t now = cli_count_lines(path);
    size_t before = 0;

    do {
        before = now;
        (void)nanosleep(&nap, NULL);
        now = cli_count_lines(path);
    } while (now != before);
    return now;
}
