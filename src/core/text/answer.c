#include "answer.h"

#include <string.h>

pl_view pl__answer_final(pl_view text)
{
    pl_view found = pl__view_n(text.ptr, 0);
    size_t open = SIZE_MAX; /* where the inside of the nearest [[ on this line begins */
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool twice = i + 1 < text.len && text.ptr[i + 1] == c;
        if (c == '\n' || c == '\r') {
            open = SIZE_MAX;
        } else if (c == '[' && twice) {
            open = i + 2;
        } else if (c == ']' && twice && open <= i) {
            pl_view inside = pl__view_trim(pl__view_n(text.ptr + open, i - open));
            if (inside.len > 0)
                found = inside;
            open = SIZE_MAX;
        }
    }
    return found;
}

typedef struct quotes {
    const char *open;
    const char *close;
} quotes;

static const quotes pairs[] = {
    {"\"", "\""},
    {"'", "'"},
    {"`", "`"},
    {"\xe2\x80\x9c", "\xe2\x80\x9d"}, /* U+201C, U+201D */
    {"\xe2\x80\x98", "\xe2\x80\x99"}, /* U+2018, U+2019 */
    {"\xe2\x80\x9e", "\xe2\x80\x9c"}, /* U+201E, U+201C */
    {"\xc2\xab", "\xc2\xbb"},         /* U+00AB, U+00BB */
    {"\xe3\x80\x8c", "\xe3\x80\x8d"}, /* U+300C, U+300D */
};

static bool ends_with(pl_view text, const char *suffix)
{
    size_t n = strlen(suffix);
    return text.len >= n && memcmp(text.ptr + text.len - n, suffix, n) == 0;
}

/* Takes off quotes that surround the whole; "this" or "that" has no such pair. */
static bool unquote(pl_view *text)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        size_t before = strlen(pairs[i].open);
        size_t after = strlen(pairs[i].close);
        if (text->len < before + after || !pl__view_starts_with(*text, pairs[i].open) ||
            !ends_with(*text, pairs[i].close))
            continue;
        pl_view inside = pl__view_n(text->ptr + before, text->len - before - after);
        if (pl__view_find(inside, pl__view(pairs[i].open)) != SIZE_MAX ||
            pl__view_find(inside, pl__view(pairs[i].close)) != SIZE_MAX)
            continue;
        *text = pl__view_trim(inside);
        return true;
    }
    return false;
}

static size_t emphasis(pl_view text, size_t at)
{
    while (at < text.len && (text.ptr[at] == '*' || text.ptr[at] == '_'))
        at++;
    return at;
}

/* "Question:", also with Markdown's emphasis around the word or around word and colon. */
static pl_view without_label(pl_view text)
{
    static const char label[] = "question";
    size_t opened = emphasis(text, 0);
    size_t at = opened;
    for (size_t i = 0; i < sizeof(label) - 1; i++, at++)
        if (at >= text.len || (text.ptr[at] | 0x20) != label[i])
            return text;
    size_t colon = emphasis(text, at);
    if (colon >= text.len || text.ptr[colon] != ':')
        return text;
    bool around_both = colon == at && opened > 0;
    at = colon + 1;
    if (around_both && emphasis(text, at) - at >= opened)
        at += opened;
    return pl__view_trim(pl__view_n(text.ptr + at, text.len - at));
}

pl_view pl__question_clean(pl_view text)
{
    pl_view question = pl__view_trim(text);
    bool unquoted = unquote(&question);
    question = without_label(question);
    if (!unquoted)
        (void)unquote(&question);
    return question;
}

uint32_t pl__count_words(pl_view text)
{
    uint32_t words = 0;
    bool inside = false;
    for (size_t i = 0; i < text.len; i++) {
        bool space = text.ptr[i] == ' ' || (text.ptr[i] >= '\t' && text.ptr[i] <= '\r');
        if (!space && !inside && words < UINT32_MAX)
            words++;
        inside = !space;
    }
    return words;
}
