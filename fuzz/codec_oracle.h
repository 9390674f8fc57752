#ifndef CODEC_ORACLE_H
#define CODEC_ORACLE_H

/* What the codecs' fuzz targets share. Input: the status as three digits, then header lines up to an empty one, then
 * the body. Oracle: an outcome always; the same input twice gives the same; texts are valid UTF-8, messages one
 * printable line; log-probabilities are at most 0; nothing is past its named maximum. */
#include "codec.h"
#include "rate_headers.h"
#include "retry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS 1760000000000

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "oracle: %s\n", what);
    abort();
}

static bool same_text(const char *a, const char *b)
{
    return !a || !b ? a == b : strcmp(a, b) == 0;
}

static void check_message(const char *z)
{
    check(pl__utf8_valid(pl__view(z)), "message is UTF-8");
    for (; *z; z++)
        check((unsigned char)*z >= 0x20 && *z != 0x7f, "message is one line");
}

static void check_logprob(double x)
{
    check(x <= 0.0 && (x > PL_REPLY_LOGPROB_MASKED || isinf(x)), "log-probability");
}

static void check_tokens(const pl_token *tokens, size_t n)
{
    volatile char sum = 0; /* every byte can be read */
    check((tokens != NULL) == (n > 0) && n <= PL_REPLY_TOKENS_MAX, "tokens");
    for (size_t i = 0; i < n; i++) {
        check_logprob(tokens[i].logprob);
        check(tokens[i].len <= PL_REPLY_TOKEN_BYTES_MAX && tokens[i].n_top <= PL_REPLY_ALTERNATIVES_MAX, "a token");
        for (uint32_t k = 0; k < tokens[i].len; k++)
            sum = (char)(sum ^ tokens[i].bytes[k]);
        for (uint32_t t = 0; t < tokens[i].n_top; t++) {
            check_logprob(tokens[i].top[t].logprob);
            for (uint32_t k = 0; k < tokens[i].top[t].len; k++)
                sum = (char)(sum ^ tokens[i].top[t].bytes[k]);
        }
    }
}

static void check_choice(pl_outcome outcome, const char *text, size_t text_len, const char *reasoning)
{
    bool answers = outcome == PL_OUTCOME_ANSWERED || outcome == PL_OUTCOME_CUT_OFF;
    check(outcome != PL_OUTCOME_NONE, "an outcome");
    check(answers ? text != NULL : !text || outcome == PL_OUTCOME_REFUSED, "answers have text, errors none");
    check(!text || (strlen(text) == text_len && pl__utf8_valid(pl__view(text))), "text is UTF-8");
    check(!reasoning || pl__utf8_valid(pl__view(reasoning)), "reasoning is UTF-8");
}

static void check_decoded(const pl_decoded *d)
{
    const pl_reply *r = &d->reply;
    check_choice(r->outcome, r->text, r->text_len, r->reasoning);
    check(!pl__outcome_is_response(r->outcome) || !d->retryable, "a response is final");
    check(d->has_retry_after || d->retry_after_ms == 0, "no wait unasked");
    check(d->retry_after_ms <= PL_RETRY_AFTER_MS_MAX, "a wait within its maximum");
    check(d->refused_params == 0 || r->outcome == PL_OUTCOME_BAD_REQUEST, "parameters are refused by bad requests");
    check_message(d->message);
    check_tokens(r->tokens, r->n_tokens);
    check((r->further != NULL) == (r->n_further > 0) && r->n_further < PL_REPLY_CHOICES_MAX, "further choices");
    for (size_t i = 0; i < r->n_further; i++) {
        const pl_reply_choice *c = &r->further[i];
        check_choice(c->outcome, c->text, c->text_len, c->reasoning);
        check_tokens(c->tokens, c->n_tokens);
    }
}

static void check_window(const pl_rate_window *w)
{
    check((w->has_limit || w->limit == 0) && w->limit <= PL_RATE_COUNT_MAX, "a limit");
    check((w->has_remaining || w->remaining == 0) && w->remaining <= PL_RATE_COUNT_MAX, "what remains");
    check((w->has_reset || w->reset_ms == 0) && w->reset_ms <= PL_RATE_RESET_MS_MAX, "a reset");
}

static void check_rate(const pl_http_reply *reply, const pl_decoded *d)
{
    pl_rate_facts facts;
    pl__rate_facts_read(reply, NOW_MS, &facts);
    check_window(&facts.requests);
    check_window(&facts.tokens);
    check_window(&facts.input_tokens);
    check_window(&facts.output_tokens);
    check((facts.has_delay || facts.delay_ms == 0) && facts.delay_ms <= PL_RETRY_AFTER_MS_MAX, "a delay");
    if (d->has_retry_after)
        check(facts.has_delay && facts.delay_ms == d->retry_after_ms, "one wait for both");
}

static bool read_input(const uint8_t *data, size_t size, pl_http_reply *reply)
{
    for (size_t i = 0; i < 3; i++)
        reply->status = reply->status * 10 + data[i] % 10;
    pl_view in = pl__view_n((const char *)data + 3, size - 3);
    size_t end = pl__view_find(in, pl__view("\n\n"));
    size_t head = end < in.len ? end + 1 : 0;
    size_t body = end < in.len ? end + 2 : 0;
    pl__str_init(&reply->headers, PL_HTTP_HEADER_BYTES_MAX);
    pl__str_init(&reply->body, PL_HTTP_REPLY_BYTES_MAX);
    return pl__str_append(&reply->headers, in.ptr, head) == PL_OK &&
           pl__str_append(&reply->body, in.ptr + body, in.len - body) == PL_OK;
}

static int check_codec(const char *name, const uint8_t *data, size_t size)
{
    pl_http_reply reply = {0};
    pl_decoded once = {0};
    pl_decoded twice = {0};
    pl_error err = {0};
    const pl_codec_ops *codec = pl__codec_find(name);
    if (size < 4)
        return 0;
    if (!read_input(data, size, &reply))
        goto out;
    check(codec->decode(&reply, NOW_MS, &once, &err) == PL_OK, "decode succeeds");
    check(codec->decode(&reply, NOW_MS, &twice, &err) == PL_OK, "decode succeeds again");
    check_decoded(&once);
    check_rate(&reply, &once);
    check(once.reply.outcome == twice.reply.outcome && once.retryable == twice.retryable &&
              once.retry_after_ms == twice.retry_after_ms && once.refused_params == twice.refused_params &&
              once.reply.n_tokens == twice.reply.n_tokens && once.reply.n_further == twice.reply.n_further &&
              same_text(once.reply.text, twice.reply.text) && strcmp(once.message, twice.message) == 0,
          "twice the same");
out:
    pl__reply_clear(&once.reply);
    pl__reply_clear(&twice.reply);
    pl__http_reply_clear(&reply);
    return 0;
}

#endif
