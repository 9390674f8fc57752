#include "reply_writer.h"

#include "num.h"

#include <math.h>
#include <string.h>

/* Words that follow from the grammar are all but certain; only the decision was weighed. */
#define GRAMMAR_LOGPROB (-0.001)
#define ABSENT_LOGPROB (-9999.0) /* the API's way to say: outside the list */

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

static pl_status write_number(double x, pl_str *out)
{
    char digits[PL_NUM_BYTES];
    pl__num_format(x, digits);
    return pl__str_append_c(out, digits);
}

static pl_status write_token(pl_view token, double logprob, pl_str *out)
{
    pl_status rc = pl__str_append_c(out, "{\"token\":\"");
    if (!rc)
        rc = pl__str_append_json_escaped(out, token);
    if (!rc)
        rc = pl__str_append_c(out, "\",\"logprob\":");
    if (!rc)
        rc = write_number(logprob, out);
    if (!rc)
        rc = pl__str_append_c(out, ",\"bytes\":[");
    for (size_t i = 0; !rc && i < token.len; i++)
        rc = pl__str_appendf(out, "%s%u", i > 0 ? "," : "", (unsigned)(unsigned char)token.ptr[i]);
    return rc ? rc : pl__str_append_c(out, "]");
}

static double log_of(double p)
{
    return p > 0.0 ? fmax(log(p), ABSENT_LOGPROB) : ABSENT_LOGPROB;
}

/* Beliefs speak of whole answers; the first token of each carries its chance, equal first tokens add up. */
static void first_tokens(const pl_sim_belief *belief, pl_sim_belief *ret)
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
    for (uint32_t i = 1; i < ret->n; i++) {
        pl_sim_choice held = ret->choices[i];
        uint32_t k = i;
        for (; k > 0 && ret->choices[k - 1].p < held.p; k--)
            ret->choices[k] = ret->choices[k - 1];
        ret->choices[k] = held;
    }
}

/* The members of top_logprobs of one token. */
static pl_status write_alternatives(const pl_sim_belief *tokens, pl_view token, uint32_t top, pl_str *out)
{
    pl_status rc = PL_OK;
    uint32_t n = tokens ? (tokens->n < top ? tokens->n : top) : 0;
    if (!tokens && top > 0) {
        rc = write_token(token, GRAMMAR_LOGPROB, out);
        return rc ? rc : pl__str_append_c(out, "}");
    }
    for (uint32_t i = 0; !rc && i < n; i++) {
        if (i > 0)
            rc = pl__str_append_c(out, ",");
        if (!rc)
            rc = write_token(pl__view(tokens->choices[i].text), log_of(tokens->choices[i].p), out);
        if (!rc)
            rc = pl__str_append_c(out, "}");
    }
    return rc;
}

static pl_status write_logprobs(const pl_sim_speech *speech, pl_view sent, uint32_t top, pl_str *out)
{
    pl_sim_belief tokens;
    pl_status rc = pl__str_append_c(out, "{\"content\":[");
    first_tokens(&speech->belief, &tokens);
    for (size_t at = 0; !rc && at < sent.len;) {
        pl_view token = pl__view_n(sent.ptr + at, 0);
        token.len = pl__sim_token_len(pl__view_n(sent.ptr + at, sent.len - at));
        bool decided = speech->decision_len > 0 && at == speech->decision_start && tokens.n > 0;
        double logprob = GRAMMAR_LOGPROB;
        for (uint32_t i = 0; decided && i < tokens.n; i++) {
            if (pl__view_eq_str(token, tokens.choices[i].text))
                logprob = log_of(tokens.choices[i].p);
        }
        if (at > 0)
            rc = pl__str_append_c(out, ",");
        if (!rc)
            rc = write_token(token, logprob, out);
        if (!rc)
            rc = pl__str_append_c(out, ",\"top_logprobs\":[");
        if (!rc)
            rc = write_alternatives(decided ? &tokens : NULL, token, top, out);
        if (!rc)
            rc = pl__str_append_c(out, "]}");
        at += token.len;
    }
    return rc ? rc : pl__str_append_c(out, "]}");
}

/* The text up to the token limit. */
static pl_view cut(pl_view text, uint32_t max_tokens, uint32_t *ret_tokens)
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

pl_status pl__sim_write_choice(const pl_sim_speech *speech, uint32_t index, const pl_sim_wire *wire, pl_str *out,
                               uint32_t *ret_tokens)
{
    pl_view text = pl__view_n(pl__str_c(&speech->text), speech->text.len);
    uint32_t n = 0;
    pl_view sent = cut(text, wire->max_tokens, &n);
    bool whole = sent.len == text.len;
    pl_status rc = pl__str_appendf(out, "{\"index\":%u,\"message\":{\"role\":\"assistant\",\"content\":%s",
                                   (unsigned)index, speech->refused ? "null,\"refusal\":\"" : "\"");
    if (!rc)
        rc = pl__str_append_json_escaped(out, sent);
    if (!rc)
        rc = pl__str_append_c(out, speech->refused ? "\"},\"logprobs\":" : "\",\"refusal\":null},\"logprobs\":");
    if (!rc)
        rc = wire->logprobs && !speech->refused ? write_logprobs(speech, sent, wire->top_logprobs, out)
                                                : pl__str_append_c(out, "null");
    if (!rc)
        rc = pl__str_appendf(out, ",\"finish_reason\":\"%s\"}", whole ? "stop" : "length");
    if (!rc)
        *ret_tokens = n;
    return rc;
}
