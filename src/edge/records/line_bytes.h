#ifndef PL_LINE_BYTES_H
#define PL_LINE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <x86intrin.h>
#endif

/* The three searches that reading a log is made of: in plain C, and 16 bytes at a time where the processor has SSE2,
 * which every x86-64 has. Both find the same; nothing behind `end` is read. */

static inline bool pl__is_plain(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 0x20 && u < 0x80 && u != '"' && u != '\\';
}

/* The first byte that is no plain inside of a JSON string: a quote, a backslash, a control character or one of a
 * character beyond ASCII; `end` if there is none. */
static inline const char *pl__plain_end_portable(const char *p, const char *end)
{
    while (p < end && pl__is_plain(*p))
        p++;
    return p;
}

static inline uint64_t pl__line_ends_portable(const char *p, const char *end)
{
    uint64_t n = 0;
    for (; p < end; p++)
        n += *p == '\n';
    return n;
}

/* A spelling that is expected somewhere, padded with zeros. */
#define PL_LITERAL_BYTES_MAX 32u
typedef struct pl_literal {
    char bytes[PL_LITERAL_BYTES_MAX];
    uint32_t len;     /* 0: nothing is expected */
    uint32_t mask[2]; /* a bit for each byte of either half */
} pl_literal;

/* Longer ones are not kept: nothing is expected then. */
static inline void pl__literal_set(pl_literal *l, const char *p, size_t len)
{
    memset(l, 0, sizeof(*l));
    if (len > PL_LITERAL_BYTES_MAX)
        return;
    memcpy(l->bytes, p, len);
    l->len = (uint32_t)len;
    l->mask[0] = len >= 16 ? 0xffffu : (1u << len) - 1u;
    l->mask[1] = len <= 16 ? 0u : len >= 32 ? 0xffffu : (1u << (len - 16)) - 1u;
}

static inline bool pl__literal_at_portable(const pl_literal *l, const char *p, const char *end)
{
    return l->len > 0 && (size_t)(end - p) >= l->len && memcmp(p, l->bytes, l->len) == 0;
}

#ifdef __SSE2__
static inline __m128i pl__load16(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline const char *pl__plain_end_sse2(const char *p, const char *end)
{
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(' ');
    for (; end - p >= 16; p += 16) {
        __m128i v = pl__load16(p);
        /* Compared as signed: bytes of 0x80 and more are below the space too. */
        __m128i found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)),
                                     _mm_cmplt_epi8(v, space));
        int mask = _mm_movemask_epi8(found);
        if (mask != 0)
            return p + _bit_scan_forward(mask);
    }
    return pl__plain_end_portable(p, end);
}

static inline uint64_t pl__line_ends_sse2(const char *p, const char *end)
{
    const __m128i line_end = _mm_set1_epi8('\n');
    const __m128i zero = _mm_setzero_si128();
    uint64_t n = 0;
    while (end - p >= 16) {
        __m128i counts = zero; /* of each of 16 places: a byte holds 255 rounds */
        for (int round = 0; round < 255 && end - p >= 16; round++, p += 16)
            counts = _mm_sub_epi8(counts, _mm_cmpeq_epi8(pl__load16(p), line_end));
        __m128i sums = _mm_sad_epu8(counts, zero);
        n += (uint64_t)(unsigned)_mm_cvtsi128_si32(sums);
        n += (uint64_t)(unsigned)_mm_cvtsi128_si32(_mm_srli_si128(sums, 8));
    }
    return n + pl__line_ends_portable(p, end);
}

static inline bool pl__literal_at_sse2(const pl_literal *l, const char *p, const char *end)
{
    if (end - p < (ptrdiff_t)PL_LITERAL_BYTES_MAX)
        return pl__literal_at_portable(l, p, end);
    unsigned same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(pl__load16(p), pl__load16(l->bytes)));
    if (l->mask[0] == 0 || (same & l->mask[0]) != l->mask[0])
        return false;
    if (l->mask[1] == 0)
        return true;
    same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(pl__load16(p + 16), pl__load16(l->bytes + 16)));
    return (same & l->mask[1]) == l->mask[1];
}

#define pl__plain_end pl__plain_end_sse2
#define pl__line_ends pl__line_ends_sse2
#define pl__literal_at pl__literal_at_sse2
#else
#define pl__plain_end pl__plain_end_portable
#define pl__line_ends pl__line_ends_portable
#define pl__literal_at pl__literal_at_portable
#endif

#endif
