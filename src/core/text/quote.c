/* Servers look for control tokens in the whole text of a request, what a user sent included, so a token planted in an
 * answer would open a turn of its own. Tokens are literal strings: one space inside makes them ordinary text. The
 * rules err on the side of breaking what merely looks like a token, since that costs the reader nothing.
 *
 * Invariants (property-tested):
 * 1. Nothing is removed except the brackets of a mark, which become parentheses, so no token or mark can arise from
 *    what stood around something else.
 * 2. The output holds no "[[", no "<|", and no token of the families below.
 * 3. A space is inserted only behind '<', U+FF1C or '[', which a fence does not contain: quoting makes no fence. */
#include "quote.h"

#include "hash.h"

#include <string.h>

#define TOKEN_NAME_BYTES_MAX 64u
#define FULLWIDTH_BAR "\xef\xbd\x9c"  /* U+FF5C, in the tokens of DeepSeek */
#define FULLWIDTH_LESS "\xef\xbc\x9c" /* U+FF1C, which normalising tokenizers read as '<' */

/* Lower-case names of <name> and </name> tokens that have no underscore; trailing digits are ignored. */
static const char *const angle_names[] = {
    "audio",    "bos",        "bot",   "cls", "eoa", "eod",   "eoh",   "eom",    "eop",   "eos",      "eot",
    "filename", "global-img", "image", "img", "loc", "mask",  "media", "pad",    "patch", "reponame", "s",
    "seg",      "sep",        "slice", "sop", "sos", "think", "unk",   "unused", "video",
};

/* Names of [name] and [/name] tokens. Those in capitals are words of texts otherwise, so case counts. */
static const char *const square_names[] = {
    "ARGS",
    "AUDIO",
    "AVAILABLE_TOOLS",
    "BEGIN_AUDIO",
    "CALL_ID",
    "CLS",
    "IMG",
    "IMG_BREAK",
    "IMG_END",
    "INST",
    "MASK",
    "MIDDLE",
    "MODEL_SETTINGS",
    "PAD",
    "PREFIX",
    "SEP",
    "SUFFIX",
    "SYSTEM_PROMPT",
    "THINK",
    "TOOL_CALLS",
    "TOOL_CONTENT",
    "TOOL_RESULTS",
    "UNK",
    "control_",
    "gMASK",
    "img-",
    "sMASK",
};

static bool starts(pl_view text, const char *prefix)
{
    return pl__view_starts_with(text, prefix);
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '-' || c == '/' || c == '|';
}

/* The name that stands between text[0] and `close`, both left out; empty if there is none. */
static pl_view enclosed_name(pl_view text, char close)
{
    size_t i = 1;
    while (i < text.len && i <= TOKEN_NAME_BYTES_MAX && is_name_char(text.ptr[i]))
        i++;
    return i < text.len && text.ptr[i] == close ? pl__view_n(text.ptr + 1, i - 1) : pl__view_n(text.ptr, 0);
}

static bool equals_ignoring_case(pl_view a, const char *name)
{
    if (a.len != strlen(name))
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != name[i])
            return false;
    return true;
}

/* <start_of_turn>, <row_1_col_1>, <__media__>: an underscore makes a tag a token, since HTML has no such tag. */
static bool is_angle_token(pl_view text)
{
    pl_view name = enclosed_name(text, '>');
    if (name.len == 0)
        return false;
    if (memchr(name.ptr, '_', name.len) || memchr(name.ptr, '|', name.len))
        return true;
    if (name.ptr[0] == '/')
        name = pl__view_n(name.ptr + 1, name.len - 1);
    if (name.len > 0 && name.ptr[name.len - 1] == '/') /* <image/> */
        name.len--;
    while (name.len > 0 && is_digit(name.ptr[name.len - 1]))
        name.len--;
    for (size_t i = 0; i < sizeof(angle_names) / sizeof(angle_names[0]); i++)
        if (equals_ignoring_case(name, angle_names[i]))
            return true;
    return false;
}

/* Llama 2's <<SYS>> and <</SYS>>. */
static bool is_sys_token(pl_view text)
{
    size_t at = starts(text, "<</") ? 3 : 2;
    return starts(text, "<<") && text.len >= at + 5 && equals_ignoring_case(pl__view_n(text.ptr + at, 5), "sys>>");
}

static bool is_square_token(pl_view text)
{
    pl_view name = enclosed_name(text, ']');
    if (name.len > 0 && name.ptr[0] == '/')
        name = pl__view_n(name.ptr + 1, name.len - 1);
    if (name.len == 0)
        return false;
    for (size_t i = 0; i < sizeof(square_names) / sizeof(square_names[0]); i++) {
        const char *known = square_names[i];
        bool numbered = is_digit(name.ptr[name.len - 1]) && strchr("-_", known[strlen(known) - 1]);
        if (numbered ? starts(name, known) : pl__view_eq_str(name, known))
            return true;
    }
    return equals_ignoring_case(name, "inst");
}

/* Bytes after which a space must go because a token begins here, or 0. */
static size_t break_at(pl_view text)
{
    char c = text.ptr[0];
    if (c == '<') {
        bool barred = starts(text, "<|") || starts(text, "<" FULLWIDTH_BAR);
        return barred || is_sys_token(text) || is_angle_token(text) ? 1 : 0;
    }
    if (c == '[')
        return starts(text, "[[") || is_square_token(text) ? 1 : 0;
    if (starts(text, FULLWIDTH_LESS "|") || starts(text, FULLWIDTH_LESS FULLWIDTH_BAR))
        return strlen(FULLWIDTH_LESS);
    return 0;
}

/* The length of the inside of a mark [[x]] that begins here (no brackets, one line), or SIZE_MAX. */
static size_t mark_inside(pl_view text)
{
    if (!starts(text, "[["))
        return SIZE_MAX;
    for (size_t i = 2; i + 1 < text.len; i++) {
        char c = text.ptr[i];
        if (c == ']')
            return text.ptr[i + 1] == ']' ? i - 2 : SIZE_MAX;
        if (c == '[' || c == '\n' || c == '\r')
            return SIZE_MAX;
    }
    return SIZE_MAX;
}

/* What the piece at text[*at] becomes; *at moves past it. *mark_end is where the mark being read has its "]]", or
 * SIZE_MAX. */
static pl_status append_piece(pl_view text, size_t *at, size_t *mark_end, pl_str *out)
{
    pl_view rest = pl__view_n(text.ptr + *at, text.len - *at);
    if (*at == *mark_end) {
        *mark_end = SIZE_MAX;
        *at += 2;
        return pl__str_append_char(out, ')');
    }
    size_t inside = mark_inside(rest);
    if (inside != SIZE_MAX) {
        *mark_end = *at + 2 + inside;
        *at += 2;
        return pl__str_append_char(out, '(');
    }
    size_t n = break_at(rest);
    if (n > 0) {
        *at += n;
        pl_status rc = pl__str_append(out, rest.ptr, n);
        return rc == PL_OK ? pl__str_append_char(out, ' ') : rc;
    }
    n = pl__utf8_sequence(rest);
    *at += n > 0 ? n : 1;
    return n > 0 ? pl__str_append(out, rest.ptr, n) : pl__str_append_c(out, "\xef\xbf\xbd");
}

/* Bytes that no rule looks at, taken in one go. */
static size_t plain_run(pl_view text)
{
    size_t i = 0;
    while (i < text.len && (unsigned char)text.ptr[i] < 0x80 && text.ptr[i] != '<' && text.ptr[i] != '[' &&
           text.ptr[i] != ']')
        i++;
    return i;
}

pl_status pl__quote(pl_view text, pl_str *out)
{
    pl_status rc = PL_OK;
    size_t old_len = out->len;
    size_t mark_end = SIZE_MAX;

    for (size_t at = 0; at < text.len && rc == PL_OK;) {
        size_t run = plain_run(pl__view_n(text.ptr + at, text.len - at));
        rc = pl__str_append(out, text.ptr + at, run);
        at += run;
        if (rc == PL_OK && at < text.len)
            rc = append_piece(text, &at, &mark_end, out);
    }
    if (rc != PL_OK && out->ptr) {
        out->len = old_len;
        out->ptr[old_len] = '\0';
    }
    return rc;
}

void pl__quote_fence_apart(pl_view first, pl_view second, pl_view also, char ret[PL_FENCE_BYTES])
{
    static const char hex[] = "0123456789abcdef";
    static const char pattern[PL_FENCE_BYTES] = "==== ............. ====";
    for (uint64_t attempt = 0;; attempt++) {
        uint64_t h = pl__hash64(second.ptr, second.len, pl__hash64(first.ptr, first.len, attempt));
        memcpy(ret, pattern, sizeof(pattern));
        for (size_t i = 0; i < sizeof(pattern); i++) {
            if (pattern[i] != '.')
                continue;
            ret[i] = hex[h & 15];
            h >>= 4;
        }
        pl_view fence = pl__view(ret);
        if (pl__view_find(first, fence) == SIZE_MAX && pl__view_find(second, fence) == SIZE_MAX &&
            pl__view_find(also, fence) == SIZE_MAX)
            return;
    }
}

void pl__quote_fence(pl_view first, pl_view second, char ret[PL_FENCE_BYTES])
{
    pl__quote_fence_apart(first, second, pl__view(NULL), ret);
}
