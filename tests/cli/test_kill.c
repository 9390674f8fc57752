/* kill -9 at random moments, then the same command: no stored response is lost or asked again, at most the calls in
 * flight are repeated, and the tables end byte-identical to an undisturbed run's. PL_KILLS sets how often (default 20).
 */
#include "cli_kit.h"
#include "rng.h"
#include "stored_calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IN_FLIGHT_MAX ((size_t)6 * 16) /* models times their concurrency */

static size_t kills_wanted(void)
{
    const char *text = getenv("PL_KILLS");
    size_t n = text ? (size_t)strtoul(text, NULL, 10) : 20;

    return n > 0 ? n : 20;
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

typedef struct campaign {
    cli_pool pool;
    char *undisturbed; /* tables */
    size_t calls;      /* of an undisturbed run */
    size_t stored;     /* in the store that is being filled */
    size_t stored_all; /* in all of them */
    size_t requests;   /* answered before it was begun */
    size_t finished;   /* stores */
} campaign;

static void forget_store(const campaign *c)
{
    static const char *const names[] = {"killed.db", "killed.db-wal", "killed.db-shm"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *path = pl__kit_path(c->pool.dir, names[i]);

        (void)remove(path);
        free(path);
    }
}

/* Runs to the end what the kills have left. */
static void finish_store(campaign *c)
{
    size_t before = cli_settled_lines(c->pool.log);
    char *resumed = NULL;
    char *summary = NULL;

    free(cli_output(c->pool.dir, CLI_WORDS("run", "--store", "killed.db", "-q", "--no-rank")));
    /* what was stored is not asked again: this run makes exactly the calls that are missing */
    assert_int_equal(cli_count_lines(c->pool.log) - before, c->calls - c->stored);
    summary = stored_summary(c->pool.dir, "killed.db");
    assert_non_null(summary);
    if (c->stored > 0 && c->stored < c->calls)
        assert_non_null(strstr(summary, "\"broken_off\":true"));
    free(summary);
    resumed = cli_rank(c->pool.dir, "killed.db");
    assert_string_equal(resumed, c->undisturbed);
    free(resumed);
    c->stored_all += c->calls;
    c->stored = 0;
    c->finished++;
    forget_store(c);
}

static void killed_runs_lose_nothing_and_ask_nothing_twice(void **state)
{
    campaign c = {0};
    size_t kills = kills_wanted();
    size_t midway = 0;
    pl_rng rng;

    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "kill", 0);
    cli_pool_start(&c.pool, "12", "6", "5");
    free(cli_output(c.pool.dir, CLI_WORDS("run", "--store", "whole.db", "-q", "--no-rank")));
    c.undisturbed = cli_rank(c.pool.dir, "whole.db");
    c.requests = c.calls = cli_count_lines(c.pool.log);
    for (size_t i = 0; i < kills; i++) {
        size_t stored = 0;

        run_and_kill(c.pool.dir, c.pool.log, (unsigned)pl__rng_below(&rng, 150));
        stored = stored_calls(c.pool.dir, "killed.db");
        assert_true(stored >= c.stored); /* nothing lost */
        midway += stored > c.stored && stored < c.calls;
        c.stored = stored;
        if (c.stored * 4 >= c.calls * 3) /* hardly any work is left: the next kills go to another store */
            finish_store(&c);
    }
    finish_store(&c);
    /* what was in flight when it was killed is all that was asked twice */
    assert_true(cli_count_lines(c.pool.log) - c.requests <= c.stored_all + kills * IN_FLIGHT_MAX);
    print_message("%zu kills, %zu of them midway, %zu stores; %zu requests for %zu calls\n", kills, midway, c.finished,
                  cli_count_lines(c.pool.log) - c.requests, c.stored_all);
    assert_true(midway * 4 >= kills);
    free(c.undisturbed);
    cli_pool_stop(&c.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_runs_lose_nothing_and_ask_nothing_twice)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
