#include "error_reply.h"

#include "error.h"
#include "error_words.h"
#include "rate_headers.h"
#include "redact.h"
#include "retry.h"

typedef struct verdict {
    pl_outcome outcome;
    bool retryable;
} verdict;

/* vLLM, SGLang, llama.cpp, Ollama, LM Studio, OpenAI, Anthropic, Gemini and common gateways; matched without regard to
 * case. */
static const char *const too_long_words[] = {"context_length_exceeded",
                                             "exceed_context_size_error",
                                             "maximum context length",
                                             "available context size",
                                             "context size has been exceeded",
                                             "context window",
                                             "prompt is too long",
                                             "input is too long",
                                             "model's context length",
                                             "maximum model length",
                                             "exceeds the context length",
                                             "exceeds context length",
                                             "max_model_len",
                                             "reduce the length of the",
                                             "string_above_max_length",
                                             "exceed context limit",
                                             "exceeds the maximum number of tokens",
                                             "request payload size exceeds",
                                             "request_too_large",
                                             NULL};
static const char *const no_image_words[] = {"not support image",
                                             "image input is not supported",
                                             "images are not supported",
                                             "support multimodal",
                                             "not a multimodal model",
                                             "at most 0 image",
                                             "image_url is only supported",
                                             "content type. image_url",
                                             "support image input",
                                             "required for image input",
                                             "mmproj",
                                             "vision is not supported",
                                             "unsupported content[].type",
                                             "'image_url' is not supported",
                                             "not support vision",
                                             "image input modality is not enabled",
                                             NULL};
static const char *const quota_words[] = {"insufficient_quota",
                                          "billing_hard_limit_reached",
                                          "billing_not_active",
                                          "credit balance",
                                          "insufficient credit",
                                          "insufficient balance",
                                          NULL};
static const char *const auth_words[] = {
    "invalid_api_key", "api key not valid", "invalid api key",           "incorrect api key",
    "api_key_invalid", "api key expired",   "location is not supported", NULL};
static const char *const no_model_words[] = {"model_not_found", "model not found", "invalid model name", NULL};
/* A filter's word on the prompt, put as an error: Azure, OpenAI, Anthropic. It is a refusal like any other. */
static const char *const refusal_words[] = {"content_filter",
                                            "content management policy",
                                            "responsibleaipolicyviolation",
                                            "content_policy_violation",
                                            "content filtering policy",
                                            "violating our usage policy",
                                            NULL};
/* Sent as 500 although nothing will change: llama.cpp, an undecodable image or a parameter it does not have. */
static const char *const hopeless_words[] = {"failed to load image", "failed to decode image", "not_supported_error",
                                             "only one completion choice is allowed", NULL};

static verdict verdict_4xx(int status, const pl_error_words *words)
{
    switch (status) {
    case 401:
    case 403:
    case 407:
        return (verdict){PL_OUTCOME_AUTH, false};
    case 404:
    case 405:
    case 410:
        return (verdict){PL_OUTCOME_NOT_FOUND, false};
    case 408:
        return (verdict){PL_OUTCOME_TIMED_OUT, true};
    case 409:
    case 425:
    case 499: /* gRPC's CANCELLED */
        return (verdict){PL_OUTCOME_SERVER_ERROR, true};
    case 413:
        return (verdict){PL_OUTCOME_TOO_LONG, false};
    case 429:
        return (verdict){PL_OUTCOME_RATE_LIMITED, true};
    default:
        break;
    }
    if (pl__error_says(words, auth_words))
        return (verdict){PL_OUTCOME_AUTH, false};
    if (pl__error_says(words, no_model_words))
        return (verdict){PL_OUTCOME_NOT_FOUND, false};
    return (verdict){PL_OUTCOME_BAD_REQUEST, false};
}

static bool out_of_quota(int status, const pl_error_words *words)
{
    return status == 402 || (status == 429 && words->per_day) ||
           ((status == 400 || status == 403 || status == 429) && pl__error_says(words, quota_words));
}

static verdict verdict_5xx(int status, const pl_error_words *words)
{
    if (status == 501 || status == 505 || pl__error_says(words, hopeless_words))
        return (verdict){PL_OUTCOME_BAD_REQUEST, false};
    return (verdict){PL_OUTCOME_SERVER_ERROR, true};
}

/* OpenAI answers 403 where a model gives no log-probabilities. */
static bool about_logprobs(int status, const pl_error_words *words)
{
    return status == 403 && (pl__refused_params(words) & PL_PARAM_LOGPROBS);
}

static verdict judge(int status, const pl_error_words *words)
{
    bool about_request = status != 401 && status != 408 && status != 409 && status != 429;
    if (out_of_quota(status, words))
        return (verdict){PL_OUTCOME_QUOTA, false};
    if (about_request && pl__error_says(words, no_image_words))
        return (verdict){PL_OUTCOME_IMAGE_UNSUPPORTED, false};
    if (about_request && pl__error_says(words, too_long_words))
        return (verdict){PL_OUTCOME_TOO_LONG, false};
    if (status == 400 && pl__error_says(words, refusal_words))
        return (verdict){PL_OUTCOME_REFUSED, false};
    if (status >= 300 && status < 400) /* redirects are not followed: the configured address is not the endpoint's */
        return (verdict){PL_OUTCOME_NOT_FOUND, false};
    if (about_logprobs(status, words))
        return (verdict){PL_OUTCOME_BAD_REQUEST, false};
    if (status >= 400 && status < 500)
        return verdict_4xx(status, words);
    if (status >= 500)
        return verdict_5xx(status, words);
    return (verdict){PL_OUTCOME_GARBLED, true};
}

/* What the server says about waiting; final outcomes stay final whatever it says about retrying when the account
 * itself is the matter. */
static void finish(const pl_http_reply *reply, int64_t now_unix_ms, pl_decoded *ret)
{
    pl_view should = pl__http_reply_header(reply, "x-should-retry");
    if (pl__view_eq_str(should, "false"))
        ret->retryable = false;
    else if (pl__view_eq_str(should, "true") && ret->reply.outcome != PL_OUTCOME_QUOTA &&
             !pl__outcome_is_response(ret->reply.outcome))
        ret->retryable = true;
    ret->has_retry_after = pl__retry_after_ms(reply, now_unix_ms, &ret->retry_after_ms);
    if (!ret->has_retry_after && (reply->status < 200 || reply->status >= 300))
        ret->has_retry_after = pl__retry_info_ms(pl__view_n(reply->body.ptr, reply->body.len), &ret->retry_after_ms);
}

void pl__error_reply(const pl_http_reply *reply, const json_t *doc, int status, int64_t now_unix_ms, pl_decoded *ret)
{
    pl_view body = pl__view_n(reply->body.ptr, reply->body.len);
    pl_error_words words = pl__error_words(doc, body);
    verdict v = judge(status, &words);
    ret->reply.outcome = v.outcome;
    ret->retryable = v.retryable;
    if (v.outcome == PL_OUTCOME_BAD_REQUEST)
        ret->refused_params = pl__refused_params(&words);
    pl__redact_line(pl__view_n(words.message.ptr, words.message.len < PL_ERROR_WORDS_BYTES_MAX
                                                      ? words.message.len
                                                      : PL_ERROR_WORDS_BYTES_MAX),
                    ret->message, sizeof(ret->message));
    if (!ret->message[0]) {
        pl_error plain = {0};
        (void)pl__fail(&plain, PL_E_NET, "HTTP %d%s", status, pl__is_html(body) ? " with a page instead of JSON" : "");
        pl__redact_line(pl__view(plain.msg), ret->message, sizeof(ret->message));
    }
    finish(reply, now_unix_ms, ret);
}

void pl__garbled_reply(const pl_http_reply *reply, const char *words, int64_t now_unix_ms, pl_decoded *ret)
{
    ret->reply.outcome = PL_OUTCOME_GARBLED;
    ret->retryable = true;
    pl__redact_line(pl__view(words), ret->message, sizeof(ret->message));
    finish(reply, now_unix_ms, ret);
}
