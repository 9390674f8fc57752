#include "judgment_scan.h"

#include "line_fields.h"

#include <string.h>

#define DIGITS_MAX 9u /* of a number that is read here: it fits into 32 bits */
#define OTHERS_MAX 8u /* members of other names */

typedef enum member {
    ITEM,
    IMAGE,
    JUDGE,
    A,
    B,
    VERDICT,
    CRITERION,
    JUDGE_FAMILY,
    A_FAMILY,
    B_FAMILY,
    A_WORDS,
    B_WORDS,
    A_TOKENS,
    B_TOKENS,
    WEIGHT,
    RAW,
    N_MEMBERS
} member;

static const struct {
    const char *key;
    size_t len;
    bool is_number;
} members[N_MEMBERS] = {
    [ITEM] = {"item", 4, false},
    [IMAGE] = {"image", 5, false},
    [JUDGE] = {"judge", 5, false},
    [A] = {"a", 1, false},
    [B] = {"b", 1, false},
    [VERDICT] = {"verdict", 7, false},
    [CRITERION] = {"criterion", 9, false},
    [JUDGE_FAMILY] = {"judge_family", 12, false},
    [A_FAMILY] = {"a_family", 8, false},
    [B_FAMILY] = {"b_family", 8, false},
    [A_WORDS] = {"a_words", 7, true},
    [B_WORDS] = {"b_words", 7, true},
    [A_TOKENS] = {"a_tokens", 8, true},
    [B_TOKENS] = {"b_tokens", 8, true},
    [WEIGHT] = {"weight", 6, true},
    [RAW] = {"raw", 3, false},
};

typedef struct scan {
    const char *at;
    const char *end;
    pl_view text[N_MEMBERS]; /* ptr is NULL where there is none */
    uint32_t number[N_MEMBERS];
    bool has_number[N_MEMBERS];
    pl_view others[OTHERS_MAX];
    size_t n_others;
} scan;

static void skip_space(scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r'))
        s->at++;
}

static bool take(scan *s, char c)
{
    skip_space(s);
    if (s->at >= s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

/* The opening quote is taken already. */
static bool take_text(scan *s, pl_view *ret)
{
    const char *from = s->at;
    const char *p = from;
    while (p < s->end && *p != '"') {
        unsigned char c = (unsigned char)*p++;
        if (c < 0x20 || c >= 0x7f || c == '\\')
            return false;
    }
    if (p >= s->end)
        return false;
    *ret = (pl_view){from, (size_t)(p - from)};
    s->at = p + 1;
    return true;
}

/* What follows it is a comma, a brace or white space, or the line is not taken. */
static bool take_number(scan *s, uint32_t *ret)
{
    const char *from = s->at;
    uint32_t x = 0;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9') {
        if ((size_t)(s->at - from) >= DIGITS_MAX)
            return false;
        x = 10 * x + (uint32_t)(*s->at++ - '0');
    }
    *ret = x;
    return s->at > from && (*from != '0' || s->at == from + 1);
}

static size_t find_member(pl_view key)
{
    for (size_t i = 0; i < N_MEMBERS; i++) {
        if (members[i].len == key.len && memcmp(members[i].key, key.ptr, key.len) == 0)
            return i;
    }
    return N_MEMBERS;
}

/* A member of another name is read and forgotten; no name may come twice. */
static bool is_new(scan *s, pl_view key)
{
    if (s->n_others == OTHERS_MAX)
        return false;
    for (size_t i = 0; i < s->n_others; i++) {
        if (s->others[i].len == key.len && memcmp(s->others[i].ptr, key.ptr, key.len) == 0)
            return false;
    }
    s->others[s->n_others++] = key;
    return true;
}

static bool take_member(scan *s)
{
    pl_view key;
    pl_view text = {0};
    uint32_t number = 0;
    if (!take(s, '"') || !take_text(s, &key) || !take(s, ':'))
        return false;
    size_t m = find_member(key);
    bool is_text = take(s, '"');
    if (is_text ? !take_text(s, &text) : !take_number(s, &number))
        return false;
    if (m == N_MEMBERS)
        return is_new(s, key);
    if (members[m].is_number == is_text || s->text[m].ptr || s->has_number[m])
        return false;
    s->text[m] = text;
    s->number[m] = number;
    s->has_number[m] = !is_text;
    return true;
}

static bool is_name(pl_view text)
{
    return text.len > 0 && text.len <= PL_RECORDS_NAME_BYTES_MAX;
}

static bool read_verdict(pl_view word, pl_judgment *row)
{
    if (word.len == 1 && (word.ptr[0] == 'a' || word.ptr[0] == 'b'))
        row->verdict = word.ptr[0] == 'a' ? PL_VERDICT_A : PL_VERDICT_B;
    else if (word.len == 3 && memcmp(word.ptr, "tie", 3) == 0)
        row->verdict = PL_VERDICT_TIE;
    else
        return false;
    return true;
}

static uint32_t length_of(const scan *s, member words, member tokens)
{
    return s->has_number[words] ? s->number[words] : s->number[tokens];
}

static bool is_complete(const scan *s)
{
    static const member needed[] = {ITEM, JUDGE, A, B};
    static const member optional[] = {IMAGE, CRITERION};
    const pl_view *t = s->text;
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (!is_name(t[needed[i]]))
            return false;
    }
    for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
        if (t[optional[i]].ptr && !is_name(t[optional[i]]))
            return false;
    }
    if (t[A].len == t[B].len && memcmp(t[A].ptr, t[B].ptr, t[A].len) == 0)
        return false;
    return t[VERDICT].ptr && !t[RAW].ptr && !(s->has_number[WEIGHT] && s->number[WEIGHT] == 0);
}

bool pl__judgment_scan(pl_view line, pl_judgment_line *ret)
{
    scan s = {.at = line.ptr, .end = line.ptr + line.len};
    if (!take(&s, '{'))
        return false;
    do {
        if (!take_member(&s))
            return false;
    } while (take(&s, ','));
    if (!take(&s, '}'))
        return false;
    skip_space(&s);
    const pl_view *t = s.text;
    pl_judgment_line l = {.row = {.weight = 1.0}};
    if (s.at != s.end || !is_complete(&s) || !read_verdict(t[VERDICT], &l.row))
        return false;
    l.item = t[ITEM];
    l.image = t[IMAGE].ptr ? t[IMAGE] : t[ITEM];
    l.judge = t[JUDGE];
    l.a = t[A];
    l.b = t[B];
    l.criterion = t[CRITERION].ptr ? t[CRITERION] : pl__judgment_criterion_default();
    l.judge_family = t[JUDGE_FAMILY];
    l.a_family = t[A_FAMILY];
    l.b_family = t[B_FAMILY];
    l.row.a_length = length_of(&s, A_WORDS, A_TOKENS);
    l.row.b_length = length_of(&s, B_WORDS, B_TOKENS);
    if (s.has_number[WEIGHT])
        l.row.weight = s.number[WEIGHT];
    *ret = l;
    return true;
}
