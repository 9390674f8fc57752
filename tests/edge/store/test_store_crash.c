/* A writer that is killed: whatever it was told is stored must be there afterwards. */
#include "rng.h"
#include "store_kit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 20
#define KILL_AFTER_US_MAX 60000

/* On the writer's thread: tells the parent. */
static void report(void *user, uint64_t tag, pl_status rc, const pl_error *err)
{
    const int *out = user;
    (void)err;
    if (rc != PL_OK || write(*out, &tag, sizeof(tag)) != (ssize_t)sizeof(tag))
        _exit(2);
}

static void write_until_killed(const char *path, uint64_t from, int out)
{
    pl_store *s = NULL;
    pl_store_writer *w = NULL;
    char text[STORE_KIT_TEXT_BYTES];

    if (pl__store_open_sqlite(path, PL_STORE_CREATE, &s, NULL) != PL_OK ||
        pl__store_writer_new(s, report, &out, &w, NULL) != PL_OK)
        _exit(3);
    for (uint64_t i = from; i < from + 2000; i++) {
        const pl_store_write writes[] = {store_kit_call(i, text), store_kit_task(i / 10, i, i)};
        if (pl__store_writer_submit(w, writes, 2, i, NULL) != PL_OK)
            _exit(4);
        if (i % 50 == 49)
            (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    (void)pause(); /* done early: still to be killed */
    _exit(0);
}

/* All that the child reported, until it is dead; the largest tag. */
static uint64_t drain(int in, uint64_t at_least)
{
    uint64_t tag = 0;
    uint64_t largest = at_least;

    while (read(in, &tag, sizeof(tag)) == (ssize_t)sizeof(tag)) {
        assert_true(tag == largest + 1); /* in the order of submitting */
        largest = tag;
    }
    return largest;
}

static void test_killed_writers_lose_nothing(void **state)
{
    char *path = pl__kit_path(*state, "run.db");
    uint64_t seed = pl__kit_seed();
    uint64_t reported = 0; /* calls 1 to this one must be there */
    bool any = false;

    for (uint64_t round = 0; round < ROUNDS; round++) {
        pl_rng rng;
        int ends[2];
        int status = 0;

        pl__rng_init(&rng, seed, "kill", round);
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            (void)close(ends[0]);
            write_until_killed(path, reported + 1, ends[1]);
        }
        (void)close(ends[1]);
        long wait_ns = (long)pl__rng_below(&rng, KILL_AFTER_US_MAX) * 1000;
        (void)nanosleep(&(struct timespec){.tv_nsec = wait_ns}, NULL);
        assert_int_equal(kill(pid, SIGKILL), 0);
        uint64_t now = drain(ends[0], reported);
        (void)close(ends[0]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        pl_store *s = store_kit_open(path);
        for (uint64_t i = reported + 1; i <= now; i++) {
            if (!store_kit_has_call(s, i))
                fail_msg("round %llu: call %llu was reported as stored and is gone", (unsigned long long)round,
                         (unsigned long long)i);
            /* What the killed one wrote beyond its reports must come in whole batches: a call with its task. */
        }
        for (uint64_t unit = reported / 10 + 1; unit < now / 10; unit++)
            assert_int_equal(store_kit_unit_size(s, unit), 10);
        any = any || now > reported;
        reported = now;
        pl__store_close(s);
        store_kit_integrity(path);
    }
    pl_store *s = store_kit_open(path);
    for (uint64_t i = 1; i <= reported; i++)
        assert_true(store_kit_has_call(s, i));
    pl__store_close(s);
    print_message("%llu calls survived %d kills\n", (unsigned long long)reported, ROUNDS);
    assert_true(any);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_killed_writers_lose_nothing, pl__kit_temp_setup, pl__kit_temp_teardown),
    };
    return cmocka_run_group_tests_name("store and kill -9", tests, NULL, NULL);
}
