/* OpenAI's chat completions: /v1/chat/completions. */
#include "dialect.h"
#include "error.h"
#include "tokens.h"

#include <string.h>

#define TEMPERATURE_MAX 2.0

/* ---- requests ---- */

static bool read_params(const json_t *doc, pl_sim_ask *ask, pl_sim_complaint *why)
{
    int64_t max_tokens = 0;
    int64_t n = 1;
    int64_t top = 0;
    bool stream = false;
    if (!pl__sim_read_integer(doc, "max_tokens", 1, UINT32_MAX, &max_tokens, why) ||
        !pl__sim_read_integer(doc, "max_completion_tokens", 1, UINT32_MAX, &max_tokens, why) ||
        !pl__sim_read_integer(doc, "n", 1, PL_SIM_CHOICES_N_MAX, &n, why) ||
        !pl__sim_read_integer(doc, "top_logprobs", 0, PL_SIM_TOP_LOGPROBS_MAX, &top, why) ||
        !pl__sim_read_integer(doc, "seed", INT64_MIN, INT64_MAX, &ask->seed, why) ||
        !pl__sim_read_temperature(doc, TEMPERATURE_MAX, &ask->temperature, why) ||
        !pl__sim_read_bool(doc, "logprobs", &ask->logprobs, why) || !pl__sim_read_bool(doc, "stream", &stream, why))
        return false;
    if (stream)
        return pl__sim_refuse(why, 400, "stream", NULL, "the simulated pool does not stream");
    if (top > 0 && !ask->logprobs)
        return pl__sim_refuse(why, 400, "top_logprobs", NULL, "top_logprobs needs logprobs: true");
    ask->n = (uint32_t)n;
    ask->max_tokens = (uint32_t)max_tokens;
    ask->top_logprobs = (uint32_t)top;
    return true;
}

/* "data:image/png;base64,…": nothing is ever fetched. */
static bool read_image(pl_sim_ask *ask, const json_t *part, pl_sim_complaint *why)
{
    static const char mark[] = ";base64,";
    const json_t *url = json_object_get(json_object_get(part, "image_url"), "url");
    if (!json_is_string(url))
        return pl__sim_refuse(why, 400, "messages", NULL, "an image_url part needs image_url.url");
    pl_view text = pl__sim_string(url);
    pl_view head = pl__view_n(text.ptr, text.len < 64 ? text.len : 64);
    size_t at = pl__view_find(head, pl__view(mark));
    if (!pl__view_starts_with(text, "data:image/") || at == SIZE_MAX)
        return pl__sim_refuse(why, 400, "messages", "invalid_image_url", "images must be data URLs in base64");
    at += sizeof(mark) - 1;
    pl__sim_ask_image(ask, pl__view_n(text.ptr + at, text.len - at));
    return true;
}

static bool read_part(pl_sim_ask *ask, const json_t *part, pl_sim_complaint *why)
{
    const json_t *type = json_object_get(part, "type");
    const json_t *text = json_object_get(part, "text");
    if (!json_is_string(type))
        return pl__sim_refuse(why, 400, "messages", NULL, "a content part needs a type");
    if (strcmp(json_string_value(type), "image_url") == 0)
        return read_image(ask, part, why);
    if (strcmp(json_string_value(type), "text") != 0 || !json_is_string(text))
        return pl__sim_refuse(why, 400, "messages", NULL, "content parts are text or image_url");
    return pl__sim_ask_text(ask, pl__sim_string(text), why);
}

static bool read_message(pl_sim_ask *ask, const json_t *message, pl_sim_complaint *why)
{
    const json_t *role = json_object_get(message, "role");
    const json_t *content = json_object_get(message, "content");
    if (!json_is_string(role))
        return pl__sim_refuse(why, 400, "messages", NULL, "a message needs a role");
    pl__sim_ask_begin(ask, pl__sim_string(role));
    if (json_is_string(content)) {
        if (!pl__sim_ask_text(ask, pl__sim_string(content), why))
            return false;
    } else if (json_array_size(content) == 0) {
        return pl__sim_refuse(why, 400, "messages", NULL, "a message needs content");
    }
    for (size_t i = 0; i < json_array_size(content); i++) {
        if (!read_part(ask, json_array_get(content, i), why))
            return false;
    }
    pl__sim_ask_end(ask);
    return true;
}

static bool read(const pl_httpd_request *request, json_t *doc, pl_sim_ask *ask, pl_sim_complaint *why)
{
    const json_t *messages = json_object_get(doc, "messages");
    size_t n = json_array_size(messages);
    (void)request;
    if (!pl__sim_ask_chat(ask, doc, "you must give a model", why) || !read_params(doc, ask, why))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!read_message(ask, json_array_get(messages, i), why))
            return false;
    }
    return pl__sim_ask_finish(ask, why);
}

/* ---- answers ---- */

static pl_status write_token(pl_view token, double logprob, pl_str *out)
{
    pl_status rc = pl__sim_write_token("logprob", token, logprob, out);
    if (!rc)
        rc = pl__str_append_c(out, ",\"bytes\":[");
    for (size_t i = 0; !rc && i < token.len; i++)
        rc = pl__str_appendf(out, "%s%u", i > 0 ? "," : "", (unsigned)(unsigned char)token.ptr[i]);
    return rc ? rc : pl__str_append_c(out, "]");
}

static pl_status write_alternative(pl_view token, double logprob, pl_str *out)
{
    pl_status rc = write_token(token, logprob, out);
    return rc ? rc : pl__str_append_char(out, '}');
}

static pl_status write_logprobs(const pl_sim_speech *speech, pl_view sent, uint32_t top, pl_str *out)
{
    pl_sim_belief first;
    pl_sim_token token;
    size_t at = 0;
    pl_status rc = pl__str_append_c(out, "{\"content\":[");
    pl__sim_first_tokens(&speech->belief, &first);
    while (!rc && pl__sim_next_token(speech, sent, &first, &at, &token)) {
        if (token.text.ptr > sent.ptr)
            rc = pl__str_append_c(out, ",");
        if (!rc)
            rc = write_token(token.text, token.logprob, out);
        if (!rc)
            rc = pl__str_append_c(out, ",\"top_logprobs\":[");
        if (!rc)
            rc = pl__sim_write_alternatives(&token, top, write_alternative, out);
        if (!rc)
            rc = pl__str_append_c(out, "]}");
    }
    return rc ? rc : pl__str_append_c(out, "]}");
}

static pl_status write_choice(const pl_sim_ask *ask, const pl_sim_speech *speech, uint32_t index, pl_str *out,
                              uint32_t *ret_tokens)
{
    pl_view text = pl__view_n(pl__str_c(&speech->text), speech->text.len);
    pl_view sent = pl__sim_cut_tokens(text, ask->max_tokens, ret_tokens);
    bool whole = sent.len == text.len;
    pl_status rc = pl__str_appendf(out, "%s{\"index\":%u,\"message\":{\"role\":\"assistant\",\"content\":%s",
                                   index > 0 ? "," : "", (unsigned)index, speech->refused ? "null,\"refusal\":" : "");
    if (!rc)
        rc = pl__sim_write_string(sent, out);
    if (!rc)
        rc = pl__str_append_c(out, ask->thoughts ? ",\"reasoning_content\":\"" PL_SIM_THOUGHT "\"" : "");
    if (!rc)
        rc = pl__str_append_c(out, speech->refused ? "},\"logprobs\":" : ",\"refusal\":null},\"logprobs\":");
    if (!rc)
        rc = ask->logprobs && !speech->refused ? write_logprobs(speech, sent, ask->top_logprobs, out)
                                               : pl__str_append_c(out, "null");
    return rc ? rc : pl__str_appendf(out, ",\"finish_reason\":\"%s\"}", whole ? "stop" : "length");
}

static pl_status write(const pl_sim_ask *ask, const pl_sim_speech *speeches, pl_str *out)
{
    uint32_t total = 0;
    pl_status rc =
        pl__str_appendf(out, "{\"id\":\"chatcmpl-sim-%016llx\",\"object\":\"chat.completion\",\"created\":0,\"model\":",
                        (unsigned long long)ask->key);
    if (!rc)
        rc = pl__sim_write_string(pl__view(pl__sim_pool_name(ask->pool, ask->model)), out);
    if (!rc)
        rc = pl__str_appendf(out, ",\"system_fingerprint\":\"sim-%llu\",\"choices\":[",
                             (unsigned long long)ask->pool->seed);
    for (uint32_t i = 0; !rc && i < ask->n; i++) {
        uint32_t tokens = 0;
        rc = write_choice(ask, &speeches[i], i, out, &tokens);
        total += tokens;
    }
    if (!rc && ask->uncounted)
        return pl__str_append_c(out, "]}\n");
    return rc ? rc
              : pl__str_appendf(out,
                                "],\"usage\":{\"prompt_tokens\":%u,\"completion_tokens\":%u,\"total_tokens\":%u,"
                                "\"prompt_tokens_details\":{\"cached_tokens\":0},"
                                "\"completion_tokens_details\":{\"reasoning_tokens\":0}}}\n",
                                (unsigned)ask->tokens, (unsigned)total, (unsigned)(ask->tokens + total));
}

static pl_status append_or_null(pl_str *out, const char *key, const char *word)
{
    return word ? pl__str_appendf(out, ",\"%s\":\"%s\"", key, word) : pl__str_appendf(out, ",\"%s\":null", key);
}

static pl_status write_error(const pl_sim_complaint *why, pl_str *out)
{
    const char *type = "invalid_request_error";
    const char *code = why->code;
    if (why->out_of_quota)
        type = code = "insufficient_quota";
    else if (why->status >= 500)
        type = "server_error";
    else if (why->status == 429)
        type = "requests";
    if (why->status == 429 && !code)
        code = "rate_limit_exceeded";
    pl_status rc = pl__str_append_c(out, "{\"error\":{\"message\":");
    if (!rc)
        rc = pl__sim_write_string(pl__view(why->error.msg), out);
    if (!rc)
        rc = pl__str_appendf(out, ",\"type\":\"%s\"", type);
    if (!rc)
        rc = append_or_null(out, "param", why->param);
    if (!rc)
        rc = append_or_null(out, "code", code);
    return rc ? rc : pl__str_append_c(out, "}}\n");
}

static pl_status write_models(const pl_sim_pool *pool, pl_str *out)
{
    pl_status rc = pl__str_append_c(out, "{\"object\":\"list\",\"data\":[");
    for (uint32_t i = 0; !rc && i < pool->n_models; i++) {
        uint64_t context = pool->models[i].habits.of[PL_SIM_CONTEXT];
        rc = pl__str_appendf(out, "%s{\"id\":\"%s\",\"object\":\"model\",\"created\":0,\"owned_by\":\"simulated\"",
                             i > 0 ? "," : "",
                             pl__sim_pool_name(pool, i)); /* names need no escapes: pools refuse others */
        if (!rc && context > 0)
            rc = pl__str_appendf(out, ",\"max_model_len\":%llu", (unsigned long long)context);
        if (!rc)
            rc = pl__str_append_char(out, '}');
    }
    return rc ? rc : pl__str_append_c(out, "]}\n");
}

const pl_sim_dialect pl__sim_dialect_openai = {
    .name = "openai",
    .id = PL_SIM_OPENAI,
    .picture_key = PL_SIM_PICTURE_URL,
    .read = read,
    .write = write,
    .write_error = write_error,
    .write_models = write_models,
};
