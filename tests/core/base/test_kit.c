/* The kit itself: what the other tests lean on must notice what it is there to notice. */
#include "kit.h"

#include "alloc.h"
#include "error.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pl_status careful(void *user, pl_error *err)
{
    int *n_runs = user;
    void *a = pl__malloc(1);
    void *b = pl__malloc(2);
    pl_status rc = a && b ? PL_OK : pl__fail(err, PL_E_NOMEM, "two blocks");
    (*n_runs)++;
    pl__free(a);
    pl__free(b);
    return rc;
}

static void test_fault_loop_covers_each_site(void **state)
{
    (void)state;
    int n_runs = 0;
    pl__kit_fault_loop("careful", careful, &n_runs);
#ifdef PL_FAULTS
    assert_int_equal(n_runs, 3);
#else
    assert_int_equal(n_runs, 1);
#endif
}

static void test_files(void **state)
{
    char *path = pl__kit_write(*state, "a/b/c.bin", "x\0y", 3);
    size_t n = 0;
    char *bytes = pl__kit_read(path, &n);
    assert_int_equal(n, 3);
    assert_memory_equal(bytes, "x\0y\0", 4);
    free(bytes);
    static char large[20000];
    memset(large, 'l', sizeof(large) - 1);
    free(pl__kit_write_text(*state, "large", large));
    char *large_path = pl__kit_path(*state, "large");
    bytes = pl__kit_read(large_path, NULL);
    assert_string_equal(bytes, large);
    free(bytes);
    free(large_path);
    assert_true(pl__kit_exists(path));
    free(path);
}

static void test_temp_goes_with_its_content(void **state)
{
    (void)state;
    char *dir = pl__kit_temp_new();
    char *copy = pl__kit_path(dir, ".");
    free(pl__kit_write_text(dir, "x/y/z", ""));
    pl__kit_temp_free(dir);
    assert_false(pl__kit_exists(copy));
    free(copy);
    pl__kit_temp_free(NULL);
}

static void test_programs(void **state)
{
    pl_kit_result r;
    const char *const extra[] = {"KIT_WORD=here", NULL};
    const char *const argv[] = {"sh", "-c", "cat; echo \"$KIT_WORD $1\"; pwd >&2; exit 7", "sh", "a b", NULL};
    pl__kit_run(argv, &(pl_kit_how){.dir = *state, .input = "in\n", .extra = extra}, &r);
    assert_int_equal(r.code, 7);
    assert_string_equal(r.out, "in\nhere a b\n");
    assert_int_equal(r.out_bytes, strlen(r.out));
    assert_non_null(strstr(r.err, strrchr(*state, '/')));
    pl__kit_result_clear(&r);
    pl__kit_run(argv, NULL, &r);
    assert_string_equal(r.out, " a b\n");
    pl__kit_result_clear(&r);

    const char *const sleeper[] = {"sleep", "60", NULL};
    pl_kit_process *p = pl__kit_start(sleeper, NULL);
    assert_true(pl__kit_pid(p) > 0);
    char *so_far = pl__kit_output(p);
    assert_string_equal(so_far, "");
    free(so_far);
    pl__kit_signal(p, SIGKILL);
    pl__kit_wait(p, &r);
    assert_int_equal(r.code, -SIGKILL);
    pl__kit_result_clear(&r);
}

/* Each of these runs in a program of its own (this one, with an argument), because it has to fail. */
static pl_status leaks(void *user, pl_error *err)
{
    (void)user;
    void *a = pl__malloc(1);
    void *b = pl__malloc(1);
    pl_status rc = a && b ? PL_OK : pl__fail(err, PL_E_NOMEM, "two blocks");
    if (rc == PL_OK)
        pl__free(a); /* not on the way out of a failure */
    pl__free(b);
    return rc;
}

static pl_status wrong_status(void *user, pl_error *err)
{
    (void)user;
    void *a = pl__malloc(1);
    if (!a)
        return pl__fail(err, PL_E_IO, "one block");
    pl__free(a);
    return PL_OK;
}

static pl_status mixed_up(void *user, pl_error *err)
{
    (void)user;
    void *a = pl__malloc(1);
    if (!a) {
        (void)pl__fail(err, PL_E_IO, "one block");
        return PL_E_NOMEM;
    }
    pl__free(a);
    return PL_OK;
}

static pl_status always_fails(void *user, pl_error *err)
{
    (void)user;
    return pl__fail(err, PL_E_NOMEM, "without a reason");
}

static const struct {
    const char *name;
    pl_status (*fn)(void *user, pl_error *err);
} failing[] = {
    {"leaks", leaks}, {"wrong status", wrong_status}, {"mixed up", mixed_up}, {"always fails", always_fails}};
#define N_FAILING (sizeof(failing) / sizeof(failing[0]))

static void run_failing(void **state)
{
    const char *name = *state;
    for (size_t i = 0; i < N_FAILING; i++)
        if (strcmp(name, failing[i].name) == 0)
            pl__kit_fault_loop(name, failing[i].fn, NULL);
    if (strcmp(name, "close") == 0)
        PL_KIT_CLOSE(1.0, 1.1, 0.05);
    if (strcmp(name, "not a number") == 0)
        PL_KIT_CLOSE(strtod("nan", NULL), 1.0, 1e300);
    if (strcmp(name, "status") == 0)
        PL_KIT_OK(PL_E_IO, NULL);
    if (strcmp(name, "other code") == 0)
        PL_KIT_STATUS(PL_E_IO, PL_E_IO, &((pl_error){.code = PL_E_NET, .msg = "x"}));
}

static const char *self;

static void test_mistakes_are_noticed(void **state)
{
    (void)state;
    static const char *const others[] = {"close", "not a number", "status", "other code"};
    size_t first = 0;
#ifndef PL_FAULTS
    first = N_FAILING;
#endif
    for (size_t i = first; i < N_FAILING + 4; i++) {
        const char *name = i < N_FAILING ? failing[i].name : others[i - N_FAILING];
        const char *const argv[] = {self, name, NULL};
        const char *const no_leak_check[] = {"ASAN_OPTIONS=detect_leaks=0", NULL}; /* one of them leaks on purpose */
        pl_kit_result r;
        pl__kit_run(argv, &(pl_kit_how){.extra = no_leak_check}, &r);
        if (r.code != 1)
            fail_msg("\"%s\" ended with %d:\n%s%s", name, r.code, r.out, r.err);
        pl__kit_result_clear(&r);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        const struct CMUnitTest one[] = {cmocka_unit_test_prestate(run_failing, argv[1])};
        return cmocka_run_group_tests(one, NULL, NULL);
    }
    self = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault_loop_covers_each_site),
        cmocka_unit_test_setup_teardown(test_files, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(test_temp_goes_with_its_content),
        cmocka_unit_test_setup_teardown(test_programs, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(test_mistakes_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
