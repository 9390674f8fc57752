#include "secrets.h"

#include "alloc.h"
#include "error.h"
#include "vec.h"

#include <string.h>

static void wipe(pl_str *s)
{
    volatile char *p = s->ptr;
    for (size_t i = 0; i < s->len; i++)
        p[i] = 0;
    pl__str_clear(s);
}

pl_view pl__secrets_get(const pl_secrets *secrets, size_t i)
{
    return pl__view_n(secrets->items[i].ptr, secrets->items[i].len);
}

pl_status pl__secrets_add(pl_secrets *secrets, pl_view secret, pl_error *reterr)
{
    size_t at = 0;
    pl_str copy;
    if (secret.len < PL_SECRET_MESSAGE_BYTES_MIN)
        return PL_OK;
    for (size_t i = 0; i < secrets->n; i++) {
        if (pl__view_eq(pl__secrets_get(secrets, i), secret))
            return PL_OK;
        at += secrets->items[i].len >= secret.len; /* longest first: one may be the beginning of another */
    }
    if (secrets->n >= PL_SECRETS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "more than %u keys", PL_SECRETS_MAX);
    pl__str_init(&copy, secret.len);
    if (pl__vec_reserve(&secrets->items, &secrets->cap, secrets->n + 1, sizeof(*secrets->items)) != PL_OK ||
        pl__str_append_view(&copy, secret) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "keys");
    memmove(secrets->items + at + 1, secrets->items + at, (secrets->n - at) * sizeof(*secrets->items));
    secrets->items[at] = copy;
    secrets->n++;
    secrets->first[(unsigned char)secret.ptr[0]] = true;
    return PL_OK;
}

pl_status pl__secrets_copy(pl_secrets *ret, const pl_secrets *from, pl_error *reterr)
{
    pl_secrets copy = {0};
    for (size_t i = 0; i < from->n; i++) {
        pl_status rc = pl__secrets_add(&copy, pl__secrets_get(from, i), reterr);
        if (rc) {
            pl__secrets_clear(&copy);
            return rc;
        }
    }
    *ret = copy;
    return PL_OK;
}

void pl__secrets_clear(pl_secrets *secrets)
{
    for (size_t i = 0; i < secrets->n; i++)
        wipe(&secrets->items[i]);
    pl__free(secrets->items);
    *secrets = (pl_secrets){0};
}

/* ---- masking ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hex_of(const char *p, char c)
{
    return hex_digit(p[0]) >= 0 && hex_digit(p[1]) >= 0 && hex_digit(p[0]) * 16 + hex_digit(p[1]) == (unsigned char)c;
}

/* Bytes that one character of a secret takes at p: itself, or as JSON or a URL may escape it; 0 if it is another. */
static size_t match_char(const char *p, size_t left, char c)
{
    if (p[0] == c)
        return 1;
    if (left >= 2 && p[0] == '\\' && p[1] == c && (c == '/' || c == '"' || c == '\\'))
        return 2;
    if (left >= 6 && p[0] == '\\' && p[1] == 'u' && p[2] == '0' && p[3] == '0' && is_hex_of(p + 4, c))
        return 6;
    if (left >= 3 && p[0] == '%' && is_hex_of(p + 1, c))
        return 3;
    return 0;
}

static size_t match_secret(const char *p, size_t left, pl_view secret)
{
    size_t at = 0;
    for (size_t i = 0; i < secret.len; i++) {
        size_t took = at < left ? match_char(p + at, left - at, secret.ptr[i]) : 0;
        if (took == 0)
            return 0;
        at += took;
    }
    return at;
}

void pl__secrets_mask(const pl_secrets *secrets, char *bytes, size_t n, size_t shortest_bytes)
{
    if (secrets->n == 0 || secrets->items[0].len < shortest_bytes)
        return;
    for (size_t i = 0; i < n;) {
        size_t took = 0;
        if (secrets->first[(unsigned char)bytes[i]] || bytes[i] == '\\' || bytes[i] == '%')
            for (size_t k = 0; k < secrets->n && secrets->items[k].len >= shortest_bytes && took == 0; k++)
                took = match_secret(bytes + i, n - i, pl__secrets_get(secrets, k));
        if (took > 0)
            memset(bytes + i, '*', took);
        i += took > 0 ? took : 1;
    }
}

void pl__secrets_mask_reply(const pl_secrets *secrets, pl_http_reply *reply)
{
    bool answer = reply->status >= 200 && reply->status < 300;
    if (reply->headers.ptr)
        pl__secrets_mask(secrets, reply->headers.ptr, reply->headers.len, PL_SECRET_MESSAGE_BYTES_MIN);
    if (reply->body.ptr)
        pl__secrets_mask(secrets, reply->body.ptr, reply->body.len,
                         answer ? PL_SECRET_ANSWER_BYTES_MIN : PL_SECRET_MESSAGE_BYTES_MIN);
}
