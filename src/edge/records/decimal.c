/* Decimal to binary by one or two products with a power of five of 128 bits: Lemire, "Number Parsing at a Gigabyte per
 * Second", Software: Practice and Experience 51 (2021), algorithm 1 and section 5. What is long or far from 1 is left
 * to pl__num_parse(). */
#include "decimal.h"

#include "little_endian.h"
#include "num.h"

#include <string.h>

#define DIGITS_MAX 19       /* fit 64 bits */
#define WHOLE_DIGITS_MAX 18 /* fit a signed integer of 64 bits */
#define EXPONENT_DIGITS_MAX 4
#define POWER_MIN (-64)
#define POWER_MAX 22
#define BIAS 1023

typedef struct wide {
    uint64_t high;
    uint64_t low;
} wide;

/* 5^q for q from POWER_MIN to POWER_MAX, shifted so that the highest bit is set; cut off above 0, the next larger one
 * below. */
static const wide powers[POWER_MAX - POWER_MIN + 1] = {
    {0xa87fea27a539e9a5, 0x3f2398d747b36224}, {0xd29fe4b18e88640e, 0x8eec7f0d19a03aad},
    {0x83a3eeeef9153e89, 0x1953cf68300424ac}, {0xa48ceaaab75a8e2b, 0x5fa8c3423c052dd7},
    {0xcdb02555653131b6, 0x3792f412cb06794d}, {0x808e17555f3ebf11, 0xe2bbd88bbee40bd0},
    {0xa0b19d2ab70e6ed6, 0x5b6aceaeae9d0ec4}, {0xc8de047564d20a8b, 0xf245825a5a445275},
    {0xfb158592be068d2e, 0xeed6e2f0f0d56712}, {0x9ced737bb6c4183d, 0x55464dd69685606b},
    {0xc428d05aa4751e4c, 0xaa97e14c3c26b886}, {0xf53304714d9265df, 0xd53dd99f4b3066a8},
    {0x993fe2c6d07b7fab, 0xe546a8038efe4029}, {0xbf8fdb78849a5f96, 0xde98520472bdd033},
    {0xef73d256a5c0f77c, 0x963e66858f6d4440}, {0x95a8637627989aad, 0xdde7001379a44aa8},
    {0xbb127c53b17ec159, 0x5560c018580d5d52}, {0xe9d71b689dde71af, 0xaab8f01e6e10b4a6},
    {0x9226712162ab070d, 0xcab3961304ca70e8}, {0xb6b00d69bb55c8d1, 0x3d607b97c5fd0d22},
    {0xe45c10c42a2b3b05, 0x8cb89a7db77c506a}, {0x8eb98a7a9a5b04e3, 0x77f3608e92adb242},
    {0xb267ed1940f1c61c, 0x55f038b237591ed3}, {0xdf01e85f912e37a3, 0x6b6c46dec52f6688},
    {0x8b61313bbabce2c6, 0x2323ac4b3b3da015}, {0xae397d8aa96c1b77, 0xabec975e0a0d081a},
    {0xd9c7dced53c72255, 0x96e7bd358c904a21}, {0x881cea14545c7575, 0x7e50d64177da2e54},
    {0xaa242499697392d2, 0xdde50bd1d5d0b9e9}, {0xd4ad2dbfc3d07787, 0x955e4ec64b44e864},
    {0x84ec3c97da624ab4, 0xbd5af13bef0b113e}, {0xa6274bbdd0fadd61, 0xecb1ad8aeacdd58e},
    {0xcfb11ead453994ba, 0x67de18eda5814af2}, {0x81ceb32c4b43fcf4, 0x80eacf948770ced7},
    {0xa2425ff75e14fc31, 0xa1258379a94d028d}, {0xcad2f7f5359a3b3e, 0x096ee45813a04330},
    {0xfd87b5f28300ca0d, 0x8bca9d6e188853fc}, {0x9e74d1b791e07e48, 0x775ea264cf55347e},
    {0xc612062576589dda, 0x95364afe032a819e}, {0xf79687aed3eec551, 0x3a83ddbd83f52205},
    {0x9abe14cd44753b52, 0xc4926a9672793543}, {0xc16d9a0095928a27, 0x75b7053c0f178294},
    {0xf1c90080baf72cb1, 0x5324c68b12dd6339}, {0x971da05074da7bee, 0xd3f6fc16ebca5e04},
    {0xbce5086492111aea, 0x88f4bb1ca6bcf585}, {0xec1e4a7db69561a5, 0x2b31e9e3d06c32e6},
    {0x9392ee8e921d5d07, 0x3aff322e62439fd0}, {0xb877aa3236a4b449, 0x09befeb9fad487c3},
    {0xe69594bec44de15b, 0x4c2ebe687989a9b4}, {0x901d7cf73ab0acd9, 0x0f9d37014bf60a11},
    {0xb424dc35095cd80f, 0x538484c19ef38c95}, {0xe12e13424bb40e13, 0x2865a5f206b06fba},
    {0x8cbccc096f5088cb, 0xf93f87b7442e45d4}, {0xafebff0bcb24aafe, 0xf78f69a51539d749},
    {0xdbe6fecebdedd5be, 0xb573440e5a884d1c}, {0x89705f4136b4a597, 0x31680a88f8953031},
    {0xabcc77118461cefc, 0xfdc20d2b36ba7c3e}, {0xd6bf94d5e57a42bc, 0x3d32907604691b4d},
    {0x8637bd05af6c69b5, 0xa63f9a49c2c1b110}, {0xa7c5ac471b478423, 0x0fcf80dc33721d54},
    {0xd1b71758e219652b, 0xd3c36113404ea4a9}, {0x83126e978d4fdf3b, 0x645a1cac083126ea},
    {0xa3d70a3d70a3d70a, 0x3d70a3d70a3d70a4}, {0xcccccccccccccccc, 0xcccccccccccccccd},
    {0x8000000000000000, 0x0000000000000000}, {0xa000000000000000, 0x0000000000000000},
    {0xc800000000000000, 0x0000000000000000}, {0xfa00000000000000, 0x0000000000000000},
    {0x9c40000000000000, 0x0000000000000000}, {0xc350000000000000, 0x0000000000000000},
    {0xf424000000000000, 0x0000000000000000}, {0x9896800000000000, 0x0000000000000000},
    {0xbebc200000000000, 0x0000000000000000}, {0xee6b280000000000, 0x0000000000000000},
    {0x9502f90000000000, 0x0000000000000000}, {0xba43b74000000000, 0x0000000000000000},
    {0xe8d4a51000000000, 0x0000000000000000}, {0x9184e72a00000000, 0x0000000000000000},
    {0xb5e620f480000000, 0x0000000000000000}, {0xe35fa931a0000000, 0x0000000000000000},
    {0x8e1bc9bf04000000, 0x0000000000000000}, {0xb1a2bc2ec5000000, 0x0000000000000000},
    {0xde0b6b3a76400000, 0x0000000000000000}, {0x8ac7230489e80000, 0x0000000000000000},
    {0xad78ebc5ac620000, 0x0000000000000000}, {0xd8d726b7177a8000, 0x0000000000000000},
    {0x878678326eac9000, 0x0000000000000000},
};

static wide multiply(uint64_t a, uint64_t b)
{
    uint64_t a0 = a & 0xffffffff;
    uint64_t a1 = a >> 32;
    uint64_t b0 = b & 0xffffffff;
    uint64_t b1 = b >> 32;
    uint64_t low = a0 * b0;
    uint64_t middle = a1 * b0 + (low >> 32);
    uint64_t other = a0 * b1 + (middle & 0xffffffff);
    return (wide){.high = a1 * b1 + (middle >> 32) + (other >> 32), .low = other << 32 | (low & 0xffffffff)};
}

/* Zeros above the highest bit of x, which is above 0, and below 2^64 - 1: as the exponent of a double, which may be one
 * too large for the rounding. */
static unsigned leading_zeros(uint64_t x)
{
    double rounded = (double)(int64_t)(x >> 1 | 1);
    uint64_t bits = 0;
    memcpy(&bits, &rounded, sizeof(bits));
    unsigned n = 62 + BIAS - (unsigned)(bits >> PL_DECIMAL_MANTISSA_BITS);
    return x << n >> 63 ? n : n + 1;
}

/* The double nearest to digits * 10^power, digits above 0; false if this method cannot tell. */
bool pl__decimal_nearest(uint64_t digits, int power, bool negative, double *ret)
{
    const uint64_t unsure = (uint64_t)0x1ff; /* bits below those that are needed: all set, a carry could change them */
    const wide *five = &powers[power - POWER_MIN];
    unsigned shift = leading_zeros(digits);
    wide product = multiply(digits << shift, five->high);
    if ((product.high & unsure) == unsure) {
        uint64_t more = multiply(digits << shift, five->low).high;
        product.low += more;
        product.high += product.low < more ? 1 : 0;
    }
    if (product.low == UINT64_MAX && power < -27)
        return false;
    unsigned top = (unsigned)(product.high >> 63);
    unsigned cut = top + 64 - PL_DECIMAL_MANTISSA_BITS - 3;
    uint64_t mantissa = product.high >> cut;
    /* floor(log2(5^power)) + power, by a product that is exact in this range; 1024 keeps it positive */
    uint64_t exponent = ((uint64_t)(217706 * power + 1024 * 65536) >> 16) - 1024 + 63 + top - shift + BIAS;
    bool tie = product.low <= 1 && power >= -4 && (mantissa & 3) == 1 && mantissa << cut == product.high;
    if (tie)
        mantissa &= ~(uint64_t)1; /* to even */
    mantissa += mantissa & 1;
    mantissa >>= 1;
    if (mantissa >> (PL_DECIMAL_MANTISSA_BITS + 1)) {
        mantissa = (uint64_t)1 << PL_DECIMAL_MANTISSA_BITS;
        exponent++;
    }
    mantissa &= ~((uint64_t)1 << PL_DECIMAL_MANTISSA_BITS);
    uint64_t bits = (uint64_t)negative << 63 | exponent << PL_DECIMAL_MANTISSA_BITS | mantissa;
    memcpy(ret, &bits, sizeof(bits));
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* How many of eight bytes are digits before the first that is none. */
static unsigned count_digits(uint64_t x)
{
    uint64_t others = ((x + 0x4646464646464646) | (x - 0x3030303030303030)) & 0x8080808080808080;
    if (others == 0)
        return 8;
    uint64_t below = (others - 1) & ~others & 0x8080808080808080;
    return (unsigned)((below >> 7) * 0x0101010101010101 >> 56);
}

/* Up to eight digits of eight bytes, added to *sum, which wraps where there are too many. */
static const char *take_eight(const char *p, uint64_t *sum)
{
    static const uint32_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    uint64_t eight = pl__load8(p);
    unsigned n = count_digits(eight);
    if (n > 0) /* those behind are shifted out, and zeros put before */
        *sum = *sum * tens[n] + pl__eight_digits((eight - 0x3030303030303030) << (64 - 8 * n));
    return p + n;
}

static const char *take_digits(const char *p, const char *end, uint64_t *sum)
{
    while (end - p >= 8) {
        const char *from = p;
        p = take_eight(p, sum);
        if (p - from < 8)
            return p;
    }
    for (; p < end && is_digit(*p); p++)
        *sum = *sum * 10 + (uint64_t)(*p - '0');
    return p;
}

/* Behind the e; NULL if there is no digit or too many. */
static const char *take_exponent(const char *p, const char *end, int *ret)
{
    bool negative = p < end && *p == '-';
    uint64_t x = 0;
    p += p < end && (*p == '-' || *p == '+') ? 1 : 0;
    const char *digits = p;
    p = take_digits(p, end, &x);
    if (p == digits || p - digits > EXPONENT_DIGITS_MAX)
        return NULL;
    *ret = negative ? -(int)x : (int)x;
    return p;
}

static long leading_nulls(const char *p, const char *end)
{
    long n = 0;
    for (; p < end && (*p == '0' || *p == '.'); p++)
        n += *p == '0' ? 1 : 0;
    return n;
}

typedef struct parts {
    const char *first; /* behind the sign */
    uint64_t digits;   /* wrapped where there are too many */
    long n;            /* of digits */
    long n_decimals;
    int power;
    bool negative;
    bool whole; /* neither a point nor an exponent */
} parts;

/* Where the number ends, or NULL if there is none. */
static const char *take_parts(const char *p, const char *end, parts *ret)
{
    ret->negative = p < end && *p == '-';
    p += ret->negative ? 1 : 0;
    ret->first = p;
    p = take_digits(p, end, &ret->digits);
    ret->n = p - ret->first;
    if (ret->n == 0 || (ret->n > 1 && *ret->first == '0'))
        return NULL;
    ret->whole = true;
    if (p < end && *p == '.') {
        const char *decimals = p + 1;
        p = take_digits(decimals, end, &ret->digits);
        ret->n_decimals = p - decimals;
        ret->n += ret->n_decimals;
        ret->whole = false;
        if (ret->n_decimals == 0)
            return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        ret->whole = false;
        return take_exponent(p + 1, end, &ret->power);
    }
    return p;
}

bool pl__decimal_scan(const char **at, const char *end, double *ret)
{
    if (end - *at > PL_DECIMAL_PLAIN_BYTES) {
        bool negative = **at == '-';
        const char *behind = pl__decimal_plain(*at + (negative ? 1 : 0), negative, ret);
        *at = behind ? behind : *at;
        if (behind)
            return true;
    }
    parts x = {.digits = 0};
    const char *p = take_parts(*at, end, &x);
    if (!p)
        return false;
    pl_view text = pl__view_n(*at, (size_t)(p - *at));
    *at = p;
    if (x.whole) {
        if (x.n <= WHOLE_DIGITS_MAX)
            *ret = (double)(x.negative ? -(int64_t)x.digits : (int64_t)x.digits);
        return x.n <= WHOLE_DIGITS_MAX;
    }
    if (x.n > DIGITS_MAX && x.n - leading_nulls(x.first, p) > DIGITS_MAX)
        return pl__num_parse(text, ret) == PL_OK;
    if (x.digits == 0) {
        *ret = x.negative ? -0.0 : 0.0;
        return true;
    }
    long power = x.power - x.n_decimals;
    if (pl__decimal_small(x.digits, power, x.negative, ret))
        return true;
    if (power >= POWER_MIN && power <= POWER_MAX && pl__decimal_nearest(x.digits, (int)power, x.negative, ret))
        return true;
    return pl__num_parse(text, ret) == PL_OK;
}
