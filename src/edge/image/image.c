#include "image.h"

#include "alloc.h"
#include "error.h"
#include "file.h"
#include "image_vips.h"
#include "plain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES ((size_t)65536)
#define MEGAPIXEL 1000000

static pl_status digest_open_file(int fd, const char *path, pl_sha256 *hash, pl_error *reterr)
{
    unsigned char bytes[READ_BYTES];
    uint64_t total_bytes = 0;
    for (;;) {
        ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pl__fail_errno(reterr, errno, path);
        if (n == 0)
            return PL_OK;
        total_bytes += (uint64_t)n;
        if (total_bytes > PL_IMAGE_FILE_BYTES_MAX)
            return pl__fail(reterr, PL_E_LIMIT, "%s: larger than %llu bytes", path,
                            (unsigned long long)PL_IMAGE_FILE_BYTES_MAX);
        pl__sha256_add(hash, bytes, (size_t)n);
    }
}

pl_status pl__image_digest(const char *path, pl_digest *ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_sha256 *hash = NULL;
    int fd = -1;

    if (!path || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pl__fail_errno(reterr, errno, path);
    hash = pl__sha256_new();
    if (!hash) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
        goto out;
    }
    rc = digest_open_file(fd, path, hash, reterr);
    if (rc == PL_OK)
        pl__sha256_finish(hash, ret);
out:
    pl__sha256_free(hash);
    (void)close(fd);
    return rc;
}

/* What the bytes themselves say: the kind, and that the file is whole. */
static pl_status look(pl_view bytes, pl_image_kind *ret_kind, pl_image_outline *ret_outline, pl_error *reterr)
{
    pl_image_kind kind = pl__image_kind(bytes);

    if (kind == PL_KIND_OTHER)
        return pl__fail(reterr, PL_E_PARSE, "%s; JPEG, PNG, WebP, GIF and TIFF images can be read",
                        pl__image_other_name(bytes));
    pl_status rc = pl__image_outline(kind, bytes, ret_outline, reterr);
    if (rc == PL_OK)
        *ret_kind = kind;
    return rc;
}

/* What the header says to libvips, before a pixel is decoded. */
static pl_status check(pl_image_kind kind, pl_view bytes, pl_vips_info *ret_info, pl_error *reterr)
{
    pl_status rc = pl__vips_probe(kind, bytes, ret_info, reterr);
    if (rc == PL_E_PARSE)
        pl__error_prefix(reterr, "broken %s image", pl__image_kind_name(kind));
    if (rc != PL_OK)
        return rc;
    uint64_t pixels_max = kind == PL_KIND_GIF ? PL_IMAGE_GIF_PIXELS_MAX : PL_IMAGE_PIXELS_MAX;
    if ((uint64_t)ret_info->width_px * ret_info->height_px > pixels_max)
        return pl__fail(reterr, PL_E_LIMIT, "%s of %u x %u pixels; at most %llu megapixels are decoded",
                        pl__image_kind_name(kind), ret_info->width_px, ret_info->height_px,
                        (unsigned long long)(pixels_max / MEGAPIXEL));
    return PL_OK;
}

static bool is_format(pl_image_kind kind, pl_image_format format)
{
    return (kind == PL_KIND_JPEG && format == PL_IMAGE_JPEG) || (kind == PL_KIND_PNG && format == PL_IMAGE_PNG) ||
           (kind == PL_KIND_WEBP && format == PL_IMAGE_WEBP);
}

/* The file's own coded pixels, where they already are what the policy asks for. *ret says whether they were. */
static pl_status pass_through(pl_image_kind kind, pl_view bytes, const pl_image_policy *policy,
                              const pl_vips_info *info, pl_str *out, bool *ret, pl_error *reterr)
{
    pl_error err = {0};

    *ret = false;
    if (!is_format(kind, policy->format) || !info->plain || info->width_px > policy->max_side_px ||
        info->height_px > policy->max_side_px)
        return PL_OK;
    pl_status rc = pl__image_strip(kind, bytes, out, &err);
    if (rc == PL_E_UNSUPPORTED)
        return PL_OK;
    if (rc == PL_OK)
        rc = pl__vips_verify(kind, pl__view_n(out->ptr, out->len), &err);
    if (rc == PL_E_PARSE)
        pl__error_prefix(&err, "broken %s image", pl__image_kind_name(kind));
    if (rc != PL_OK && reterr)
        *reterr = err;
    *ret = rc == PL_OK;
    return rc;
}

static const char *media_type(pl_image_format format)
{
    switch (format) {
    case PL_IMAGE_JPEG:
        return "image/jpeg";
    case PL_IMAGE_WEBP:
        return "image/webp";
    case PL_IMAGE_PNG:
        break;
    }
    return "image/png";
}

static pl_status fit_by_vips(pl_image_kind kind, pl_view bytes, const pl_image_policy *policy, pl_str *out,
                             pl_fitted_image *image, pl_error *reterr)
{
    pl_vips_info info = {0};
    bool passed = false;

    pl_status rc = check(kind, bytes, &info, reterr);
    if (rc == PL_OK)
        rc = pass_through(kind, bytes, policy, &info, out, &passed, reterr);
    if (rc != PL_OK)
        return rc;
    image->width_px = info.width_px;
    image->height_px = info.height_px;
    if (passed)
        return PL_OK;
    pl__str_reset(out);
    rc = pl__vips_fit(bytes, &info, policy, out, &image->width_px, &image->height_px, reterr);
    if (rc == PL_E_PARSE)
        pl__error_prefix(reterr, "broken %s image", pl__image_kind_name(kind));
    return rc;
}

static pl_status fit_bytes(pl_view bytes, const pl_image_policy *policy, pl_str *out, pl_fitted_image *image,
                           pl_error *reterr)
{
    pl_image_kind kind = PL_KIND_OTHER;
    pl_image_outline outline = {0};
    bool done = false;

    pl_status rc = look(bytes, &kind, &outline, reterr);
    if (rc == PL_OK && pl__plain_fits(kind, &outline, policy))
        rc = pl__plain_fit(kind, bytes, &outline, policy, out, &done, reterr);
    if (rc != PL_OK)
        return rc;
    image->media_type = media_type(policy->format);
    image->width_px = outline.width_px;
    image->height_px = outline.height_px;
    return done ? PL_OK : fit_by_vips(kind, bytes, policy, out, image, reterr);
}

static bool policy_valid(const pl_image_policy *policy)
{
    bool format_known =
        policy->format == PL_IMAGE_JPEG || policy->format == PL_IMAGE_PNG || policy->format == PL_IMAGE_WEBP;
    bool quality_fine = policy->format == PL_IMAGE_PNG || (policy->quality >= 1 && policy->quality <= 100);
    return format_known && quality_fine && policy->max_side_px > 0;
}

pl_status pl__image_fit(const char *path, const pl_image_policy *policy, pl_fitted_image *ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_fitted_image image = {0};
    pl_str bytes;
    pl_str encoded;
    pl_str base64;

    if (!path || !policy || !ret || strcmp(path, "-") == 0 || !policy_valid(policy))
        return pl__fail(reterr, PL_E_INVALID, "no path or no valid image policy");
    pl__str_init(&bytes, (size_t)PL_IMAGE_FILE_BYTES_MAX);
    pl__str_init(&encoded, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&base64, PL_STR_LIMIT_DEFAULT);
    rc = pl__file_read(path, (size_t)PL_IMAGE_FILE_BYTES_MAX, &bytes, reterr);
    if (rc != PL_OK)
        goto out;
    pl_view source = pl__view_n(pl__str_c(&bytes), bytes.len);
    pl__sha256(source.ptr, source.len, &image.source_digest);
    rc = fit_bytes(source, policy, &encoded, &image, reterr);
    if (rc != PL_OK) {
        pl__error_prefix(reterr, "%s", path);
        goto out;
    }
    pl__str_clear(&bytes); /* large; the rest does not need it */
    rc = pl__str_append_base64(&base64, encoded.ptr, encoded.len);
    if (rc == PL_OK) {
        image.base64 = pl__blob_from_str(&base64);
        rc = image.base64 ? PL_OK : PL_E_NOMEM;
    }
    if (rc == PL_OK)
        *ret = image;
    else
        (void)pl__fail(reterr, rc, "%s: fitted image of %zu bytes", path, encoded.len);
out:
    pl__str_clear(&bytes);
    pl__str_clear(&encoded);
    pl__str_clear(&base64);
    return rc;
}

void pl__fitted_image_clear(pl_fitted_image *image)
{
    if (!image)
        return;
    pl__blob_unref(image->base64);
    memset(image, 0, sizeof(*image));
}

pl_status pl__image_decode(const void *bytes, size_t n, pl_pixels *ret, pl_error *reterr)
{
    pl_image_kind kind = PL_KIND_OTHER;
    pl_image_outline outline = {0};
    pl_vips_info info = {0};

    if ((!bytes && n > 0) || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (n > PL_IMAGE_FILE_BYTES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "image of %zu bytes", n);
    pl_view view = pl__view_n(n > 0 ? bytes : "", n);
    pl_status rc = look(view, &kind, &outline, reterr);
    if (rc == PL_OK)
        rc = check(kind, view, &info, reterr);
    if (rc != PL_OK)
        return rc;
    rc = pl__vips_pixels(view, &info, ret, reterr);
    if (rc == PL_E_PARSE)
        pl__error_prefix(reterr, "broken %s image", pl__image_kind_name(kind));
    return rc;
}

pl_status pl__image_encode_png(const pl_pixels *pixels, pl_str *out, pl_error *reterr)
{
    if (!pixels || !pixels->rgb || !out || pixels->width_px == 0 || pixels->height_px == 0 ||
        (uint64_t)pixels->width_px * pixels->height_px > PL_IMAGE_PIXELS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "no pixels, or too many");
    return pl__vips_encode_png(pixels, out, reterr);
}

void pl__pixels_clear(pl_pixels *pixels)
{
    if (!pixels)
        return;
    pl__free(pixels->rgb);
    memset(pixels, 0, sizeof(*pixels));
}
