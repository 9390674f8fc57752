#include "redact.h"

#include "secrets.h"

#include <string.h>

#define MARK "[key]"
#define MARK_BYTES (sizeof(MARK) - 1)
#define TOKEN_BYTES_MIN 8u /* of what looks like a key; longer than the mark, so that lines only shrink */

static bool is_token_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
           c == '.' || c == '*' || c == '+' || c == '/' || c == '=';
}

static bool looks_like_key(pl_view token, pl_view before)
{
    static const char *const prefixes[] = {"sk-", "sk_", "pk-", "gsk_", "hf_", "AIza", "xai-", "nvapi-", "r8_", "key-"};
    if (token.len < TOKEN_BYTES_MIN)
        return false;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (pl__view_starts_with(token, prefixes[i]))
            return true;
    return pl__view_eq_str(before, "Bearer") || pl__view_eq_str(before, "bearer");
}

static void redact_tokens(char *line)
{
    size_t n = strlen(line);
    size_t out = 0;
    pl_view before = {0};
    for (size_t i = 0; i < n;) {
        size_t from = i;
        while (i < n && is_token_char(line[i]))
            i++;
        if (i == from) {
            line[out++] = line[i++];
            continue;
        }
        pl_view token = pl__view_n(line + from, i - from);
        if (looks_like_key(token, before)) {
            memcpy(line + out, MARK, MARK_BYTES);
            before = pl__view_n(line + out, MARK_BYTES);
            out += MARK_BYTES;
        } else {
            memmove(line + out, token.ptr, token.len);
            before = pl__view_n(line + out, token.len);
            out += token.len;
        }
    }
    line[out] = '\0';
}

static bool is_control(pl_view sequence)
{
    unsigned char c = (unsigned char)sequence.ptr[0];
    return c <= 0x20 || c == 0x7f || (sequence.len == 2 && c == 0xc2 && (unsigned char)sequence.ptr[1] < 0xa0);
}

void pl__redact_line(pl_view words, char *ret, size_t ret_bytes)
{
    size_t out = 0;
    bool gap = false;
    if (ret_bytes == 0)
        return;
    for (size_t i = 0; i < words.len && out + 1 < ret_bytes;) {
        size_t n = pl__utf8_sequence(pl__view_n(words.ptr + i, words.len - i));
        pl_view sequence = n > 0 ? pl__view_n(words.ptr + i, n) : pl__view("?");
        i += n > 0 ? n : 1;
        if (is_control(sequence)) {
            gap = out > 0;
            continue;
        }
        if (out + (gap ? 1 : 0) + sequence.len >= ret_bytes)
            break;
        if (gap)
            ret[out++] = ' ';
        gap = false;
        memcpy(ret + out, sequence.ptr, sequence.len);
        out += sequence.len;
    }
    ret[out] = '\0';
    redact_tokens(ret);
}

static size_t same_bytes(const char *a, const char *b, size_t n)
{
    size_t same = 0;
    while (same < n && a[same] == b[same])
        same++;
    return same;
}

void pl__redact_secret(char *line, pl_view secret)
{
    size_t n = strlen(line);
    size_t out = 0;
    if (secret.len < PL_SECRET_MESSAGE_BYTES_MIN)
        return;
    for (size_t i = 0; i < n;) {
        size_t left = n - i;
        size_t same = same_bytes(line + i, secret.ptr, left < secret.len ? left : secret.len);
        bool whole = same == secret.len;
        bool cut_off = same == left && same >= PL_SECRET_MESSAGE_BYTES_MIN;
        if (!whole && !cut_off) {
            line[out++] = line[i++];
            continue;
        }
        /* A secret shorter than the mark is starred: the line must not grow. */
        size_t take = same < MARK_BYTES ? same : MARK_BYTES;
        memcpy(line + out, same < MARK_BYTES ? "*****" : MARK, take);
        out += take;
        i += same;
    }
    line[out] = '\0';
}
