/* Pixels if and only if accepted; they survive the way through a PNG; a stripped file still decodes to them; what goes
 * without libvips is good to libvips too, and looks the same. */
#include "container.h"
#include "error.h"
#include "exif.h"
#include "image.h"
#include "plain.h"

#include <string.h>

#define PIXELS_MAX 4000000 /* larger ones are decoded, but not taken further */

static bool same(const pl_pixels *a, const pl_pixels *b)
{
    return a->width_px == b->width_px && a->height_px == b->height_px &&
           memcmp(a->rgb, b->rgb, (size_t)3 * a->width_px * a->height_px) == 0;
}

static void check_round_trip(const pl_pixels *pixels)
{
    pl_pixels back = {0};
    pl_error err = {0};
    pl_str png;

    pl__str_init(&png, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__image_encode_png(pixels, &png, &err);
    PL_ASSERT(rc == PL_OK);
    rc = pl__image_decode(png.ptr, png.len, &back, &err);
    PL_ASSERT(rc == PL_OK && same(pixels, &back));
    (void)rc;
    pl__pixels_clear(&back);
    pl__str_clear(&png);
}

static void check_strip(pl_view bytes)
{
    pl_error err = {0};
    pl_str once;
    pl_str twice;
    pl_image_kind kind = pl__image_kind(bytes);

    pl__str_init(&once, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&twice, PL_STR_LIMIT_DEFAULT);
    if (pl__image_walk(kind, bytes, &err) == PL_OK && pl__image_strip(kind, bytes, &once, &err) == PL_OK) {
        /* A file of the same kind, whole, with nothing left to take away. */
        pl_view stripped = pl__view_n(once.ptr, once.len);
        PL_ASSERT(pl__image_kind(stripped) == kind);
        pl_status rc = pl__image_strip(kind, stripped, &twice, &err);
        PL_ASSERT(rc == PL_OK && pl__view_eq(stripped, pl__view_n(twice.ptr, twice.len)));
        (void)rc;
    }
    pl__str_clear(&once);
    pl__str_clear(&twice);
}

static void check_plain(pl_view bytes, pl_image_format format)
{
    pl_image_policy policy = {.max_side_px = 1024, .format = format, .quality = 90};
    pl_image_kind kind = pl__image_kind(bytes);
    pl_image_outline outline = {0};
    pl_pixels pixels = {0};
    pl_pixels source = {0};
    pl_error err = {0};
    bool done = false;
    pl_str out;

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    if (pl__image_outline(kind, bytes, &outline, &err) == PL_OK && pl__plain_fits(kind, &outline, &policy)) {
        pl_status rc = pl__plain_fit(kind, bytes, &outline, &policy, &out, &done, &err);
        PL_ASSERT(rc == PL_OK && (done || out.len == 0));
        if (done) {
            rc = pl__image_decode(out.ptr, out.len, &pixels, &err);
            PL_ASSERT(rc == PL_OK);
            PL_ASSERT(pixels.width_px == outline.width_px && pixels.height_px == outline.height_px);
            rc = pl__image_decode(bytes.ptr, bytes.len, &source, &err);
            PL_ASSERT(rc == PL_OK && (format == PL_IMAGE_JPEG || same(&pixels, &source)));
        }
        (void)rc;
    }
    pl__pixels_clear(&source);
    pl__pixels_clear(&pixels);
    pl__str_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_pixels pixels = {0};
    pl_error err = {0};

    pl_view bytes = pl__view_n((const char *)data, size);
    check_strip(bytes);
    check_plain(bytes, PL_IMAGE_PNG);
    check_plain(bytes, PL_IMAGE_JPEG);
    (void)pl__exif_upright(bytes);
    pl_status rc = pl__image_decode(data, size, &pixels, &err);
    PL_ASSERT((rc == PL_OK) == (pixels.rgb != NULL));
    PL_ASSERT(rc == PL_OK || (err.code == rc && err.msg[0] != '\0'));
    if (rc == PL_OK && (uint64_t)pixels.width_px * pixels.height_px <= PIXELS_MAX)
        check_round_trip(&pixels);
    pl__pixels_clear(&pixels);
    return 0;
}
