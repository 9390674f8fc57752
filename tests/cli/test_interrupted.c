/* What a long run meets besides its own end (test_kill): the disk fills up, and the server goes away and comes back.
 * Nothing that was stored is lost or asked again, and the tables end byte-identical to an undisturbed run's. */
#include "cli_kit.h"
#include "stored_calls.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MODELS 6
#define IN_FLIGHT_MAX ((size_t)MODELS * 16) /* models times their concurrency */

typedef struct world {
    cli_pool pool;
    char *undisturbed; /* its tables */
    size_t calls;      /* that it takes */
    size_t requests;   /* answered so far */
} world;

static void world_open(world *w)
{
    *w = (world){0};
    cli_pool_start(&w->pool, "6", "6", "5");
    free(cli_output(w->pool.dir, CLI_WORDS("run", "--store", "whole.db", "-q", "--no-rank")));
    w->undisturbed = cli_rank(w->pool.dir, "whole.db");
    w->requests = w->calls = cli_count_lines(w->pool.log);
    assert_int_equal(stored_calls(w->pool.dir, "whole.db"), w->calls);
}

/* Requests answered since the last time. */
static size_t asked(world *w)
{
    size_t before = w->requests;

    w->requests = cli_settled_lines(w->pool.log);
    return w->requests - before;
}

static void world_close(world *w)
{
    free(w->undisturbed);
    cli_pool_stop(&w->pool);
}

static size_t file_bytes(const char *dir, const char *name)
{
    char *path = pl__kit_path(dir, name);
    size_t n = 0;

    free(pl__kit_read(path, &n));
    free(path);
    return n;
}

/* A limit on the size of files stands for the disk's end: writes beyond it fail, in the middle of a commit. */
static void run_with_little_room(const char *dir, size_t room, pl_kit_result *ret)
{
    struct rlimit before;
    struct rlimit tight;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = room;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    const char *argv[] = {pl__kit_peerless(), "run", "--store", "full.db", "-q", "--no-rank", NULL};
    const pl_kit_how how = {.dir = dir};
    pl_kit_process *process = pl__kit_start(argv, &how);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    pl__kit_wait(process, ret);
}

static void a_full_disk_is_said_and_a_run_with_room_goes_on(void **state)
{
    static const size_t shares[] = {25, 50, 80}; /* percent of the room that it takes */
    world w;
    pl_kit_result result = {0};
    size_t stored = 0;
    size_t whole = 0;
    char *resumed = NULL;

    (void)state;
    world_open(&w);
    whole = file_bytes(w.pool.dir, "whole.db");
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        size_t before = stored;
        size_t n = 0;

        run_with_little_room(w.pool.dir, whole * shares[i] / 100, &result);
        stored = stored_calls(w.pool.dir, "full.db");
        n = asked(&w);
        print_message("%zu %%: exit %d, %zu of %zu calls stored, %zu asked: %s", shares[i], result.code, stored,
                      w.calls, n, result.err);
        assert_int_equal(result.code, 1);
        assert_non_null(strstr(result.err, "full.db"));
        assert_true(stored >= before && stored < w.calls);
        assert_true(n >= stored - before && n <= stored - before + IN_FLIGHT_MAX);
        pl__kit_result_clear(&result);
    }
    assert_true(stored > 0);
    free(cli_output(w.pool.dir, CLI_WORDS("run", "--store", "full.db", "-q", "--no-rank")));
    assert_int_equal(asked(&w), w.calls - stored); /* exactly what is missing */
    resumed = cli_rank(w.pool.dir, "full.db");
    assert_string_equal(resumed, w.undisturbed);
    free(resumed);
    world_close(&w);
}

static void nap(long ms)
{
    const struct timespec t = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&t, NULL);
}

/* Twice while a run is under way the server dies (kill -9) and comes back a moment later, on the same port. */
static void a_server_that_comes_back_is_asked_the_rest(void **state)
{
    const char *argv[] = {pl__kit_peerless(), "run", "--store", "gone.db", "-q", "--no-rank", NULL};
    pl_kit_result result = {0};
    pl_kit_process *run = NULL;
    char *resumed = NULL;
    world w;

    (void)state;
    world_open(&w);
    cli_more_limits(w.pool.dir, "attempts: 10");
    const char *const again[] = {"--port", w.pool.port,     "--models",     "6", "--seed",
                                 "5",      "--request-log", "requests.log", NULL};
    const pl_kit_how how = {.dir = w.pool.dir};
    run = pl__kit_start(argv, &how);
    for (size_t i = 1; i <= 2; i++) {
        char *port = NULL;

        for (int k = 0; k < 10000 && cli_count_lines(w.pool.log) < w.calls + i * w.calls / 3; k++)
            nap(2);
        pl__kit_signal(w.pool.server, SIGKILL);
        pl__kit_wait(w.pool.server, &result);
        pl__kit_result_clear(&result);
        assert_true(stored_calls(w.pool.dir, "gone.db") < w.calls); /* it was in the middle */
        nap(300);
        w.pool.server = cli_serve(w.pool.dir, again, &port);
        assert_string_equal(port, w.pool.port);
        free(port);
    }
    pl__kit_wait(run, &result);
    if (result.code != 0)
        fail_msg("exit %d: %s", result.code, result.err);
    pl__kit_result_clear(&result);
    size_t n = asked(&w);
    print_message("%zu answered for %zu calls\n", n, w.calls);
    assert_true(n >= w.calls && n <= w.calls + 2 * IN_FLIGHT_MAX);
    assert_int_equal(stored_calls(w.pool.dir, "gone.db"), w.calls);
    resumed = cli_rank(w.pool.dir, "gone.db");
    assert_string_equal(resumed, w.undisturbed);
    free(cli_output(w.pool.dir, CLI_WORDS("run", "--store", "gone.db", "-q", "--no-rank")));
    assert_int_equal(asked(&w), 0);
    free(resumed);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_full_disk_is_said_and_a_run_with_room_goes_on),
                                       cmocka_unit_test(a_server_that_comes_back_is_asked_the_rest)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
