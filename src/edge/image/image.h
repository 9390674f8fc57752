#ifndef PL_IMAGE_H
#define PL_IMAGE_H

#include "blob.h"
#include "hash.h"
#include "model_spec.h"

#define PL_IMAGE_FILE_BYTES_MAX ((uint64_t)512 << 20)
#define PL_IMAGE_PIXELS_MAX ((uint64_t)256000000)     /* by the header, before anything is decoded */
#define PL_IMAGE_GIF_PIXELS_MAX ((uint64_t)100000000) /* a GIF is drawn whole, 4 bytes a pixel, whatever it becomes */

/* libvips, loaded and initialised on first use; safe from several threads. JPEG and PNG files that fit already do
 * without it (docs/adr/0005). Where it is not installed, whatever else decodes or encodes fails with PL_E_UNSUPPORTED
 * and the message says what to install. */

/* For the start of the program, before other threads run: sets the environment variable that libvips reads when it is
 * opened later. Opens nothing. */
void pl__image_prepare(void);
/* The same, and begins to open libvips in a thread of its own, so that it goes on while other things are read: it takes
 * some 40 ms. For what is sure to need it. Failures show on first use. */
void pl__image_warm_up(void);
/* Waits for the thread, if there is one; needed before the process ends. */
void pl__image_warm_up_end(void);

/* SHA-256 of the file's bytes. PL_E_NOT_FOUND, PL_E_LIMIT, PL_E_IO. */
PL_NODISCARD pl_status pl__image_digest(const char *path, pl_digest *ret, pl_error *reterr);

/* Width and height as the first bytes of a JPEG, PNG, WebP or GIF file say, before any orientation; nothing is decoded
 * or checked. False: not to be had. For estimates alone. */
bool pl__image_size(const char *path, uint32_t *ret_width_px, uint32_t *ret_height_px);

/* An image fitted to a policy and encoded: EXIF orientation applied, alpha flattened on white, sRGB 8 bit, metadata
 * stripped, first frame only. `base64` is what goes into request bodies.
 * A JPEG, PNG or WebP file that is what the policy asks for already (same format, within max_side_px, upright, 8-bit
 * RGB without alpha, colour profile or animation) keeps its own coded pixels, whatever its quality: it is decoded once
 * to see that it is whole, and only its metadata (EXIF with the place it was taken, XMP, comments, thumbnails, bytes
 * behind the end) is cut out. */
typedef struct pl_fitted_image {
    pl_blob *base64;
    const char *media_type; /* "image/jpeg"; static */
    uint32_t width_px;
    uint32_t height_px;
    pl_digest source_digest; /* of the file's bytes as they were read now, as pl__image_digest would give it */
} pl_fitted_image;

/* PL_E_PARSE: broken, truncated, empty or no image, other formats than JPEG, PNG, WebP, GIF, TIFF (the message says
 * which); PL_E_LIMIT: too many pixels or bytes; PL_E_UNSUPPORTED: no libvips, but needed; PL_E_NOT_FOUND, PL_E_IO,
 * PL_E_NOMEM. Nothing but the header is decoded before the pixel limit is checked. Deterministic: same file, same
 * policy, same bytes. */
PL_NODISCARD pl_status pl__image_fit(const char *path, const pl_image_policy *policy, pl_fitted_image *ret,
                                     pl_error *reterr);
void pl__fitted_image_clear(pl_fitted_image *image);

/* Decoded pixels for the simulator: 8-bit RGB rows, no padding. Same checks and errors as pl__image_fit. */
typedef struct pl_pixels {
    uint8_t *rgb; /* 3 * width_px * height_px; freed by pl__pixels_clear */
    uint32_t width_px;
    uint32_t height_px;
} pl_pixels;
PL_NODISCARD pl_status pl__image_decode(const void *bytes, size_t n, pl_pixels *ret, pl_error *reterr);
PL_NODISCARD pl_status pl__image_encode_png(const pl_pixels *pixels, pl_str *out, pl_error *reterr);
void pl__pixels_clear(pl_pixels *pixels);

#endif
