#include "reply_reader.h"

#include "alloc.h"
#include "error.h"
#include "error_reply.h"
#include "logprobs.h"
#include "num.h"

#define STATUS_UNKNOWN_ERROR 500 /* of an error inside a 200 that names none */
#define THINK_OPEN "<think>"
#define THINK_CLOSE "</think>"

pl_view pl__json_view(const json_t *string)
{
    return pl__view_n(json_string_value(string), json_string_length(string));
}

uint64_t pl__json_count(const json_t *object, const char *key)
{
    json_int_t x = json_integer_value(json_object_get(object, key)); /* 0 for anything else */
    return x > 0 ? (uint64_t)x : 0;
}

pl_status pl__json_copy(const json_t *value, char **ret)
{
    if (!json_is_string(value) || json_string_length(value) == 0)
        return PL_OK;
    *ret = pl__strndup(json_string_value(value), json_string_length(value));
    return *ret ? PL_OK : PL_E_NOMEM;
}

/* ---- one choice ---- */

static bool is_blank(pl_view v)
{
    return pl__view_trim(v).len == 0;
}

/* Moves reasoning that stands in the text to where it belongs; what is left of the text is its end. */
static pl_status split_reasoning(pl_choice_reader *r, pl_view *ret_answer)
{
    pl_view text = pl__view_n(r->text.ptr, r->text.len);
    pl_view rest = pl__view_trim(text);
    pl_view thought = {0};
    *ret_answer = text;
    if (!is_blank(pl__view_n(r->reasoning.ptr, r->reasoning.len)))
        return PL_OK;
    bool open = pl__view_starts_with(rest, THINK_OPEN);
    if (open)
        rest = pl__view_n(rest.ptr + sizeof(THINK_OPEN) - 1, rest.len - (sizeof(THINK_OPEN) - 1));
    size_t end = pl__view_find(rest, pl__view(THINK_CLOSE));
    if (end == SIZE_MAX && !open)
        return PL_OK;
    thought = pl__view_n(rest.ptr, end == SIZE_MAX ? rest.len : end);
    *ret_answer = pl__view_n(NULL, 0);
    if (end != SIZE_MAX)
        *ret_answer = pl__view_trim(
            pl__view_n(rest.ptr + end + sizeof(THINK_CLOSE) - 1, rest.len - end - (sizeof(THINK_CLOSE) - 1)));
    pl__str_reset(&r->reasoning);
    return pl__str_append_view(&r->reasoning, pl__view_trim(thought));
}

static pl_status copy_view(pl_view v, char **ret)
{
    *ret = pl__strndup(v.len > 0 ? v.ptr : "", v.len);
    return *ret ? PL_OK : PL_E_NOMEM;
}

static pl_outcome outcome_of(pl_ending ending, bool refused, bool has_text)
{
    if (ending == PL_ENDING_ABORTED)
        return PL_OUTCOME_SERVER_ERROR;
    if (refused || ending == PL_ENDING_REFUSED)
        return PL_OUTCOME_REFUSED;
    if (!has_text)
        return PL_OUTCOME_EMPTY;
    return ending == PL_ENDING_CUT ? PL_OUTCOME_CUT_OFF : PL_OUTCOME_ANSWERED;
}

pl_status pl__choice_finish(pl_choice_reader *r, pl_ending ending, pl_reply_choice *ret)
{
    pl_view answer = {0};
    pl_view refusal = pl__view_n(r->refusal.ptr, r->refusal.len);
    pl_status rc = split_reasoning(r, &answer);
    if (refusal.len > 0)
        answer = refusal;
    ret->outcome = outcome_of(ending, refusal.len > 0, !is_blank(answer));
    bool answers = ret->outcome == PL_OUTCOME_ANSWERED || ret->outcome == PL_OUTCOME_CUT_OFF;
    if (!rc && ret->outcome != PL_OUTCOME_SERVER_ERROR && !is_blank(answer)) {
        rc = copy_view(answer, &ret->text);
        ret->text_len = rc ? 0 : answer.len;
    }
    if (!rc && ret->outcome != PL_OUTCOME_SERVER_ERROR && r->reasoning.len > 0)
        rc = copy_view(pl__view_n(r->reasoning.ptr, r->reasoning.len), &ret->reasoning);
    if (!rc && answers && ret->reasoning && ret->tokens)
        rc = pl__tokens_keep_answer(answer, ret->tokens, &ret->n_tokens);
    if (!answers || ret->n_tokens == 0) {
        pl__free(ret->tokens);
        ret->tokens = NULL;
        ret->n_tokens = 0;
    }
    return rc;
}

static pl_status read_choice(const json_t *choice, pl_choice_fn fn, pl_reply_choice *ret)
{
    pl_choice_reader r = {0};
    pl__str_init(&r.text, PL_HTTP_REPLY_BYTES_MAX);
    pl__str_init(&r.reasoning, PL_HTTP_REPLY_BYTES_MAX);
    pl__str_init(&r.refusal, PL_HTTP_REPLY_BYTES_MAX);
    pl_status rc = fn(choice, &r, ret);
    pl__str_clear(&r.text);
    pl__str_clear(&r.reasoning);
    pl__str_clear(&r.refusal);
    return rc;
}

/* ---- all choices ---- */

static pl_status read_further(const json_t *list, pl_choice_fn fn, pl_reply *reply)
{
    size_t n = json_array_size(list);
    n = n < PL_REPLY_CHOICES_MAX ? n : PL_REPLY_CHOICES_MAX;
    if (n < 2)
        return PL_OK;
    reply->further = pl__calloc(n - 1, sizeof(*reply->further));
    if (!reply->further)
        return PL_E_NOMEM;
    reply->n_further = n - 1;
    for (size_t i = 1; i < n; i++) {
        pl_status rc = read_choice(json_array_get(list, i), fn, &reply->further[i - 1]);
        if (rc)
            return rc;
    }
    return PL_OK;
}

pl_status pl__read_one_choice(const pl_http_reply *raw, const json_t *choice, pl_choice_fn fn, int64_t now_unix_ms,
                              pl_decoded *ret)
{
    pl_reply *reply = &ret->reply;
    pl_reply_choice first = {0};
    pl_status rc = read_choice(choice, fn, &first);
    if (rc || !pl__outcome_is_response(first.outcome)) {
        pl_outcome outcome = first.outcome;
        pl__reply_choice_clear(&first);
        if (rc)
            return rc;
        pl__garbled_reply(raw,
                          outcome == PL_OUTCOME_SERVER_ERROR ? "the server gave up on the answer"
                                                             : "the reply's choice has no message",
                          now_unix_ms, ret);
        reply->outcome = outcome;
        return PL_OK;
    }
    reply->outcome = first.outcome;
    reply->text = first.text;
    reply->text_len = first.text_len;
    reply->reasoning = first.reasoning;
    reply->finish = first.finish;
    reply->tokens = first.tokens;
    reply->n_tokens = first.n_tokens;
    return PL_OK;
}

pl_status pl__read_choices(const pl_http_reply *raw, const json_t *list, pl_choice_fn fn, int64_t now_unix_ms,
                           pl_decoded *ret)
{
    if (json_array_size(list) == 0) {
        pl__garbled_reply(raw, "the reply has no choices", now_unix_ms, ret);
        return PL_OK;
    }
    pl_status rc = pl__read_one_choice(raw, json_array_get(list, 0), fn, now_unix_ms, ret);
    return rc || !pl__outcome_is_response(ret->reply.outcome) ? rc : read_further(list, fn, &ret->reply);
}

/* ---- the whole reply ---- */

/* Inside a 200 the status stands in the error's code, or follows from its type (Anthropic). */
static int status_of_error(const json_t *error)
{
    static const struct {
        const char *type;
        int status;
    } types[] = {
        {"invalid_request_error", 400}, {"authentication_error", 401}, {"billing_error", 402},
        {"permission_error", 403},      {"not_found_error", 404},      {"request_too_large", 413},
        {"rate_limit_error", 429},      {"timeout_error", 504},        {"overloaded_error", 529},
    };
    const json_t *code = json_object_get(error, "code");
    pl_view type = pl__json_view(json_object_get(error, "type"));
    json_int_t status = json_integer_value(code);
    uint64_t digits = 0;
    if (json_is_string(code) && pl__num_parse_u64(pl__json_view(code), &digits) == PL_OK && digits < 1000)
        status = (json_int_t)digits;
    if (status >= 400 && status < 600)
        return (int)status;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && !code; i++)
        if (pl__view_eq_str(type, types[i].type))
            return types[i].status;
    return STATUS_UNKNOWN_ERROR;
}

static pl_status decode_document(const pl_http_reply *raw, const json_t *doc, int64_t now_unix_ms, pl_success_fn fn,
                                 pl_decoded *ret)
{
    const json_t *error = json_object_get(doc, "error");
    if (!json_is_object(error) && !json_is_string(error))
        return fn(raw, doc, now_unix_ms, ret);
    pl__error_reply(raw, doc, status_of_error(error), now_unix_ms, ret);
    return PL_OK;
}

/* A text is a C string to whom it is shown; a NUL in it is as good as any sign that is none. */
static void replace_nuls(char *text, size_t len)
{
    for (size_t i = 0; text && i < len; i++) {
        if (text[i] == '\0')
            text[i] = '?';
    }
}

pl_status pl__decode(const pl_http_reply *reply, int64_t now_unix_ms, pl_success_fn fn, pl_decoded *ret,
                     pl_error *reterr)
{
    pl_decoded decoded = {0};
    pl_error problem = {0};
    json_t *doc = NULL;
    pl_view body = pl__view_n(reply->body.ptr, reply->body.len);
    bool success = reply->status >= 200 && reply->status < 300;
    pl_status rc = PL_OK;
    if (!pl__is_html(body) && (success || body.len > 0))
        rc = pl__json_parse_nul(body, &doc, &problem);
    if (rc == PL_E_NOMEM)
        goto out;
    rc = PL_OK;
    if (!success)
        pl__error_reply(reply, doc, reply->status, now_unix_ms, &decoded);
    else if (doc)
        rc = decode_document(reply, doc, now_unix_ms, fn, &decoded);
    else
        pl__garbled_reply(reply, pl__is_html(body) ? "the reply is a page instead of JSON" : problem.msg, now_unix_ms,
                          &decoded);
out:
    json_decref(doc);
    if (rc) {
        pl__reply_clear(&decoded.reply);
        return pl__fail(reterr, rc, "reply of %zu bytes", body.len);
    }
    replace_nuls(decoded.reply.text, decoded.reply.text_len);
    for (size_t i = 0; i < decoded.reply.n_further; i++)
        replace_nuls(decoded.reply.further[i].text, decoded.reply.further[i].text_len);
    *ret = decoded;
    return PL_OK;
}
