/* PNG (ISO/IEC 15948) with stored deflate blocks (RFC 1951, section 3.2.4): large enough to be a picture of any size,
 * small enough to need no compressor. */
#include "picture.h"

#include "error.h"

#include <string.h>

#define BLOCK_BYTES_MAX 65535u
#define ADLER_BASE 65521u
#define HEADER_BYTES 13u

static const char *const colour_names[PL_PICTURE_COLOURS] = {[PL_PICTURE_RED] = "red", [PL_PICTURE_BLUE] = "blue"};
static const uint8_t grounds[3] = {235, 235, 235};
static const uint8_t paints[PL_PICTURE_COLOURS][3] = {
    [PL_PICTURE_RED] = {220, 30, 30}, [PL_PICTURE_BLUE] = {35, 70, 220}};

const char *pl__picture_colour_name(pl_picture_colour colour)
{
    return colour_names[colour];
}

static uint32_t crc_of(const uint8_t *bytes, size_t n)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

static pl_status put_u32(pl_str *out, uint32_t x)
{
    const char bytes[4] = {(char)(x >> 24), (char)(x >> 16), (char)(x >> 8), (char)x};
    return pl__str_append(out, bytes, sizeof(bytes));
}

static pl_status put_chunk(pl_str *out, const char *type, const void *bytes, size_t n)
{
    pl_status rc = put_u32(out, (uint32_t)n);
    size_t start = out->len;
    if (!rc)
        rc = pl__str_append(out, type, 4);
    if (!rc && n > 0)
        rc = pl__str_append(out, bytes, n);
    return rc ? rc : put_u32(out, crc_of((const uint8_t *)out->ptr + start, out->len - start));
}

/* Rows with the filter byte 0; the square has the middle half of each side. */
static pl_status draw_rows(uint32_t side, pl_str *out)
{
    uint32_t from = side / 4;
    uint32_t to = side - from;
    size_t row_bytes = (size_t)(side + 7) / 8 + 1;
    uint8_t row[PL_PICTURE_SIDE_MAX / 8 + 1] = {0};
    uint8_t plain[PL_PICTURE_SIDE_MAX / 8 + 1] = {0};
    pl_status rc = pl__str_reserve(out, row_bytes * side);
    for (uint32_t x = from; x < to; x++)
        row[1 + x / 8] |= (uint8_t)(0x80u >> (x % 8));
    for (uint32_t y = 0; y < side && !rc; y++)
        rc = pl__str_append(out, (const char *)(y >= from && y < to ? row : plain), row_bytes);
    return rc;
}

static pl_status store_blocks(const pl_str *rows, pl_str *out)
{
    static const char zlib_head[] = {0x78, 0x01};
    uint32_t a = 1;
    uint32_t b = 0;
    pl_status rc = pl__str_append(out, zlib_head, sizeof(zlib_head));
    for (size_t at = 0; at < rows->len && !rc;) {
        size_t n = rows->len - at < BLOCK_BYTES_MAX ? rows->len - at : BLOCK_BYTES_MAX;
        const char head[5] = {(char)(at + n == rows->len), (char)n, (char)(n >> 8), (char)~n, (char)(~n >> 8)};
        rc = pl__str_append(out, head, sizeof(head));
        if (!rc)
            rc = pl__str_append(out, rows->ptr + at, n);
        for (size_t i = at; i < at + n; i++) {
            a = (a + (uint8_t)rows->ptr[i]) % ADLER_BASE;
            b = (b + a) % ADLER_BASE;
        }
        at += n;
    }
    return rc ? rc : put_u32(out, (b << 16) | a);
}

static pl_status write_png(pl_picture_colour colour, uint32_t side, pl_str *png)
{
    static const char signature[] = {(char)0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uint8_t header[HEADER_BYTES] = {0};
    uint8_t palette[6];
    pl_str rows;
    pl_str packed;

    pl__str_init(&rows, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&packed, PL_STR_LIMIT_DEFAULT);
    for (unsigned i = 0; i < 4; i++)
        header[i] = header[4 + i] = (uint8_t)(side >> (24 - 8 * i));
    header[8] = 1; /* bit a pixel */
    header[9] = 3; /* palette */
    memcpy(palette, grounds, sizeof(grounds));
    memcpy(palette + 3, paints[colour], sizeof(paints[colour]));
    pl_status rc = draw_rows(side, &rows);
    if (!rc)
        rc = store_blocks(&rows, &packed);
    if (!rc)
        rc = pl__str_append(png, signature, sizeof(signature));
    if (!rc)
        rc = put_chunk(png, "IHDR", header, sizeof(header));
    if (!rc)
        rc = put_chunk(png, "PLTE", palette, sizeof(palette));
    if (!rc)
        rc = put_chunk(png, "IDAT", packed.ptr, packed.len);
    if (!rc)
        rc = put_chunk(png, "IEND", NULL, 0);
    pl__str_clear(&rows);
    pl__str_clear(&packed);
    return rc;
}

pl_status pl__picture_draw(pl_picture_colour colour, uint32_t side_px, pl_chat_image *ret, pl_digest *ret_digest,
                           pl_error *reterr)
{
    pl_str png;
    pl_str base64;
    pl_blob *blob = NULL;

    if (side_px == 0 || side_px > PL_PICTURE_SIDE_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "a picture of %u pixels a side", side_px);
    pl__str_init(&png, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&base64, PL_STR_LIMIT_DEFAULT);
    pl_status rc = write_png(colour, side_px, &png);
    if (!rc)
        rc = pl__str_append_base64(&base64, png.ptr, png.len);
    if (!rc) {
        blob = pl__blob_from_str(&base64);
        rc = blob ? PL_OK : PL_E_NOMEM;
    }
    if (!rc) {
        pl__sha256(png.ptr, png.len, ret_digest);
        *ret = (pl_chat_image){.base64 = blob, .media_type = "image/png"};
    }
    pl__str_clear(&png);
    pl__str_clear(&base64);
    return rc ? pl__fail(reterr, rc, "a picture") : PL_OK;
}
