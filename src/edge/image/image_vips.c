#include "image_vips.h"

#include "alloc.h"
#include "error.h"
#include "vips_table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define DETAIL_BYTES 256
#define ROWS_AT_ONCE 32
#define PNG_COMPRESSION 6
#define RGB_BANDS 3

/* No optional loader (HEIC, PDF, ImageMagick) is ever wanted here: libvips finds them below this folder, and not
 * loading them takes its start from 40 ms to 3 ms and their parsers out of reach. */
#define MODULES_VARIABLE "VIPSHOME"
#define NO_MODULES_HOME "/nonexistent"

/* libvips keeps one message buffer for the whole process. Work runs under the shared lock; what fails runs once more
 * under the exclusive one, so that a message belongs to its image. */
static pthread_rwlock_t message_lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t start_once = PTHREAD_ONCE_INIT;
/* Written inside start_once only. */
static pl_vips_table vips;
static pl_error start_error; /* code PL_OK: it started */

typedef struct job {
    pl_image_kind kind;
    pl_view bytes;
    const pl_image_policy *policy;
    const pl_pixels *source;
    pl_vips_info *probed;
    const pl_vips_info *info;
    pl_pixels *pixels;
    pl_str *out;
    uint32_t *width_px;
    uint32_t *height_px;
} job;

static void drop_log(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer user)
{
    (void)domain;
    (void)level;
    (void)message;
    (void)user;
}

/* The environment is changed for good: to take it back would pull it from under threads that read it. */
static void forbid_modules(void)
{
    (void)setenv(MODULES_VARIABLE, NO_MODULES_HOME, 0);
}

/* No parser but these five ever sees a byte, whatever libvips would take the file for. */
static void allow_loaders(void)
{
    static const char *const allowed[] = {"VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp",
                                          "VipsForeignLoadNsgif", "VipsForeignLoadTiff"};

    vips.operation_block_set("VipsForeignLoad", TRUE);
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        vips.operation_block_set(allowed[i], FALSE);
}

static void start(void)
{
    if (pl__vips_table_load(&vips, &start_error) != PL_OK)
        return;
    (void)vips.log_set_handler("VIPS", G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG,
                               drop_log, NULL);
    forbid_modules();
    if (vips.init("peerless") != 0) {
        (void)pl__fail(&start_error, PL_E_UNSUPPORTED, "libvips does not start");
        return;
    }
    allow_loaders();
    vips.concurrency_set(1); /* images are the unit of parallel work */
    vips.cache_set_max(0);   /* memory stays flat */
}

static void *start_in_thread(void *user)
{
    (void)user;
    (void)pthread_once(&start_once, start);
    return NULL;
}

/* Of the one thread that calls these two. */
static pthread_t warm_up;
static bool warming_up;

void pl__image_prepare(void)
{
    forbid_modules();
}

void pl__image_warm_up(void)
{
    if (warming_up)
        return;
    forbid_modules();
    warming_up = pthread_create(&warm_up, NULL, start_in_thread, NULL) == 0;
}

void pl__image_warm_up_end(void)
{
    if (warming_up)
        (void)pthread_join(warm_up, NULL);
    warming_up = false;
}

/* The first line of libvips's message buffer, as a status. */
static pl_status vips_failed(pl_error *reterr)
{
    char detail[DETAIL_BYTES];
    const char *all = vips.error_buffer();
    size_t n = strcspn(all, "\n");

    if (n >= sizeof(detail))
        n = sizeof(detail) - 1;
    memcpy(detail, all, n);
    detail[n] = '\0';
    if (strstr(detail, "out of memory"))
        return pl__fail(reterr, PL_E_NOMEM, "decoding: %s", detail);
    return pl__fail(reterr, PL_E_PARSE, "%s", n > 0 ? detail : "libvips gives no reason");
}

/* fn must leave nothing behind when it fails: it may be called twice. */
static pl_status run(pl_status (*fn)(const job *j, pl_error *reterr), const job *j, pl_error *reterr)
{
    pl_error first = {0};
    pl_status rc = PL_OK;

    (void)pthread_once(&start_once, start);
    if (start_error.code != PL_OK) {
        if (reterr)
            *reterr = start_error;
        return start_error.code;
    }
    (void)pthread_rwlock_rdlock(&message_lock);
    rc = fn(j, &first);
    (void)pthread_rwlock_unlock(&message_lock);
    if (rc == PL_E_PARSE) {
        (void)pthread_rwlock_wrlock(&message_lock);
        vips.error_clear();
        rc = fn(j, &first);
        vips.error_clear();
        (void)pthread_rwlock_unlock(&message_lock);
    }
    vips.thread_shutdown(); /* per-thread buffers: the calling thread may end any time */
    if (rc != PL_OK && reterr)
        *reterr = first;
    return rc;
}

/* libvips takes plain pointers to bytes that it only reads. */
static void *readable(pl_view bytes)
{
    return (void *)(uintptr_t)bytes.ptr;
}

static int open_sequential(pl_image_kind kind, pl_view bytes, VipsImage **ret)
{
    switch (kind) {
    case PL_KIND_JPEG:
        return vips.jpegload_buffer(readable(bytes), bytes.len, ret, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                    VIPS_FAIL_ON_ERROR, NULL);
    case PL_KIND_PNG:
        return vips.pngload_buffer(readable(bytes), bytes.len, ret, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                   VIPS_FAIL_ON_ERROR, NULL);
    case PL_KIND_WEBP:
        return vips.webpload_buffer(readable(bytes), bytes.len, ret, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                    VIPS_FAIL_ON_ERROR, NULL);
    case PL_KIND_GIF:
        return vips.gifload_buffer(readable(bytes), bytes.len, ret, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                   VIPS_FAIL_ON_ERROR, NULL);
    case PL_KIND_TIFF:
        return vips.tiffload_buffer(readable(bytes), bytes.len, ret, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                    VIPS_FAIL_ON_ERROR, NULL);
    case PL_KIND_OTHER:
        break;
    }
    return -1;
}

static bool has_field(VipsImage *image, const char *name)
{
    return vips.image_get_typeof(image, name) != 0;
}

static pl_status probe(const job *j, pl_error *reterr)
{
    VipsImage *image = NULL;

    if (open_sequential(j->kind, j->bytes, &image) != 0)
        return vips_failed(reterr);
    j->probed->width_px = (uint32_t)vips.image_get_width(image);
    j->probed->height_px = (uint32_t)vips.image_get_height(image);
    j->probed->has_profile = has_field(image, VIPS_META_ICC_NAME);
    j->probed->plain = vips.image_get_bands(image) == RGB_BANDS && vips.image_get_format(image) == VIPS_FORMAT_UCHAR &&
                       vips.image_get_interpretation(image) == VIPS_INTERPRETATION_sRGB && !j->probed->has_profile &&
                       vips.image_get_orientation(image) == 1 && vips.image_get_n_pages(image) == 1;
    vips.object_unref(image);
    return PL_OK;
}

/* Reads all rows from the top, in this thread. rgb takes three bands of 8 bits; NULL: the pixels are only looked at. */
static pl_status read_rows(VipsImage *image, uint8_t *rgb, pl_error *reterr)
{
    pl_status rc = PL_OK;
    int width = vips.image_get_width(image);
    int height = vips.image_get_height(image);
    size_t row_bytes = (size_t)width * RGB_BANDS;
    VipsRegion *region = vips.region_new(image);

    if (!region)
        return vips_failed(reterr);
    for (int top = 0; top < height; top += ROWS_AT_ONCE) {
        VipsRect strip = {0, top, width, VIPS_MIN(ROWS_AT_ONCE, height - top)};
        if (vips.region_prepare(region, &strip) != 0) {
            rc = vips_failed(reterr);
            break;
        }
        /* The strip is as wide as the image, so the valid area begins at its left edge. */
        for (int y = top; rgb && y < top + strip.height; y++)
            memcpy(rgb + (size_t)y * row_bytes, region->data + (size_t)(y - region->valid.top) * (size_t)region->bpl,
                   row_bytes);
    }
    vips.object_unref(region);
    return rc;
}

static pl_status verify(const job *j, pl_error *reterr)
{
    pl_status rc = PL_OK;
    VipsImage *image = NULL;

    if (open_sequential(j->kind, j->bytes, &image) != 0)
        return vips_failed(reterr);
    rc = read_rows(image, NULL, reterr);
    vips.object_unref(image);
    return rc;
}

/* Replaces *image by *next, if the step that made it went well. */
static int step(VipsImage **image, int outcome, VipsImage *const *next)
{
    if (outcome != 0)
        return outcome;
    vips.object_unref(*image);
    *image = *next;
    return 0;
}

static int flatten_on_white(VipsImage **image)
{
    double white[RGB_BANDS] = {255.0, 255.0, 255.0};
    VipsImage *next = NULL;
    VipsArrayDouble *background = vips.array_double_new(white, RGB_BANDS);
    int outcome = vips.flatten(*image, &next, "background", background, NULL);

    vips.area_unref(VIPS_AREA(background));
    return step(image, outcome, &next);
}

/* Upright, inside side x side, sRGB, three bands of 8 bits. Whatever can be shrunk while it is decoded is. */
static int open_upright(pl_view bytes, bool has_profile, int side, VipsImage **ret)
{
    VipsImage *image = NULL;
    VipsImage *next = NULL;
    /* Without a profile of their own, colours are sRGB as they are: a conversion would only round them. */
    const char *profile = has_profile ? "srgb" : NULL;
    /* Said in the option string too: thumbnails from memory forget fail_on on the way to the loader. */
    int outcome = vips.thumbnail_buffer(readable(bytes), bytes.len, &image, side, "height", side, "size",
                                        VIPS_SIZE_DOWN, "fail_on", VIPS_FAIL_ON_ERROR, "option_string",
                                        "[fail_on=error]", "export_profile", profile, NULL);
    if (outcome != 0)
        return outcome;
    outcome = step(&image, vips.colourspace(image, &next, VIPS_INTERPRETATION_sRGB, NULL), &next);
    if (outcome == 0 && vips.image_hasalpha(image))
        outcome = flatten_on_white(&image);
    if (outcome == 0 && vips.image_get_bands(image) > RGB_BANDS)
        outcome = step(&image, vips.extract_band(image, &next, 0, "n", RGB_BANDS, NULL), &next);
    if (outcome == 0)
        outcome = step(&image, vips.cast(image, &next, VIPS_FORMAT_UCHAR, NULL), &next);
    if (outcome == 0 && vips.image_get_bands(image) != RGB_BANDS) {
        vips.error("image", "%d colour bands", vips.image_get_bands(image));
        outcome = -1;
    }
    if (outcome == 0)
        *ret = image;
    else
        vips.object_unref(image);
    return outcome;
}

static int encode(VipsImage *image, const pl_image_policy *policy, void **ret, size_t *ret_n)
{
    int quality = (int)policy->quality;
    switch (policy->format) {
    case PL_IMAGE_JPEG:
        return vips.jpegsave_buffer(image, ret, ret_n, "Q", quality, "optimize_coding", TRUE, "strip", TRUE, NULL);
    case PL_IMAGE_WEBP:
        return vips.webpsave_buffer(image, ret, ret_n, "Q", quality, "strip", TRUE, NULL);
    case PL_IMAGE_PNG:
        break;
    }
    return vips.pngsave_buffer(image, ret, ret_n, "compression", PNG_COMPRESSION, "filter", VIPS_FOREIGN_PNG_FILTER_ALL,
                               "strip", TRUE, NULL);
}

/* Encodes and appends to out; takes over image. */
static pl_status finish(VipsImage *image, const pl_image_policy *policy, pl_str *out, pl_error *reterr)
{
    pl_status rc = PL_OK;
    void *encoded = NULL;
    size_t n = 0;

    if (encode(image, policy, &encoded, &n) != 0) {
        rc = vips_failed(reterr);
        goto out;
    }
    rc = pl__str_append(out, encoded, n);
    if (rc != PL_OK)
        (void)pl__fail(reterr, rc, "encoded image of %zu bytes", n);
out:
    vips.release(encoded);
    vips.object_unref(image);
    return rc;
}

static pl_status fit(const job *j, pl_error *reterr)
{
    VipsImage *image = NULL;
    int side = (int)VIPS_MIN(j->policy->max_side_px, (uint32_t)VIPS_MAX_COORD);

    if (open_upright(j->bytes, j->info->has_profile, side, &image) != 0)
        return vips_failed(reterr);
    *j->width_px = (uint32_t)vips.image_get_width(image);
    *j->height_px = (uint32_t)vips.image_get_height(image);
    return finish(image, j->policy, j->out, reterr);
}

static pl_status decode(const job *j, pl_error *reterr)
{
    pl_status rc = PL_OK;
    VipsImage *image = NULL;
    pl_pixels pixels = {0};

    if (open_upright(j->bytes, j->info->has_profile, VIPS_MAX_COORD, &image) != 0)
        return vips_failed(reterr);
    pixels.width_px = (uint32_t)vips.image_get_width(image);
    pixels.height_px = (uint32_t)vips.image_get_height(image);
    pixels.rgb = pl__malloc((size_t)pixels.width_px * pixels.height_px * RGB_BANDS);
    if (!pixels.rgb)
        rc = pl__fail(reterr, PL_E_NOMEM, "%u x %u pixels", pixels.width_px, pixels.height_px);
    else
        rc = read_rows(image, pixels.rgb, reterr);
    vips.object_unref(image);
    if (rc == PL_OK)
        *j->pixels = pixels;
    else
        pl__free(pixels.rgb);
    return rc;
}

static pl_status encode_png(const job *j, pl_error *reterr)
{
    static const pl_image_policy png = {.format = PL_IMAGE_PNG};
    const pl_pixels *p = j->source;
    VipsImage *bare = NULL;
    VipsImage *image = NULL;
    int outcome = 0;

    bare = vips.image_new_from_memory(p->rgb, (size_t)p->width_px * p->height_px * RGB_BANDS, (int)p->width_px,
                                      (int)p->height_px, RGB_BANDS, VIPS_FORMAT_UCHAR);
    if (!bare)
        return vips_failed(reterr);
    outcome = vips.copy(bare, &image, "interpretation", VIPS_INTERPRETATION_sRGB, NULL);
    vips.object_unref(bare);
    return outcome != 0 ? vips_failed(reterr) : finish(image, &png, j->out, reterr);
}

pl_status pl__vips_probe(pl_image_kind kind, pl_view bytes, pl_vips_info *ret, pl_error *reterr)
{
    job j = {.kind = kind, .bytes = bytes, .probed = ret};
    return run(probe, &j, reterr);
}

pl_status pl__vips_verify(pl_image_kind kind, pl_view bytes, pl_error *reterr)
{
    job j = {.kind = kind, .bytes = bytes};
    return run(verify, &j, reterr);
}

pl_status pl__vips_fit(pl_view bytes, const pl_vips_info *info, const pl_image_policy *policy, pl_str *out,
                       uint32_t *ret_width_px, uint32_t *ret_height_px, pl_error *reterr)
{
    job j = {.bytes = bytes,
             .info = info,
             .policy = policy,
             .out = out,
             .width_px = ret_width_px,
             .height_px = ret_height_px};
    return run(fit, &j, reterr);
}

pl_status pl__vips_pixels(pl_view bytes, const pl_vips_info *info, pl_pixels *ret, pl_error *reterr)
{
    job j = {.bytes = bytes, .info = info, .pixels = ret};
    return run(decode, &j, reterr);
}

pl_status pl__vips_encode_png(const pl_pixels *pixels, pl_str *out, pl_error *reterr)
{
    job j = {.source = pixels, .out = out};
    return run(encode_png, &j, reterr);
}
