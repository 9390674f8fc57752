#include "exif.h"

#include <string.h>

#define HEADER_BYTES 6u /* "Exif", two zeros; the TIFF file behind it counts from here */
#define TIFF_BYTES_MIN 8u
#define ENTRY_BYTES 12u
#define TIFF_MAGIC 42u
#define TAG_ORIENTATION 0x0112u
#define TYPE_SHORT 3u
#define UPRIGHT 1u

typedef struct tiff {
    pl_view bytes;
    bool big_endian;
} tiff;

/* Both take places that are inside. */
static uint32_t u16(const tiff *t, size_t at)
{
    uint32_t first = (uint8_t)t->bytes.ptr[at];
    uint32_t second = (uint8_t)t->bytes.ptr[at + 1];
    return t->big_endian ? first << 8 | second : second << 8 | first;
}

static uint32_t u32(const tiff *t, size_t at)
{
    return t->big_endian ? u16(t, at) << 16 | u16(t, at + 2) : u16(t, at + 2) << 16 | u16(t, at);
}

bool pl__exif_upright(pl_view payload)
{
    if (payload.len < HEADER_BYTES + TIFF_BYTES_MIN || memcmp(payload.ptr, "Exif\0", HEADER_BYTES) != 0)
        return false;
    tiff t = {.bytes = pl__view_n(payload.ptr + HEADER_BYTES, payload.len - HEADER_BYTES)};
    t.big_endian = pl__view_starts_with(t.bytes, "MM");
    if ((!t.big_endian && !pl__view_starts_with(t.bytes, "II")) || u16(&t, 2) != TIFF_MAGIC)
        return false;
    size_t at = u32(&t, 4);
    if (at < TIFF_BYTES_MIN || at > t.bytes.len - 2)
        return false;
    uint32_t n = u16(&t, at);
    at += 2;
    if (n > (t.bytes.len - at) / ENTRY_BYTES)
        return false;
    for (uint32_t i = 0; i < n; i++, at += ENTRY_BYTES) {
        if (u16(&t, at) == TAG_ORIENTATION &&
            (u16(&t, at + 2) != TYPE_SHORT || u32(&t, at + 4) != 1 || u16(&t, at + 8) != UPRIGHT))
            return false;
    }
    return true;
}
