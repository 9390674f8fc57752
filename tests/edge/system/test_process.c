#include "kit.h"

#include "process.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL(text) ((const char *const[]){"sh", "-c", text, NULL})

static pl_status run(const char *const *argv, uint32_t timeout_ms, const char *want, const char *want_errors,
                     pl_error *err)
{
    pl_str output;
    pl_str errors;
    pl__str_init(&output, 100);
    pl__str_init(&errors, 20);
    pl_status rc = pl__process_output(argv, timeout_ms, &output, &errors, err);
    if (want)
        assert_string_equal(pl__str_c(&output), want);
    if (want_errors)
        assert_string_equal(pl__str_c(&errors), want_errors);
    pl__str_clear(&output);
    pl__str_clear(&errors);
    return rc;
}

static void what_it_prints_comes_back(void **state)
{
    pl_error err = {0};
    (void)state;
    PL_KIT_OK(run((const char *const[]){"printf", "%s|", "a b", "$HOME;", NULL}, 60000, "a b|$HOME;|", "", &err), &err);
    PL_KIT_OK(run(SHELL("cat; echo out; echo err >&2"), 60000, "out\n", "err\n", &err), &err);
    PL_KIT_OK(run(SHELL("echo 0123456789abcdefghijklmnop >&2"), 60000, "", "789abcdefghijklmnop\n", &err), &err);
}

static void ends_are_told_apart(void **state)
{
    pl_error err = {0};
    (void)state;
    PL_KIT_STATUS(run(SHELL("echo no >&2; exit 7"), 60000, "", "no\n", &err), PL_E_INVALID, &err);
    assert_int_equal(err.detail, 7);
    PL_KIT_STATUS(run(SHELL("kill -9 $$"), 60000, "", "", &err), PL_E_INVALID, &err);
    assert_int_equal(err.detail, -9);
    PL_KIT_STATUS(run((const char *const[]){"/nonexistent/program", NULL}, 60000, "", "", &err), PL_E_NOT_FOUND, &err);
    assert_non_null(strstr(err.msg, "/nonexistent/program"));
    PL_KIT_STATUS(run(SHELL("yes"), 60000, NULL, NULL, &err), PL_E_LIMIT, &err);
    PL_KIT_STATUS(run(SHELL("exec sleep 1000"), 50, "", "", &err), PL_E_CANCELLED, &err);
    PL_KIT_STATUS(run(SHELL("exec >&- 2>&-; exec sleep 1000"), 50, "", "", &err), PL_E_CANCELLED, &err);
}

/* Ends by a signal that makes a core file; were one made or piped away, the 0x80 bit of its status would say so. */
static void no_core_file_is_left(void **state)
{
    int status = 0;
    (void)state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        bool hidden = pl__process_hide_memory();
        (void)signal(SIGQUIT, SIG_DFL);
        (void)kill(getpid(), hidden ? SIGQUIT : SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGQUIT);
    assert_int_equal(status & 0x80, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_prints_comes_back),
        cmocka_unit_test(ends_are_told_apart),
        cmocka_unit_test(no_core_file_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
