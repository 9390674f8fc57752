/* realpath */
#define _XOPEN_SOURCE 700

#include "store_lock.h"

#include "alloc.h"
#include "error.h"
#include "file.h"
#include "str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often the lock file may vanish between opening and locking it (its holder removes it when it ends). */
#define LOCK_TRIES_MAX 100
#define PID_DIGITS_MAX 20

/* Two names of one store (symbolic links) must meet at one lock file. */
static char *lock_path(const char *store_path)
{
    char real[PATH_MAX];
    const char *base = realpath(store_path, real) ? real : store_path;
    pl_str path;

    pl__str_init(&path, PL_STR_LIMIT_DEFAULT);
    if (pl__str_append_c(&path, base) != PL_OK || pl__str_append_c(&path, "-lock") != PL_OK) {
        pl__str_clear(&path);
        return NULL;
    }
    return pl__str_take(&path);
}

static pl_status fail_errno(const char *store_path, int code, pl_error *reterr)
{
    char why[128];
    pl_status rc = PL_E_IO;

    pl__errno_text(code, why, sizeof(why));
    if (code == ENOENT)
        return pl__fail_detail(reterr, PL_E_NOT_FOUND, code, "store %s: its folder does not exist", store_path);
    if (code == ENOSPC || code == EDQUOT)
        rc = PL_E_FULL;
    return pl__fail_detail(reterr, rc, code, "store %s: its lock file cannot be made: %s", store_path, why);
}

/* The holder wrote its process id; what else may be in the file is not repeated. */
static pl_status fail_busy(const char *store_path, int fd, pl_error *reterr)
{
    char pid[PID_DIGITS_MAX + 1] = {0};
    ssize_t n = pread(fd, pid, PID_DIGITS_MAX, 0);
    size_t digits = n > 0 ? strspn(pid, "0123456789") : 0;

    pid[digits] = '\0';
    if (digits == 0)
        return pl__fail(reterr, PL_E_BUSY,
                        "store %s: another process is writing to it; wait for it to end, or name another store",
                        store_path);
    return pl__fail(reterr, PL_E_BUSY,
                    "store %s: process %s is writing to it; wait for it to end, or name another store", store_path,
                    pid);
}

static void write_pid(int fd)
{
    pl_str pid;

    pl__str_init(&pid, PID_DIGITS_MAX);
    /* Only for the message of the next one who comes: failing is fine. */
    if (ftruncate(fd, 0) == 0 && pl__str_appendf(&pid, "%lld", (long long)getpid()) == PL_OK)
        (void)!pwrite(fd, pid.ptr, pid.len, 0);
    pl__str_clear(&pid);
}

/* One try. *ret_fd is -1 when the file went away in between. */
static pl_status try_take(const char *store_path, const char *path, int *ret_fd, pl_error *reterr)
{
    pl_status rc = PL_OK;
    struct stat held;
    struct stat named;

    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return fail_errno(store_path, errno, reterr);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        rc = errno == EWOULDBLOCK ? fail_busy(store_path, fd, reterr) : fail_errno(store_path, errno, reterr);
        goto out;
    }
    if (fstat(fd, &held) != 0 || stat(path, &named) != 0 || held.st_ino != named.st_ino ||
        held.st_dev != named.st_dev) {
        *ret_fd = -1;
        goto out;
    }
    *ret_fd = fd;
    fd = -1;
out:
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

pl_status pl__store_lock_take(const char *store_path, pl_store_lock *ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    int fd = -1;

    char *path = lock_path(store_path);
    if (!path)
        return pl__fail(reterr, PL_E_NOMEM, "store %s", store_path);
    for (unsigned tries = 0; fd < 0 && tries < LOCK_TRIES_MAX; tries++) {
        rc = try_take(store_path, path, &fd, reterr);
        if (rc != PL_OK)
            goto out;
    }
    if (fd < 0) {
        rc = pl__fail(reterr, PL_E_BUSY, "store %s: its lock changes hands all the time; try again", store_path);
        goto out;
    }
    write_pid(fd);
    ret->fd = fd;
    ret->path = path;
    path = NULL;
out:
    pl__free(path);
    return rc;
}

void pl__store_lock_release(pl_store_lock *lock)
{
    if (lock->fd < 0)
        return;
    (void)unlink(lock->path); /* while it is held: see the check after flock above */
    (void)close(lock->fd);
    pl__free(lock->path);
    lock->fd = -1;
    lock->path = NULL;
}
