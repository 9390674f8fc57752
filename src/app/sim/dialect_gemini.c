/* Google's generateContent: /v1beta/models/MODEL:generateContent. Names of members are taken in both of protobuf's
 * spellings where clients use both. */
#include "dialect.h"
#include "error.h"
#include "tokens.h"

#include <string.h>

#define TEMPERATURE_MAX 2.0
#define CANDIDATES_MAX 8

/* ---- requests ---- */

static bool admit(const pl_httpd_request *request, pl_sim_complaint *why)
{
    const char *key = request->header(request->connection, "x-goog-api-key");
    pl_view query = pl__view(request->query);
    bool in_query = pl__view_starts_with(query, "key=") || pl__view_find(query, pl__view("&key=")) != SIZE_MAX;
    if ((key && *key) || in_query)
        return true;
    return pl__sim_refuse(why, 403, NULL, NULL,
                          "Method doesn't allow unregistered callers. Please use API Key to call this API.");
}

/* The model's name in ".../models/NAME:generateContent"; names may have colons and slashes of their own. */
static bool read_path(const pl_httpd_request *request, pl_sim_ask *ask, pl_sim_complaint *why)
{
    const char *name = strstr(request->path, "/models/");
    const char *verb = strrchr(request->path, ':');
    if (!name || !verb || strcmp(verb, ":generateContent") != 0)
        return pl__sim_refuse(why, 404, NULL, NULL, "the simulated pool only knows generateContent");
    name += strlen("/models/");
    return pl__sim_ask_model(ask, pl__view_n(name, (size_t)(verb - name)), why);
}

static bool read_generation(json_t *config, pl_sim_ask *ask, pl_sim_complaint *why)
{
    static const char *const members[] = {"temperature",
                                          "seed",
                                          "candidateCount",
                                          "maxOutputTokens",
                                          "responseLogprobs",
                                          "logprobs",
                                          "mediaResolution",
                                          "thinkingConfig",
                                          "stopSequences",
                                          "topP",
                                          "topK",
                                          "responseMimeType",
                                          "responseSchema",
                                          "presencePenalty",
                                          "frequencyPenalty",
                                          "responseJsonSchema",
                                          "responseModalities"};
    const json_t *thinking = json_object_get(config, "thinkingConfig");
    int64_t max_tokens = 0;
    int64_t n = 1;
    int64_t top = 0;
    if (!config || json_is_null(config))
        return true;
    if (!json_is_object(config))
        return pl__sim_refuse(why, 400, NULL, NULL, "generationConfig must be an object");
    if (!pl__sim_only_members(config, members, sizeof(members) / sizeof(members[0]),
                              "Invalid JSON payload received. Unknown name \"",
                              "\" at 'generation_config': Cannot find field.", why) ||
        !pl__sim_read_integer(config, "maxOutputTokens", 1, UINT32_MAX, &max_tokens, why) ||
        !pl__sim_read_integer(config, "candidateCount", 1, CANDIDATES_MAX, &n, why) ||
        !pl__sim_read_integer(config, "logprobs", 0, PL_SIM_TOP_LOGPROBS_MAX, &top, why) ||
        !pl__sim_read_integer(config, "seed", INT32_MIN, INT32_MAX, &ask->seed, why) ||
        !pl__sim_read_temperature(config, TEMPERATURE_MAX, &ask->temperature, why) ||
        !pl__sim_read_bool(config, "responseLogprobs", &ask->logprobs, why) ||
        !pl__sim_read_bool(thinking, "includeThoughts", &ask->thoughts, why))
        return false;
    if (top > 0 && !ask->logprobs)
        return pl__sim_refuse(why, 400, NULL, NULL, "logprobs needs responseLogprobs: true");
    ask->n = (uint32_t)n;
    ask->max_tokens = (uint32_t)max_tokens;
    ask->top_logprobs = (uint32_t)top;
    return true;
}

static const json_t *either(const json_t *object, const char *camel, const char *snake)
{
    const json_t *found = json_object_get(object, camel);
    return found ? found : json_object_get(object, snake);
}

static bool read_part(pl_sim_ask *ask, const json_t *part, bool images, pl_sim_complaint *why)
{
    const json_t *text = json_object_get(part, "text");
    const json_t *inline_data = either(part, "inlineData", "inline_data");
    const json_t *data = json_object_get(inline_data, "data");
    const char *type = json_string_value(either(inline_data, "mimeType", "mime_type"));
    if (json_is_string(text))
        return pl__sim_ask_text(ask, pl__sim_string(text), why);
    if (!images || !type || strncmp(type, "image/", 6) != 0 || !json_is_string(data))
        return pl__sim_refuse(why, 400, NULL, NULL, "parts are text or inlineData of an image with mimeType and data");
    pl__sim_ask_image(ask, pl__sim_string(data));
    return true;
}

static bool read_content(pl_sim_ask *ask, const json_t *content, const char *role, pl_sim_complaint *why)
{
    const json_t *parts = json_object_get(content, "parts");
    bool system = strcmp(role, "system") == 0;
    if (json_array_size(parts) == 0)
        return pl__sim_refuse(why, 400, NULL, NULL, "contents need parts");
    pl__sim_ask_begin(ask, pl__view(role));
    for (size_t i = 0; i < json_array_size(parts); i++) {
        if (!read_part(ask, json_array_get(parts, i), !system, why))
            return false;
    }
    pl__sim_ask_end(ask);
    return true;
}

static bool read_turn(pl_sim_ask *ask, const json_t *content, pl_sim_complaint *why)
{
    const json_t *role = json_object_get(content, "role");
    const char *word = role ? json_string_value(role) : "user";
    if (word && strcmp(word, "model") == 0)
        return read_content(ask, content, "assistant", why);
    if (!word || strcmp(word, "user") != 0)
        return pl__sim_refuse(why, 400, NULL, NULL, "Please use a valid role: user, model.");
    return read_content(ask, content, "user", why);
}

static bool read(const pl_httpd_request *request, json_t *doc, pl_sim_ask *ask, pl_sim_complaint *why)
{
    static const char *const members[] = {"contents",
                                          "systemInstruction",
                                          "system_instruction",
                                          "generationConfig",
                                          "generation_config",
                                          "safetySettings",
                                          "safety_settings",
                                          "tools",
                                          "toolConfig",
                                          "cachedContent",
                                          "model"};
    const json_t *contents = json_object_get(doc, "contents");
    const json_t *system = either(doc, "systemInstruction", "system_instruction");
    json_t *config = json_object_get(doc, "generationConfig");
    size_t n = json_array_size(contents);
    if (!read_path(request, ask, why) ||
        !pl__sim_only_members(doc, members, sizeof(members) / sizeof(members[0]),
                              "Invalid JSON payload received. Unknown name \"", "\": Cannot find field.", why))
        return false;
    if (!config)
        config = json_object_get(doc, "generation_config");
    if (n == 0 || n > PL_SIM_MESSAGES_MAX)
        return pl__sim_refuse(why, 400, NULL, NULL, "contents must be a list of 1 to 256 contents");
    if (!read_generation(config, ask, why))
        return false;
    if (system && !read_content(ask, system, "system", why))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!read_turn(ask, json_array_get(contents, i), why))
            return false;
    }
    return pl__sim_ask_finish(ask, why);
}

/* ---- answers ---- */

static pl_status write_token(pl_view token, double logprob, pl_str *out)
{
    pl_status rc = pl__sim_write_token("logProbability", token, logprob, out);
    return rc ? rc : pl__str_append_char(out, '}');
}

static pl_status write_top(const pl_sim_token *token, uint32_t top, pl_str *out)
{
    pl_status rc = pl__str_append_c(out, "{\"candidates\":[");
    if (!rc)
        rc = pl__sim_write_alternatives(token, top, write_token, out);
    return rc ? rc : pl__str_append_c(out, "]}");
}

/* logprobsResult: the chosen tokens, or the alternatives to each. */
static pl_status write_tokens(const pl_sim_speech *speech, pl_view sent, bool chosen, uint32_t top, double *ret_mean,
                              pl_str *out)
{
    pl_sim_belief first;
    pl_sim_token token;
    size_t at = 0;
    uint32_t n = 0;
    double sum = 0.0;
    pl_status rc = PL_OK;
    pl__sim_first_tokens(&speech->belief, &first);
    while (!rc && pl__sim_next_token(speech, sent, &first, &at, &token)) {
        if (n > 0)
            rc = pl__str_append_char(out, ',');
        if (!rc)
            rc = chosen ? write_token(token.text, token.logprob, out) : write_top(&token, top, out);
        sum += token.logprob;
        n++;
    }
    *ret_mean = n > 0 ? sum / n : 0.0;
    return rc;
}

static pl_status write_logprobs(const pl_sim_ask *ask, const pl_sim_speech *speech, pl_view sent, pl_str *out)
{
    double mean = 0.0;
    pl_status rc = pl__str_append_c(out, ",\"logprobsResult\":{\"topCandidates\":[");
    if (!rc && ask->top_logprobs > 0)
        rc = write_tokens(speech, sent, false, ask->top_logprobs, &mean, out);
    if (!rc)
        rc = pl__str_append_c(out, "],\"chosenCandidates\":[");
    if (!rc)
        rc = write_tokens(speech, sent, true, 0, &mean, out);
    if (!rc)
        rc = pl__str_append_c(out, "]},\"avgLogprobs\":");
    return rc ? rc : pl__sim_write_number(mean, out);
}

static pl_status write_parts(const pl_sim_ask *ask, pl_view sent, pl_str *out)
{
    static const char thought[] = "{\"text\":\"" PL_SIM_THOUGHT "\",\"thought\":true}";
    pl_status rc = PL_OK;
    if (!ask->thoughts && sent.len == 0)
        return rc; /* nothing to say is no parts at all */
    rc = pl__str_appendf(out, "\"parts\":[%s", ask->thoughts ? thought : "");
    if (!rc && sent.len > 0) {
        rc = pl__str_append_c(out, ask->thoughts ? ",{\"text\":" : "{\"text\":");
        if (!rc)
            rc = pl__sim_write_string(sent, out);
        if (!rc)
            rc = pl__str_append_char(out, '}');
    }
    return rc ? rc : pl__str_append_c(out, "],");
}

static pl_status write_candidate(const pl_sim_ask *ask, const pl_sim_speech *speech, uint32_t index, pl_str *out,
                                 uint32_t *ret_tokens)
{
    pl_view text = pl__view_n(pl__str_c(&speech->text), speech->text.len);
    pl_view sent = pl__sim_cut_tokens(text, ask->max_tokens, ret_tokens);
    const char *finish = sent.len == text.len ? "STOP" : "MAX_TOKENS";
    pl_status rc = pl__str_append_c(out, index > 0 ? ",{" : "{");
    if (speech->refused) {
        *ret_tokens = 0;
        return rc ? rc : pl__str_appendf(out, "\"finishReason\":\"SAFETY\",\"index\":%u}", (unsigned)index);
    }
    if (!rc)
        rc = pl__str_append_c(out, "\"content\":{");
    if (!rc)
        rc = write_parts(ask, sent, out);
    if (!rc)
        rc = pl__str_appendf(out, "\"role\":\"model\"},\"finishReason\":\"%s\",\"index\":%u", finish, (unsigned)index);
    if (!rc && ask->logprobs)
        rc = write_logprobs(ask, speech, sent, out);
    return rc ? rc : pl__str_append_char(out, '}');
}

/* A lone refusal is a blocked prompt without any candidate. */
static pl_status write_candidates(const pl_sim_ask *ask, const pl_sim_speech *speeches, pl_str *out,
                                  uint32_t *ret_tokens)
{
    if (ask->n == 1 && speeches->refused)
        return pl__str_append_c(out, "\"promptFeedback\":{\"blockReason\":\"SAFETY\"}");
    pl_status rc = pl__str_append_c(out, "\"candidates\":[");
    for (uint32_t i = 0; !rc && i < ask->n; i++) {
        uint32_t tokens = 0;
        rc = write_candidate(ask, &speeches[i], i, out, &tokens);
        *ret_tokens += tokens;
    }
    return rc ? rc : pl__str_append_char(out, ']');
}

static pl_status write(const pl_sim_ask *ask, const pl_sim_speech *speeches, pl_str *out)
{
    uint32_t said = 0;
    uint32_t thought = ask->thoughts ? pl__sim_count_tokens(pl__view(PL_SIM_THOUGHT)) : 0;
    pl_status rc = pl__str_append_char(out, '{');
    if (!rc)
        rc = write_candidates(ask, speeches, out, &said);
    if (!rc && ask->uncounted)
        return pl__str_append_c(out, "}\n");
    if (!rc)
        rc = pl__str_appendf(out, ",\"usageMetadata\":{\"promptTokenCount\":%u", (unsigned)ask->tokens);
    if (!rc && said > 0)
        rc = pl__str_appendf(out, ",\"candidatesTokenCount\":%u", (unsigned)said);
    if (!rc && thought > 0)
        rc = pl__str_appendf(out, ",\"thoughtsTokenCount\":%u", (unsigned)thought);
    if (!rc)
        rc = pl__str_appendf(out,
                             ",\"totalTokenCount\":%u},\"modelVersion\":", (unsigned)(ask->tokens + said + thought));
    if (!rc)
        rc = pl__sim_write_string(pl__view(pl__sim_pool_name(ask->pool, ask->model)), out);
    return rc ? rc : pl__str_appendf(out, ",\"responseId\":\"sim-%016llx\"}\n", (unsigned long long)ask->key);
}

static const char *status_word(int status)
{
    switch (status) {
    case 401:
        return "UNAUTHENTICATED";
    case 403:
        return "PERMISSION_DENIED";
    case 404:
        return "NOT_FOUND";
    case 429:
        return "RESOURCE_EXHAUSTED";
    case 503:
        return "UNAVAILABLE";
    case 504:
        return "DEADLINE_EXCEEDED";
    default:
        return status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
    }
}

static pl_status write_error(const pl_sim_complaint *why, pl_str *out)
{
    pl_status rc = pl__str_appendf(out, "{\"error\":{\"code\":%d,\"message\":", why->status);
    if (!rc)
        rc = pl__sim_write_string(pl__view(why->error.msg), out);
    if (!rc)
        rc = pl__str_appendf(out, ",\"status\":\"%s\"", status_word(why->status));
    if (!rc && why->out_of_quota)
        rc = pl__str_append_c(out, ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.QuotaFailure\","
                                   "\"violations\":[{\"quotaId\":\"GenerateRequestsPerDayPerProjectPerModel-FreeTier\"}"
                                   "]}]");
    if (!rc && why->retry_info_ms > 0)
        rc = pl__str_appendf(out,
                             ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\","
                             "\"retryDelay\":\"%u.%03us\"}]",
                             (unsigned)(why->retry_info_ms / 1000), (unsigned)(why->retry_info_ms % 1000));
    return rc ? rc : pl__str_append_c(out, "}}\n");
}

static pl_status write_models(const pl_sim_pool *pool, pl_str *out)
{
    pl_status rc = pl__str_append_c(out, "{\"models\":[");
    for (uint32_t i = 0; !rc && i < pool->n_models; i++)
        rc = pl__str_appendf(
            out,
            "%s{\"name\":\"models/%s\",\"version\":\"simulated\",\"supportedGenerationMethods\":[\"generateContent\"]}",
            i > 0 ? "," : "", pl__sim_pool_name(pool, i)); /* names need no escapes: pools refuse others */
    return rc ? rc : pl__str_append_c(out, "]}\n");
}

const pl_sim_dialect pl__sim_dialect_gemini = {
    .name = "gemini",
    .id = PL_SIM_GEMINI,
    .picture_key = PL_SIM_PICTURE_DATA,
    .admit = admit,
    .read = read,
    .write = write,
    .write_error = write_error,
    .write_models = write_models,
};
