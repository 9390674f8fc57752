#include "process.h"

#include "clock.h"
#include "error.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NS_PER_MS UINT64_C(1000000)
#define WAIT_STEP_MS 2

extern char **environ;

typedef struct child {
    pid_t pid;
    int fds[2]; /* its standard output and error; -1: at its end */
} child;

bool pl__process_hide_memory(void)
{
    return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) == 0;
}

static void close_pair(const int pair[2])
{
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            (void)close(pair[i]);
}

/* In this process's own group: a program that asks for a passphrase must be able to use the terminal. */
static int spawn(const char *const *argv, int out_fd, int err_fd, pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    char *words[PL_PROCESS_WORDS_MAX + 1] = {NULL};
    int code = 0;
    if (!argv[0])
        return EINVAL;
    for (size_t i = 0; argv[i]; i++) {
        if (i == PL_PROCESS_WORDS_MAX)
            return E2BIG;
        words[i] = (char *)(uintptr_t)argv[i]; /* posix_spawn does not write to them */
    }
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    code = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    code = code ? code : posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
    code = code ? code : posix_spawn_file_actions_adddup2(&actions, err_fd, STDERR_FILENO);
    code = code ? code : posix_spawnp(ret, argv[0], &actions, NULL, words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return code;
}

/* Pipes that the child gets by dup2 only: close-on-exec, so that no other child of this process keeps them open. */
static bool open_pipe(int pair[2])
{
    if (pipe(pair) != 0)
        return false;
    (void)fcntl(pair[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(pair[1], F_SETFD, FD_CLOEXEC);
    return true;
}

static pl_status start(const char *const *argv, child *ret, pl_error *reterr)
{
    int out[2] = {-1, -1};
    int err[2] = {-1, -1};
    int code = open_pipe(out) && open_pipe(err) ? 0 : errno;
    if (!code)
        code = spawn(argv, out[1], err[1], &ret->pid);
    if (code) {
        close_pair(out);
        close_pair(err);
        return pl__fail_errno(reterr, code, argv[0]);
    }
    (void)close(out[1]);
    (void)close(err[1]);
    ret->fds[0] = out[0];
    ret->fds[1] = err[0];
    return PL_OK;
}

/* Of a long standard error only the end is kept. */
static void keep_end(pl_str *errors, const char *bytes, size_t n)
{
    if (n > errors->limit_bytes) {
        bytes += n - errors->limit_bytes;
        n = errors->limit_bytes;
    }
    if (errors->len + n > errors->limit_bytes) {
        size_t drop = errors->len + n - errors->limit_bytes;
        for (size_t i = drop; i < errors->len; i++)
            errors->ptr[i - drop] = errors->ptr[i];
        errors->len -= drop;
    }
    pl_status rc = pl__str_append(errors, bytes, n);
    (void)rc; /* when memory is short there are fewer words */
}

static pl_status read_some(child *c, int which, pl_str *output, pl_str *errors, const char *name, pl_error *reterr)
{
    char bytes[4096];
    pl_status rc = PL_OK;
    ssize_t n = read(c->fds[which], bytes, sizeof(bytes));
    if (n < 0 && errno == EINTR)
        return PL_OK;
    if (n <= 0) {
        (void)close(c->fds[which]);
        c->fds[which] = -1;
    } else if (which == 1) {
        keep_end(errors, bytes, (size_t)n);
    } else {
        rc = pl__str_append(output, bytes, (size_t)n);
        if (rc == PL_E_LIMIT)
            rc = pl__fail(reterr, rc, "%s: prints more than %zu bytes", name, output->limit_bytes);
        else if (rc)
            rc = pl__fail(reterr, rc, "%s: no memory", name);
        volatile char *wiped = bytes; /* it may be a key */
        for (size_t i = 0; i < sizeof(bytes); i++)
            wiped[i] = 0;
    }
    return rc;
}

static pl_status collect(child *c, uint64_t until_ns, pl_str *output, pl_str *errors, const char *name,
                         pl_error *reterr)
{
    const pl_clock *clock = pl__clock_system();
    pl_status rc = PL_OK;
    while (rc == PL_OK && (c->fds[0] >= 0 || c->fds[1] >= 0)) {
        struct pollfd waited[2] = {{.fd = c->fds[0], .events = POLLIN}, {.fd = c->fds[1], .events = POLLIN}};
        uint64_t now = clock->now_mono_ns(clock->user);
        if (now >= until_ns)
            return pl__fail(reterr, PL_E_CANCELLED, "%s: does not come to an end", name);
        int n = poll(waited, 2, (int)((until_ns - now) / NS_PER_MS) + 1);
        if (n < 0 && errno != EINTR)
            return pl__fail_errno(reterr, errno, name);
        for (int i = 0; i < 2 && n > 0 && rc == PL_OK; i++)
            if (waited[i].revents != 0)
                rc = read_some(c, i, output, errors, name, reterr);
    }
    return rc;
}

/* It may go on after it has closed its outputs. */
static pl_status wait_for_end(const child *c, uint64_t until_ns, int *ret_state, const char *name, pl_error *reterr)
{
    const pl_clock *clock = pl__clock_system();
    for (;;) {
        pid_t pid = waitpid(c->pid, ret_state, WNOHANG);
        if (pid == c->pid)
            return PL_OK;
        if (pid < 0 && errno != EINTR)
            return pl__fail_errno(reterr, errno, name);
        if (clock->now_mono_ns(clock->user) >= until_ns)
            return pl__fail(reterr, PL_E_CANCELLED, "%s: does not come to an end", name);
        (void)poll(NULL, 0, WAIT_STEP_MS);
    }
}

static void kill_and_reap(const child *c)
{
    int state = 0;
    (void)kill(c->pid, SIGKILL);
    while (waitpid(c->pid, &state, 0) < 0 && errno == EINTR)
        continue;
}

pl_status pl__process_output(const char *const *argv, uint32_t timeout_ms, pl_str *output, pl_str *errors,
                             pl_error *reterr)
{
    const pl_clock *clock = pl__clock_system();
    child c = {.fds = {-1, -1}};
    int state = 0;
    pl_status rc = start(argv, &c, reterr);
    if (rc)
        return rc;
    uint64_t until_ns = clock->now_mono_ns(clock->user) + timeout_ms * NS_PER_MS;
    rc = collect(&c, until_ns, output, errors, argv[0], reterr);
    close_pair(c.fds);
    rc = rc ? rc : wait_for_end(&c, until_ns, &state, argv[0], reterr);
    if (rc) {
        kill_and_reap(&c);
        return rc;
    }
    if (WIFSIGNALED(state))
        return pl__fail_detail(reterr, PL_E_INVALID, -WTERMSIG(state), "%s: ended by signal %d", argv[0],
                               WTERMSIG(state));
    if (WEXITSTATUS(state) != 0)
        return pl__fail_detail(reterr, PL_E_INVALID, WEXITSTATUS(state), "%s: ended with code %d", argv[0],
                               WEXITSTATUS(state));
    return PL_OK;
}
