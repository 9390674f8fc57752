#include "option_answer.h"

#include "answer.h"

#include <string.h>

static const char *const OPENING[] = {"<think>", "<thinking>", "[THINK]"};
static const char *const CLOSING[] = {"</think>", "</thinking>", "[/THINK]"};
#define N_MARKS (sizeof(CLOSING) / sizeof(CLOSING[0]))

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        return "abcdefghijklmnopqrstuvwxyz"[c - 'A'];
    return c;
}

static bool same_folded(pl_view a, pl_view b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}

char pl__option_letter(const char *const *options, size_t i)
{
    if (is_letter(options[i][0]) && options[i][1] == '\0')
        return options[i][0];
    if (i < 26)
        return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i];
    return '\0';
}

static size_t by_letter(char c, const char *const *options, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (pl__option_letter(options, i) == c)
            return i;
    }
    for (size_t i = 0; i < n; i++) {
        if (lower(pl__option_letter(options, i)) == lower(c))
            return i;
    }
    return PL_OPTION_ANSWER_NONE;
}

size_t pl__option_named(pl_view text, const char *const *options, size_t n)
{
    text = pl__view_trim(text);
    for (size_t i = 0; i < n; i++) {
        if (pl__view_eq(text, pl__view_trim(pl__view(options[i]))))
            return i;
    }
    if (text.len == 1 && is_letter(text.ptr[0]))
        return by_letter(text.ptr[0], options, n);
    for (size_t i = 0; i < n; i++) {
        if (text.len > 0 && same_folded(text, pl__view_trim(pl__view(options[i]))))
            return i;
    }
    return PL_OPTION_ANSWER_NONE;
}

pl_view pl__without_thinking(pl_view text)
{
    bool opened = false;
    for (size_t k = 0; k < N_MARKS; k++) {
        pl_view mark = pl__view(CLOSING[k]);
        size_t at = pl__view_find(text, mark);
        for (; at != SIZE_MAX; at = pl__view_find(text, mark)) {
            text = pl__view_n(text.ptr + at + mark.len, text.len - at - mark.len);
            opened = false;
        }
        opened = opened || pl__view_starts_with(pl__view_trim(text), OPENING[k]);
    }
    return opened ? pl__view_n(text.ptr + text.len, 0) : text;
}

static bool ends_word(pl_view text, size_t at)
{
    unsigned char c = at < text.len ? (unsigned char)text.ptr[at] : (unsigned char)'.';
    return !is_letter((char)c) && !(c >= '0' && c <= '9') && c < 0x80 && c != '\'' && c != '_' && c != '-';
}

/* "C", "C.", "C) cat", "(C)", "**C**" at the start. "A dog" is none; "answer is C because" is one, "answer is a dog" is
 * not: a blank behind the letter does only there, and behind a capital. */
static size_t leading_letter(pl_view text, const char *const *options, size_t n, bool blank_does)
{
    size_t at = 0;
    while (at < text.len && strchr("(*[\"'` ", text.ptr[at]))
        at++;
    if (at >= text.len || !is_letter(text.ptr[at]) || !ends_word(text, at + 1))
        return PL_OPTION_ANSWER_NONE;
    bool blank = at + 1 < text.len && (text.ptr[at + 1] == ' ' || text.ptr[at + 1] == '\t');
    bool capital = text.ptr[at] >= 'A' && text.ptr[at] <= 'Z';
    if (blank && !(blank_does && capital))
        return PL_OPTION_ANSWER_NONE;
    return by_letter(text.ptr[at], options, n);
}

static pl_view skip_words(pl_view text)
{
    static const char *const WORDS[] = {" is", ":", " option", " choice", " "};
    for (size_t k = 0; k < sizeof(WORDS) / sizeof(WORDS[0]); k++) {
        size_t n = strlen(WORDS[k]);
        if (text.len >= n && same_folded(pl__view_n(text.ptr, n), pl__view(WORDS[k])))
            text = pl__view_n(text.ptr + n, text.len - n);
    }
    return text;
}

static size_t last_answer_is(pl_view text, const char *const *options, size_t n)
{
    size_t found = PL_OPTION_ANSWER_NONE;
    pl_view word = pl__view("answer");
    for (size_t at = 0; at + word.len <= text.len; at++) {
        if (!same_folded(pl__view_n(text.ptr + at, word.len), word))
            continue;
        pl_view rest = skip_words(pl__view_n(text.ptr + at + word.len, text.len - at - word.len));
        size_t i = leading_letter(rest, options, n, true);
        if (i != PL_OPTION_ANSWER_NONE)
            found = i;
    }
    return found;
}

size_t pl__option_answer(pl_view text, const char *const *options, size_t n)
{
    text = pl__view_trim(pl__without_thinking(text));
    pl_view final = pl__answer_final(text);
    size_t found = final.len > 0 ? pl__option_named(final, options, n) : PL_OPTION_ANSWER_NONE;
    if (found != PL_OPTION_ANSWER_NONE)
        return found;
    found = pl__option_named(text, options, n);
    if (found == PL_OPTION_ANSWER_NONE && text.len > 1 && text.ptr[text.len - 1] == '.')
        found = pl__option_named(pl__view_n(text.ptr, text.len - 1), options, n);
    if (found == PL_OPTION_ANSWER_NONE)
        found = leading_letter(text, options, n, false);
    if (found == PL_OPTION_ANSWER_NONE)
        found = last_answer_is(text, options, n);
    return found;
}
