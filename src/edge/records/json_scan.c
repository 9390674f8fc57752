#include "json_scan.h"

#include "decimal.h"

#include <string.h>

#define DEPTH_MAX 6u /* of what is skipped */

void pl__scan_space(pl_json_scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r' || *s->at == '\n'))
        s->at++;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Four digits; false if there are not as many. */
static bool take_hex(const char **at, const char *end, uint32_t *ret)
{
    const char *p = *at;
    uint32_t x = 0;
    if (end - p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return false;
        x = x << 4 | (uint32_t)digit;
    }
    *at = p + 4;
    *ret = x;
    return true;
}

/* Behind "\u": a character of its own or a pair of surrogates. NUL is not taken. */
static bool take_code(const char **at, const char *end, uint32_t *ret)
{
    uint32_t low = 0;
    if (!take_hex(at, end, ret) || *ret == 0 || (*ret >= 0xdc00 && *ret <= 0xdfff))
        return false;
    if (*ret < 0xd800 || *ret > 0xdfff)
        return true;
    if (end - *at < 2 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return false;
    *at += 2;
    if (!take_hex(at, end, &low) || low < 0xdc00 || low > 0xdfff)
        return false;
    *ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

static char *put_code(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* Behind a backslash. What is put is never longer than what is taken. */
static bool take_escape(const char **at, const char *end, char **to)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    uint32_t code = 0;
    if (*at >= end)
        return false;
    char c = *(*at)++;
    if (c == 'u') {
        if (!take_code(at, end, &code))
            return false;
        *to = put_code(*to, code);
        return true;
    }
    const char *found = c == '\0' ? NULL : strchr(letters, c);
    if (found)
        *(*to)++ = meanings[found - letters];
    return found != NULL;
}

bool pl__scan_rest(pl_json_scan *s, const char *from, const char *p, pl_view *ret)
{
    char *to = NULL; /* where in the room, once there was an escape */
    for (;;) {
        const char *plain = p;
        p = pl__plain_end(p, s->end);
        if (to) {
            memcpy(to, plain, (size_t)(p - plain));
            to += p - plain;
        }
        if (p >= s->end)
            return false;
        if (*p == '"')
            break;
        if (*p == '\\') {
            if (!to) {
                memcpy(s->room, from, (size_t)(p - from));
                to = s->room + (p - from);
            }
            p++;
            if (!take_escape(&p, s->end, &to))
                return false;
            continue;
        }
        size_t n = (unsigned char)*p < 0x20 ? 0 : pl__utf8_sequence(pl__view_n(p, (size_t)(s->end - p)));
        if (n == 0)
            return false;
        if (to) {
            memcpy(to, p, n);
            to += n;
        }
        p += n;
    }
    s->at = p + 1;
    *ret = to ? pl__view_n(s->room, (size_t)(to - s->room)) : pl__view_n(from, (size_t)(p - from));
    if (to) {
        *to = '\0';
        s->room = to + 1;
    }
    return true;
}

bool pl__scan_string(pl_json_scan *s, const char **ret, size_t *ret_len)
{
    pl_view text = {0};
    char *room = s->room;
    if (!pl__scan_text(s, &text))
        return false;
    if (s->room == room) {
        memcpy(room, text.ptr, text.len);
        room[text.len] = '\0';
        s->room += text.len + 1;
    }
    *ret = room;
    *ret_len = text.len;
    return true;
}

static bool take_word(pl_json_scan *s, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
        return false;
    s->at += n;
    return true;
}

bool pl__scan_null(pl_json_scan *s)
{
    pl__scan_space(s);
    return s->at < s->end && *s->at == 'n' && take_word(s, "null");
}

bool pl__scan_number(pl_json_scan *s, double *ret)
{
    pl__scan_space(s);
    return pl__decimal_scan(&s->at, s->end, ret);
}

static bool is_new(pl_json_others *others, pl_view name)
{
    if (others->n == PL_JSON_SCAN_OTHERS_MAX)
        return false;
    for (size_t i = 0; i < others->n; i++) {
        if (pl__view_eq(others->names[i], name))
            return false;
    }
    others->names[others->n++] = name;
    return true;
}

static bool skip_value(pl_json_scan *s, unsigned depth);

static bool skip_object(pl_json_scan *s, unsigned depth)
{
    pl_json_others names = {.n = 0};
    pl_view name = {0};
    if (pl__scan_take(s, '}'))
        return true;
    do {
        if (!pl__scan_take(s, '"') || !pl__scan_text(s, &name) || !is_new(&names, name) || !pl__scan_take(s, ':') ||
            !skip_value(s, depth))
            return false;
    } while (pl__scan_take(s, ','));
    return pl__scan_take(s, '}');
}

static bool skip_value(pl_json_scan *s, unsigned depth)
{
    pl_view text = {0};
    double number = 0.0;
    if (pl__scan_take(s, '"'))
        return pl__scan_text(s, &text);
    if (pl__scan_take(s, '{'))
        return depth > 0 && skip_object(s, depth - 1);
    if (pl__scan_take(s, '[')) {
        if (pl__scan_take(s, ']'))
            return true;
        do {
            if (depth == 0 || !skip_value(s, depth - 1))
                return false;
        } while (pl__scan_take(s, ','));
        return pl__scan_take(s, ']');
    }
    return take_word(s, "null") || take_word(s, "true") || take_word(s, "false") || pl__scan_number(s, &number);
}

bool pl__scan_other(pl_json_scan *s, pl_json_others *others, pl_view name)
{
    return is_new(others, name) && skip_value(s, DEPTH_MAX);
}
