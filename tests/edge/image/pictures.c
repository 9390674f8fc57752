#include "kit.h"

#include "image.h"
#include "pictures.h"

#include <stdlib.h>
#include <string.h>

int pictures_setup(void **state)
{
    uint8_t black[3] = {0};
    pl_pixels one = {.rgb = black, .width_px = 1, .height_px = 1};
    pl_str png;
    pl_error err = {0};

    (void)state;
    pl__str_init(&png, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__image_encode_png(&one, &png, &err);
    pl__str_clear(&png);
    return rc == PL_OK ? 0 : -1;
}

static VipsImage *from_rgb(const uint8_t *rgb, int width, int height)
{
    VipsImage *image = NULL;
    VipsImage *bare =
        vips_image_new_from_memory_copy(rgb, (size_t)width * (size_t)height * 3, width, height, 3, VIPS_FORMAT_UCHAR);
    assert_non_null(bare);
    assert_int_equal(vips_copy(bare, &image, "interpretation", VIPS_INTERPRETATION_sRGB, NULL), 0);
    g_object_unref(bare);
    return image;
}

static VipsImage *paint(int width, int height, int noise)
{
    static const uint8_t colours[4][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 0}};
    uint8_t *rgb = malloc((size_t)width * (size_t)height * 3);
    uint32_t x = 12345;

    assert_non_null(rgb);
    for (int row = 0; row < height; row++) {
        for (int column = 0; column < width; column++) {
            int quadrant = (row >= height / 2 ? 2 : 0) + (column >= width / 2 ? 1 : 0);
            uint8_t *at = rgb + ((size_t)row * (size_t)width + (size_t)column) * 3;
            memcpy(at, colours[quadrant], 3);
            for (int band = 0; noise && band < 3; band++) {
                x = x * 1664525u + 1013904223u;
                at[band] = (uint8_t)(x >> 24);
            }
        }
    }
    VipsImage *image = from_rgb(rgb, width, height);
    free(rgb);
    return image;
}

VipsImage *quadrants(int width, int height)
{
    return paint(width, height, 0);
}

VipsImage *noisy(int width, int height)
{
    return paint(width, height, 1);
}

picture picture_of(VipsImage *image, const char *suffix)
{
    void *bytes = NULL;
    size_t n = 0;
    assert_non_null(image);
    if (vips_image_write_to_buffer(image, suffix, &bytes, &n, NULL) != 0)
        fail_msg("%s: %s", suffix, vips_error_buffer());
    g_object_unref(image);
    return (picture){.bytes = bytes, .n = n};
}

void picture_clear(picture *p)
{
    g_free(p->bytes);
    *p = (picture){0};
}

static uint32_t crc32_of(const uint8_t *bytes, size_t n)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void put_be32(uint8_t *at, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(x >> (24 - 8 * i));
}

static size_t put_chunk(uint8_t *at, const char *type, const void *data, uint32_t n)
{
    put_be32(at, n);
    for (int i = 0; i < 4; i++)
        at[4 + i] = (uint8_t)type[i];
    if (n > 0)
        memcpy(at + 8, data, n);
    put_be32(at + 8 + n, crc32_of(at + 4, (size_t)n + 4));
    return (size_t)n + 12;
}

picture png_claiming(uint32_t width, uint32_t height)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const uint8_t deflated[] = {0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01}; /* no bytes at all */
    uint8_t header[13] = {0};
    uint8_t *bytes = g_malloc(256);
    size_t n = sizeof(signature);

    memcpy(bytes, signature, sizeof(signature));
    put_be32(header, width);
    put_be32(header + 4, height);
    header[8] = 8; /* bits */
    header[9] = 2; /* RGB */
    n += put_chunk(bytes + n, "IHDR", header, sizeof(header));
    n += put_chunk(bytes + n, "IDAT", deflated, sizeof(deflated));
    n += put_chunk(bytes + n, "IEND", NULL, 0);
    return (picture){.bytes = (char *)bytes, .n = n};
}

int is_near(const uint8_t *rgb, int r, int g, int b)
{
    return abs(rgb[0] - r) < 40 && abs(rgb[1] - g) < 40 && abs(rgb[2] - b) < 40;
}
