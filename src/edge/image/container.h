#ifndef PL_CONTAINER_H
#define PL_CONTAINER_H

#include "str.h"

/* What a file is by its first bytes, and the outer structure of image files; no pixel is decoded here. */
typedef enum pl_image_kind {
    PL_KIND_OTHER = 0,
    PL_KIND_JPEG = 1,
    PL_KIND_PNG = 2,
    PL_KIND_WEBP = 3,
    PL_KIND_GIF = 4,
    PL_KIND_TIFF = 5,
} pl_image_kind;

pl_image_kind pl__image_kind(pl_view bytes);
const char *pl__image_kind_name(pl_image_kind kind); /* "JPEG"; static */
const char *pl__image_other_name(pl_view bytes);     /* words for PL_KIND_OTHER: "a PDF document"; static */

/* Walks a JPEG, PNG or WebP file to its end mark (other kinds are let through): decoders show a file whose end is
 * missing without a word. Bytes behind the end mark are allowed. PL_E_PARSE: truncated or broken. */
PL_NODISCARD pl_status pl__image_walk(pl_image_kind kind, pl_view bytes, pl_error *reterr);

/* What the walk meets on its way to the end mark. */
typedef struct pl_image_outline {
    uint32_t width_px; /* of the header; 0 where is_simple is false */
    uint32_t height_px;
    bool is_simple; /* JPEG, PNG: one picture of 8-bit RGB in one pass, and nothing beside it says to show it otherwise:
                     * no profile, gamma, transparency or orientation. False whenever that is not certain. */
} pl_image_outline;

/* pl__image_walk, and what it met. */
PL_NODISCARD pl_status pl__image_outline(pl_image_kind kind, pl_view bytes, pl_image_outline *ret, pl_error *reterr);

/* Appends the file without metadata (EXIF, XMP, comments, profiles, thumbnails, bytes behind the end); the coded
 * pixels stay as they are. PL_E_UNSUPPORTED: GIF, TIFF, WebP with
 * transparency or several frames; PL_E_PARSE, PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__image_strip(pl_image_kind kind, pl_view bytes, pl_str *out, pl_error *reterr);

#endif
