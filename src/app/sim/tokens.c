#include "tokens.h"

#include <math.h>
#include <string.h>

/* Words that follow from the grammar are all but certain; only the decision was weighed. */
#define GRAMMAR_LOGPROB (-0.001)

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

size_t pl__sim_token_len(pl_view text)
{
    size_t i = 0;
    while (i < text.len && text.ptr[i] == '\n')
        i++;
    if (i > 0)
        return i; /* a line's end is a token of its own, so that what stands first on a line is a token too */
    while (i < text.len && is_space(text.ptr[i]))
        i++;
    if (i + 1 < text.len && (text.ptr[i] == '[' || text.ptr[i] == ']') && text.ptr[i + 1] == text.ptr[i])
        return i + 2;
    if (i < text.len && !is_word(text.ptr[i]))
        return i + 1;
    while (i < text.len && is_word(text.ptr[i]))
        i++;
    return i;
}

uint32_t pl__sim_count_tokens(pl_view text)
{
    uint32_t n = 0;
    while (text.len > 0) {
        size_t len = pl__sim_token_len(text);
        text = pl__view_n(text.ptr + len, text.len - len);
        n++;
    }
    return n;
}

double pl__sim_logprob(double p)
{
    return p > 0.0 ? fmax(log(p), PL_SIM_ABSENT_LOGPROB) : PL_SIM_ABSENT_LOGPROB;
}

void pl__sim_first_tokens(const pl_sim_belief *belief, pl_sim_belief *ret)
{
    ret->n = 0;
    for (uint32_t i = 0; i < belief->n; i++) {
        pl_sim_choice c = belief->choices[i];
        c.text[pl__sim_token_len(pl__view(c.text))] = '\0';
        uint32_t k = 0;
        while (k < ret->n && strcmp(ret->choices[k].text, c.text) != 0)
            k++;
        if (k < ret->n)
            ret->choices[k].p += c.p;
        else
            ret->choices[ret->n++] = c;
    }
    pl__sim_order_choices(ret);
}

pl_view pl__sim_cut_tokens(pl_view text, uint32_t max_tokens, uint32_t *ret_tokens)
{
    size_t at = 0;
    uint32_t n = 0;
    while (at < text.len && (max_tokens == 0 || n < max_tokens)) {
        at += pl__sim_token_len(pl__view_n(text.ptr + at, text.len - at));
        n++;
    }
    *ret_tokens = n;
    return pl__view_n(text.ptr, at);
}

bool pl__sim_next_token(const pl_sim_speech *speech, pl_view sent, const pl_sim_belief *first, size_t *at,
                        pl_sim_token *ret)
{
    if (*at >= sent.len)
        return false;
    pl_view rest = pl__view_n(sent.ptr + *at, sent.len - *at);
    ret->text = pl__view_n(rest.ptr, pl__sim_token_len(rest));
    ret->logprob = GRAMMAR_LOGPROB;
    bool decided = speech->decision_len > 0 && *at == speech->decision_start && first->n > 0;
    for (uint32_t i = 0; decided && i < first->n; i++) {
        if (pl__view_eq_str(ret->text, first->choices[i].text))
            ret->logprob = pl__sim_logprob(first->choices[i].p);
    }
    ret->alternatives = decided ? first : NULL;
    *at += ret->text.len;
    return true;
}
