#include "logprobs.h"

#include "alloc.h"

#include <math.h>
#include <string.h>

#define LOGPROB_SLACK 1e-3    /* of rounding; a number further above 0 is something else than a log-probability */
#define CLOSING_TOKENS_MAX 8u /* end-of-turn marks that servers leave behind the answer's last token */
#define LIST_BYTES_MAX ((size_t)64 << 20)

/* A dialect's names. */
typedef struct dialect {
    const char *logprob;
    bool zero_if_absent; /* proto3 leaves zeroes out */
} dialect;

typedef struct list {
    const dialect *names;
    const json_t *chosen;
    const json_t *tops;   /* Gemini: a list beside; NULL: inside each of chosen */
    const char *tops_key; /* of the alternatives in an entry of tops, or of chosen */
} list;

static const dialect openai = {"logprob", false};
static const dialect gemini = {"logProbability", true};

static const json_t *alternatives_of(const list *l, size_t i)
{
    const json_t *holder = l->tops ? json_array_get(l->tops, i) : json_array_get(l->chosen, i);
    return json_object_get(holder, l->tops_key);
}

static size_t alternatives_count(const json_t *alternatives)
{
    size_t n = json_array_size(alternatives);
    return n < PL_REPLY_ALTERNATIVES_MAX ? n : PL_REPLY_ALTERNATIVES_MAX;
}

static bool logprob_of(const dialect *names, const json_t *entry, double *ret)
{
    const json_t *value = json_object_get(entry, names->logprob);
    double x = json_number_value(value);
    if (!value && !names->zero_if_absent)
        return false;
    if (json_is_null(value) || (value && x <= PL_REPLY_LOGPROB_MASKED))
        *ret = -(double)INFINITY;
    else if ((!value || json_is_number(value)) && x <= LOGPROB_SLACK)
        *ret = x < 0.0 ? x : 0.0;
    else
        return false;
    return true;
}

/* The length of a list of bytes, SIZE_MAX if it is none. Copies to where `to` points, unless that is NULL. */
static size_t byte_list(const json_t *bytes, char *to)
{
    size_t n = json_array_size(bytes);
    if (!json_is_array(bytes) || n > PL_REPLY_TOKEN_BYTES_MAX)
        return SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        const json_t *byte = json_array_get(bytes, i);
        json_int_t x = json_integer_value(byte);
        if (!json_is_integer(byte) || x < 0 || x > 255)
            return SIZE_MAX;
        if (to)
            to[i] = (char)(unsigned char)x;
    }
    return n;
}

static size_t token_bytes(const json_t *entry, char *to)
{
    const json_t *text = json_object_get(entry, "token");
    size_t n = byte_list(json_object_get(entry, "bytes"), to);
    if (n != SIZE_MAX || !json_is_string(text) || json_string_length(text) > PL_REPLY_TOKEN_BYTES_MAX)
        return n;
    n = json_string_length(text);
    if (to)
        memcpy(to, json_string_value(text), n);
    return n;
}

typedef struct measure {
    size_t n_alternatives;
    size_t n_bytes;
    bool any; /* is one of the log-probabilities a number? */
} measure;

static bool measure_entry(const dialect *names, const json_t *entry, measure *m)
{
    double logprob = 0.0;
    size_t n = token_bytes(entry, NULL);
    if (n == SIZE_MAX || !logprob_of(names, entry, &logprob))
        return false;
    m->n_bytes += n;
    m->any = m->any || isfinite(logprob);
    return true;
}

static bool measure_list(const list *l, measure *m)
{
    size_t n = json_array_size(l->chosen);
    if (n == 0 || n > PL_REPLY_TOKENS_MAX || (l->tops && json_array_size(l->tops) != n))
        return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *alternatives = alternatives_of(l, i);
        size_t n_alternatives = alternatives_count(alternatives);
        if (!measure_entry(l->names, json_array_get(l->chosen, i), m))
            return false;
        for (size_t k = 0; k < n_alternatives; k++)
            if (!measure_entry(l->names, json_array_get(alternatives, k), m))
                return false;
        m->n_alternatives += n_alternatives;
    }
    return m->any;
}

static void copy_entry(const dialect *names, const json_t *entry, char **at, const char **ret_bytes, uint32_t *ret_len,
                       double *ret_logprob)
{
    size_t n = token_bytes(entry, *at);
    (void)logprob_of(names, entry, ret_logprob);
    *ret_bytes = *at;
    *ret_len = (uint32_t)n;
    *at += n;
}

static pl_status read_list(const list *l, pl_token **ret, size_t *ret_n)
{
    measure m = {0};
    size_t n = json_array_size(l->chosen);
    *ret = NULL;
    *ret_n = 0;
    if (!measure_list(l, &m))
        return PL_OK;
    /* Counts are bounded by the body's size, so the sum is far from overflowing. */
    pl_token *tokens =
        pl__malloc(n * sizeof(pl_token) + m.n_alternatives * sizeof(pl_token_alternative) + m.n_bytes + 1);
    if (!tokens)
        return PL_E_NOMEM;
    pl_token_alternative *alternatives = (pl_token_alternative *)(void *)(tokens + n);
    char *bytes = (char *)(alternatives + m.n_alternatives);
    for (size_t i = 0; i < n; i++) {
        const json_t *top = alternatives_of(l, i);
        pl_token *t = &tokens[i];
        copy_entry(l->names, json_array_get(l->chosen, i), &bytes, &t->bytes, &t->len, &t->logprob);
        t->n_top = (uint32_t)alternatives_count(top);
        t->top = t->n_top > 0 ? alternatives : NULL;
        for (size_t k = 0; k < t->n_top; k++, alternatives++)
            copy_entry(l->names, json_array_get(top, k), &bytes, &alternatives->bytes, &alternatives->len,
                       &alternatives->logprob);
    }
    *ret = tokens;
    *ret_n = n;
    return PL_OK;
}

_Static_assert(sizeof(pl_token) % _Alignof(pl_token_alternative) == 0, "alternatives follow the tokens in one block");

pl_status pl__logprobs_openai(const json_t *content, pl_token **ret, size_t *ret_n)
{
    const list l = {&openai, content, NULL, "top_logprobs"};
    return read_list(&l, ret, ret_n);
}

pl_status pl__logprobs_gemini(const json_t *result, pl_token **ret, size_t *ret_n)
{
    const json_t *tops = json_object_get(result, "topCandidates");
    const list l = {&gemini, json_object_get(result, "chosenCandidates"), json_is_array(tops) ? tops : NULL,
                    "candidates"};
    return read_list(&l, ret, ret_n);
}

pl_status pl__tokens_keep_answer(pl_view answer, pl_token *tokens, size_t *n)
{
    pl_str all = {0};
    size_t found = SIZE_MAX;
    pl_status rc = PL_OK;
    answer = pl__view_trim(answer);
    pl__str_init(&all, LIST_BYTES_MAX);
    for (size_t i = 0; i < *n && !rc; i++)
        rc = pl__str_append(&all, tokens[i].bytes, tokens[i].len);
    if (rc && rc != PL_E_LIMIT)
        goto out;
    size_t end = rc ? 0 : all.len;
    rc = PL_OK;
    for (size_t closing = 0; closing <= CLOSING_TOKENS_MAX && closing < *n && found == SIZE_MAX; closing++) {
        pl_view seen = pl__view_n(all.ptr, end);
        while (seen.len > 0 && pl__view_trim(pl__view_n(seen.ptr + seen.len - 1, 1)).len == 0)
            seen.len--;
        if (answer.len > 0 && seen.len >= answer.len &&
            memcmp(seen.ptr + seen.len - answer.len, answer.ptr, answer.len) == 0)
            found = seen.len - answer.len;
        if (closing < *n && end >= tokens[*n - 1 - closing].len)
            end -= tokens[*n - 1 - closing].len;
    }
    size_t first = 0;
    size_t at = 0;
    while (first < *n && (found == SIZE_MAX || at + tokens[first].len <= found))
        at += tokens[first++].len;
    *n -= first;
    memmove(tokens, tokens + first, *n * sizeof(*tokens));
out:
    pl__str_clear(&all);
    return rc;
}
