#include "codec_openai.h"

#include "alloc.h"
#include "error.h"
#include "error_reply.h"
#include "json.h"
#include "num.h"

#define STATUS_UNKNOWN_ERROR 500 /* of an error inside a 200 that names none */

static pl_view view_of(const json_t *string)
{
    return pl__view_n(json_string_value(string), json_string_length(string));
}

static uint64_t count_of(const json_t *object, const char *key)
{
    json_int_t x = json_integer_value(json_object_get(object, key)); /* 0 for anything else */
    return x > 0 ? (uint64_t)x : 0;
}

static pl_usage usage_of(const json_t *doc)
{
    const json_t *usage = json_object_get(doc, "usage");
    return (pl_usage){
        .input_tokens = count_of(usage, "prompt_tokens"),
        .output_tokens = count_of(usage, "completion_tokens"),
        .cached_tokens = count_of(json_object_get(usage, "prompt_tokens_details"), "cached_tokens"),
        .reasoning_tokens = count_of(json_object_get(usage, "completion_tokens_details"), "reasoning_tokens"),
    };
}

/* Content as a string, or as a list of parts of which those with the wanted key count. */
static pl_status gather(const json_t *content, const char *key, pl_str *out)
{
    if (json_is_string(content))
        return pl__str_append_view(out, view_of(content));
    for (size_t i = 0; i < json_array_size(content); i++) {
        const json_t *part = json_object_get(json_array_get(content, i), key);
        pl_status rc = json_is_string(part) ? pl__str_append_view(out, view_of(part)) : PL_OK;
        if (rc)
            return rc;
    }
    return PL_OK;
}

static pl_status copy_string(const json_t *value, char **ret)
{
    if (!json_is_string(value) || json_string_length(value) == 0)
        return PL_OK;
    *ret = pl__strndup(json_string_value(value), json_string_length(value));
    return *ret ? PL_OK : PL_E_NOMEM;
}

static pl_status copy_reasoning(const json_t *message, char **ret)
{
    pl_status rc = copy_string(json_object_get(message, "reasoning"), ret);
    if (!rc && !*ret)
        rc = copy_string(json_object_get(message, "reasoning_content"), ret);
    return rc;
}

/* A refusal's words count as its text; they are never judged. */
static pl_status read_text(const json_t *message, bool *ret_refused, pl_reply *reply)
{
    const json_t *content = json_object_get(message, "content");
    const json_t *refusal = json_object_get(message, "refusal");
    pl_str text = {0};
    pl_str words = {0};
    pl__str_init(&text, PL_HTTP_REPLY_BYTES_MAX);
    pl__str_init(&words, PL_HTTP_REPLY_BYTES_MAX);
    pl_status rc = gather(content, "text", &text);
    rc = rc ? rc : json_is_string(refusal) ? gather(refusal, "", &words) : PL_OK;
    rc = rc ? rc : json_is_array(content) ? gather(content, "refusal", &words) : PL_OK;
    if (rc)
        goto out;
    *ret_refused = words.len > 0;
    pl_str *chosen = *ret_refused ? &words : &text;
    if (pl__view_trim(pl__view_n(chosen->ptr, chosen->len)).len > 0) {
        reply->text_len = chosen->len;
        reply->text = pl__str_take(chosen);
    }
out:
    pl__str_clear(&text);
    pl__str_clear(&words);
    return rc;
}

static bool finished_with(const pl_reply *reply, const char *word)
{
    return reply->finish && pl__view_eq_str(pl__view(reply->finish), word);
}

static pl_status decode_choice(const pl_http_reply *raw, const json_t *choice, int64_t now_unix_ms, pl_decoded *ret)
{
    const json_t *message = json_object_get(choice, "message");
    pl_reply *reply = &ret->reply;
    bool refused = false;
    pl_status rc = copy_string(json_object_get(choice, "finish_reason"), &reply->finish);
    rc = rc ? rc : copy_reasoning(message, &reply->reasoning);
    rc = rc ? rc : read_text(message, &refused, reply);
    if (rc)
        return rc;
    /* SGLang and vLLM: the server gave the request up. */
    if (finished_with(reply, "abort") || finished_with(reply, "error")) {
        pl_usage usage = reply->usage;
        pl__reply_clear(reply);
        reply->usage = usage;
        pl__garbled_reply(raw, "the server gave up on the answer", now_unix_ms, ret);
        reply->outcome = PL_OUTCOME_SERVER_ERROR;
        return PL_OK;
    }
    if (refused || finished_with(reply, "content_filter"))
        reply->outcome = PL_OUTCOME_REFUSED;
    else if (!reply->text)
        reply->outcome = PL_OUTCOME_EMPTY;
    else
        reply->outcome = finished_with(reply, "length") ? PL_OUTCOME_CUT_OFF : PL_OUTCOME_ANSWERED;
    return PL_OK;
}

static int status_of_error(const json_t *error)
{
    const json_t *code = json_object_get(error, "code");
    json_int_t status = json_integer_value(code);
    uint64_t digits = 0;
    if (json_is_string(code) && pl__num_parse_u64(view_of(code), &digits) == PL_OK && digits < 1000)
        status = (json_int_t)digits;
    return status >= 400 && status < 600 ? (int)status : STATUS_UNKNOWN_ERROR;
}

static pl_status decode_success(const pl_http_reply *raw, const json_t *doc, int64_t now_unix_ms, pl_decoded *ret)
{
    const json_t *error = json_object_get(doc, "error");
    const json_t *choices = json_object_get(doc, "choices");
    const json_t *choice = json_array_get(choices, 0);
    if (json_is_object(error) || json_is_string(error)) {
        pl__error_reply(raw, doc, status_of_error(error), now_unix_ms, ret);
        return PL_OK;
    }
    if (!json_is_object(json_object_get(choice, "message"))) {
        pl__garbled_reply(raw, choice ? "the reply's choice has no message" : "the reply has no choices", now_unix_ms,
                          ret);
        return PL_OK;
    }
    ret->reply.usage = usage_of(doc);
    return decode_choice(raw, choice, now_unix_ms, ret);
}

pl_status pl__openai_decode(const pl_http_reply *reply, int64_t now_unix_ms, pl_decoded *ret, pl_error *reterr)
{
    pl_decoded decoded = {0};
    pl_error problem = {0};
    json_t *doc = NULL;
    pl_view body = pl__view_n(reply->body.ptr, reply->body.len);
    bool success = reply->status >= 200 && reply->status < 300;
    pl_status rc = PL_OK;
    if (!pl__is_html(body) && (success || body.len > 0))
        rc = pl__json_parse(body, &doc, &problem);
    if (rc == PL_E_NOMEM)
        goto out;
    rc = PL_OK;
    if (!success)
        pl__error_reply(reply, doc, reply->status, now_unix_ms, &decoded);
    else if (doc)
        rc = decode_success(reply, doc, now_unix_ms, &decoded);
    else
        pl__garbled_reply(reply, pl__is_html(body) ? "the reply is a page instead of JSON" : problem.msg, now_unix_ms,
                          &decoded);
out:
    json_decref(doc);
    if (rc) {
        pl__reply_clear(&decoded.reply);
        return pl__fail(reterr, rc, "reply of %zu bytes", body.len);
    }
    *ret = decoded;
    return PL_OK;
}
