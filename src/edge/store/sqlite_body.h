#ifndef PL_SQLITE_BODY_H
#define PL_SQLITE_BODY_H

#include "str.h"

#include <sqlite3.h>

/* Bodies as they lie in the file: as received, or zstd with dictionary 1 when that is smaller. libzstd's own contexts
 * are allocated by libzstd (its hooks for that are not part of its stable interface). */
#define PL_BODY_PLAIN 0
#define PL_BODY_DICTIONARY 1

typedef struct pl_body_codec {
    struct ZSTD_CCtx_s *compressor;
    struct ZSTD_CDict_s *compressor_dictionary;
    struct ZSTD_DCtx_s *decompressor;
    struct ZSTD_DDict_s *decompressor_dictionary;
    char *packed; /* the compressor's output */
    size_t packed_cap;
} pl_body_codec;

/* Loads the dictionary of the store. PL_E_PARSE (it has none), PL_E_NOMEM, and what reading can give. */
PL_NODISCARD pl_status pl__body_codec_open(pl_body_codec *codec, sqlite3 *db, const char *path, pl_error *reterr);
void pl__body_codec_clear(pl_body_codec *codec);
/* *ret is `body` itself or bytes that are valid until the next call. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__body_pack(pl_body_codec *codec, pl_view body, pl_view *ret, int *ret_form, pl_error *reterr);
/* Appends size_bytes bytes to ret. PL_E_PARSE (damaged), PL_E_NOMEM, PL_E_LIMIT; then ret is as before. */
PL_NODISCARD pl_status pl__body_unpack(pl_body_codec *codec, pl_view stored, int64_t form, int64_t size_bytes,
                                       pl_str *ret, pl_error *reterr);
/* Gives back what one very large body made necessary. */
void pl__body_codec_trim(pl_body_codec *codec);

#endif
