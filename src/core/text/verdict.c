#include "verdict.h"

#include "punctuation.h"

#include <string.h>

_Static_assert(PL_VERDICT_A == 1 && PL_VERDICT_B == 2 && PL_VERDICT_TIE == 3, "marks are numbered like verdicts");

/* What may stand inside a mark, in lower case. None begins with another. */
typedef struct mark_words {
    const char *const *words;
    size_t n;
} mark_words;

static const char *const verdict_words[] = {"a", "b", "c"};
static const mark_words verdict_marks = {verdict_words, 3};
static const char *const equivalence_words[] = {"same", "different"};
static const mark_words equivalence_marks = {equivalence_words, 2};

/* The number of the word that text has at i, from 1, and its length; 0: none of them. */
static unsigned word_at(const mark_words *marks, pl_view text, size_t i, size_t *ret_len)
{
    for (size_t w = 0; w < marks->n; w++) {
        const char *word = marks->words[w];
        size_t k = 0;
        while (word[k] && i + k < text.len && ((unsigned char)text.ptr[i + k] | 0x20u) == (unsigned char)word[k])
            k++;
        if (!word[k]) {
            *ret_len = k;
            return (unsigned)w + 1;
        }
    }
    return 0;
}

/* The first mark that begins at or after `from`: the number of its word, and the bytes it takes; 0: none. */
static unsigned find_mark(const mark_words *marks, pl_view text, size_t from, size_t *ret_at, size_t *ret_end)
{
    for (size_t at = from; at < text.len; at++) {
        const char *open = memchr(text.ptr + at, '[', text.len - at);
        size_t len = 0;
        if (!open)
            return 0;
        at = (size_t)(open - text.ptr);
        size_t i = at + 1;
        if (i >= text.len || text.ptr[i++] != '[')
            continue;
        while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t'))
            i++;
        unsigned word = word_at(marks, text, i, &len);
        if (word == 0)
            continue;
        i += len;
        while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t'))
            i++;
        if (text.len - i < 2 || text.ptr[i] != ']' || text.ptr[i + 1] != ']')
            continue;
        *ret_at = at;
        *ret_end = i + 2;
        return word;
    }
    return 0;
}

bool pl__verdict_mark(pl_view text, size_t from, pl_verdict *ret, size_t *ret_at, size_t *ret_end)
{
    unsigned word = find_mark(&verdict_marks, text, from, ret_at, ret_end);
    if (word > 0)
        *ret = (pl_verdict)word;
    return word > 0;
}

bool pl__equivalence_mark(pl_view text, size_t from, pl_equivalence *ret, size_t *ret_at, size_t *ret_end)
{
    unsigned word = find_mark(&equivalence_marks, text, from, ret_at, ret_end);
    if (word > 0)
        *ret = (pl_equivalence)word;
    return word > 0;
}

static pl_view last_line(pl_view text)
{
    size_t end = text.len;
    while (end > 0) {
        size_t start = end;
        while (start > 0 && text.ptr[start - 1] != '\n' && text.ptr[start - 1] != '\r')
            start--;
        pl_view line = pl__view_n(text.ptr + start, end - start);
        if (!pl__is_blank(line))
            return line;
        end = start > 0 ? start - 1 : 0;
    }
    return pl__view_n(text.ptr, 0);
}

/* The mark on the line that has one mark and nothing else but punctuation and markup; 0: there is none. */
static unsigned mark_alone(const mark_words *marks, pl_view line)
{
    size_t at = 0;
    size_t end = 0;
    size_t next = 0;
    size_t next_end = 0;
    unsigned mark = find_mark(marks, line, 0, &at, &end);

    if (mark == 0 || find_mark(marks, line, end, &next, &next_end) > 0)
        return 0;
    pl_view before = pl__view_n(line.ptr, at);
    pl_view after = pl__view_n(line.ptr + end, line.len - end);
    return pl__is_decoration(before) && pl__is_decoration(after) ? mark : 0;
}

/* ---- echoes ----
 * White space of both texts is normalised on the way, in pieces of bounded size, so that nothing is allocated. A gram
 * is ECHO_CHARS characters; a character is a byte, or a UTF-8 lead byte with the continuation bytes behind it. */
enum {
    GRAM = PL_VERDICT_ECHO_CHARS,
    CHAR_BYTES_MAX = 4,
    PIECE_CHARS = 4096,
    SLOT_BITS = 13, /* of a table that is at most half full */
    SLOTS = 1 << SLOT_BITS,
};

typedef struct piece {
    pl_view source;
    size_t at;                   /* next byte of source */
    bool space;                  /* white space was passed and not yet written */
    size_t n;                    /* characters held */
    uint32_t chars[PIECE_CHARS]; /* each its bytes, the first on top */
} piece;

static void piece_start(piece *p, pl_view source)
{
    p->source = source;
    p->at = 0;
    p->space = false;
    p->n = 0;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static uint32_t next_char(piece *p)
{
    uint32_t c = (unsigned char)p->source.ptr[p->at++];
    if (c < 0xc0)
        return c;
    for (size_t i = 1; i < CHAR_BYTES_MAX && p->at < p->source.len; i++) {
        unsigned char more = (unsigned char)p->source.ptr[p->at];
        if ((more & 0xc0u) != 0x80u)
            break;
        c = c << 8 | more;
        p->at++;
    }
    return c;
}

/* Keeps the last GRAM - 1 characters, which begin grams that were not complete, and reads on. false: no new gram. */
static bool piece_next(piece *p)
{
    size_t keep = p->n < GRAM - 1 ? p->n : GRAM - 1;
    memmove(p->chars, p->chars + (p->n - keep), keep * sizeof(p->chars[0]));
    p->n = keep;
    while (p->at < p->source.len && p->n < PIECE_CHARS) {
        if (is_space(p->source.ptr[p->at])) {
            p->space = p->n > 0;
            p->at++;
        } else if (p->space) {
            p->chars[p->n++] = ' ';
            p->space = false;
        } else {
            p->chars[p->n++] = next_char(p);
        }
    }
    return p->n >= GRAM;
}

/* A polynomial hash of the gram at chars[0], rolled on from that of the gram before it (Rabin and Karp). */
typedef struct roller {
    uint64_t top; /* base to the power of GRAM - 1 */
    uint64_t hash;
} roller;

static const uint64_t hash_base = 0x9e3779b97f4a7c15u;

static void roller_start(roller *r, const uint32_t *chars)
{
    r->top = 1;
    r->hash = chars[0];
    for (size_t i = 1; i < GRAM; i++) {
        r->top *= hash_base;
        r->hash = r->hash * hash_base + chars[i];
    }
}

static void roll(roller *r, const uint32_t *chars)
{
    r->hash = (r->hash - chars[-1] * r->top) * hash_base + chars[GRAM - 1];
}

/* The slot that holds this gram, or the empty one where it belongs. Slots hold 1 + the gram's index in `grams`. */
static size_t probe(const uint16_t slots[SLOTS], const piece *grams, const roller *r, const uint32_t *chars)
{
    size_t slot = (size_t)((r->hash ^ r->hash >> 29) * 0xbf58476d1ce4e5b9u >> (64 - SLOT_BITS));
    while (slots[slot] != 0 && memcmp(grams->chars + (slots[slot] - 1), chars, GRAM * sizeof(*chars)) != 0)
        slot = (slot + 1) % SLOTS;
    return slot;
}

static bool repeats_gram_of(const piece *grams, pl_view text)
{
    uint16_t slots[SLOTS] = {0};
    roller r;
    piece window;

    for (size_t i = 0; i + GRAM <= grams->n; i++) {
        if (i == 0)
            roller_start(&r, grams->chars);
        else
            roll(&r, grams->chars + i);
        slots[probe(slots, grams, &r, grams->chars + i)] = (uint16_t)(i + 1);
    }
    piece_start(&window, text);
    while (piece_next(&window)) {
        roller_start(&r, window.chars);
        for (size_t i = 0;; i++) {
            if (slots[probe(slots, grams, &r, window.chars + i)] != 0)
                return true;
            if (i + GRAM >= window.n)
                break;
            roll(&r, window.chars + i + 1);
        }
    }
    return false;
}

static bool repeats_instruction(pl_view text, pl_view instruction)
{
    piece grams;
    piece_start(&grams, instruction);
    while (piece_next(&grams)) {
        if (repeats_gram_of(&grams, text))
            return true;
    }
    return false;
}

/* Why the text says none of the marks; PL_MISSING_NOT: it says *ret. */
static pl_missing parse(const mark_words *marks, pl_view text, pl_view instruction, bool cut_off, unsigned *ret)
{
    unsigned lone = 0;
    size_t at = 0;
    size_t end = 0;

    pl_view final = last_line(text);
    if (final.len == 0)
        return PL_MISSING_EMPTY;
    text.len = (size_t)(final.ptr - text.ptr) + final.len; /* blank lines behind it change nothing */
    unsigned mark = mark_alone(marks, final);
    if (mark > 0) {
        *ret = mark;
        return PL_MISSING_NOT;
    }
    while ((mark = find_mark(marks, text, end, &at, &end)) > 0) {
        if (lone > 0 && mark != lone)
            return PL_MISSING_SEVERAL;
        lone = mark;
    }
    if (lone == 0)
        return PL_MISSING_NO_MARK;
    if (repeats_instruction(text, instruction))
        return PL_MISSING_ECHO;
    if (cut_off)
        return PL_MISSING_CUT_OFF;
    *ret = lone;
    return PL_MISSING_NOT;
}

pl_parsed_verdict pl__verdict_parse(pl_view text, pl_view instruction, bool cut_off)
{
    unsigned mark = 0;
    pl_missing missing = parse(&verdict_marks, text, instruction, cut_off, &mark);
    return (pl_parsed_verdict){(pl_verdict)mark, missing};
}

pl_parsed_equivalence pl__equivalence_parse(pl_view text, pl_view instruction, bool cut_off)
{
    unsigned mark = 0;
    pl_missing missing = parse(&equivalence_marks, text, instruction, cut_off, &mark);
    return (pl_parsed_equivalence){(pl_equivalence)mark, missing};
}
