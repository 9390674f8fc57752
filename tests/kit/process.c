#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ; /* POSIX: declared by the program */

struct pl_kit_process {
    pid_t pid;
    char *files; /* a temporary directory: in, out, err */
};

static size_t count(const char *const *list)
{
    size_t n = 0;
    while (list && list[n])
        n++;
    return n;
}

/* posix_spawn takes char *const[] but changes nothing; the copies are made so that no cast takes const away. */
static char **copy_list(const char *const *first, const char *const *second)
{
    size_t n = 0;
    char **list = calloc(count(first) + count(second) + 1, sizeof(*list));
    assert_non_null(list);
    for (int part = 0; part < 2; part++) {
        const char *const *from = part == 0 ? first : second;
        for (size_t i = 0; from && from[i]; i++)
            list[n++] = strdup(from[i]);
    }
    return list;
}

static void free_list(char **list)
{
    for (size_t i = 0; list[i]; i++)
        free(list[i]);
    free(list);
}

/* The caller's environment without what `extra` sets anew, then extra. */
static char **environment(const char *const *extra)
{
    const char **kept = calloc(count((const char *const *)environ) + 1, sizeof(*kept));
    size_t n = 0;
    assert_non_null(kept);
    for (size_t i = 0; environ[i]; i++) {
        size_t name_bytes = strcspn(environ[i], "=") + 1;
        bool replaced = false;
        for (size_t k = 0; extra && extra[k]; k++)
            replaced = replaced || strncmp(environ[i], extra[k], name_bytes) == 0;
        if (!replaced)
            kept[n++] = environ[i];
    }
    char **all = copy_list((const char *const *)kept, extra);
    free(kept);
    return all;
}

pl_kit_process *pl__kit_start(const char *const *argv, const pl_kit_how *how)
{
    /* POSIX has no way to spawn in another directory but through a program that goes there. */
    static const char go[] = "cd \"$0\" && exec \"$@\"";
    const pl_kit_how plain = {0};
    if (!how)
        how = &plain;
    const char *const prefix[] = {"/bin/sh", "-c", go, how->dir, NULL};

    pl_kit_process *process = calloc(1, sizeof(*process));
    assert_non_null(process);
    process->files = pl__kit_temp_new();
    char *in = how->input ? pl__kit_write_text(process->files, "in", how->input) : strdup("/dev/null");
    char *out = pl__kit_path(process->files, "out");
    char *err = pl__kit_path(process->files, "err");
    char **args = how->dir ? copy_list(prefix, argv) : copy_list(argv, NULL);
    char **env = environment(how->extra);

    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    int rc = posix_spawn_file_actions_addopen(&actions, 0, in, O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (rc == 0)
        rc = posix_spawnp(&process->pid, args[0], &actions, NULL, args, env);
    (void)posix_spawn_file_actions_destroy(&actions);
    free_list(args);
    free_list(env);
    free(in);
    free(out);
    free(err);
    if (rc != 0) {
        pl__kit_temp_free(process->files);
        free(process);
        fail_msg("cannot start %s: %s", argv[0], strerror(rc));
        return NULL;
    }
    return process;
}

pid_t pl__kit_pid(const pl_kit_process *process)
{
    return process->pid;
}

static char *read_file(const pl_kit_process *process, const char *name, size_t *ret_n)
{
    char *path = pl__kit_path(process->files, name);
    char *bytes = pl__kit_read(path, ret_n);
    free(path);
    return bytes;
}

char *pl__kit_output(const pl_kit_process *process)
{
    return read_file(process, "out", NULL);
}

void pl__kit_signal(pl_kit_process *process, int signo)
{
    (void)kill(process->pid, signo); /* not yet waited for: the id is still its own */
}

void pl__kit_wait(pl_kit_process *process, pl_kit_result *ret)
{
    int status = 0;
    while (waitpid(process->pid, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    memset(ret, 0, sizeof(*ret));
    ret->code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    ret->out = read_file(process, "out", &ret->out_bytes);
    ret->err = read_file(process, "err", &ret->err_bytes);
    pl__kit_temp_free(process->files);
    free(process);
}

void pl__kit_result_clear(pl_kit_result *result)
{
    free(result->out);
    free(result->err);
    memset(result, 0, sizeof(*result));
}

void pl__kit_run(const char *const *argv, const pl_kit_how *how, pl_kit_result *ret)
{
    pl__kit_wait(pl__kit_start(argv, how), ret);
}
