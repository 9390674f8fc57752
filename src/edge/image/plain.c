#include "plain.h"

#include "alloc.h"
#include "error.h"
#include "image.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#define RGB_BANDS 3u
#define OUT_BYTES 8192u
#define PNG_COMPRESSION 6
#define FULL_COLOUR_QUALITY 90u /* from here on libvips keeps all of the colour too: 4:4:4 */

/* Both libraries leave by longjmp at the first error or warning. All that they touch is in here and not on the stack of
 * the function that calls setjmp, so it is good after the jump too. */
typedef struct plain_job {
    jmp_buf leave;
    pl_image_kind kind;
    const pl_image_outline *outline;
    const pl_image_policy *policy;
    pl_view bytes; /* without metadata */
    size_t at;     /* of bytes, for libpng */
    pl_str *out;
    pl_status out_rc;
    bool encodes;
    uint8_t *row;
    png_structp png_in;
    png_infop png_in_info;
    png_structp png_out;
    png_infop png_out_info;
    struct jpeg_error_mgr jpeg_error;
    struct jpeg_destination_mgr jpeg_to;
    struct jpeg_decompress_struct jpeg_in;
    struct jpeg_compress_struct jpeg_out;
    bool has_jpeg_in;
    bool has_jpeg_out;
    JOCTET to[OUT_BYTES];
} plain_job;

static _Noreturn void leave(plain_job *j)
{
    longjmp(j->leave, 1);
}

static void append(plain_job *j, const void *bytes, size_t n)
{
    j->out_rc = pl__str_append(j->out, bytes, n);
    if (j->out_rc != PL_OK)
        leave(j);
}

/* ---- what libpng calls ---- */

static void png_leave(png_structp png, png_const_charp message)
{
    (void)message;
    leave(png_get_error_ptr(png));
}

static void png_take(png_structp png, png_bytep to, size_t n)
{
    plain_job *j = png_get_io_ptr(png);

    if (n > j->bytes.len - j->at)
        leave(j);
    memcpy(to, j->bytes.ptr + j->at, n);
    j->at += n;
}

static void png_give(png_structp png, png_bytep bytes, size_t n)
{
    append(png_get_io_ptr(png), bytes, n);
}

static void png_flush_nothing(png_structp png)
{
    (void)png;
}

/* ---- what libjpeg calls ---- */

static _Noreturn void jpeg_leave(j_common_ptr jpeg)
{
    leave(jpeg->client_data);
}

static void jpeg_message(j_common_ptr jpeg, int level)
{
    if (level < 0) /* a warning; the rest are traces */
        leave(jpeg->client_data);
}

static void jpeg_begin_output(j_compress_ptr jpeg)
{
    plain_job *j = jpeg->client_data;

    j->jpeg_to.next_output_byte = j->to;
    j->jpeg_to.free_in_buffer = sizeof(j->to);
}

/* By libjpeg's rule all of the buffer counts here, whatever free_in_buffer says. */
static boolean jpeg_empty_output(j_compress_ptr jpeg)
{
    plain_job *j = jpeg->client_data;

    append(j, j->to, sizeof(j->to));
    jpeg_begin_output(jpeg);
    return TRUE;
}

static void jpeg_end_output(j_compress_ptr jpeg)
{
    plain_job *j = jpeg->client_data;

    append(j, j->to, sizeof(j->to) - j->jpeg_to.free_in_buffer);
}

/* ---- opening ---- */

static void open_png(plain_job *j)
{
    j->png_in = png_create_read_struct(PNG_LIBPNG_VER_STRING, j, png_leave, png_leave);
    j->png_in_info = j->png_in ? png_create_info_struct(j->png_in) : NULL;
    if (!j->png_in_info)
        leave(j);
    png_set_read_fn(j->png_in, j, png_take);
    png_read_info(j->png_in, j->png_in_info);
    if (png_get_image_width(j->png_in, j->png_in_info) != j->outline->width_px ||
        png_get_image_height(j->png_in, j->png_in_info) != j->outline->height_px ||
        png_get_rowbytes(j->png_in, j->png_in_info) != (size_t)j->outline->width_px * RGB_BANDS)
        leave(j);
}

static void open_jpeg(plain_job *j)
{
    struct jpeg_decompress_struct *in = &j->jpeg_in;

    in->err = &j->jpeg_error;
    in->client_data = j;
    j->has_jpeg_in = true;
    jpeg_create_decompress(in);
    jpeg_mem_src(in, (const unsigned char *)j->bytes.ptr, (unsigned long)j->bytes.len);
    (void)jpeg_read_header(in, TRUE);
    if (in->jpeg_color_space != JCS_YCbCr || in->image_width != j->outline->width_px ||
        in->image_height != j->outline->height_px || jpeg_has_multiple_scans(in))
        leave(j); /* several scans: libjpeg would hold the coefficients of the whole picture */
    in->out_color_space = JCS_RGB;
    (void)jpeg_start_decompress(in);
}

static void begin_png(plain_job *j)
{
    j->png_out = png_create_write_struct(PNG_LIBPNG_VER_STRING, j, png_leave, png_leave);
    j->png_out_info = j->png_out ? png_create_info_struct(j->png_out) : NULL;
    if (!j->png_out_info)
        leave(j);
    png_set_write_fn(j->png_out, j, png_give, png_flush_nothing);
    png_set_compression_level(j->png_out, PNG_COMPRESSION);
    png_set_filter(j->png_out, PNG_FILTER_TYPE_BASE, PNG_ALL_FILTERS);
    png_set_IHDR(j->png_out, j->png_out_info, j->outline->width_px, j->outline->height_px, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(j->png_out, j->png_out_info);
}

static void begin_jpeg(plain_job *j)
{
    struct jpeg_compress_struct *to = &j->jpeg_out;

    to->err = &j->jpeg_error;
    to->client_data = j;
    j->has_jpeg_out = true;
    jpeg_create_compress(to);
    j->jpeg_to.init_destination = jpeg_begin_output;
    j->jpeg_to.empty_output_buffer = jpeg_empty_output;
    j->jpeg_to.term_destination = jpeg_end_output;
    to->dest = &j->jpeg_to;
    to->image_width = j->outline->width_px;
    to->image_height = j->outline->height_px;
    to->input_components = RGB_BANDS;
    to->in_color_space = JCS_RGB;
    jpeg_set_defaults(to);
    jpeg_set_quality(to, (int)j->policy->quality, TRUE);
    to->optimize_coding = TRUE;
    if (j->policy->quality >= FULL_COLOUR_QUALITY) {
        to->comp_info[0].h_samp_factor = 1;
        to->comp_info[0].v_samp_factor = 1;
    }
    jpeg_start_compress(to, TRUE);
}

/* ---- rows ---- */

static void read_row(plain_job *j)
{
    JSAMPROW rows[1] = {j->row};

    if (j->kind == PL_KIND_PNG)
        png_read_row(j->png_in, j->row, NULL);
    else if (jpeg_read_scanlines(&j->jpeg_in, rows, 1) != 1)
        leave(j);
}

static void write_row(plain_job *j)
{
    JSAMPROW rows[1] = {j->row};

    if (j->policy->format == PL_IMAGE_PNG)
        png_write_row(j->png_out, j->row);
    else if (jpeg_write_scanlines(&j->jpeg_out, rows, 1) != 1)
        leave(j);
}

static void open_both(plain_job *j)
{
    if (j->kind == PL_KIND_PNG)
        open_png(j);
    else
        open_jpeg(j);
    if (j->encodes && j->policy->format == PL_IMAGE_PNG)
        begin_png(j);
    else if (j->encodes)
        begin_jpeg(j);
}

static void end_both(plain_job *j)
{
    if (j->kind == PL_KIND_PNG)
        png_read_end(j->png_in, NULL);
    else
        (void)jpeg_finish_decompress(&j->jpeg_in);
    if (j->encodes && j->policy->format == PL_IMAGE_PNG)
        png_write_end(j->png_out, NULL);
    else if (j->encodes)
        jpeg_finish_compress(&j->jpeg_out);
}

static void work(plain_job *j)
{
    open_both(j);
    for (uint32_t y = 0; y < j->outline->height_px; y++) {
        read_row(j);
        if (j->encodes)
            write_row(j);
    }
    end_both(j);
}

static bool attempt(plain_job *j)
{
    if (setjmp(j->leave) != 0)
        return false;
    work(j);
    return true;
}

static void job_clear(plain_job *j)
{
    if (j->png_in)
        png_destroy_read_struct(&j->png_in, &j->png_in_info, NULL);
    if (j->png_out)
        png_destroy_write_struct(&j->png_out, &j->png_out_info);
    if (j->has_jpeg_in)
        jpeg_destroy_decompress(&j->jpeg_in);
    if (j->has_jpeg_out)
        jpeg_destroy_compress(&j->jpeg_out);
    pl__free(j->row);
}

bool pl__plain_fits(pl_image_kind kind, const pl_image_outline *outline, const pl_image_policy *policy)
{
    return outline->is_simple && (kind == PL_KIND_JPEG || kind == PL_KIND_PNG) &&
           (policy->format == PL_IMAGE_JPEG || policy->format == PL_IMAGE_PNG) &&
           outline->width_px <= policy->max_side_px && outline->height_px <= policy->max_side_px &&
           (uint64_t)outline->width_px * outline->height_px <= PL_IMAGE_PIXELS_MAX;
}

pl_status pl__plain_fit(pl_image_kind kind, pl_view bytes, const pl_image_outline *outline,
                        const pl_image_policy *policy, pl_str *out, bool *ret_done, pl_error *reterr)
{
    plain_job j = {.kind = kind, .outline = outline, .policy = policy, .out = out};
    size_t before = out->len;
    bool good = false;
    pl_str stripped;
    pl_status rc = PL_OK;

    pl__str_init(&stripped, (size_t)PL_IMAGE_FILE_BYTES_MAX);
    j.encodes = (kind == PL_KIND_PNG) != (policy->format == PL_IMAGE_PNG);
    rc = pl__image_strip(kind, bytes, j.encodes ? &stripped : out, reterr);
    if (rc != PL_OK)
        goto out;
    j.bytes = j.encodes ? pl__view_n(stripped.ptr, stripped.len) : pl__view_n(out->ptr + before, out->len - before);
    j.row = pl__malloc((size_t)outline->width_px * RGB_BANDS);
    if (!j.row) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a row of %u pixels", outline->width_px);
        goto out;
    }
    (void)jpeg_std_error(&j.jpeg_error);
    j.jpeg_error.error_exit = jpeg_leave;
    j.jpeg_error.emit_message = jpeg_message;
    good = attempt(&j);
    rc = j.out_rc;
    if (rc != PL_OK)
        (void)pl__fail(reterr, rc, "encoded image of more than %zu bytes", out->len - before);
    else
        *ret_done = good;
out:
    if (!good && out->len > before) {
        out->len = before;
        out->ptr[before] = '\0';
    }
    job_clear(&j);
    pl__str_clear(&stripped);
    return rc;
}
