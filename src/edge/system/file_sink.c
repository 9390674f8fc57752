#include "file_sink.h"

#include "alloc.h"
#include "error.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_TRIES 100

struct pl_file_sink {
    char *path;
    char *temporary; /* NULL: written directly */
    int fd;
    bool owns_fd;
    bool failed;
};

/* Not pl__fail_errno: a missing folder is no missing input, but a file that cannot be written. */
static pl_status fail_errno(pl_error *reterr, int code, const char *path)
{
    char text[128];
    pl__errno_text(code, text, sizeof(text));
    bool full = code == ENOSPC || code == EDQUOT;
    return pl__fail_detail(reterr, full ? PL_E_FULL : PL_E_IO, code, "%s: %s", path, text);
}

/* Anything but a regular file must not be replaced by one: root could rename over /dev/null. */
static bool is_special(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

static pl_status open_temporary(pl_file_sink *sink, pl_error *reterr)
{
    static atomic_uint serial;
    pl_str name;
    pl__str_init(&name, PL_STR_LIMIT_DEFAULT);
    for (int i = 0; i < TEMPORARY_TRIES; i++) {
        pl__str_reset(&name);
        if (pl__str_appendf(&name, "%s.%ld-%u.tmp", sink->path, (long)getpid(), atomic_fetch_add(&serial, 1u)) != PL_OK)
            break;
        sink->fd = open(pl__str_c(&name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (sink->fd >= 0) {
            sink->owns_fd = true;
            sink->temporary = pl__str_take(&name);
            return PL_OK;
        }
        if (errno != EEXIST) {
            pl_status rc = fail_errno(reterr, errno, sink->path);
            pl__str_clear(&name);
            return rc;
        }
    }
    pl__str_clear(&name);
    return pl__fail(reterr, PL_E_NOMEM, "%s: no name for a temporary file", sink->path);
}

pl_status pl__file_sink_open(const char *path, pl_file_sink **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_file_sink *sink = NULL;

    if (!path || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    sink = pl__calloc(1, sizeof(*sink));
    if (!sink)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
    sink->fd = -1;
    sink->path = pl__strdup(path);
    if (!sink->path) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
        goto out;
    }
    if (strcmp(path, "-") == 0) {
        sink->fd = STDOUT_FILENO;
    } else if (is_special(path)) {
        sink->fd = open(path, O_WRONLY | O_CLOEXEC);
        sink->owns_fd = sink->fd >= 0;
        if (sink->fd < 0)
            rc = fail_errno(reterr, errno, path);
    } else {
        rc = open_temporary(sink, reterr);
    }
    if (rc != PL_OK)
        goto out;
    *ret = sink;
    sink = NULL;
out:
    pl__file_sink_abort(sink);
    return rc;
}

pl_status pl__file_sink_write(pl_file_sink *sink, pl_view bytes, pl_error *reterr)
{
    if (!sink || (!bytes.ptr && bytes.len > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    while (bytes.len > 0) {
        ssize_t n = write(sink->fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            sink->failed = true;
            return fail_errno(reterr, errno, sink->path);
        }
        bytes.ptr += n;
        bytes.len -= (size_t)n;
    }
    return PL_OK;
}

static void sink_free(pl_file_sink *sink)
{
    if (sink->owns_fd)
        (void)close(sink->fd);
    pl__free(sink->temporary);
    pl__free(sink->path);
    pl__free(sink);
}

/* Makes the rename itself durable; a file system that cannot fsync a folder has nothing to add. */
static void sync_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *parent = slash ? pl__strndup(path, (size_t)(slash - path) + 1) : pl__strdup(".");
    if (!parent)
        return;
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    pl__free(parent);
}

pl_status pl__file_sink_commit(pl_file_sink *sink, pl_error *reterr)
{
    pl_status rc = PL_OK;

    if (!sink)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (sink->failed) {
        rc = pl__fail(reterr, PL_E_IO, "%s: an earlier write did not succeed", sink->path);
        goto out;
    }
    if (sink->temporary && fsync(sink->fd) != 0) {
        rc = fail_errno(reterr, errno, sink->path);
        goto out;
    }
    if (sink->owns_fd) {
        sink->owns_fd = false;
        if (close(sink->fd) != 0) { /* NFS reports a full disk only here */
            rc = fail_errno(reterr, errno, sink->path);
            goto out;
        }
    }
    if (sink->temporary) {
        if (rename(sink->temporary, sink->path) != 0) {
            rc = fail_errno(reterr, errno, sink->path);
            goto out;
        }
        sync_parent(sink->path);
    }
    sink_free(sink);
    return PL_OK;
out:
    pl__file_sink_abort(sink);
    return rc;
}

void pl__file_sink_abort(pl_file_sink *sink)
{
    if (!sink)
        return;
    if (sink->temporary)
        (void)unlink(sink->temporary);
    sink_free(sink);
}
