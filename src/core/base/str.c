#include "str.h"

#include "alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CAP_MIN ((size_t)32)

pl_view pl__view(const char *s)
{
    return pl__view_n(s, s ? strlen(s) : 0);
}

pl_view pl__view_n(const char *s, size_t len)
{
    return (pl_view){.ptr = s, .len = len};
}

bool pl__view_eq(pl_view a, pl_view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool pl__view_eq_str(pl_view a, const char *s)
{
    return pl__view_eq(a, pl__view(s));
}

bool pl__view_starts_with(pl_view a, const char *prefix)
{
    size_t n = strlen(prefix);
    return a.len >= n && (n == 0 || memcmp(a.ptr, prefix, n) == 0);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

pl_view pl__view_trim(pl_view a)
{
    while (a.len > 0 && is_space(a.ptr[0])) {
        a.ptr++;
        a.len--;
    }
    while (a.len > 0 && is_space(a.ptr[a.len - 1]))
        a.len--;
    return a;
}

size_t pl__view_find(pl_view a, pl_view needle)
{
    if (needle.len == 0)
        return 0;
    size_t at = 0;
    while (at < a.len && needle.len <= a.len - at) {
        const char *hit = memchr(a.ptr + at, needle.ptr[0], a.len - at - needle.len + 1);
        if (!hit)
            return SIZE_MAX;
        at = (size_t)(hit - a.ptr);
        if (memcmp(hit, needle.ptr, needle.len) == 0)
            return at;
        at++;
    }
    return SIZE_MAX;
}

void pl__str_init(pl_str *s, size_t limit_bytes)
{
    *s = (pl_str){.limit_bytes = limit_bytes};
}

void pl__str_clear(pl_str *s)
{
    if (!s)
        return;
    pl__free(s->ptr);
    pl__str_init(s, s->limit_bytes);
}

void pl__str_reset(pl_str *s)
{
    s->len = 0;
    if (s->ptr)
        s->ptr[0] = '\0';
}

const char *pl__str_c(const pl_str *s)
{
    return s->ptr ? s->ptr : "";
}

char *pl__str_take(pl_str *s)
{
    char *bytes = s->ptr ? s->ptr : pl__strdup("");
    if (bytes)
        pl__str_init(s, s->limit_bytes);
    return bytes;
}

pl_status pl__str_reserve(pl_str *s, size_t more_bytes)
{
    if (s->len > s->limit_bytes || more_bytes > s->limit_bytes - s->len)
        return PL_E_LIMIT;
    size_t need = s->len + more_bytes;
    if (s->ptr && need < s->cap)
        return PL_OK; /* cap counts the NUL */
    if (need >= (size_t)PTRDIFF_MAX)
        return PL_E_NOMEM;
    size_t cap = s->cap < CAP_MIN ? CAP_MIN : s->cap * 2; /* cap <= PTRDIFF_MAX: the product fits */
    if (cap > s->limit_bytes)
        cap = s->limit_bytes + 1; /* need <= limit_bytes < cap; a limit of SIZE_MAX never gets here */
    if (cap <= need)
        cap = need + 1;
    char *p = pl__realloc(s->ptr, cap);
    if (!p)
        return PL_E_NOMEM;
    p[s->len] = '\0';
    s->ptr = p;
    s->cap = cap;
    return PL_OK;
}

pl_status pl__str_append(pl_str *s, const char *bytes, size_t n)
{
    if (n == 0)
        return PL_OK;
    /* The bytes may be a part of the string itself, which the reallocation moves. */
    uintptr_t first = (uintptr_t)s->ptr;
    bool inside = s->ptr && (uintptr_t)bytes >= first && (uintptr_t)bytes < first + s->cap;
    size_t offset = inside ? (size_t)((uintptr_t)bytes - first) : 0;
    pl_status rc = pl__str_reserve(s, n);
    if (rc != PL_OK)
        return rc;
    memmove(s->ptr + s->len, inside ? s->ptr + offset : bytes, n);
    s->len += n;
    s->ptr[s->len] = '\0';
    return PL_OK;
}

pl_status pl__str_append_view(pl_str *s, pl_view v)
{
    return pl__str_append(s, v.ptr, v.len);
}

pl_status pl__str_append_c(pl_str *s, const char *z)
{
    return pl__str_append(s, z, strlen(z));
}

pl_status pl__str_append_char(pl_str *s, char c)
{
    return pl__str_append(s, &c, 1);
}

pl_status pl__str_appendf(pl_str *s, const char *fmt, ...)
{
    va_list args;
    va_list again;
    pl_status rc = PL_OK;

    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n < 0) { /* longer than INT_MAX */
        rc = PL_E_LIMIT;
    } else if (n > 0) {
        rc = pl__str_reserve(s, (size_t)n);
        if (rc == PL_OK) {
            (void)vsnprintf(s->ptr + s->len, (size_t)n + 1, fmt, again);
            s->len += (size_t)n;
        }
    }
    va_end(again);
    va_end(args);
    return rc;
}

static bool in(unsigned char c, unsigned low, unsigned high)
{
    return c >= low && c <= high;
}

/* The Unicode Standard, table 3-7: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
size_t pl__utf8_sequence(pl_view v)
{
    if (v.len == 0)
        return 0;
    const unsigned char *c = (const unsigned char *)v.ptr;
    if (c[0] < 0x80)
        return 1;
    if (in(c[0], 0xc2, 0xdf))
        return v.len >= 2 && in(c[1], 0x80, 0xbf) ? 2 : 0;
    if (in(c[0], 0xe0, 0xef)) {
        unsigned low = c[0] == 0xe0 ? 0xa0 : 0x80;
        unsigned high = c[0] == 0xed ? 0x9f : 0xbf;
        return v.len >= 3 && in(c[1], low, high) && in(c[2], 0x80, 0xbf) ? 3 : 0;
    }
    if (in(c[0], 0xf0, 0xf4)) {
        unsigned low = c[0] == 0xf0 ? 0x90 : 0x80;
        unsigned high = c[0] == 0xf4 ? 0x8f : 0xbf;
        return v.len >= 4 && in(c[1], low, high) && in(c[2], 0x80, 0xbf) && in(c[3], 0x80, 0xbf) ? 4 : 0;
    }
    return 0;
}

bool pl__utf8_valid(pl_view v)
{
    size_t at = 0;
    while (at < v.len) {
        bool ascii = (unsigned char)v.ptr[at] < 0x80;
        size_t n = ascii ? 1 : pl__utf8_sequence(pl__view_n(v.ptr + at, v.len - at));
        if (n == 0)
            return false;
        at += n;
    }
    return true;
}

void pl__one_line(char *z)
{
    size_t len = strlen(z);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)z[i] < 0x20 || z[i] == 0x7f)
            z[i] = ' ';
    }
    size_t start = len;
    while (start > 0 && len - start < 3 && ((unsigned char)z[start - 1] & 0xc0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)z[start - 1] >= 0xc0 &&
        pl__utf8_sequence(pl__view_n(z + start - 1, len - start + 1)) == 0)
        z[start - 1] = '\0';
}
