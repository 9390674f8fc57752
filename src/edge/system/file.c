#include "file.h"

#include "error.h"
#include "file_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_CHUNK_BYTES ((size_t)65536)

/* Room for the whole file at once where its size is known: reading must not cost twice its memory. */
static pl_status reserve_for(int fd, const char *path, size_t limit_bytes, pl_str *bytes, pl_error *reterr)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return pl__fail_errno(reterr, errno, path);
    if (S_ISDIR(info.st_mode))
        return pl__fail_detail(reterr, PL_E_IO, EISDIR, "%s: is a folder, not a file", path);
    if (!S_ISREG(info.st_mode))
        return PL_OK;
    if ((uint64_t)info.st_size > (uint64_t)limit_bytes)
        return pl__fail(reterr, PL_E_LIMIT, "%s: larger than %zu bytes", path, limit_bytes);
    if (pl__str_reserve(bytes, (size_t)info.st_size) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
    return PL_OK;
}

static pl_status read_all(int fd, const char *path, size_t limit_bytes, pl_str *bytes, pl_error *reterr)
{
    char chunk[READ_CHUNK_BYTES];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pl__fail_errno(reterr, errno, path);
        if (n == 0)
            return PL_OK;
        pl_status rc = pl__str_append(bytes, chunk, (size_t)n);
        if (rc == PL_E_LIMIT)
            return pl__fail(reterr, rc, "%s: larger than %zu bytes", path, limit_bytes);
        if (rc != PL_OK)
            return pl__fail(reterr, rc, "%s: no memory", path);
    }
}

pl_status pl__file_read(const char *path, size_t limit_bytes, pl_str *ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_str bytes;
    int fd = -1;
    bool from_stdin = path && strcmp(path, "-") == 0;

    if (!path || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl__str_init(&bytes, limit_bytes);
    fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        rc = pl__fail_errno(reterr, errno, path);
        goto out;
    }
    const char *shown = from_stdin ? "standard input" : path;
    rc = reserve_for(fd, shown, limit_bytes, &bytes, reterr);
    if (rc == PL_OK)
        rc = read_all(fd, shown, limit_bytes, &bytes, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = bytes;
    pl__str_init(&bytes, limit_bytes);
out:
    if (fd >= 0 && !from_stdin)
        (void)close(fd);
    pl__str_clear(&bytes);
    return rc;
}

pl_status pl__file_write(const char *path, pl_view bytes, pl_error *reterr)
{
    pl_file_sink *sink = NULL;
    pl_status rc = pl__file_sink_open(path, &sink, reterr);
    if (rc != PL_OK)
        return rc;
    rc = pl__file_sink_write(sink, bytes, reterr);
    if (rc != PL_OK) {
        pl__file_sink_abort(sink);
        return rc;
    }
    return pl__file_sink_commit(sink, reterr);
}

pl_status pl__file_stat(const char *path, pl_file_info *ret, pl_error *reterr)
{
    struct stat info;
    if (!path || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (stat(path, &info) != 0)
        return pl__fail_errno(reterr, errno, path);
    *ret = (pl_file_info){.size_bytes = (uint64_t)info.st_size,
                          .mtime_ns = (int64_t)info.st_mtim.tv_sec * 1000000000 + (int64_t)info.st_mtim.tv_nsec,
                          .is_dir = S_ISDIR(info.st_mode),
                          .open_to_others = (info.st_mode & (S_IRGRP | S_IROTH)) != 0};
    return PL_OK;
}
