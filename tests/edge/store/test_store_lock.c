#include "kit.h"
#include "store_lock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pl_status take(const char *path, pl_store_lock *lock, pl_error *err)
{
    *err = (pl_error){0};
    return pl__store_lock_take(path, lock, err);
}

static void test_one_holder(void **state)
{
    char *path = pl__kit_path(*state, "run.db");
    char *name = pl__kit_path(*state, "run.db-lock");
    pl_store_lock a = {.fd = -1};
    pl_store_lock b = {.fd = -1};
    pl_error err;

    PL_KIT_OK(take(path, &a, &err), &err);
    PL_KIT_STATUS(take(path, &b, &err), PL_E_BUSY, &err);
    assert_int_equal(b.fd, -1);
    pl__store_lock_release(&a);
    assert_false(pl__kit_exists(name));
    PL_KIT_OK(take(path, &b, &err), &err);
    pl__store_lock_release(&b);
    pl__store_lock_release(&b); /* not held: fine */
    free(name);
    free(path);
}

static void test_what_stands_in_the_file_is_not_trusted(void **state)
{
    char *path = pl__kit_path(*state, "run.db");
    char *name = pl__kit_path(*state, "run.db-lock");
    pl_store_lock a = {.fd = -1};
    pl_store_lock b = {.fd = -1};
    pl_error err;

    PL_KIT_OK(take(path, &a, &err), &err);
    free(pl__kit_write_text(*state, "run.db-lock", "\x1b[31msecret"));
    PL_KIT_STATUS(take(path, &b, &err), PL_E_BUSY, &err);
    assert_null(strstr(err.msg, "secret"));
    assert_non_null(strstr(err.msg, "another process"));
    pl__store_lock_release(&a);
    free(name);
    free(path);
}

static void hold(const char *path, int out)
{
    pl_store_lock lock = {.fd = -1};
    char answer = pl__store_lock_take(path, &lock, NULL) == PL_OK ? 'y' : 'n';
    if (write(out, &answer, 1) == 1)
        (void)pause();
    _exit(0);
}

static void test_the_lock_dies_with_its_process(void **state)
{
    char *path = pl__kit_path(*state, "run.db");
    char *name = pl__kit_path(*state, "run.db-lock");
    pl_store_lock lock = {.fd = -1};
    pl_error err;
    int ends[2];
    char answer = 0;

    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        hold(path, ends[1]);
    assert_int_equal(read(ends[0], &answer, 1), 1);
    assert_int_equal(answer, 'y');
    PL_KIT_STATUS(take(path, &lock, &err), PL_E_BUSY, &err);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(pl__kit_exists(name)); /* the file stays, the lock does not */
    PL_KIT_OK(take(path, &lock, &err), &err);
    pl__store_lock_release(&lock);
    (void)close(ends[0]);
    (void)close(ends[1]);
    free(name);
    free(path);
}

#define IN_FOLDER(fn) cmocka_unit_test_setup_teardown(fn, pl__kit_temp_setup, pl__kit_temp_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_one_holder),
        IN_FOLDER(test_what_stands_in_the_file_is_not_trusted),
        IN_FOLDER(test_the_lock_dies_with_its_process),
    };
    return cmocka_run_group_tests_name("store lock", tests, NULL, NULL);
}
