#include "verdict.h"

#include "hash.h"
#include "punctuation.h"

#include <string.h>

bool pl__verdict_mark(pl_view text, size_t from, pl_verdict *ret, size_t *ret_at, size_t *ret_end)
{
    for (size_t at = from; at < text.len; at++) {
        const char *open = memchr(text.ptr + at, '[', text.len - at);
        if (!open)
            return false;
        at = (size_t)(open - text.ptr);
        size_t i = at + 1;
        if (i >= text.len || text.ptr[i++] != '[')
            continue;
        while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t'))
            i++;
        unsigned letter = i < text.len ? (unsigned char)text.ptr[i++] | 0x20u : 0;
        if (letter < 'a' || letter > 'c')
            continue;
        while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t'))
            i++;
        if (text.len - i < 2 || text.ptr[i] != ']' || text.ptr[i + 1] != ']')
            continue;
        *ret = letter == 'a' ? PL_VERDICT_A : letter == 'b' ? PL_VERDICT_B : PL_VERDICT_TIE;
        *ret_at = at;
        *ret_end = i + 2;
        return true;
    }
    return false;
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

/* The mark on the line that has one mark and nothing else but punctuation and markup. */
static pl_verdict mark_alone(pl_view line)
{
    pl_verdict mark = PL_VERDICT_MISSING;
    pl_verdict other = PL_VERDICT_MISSING;
    size_t at = 0;
    size_t end = 0;
    size_t next = 0;
    size_t next_end = 0;

    if (!pl__verdict_mark(line, 0, &mark, &at, &end) || pl__verdict_mark(line, end, &other, &next, &next_end))
        return PL_VERDICT_MISSING;
    pl_view before = pl__view_n(line.ptr, at);
    pl_view after = pl__view_n(line.ptr + end, line.len - end);
    return pl__is_decoration(before) && pl__is_decoration(after) ? mark : PL_VERDICT_MISSING;
}

/* ---- echoes ----
 * White space of both texts is normalised on the way, in pieces of bounded size, so that nothing is allocated. A gram
 * is ECHO_CHARS characters; a character is a byte and the UTF-8 continuation bytes behind it, at most three, so that
 * a gram is bounded for bytes that are no UTF-8 as well. */
enum {
    GRAM = PL_VERDICT_ECHO_CHARS,
    CHAR_BYTES_MAX = 4,
    PIECE_CHARS = 4096,
    TABLE_SLOTS = 2 * PIECE_CHARS, /* a power of two, at most half full */
};

typedef struct piece {
    pl_view source;
    size_t at;  /* next byte of source */
    bool space; /* white space was passed and not yet written */
    size_t n;   /* characters held */
    uint32_t starts[PIECE_CHARS + 1];
    char bytes[PIECE_CHARS * CHAR_BYTES_MAX];
} piece;

static void piece_start(piece *p, pl_view source)
{
    p->source = source;
    p->at = 0;
    p->space = false;
    p->n = 0;
    p->starts[0] = 0;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0u) == 0x80u;
}

static void piece_add(piece *p, const char *bytes, size_t n)
{
    memcpy(p->bytes + p->starts[p->n], bytes, n);
    p->starts[p->n + 1] = p->starts[p->n] + (uint32_t)n;
    p->n++;
}

/* Keeps the last GRAM - 1 characters, which begin grams that were not complete, and reads on. false: no new gram. */
static bool piece_next(piece *p)
{
    size_t keep = p->n < GRAM - 1 ? p->n : GRAM - 1;
    uint32_t base = p->starts[p->n - keep];
    memmove(p->bytes, p->bytes + base, p->starts[p->n] - base);
    for (size_t i = 0; i <= keep; i++)
        p->starts[i] = p->starts[p->n - keep + i] - base;
    p->n = keep;
    while (p->at < p->source.len && p->n < PIECE_CHARS) {
        const char *c = p->source.ptr + p->at;
        if (is_space(*c)) {
            p->space = p->n > 0;
            p->at++;
            continue;
        }
        if (p->space) {
            piece_add(p, " ", 1);
            p->space = false;
            continue;
        }
        size_t n = 1;
        while (n < CHAR_BYTES_MAX && n < p->source.len - p->at && is_continuation(c[n]))
            n++;
        piece_add(p, c, n);
        p->at += n;
    }
    return p->n >= GRAM;
}

static size_t gram_slot(const piece *p, size_t i, size_t *ret_n)
{
    *ret_n = p->starts[i + GRAM] - p->starts[i];
    return (size_t)pl__hash64(p->bytes + p->starts[i], *ret_n, 0) % TABLE_SLOTS;
}

/* The slot that holds the gram, or the empty one where it belongs. Slots hold 1 + the gram's index in `grams`. */
static size_t probe(const uint16_t slots[TABLE_SLOTS], const piece *grams, const piece *p, size_t i)
{
    size_t n = 0;
    size_t slot = gram_slot(p, i, &n);
    for (; slots[slot] != 0; slot = (slot + 1) % TABLE_SLOTS) {
        size_t k = slots[slot] - 1u;
        if (grams->starts[k + GRAM] - grams->starts[k] == n &&
            memcmp(grams->bytes + grams->starts[k], p->bytes + p->starts[i], n) == 0)
            break;
    }
    return slot;
}

static bool repeats_gram_of(const piece *grams, pl_view text)
{
    uint16_t slots[TABLE_SLOTS] = {0};
    piece window;

    for (size_t i = 0; i + GRAM <= grams->n; i++)
        slots[probe(slots, grams, grams, i)] = (uint16_t)(i + 1);
    piece_start(&window, text);
    while (piece_next(&window)) {
        for (size_t i = 0; i + GRAM <= window.n; i++)
            if (slots[probe(slots, grams, &window, i)] != 0)
                return true;
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

static pl_parsed_verdict missing_for(pl_missing reason)
{
    return (pl_parsed_verdict){PL_VERDICT_MISSING, reason};
}

pl_parsed_verdict pl__verdict_parse(pl_view text, pl_view instruction, bool cut_off)
{
    pl_verdict lone = PL_VERDICT_MISSING;
    pl_verdict mark = PL_VERDICT_MISSING;
    size_t at = 0;
    size_t end = 0;

    pl_view final = last_line(text);
    if (final.len == 0)
        return missing_for(PL_MISSING_EMPTY);
    mark = mark_alone(final);
    if (mark != PL_VERDICT_MISSING)
        return (pl_parsed_verdict){mark, PL_MISSING_NOT};
    while (pl__verdict_mark(text, end, &mark, &at, &end)) {
        if (lone != PL_VERDICT_MISSING && mark != lone)
            return missing_for(PL_MISSING_SEVERAL);
        lone = mark;
    }
    if (lone == PL_VERDICT_MISSING)
        return missing_for(PL_MISSING_NO_MARK);
    if (repeats_instruction(text, instruction))
        return missing_for(PL_MISSING_ECHO);
    if (cut_off)
        return missing_for(PL_MISSING_CUT_OFF);
    return (pl_parsed_verdict){lone, PL_MISSING_NOT};
}
