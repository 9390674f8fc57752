#ifndef PL_DECIMAL_H
#define PL_DECIMAL_H

#include "line_bytes.h"
#include "little_endian.h"

#include <float.h>

/* Reads the JSON number that *at begins with, rounded as pl__num_parse() does, and moves *at behind it. A whole number
 * is read as an integer is: there is no negative zero among them. False for what is no number, out of range, or a whole
 * number of more than 18 digits; *at is then anywhere before `end`. What follows the number is the caller's to look at.
 */
bool pl__decimal_scan(const char **at, const char *end, double *ret);

/* ---- the form that log-probabilities have, inline ---- */

#define PL_DECIMAL_MANTISSA_BITS 52
#define PL_DECIMAL_POWER_MAX 22       /* 10^22 is the last power of ten that is a double */
#define PL_DECIMAL_PLAIN_BYTES 32     /* two digits, a point, and those behind it that are looked at */
#define PL_DECIMAL_PLAIN_DECIMALS 22u /* more are left to the others */

/* The double nearest to digits * 10^power, digits above 0, power from -64 to 22; false if this method cannot tell. */
bool pl__decimal_nearest(uint64_t digits, int power, bool negative, double *ret);

/* Digits and power of ten are both doubles: one division rounds once (Clinger 1990). */
static inline bool pl__decimal_small(uint64_t digits, long power, bool negative, double *ret)
{
    static const double tens[] = {1.0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (FLT_EVAL_METHOD != 0 || power > 0 || power < -PL_DECIMAL_POWER_MAX || digits >> (PL_DECIMAL_MANTISSA_BITS + 1))
        return false;
    double x = (double)(int64_t)digits / tens[-power];
    *ret = negative ? -x : x;
    return true;
}

/* The number that eight bytes of 0 to 9 are (Lemire 2021, section 4). */
static inline uint64_t pl__eight_digits(uint64_t x)
{
    const uint64_t every_fourth = 0x000000ff000000ff;
    x = x * 10 + (x >> 8);
    x = (x & every_fourth) * 0x000f424000000064 + (x >> 16 & every_fourth) * 0x0000271000000001;
    return x >> 32;
}

#ifdef __SSE2__
/* A bit for each of 16 bytes that is a digit. */
static inline uint32_t pl__digit_bits(const char *p)
{
    __m128i x = _mm_sub_epi8(pl__load16(p), _mm_set1_epi8('0'));
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(9)), x));
}

/* The first n of eight digits, behind *sum. */
static inline void pl__append_digits(const char *p, unsigned n, uint64_t *sum)
{
    static const uint32_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    *sum = *sum * tens[n] + pl__eight_digits((pl__load8(p) - 0x3030303030303030) << (64 - 8 * n));
}

/* Where a number such as 1.25 ends: up to two digits, a point, more digits, no exponent. NULL for any other. What is
 * likely is a branch and not a number that others wait for. PL_DECIMAL_PLAIN_BYTES can be read. */
static inline const char *pl__decimal_plain(const char *p, bool negative, double *ret)
{
    static const uint64_t limits[] = {0,
                                      1000000000000000000,
                                      100000000000000000,
                                      10000000000000000,
                                      1000000000000000,
                                      100000000000000,
                                      10000000000000}; /* 10^19 is more than 64 bits should hold */
    uint32_t bits = pl__digit_bits(p);
    uint64_t digits = (uint64_t)(*p - '0');
    if ((bits & 1) == 0)
        return NULL;
    if (p[1] != '.') {
        if ((bits & 2) == 0 || digits == 0 || p[2] != '.')
            return NULL;
        digits = digits * 10 + (uint64_t)(p[1] - '0');
        bits >>= 1;
        p++;
    }
    p += 2;
    unsigned n = (unsigned)_bit_scan_forward((int)~(bits >> 2)); /* digits behind the point */
    if (n >= 13)                                                 /* and perhaps behind those that were looked at */
        n = 13 + (unsigned)_bit_scan_forward((int)~pl__digit_bits(p + 13));
    if (n - 1 > PL_DECIMAL_PLAIN_DECIMALS - 1 || (p[n] | 0x20) == 'e')
        return NULL;
    pl__append_digits(p, n < 8 ? n : 8, &digits);
    if (n > 8)
        pl__append_digits(p + 8, n < 16 ? n - 8 : 8, &digits);
    if (n > 16) {
        if (digits >= limits[n - 16])
            return NULL;
        pl__append_digits(p + 16, n - 16, &digits);
    }
    if (!pl__decimal_small(digits, -(long)n, negative, ret) &&
        (digits == 0 || !pl__decimal_nearest(digits, -(int)n, negative, ret)))
        return NULL;
    return p + n;
}
#else
static inline const char *pl__decimal_plain(const char *p, bool negative, double *ret)
{
    (void)p;
    (void)negative;
    (void)ret;
    return NULL;
}
#endif

#endif
