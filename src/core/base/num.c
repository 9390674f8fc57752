/* The locale can only change the decimal separator. Reading never shows strtod one (the point is taken out and the
 * exponent corrected, which is exact); printing replaces whatever stands in its place. */
#include "num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_TEXT_MAX 1100 /* longer than the exact decimal expansion of any double */
#define EXPONENT_MAX 100000  /* beyond it every number of NUMBER_TEXT_MAX digits is 0 or too large */
#define FIXED_ABS_MAX 1e20   /* sign, 21 digits, point, 15 decimals and NUL fit PL_NUM_BYTES */
#define FIXED_DECIMALS_MAX 15
#define RAW_BYTES 64

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

typedef struct cursor {
    const char *at;
    const char *end;
} cursor;

static bool accept(cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static size_t digit_run(const cursor *c)
{
    size_t n = 0;
    while (c->at + n < c->end && is_digit(c->at[n]))
        n++;
    return n;
}

/* Reads [eE][+-]digits; false if it is there and malformed. Saturates. */
static bool read_exponent(cursor *c, long *ret)
{
    *ret = 0;
    if (!accept(c, 'e') && !accept(c, 'E'))
        return true;
    bool negative = accept(c, '-');
    if (!negative)
        (void)accept(c, '+');
    size_t n = digit_run(c);
    if (n == 0)
        return false;
    long x = 0;
    for (size_t i = 0; i < n; i++) {
        if (x < EXPONENT_MAX)
            x = x * 10 + (*c->at - '0');
        c->at++;
    }
    *ret = negative ? -x : x;
    return true;
}

pl_status pl__num_parse(pl_view text, double *ret)
{
    char plain[NUMBER_TEXT_MAX + RAW_BYTES]; /* -digits e exponent */
    size_t len = 0;
    long exponent = 0;

    if (text.len == 0)
        return PL_E_PARSE;
    if (text.len > NUMBER_TEXT_MAX)
        return PL_E_RANGE;
    cursor c = {.at = text.ptr, .end = text.ptr + text.len};
    if (accept(&c, '-'))
        plain[len++] = '-';
    size_t n = digit_run(&c);
    if (n == 0 || (n > 1 && *c.at == '0'))
        return PL_E_PARSE;
    memcpy(plain + len, c.at, n);
    len += n;
    c.at += n;
    size_t n_decimals = 0;
    if (accept(&c, '.')) {
        n_decimals = digit_run(&c);
        if (n_decimals == 0)
            return PL_E_PARSE;
        memcpy(plain + len, c.at, n_decimals);
        len += n_decimals;
        c.at += n_decimals;
    }
    if (!read_exponent(&c, &exponent) || c.at != c.end)
        return PL_E_PARSE;
    (void)snprintf(plain + len, sizeof(plain) - len, "e%ld", exponent - (long)n_decimals);
    double x = strtod(plain, NULL);
    if (isinf(x))
        return PL_E_RANGE;
    *ret = x; /* below the smallest double: rounded to it or to zero */
    return PL_OK;
}

pl_status pl__num_parse_u64(pl_view text, uint64_t *ret)
{
    if (text.len == 0)
        return PL_E_PARSE;
    uint64_t x = 0;
    bool over = false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.ptr[i]))
            return PL_E_PARSE;
        uint64_t digit = (uint64_t)(text.ptr[i] - '0');
        over = over || x > (UINT64_MAX - digit) / 10;
        x = x * 10 + digit;
    }
    if (over)
        return PL_E_RANGE;
    *ret = x;
    return PL_OK;
}

pl_status pl__num_parse_i64(pl_view text, int64_t *ret)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    uint64_t size = 0;
    pl_status rc = pl__num_parse_u64(negative ? pl__view_n(text.ptr + 1, text.len - 1) : text, &size);
    if (rc != PL_OK)
        return rc;
    if (size > (uint64_t)INT64_MAX + (negative ? 1u : 0u))
        return PL_E_RANGE;
    if (!negative)
        *ret = (int64_t)size;
    else
        *ret = size == 0 ? 0 : -(int64_t)(size - 1) - 1;
    return PL_OK;
}

/* Copies a printed number, the separator (one run of bytes that no number has) replaced by a point. */
static void copy_number(const char *raw, char ret[PL_NUM_BYTES])
{
    size_t len = 0;
    bool separator = false;
    for (; *raw != '\0' && len < PL_NUM_BYTES - 1; raw++) {
        if (is_digit(*raw) || *raw == '-' || *raw == '+' || *raw == 'e') {
            ret[len++] = *raw;
            separator = false;
        } else if (!separator) {
            ret[len++] = '.';
            separator = true;
        }
    }
    ret[len] = '\0';
}

static bool format_non_finite(double x, char ret[PL_NUM_BYTES])
{
    if (isfinite(x))
        return false;
    const char *word = isnan(x) ? "nan" : x > 0 ? "inf" : "-inf";
    memcpy(ret, word, strlen(word) + 1);
    return true;
}

void pl__num_format(double x, char ret[PL_NUM_BYTES])
{
    char raw[RAW_BYTES];
    if (format_non_finite(x, ret))
        return;
    (void)snprintf(raw, sizeof(raw), "%.17g", x);
    copy_number(raw, ret);
}

void pl__num_format_fixed(double x, unsigned decimals, char ret[PL_NUM_BYTES])
{
    char raw[RAW_BYTES];
    if (format_non_finite(x, ret))
        return;
    if (fabs(x) >= FIXED_ABS_MAX) {
        pl__num_format(x, ret);
        return;
    }
    (void)snprintf(raw, sizeof(raw), "%.*f", (int)(decimals < FIXED_DECIMALS_MAX ? decimals : FIXED_DECIMALS_MAX), x);
    copy_number(raw, ret);
    if (ret[0] == '-' && ret[strspn(ret, "-0.")] == '\0')
        memmove(ret, ret + 1, strlen(ret));
}

typedef struct duration_unit {
    const char *name;
    uint64_t ms;
} duration_unit;

/* Larger first: a duration names each unit at most once and in this order. */
static const duration_unit duration_units[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
#define N_DURATION_UNITS (sizeof(duration_units) / sizeof(duration_units[0]))

pl_status pl__num_parse_duration_ms(pl_view text, uint64_t *ret_ms)
{
    uint64_t total = 0;
    size_t next_unit = 0;
    cursor c = {.at = text.ptr, .end = text.ptr + text.len};

    if (text.len == 0)
        return PL_E_PARSE;
    while (c.at < c.end) {
        uint64_t count = 0;
        size_t n = digit_run(&c);
        if (pl__num_parse_u64(pl__view_n(c.at, n), &count) != PL_OK)
            return PL_E_PARSE;
        c.at += n;
        size_t word = 0;
        while (c.at + word < c.end && !is_digit(c.at[word]))
            word++;
        while (next_unit < N_DURATION_UNITS && !pl__view_eq_str(pl__view_n(c.at, word), duration_units[next_unit].name))
            next_unit++;
        if (next_unit == N_DURATION_UNITS)
            return PL_E_PARSE;
        uint64_t unit_ms = duration_units[next_unit++].ms;
        if (count > (UINT64_MAX - total) / unit_ms)
            return PL_E_PARSE;
        total += count * unit_ms;
        c.at += word;
    }
    *ret_ms = total;
    return PL_OK;
}
