#include "question.h"

#include <string.h>

#define WORDS_MAX 40u
#define WORD_BYTES_MAX 24u

/* A sentence as lower-case words, punctuation dropped. */
typedef struct sentence {
    char words[WORDS_MAX][WORD_BYTES_MAX];
    uint32_t n;
} sentence;

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = "abcdefghijklmnopqrstuvwxyz"[c - 'A'];
    return c;
}

static void split(pl_view text, sentence *ret)
{
    ret->n = 0;
    size_t i = 0;
    while (i < text.len && ret->n < WORDS_MAX) {
        while (i < text.len && !is_word_char(text.ptr[i]))
            i++;
        size_t len = 0;
        char *word = ret->words[ret->n];
        for (; i < text.len && is_word_char(text.ptr[i]); i++) {
            if (len + 1 < WORD_BYTES_MAX)
                word[len++] = lower(text.ptr[i]);
        }
        word[len] = '\0';
        if (len > 0)
            ret->n++;
    }
}

static const char *at(const sentence *s, uint32_t i)
{
    return i < s->n ? s->words[i] : "";
}

static bool is(const sentence *s, uint32_t i, const char *word)
{
    return strcmp(at(s, i), word) == 0;
}

static bool is_one_of(const sentence *s, uint32_t i, const char *const *words, size_t n_words)
{
    for (size_t k = 0; k < n_words; k++) {
        if (is(s, i, words[k]))
            return true;
    }
    return false;
}

static bool skippable(const sentence *s, uint32_t i)
{
    static const char *const articles[] = {"a", "an", "the", "any", "of", "more", "to", "directly"};
    return is_one_of(s, i, articles, sizeof(articles) / sizeof(articles[0]));
}

/* Reads a noun phrase from word *i on; leaves *i behind its noun. A bare colour ("the red one") is one too. */
static bool noun(const sentence *s, uint32_t *i, pl_sim_noun *ret)
{
    static const char *const things[] = {"object", "objects", "shape", "shapes", "thing", "things", "one", "ones"};
    pl_sim_noun found = {PL_SIM_ANY, PL_SIM_ANY, PL_SIM_ANY};
    while (skippable(s, *i))
        ++*i;
    for (; *i < s->n; ++*i) {
        pl_view word = pl__view(at(s, *i));
        if (pl__sim_size_find(word) != PL_SIM_ANY) {
            found.size = pl__sim_size_find(word);
        } else if (pl__sim_colour_find(word) != PL_SIM_ANY) {
            found.colour = pl__sim_colour_find(word);
        } else if (pl__sim_shape_find(word) != PL_SIM_ANY) {
            found.shape = pl__sim_shape_find(word);
            ++*i;
            *ret = found;
            return true;
        } else if (is_one_of(s, *i, things, sizeof(things) / sizeof(things[0]))) {
            ++*i;
            *ret = found;
            return true;
        } else {
            return false;
        }
    }
    return false;
}

static bool is_superlative(const sentence *s, uint32_t i)
{
    return is(s, i, "largest") || is(s, i, "biggest");
}

/* "what|which colour|shape is the [largest] NOUN" from the word after "colour" or "shape". */
static bool property(const sentence *s, uint32_t i, bool colour, pl_sim_question *q)
{
    if (!is(s, i, "is"))
        return false;
    i++;
    while (skippable(s, i))
        i++;
    bool superlative = is_superlative(s, i);
    if (superlative)
        i++;
    if (!noun(s, &i, &q->noun))
        return false;
    q->kind = colour ? PL_SIM_ASK_LARGEST : PL_SIM_ASK_SHAPE;
    return colour || superlative || q->noun.colour != PL_SIM_ANY;
}

static bool beside(const sentence *s, uint32_t i, pl_sim_question *q)
{
    static const char *const sides[4] = {"left", "right", "above", "below"};
    while (skippable(s, i))
        i++;
    for (uint32_t side = 0; side < 4; side++) {
        if (!is(s, i, sides[side]))
            continue;
        i++;
        q->kind = PL_SIM_ASK_BESIDE;
        q->side = (pl_sim_side)side;
        return noun(s, &i, &q->noun);
    }
    return false;
}

static bool there(const sentence *s, uint32_t i, pl_sim_question *q)
{
    bool more = is(s, i, "more");
    if (!noun(s, &i, &q->noun))
        return false;
    q->kind = more ? PL_SIM_ASK_MORE : PL_SIM_ASK_EXISTS;
    if (!more)
        return true;
    if (!is(s, i, "or") && !is(s, i, "than"))
        return false;
    i++;
    return noun(s, &i, &q->other);
}

bool pl__sim_question_parse(pl_view text, pl_sim_question *ret)
{
    sentence s;
    if (text.len > PL_SIM_QUESTION_TEXT_BYTES_MAX)
        return false;
    split(text, &s);
    for (uint32_t i = 0; i + 2 < s.n; i++) {
        pl_sim_question q = {.noun = {PL_SIM_ANY, PL_SIM_ANY, PL_SIM_ANY}, .other = {PL_SIM_ANY, PL_SIM_ANY, 0}};
        bool what = is(&s, i, "what") || is(&s, i, "which");
        uint32_t k = i + 2;
        bool understood = false;
        if (is(&s, i, "how") && is(&s, i + 1, "many")) {
            q.kind = PL_SIM_ASK_COUNT;
            understood = noun(&s, &k, &q.noun);
        } else if (what && (is(&s, i + 1, "colour") || is(&s, i + 1, "color"))) {
            understood = property(&s, k, true, &q);
        } else if (what && is(&s, i + 1, "shape")) {
            understood = property(&s, k, false, &q);
        } else if (what && is(&s, i + 1, "is")) {
            understood = beside(&s, k, &q);
        } else if ((is(&s, i, "is") || is(&s, i, "are")) && is(&s, i + 1, "there")) {
            understood = there(&s, k, &q);
        }
        if (understood) {
            *ret = q;
            return true;
        }
    }
    return false;
}

bool pl__sim_question_find(pl_view text, pl_sim_question *ret)
{
    bool found = false;
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '?')
            found = pl__sim_question_parse(pl__view_n(text.ptr + start, i - start), ret) || found;
        if (c == '?' || c == '.' || c == '!' || c == '\n' || c == ':')
            start = i + 1;
    }
    return found;
}

/* ---- answers as words ---- */

static const char *digit_word(const char *word)
{
    static const char *const numbers[] = {"zero", "one",   "two",   "three", "four", "five",
                                          "six",  "seven", "eight", "nine",  "ten"};
    static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(word, numbers[i]) == 0)
            return digits[i];
    }
    return NULL;
}

void pl__sim_answer_normalise(pl_view answer, char ret[PL_SIM_ANSWER_BYTES])
{
    sentence s;
    size_t len = 0;
    split(answer.len > PL_SIM_QUESTION_TEXT_BYTES_MAX ? pl__view_n(answer.ptr, PL_SIM_QUESTION_TEXT_BYTES_MAX) : answer,
          &s);
    for (uint32_t i = 0; i < s.n; i++) {
        const char *word = s.words[i];
        if (strcmp(word, "a") == 0 || strcmp(word, "an") == 0 || strcmp(word, "the") == 0 || strcmp(word, "more") == 0)
            continue;
        const char *digits = digit_word(word);
        if (digits)
            word = digits;
        uint8_t shape = pl__sim_shape_find(pl__view(word));
        if (shape != PL_SIM_ANY)
            word = pl__sim_shape_name(shape);
        else if (strcmp(word, "objects") == 0)
            word = "object";
        size_t n = strlen(word);
        if (len + n + 2 > PL_SIM_ANSWER_BYTES)
            break;
        if (len > 0)
            ret[len++] = ' ';
        memcpy(ret + len, word, n);
        len += n;
    }
    ret[len] = '\0';
}
