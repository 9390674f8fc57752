#include "line_file.h"

#include "alloc.h"
#include "error.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t)65536)

struct pl_line_file {
    char *path;
    int fd;
    uint64_t at; /* read: offset of what `chunk` begins with; append: the file's size */
    size_t n_chunk;
    size_t used; /* of chunk */
    char chunk[CHUNK_BYTES];
};

static pl_status open_file(const char *path, int flags, pl_line_file **ret, pl_error *reterr)
{
    pl_line_file *f = pl__calloc(1, sizeof(*f));
    if (f)
        f->path = pl__strdup(path);
    if (!f || !f->path) {
        pl__free(f);
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
    }
    f->fd = open(path, flags | O_CLOEXEC, 0600);
    if (f->fd < 0) {
        pl_status rc = pl__fail_errno(reterr, errno, path);
        pl__line_file_close(f);
        return rc;
    }
    *ret = f;
    return PL_OK;
}

void pl__line_file_close(pl_line_file *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        (void)close(file->fd);
    pl__free(file->path);
    pl__free(file);
}

/* ---- appending ---- */

pl_status pl__line_file_append_open(const char *path, pl_line_file **ret, uint64_t *ret_size_bytes, pl_error *reterr)
{
    pl_line_file *f = NULL;
    struct stat info;
    char last = '\n';
    pl_status rc = open_file(path, O_RDWR | O_CREAT | O_APPEND, &f, reterr);
    if (rc || !f)
        return rc;
    if (fstat(f->fd, &info) != 0) {
        rc = pl__fail_errno(reterr, errno, path);
        goto out;
    }
    if (!S_ISREG(info.st_mode)) {
        rc = pl__fail(reterr, PL_E_IO, "%s: is no regular file", path);
        goto out;
    }
    f->at = (uint64_t)info.st_size;
    if (info.st_size > 0 && pread(f->fd, &last, 1, info.st_size - 1) != 1) {
        rc = pl__fail_errno(reterr, errno, path);
        goto out;
    }
    if (last != '\n')
        rc = pl__line_file_append(f, pl__view("\n"), reterr);
    if (rc)
        goto out;
    *ret_size_bytes = (uint64_t)info.st_size;
    *ret = f;
    f = NULL;
out:
    pl__line_file_close(f);
    return rc;
}

pl_status pl__line_file_append(pl_line_file *file, pl_view lines, pl_error *reterr)
{
    size_t done = 0;
    while (done < lines.len) {
        ssize_t n = write(file->fd, lines.ptr + done, lines.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            int code = n < 0 ? errno : ENOSPC;
            if (done > 0 && ftruncate(file->fd, (off_t)file->at) != 0)
                file->at += done; /* a half line stays, which readers skip */
            return pl__fail_errno(reterr, code, file->path);
        }
        done += (size_t)n;
    }
    file->at += lines.len;
    return PL_OK;
}

/* ---- reading ---- */

pl_status pl__line_file_read_open(const char *path, pl_line_file **ret, pl_error *reterr)
{
    return open_file(path, O_RDONLY, ret, reterr);
}

static pl_status fill(pl_line_file *f, pl_error *reterr)
{
    ssize_t n = 0;
    f->at += f->n_chunk;
    f->used = f->n_chunk = 0;
    do
        n = read(f->fd, f->chunk, sizeof(f->chunk));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return pl__fail_errno(reterr, errno, f->path);
    f->n_chunk = (size_t)n;
    return PL_OK;
}

pl_status pl__line_file_next(pl_line_file *file, pl_str *ret, uint64_t *ret_offset, bool *ret_more, pl_error *reterr)
{
    bool some = false;
    uint64_t offset = file->at + file->used;
    pl__str_reset(ret);
    for (;;) {
        if (file->used == file->n_chunk) {
            pl_status rc = fill(file, reterr);
            if (rc)
                return rc;
            if (file->n_chunk == 0)
                break;
        }
        some = true;
        const char *from = file->chunk + file->used;
        size_t left = file->n_chunk - file->used;
        const char *end = memchr(from, '\n', left);
        size_t take = end ? (size_t)(end - from) : left;
        if (ret->len + take > PL_LINE_BYTES_MAX)
            return pl__fail(reterr, PL_E_LIMIT, "%s: a line of more than %zu bytes", file->path, PL_LINE_BYTES_MAX);
        if (pl__str_append(ret, from, take) != PL_OK)
            return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", file->path);
        file->used += take + (end ? 1 : 0);
        if (end)
            break;
    }
    *ret_offset = offset;
    *ret_more = some;
    return PL_OK;
}

pl_status pl__line_file_at(const pl_line_file *file, uint64_t offset, size_t n, pl_str *ret, pl_error *reterr)
{
    char chunk[CHUNK_BYTES];
    pl__str_reset(ret);
    while (ret->len < n) {
        size_t want = n - ret->len < sizeof(chunk) ? n - ret->len : sizeof(chunk);
        ssize_t got = pread(file->fd, chunk, want, (off_t)(offset + ret->len));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return pl__fail_errno(reterr, errno, file->path);
        if (got == 0)
            return pl__fail(reterr, PL_E_IO, "%s: ends before byte %llu", file->path, (unsigned long long)offset + n);
        if (pl__str_append(ret, chunk, (size_t)got) != PL_OK)
            return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", file->path);
    }
    return PL_OK;
}
