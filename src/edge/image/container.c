#include "container.h"

#include "error.h"
#include "exif.h"

#include <string.h>

#define PNG_SIGNATURE_BYTES 8
#define PNG_CHUNK_FRAME_BYTES 12 /* length, type, CRC */
#define PNG_CHUNK_BYTES_MAX 0x7fffffffu
#define PNG_HEADER_BYTES 13
#define PNG_TYPE_RGB 2
#define JPEG_FRAME_BYTES 6 /* precision, height, width, components */
#define WEBP_HEADER_BYTES 12
#define RIFF_CHUNK_HEADER_BYTES 8
#define TEXT_LOOK_BYTES 512

#define MARKER_TEM 0x01
#define MARKER_SOF0 0xc0 /* baseline, Huffman */
#define MARKER_SOF1 0xc1 /* the same with more tables */
#define MARKER_DHT 0xc4
#define MARKER_JPG 0xc8
#define MARKER_DAC 0xcc
#define MARKER_SOF15 0xcf
#define MARKER_RST0 0xd0
#define MARKER_RST7 0xd7
#define MARKER_EOI 0xd9
#define MARKER_SOS 0xda
#define MARKER_DNL 0xdc
#define MARKER_APP0 0xe0
#define MARKER_APP1 0xe1
#define MARKER_APP2 0xe2
#define MARKER_APP14 0xee
#define MARKER_APP15 0xef
#define MARKER_COM 0xfe

typedef struct magic {
    size_t offset;
    const char *bytes;
    size_t n;
    pl_image_kind kind;
    const char *words; /* for PL_KIND_OTHER */
} magic;

/* First match counts. */
static const magic magics[] = {
    {0, "\xff\xd8\xff", 3, PL_KIND_JPEG, NULL},
    {0, "\x89PNG\r\n\x1a\n", 8, PL_KIND_PNG, NULL},
    {8, "WEBP", 4, PL_KIND_WEBP, NULL},
    {0, "GIF87a", 6, PL_KIND_GIF, NULL},
    {0, "GIF89a", 6, PL_KIND_GIF, NULL},
    {0, "II*\0", 4, PL_KIND_TIFF, NULL},
    {0, "MM\0*", 4, PL_KIND_TIFF, NULL},
    {0, "II+\0", 4, PL_KIND_TIFF, NULL}, /* BigTIFF */
    {0, "MM\0+", 4, PL_KIND_TIFF, NULL},
    {4, "ftypavif", 8, PL_KIND_OTHER, "an AVIF image"},
    {4, "ftypavis", 8, PL_KIND_OTHER, "an AVIF image"},
    {4, "ftyphe", 6, PL_KIND_OTHER, "a HEIC image"},
    {4, "ftypmif1", 8, PL_KIND_OTHER, "a HEIC image"},
    {4, "ftypmsf1", 8, PL_KIND_OTHER, "a HEIC image"},
    {4, "ftypcrx", 7, PL_KIND_OTHER, "a camera raw file"},
    {4, "ftyp", 4, PL_KIND_OTHER, "a video or another MP4 file"},
    {0, "%PDF", 4, PL_KIND_OTHER, "a PDF document"},
    {0, "%!PS", 4, PL_KIND_OTHER, "a PostScript document"},
    {0, "BM", 2, PL_KIND_OTHER, "a BMP image"},
    {0, "\0\0\1\0", 4, PL_KIND_OTHER, "an icon file"},
    {0, "\xff\x0a", 2, PL_KIND_OTHER, "a JPEG XL image"},
    {0, "\0\0\0\x0cJXL ", 8, PL_KIND_OTHER, "a JPEG XL image"},
    {0, "\0\0\0\x0cjP  ", 8, PL_KIND_OTHER, "a JPEG 2000 image"},
    {0, "\xff\x4f\xff\x51", 4, PL_KIND_OTHER, "a JPEG 2000 image"},
    {0, "8BPS", 4, PL_KIND_OTHER, "a Photoshop document"},
    {0, "PK\3\4", 4, PL_KIND_OTHER, "a ZIP archive"},
    {0, "\x1f\x8b", 2, PL_KIND_OTHER, "gzip data"},
    {0, "RIFF", 4, PL_KIND_OTHER, "a RIFF file that is no WebP image"},
    {0, "version https://git-lfs", 23, PL_KIND_OTHER, "a Git LFS pointer, not the image itself"},
    {0, "<svg", 4, PL_KIND_OTHER, "an SVG drawing"},
    {0, "<!DOCTYPE html", 14, PL_KIND_OTHER, "an HTML page"},
    {0, "<!doctype html", 14, PL_KIND_OTHER, "an HTML page"},
    {0, "<html", 5, PL_KIND_OTHER, "an HTML page"},
};

static const magic *find_magic(pl_view bytes)
{
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        const magic *m = &magics[i];
        if (bytes.len < m->offset + m->n || memcmp(bytes.ptr + m->offset, m->bytes, m->n) != 0)
            continue;
        if (m->kind == PL_KIND_WEBP && memcmp(bytes.ptr, "RIFF", 4) != 0)
            continue;
        return m;
    }
    return NULL;
}

pl_image_kind pl__image_kind(pl_view bytes)
{
    const magic *m = find_magic(bytes);
    return m ? m->kind : PL_KIND_OTHER;
}

const char *pl__image_kind_name(pl_image_kind kind)
{
    switch (kind) {
    case PL_KIND_JPEG:
        return "JPEG";
    case PL_KIND_PNG:
        return "PNG";
    case PL_KIND_WEBP:
        return "WebP";
    case PL_KIND_GIF:
        return "GIF";
    case PL_KIND_TIFF:
        return "TIFF";
    case PL_KIND_OTHER:
        break;
    }
    return "other";
}

static bool all_zero(pl_view v)
{
    for (size_t i = 0; i < v.len; i++) {
        if (v.ptr[i] != '\0')
            return false;
    }
    return true;
}

static bool printable(pl_view v)
{
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || c == 0x7f)
            return false;
    }
    return true;
}

const char *pl__image_other_name(pl_view bytes)
{
    if (bytes.len == 0)
        return "an empty file";
    const magic *m = find_magic(bytes);
    if (m && m->words)
        return m->words;
    pl_view start = pl__view_n(bytes.ptr, bytes.len < TEXT_LOOK_BYTES ? bytes.len : TEXT_LOOK_BYTES);
    if (all_zero(start))
        return "nothing but zero bytes";
    if (pl__view_starts_with(start, "<?xml"))
        return pl__view_find(start, pl__view("<svg")) != SIZE_MAX ? "an SVG drawing" : "an XML document";
    if (printable(start))
        return "text";
    return "no image that is known here";
}

static pl_status truncated(pl_error *reterr, pl_image_kind kind)
{
    return pl__fail(reterr, PL_E_PARSE, "truncated %s image", pl__image_kind_name(kind));
}

static pl_status broken(pl_error *reterr, pl_image_kind kind, const char *what)
{
    return pl__fail(reterr, PL_E_PARSE, "broken %s image: %s", pl__image_kind_name(kind), what);
}

static pl_status keep(pl_str *out, pl_view bytes, size_t from, size_t to, pl_error *reterr)
{
    if (!out)
        return PL_OK;
    pl_status rc = pl__str_append(out, bytes.ptr + from, to - from);
    return rc == PL_OK ? rc : pl__fail(reterr, rc, "image of %zu bytes", bytes.len);
}

static uint8_t byte_at(pl_view bytes, size_t at)
{
    return (uint8_t)bytes.ptr[at];
}

static uint32_t be32(pl_view bytes, size_t at)
{
    return (uint32_t)byte_at(bytes, at) << 24 | (uint32_t)byte_at(bytes, at + 1) << 16 |
           (uint32_t)byte_at(bytes, at + 2) << 8 | (uint32_t)byte_at(bytes, at + 3);
}

static uint32_t le32(pl_view bytes, size_t at)
{
    return (uint32_t)byte_at(bytes, at + 3) << 24 | (uint32_t)byte_at(bytes, at + 2) << 16 |
           (uint32_t)byte_at(bytes, at + 1) << 8 | (uint32_t)byte_at(bytes, at);
}

/* Entropy-coded data from `at` to the next marker that ends it; bytes.len if there is none. */
static size_t scan_end(pl_view bytes, size_t at)
{
    while (at < bytes.len) {
        const char *ff = memchr(bytes.ptr + at, 0xff, bytes.len - at);
        if (!ff)
            return bytes.len;
        at = (size_t)(ff - bytes.ptr);
        if (at + 1 >= bytes.len)
            return bytes.len;
        uint8_t next = byte_at(bytes, at + 1);
        if (next == 0xff) /* fill byte */
            at += 1;
        else if (next == 0 || (next >= MARKER_RST0 && next <= MARKER_RST7))
            at += 2;
        else
            return at;
    }
    return bytes.len;
}

/* JFIF and Adobe segments say how the colours are coded; all other application segments are metadata. */
static bool jpeg_segment_needed(uint8_t marker, pl_view payload)
{
    if (marker == MARKER_APP0)
        return payload.len >= 5 && memcmp(payload.ptr, "JFIF", 5) == 0;
    if (marker == MARKER_APP14)
        return pl__view_starts_with(payload, "Adobe");
    return !(marker > MARKER_APP0 && marker <= MARKER_APP15) && marker != MARKER_COM;
}

static bool is_frame(uint8_t marker)
{
    return marker >= MARKER_SOF0 && marker <= MARKER_SOF15 && marker != MARKER_DHT && marker != MARKER_JPG &&
           marker != MARKER_DAC;
}

/* Frames with arithmetic coding, several passes or more bits, and a second one, are not simple. Whether the colours are
 * YCbCr is the decoder's to say. */
static void outline_frame(uint8_t marker, pl_view payload, pl_image_outline *outline)
{
    bool fine = (marker == MARKER_SOF0 || marker == MARKER_SOF1) && payload.len >= JPEG_FRAME_BYTES &&
                byte_at(payload, 0) == 8 && byte_at(payload, 5) == 3 && outline->width_px == 0;

    outline->is_simple = outline->is_simple && fine;
    outline->height_px = fine ? (uint32_t)byte_at(payload, 1) << 8 | byte_at(payload, 2) : 0;
    outline->width_px = fine ? (uint32_t)byte_at(payload, 3) << 8 | byte_at(payload, 4) : 0;
}

static void outline_segment(uint8_t marker, pl_view payload, pl_image_outline *outline)
{
    bool profile = marker == MARKER_APP2 && pl__view_starts_with(payload, "ICC_PROFILE");
    bool turned = marker == MARKER_APP1 && pl__view_starts_with(payload, "Exif") && !pl__exif_upright(payload);

    if (is_frame(marker))
        outline_frame(marker, payload, outline);
    else if (marker == MARKER_DNL || marker == MARKER_JPG || profile || turned)
        outline->is_simple = false;
}

static pl_status walk_jpeg(pl_view bytes, pl_str *out, pl_image_outline *outline, pl_error *reterr)
{
    size_t at = 2;
    pl_status rc = keep(out, bytes, 0, at, reterr);

    while (rc == PL_OK) {
        const char *ff = at < bytes.len ? memchr(bytes.ptr + at, 0xff, bytes.len - at) : NULL;
        if (!ff)
            return truncated(reterr, PL_KIND_JPEG);
        at = (size_t)(ff - bytes.ptr);
        while (at + 1 < bytes.len && byte_at(bytes, at + 1) == 0xff)
            at++;
        if (at + 1 >= bytes.len)
            return truncated(reterr, PL_KIND_JPEG);
        size_t start = at;
        uint8_t marker = byte_at(bytes, at + 1);
        at += 2;
        if (marker == MARKER_EOI)
            return keep(out, bytes, start, at, reterr);
        if (marker == 0 || marker == MARKER_TEM || (marker >= MARKER_RST0 && marker <= MARKER_RST7))
            continue; /* stray; decoders skip them too */
        if (at + 2 > bytes.len)
            return truncated(reterr, PL_KIND_JPEG);
        size_t length = (size_t)byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
        if (length < 2)
            return broken(reterr, PL_KIND_JPEG, "a segment without length");
        if (length > bytes.len - at)
            return truncated(reterr, PL_KIND_JPEG);
        pl_view payload = pl__view_n(bytes.ptr + at + 2, length - 2);
        at += length;
        outline_segment(marker, payload, outline);
        if (marker == MARKER_SOS)
            at = scan_end(bytes, at);
        if (jpeg_segment_needed(marker, payload))
            rc = keep(out, bytes, start, at, reterr);
    }
    return rc;
}

static void outline_chunk(pl_view type, pl_view data, pl_image_outline *outline)
{
    /* What says nothing about how the pixels look; sRGB says that they look as they would without it. */
    static const char *const harmless[] = {"IDAT", "IEND", "sRGB", "pHYs", "tIME", "tEXt", "zTXt", "iTXt", "sBIT"};

    if (pl__view_eq_str(type, "IHDR")) {
        bool fine = data.len == PNG_HEADER_BYTES && byte_at(data, 8) == 8 && byte_at(data, 9) == PNG_TYPE_RGB &&
                    byte_at(data, 10) == 0 && byte_at(data, 11) == 0 && byte_at(data, 12) == 0 &&
                    outline->width_px == 0;
        outline->is_simple = outline->is_simple && fine;
        outline->width_px = fine ? be32(data, 0) : 0;
        outline->height_px = fine ? be32(data, 4) : 0;
        return;
    }
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        if (pl__view_eq_str(type, harmless[i]))
            return;
    }
    outline->is_simple = false;
}

static pl_status walk_png(pl_view bytes, pl_str *out, pl_image_outline *outline, pl_error *reterr)
{
    size_t at = PNG_SIGNATURE_BYTES;
    pl_status rc = keep(out, bytes, 0, at, reterr);

    while (rc == PL_OK) {
        if (bytes.len - at < PNG_CHUNK_FRAME_BYTES)
            return truncated(reterr, PL_KIND_PNG);
        uint32_t length = be32(bytes, at);
        if (length > PNG_CHUNK_BYTES_MAX)
            return broken(reterr, PL_KIND_PNG, "a chunk longer than the format allows");
        if (length > bytes.len - at - PNG_CHUNK_FRAME_BYTES)
            return truncated(reterr, PL_KIND_PNG);
        size_t end = at + PNG_CHUNK_FRAME_BYTES + length;
        const char *type = bytes.ptr + at + 4;
        bool critical = type[0] >= 'A' && type[0] <= 'Z';
        outline_chunk(pl__view_n(type, 4), pl__view_n(type + 4, length), outline);
        if (critical)
            rc = keep(out, bytes, at, end, reterr);
        if (memcmp(type, "IEND", 4) == 0)
            return rc;
        at = end;
    }
    return rc;
}

static void put_le32(char *at, uint32_t x)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (char)(x >> (8 * i) & 0xff);
}

/* The one coded picture of a still WebP file, as a file of its own: without the extended header and all around it. */
static pl_status keep_webp(pl_view bytes, size_t chunk_at, size_t chunk_bytes, pl_str *out, pl_error *reterr)
{
    char header[WEBP_HEADER_BYTES];
    size_t padding = chunk_bytes & 1;

    memcpy(header, bytes.ptr, sizeof(header));
    put_le32(header + 4, (uint32_t)(chunk_bytes + padding + WEBP_HEADER_BYTES - RIFF_CHUNK_HEADER_BYTES));
    pl_status rc = pl__str_append(out, header, sizeof(header));
    if (rc == PL_OK)
        rc = pl__str_append(out, bytes.ptr + chunk_at, chunk_bytes);
    if (rc == PL_OK && padding > 0)
        rc = pl__str_append_char(out, '\0');
    return rc == PL_OK ? rc : pl__fail(reterr, rc, "image of %zu bytes", bytes.len);
}

static pl_status walk_webp(pl_view bytes, pl_str *out, pl_error *reterr)
{
    if (bytes.len < WEBP_HEADER_BYTES + RIFF_CHUNK_HEADER_BYTES)
        return truncated(reterr, PL_KIND_WEBP);
    uint64_t end = (uint64_t)le32(bytes, 4) + RIFF_CHUNK_HEADER_BYTES;
    if (end > bytes.len)
        return truncated(reterr, PL_KIND_WEBP);
    uint64_t at = WEBP_HEADER_BYTES;
    while (at + RIFF_CHUNK_HEADER_BYTES <= end) {
        const char *type = bytes.ptr + at;
        uint64_t chunk_bytes = (uint64_t)le32(bytes, (size_t)at + 4) + RIFF_CHUNK_HEADER_BYTES;
        if (chunk_bytes > end - at)
            return broken(reterr, PL_KIND_WEBP, "a chunk longer than the file");
        if (memcmp(type, "VP8 ", 4) == 0 || memcmp(type, "VP8L", 4) == 0)
            return out ? keep_webp(bytes, (size_t)at, (size_t)chunk_bytes, out, reterr) : PL_OK;
        if (memcmp(type, "ALPH", 4) == 0 || memcmp(type, "ANIM", 4) == 0 || memcmp(type, "ANMF", 4) == 0)
            return out ? pl__fail(reterr, PL_E_UNSUPPORTED, "WebP image of several parts") : PL_OK;
        at += chunk_bytes + (chunk_bytes & 1);
    }
    return broken(reterr, PL_KIND_WEBP, "no picture in it");
}

static pl_status walk(pl_image_kind kind, pl_view bytes, pl_str *out, pl_image_outline *outline, pl_error *reterr)
{
    switch (kind) {
    case PL_KIND_JPEG:
        return walk_jpeg(bytes, out, outline, reterr);
    case PL_KIND_PNG:
        return walk_png(bytes, out, outline, reterr);
    case PL_KIND_WEBP:
        return walk_webp(bytes, out, reterr);
    case PL_KIND_GIF:
    case PL_KIND_TIFF:
    case PL_KIND_OTHER:
        break;
    }
    return out ? pl__fail(reterr, PL_E_UNSUPPORTED, "%s image", pl__image_kind_name(kind)) : PL_OK;
}

pl_status pl__image_outline(pl_image_kind kind, pl_view bytes, pl_image_outline *ret, pl_error *reterr)
{
    pl_image_outline outline = {.is_simple = kind == PL_KIND_JPEG || kind == PL_KIND_PNG};
    pl_status rc = walk(kind, bytes, NULL, &outline, reterr);

    if (rc != PL_OK)
        return rc;
    *ret = outline.is_simple && outline.width_px > 0 && outline.height_px > 0 ? outline : (pl_image_outline){0};
    return PL_OK;
}

pl_status pl__image_walk(pl_image_kind kind, pl_view bytes, pl_error *reterr)
{
    pl_image_outline outline = {0};
    return walk(kind, bytes, NULL, &outline, reterr);
}

pl_status pl__image_strip(pl_image_kind kind, pl_view bytes, pl_str *out, pl_error *reterr)
{
    pl_image_outline outline = {0};
    return walk(kind, bytes, out, &outline, reterr);
}
