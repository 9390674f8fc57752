#include "line_reader.h"

#include "alloc.h"
#include "error.h"
#include "file.h"
#include "line_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define CHUNK_BYTES ((size_t)65536)
#define GZIP_BUFFER_BYTES 131072
#define GZIP_FIRST 0x1f
#define ZSTD_MAGIC "\x28\xb5\x2f\xfd"
#define ZSTD_WINDOW_LOG_MAX 27 /* 128 MB: what the zstd program reads without being asked twice */

struct pl_line_reader {
    char *name;
    gzFile file; /* NULL: memory, or a plain file */
    int plain;   /* a plain file, or -1 */
    char *chunk; /* what was read ahead */
    bool begun;  /* the first chunk was looked at */
    ZSTD_DStream *zstd;
    ZSTD_inBuffer packed; /* of zstd: what of `input` is not unpacked yet */
    char *input;
    bool frame_open;  /* of zstd */
    pl_view rest;     /* of the chunk, or of the memory */
    pl_str long_line; /* a line that spans chunks */
    uint64_t line;
    pl_status fault; /* of reading a block: to be told with the next one */
    pl_error fault_text;
};

static pl_line_reader *reader_new(const char *name)
{
    pl_line_reader *reader = pl__calloc(1, sizeof(*reader));
    if (!reader)
        return NULL;
    reader->name = pl__strdup(name);
    if (!reader->name) {
        pl__free(reader);
        return NULL;
    }
    reader->plain = -1;
    pl__str_init(&reader->long_line, PL_RECORDS_LINE_BYTES_MAX);
    return reader;
}

pl_status pl__line_reader_from_memory(const char *name, pl_view text, pl_line_reader **ret, pl_error *reterr)
{
    pl_line_reader *reader = reader_new(name);
    if (!reader)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", name);
    reader->rest = text;
    *ret = reader;
    return PL_OK;
}

static bool named(const char *path, const char *ending)
{
    size_t n = strlen(path);
    size_t n_ending = strlen(ending);
    return n > n_ending && strcmp(path + n - n_ending, ending) == 0;
}

static pl_status open_fd(const char *path, int *ret, pl_error *reterr)
{
    struct stat info;
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pl__fail_errno(reterr, errno, path);
    if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        (void)close(fd);
        return pl__fail_errno(reterr, EISDIR, path);
    }
    *ret = fd;
    return PL_OK;
}

static pl_status zlib_error(const pl_line_reader *reader, pl_error *reterr)
{
    int code = Z_OK;
    int saved = errno;
    const char *text = gzerror(reader->file, &code);
    if (code == Z_ERRNO)
        return pl__fail_errno(reterr, saved, reader->name);
    if (code == Z_MEM_ERROR)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", reader->name);
    if (code == Z_BUF_ERROR)
        text = "the file ends too early";
    return pl__fail(reterr, PL_E_PARSE, "%s: damaged gzip file: %s", reader->name, text);
}

/* A file on disk that cannot be gzip or zstd by its first byte, and is not meant to be by its name: it needs no zlib to
 * pass its bytes through. */
static bool is_plain_file(const char *path, int fd)
{
    struct stat info;
    char first = 0;
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || named(path, ".gz") || named(path, ".zst"))
        return false;
    return pread(fd, &first, 1, at) == 1 && first != GZIP_FIRST && first != ZSTD_MAGIC[0];
}

pl_status pl__line_reader_open(const char *path, pl_line_reader **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    int fd = -1;
    pl_line_reader *reader = reader_new(strcmp(path, "-") == 0 ? "standard input" : path);
    if (!reader)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
    rc = open_fd(path, &fd, reterr);
    if (rc != PL_OK)
        goto out;
    reader->chunk = pl__malloc(CHUNK_BYTES);
    if (is_plain_file(path, fd))
        reader->plain = fd;
    else
        reader->file = gzdopen(fd, "rb");
    if (!reader->file && reader->plain < 0)
        (void)close(fd);
    if ((!reader->file && reader->plain < 0) || !reader->chunk) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
        goto out;
    }
    if (reader->file)
        (void)gzbuffer(reader->file, GZIP_BUFFER_BYTES);
    if (named(path, ".gz") && gzdirect(reader->file)) {
        rc = pl__fail(reterr, PL_E_PARSE, "%s: is no gzip file, or one that ends too early", path);
        goto out;
    }
    *ret = reader;
    reader = NULL;
out:
    pl__line_reader_free(reader);
    return rc;
}

/* Bytes of a plain file; 0 at the end. */
static pl_status read_plain(const pl_line_reader *reader, char *buffer, size_t size_bytes, size_t *ret_n,
                            pl_error *reterr)
{
    ssize_t n = -1;
    do {
        n = read(reader->plain, buffer, size_bytes);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return pl__fail_errno(reterr, errno, reader->name);
    *ret_n = (size_t)n;
    return PL_OK;
}

/* Bytes of the file, gzip taken off; 0 at the end. */
static pl_status read_bytes(pl_line_reader *reader, char *buffer, size_t *ret_n, pl_error *reterr)
{
    int n = gzread(reader->file, buffer, (unsigned)CHUNK_BYTES);
    int code = Z_OK;
    (void)gzerror(reader->file, &code);
    /* A stream that is cut shows as Z_BUF_ERROR once its last bytes are out. */
    if (n < 0 || (code != Z_OK && code != Z_STREAM_END))
        return zlib_error(reader, reterr);
    *ret_n = (size_t)n;
    return PL_OK;
}

/* zlib hands through what is not gzip, so that the first bytes tell zstd on a pipe as well. */
static pl_status begin_zstd(pl_line_reader *reader, size_t n, pl_error *reterr)
{
    reader->zstd = ZSTD_createDStream();
    reader->input = reader->chunk;
    reader->chunk = pl__malloc(CHUNK_BYTES);
    if (!reader->zstd || !reader->chunk)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", reader->name);
    (void)ZSTD_DCtx_setParameter(reader->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    reader->packed = (ZSTD_inBuffer){.src = reader->input, .size = n, .pos = 0};
    return PL_OK;
}

static pl_status fill_zstd(pl_line_reader *reader, pl_error *reterr)
{
    ZSTD_outBuffer out = {.dst = reader->chunk, .size = CHUNK_BYTES, .pos = 0};
    while (out.pos == 0) {
        if (reader->packed.pos == reader->packed.size) {
            size_t n = 0;
            pl_status rc = read_bytes(reader, reader->input, &n, reterr);
            if (rc != PL_OK)
                return rc;
            if (n == 0 && reader->frame_open)
                return pl__fail(reterr, PL_E_PARSE, "%s: damaged zstd file: the file ends too early", reader->name);
            if (n == 0)
                break;
            reader->packed = (ZSTD_inBuffer){.src = reader->input, .size = n, .pos = 0};
        }
        size_t hint = ZSTD_decompressStream(reader->zstd, &out, &reader->packed);
        if (ZSTD_isError(hint))
            return pl__fail(reterr, PL_E_PARSE, "%s: damaged zstd file: %s", reader->name, ZSTD_getErrorName(hint));
        reader->frame_open = hint != 0;
    }
    reader->rest = pl__view_n(reader->chunk, out.pos);
    return PL_OK;
}

/* Refills `rest`; it stays empty at the end. */
static pl_status fill(pl_line_reader *reader, pl_error *reterr)
{
    size_t n = 0;
    pl_status rc = PL_OK;
    if (reader->plain >= 0) {
        rc = read_plain(reader, reader->chunk, CHUNK_BYTES, &n, reterr);
        if (rc == PL_OK)
            reader->rest = pl__view_n(reader->chunk, n);
        return rc;
    }
    if (!reader->file)
        return PL_OK;
    if (reader->zstd)
        return fill_zstd(reader, reterr);
    rc = read_bytes(reader, reader->chunk, &n, reterr);
    if (rc == PL_OK && !reader->begun && n >= 4 && memcmp(reader->chunk, ZSTD_MAGIC, 4) == 0) {
        rc = begin_zstd(reader, n, reterr);
        return rc == PL_OK ? fill_zstd(reader, reterr) : rc;
    }
    if (rc == PL_OK && !reader->begun && named(reader->name, ".zst"))
        rc = pl__fail(reterr, PL_E_PARSE, "%s: is no zstd file", reader->name);
    reader->begun = true;
    if (rc == PL_OK)
        reader->rest = pl__view_n(reader->chunk, n);
    return rc;
}

static pl_status keep(pl_line_reader *reader, pl_view part, pl_error *reterr)
{
    pl_status rc = pl__str_append_view(&reader->long_line, part);
    if (rc == PL_E_LIMIT)
        return pl__fail(reterr, rc, "%s:%llu: longer than %zu bytes", reader->name,
                        (unsigned long long)reader->line + 1, PL_RECORDS_LINE_BYTES_MAX);
    if (rc != PL_OK)
        return pl__fail(reterr, rc, "%s: no memory", reader->name);
    return PL_OK;
}

static pl_status next_any(pl_line_reader *reader, pl_view *ret, bool *ret_end, pl_error *reterr)
{
    pl__str_reset(&reader->long_line);
    for (;;) {
        if (reader->rest.len == 0) {
            pl_status rc = fill(reader, reterr);
            if (rc != PL_OK)
                return rc;
        }
        if (reader->rest.len == 0) { /* the end; the last line may lack its own */
            *ret_end = reader->long_line.len == 0;
            *ret = pl__view_n(pl__str_c(&reader->long_line), reader->long_line.len);
            reader->line += *ret_end ? 0 : 1;
            return PL_OK;
        }
        const char *end = memchr(reader->rest.ptr, '\n', reader->rest.len);
        pl_view part = end ? pl__view_n(reader->rest.ptr, (size_t)(end - reader->rest.ptr)) : reader->rest;
        size_t used = part.len + (end ? 1 : 0);
        reader->rest = pl__view_n(reader->rest.ptr + used, reader->rest.len - used);
        if (!end || reader->long_line.len > 0 || part.len > PL_RECORDS_LINE_BYTES_MAX) {
            pl_status rc = keep(reader, part, reterr);
            if (rc != PL_OK)
                return rc;
            part = pl__view_n(pl__str_c(&reader->long_line), reader->long_line.len);
        }
        if (end) {
            *ret = part;
            *ret_end = false;
            reader->line++;
            return PL_OK;
        }
    }
}

pl_view pl__line_reader_clean(pl_view line, uint64_t number)
{
    if (number == 1 && pl__view_starts_with(line, "\xef\xbb\xbf"))
        line = pl__view_n(line.ptr + 3, line.len - 3);
    return pl__view_trim(line); /* takes a carriage return with it */
}

pl_status pl__line_reader_next(pl_line_reader *reader, pl_view *ret, bool *ret_end, pl_error *reterr)
{
    for (;;) {
        pl_view line = {0};
        bool end = false;
        pl_status rc = next_any(reader, &line, &end, reterr);
        if (rc != PL_OK)
            return rc;
        line = pl__line_reader_clean(line, reader->line);
        if (end || line.len > 0) {
            *ret = line;
            *ret_end = end;
            return PL_OK;
        }
    }
}

/* ---- blocks ---- */

/* The last line may lack its end. */
static uint64_t count_lines(pl_view text)
{
    const char *end = text.ptr + text.len;
    return pl__line_ends(text.ptr, end) + (text.len > 0 && end[-1] != '\n' ? 1 : 0);
}

static pl_status too_long(const pl_line_reader *reader, uint64_t line, pl_error *reterr)
{
    return pl__fail(reterr, PL_E_LIMIT, "%s:%llu: longer than %zu bytes", reader->name, (unsigned long long)line,
                    PL_RECORDS_LINE_BYTES_MAX);
}

/* Appends bytes of the file, a plain one without a copy; *ret_end: there are none. */
static pl_status append_bytes(pl_line_reader *reader, size_t want, pl_str *ret, bool *ret_end, pl_error *reterr)
{
    size_t n = 0;
    pl_status rc = PL_OK;
    if (reader->plain < 0) {
        if (reader->rest.len == 0)
            rc = fill(reader, reterr);
        if (rc != PL_OK)
            return rc;
        *ret_end = reader->rest.len == 0;
        if (pl__str_append_view(ret, reader->rest) != PL_OK)
            return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", reader->name);
        reader->rest = (pl_view){0};
        return PL_OK;
    }
    size_t more = want > ret->len + CHUNK_BYTES ? want - ret->len : CHUNK_BYTES;
    if (pl__str_reserve(ret, more) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", reader->name);
    rc = read_plain(reader, ret->ptr + ret->len, more, &n, reterr);
    if (rc == PL_OK)
        ret->len += n;
    ret->ptr[ret->len] = '\0';
    *ret_end = n == 0;
    return rc;
}

/* Appends until there are `want` bytes and the end of a line among them, or no more. *whole: bytes of whole lines. */
static pl_status gather(pl_line_reader *reader, size_t want, pl_str *ret, size_t *whole, pl_error *reterr)
{
    *whole = 0;
    while (*whole == 0 || ret->len < want) {
        size_t before = ret->len;
        bool at_end = false;
        pl_status rc = append_bytes(reader, want, ret, &at_end, reterr);
        if (rc != PL_OK)
            return rc;
        if (at_end) {
            *whole = ret->len;
            return PL_OK;
        }
        const char *first = memchr(ret->ptr + before, '\n', ret->len - before);
        size_t ends = first ? (size_t)(first - ret->ptr) : ret->len;
        if (ends - *whole > PL_RECORDS_LINE_BYTES_MAX)
            return too_long(reader, reader->line + count_lines(pl__view_n(ret->ptr, *whole)) + 1, reterr);
        for (size_t i = ret->len; first && i > *whole; i--) {
            if (ret->ptr[i - 1] == '\n') {
                *whole = i;
                break;
            }
        }
    }
    return PL_OK;
}

pl_status pl__line_reader_block(pl_line_reader *reader, size_t want, pl_str *ret, uint64_t *ret_first_line,
                                pl_error *reterr)
{
    size_t whole = 0;
    pl__str_reset(ret);
    *ret_first_line = reader->line + 1;
    if (reader->fault != PL_OK) {
        if (reterr)
            *reterr = reader->fault_text;
        return reader->fault;
    }
    if (pl__str_append(ret, pl__str_c(&reader->long_line), reader->long_line.len) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", reader->name);
    pl__str_reset(&reader->long_line);
    reader->fault = gather(reader, want, ret, &whole, &reader->fault_text);
    if (reader->fault == PL_OK && ret->len > whole &&
        pl__str_append(&reader->long_line, ret->ptr + whole, ret->len - whole) != PL_OK)
        reader->fault = pl__fail(&reader->fault_text, PL_E_NOMEM, "%s: no memory", reader->name);
    if (ret->ptr) {
        ret->len = whole;
        ret->ptr[whole] = '\0';
    }
    reader->line += count_lines(pl__view_n(pl__str_c(ret), whole));
    if (whole > 0 || reader->fault == PL_OK)
        return PL_OK;
    if (reterr)
        *reterr = reader->fault_text;
    return reader->fault;
}

pl_status pl__line_reader_from_block(const char *name, pl_view text, uint64_t first_line, pl_line_reader **ret,
                                     pl_error *reterr)
{
    pl_status rc = pl__line_reader_from_memory(name, text, ret, reterr);
    if (rc == PL_OK)
        (*ret)->line = first_line - 1;
    return rc;
}

pl_status pl__line_parse(pl_view text, json_t **ret, pl_error *reterr)
{
    pl_status rc = pl__json_parse(text, ret, reterr);
    if (rc == PL_E_LIMIT) { /* nested too deep: the line is bad, the log is not too large */
        rc = PL_E_PARSE;
        if (reterr)
            reterr->code = rc;
    }
    return rc;
}

pl_status pl__line_reader_each(pl_line_reader *reader, bool skip_bad,
                               pl_status (*fn)(const json_t *doc, void *user, pl_error *reterr), void *user,
                               uint64_t *bad_lines, pl_error *reterr)
{
    for (;;) {
        pl_view text = {0};
        bool end = false;
        json_t *doc = NULL;
        pl_error err = {0};
        pl_status rc = pl__line_reader_next(reader, &text, &end, reterr);
        if (rc != PL_OK || end)
            return rc;
        rc = pl__line_parse(text, &doc, &err);
        if (rc == PL_OK)
            rc = fn(doc, user, &err);
        json_decref(doc);
        if (rc == PL_E_PARSE && skip_bad) {
            (*bad_lines)++;
            continue;
        }
        if (rc != PL_OK)
            return pl__fail(reterr, rc, "%s:%llu: %s", reader->name, (unsigned long long)reader->line, err.msg);
    }
}

const char *pl__line_reader_name(const pl_line_reader *reader)
{
    return reader->name;
}

uint64_t pl__line_reader_line(const pl_line_reader *reader)
{
    return reader->line;
}

void pl__line_reader_free(pl_line_reader *reader)
{
    if (!reader)
        return;
    if (reader->file)
        (void)gzclose(reader->file);
    if (reader->plain >= 0)
        (void)close(reader->plain);
    (void)ZSTD_freeDStream(reader->zstd);
    pl__free(reader->input);
    pl__free(reader->chunk);
    pl__free(reader->name);
    pl__str_clear(&reader->long_line);
    pl__free(reader);
}
