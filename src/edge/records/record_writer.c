#include "records.h"

#include "alloc.h"
#include "error.h"
#include "file_sink.h"

#include <string.h>
#include <zlib.h>

#define CHUNK_BYTES ((size_t)65536)
#define GZIP_WINDOW_BITS (15 + 16) /* 16: a gzip header, whose time stays 0: same records, same bytes */
#define GZIP_MEMORY_LEVEL 8

/* Small writes gather in `chunk`; compressed ones gather in the stream and come out through it. */
struct pl_record_writer {
    pl_file_sink *sink;
    unsigned char *chunk;
    size_t used;
    bool compress;
    bool failed;
    z_stream stream;
};

static voidpf zlib_alloc(voidpf user, uInt n, uInt size)
{
    (void)user;
    return pl__calloc(n, size);
}

static void zlib_free(voidpf user, voidpf p)
{
    (void)user;
    pl__free(p);
}

void pl__record_writer_abort(pl_record_writer *w)
{
    if (!w)
        return;
    if (w->compress)
        (void)deflateEnd(&w->stream);
    pl__file_sink_abort(w->sink);
    pl__free(w->chunk);
    pl__free(w);
}

pl_status pl__record_writer_open(const char *path, pl_record_writer **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_record_writer *w = NULL;

    if (!path || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    size_t len = strlen(path);
    w = pl__calloc(1, sizeof(*w));
    if (!w)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
    w->chunk = pl__malloc(CHUNK_BYTES);
    if (!w->chunk) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
        goto out;
    }
    if (len > 3 && strcmp(path + len - 3, ".gz") == 0) {
        w->stream.zalloc = zlib_alloc;
        w->stream.zfree = zlib_free;
        if (deflateInit2(&w->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY_LEVEL,
                         Z_DEFAULT_STRATEGY) != Z_OK) {
            rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
            goto out;
        }
        w->compress = true;
    }
    rc = pl__file_sink_open(path, &w->sink, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = w;
    w = NULL;
out:
    pl__record_writer_abort(w);
    return rc;
}

static pl_status flush_chunk(pl_record_writer *w, pl_error *reterr)
{
    pl_status rc = pl__file_sink_write(w->sink, pl__view_n((const char *)w->chunk, w->used), reterr);
    w->used = 0;
    w->failed = rc != PL_OK;
    return rc;
}

static pl_status write_plain(pl_record_writer *w, pl_view bytes, pl_error *reterr)
{
    while (bytes.len > 0) {
        size_t n = CHUNK_BYTES - w->used < bytes.len ? CHUNK_BYTES - w->used : bytes.len;
        memcpy(w->chunk + w->used, bytes.ptr, n);
        w->used += n;
        bytes.ptr += n;
        bytes.len -= n;
        if (w->used == CHUNK_BYTES) {
            pl_status rc = flush_chunk(w, reterr);
            if (rc != PL_OK)
                return rc;
        }
    }
    return PL_OK;
}

/* zlib's input is not const, and counts in 32 bits: it is fed from a copy of limited size. */
static pl_status write_compressed(pl_record_writer *w, pl_view bytes, bool finish, pl_error *reterr)
{
    unsigned char input[4096];
    for (;;) {
        size_t n = bytes.len < sizeof(input) ? bytes.len : sizeof(input);
        if (n > 0)
            memcpy(input, bytes.ptr, n);
        bytes.ptr += n;
        bytes.len -= n;
        w->stream.next_in = input;
        w->stream.avail_in = (uInt)n;
        bool last = finish && bytes.len == 0;
        int code = Z_OK;
        do {
            w->stream.next_out = w->chunk + w->used;
            w->stream.avail_out = (uInt)(CHUNK_BYTES - w->used);
            code = deflate(&w->stream, last ? Z_FINISH : Z_NO_FLUSH);
            w->used = CHUNK_BYTES - w->stream.avail_out;
            if (w->used == CHUNK_BYTES) {
                pl_status rc = flush_chunk(w, reterr);
                if (rc != PL_OK)
                    return rc;
            }
        } while (w->stream.avail_in > 0 || (last && code != Z_STREAM_END));
        if (bytes.len == 0)
            return PL_OK;
    }
}

pl_status pl__record_writer_write(pl_record_writer *w, pl_view bytes, pl_error *reterr)
{
    if (!w || (!bytes.ptr && bytes.len > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (bytes.len == 0)
        return PL_OK;
    return w->compress ? write_compressed(w, bytes, false, reterr) : write_plain(w, bytes, reterr);
}

pl_status pl__record_writer_close(pl_record_writer *w, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_file_sink *sink = NULL;

    if (!w)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (w->failed) {
        rc = pl__fail(reterr, PL_E_IO, "an earlier write did not succeed");
        goto out;
    }
    if (w->compress)
        rc = write_compressed(w, pl__view_n("", 0), true, reterr);
    if (rc == PL_OK && w->used > 0)
        rc = flush_chunk(w, reterr);
    if (rc != PL_OK)
        goto out;
    sink = w->sink;
    w->sink = NULL;
    rc = pl__file_sink_commit(sink, reterr);
out:
    pl__record_writer_abort(w);
    return rc;
}
