#include "response_scan.h"

#include "decimal.h"
#include "json_scan.h"
#include "line_fields.h"

#include <string.h>

#define VOCABULARY_MAX 999999999.0 /* more is not plain */
#define SPELLING_READ ((ptrdiff_t)PL_SPELLING_BYTES)
#define PLAIN_TOP_BYTES (PL_DECIMAL_PLAIN_BYTES + SPELLING_READ + 8) /* a pair, and what is looked at behind it */
#define PAIRS_AT_ONCE 32u                                            /* as many wait for what their spellings mean */

typedef enum member {
    ITEM,
    MODEL,
    IMAGE,
    DATASET,
    TEXT,
    PREDICTION,
    LABEL,
    N_TEXTS, /* those above are strings */
    VOCABULARY = N_TEXTS,
    OPTIONS,
    OPTION_LOGPROBS,
    OPTION_LOGITS,
    TOKENS,
    SAMPLES,
    MEANINGS,
    LABELS,
    N_MEMBERS
} member;

static const struct {
    const char *key;
    size_t len;
} members[N_MEMBERS] = {
    [ITEM] = {"item", 4},
    [MODEL] = {"model", 5},
    [IMAGE] = {"image", 5},
    [DATASET] = {"dataset", 7},
    [TEXT] = {"text", 4},
    [PREDICTION] = {"prediction", 10},
    [LABEL] = {"label", 5},
    [VOCABULARY] = {"vocab_size", 10},
    [OPTIONS] = {"options", 7},
    [OPTION_LOGPROBS] = {"option_logprobs", 15},
    [OPTION_LOGITS] = {"option_logits", 13},
    [TOKENS] = {"tokens", 6},
    [SAMPLES] = {"samples", 7},
    [MEANINGS] = {"meanings", 8},
    [LABELS] = {"labels", 6},
};

typedef struct scan {
    pl_json_scan json;
    pl_response_line *line;
    pl_status rc; /* PL_E_NOMEM: nothing is taken any more */
    uint32_t seen;
    pl_view texts[N_TEXTS]; /* no pointer: not there, or null */
    const char *label;      /* its own, NUL-terminated */
    size_t n_values;
    bool has_meanings;
    pl_json_others others;
} scan;

static bool kept(scan *s, pl_status rc)
{
    if (rc != PL_OK)
        s->rc = rc;
    return rc == PL_OK;
}

/* ---- lists ---- */

/* Calls `one` for what is in a list whose bracket is taken; at most `max`. */
static bool take_list(scan *s, size_t max, bool (*one)(scan *s))
{
    size_t n = 0;
    if (pl__scan_take(&s->json, ']'))
        return true;
    do {
        if (n++ == max || !one(s))
            return false;
    } while (pl__scan_take(&s->json, ','));
    return pl__scan_take(&s->json, ']');
}

static bool take_option(scan *s)
{
    pl_response_line *line = s->line;
    size_t len = 0;
    const char *text = NULL;
    if (!pl__scan_take(&s->json, '"') || !pl__scan_string(&s->json, &text, &len))
        return false;
    line->options[line->n_options] = text;
    line->option_texts[line->n_options++] = pl__view_n(text, len);
    return true;
}

static bool take_logprob(scan *s, double *ret)
{
    *ret = (double)NAN;
    return pl__scan_null(&s->json) || (pl__scan_number(&s->json, ret) && pl__is_logprob(*ret));
}

static bool take_option_logprob(scan *s)
{
    double x = 0.0;
    if (!take_logprob(s, &x))
        return false;
    s->line->values[s->n_values++] = pl__option_logprob(x);
    return true;
}

static bool take_option_logit(scan *s)
{
    return pl__scan_number(&s->json, &s->line->values[s->n_values++]);
}

/* One of the two kinds; of both, the careful reader knows which one counts. */
static bool take_values(scan *s, bool logits)
{
    if (s->line->row.value_kind != PL_OPTION_VALUES_NONE)
        return false;
    s->line->row.value_kind = logits ? PL_OPTION_VALUES_LOGIT : PL_OPTION_VALUES_LOGPROB;
    return take_list(s, PL_RESPONSE_OPTIONS_MAX, logits ? take_option_logit : take_option_logprob);
}

static bool take_sample(scan *s)
{
    pl_view text = {0};
    return pl__scan_take(&s->json, '"') && pl__scan_text(&s->json, &text) &&
           kept(s, pl__response_line_add_sample(s->line, text));
}

static bool take_meaning(scan *s)
{
    double x = 0.0;
    return pl__scan_number(&s->json, &x) && pl__is_meaning(x) &&
           kept(s, pl__response_line_add_meaning(s->line, (uint32_t)x));
}

static bool take_label(scan *s)
{
    pl_response_line *line = s->line;
    size_t len = 0;
    const char *text = NULL;
    if (!pl__scan_take(&s->json, '"') || !pl__scan_string(&s->json, &text, &len) ||
        !kept(s, pl__vec_reserve(&line->labels.ptr, &line->labels.cap, line->labels.len + 1, sizeof(text))))
        return false;
    line->labels.ptr[line->labels.len++] = text;
    return true;
}

/* ---- tokens ---- */

/* A string behind its quote. */
static bool take_new_text(pl_json_scan *j, pl_view *ret, pl_view *ret_spelling)
{
    const char *from = j->at;
    if (!pl__scan_text(j, ret))
        return false;
    *ret_spelling = (pl_view){.ptr = from, .len = (size_t)(j->at - 1 - from)};
    return true;
}

/* A text that is not looked up yet. */
typedef struct pending {
    pl_spelling spelling;
    const char *from; /* NULL: it is read */
} pending;

/* The same, put off if it is short. */
static bool put_off_text(scan *s, pl_line_token *ret, pending *ret_pending)
{
    pl_json_scan *j = &s->json;
    ret_pending->from = NULL;
    ret->number = PL_LINE_TEXT_NEW;
    if (s->line->spellings && j->end - j->at >= SPELLING_READ) {
        size_t len = pl__spelling_at(s->line->spellings, j->at, &ret_pending->spelling);
        if (len < PL_SPELLING_BYTES) {
            ret_pending->from = j->at;
            ret->text = (pl_view){.ptr = j->at, .len = 0}; /* it is there */
            j->at += len + 1;
            return true;
        }
    }
    return take_new_text(j, &ret->text, &ret->spelling);
}

/* What was put off: its number if that is known, else it is read after all. */
static bool look_up(scan *s, const pending *p, pl_line_token *ret)
{
    uint32_t found = p->from ? pl__spelling_number(&p->spelling) : 0;
    if (!p->from || found > 0) {
        ret->number = found - 1; /* or PL_LINE_TEXT_NEW */
        return true;
    }
    const char *behind = s->json.at;
    s->json.at = p->from;
    if (!take_new_text(&s->json, &ret->text, &ret->spelling))
        return false;
    s->json.at = behind;
    return true;
}

/* Pairs whose texts are not looked up yet. */
typedef struct pairs {
    pending texts[PAIRS_AT_ONCE];
    size_t n;
} pairs;

/* The hot loop: passes over pairs ["text",-1.25], commas between them, as long as nothing is unusual about them but,
 * perhaps, the insides of their texts; at most `most`. None is passed over by half. */
static void pass_over_pairs(scan *s, size_t most, double *ret_logprobs, pairs *ret)
{
    const pl_spellings *const spellings = s->line->spellings;
    const char *p = s->json.at;
    const char *const end = s->json.end;
    size_t n = 0;
    while (n < most && end - p >= PLAIN_TOP_BYTES) {
        if (*p != '[' && *p++ != ' ')
            break;
        if (p[0] != '[' || p[1] != '"')
            break;
        size_t len = pl__spelling_at(spellings, p + 2, &ret->texts[n].spelling);
        if (len == PL_SPELLING_BYTES)
            break;
        ret->texts[n].from = p + 2;
        p += len + 3;
        if (*p++ != ',' || (*p != '-' && (p[0] != ' ' || *++p != '-')))
            break;
        p = pl__decimal_plain(p + 1, true, &ret_logprobs[n]);
        if (!p || *p != ']')
            break;
        n++;
        s->json.at = ++p;
        if (*p++ != ',')
            break;
    }
    ret->n = n;
}

/* Takes some plain pairs, perhaps none, commas between them. False: one is bad, or there is no memory. */
static bool take_plain_tops(scan *s, size_t most, size_t *ret_n)
{
    pairs found;
    pl_line_tops *tops = &s->line->tops;
    const size_t first = tops->len;
    *ret_n = 0;
    if (!s->line->spellings)
        return true;
    if (tops->cap - first < PAIRS_AT_ONCE && !kept(s, pl__response_line_grow_tops(s->line, PAIRS_AT_ONCE)))
        return false;
    pass_over_pairs(s, most < PAIRS_AT_ONCE ? most : PAIRS_AT_ONCE, tops->logprobs + first, &found);
    for (size_t i = 0; i < found.n; i++) {
        uint32_t number = pl__spelling_number(&found.texts[i].spelling);
        pl_line_token text = {.number = number - 1};
        tops->texts[first + i] = text.number;
        if (number == 0 && (!look_up(s, &found.texts[i], &text) ||
                            !kept(s, pl__response_line_new_top(s->line, first + i, text.text, text.spelling))))
            return false;
    }
    tops->len += found.n;
    *ret_n = found.n;
    return true;
}

/* Any pair. */
static bool take_top(scan *s)
{
    pl_json_scan *j = &s->json;
    pl_line_tops *tops = &s->line->tops;
    pl_line_token text = {.number = 0};
    double logprob = 0.0;
    pending p;
    if (!pl__scan_take(j, '[') || !pl__scan_take(j, '"') || !put_off_text(s, &text, &p) || !pl__scan_take(j, ',') ||
        !pl__scan_number(j, &logprob) || !pl__is_logprob(logprob) || !pl__scan_take(j, ']') || !look_up(s, &p, &text) ||
        !kept(s, pl__response_line_grow_tops(s->line, 1)))
        return false;
    tops->texts[tops->len] = text.number;
    tops->logprobs[tops->len] = pl__rounded_logprob(logprob);
    if (text.number == PL_LINE_TEXT_NEW &&
        !kept(s, pl__response_line_new_top(s->line, tops->len, text.text, text.spelling)))
        return false;
    tops->len++;
    return true;
}

/* [["text", number], ...] behind its bracket. */
static bool take_tops(scan *s, uint32_t *ret_n)
{
    pl_json_scan *j = &s->json;
    size_t n = 0;
    if (pl__scan_take(j, ']'))
        return true;
    do {
        size_t plain = 0;
        if (!take_plain_tops(s, PL_RESPONSE_TOP_MAX - n, &plain))
            return false;
        n += plain > 0 ? plain : 1;
        if (n > PL_RESPONSE_TOP_MAX || (plain == 0 && !take_top(s)))
            return false;
    } while (pl__scan_take(j, ','));
    *ret_n = (uint32_t)n;
    return pl__scan_take(j, ']');
}

typedef struct token_parts {
    pl_line_token token;
    pending text; /* of the token */
    bool has_logprob;
    bool has_top;
    pl_json_others others;
} token_parts;

static bool take_token_member(scan *s, token_parts *t)
{
    pl_json_scan *j = &s->json;
    pl_view key = {0};
    if (!pl__scan_take(j, '"') || !pl__scan_text(j, &key) || !pl__scan_take(j, ':'))
        return false;
    if (key.len == 1 && key.ptr[0] == 't')
        return !t->token.text.ptr && pl__scan_take(j, '"') && put_off_text(s, &t->token, &t->text);
    if (key.len == 2 && memcmp(key.ptr, "lp", 2) == 0) {
        bool again = t->has_logprob;
        t->has_logprob = true;
        return !again && take_logprob(s, &t->token.logprob);
    }
    if (key.len == 3 && memcmp(key.ptr, "top", 3) == 0) {
        bool again = t->has_top;
        t->has_top = true;
        return !again && (pl__scan_null(j) || (pl__scan_take(j, '[') && take_tops(s, &t->token.n_top)));
    }
    return pl__scan_other(j, &t->others, key);
}

static bool take_token(scan *s)
{
    token_parts t;
    t.token = (pl_line_token){.logprob = (double)NAN};
    t.has_logprob = false;
    t.has_top = false;
    t.others.n = 0;
    if (!pl__scan_take(&s->json, '{'))
        return false;
    do {
        if (!take_token_member(s, &t))
            return false;
    } while (pl__scan_take(&s->json, ','));
    return pl__scan_take(&s->json, '}') && t.token.text.ptr && look_up(s, &t.text, &t.token) &&
           kept(s, pl__response_line_add_token(s->line, &t.token));
}

/* ---- the line ---- */

static bool take_vocabulary(scan *s)
{
    double x = 0.0;
    if (!pl__scan_number(&s->json, &x) || !(x >= 0.0 && x <= VOCABULARY_MAX) || x > (double)(uint32_t)x)
        return false;
    s->line->row.vocabulary = (uint32_t)x;
    return true;
}

static bool take_text(scan *s, member m)
{
    size_t len = 0;
    if (!pl__scan_take(&s->json, '"'))
        return false;
    return m == LABEL ? pl__scan_string(&s->json, &s->label, &len) : pl__scan_text(&s->json, &s->texts[m]);
}

/* A list's members are at most as many as are allowed; how many there must be is for is_complete(). */
static bool take_value(scan *s, member m)
{
    if (m < N_TEXTS)
        return take_text(s, m);
    if (m == VOCABULARY)
        return take_vocabulary(s);
    if (!pl__scan_take(&s->json, '['))
        return false;
    switch (m) {
    case OPTIONS:
        return take_list(s, PL_RESPONSE_OPTIONS_MAX, take_option) && s->line->n_options > 0;
    case OPTION_LOGPROBS:
    case OPTION_LOGITS:
        return take_values(s, m == OPTION_LOGITS);
    case TOKENS:
        return take_list(s, UINT32_MAX, take_token);
    case SAMPLES:
        return take_list(s, PL_RECORDS_SAMPLES_MAX, take_sample);
    case MEANINGS:
        s->has_meanings = true;
        return take_list(s, PL_RECORDS_SAMPLES_MAX, take_meaning);
    default:
        return take_list(s, PL_RECORDS_SAMPLES_MAX, take_label);
    }
}

static member find_member(pl_view key)
{
    for (unsigned m = 0; m < N_MEMBERS; m++) {
        if (members[m].len == key.len && memcmp(members[m].key, key.ptr, key.len) == 0)
            return (member)m;
    }
    return N_MEMBERS;
}

static bool take_member(scan *s)
{
    pl_view key = {0};
    if (!pl__scan_take(&s->json, '"') || !pl__scan_text(&s->json, &key) || !pl__scan_take(&s->json, ':'))
        return false;
    member m = find_member(key);
    if (m == N_MEMBERS)
        return pl__scan_other(&s->json, &s->others, key);
    if (s->seen & 1u << m)
        return false;
    s->seen |= 1u << m;
    return pl__scan_null(&s->json) || take_value(s, m);
}

static bool is_name(pl_view text)
{
    return text.len > 0 && text.len <= PL_RECORDS_NAME_BYTES_MAX;
}

static bool is_complete(const scan *s)
{
    const pl_response_line *line = s->line;
    if (!is_name(s->texts[ITEM]) || !is_name(s->texts[MODEL]) || (s->texts[IMAGE].ptr && !is_name(s->texts[IMAGE])) ||
        s->texts[DATASET].len > PL_RECORDS_NAME_BYTES_MAX)
        return false;
    if (line->row.value_kind != PL_OPTION_VALUES_NONE && (line->n_options == 0 || s->n_values != line->n_options))
        return false;
    return !s->has_meanings || pl__response_line_meanings_fit(line);
}

/* False if a label is none of the options. */
static bool settle(scan *s)
{
    pl_response_line *line = s->line;
    line->item = s->texts[ITEM];
    line->model = s->texts[MODEL];
    line->image = s->texts[IMAGE];
    line->dataset = s->texts[DATASET];
    line->text = s->texts[TEXT];
    pl_view answer = pl__response_line_predict(line, s->texts[PREDICTION]);
    if (s->label && !pl__response_line_label(line, answer, s->label))
        return false;
    for (size_t i = 0; i < line->labels.len; i++) {
        if (!pl__response_line_label(line, answer, line->labels.ptr[i]))
            return false;
    }
    return true;
}

static bool take_line(scan *s)
{
    if (!pl__scan_take(&s->json, '{'))
        return false;
    do {
        if (!take_member(s))
            return false;
    } while (pl__scan_take(&s->json, ','));
    if (!pl__scan_take(&s->json, '}'))
        return false;
    pl__scan_space(&s->json);
    return s->json.at == s->json.end && is_complete(s) && settle(s);
}

pl_status pl__response_scan(pl_view text, pl_response_line *line, bool *ret_taken)
{
    scan s;
    *ret_taken = false;
    pl__response_line_reset(line);
    pl__str_reset(&line->room);
    if (text.len > PL_RECORDS_LINE_BYTES_MAX)
        return PL_OK;
    if (pl__str_reserve(&line->room, text.len + 1))
        return PL_E_NOMEM;
    memset(&s, 0, sizeof(s));
    s.json = (pl_json_scan){.at = text.ptr, .end = text.ptr + text.len, .room = line->room.ptr};
    s.line = line;
    bool taken = take_line(&s);
    *ret_taken = taken && s.rc == PL_OK;
    return s.rc;
}
