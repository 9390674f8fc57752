#include "sqlite_body.h"

#include "alloc.h"
#include "error.h"
#include "sqlite_store.h"

#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#define LEVEL 3
/* Smaller bodies gain nothing. */
#define PACK_BYTES_MIN 32
/* A buffer beyond this is given back after use. */
#define KEEP_BYTES_MAX ((size_t)1 << 20)
#define DICTIONARY_BYTES_MAX (1 << 20)

static pl_status load(pl_body_codec *codec, sqlite3_stmt *stmt, const char *path, pl_error *reterr)
{
    int n = sqlite3_column_bytes(stmt, 0);
    const void *bytes = sqlite3_column_blob(stmt, 0);

    if (!bytes || n > DICTIONARY_BYTES_MAX)
        return pl__fail(reterr, PL_E_PARSE, "store %s: its compression dictionary is damaged", path);
    codec->compressor = ZSTD_createCCtx();
    codec->decompressor = ZSTD_createDCtx();
    codec->compressor_dictionary = ZSTD_createCDict(bytes, (size_t)n, LEVEL);
    codec->decompressor_dictionary = ZSTD_createDDict(bytes, (size_t)n);
    if (!codec->compressor || !codec->decompressor || !codec->compressor_dictionary || !codec->decompressor_dictionary)
        return pl__fail(reterr, PL_E_NOMEM, "store %s: compression", path);
    return PL_OK;
}

pl_status pl__body_codec_open(pl_body_codec *codec, sqlite3 *db, const char *path, pl_error *reterr)
{
    sqlite3_stmt *stmt = NULL;
    pl_status rc = PL_OK;

    int code = sqlite3_prepare_v2(db, "SELECT bytes FROM dictionary WHERE id = 1", -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        rc = load(codec, stmt, path, reterr);
    else if (code == SQLITE_DONE)
        rc = pl__fail(reterr, PL_E_PARSE, "store %s: its compression dictionary is missing", path);
    else
        rc = pl__sqlite_fail(db, code, path, reterr);
    (void)sqlite3_finalize(stmt);
    return rc;
}

void pl__body_codec_clear(pl_body_codec *codec)
{
    (void)ZSTD_freeCCtx(codec->compressor);
    (void)ZSTD_freeCDict(codec->compressor_dictionary);
    (void)ZSTD_freeDCtx(codec->decompressor);
    (void)ZSTD_freeDDict(codec->decompressor_dictionary);
    pl__free(codec->packed);
    memset(codec, 0, sizeof(*codec));
}

pl_status pl__body_pack(pl_body_codec *codec, pl_view body, pl_view *ret, int *ret_form, pl_error *reterr)
{
    *ret = body;
    *ret_form = PL_BODY_PLAIN;
    if (body.len < PACK_BYTES_MIN)
        return PL_OK;
    /* One byte less than the body is all that is of use. */
    if (codec->packed_cap < body.len) {
        char *grown = pl__realloc(codec->packed, body.len);
        if (!grown)
            return pl__fail(reterr, PL_E_NOMEM, "compressing a reply of %zu bytes", body.len);
        codec->packed = grown;
        codec->packed_cap = body.len;
    }
    size_t n = ZSTD_compress_usingCDict(codec->compressor, codec->packed, body.len - 1, body.ptr, body.len,
                                        codec->compressor_dictionary);
    if (ZSTD_isError(n)) {
        if (ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation)
            return pl__fail(reterr, PL_E_NOMEM, "compressing a reply of %zu bytes", body.len);
        return PL_OK; /* does not get smaller */
    }
    *ret = pl__view_n(codec->packed, n);
    *ret_form = PL_BODY_DICTIONARY;
    return PL_OK;
}

pl_status pl__body_unpack(pl_body_codec *codec, pl_view stored, int64_t form, int64_t size_bytes, pl_str *ret,
                          pl_error *reterr)
{
    if (size_bytes < 0 || (uint64_t)size_bytes > PL_STORE_BODY_BYTES_MAX || stored.len > PL_STORE_BODY_BYTES_MAX)
        return pl__fail(reterr, PL_E_PARSE, "a stored reply of impossible size");
    size_t size = (size_t)size_bytes;
    pl_status rc = pl__str_reserve(ret, size);
    if (rc != PL_OK)
        return pl__fail(reterr, rc, "a stored reply of %zu bytes", size);
    char *to = ret->ptr + ret->len;
    if (form == PL_BODY_PLAIN) {
        if (stored.len != size)
            return pl__fail(reterr, PL_E_PARSE, "a stored reply is cut");
        if (size > 0)
            memcpy(to, stored.ptr, size);
    } else if (form == PL_BODY_DICTIONARY) {
        size_t n = ZSTD_decompress_usingDDict(codec->decompressor, to, size, stored.ptr, stored.len,
                                              codec->decompressor_dictionary);
        if (ZSTD_isError(n) && ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation)
            rc = pl__fail(reterr, PL_E_NOMEM, "a stored reply of %zu bytes", size);
        else if (n != size)
            rc = pl__fail(reterr, PL_E_PARSE, "a stored reply does not decompress");
    } else {
        rc = pl__fail(reterr, PL_E_PARSE, "a stored reply in an unknown form");
    }
    if (rc == PL_OK)
        ret->len += size;
    ret->ptr[ret->len] = '\0';
    return rc;
}

void pl__body_codec_trim(pl_body_codec *codec)
{
    if (codec->packed_cap <= KEEP_BYTES_MAX)
        return;
    pl__free(codec->packed);
    codec->packed = NULL;
    codec->packed_cap = 0;
}
