#include "punctuation.h"

#include <string.h>

#define TAG_BYTES_MAX 40u

typedef struct range {
    uint32_t low;
    uint32_t high;
} range;

/* White space (Unicode's White_Space beyond ASCII), zero-width characters and direction marks. */
static const range blanks[] = {
    {0x0085, 0x0085}, {0x00a0, 0x00a0}, {0x1680, 0x1680}, {0x2000, 0x200f}, {0x2028, 0x202f},
    {0x205f, 0x2064}, {0x2066, 0x2069}, {0x3000, 0x3000}, {0xfeff, 0xfeff},
};

/* Punctuation, arrows, box drawing, dingbats, pictographs. Left out on purpose: superscripts, letter-like symbols,
 * enclosed letters and digits (a negative squared B says B), and all letters and digits. */
static const range symbols[] = {
    {0x00a1, 0x00a9}, {0x00ab, 0x00b1},   {0x00b4, 0x00b4},   {0x00b6, 0x00b8}, {0x00bb, 0x00bb}, {0x00bf, 0x00bf},
    {0x00d7, 0x00d7}, {0x00f7, 0x00f7},   {0x2010, 0x2027},   {0x2030, 0x205e}, {0x20a0, 0x20c0}, {0x2190, 0x245f},
    {0x2500, 0x2775}, {0x2794, 0x2bff},   {0x2e00, 0x2e7f},   {0x3001, 0x3003}, {0x3008, 0x3020}, {0x3030, 0x3030},
    {0x30fb, 0x30fb}, {0xfe00, 0xfe19},   {0xfe30, 0xfe6f},   {0xff01, 0xff0f}, {0xff1a, 0xff20}, {0xff3b, 0xff40},
    {0xff5b, 0xff65}, {0x1f000, 0x1f0ff}, {0x1f300, 0x1faff},
};

static bool is_in(const range *ranges, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i].low && c <= ranges[i].high)
            return true;
    return false;
}

/* The character at `text`, and its bytes in *ret_n; bytes that are no UTF-8 give U+FFFD, one by one. */
static uint32_t decode(pl_view text, size_t *ret_n)
{
    static const uint8_t lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t n = pl__utf8_sequence(text);
    *ret_n = n > 0 ? n : 1;
    if (n == 0)
        return 0xfffd;
    uint32_t c = (unsigned char)text.ptr[0] & lead_bits[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)text.ptr[i] & 0x3fu);
    return c;
}

static bool is_blank_char(uint32_t c)
{
    return c <= ' ' || c == 0x7f || is_in(blanks, sizeof(blanks) / sizeof(blanks[0]), c);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alphanumeric(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool pl__is_blank(pl_view text)
{
    size_t n = 0;
    for (size_t at = 0; at < text.len; at += n)
        if (!is_blank_char(decode(pl__view_n(text.ptr + at, text.len - at), &n)))
            return false;
    return true;
}

/* Bytes of a command such as \boxed at the start of text, or 0. */
static size_t command(pl_view text)
{
    size_t i = 1;
    if (text.ptr[0] != '\\')
        return 0;
    while (i < text.len && is_letter(text.ptr[i]))
        i++;
    return i > 2 ? i : 0;
}

static bool is_tag_char(char c)
{
    return is_alphanumeric((unsigned char)c) || c == '/' || c == '|' || c == '_' || c == '-';
}

/* Bytes of a tag without attributes (<b>, </answer>, <|im_end|>) at the start of text, or 0. A name of one letter
 * counts only where that is HTML: <A> may well be what a judge means. */
static size_t tag(pl_view text)
{
    size_t letters = 0;
    size_t i = 1;
    if (text.ptr[0] != '<')
        return 0;
    for (; i < text.len && i < TAG_BYTES_MAX && is_tag_char(text.ptr[i]); i++)
        letters += is_letter(text.ptr[i]);
    if (i >= text.len || text.ptr[i] != '>' || letters == 0)
        return 0;
    return letters > 1 || strchr("bipus", text.ptr[i - 1]) ? i + 1 : 0;
}

bool pl__is_decoration(pl_view text)
{
    size_t n = 0;
    for (size_t at = 0; at < text.len; at += n) {
        pl_view rest = pl__view_n(text.ptr + at, text.len - at);
        n = text.ptr[at] == '<' ? tag(rest) : command(rest);
        if (n > 0)
            continue;
        uint32_t c = decode(rest, &n);
        bool plain = c < 0x80 ? !is_alphanumeric(c)
                              : is_blank_char(c) || is_in(symbols, sizeof(symbols) / sizeof(symbols[0]), c);
        if (!plain)
            return false;
    }
    return true;
}
