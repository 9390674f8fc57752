/* kill -9 at random moments, then the same command: no stored response is lost or asked again, at most the calls in
 * flight are repeated, and the tables end byte-identical to an undisturbed run's. PL_KILLS sets how often (default 20).
 */
#include "cli_kit.h"
#include "rng.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IN_FLIGHT_MAX (6 * 16) /* models times their concurrency */

static size_t kills_wanted(void)
{
    const char *text = getenv("PL_KILLS");
    size_t n = text ? (size_t)strtoul(text, NULL, 10) : 20;

    return n > 0 ? n : 20;
}

static char *rank_of(const char *dir, const char *store)
{
    pl_kit_result result = {0};
    char *out = NULL;

    cli_run(dir, &result,
            CLI_WORDS("rank", "--store", store, "--format", "json", "--methods", "upme,peer-review,majority-vote,prd"));
    assert_int_equal(result.code, 0);
    out = strdup(result.out);
    pl__kit_result_clear(&result);
    return out;
}

/* Stored calls with a response, and all that is wrong with the file. */
static size_t stored_calls(const char *dir, const char *name)
{
    char *path = pl__kit_path(dir, name);
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    size_t n = 0;

    if (pl__kit_exists(path) && sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        (void)sqlite3_busy_timeout(db, 5000);
        if (sqlite3_prepare_v2(db, "SELECT count(*) FROM call", -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW)
            n = (size_t)sqlite3_column_int64(statement, 0);
        (void)sqlite3_finalize(statement);
        if (sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW)
            assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
        (void)sqlite3_finalize(statement);
    }
    (void)sqlite3_close(db);
    free(path);
    return n;
}

/* Kills a run wait_ms after its first request was answered. */
static void run_and_kill(const char *dir, const char *log, unsigned wait_ms)
{
    const char *argv[] = {pl__kit_peerless(), "run", "--store", "killed.db", "-q", "--no-rank", NULL};
    const struct timespec nap = {0, (long)wait_ms * 1000000};
    const struct timespec blink = {0, 2000000};
    size_t before = cli_count_lines(log);
    pl_kit_how how = {.dir = dir};
    pl_kit_result result = {0};
    pl_kit_process *process = pl__kit_start(argv, &how);

    for (int i = 0; i < 5000 && cli_count_lines(log) == before; i++)
        (void)nanosleep(&blink, NULL);
    (void)nanosleep(&nap, NULL);
    pl__kit_signal(process, 9);
    pl__kit_wait(process, &result);
    pl__kit_result_clear(&result);
}

/* Requests answered, once the server has answered what a killed run left with it. */
static size_t settled_requests(const char *log)
{
    const struct timespec nap = {0, 100000000};
    size_t now = cli_count_lines(log);
    size_t before = 0;

    do {
        before = now;
        (void)nanosleep(&nap, NULL);
        now = cli_count_lines(log);
    } while (now != before);
    return now;
}

static void killed_runs_lose_nothing_and_ask_nothing_twice(void **state)
{
    cli_pool pool = {0};
    pl_kit_result result = {0};
    size_t kills = kills_wanted();
    size_t calls = 0; /* of an undisturbed run */
    size_t before = 0;
    size_t requests = 0;
    size_t killed_midway = 0;
    char *undisturbed = NULL;
    char *resumed = NULL;
    char scenes[32];
    pl_rng rng;

    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "kill", 0);
    (void)snprintf(scenes, sizeof(scenes), "%zu", 4 + kills / 2); /* enough work for all kills to fall into it */
    cli_pool_start(&pool, scenes, "6", "5");
    cli_run(pool.dir, &result, CLI_WORDS("run", "--store", "whole.db", "-q", "--no-rank"));
    assert_int_equal(result.code, 0);
    pl__kit_result_clear(&result);
    undisturbed = rank_of(pool.dir, "whole.db");
    calls = cli_count_lines(pool.log);
    for (size_t i = 0; i < kills; i++) {
        size_t stored = 0;

        run_and_kill(pool.dir, pool.log, (unsigned)pl__rng_below(&rng, 60));
        stored = stored_calls(pool.dir, "killed.db");
        assert_true(stored >= before); /* nothing lost */
        killed_midway += stored > before && stored < calls;
        before = stored;
    }
    requests = settled_requests(pool.log);
    assert_true(requests - calls <= before + kills * IN_FLIGHT_MAX);
    cli_run(pool.dir, &result, CLI_WORDS("run", "--store", "killed.db", "-q", "--no-rank"));
    assert_int_equal(result.code, 0);
    pl__kit_result_clear(&result);
    /* what was stored is not asked again: this run makes exactly the calls that are missing */
    assert_int_equal(cli_count_lines(pool.log) - requests, calls - before);
    resumed = rank_of(pool.dir, "killed.db");
    assert_string_equal(resumed, undisturbed);
    print_message("%zu kills, %zu of them midway; %zu requests for %zu calls\n", kills, killed_midway,
                  cli_count_lines(pool.log) - calls, calls);
    assert_true(killed_midway > 0);
    free(resumed);
    free(undisturbed);
    cli_pool_stop(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_runs_lose_nothing_and_ask_nothing_twice)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
