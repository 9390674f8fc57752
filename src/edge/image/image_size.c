/* Width and height from the first bytes of a file: enough to guess what an image will cost. */
#include "image.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define HEAD_BYTES 32u
#define JPEG_SEGMENTS_MAX 1024

static uint32_t be16(const uint8_t *b)
{
    return (uint32_t)b[0] << 8 | b[1];
}

static uint32_t be32(const uint8_t *b)
{
    return be16(b) << 16 | be16(b + 2);
}

static uint32_t le16(const uint8_t *b)
{
    return (uint32_t)b[1] << 8 | b[0];
}

static uint32_t le24(const uint8_t *b)
{
    return (uint32_t)b[2] << 16 | le16(b);
}

static bool read_at(int fd, off_t at, uint8_t *ret, size_t n)
{
    return pread(fd, ret, n, at) == (ssize_t)n;
}

/* Does this marker begin a frame, whose header has the size? */
static bool is_frame(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static bool jpeg_size(int fd, uint32_t *ret_width, uint32_t *ret_height)
{
    off_t at = 2;
    for (int i = 0; i < JPEG_SEGMENTS_MAX; i++) {
        uint8_t b[9];
        if (!read_at(fd, at, b, sizeof(b)) || b[0] != 0xff)
            return false;
        if (is_frame(b[1])) {
            *ret_height = be16(b + 5);
            *ret_width = be16(b + 7);
            return true;
        }
        at += b[1] == 0xff ? 1 : 2 + (off_t)be16(b + 2); /* a fill byte; else a segment */
    }
    return false;
}

static bool webp_size(const uint8_t *b, uint32_t *ret_width, uint32_t *ret_height)
{
    if (memcmp(b + 12, "VP8X", 4) == 0) {
        *ret_width = le24(b + 24) + 1;
        *ret_height = le24(b + 27) + 1;
    } else if (memcmp(b + 12, "VP8L", 4) == 0) {
        uint32_t bits = le16(b + 21) | le16(b + 23) << 16;
        *ret_width = (bits & 0x3fffu) + 1;
        *ret_height = (bits >> 14 & 0x3fffu) + 1;
    } else if (memcmp(b + 12, "VP8 ", 4) == 0) {
        *ret_width = le16(b + 26) & 0x3fffu;
        *ret_height = le16(b + 28) & 0x3fffu;
    } else {
        return false;
    }
    return true;
}

static bool head_size(int fd, const uint8_t *b, uint32_t *ret_width, uint32_t *ret_height)
{
    if (memcmp(b, "\x89PNG\r\n\x1a\n", 8) == 0) {
        *ret_width = be32(b + 16);
        *ret_height = be32(b + 20);
        return true;
    }
    if (memcmp(b, "GIF8", 4) == 0) {
        *ret_width = le16(b + 6);
        *ret_height = le16(b + 8);
        return true;
    }
    if (memcmp(b, "RIFF", 4) == 0 && memcmp(b + 8, "WEBP", 4) == 0)
        return webp_size(b, ret_width, ret_height);
    return b[0] == 0xff && b[1] == 0xd8 && jpeg_size(fd, ret_width, ret_height);
}

bool pl__image_size(const char *path, uint32_t *ret_width_px, uint32_t *ret_height_px)
{
    uint8_t head[HEAD_BYTES];
    uint32_t width = 0;
    uint32_t height = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us up */
    bool found = false;
    if (fd < 0)
        return false;
    found = read_at(fd, 0, head, sizeof(head)) && head_size(fd, head, &width, &height) && width > 0 && height > 0;
    (void)close(fd);
    if (!found)
        return false;
    *ret_width_px = width;
    *ret_height_px = height;
    return true;
}
