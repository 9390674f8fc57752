#include "judgment_scan.h"

#include "alloc.h"
#include "decimal.h"
#include "json_scan.h"
#include "line_bytes.h"
#include "line_fields.h"

#include <math.h>
#include <string.h>

#define MEMBERS_MAX 24u
#define OTHERS_MAX 8u /* members of other names */
#define DIGITS_MAX 9u /* of a count: it fits into 32 bits */

typedef enum member {
    ITEM,
    IMAGE,
    JUDGE,
    A,
    B,
    CRITERION,
    VERDICT,
    MISSING,
    JUDGE_FAMILY,
    A_FAMILY,
    B_FAMILY,
    RAW,
    FINISH,
    A_WORDS,
    B_WORDS,
    A_TOKENS,
    B_TOKENS,
    WEIGHT,
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
    [CRITERION] = {"criterion", 9, false},
    [VERDICT] = {"verdict", 7, false},
    [MISSING] = {"missing", 7, false},
    [JUDGE_FAMILY] = {"judge_family", 12, false},
    [A_FAMILY] = {"a_family", 8, false},
    [B_FAMILY] = {"b_family", 8, false},
    [RAW] = {"raw", 3, false},
    [FINISH] = {"finish", 6, false},
    [A_WORDS] = {"a_words", 7, true},
    [B_WORDS] = {"b_words", 7, true},
    [A_TOKENS] = {"a_tokens", 8, true},
    [B_TOKENS] = {"b_tokens", 8, true},
    [WEIGHT] = {"weight", 6, true},
};

typedef enum kind {
    TEXT,
    NUMBER,
    NOTHING, /* null */
    TRUTH,   /* true or false */
    END      /* no member: the brace that ends the object */
} kind;

/* What stands between two values: from the end of the one, which for a text is before its closing quote, to the start
 * of the next, which for a text is behind its opening quote. A null, a true or a false belongs to it. */
typedef struct spelling {
    pl_literal literal;
    kind kind;
    bool after_text;
    bool is_known_text; /* a text of a known member: most are */
    size_t member;      /* N_MEMBERS: of another name */
    size_t key_at;      /* in the literal */
    size_t key_len;
} spelling;

struct pl_judgment_scanner {
    spelling spellings[MEMBERS_MAX]; /* of the last line */
    uint32_t given;                  /* a bit for each member that this line has; the values of others are old */
    uint32_t nulls;                  /* those of them that are null */
    pl_view text[N_MEMBERS + 1];     /* the last one: of other names */
    uint32_t number[N_MEMBERS + 1];
    double value;   /* the last number that was read */
    uint32_t count; /* the same, if it is one */
    bool is_count;
    double weight;
    pl_view others[OTHERS_MAX];
    size_t n_others;
    pl_str decoded[2]; /* texts of the line that have escapes; of the line before */
    bool decoding;     /* there are some */
    pl_json_scan unusual;
};

#define BIT(m) (UINT32_C(1) << (m))

pl_judgment_scanner *pl__judgment_scanner_new(void)
{
    pl_judgment_scanner *s = pl__calloc(1, sizeof(*s));
    for (size_t i = 0; s && i < 2; i++)
        pl__str_init(&s->decoded[i], PL_STR_LIMIT_DEFAULT);
    return s;
}

void pl__judgment_scanner_free(pl_judgment_scanner *s)
{
    if (!s)
        return;
    pl__str_clear(&s->decoded[0]);
    pl__str_clear(&s->decoded[1]);
    pl__free(s);
}

/* ---- between values ---- */

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    return p;
}

static size_t find_member(pl_view key)
{
    for (size_t i = 0; i < N_MEMBERS; i++) {
        if (members[i].len == key.len && memcmp(members[i].key, key.ptr, key.len) == 0)
            return i;
    }
    return N_MEMBERS;
}

static bool starts_number(const char *p, const char *end)
{
    return p < end && ((*p >= '0' && *p <= '9') || *p == '-');
}

static bool starts_with(const char *p, const char *end, pl_view word)
{
    return (size_t)(end - p) >= word.len && memcmp(p, word.ptr, word.len) == 0;
}

/* What kind of value begins at p, and where the spelling before it ends. */
static const char *read_kind(const char *p, const char *end, kind *ret)
{
    static const struct {
        pl_view word;
        kind kind;
    } words[] = {{{"\"", 1}, TEXT}, {{"null", 4}, NOTHING}, {{"true", 4}, TRUTH}, {{"false", 5}, TRUTH}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (starts_with(p, end, words[i].word)) {
            *ret = words[i].kind;
            return p + words[i].word.len;
        }
    }
    *ret = NUMBER;
    return starts_number(p, end) ? p : NULL;
}

static bool may_be(size_t m, kind k)
{
    return m == N_MEMBERS || k == NOTHING || k == (members[m].is_number ? NUMBER : TEXT);
}

/* Reads what stands at `from`: returns where the value begins, or behind the brace, or NULL. */
static const char *read_spelling(const char *from, const char *end, bool first, bool after_text, spelling *ret)
{
    const char *p = skip_space(after_text ? from + 1 : from, end);
    *ret = (spelling){.kind = END, .after_text = after_text, .member = N_MEMBERS};
    if (p == end || (first ? *p != '{' : *p != ',' && *p != '}'))
        return NULL;
    if (*p++ != '}') {
        p = skip_space(p, end);
        if (p == end || *p != '"')
            return NULL;
        const char *key = p + 1;
        p = pl__plain_end(key, end);
        if (p == end || *p != '"')
            return NULL;
        ret->member = find_member(pl__view_n(key, (size_t)(p - key)));
        ret->key_at = (size_t)(key - from);
        ret->key_len = (size_t)(p - key);
        p = skip_space(p + 1, end);
        if (p == end || *p != ':')
            return NULL;
        p = read_kind(skip_space(p + 1, end), end, &ret->kind);
        if (!p || !may_be(ret->member, ret->kind))
            return NULL;
        ret->is_known_text = ret->member < N_MEMBERS && ret->kind == TEXT;
    }
    pl__literal_set(&ret->literal, from, (size_t)(p - from));
    return p;
}

/* ---- values; each returns where it ends, which for a text is its closing quote, or NULL ---- */

static const char *take_any_text(pl_judgment_scanner *s, const char *from, const char *end, pl_view *ret)
{
    if (!s->decoding) { /* room for the rest of the line: what was decoded stays where it is */
        const char *line_end = memchr(from, '\n', (size_t)(end - from));
        pl_str before = s->decoded[0];
        s->decoded[0] = s->decoded[1];
        s->decoded[1] = before;
        pl__str_reset(&s->decoded[0]);
        if (pl__str_reserve(&s->decoded[0], (size_t)((line_end ? line_end : end) - from) + 1) != PL_OK)
            return NULL;
        s->unusual.room = s->decoded[0].ptr;
        s->decoding = true;
    }
    s->unusual.at = from;
    s->unusual.end = end;
    return pl__scan_text(&s->unusual, ret) ? s->unusual.at - 1 : NULL;
}

static const char *take_number(pl_judgment_scanner *s, const char *from, const char *end)
{
    uint32_t count = 0;
    const char *p = from;
    while (p < end && *p >= '0' && *p <= '9' && (size_t)(p - from) <= DIGITS_MAX)
        count = 10 * count + (uint32_t)(*p++ - '0');
    size_t n = (size_t)(p - from);
    bool ends = p == end || (*p != '.' && *p != 'e' && *p != 'E');
    s->is_count = ends && n > 0 && n <= DIGITS_MAX && (*from != '0' || n == 1);
    s->count = count;
    s->value = count;
    if (s->is_count)
        return p;
    s->unusual.at = from;
    return pl__decimal_scan(&s->unusual.at, end, &s->value) ? s->unusual.at : NULL;
}

/* A member of another name is read and forgotten; no name may come twice. */
static bool is_new(pl_judgment_scanner *s, pl_view key)
{
    if (s->n_others == OTHERS_MAX)
        return false;
    for (size_t i = 0; i < s->n_others; i++) {
        if (pl__view_eq(s->others[i], key))
            return false;
    }
    s->others[s->n_others++] = key;
    return true;
}

/* Any member. `from`: where the spelling begins; `at`: where the value does. */
static const char *take_member(pl_judgment_scanner *s, const spelling *sp, const char *from, const char *at,
                               const char *end)
{
    size_t m = sp->member;
    bool known = m < N_MEMBERS;
    if (known ? (s->given & BIT(m)) != 0 : !is_new(s, (pl_view){from + sp->key_at, sp->key_len}))
        return NULL;
    if (known)
        s->given |= BIT(m);
    switch (sp->kind) {
    case TEXT:
        return take_any_text(s, at, end, &s->text[m]);
    case NUMBER:
        at = take_number(s, at, end);
        if (m == WEIGHT)
            s->weight = s->value;
        else
            s->number[m] = s->count;
        return m < WEIGHT && !s->is_count ? NULL : at;
    case NOTHING:
        s->nulls |= known ? BIT(m) : 0;
        return at;
    default:
        return at;
    }
}

/* ---- the line ---- */

static bool read_verdict(const pl_judgment_scanner *s, uint32_t has, pl_view instruction, pl_judgment *row)
{
    pl_view word = s->text[VERDICT];
    if (has & BIT(RAW)) {
        pl__judgment_read_raw(s->text[RAW], has & BIT(FINISH) ? s->text[FINISH] : (pl_view){0}, instruction, row);
        return true;
    }
    if (s->nulls & BIT(VERDICT)) {
        row->verdict = PL_VERDICT_MISSING;
        row->missing = (uint8_t)pl__judgment_missing_reason(has & BIT(MISSING) ? s->text[MISSING] : (pl_view){0});
        return true;
    }
    if (!(has & BIT(VERDICT)))
        return false;
    if (word.len == 1 && (word.ptr[0] == 'a' || word.ptr[0] == 'b'))
        row->verdict = word.ptr[0] == 'a' ? PL_VERDICT_A : PL_VERDICT_B;
    else if (word.len == 3 && memcmp(word.ptr, "tie", 3) == 0)
        row->verdict = PL_VERDICT_TIE;
    else
        return false;
    return true;
}

static uint32_t length_of(const pl_judgment_scanner *s, uint32_t has, member words, member tokens)
{
    return has & BIT(words) ? s->number[words] : has & BIT(tokens) ? s->number[tokens] : 0;
}

/* A power of two, so that lengths can be held against it together. */
_Static_assert((PL_RECORDS_NAME_BYTES_MAX & (PL_RECORDS_NAME_BYTES_MAX - 1)) == 0, "a power of two");

static bool is_complete(const pl_judgment_scanner *s, uint32_t has)
{
    const uint32_t needed = BIT(ITEM) | BIT(JUDGE) | BIT(A) | BIT(B);
    const pl_view *t = s->text;
    if ((has & needed) != needed)
        return false;
    size_t lengths = (t[ITEM].len - 1) | (t[JUDGE].len - 1) | (t[A].len - 1) | (t[B].len - 1);
    if (has & BIT(IMAGE))
        lengths |= t[IMAGE].len - 1;
    if (has & BIT(CRITERION))
        lengths |= t[CRITERION].len - 1;
    if (lengths >= PL_RECORDS_NAME_BYTES_MAX)
        return false;
    if ((has & BIT(WEIGHT)) && !(s->weight > 0.0 && isfinite(s->weight)))
        return false;
    size_t last = t[A].len - 1;
    return t[B].len != t[A].len || t[B].ptr[last] != t[A].ptr[last] || memcmp(t[A].ptr, t[B].ptr, last) != 0;
}

static bool make_line(const pl_judgment_scanner *s, pl_view instruction, pl_judgment_line *ret)
{
    const uint32_t has = s->given & ~s->nulls;
    const pl_view none = {0};
    const pl_view *t = s->text;
    ret->row = (pl_judgment){.a_length = length_of(s, has, A_WORDS, A_TOKENS),
                             .b_length = length_of(s, has, B_WORDS, B_TOKENS),
                             .weight = has & BIT(WEIGHT) ? s->weight : 1.0};
    if (!is_complete(s, has) || !read_verdict(s, has, instruction, &ret->row))
        return false;
    ret->item = t[ITEM];
    ret->image = has & BIT(IMAGE) ? t[IMAGE] : t[ITEM];
    ret->judge = t[JUDGE];
    ret->a = t[A];
    ret->b = t[B];
    ret->criterion = has & BIT(CRITERION) ? t[CRITERION] : pl__judgment_criterion_default();
    ret->judge_family = has & BIT(JUDGE_FAMILY) ? t[JUDGE_FAMILY] : none;
    ret->a_family = has & BIT(A_FAMILY) ? t[A_FAMILY] : none;
    ret->b_family = has & BIT(B_FAMILY) ? t[B_FAMILY] : none;
    return true;
}

/* Where the value behind the next spelling begins, or what follows the brace; NULL if the line is not taken. */
static const char *take_spelling(spelling *sp, const char *from, const char *end, bool first, bool after_text)
{
    const char *at = from + sp->literal.len;
    if (sp->after_text == after_text && pl__literal_at(&sp->literal, from, end) &&
        (sp->kind != NUMBER || starts_number(at, end)))
        return at;
    return read_spelling(from, end, first, after_text, sp);
}

bool pl__judgment_scan(pl_judgment_scanner *s, pl_view text, pl_view judge_instruction, pl_judgment_line *ret,
                       size_t *ret_used)
{
    const char *from = text.ptr;
    const char *end = from + text.len;
    bool after_text = false;
    bool ended = false;
    s->given = 0;
    s->nulls = 0;
    s->n_others = 0;
    s->decoding = false;
    for (size_t i = 0; i < MEMBERS_MAX && !ended; i++) {
        spelling *sp = &s->spellings[i];
        const char *at = take_spelling(sp, from, end, i == 0, after_text);
        if (!at)
            return false;
        ended = sp->kind == END;
        after_text = sp->kind == TEXT;
        if (sp->is_known_text && (s->given & BIT(sp->member)) == 0) {
            s->given |= BIT(sp->member);
            from = pl__plain_end(at, end);
            s->text[sp->member] = (pl_view){at, (size_t)(from - at)};
            if (from == end || *from != '"')
                from = take_any_text(s, at, end, &s->text[sp->member]);
        } else {
            from = ended ? at : take_member(s, sp, from, at, end);
        }
        if (!from)
            return false;
    }
    if (from < end && *from != '\n')
        from = skip_space(from, end);
    if (!ended || (from < end && *from != '\n') || !make_line(s, judge_instruction, ret))
        return false;
    *ret_used = (size_t)(from - text.ptr) + (from < end ? 1 : 0);
    return true;
}
