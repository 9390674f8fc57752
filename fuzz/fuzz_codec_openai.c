#include "codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Input: the status as three digits, then header lines up to an empty one, then the body.
 * Oracle: an outcome always; the same input twice gives the same; texts are valid UTF-8, messages one printable line.
 */
#define NOW_MS 1760000000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void check_decoded(const pl_decoded *d)
{
    const pl_reply *r = &d->reply;
    bool response = pl__outcome_is_response(r->outcome);
    check(r->outcome != PL_OUTCOME_NONE, "an outcome");
    check(!response || !d->retryable, "a response is final");
    check(response || !r->text, "errors have no text");
    check((r->outcome != PL_OUTCOME_ANSWERED && r->outcome != PL_OUTCOME_CUT_OFF) || r->text, "answers have text");
    check(!r->text || (strlen(r->text) == r->text_len && pl__utf8_valid(pl__view(r->text))), "text is UTF-8");
    check(!r->reasoning || pl__utf8_valid(pl__view(r->reasoning)), "reasoning is UTF-8");
    check(d->has_retry_after || d->retry_after_ms == 0, "no wait unasked");
    check_message(d->message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_http_reply reply = {0};
    pl_decoded once = {0};
    pl_decoded twice = {0};
    pl_view in = pl__view_n((const char *)data, size);
    if (size < 4)
        return 0;
    for (size_t i = 0; i < 3; i++)
        reply.status = reply.status * 10 + data[i] % 10;
    in = pl__view_n(in.ptr + 3, in.len - 3);
    size_t end = pl__view_find(in, pl__view("\n\n"));
    size_t head = end < in.len ? end + 1 : 0;
    size_t body = end < in.len ? end + 2 : 0;
    pl__str_init(&reply.headers, PL_HTTP_HEADER_BYTES_MAX);
    pl__str_init(&reply.body, PL_HTTP_REPLY_BYTES_MAX);
    if (pl__str_append(&reply.headers, in.ptr, head) || pl__str_append(&reply.body, in.ptr + body, in.len - body))
        goto out;
    const pl_codec_ops *codec = pl__codec_find("openai");
    pl_error err = {0};
    check(codec->decode(&reply, NOW_MS, &once, &err) == PL_OK, "decode succeeds");
    check(codec->decode(&reply, NOW_MS, &twice, &err) == PL_OK, "decode succeeds again");
    check_decoded(&once);
    check(once.reply.outcome == twice.reply.outcome && once.retryable == twice.retryable &&
              once.retry_after_ms == twice.retry_after_ms && same_text(once.reply.text, twice.reply.text) &&
              strcmp(once.message, twice.message) == 0,
          "twice the same");
out:
    pl__reply_clear(&once.reply);
    pl__reply_clear(&twice.reply);
    pl__http_reply_clear(&reply);
    return 0;
}
