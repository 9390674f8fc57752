/* Where the options' probabilities come from. */
#include "answer_table.h"

#include "str.h"

#include <math.h>
#include <string.h>

static const char *const OPENING[] = {"<think>", "<thinking>", "[THINK]"};
static const char *const CLOSING[] = {"</think>", "</thinking>", "[/THINK]"};
#define N_MARKS (sizeof(CLOSING) / sizeof(CLOSING[0]))
#define TAIL_BYTES 64u

const pl_response *pl__answer_row(const pl_answer_table *t, uint32_t model, uint32_t item)
{
    uint32_t row = t->rows[(size_t)model * t->n_items + item];
    return row > 0 ? &t->set->rows[row - 1] : NULL;
}

/* Does what the tokens from `first` to `last` say end in one of the marks, but for a few bytes? A mark may be spread
 * over several tokens. */
static bool ends_in_mark(const pl_response_set *set, const pl_response_token *tokens, uint32_t first, uint32_t last,
                         const char *const *marks)
{
    char bytes[TAIL_BYTES];
    size_t left = TAIL_BYTES;
    for (uint32_t i = last + 1; i > first && left > 0; i--) {
        const char *text = set->texts[tokens[i - 1].text];
        size_t n = strlen(text);
        size_t keep = n < left ? n : left;
        left -= keep;
        memcpy(bytes + left, text + n - keep, keep);
    }
    for (size_t k = 0; k < N_MARKS; k++) {
        if (pl__view_find(pl__view_n(bytes + left, TAIL_BYTES - left), pl__view(marks[k])) != SIZE_MAX)
            return true;
    }
    return false;
}

/* A mark is looked for where one may end, and not before the one that was found last. */
const pl_response_token *pl__answer_tokens(const pl_answer_table *t, const pl_response *row, uint32_t *ret_n)
{
    const pl_response_set *set = t->set;
    const pl_response_token *tokens = row->n_tokens > 0 ? set->tokens + row->first_token : NULL;
    uint32_t first = 0; /* and where a closing mark may begin */
    uint32_t open = 0;  /* where an opening one may */
    bool thinks = false;
    for (uint32_t i = 0; i < row->n_tokens; i++) {
        if (!t->may_end_mark[tokens[i].text])
            continue;
        if (ends_in_mark(set, tokens, open, i, OPENING)) {
            thinks = thinks || first == 0;
            open = i + 1;
        }
        if (ends_in_mark(set, tokens, first, i, CLOSING)) {
            thinks = false;
            open = i + 1;
            first = i + 1;
        }
    }
    uint32_t n = row->n_tokens;
    while (first > 0 && first < n && pl__view_trim(pl__view(set->texts[tokens[first].text])).len == 0)
        first++;
    if (thinks)
        first = n;
    *ret_n = n - first;
    return n > 0 ? tokens + first : tokens;
}

/* The letter by which an option goes: its own if it is one, else that of its place. */
static char letter_of(const pl_answer_table *t, uint32_t list, uint32_t k)
{
    const pl_option_list *options = &t->set->option_lists[list];
    char own = t->letters[t->set->option_texts[options->first + k]];
    if (own)
        return own;
    if (k < 26)
        return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[k];
    return '\0';
}

static uint32_t option_of(const pl_answer_table *t, const char *letters, uint32_t n, uint32_t text)
{
    char c = t->letters[text];
    for (uint32_t k = 0; c && k < n; k++) {
        if (letters[k] == c)
            return k;
    }
    return n;
}

static uint32_t list_letters(const pl_answer_table *t, uint32_t list, char letters[PL_RESPONSE_OPTIONS_MAX])
{
    uint32_t n = t->set->option_lists[list].n;
    for (uint32_t k = 0; k < n; k++)
        letters[k] = letter_of(t, list, k);
    return n;
}

static const pl_response_token *find_letter(const pl_answer_table *t, const char *letters, uint32_t n,
                                            const pl_response_token *tokens, uint32_t n_tokens)
{
    for (uint32_t i = 0; i < n_tokens; i++) {
        if (option_of(t, letters, n, tokens[i].text) < n)
            return &tokens[i];
    }
    return NULL;
}

const pl_response_token *pl__letter_token(const pl_answer_table *t, const pl_response *row, uint32_t list)
{
    char letters[PL_RESPONSE_OPTIONS_MAX];
    uint32_t n_tokens = 0;
    uint32_t n = list_letters(t, list, letters);
    const pl_response_token *tokens = pl__answer_tokens(t, row, &n_tokens);
    return find_letter(t, letters, n, tokens, n_tokens);
}

static bool is_masked(double logprob)
{
    return !(logprob > PL_RESPONSE_MASKED);
}

static double log_sum(double x, double y)
{
    if (isnan(x))
        return y;
    double top = x > y ? x : y;
    return top + log1p(exp(-fabs(x - y)));
}

/* Collects the options among a token's alternatives; false if there are none. */
static bool read_token(const pl_answer_table *t, const pl_response_token *token, const char *letters, uint32_t n,
                       double *ret)
{
    const pl_response_set *set = t->set;
    bool own = false;
    bool any = false;
    for (uint32_t k = 0; k < n; k++)
        ret[k] = (double)NAN;
    for (uint32_t i = 0; i < token->n_top; i++) {
        uint32_t text = set->top_texts[token->first_top + i];
        double logprob = set->top_logprobs[token->first_top + i];
        uint32_t k = option_of(t, letters, n, text);
        own = own || text == token->text;
        if (k >= n || is_masked(logprob))
            continue;
        ret[k] = log_sum(ret[k], logprob);
        any = true;
    }
    uint32_t k = option_of(t, letters, n, token->text);
    if (!own && k < n && !is_masked(token->logprob)) {
        ret[k] = log_sum(ret[k], token->logprob);
        any = true;
    }
    return any;
}

static bool read_tokens(const pl_answer_table *t, const pl_response *row, uint32_t list, double *ret)
{
    char letters[PL_RESPONSE_OPTIONS_MAX];
    uint32_t n_tokens = 0;
    uint32_t n = list_letters(t, list, letters);
    const pl_response_token *tokens = pl__answer_tokens(t, row, &n_tokens);
    const pl_response_token *said = find_letter(t, letters, n, tokens, n_tokens);
    if (said)
        return read_token(t, said, letters, n, ret);
    for (uint32_t i = 0; i < n_tokens; i++) {
        if (read_token(t, &tokens[i], letters, n, ret))
            return true;
    }
    return false;
}

void pl__normalise_logs(double *x, uint32_t n)
{
    double top = x[0];
    double sum = 0.0;
    for (uint32_t k = 1; k < n; k++)
        top = x[k] > top ? x[k] : top;
    for (uint32_t k = 0; k < n; k++)
        sum += exp(x[k] - top);
    for (uint32_t k = 0; k < n; k++)
        x[k] -= top + log(sum);
}

pl_answer_missing pl__option_logprobs(const pl_answer_table *t, const pl_response *row, uint32_t list, double *ret,
                                      double *ret_mass)
{
    const pl_response_set *set = t->set;
    uint32_t n = set->option_lists[list].n;
    pl_answer_missing why = PL_ANSWER_THERE;
    double mass = 0.0;

    *ret_mass = (double)NAN;
    if (!row)
        return PL_ANSWER_NO_RESPONSE;
    if (row->value_kind == PL_OPTION_VALUES_LOGIT) {
        memcpy(ret, set->option_values + row->first_value, n * sizeof(*ret));
        pl__normalise_logs(ret, n);
        return PL_ANSWER_THERE;
    }
    if (row->value_kind == PL_OPTION_VALUES_LOGPROB)
        memcpy(ret, set->option_values + row->first_value, n * sizeof(*ret));
    else if (row->n_tokens == 0)
        return PL_ANSWER_NO_VALUES;
    else if (!read_tokens(t, row, list, ret))
        why = PL_ANSWER_NO_VALUES;
    for (uint32_t k = 0; k < n && why != PL_ANSWER_NO_VALUES; k++) {
        if (isnan(ret[k]) || is_masked(ret[k])) {
            ret[k] = (double)NAN;
            why = PL_ANSWER_OUTSIDE;
        } else {
            mass += exp(ret[k]);
        }
    }
    *ret_mass = mass < 1.0 ? mass : 1.0;
    if (why == PL_ANSWER_THERE && mass < PL_ANSWER_MASS_MIN)
        why = PL_ANSWER_LOW_MASS;
    return why;
}
