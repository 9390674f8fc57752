/* Encodings of byte strings: JSON escapes, base64. */
#include "str.h"

#include <string.h>

static pl_status append_control(pl_str *s, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char *const shorts[0x20] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};
    if (shorts[c])
        return pl__str_append_c(s, shorts[c]);
    char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    return pl__str_append(s, escape, sizeof(escape));
}

static pl_status append_special(pl_str *s, unsigned char c)
{
    if (c == '"')
        return pl__str_append_c(s, "\\\"");
    if (c == '\\')
        return pl__str_append_c(s, "\\\\");
    if (c < 0x20)
        return append_control(s, c);
    return pl__str_append_c(s, "\xef\xbf\xbd"); /* U+FFFD for one byte that starts no sequence */
}

pl_status pl__str_append_json_escaped(pl_str *s, pl_view v)
{
    pl_status rc = PL_OK;
    size_t old_len = s->len;
    size_t run = 0; /* start of the bytes that go out unchanged */
    size_t at = 0;

    while (at < v.len && rc == PL_OK) {
        unsigned char c = (unsigned char)v.ptr[at];
        size_t n = c < 0x80 ? 1 : pl__utf8_sequence(pl__view_n(v.ptr + at, v.len - at));
        if (n > 0 && c >= 0x20 && c != '"' && c != '\\') {
            at += n;
            continue;
        }
        rc = pl__str_append(s, v.ptr + run, at - run);
        if (rc == PL_OK)
            rc = append_special(s, c);
        at++;
        run = at;
    }
    if (rc == PL_OK && run < v.len)
        rc = pl__str_append(s, v.ptr + run, v.len - run);
    if (rc != PL_OK && s->ptr) {
        s->len = old_len;
        s->ptr[old_len] = '\0';
    }
    return rc;
}

pl_status pl__str_append_base64(pl_str *s, const void *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    if (n == 0)
        return PL_OK;
    if (n > SIZE_MAX / 2)
        return PL_E_LIMIT;
    size_t out_len = (n - 1) / 3 * 4 + 4;
    pl_status rc = pl__str_reserve(s, out_len);
    if (rc != PL_OK)
        return rc;
    const unsigned char *in_bytes = bytes;
    char *out = s->ptr + s->len;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t group = (uint32_t)in_bytes[i] << 16;
        if (left > 1)
            group |= (uint32_t)in_bytes[i + 1] << 8;
        if (left > 2)
            group |= in_bytes[i + 2];
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = digits[left > 1 ? group >> 6 & 63 : 64];
        *out++ = digits[left > 2 ? group & 63 : 64];
    }
    s->len += out_len;
    *out = '\0';
    return PL_OK;
}

/* 0..63, or -1 for a byte that is no digit. */
static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

typedef struct base64_state {
    uint32_t bits;
    unsigned n_digits;  /* of the group of four, 0..3 */
    unsigned n_padding; /* '=' seen */
    char *out;
} base64_state;

static bool base64_take(base64_state *st, char c)
{
    if (c == '=') {
        st->n_padding++;
        return st->n_digits + st->n_padding <= 4 && st->n_digits >= 2;
    }
    int digit = base64_digit(c);
    if (digit < 0 || st->n_padding > 0)
        return false;
    st->bits = st->bits << 6 | (uint32_t)digit;
    if (++st->n_digits == 4) {
        *st->out++ = (char)(unsigned char)(st->bits >> 16 & 0xff);
        *st->out++ = (char)(unsigned char)(st->bits >> 8 & 0xff);
        *st->out++ = (char)(unsigned char)(st->bits & 0xff);
        st->bits = 0;
        st->n_digits = 0;
    }
    return true;
}

/* The last group: complete padding, and no bits set beyond the last byte, so that each value has one spelling. */
static bool base64_end(base64_state *st)
{
    if (st->n_digits == 0)
        return st->n_padding == 0;
    if (st->n_digits + st->n_padding != 4)
        return false;
    if (st->n_digits == 2) {
        *st->out++ = (char)(unsigned char)(st->bits >> 4 & 0xff);
        return (st->bits & 0xf) == 0;
    }
    *st->out++ = (char)(unsigned char)(st->bits >> 10 & 0xff);
    *st->out++ = (char)(unsigned char)(st->bits >> 2 & 0xff);
    return (st->bits & 3) == 0;
}

pl_status pl__str_append_base64_decoded(pl_str *s, pl_view v)
{
    size_t n_symbols = 0;
    size_t n_padding = 0;
    for (size_t i = 0; i < v.len; i++) {
        n_symbols += !(v.ptr[i] == ' ' || (v.ptr[i] >= '\t' && v.ptr[i] <= '\r'));
        n_padding += v.ptr[i] == '=';
    }
    if (n_symbols == 0)
        return PL_OK;
    if (n_symbols % 4 != 0 || n_padding > 2)
        return PL_E_PARSE;
    pl_status rc = pl__str_reserve(s, n_symbols / 4 * 3 - n_padding);
    if (rc != PL_OK)
        return rc;

    base64_state st = {.out = s->ptr + s->len};
    bool good = true;
    for (size_t i = 0; i < v.len && good; i++) {
        char c = v.ptr[i];
        if (!(c == ' ' || (c >= '\t' && c <= '\r')))
            good = base64_take(&st, c);
    }
    if (good)
        good = base64_end(&st);
    if (good)
        s->len = (size_t)(st.out - s->ptr);
    s->ptr[s->len] = '\0';
    return good ? PL_OK : PL_E_PARSE;
}
