/* Anthropic's messages: /v1/messages. No log-probabilities, no n, no seed: such members are refused, as the real one
 * refuses what it does not know. */
#include "dialect.h"
#include "error.h"
#include "iso_time.h"
#include "tokens.h"

#include <string.h>

#define TEMPERATURE_MAX 1.0
#define IMAGE_BYTES_MAX ((size_t)5 << 20)
#define RATE_WINDOW_MS 1000

/* ---- requests ---- */

static bool admit(const pl_httpd_request *request, pl_sim_complaint *why)
{
    const char *key = request->header(request->connection, "x-api-key");
    const char *version = request->header(request->connection, "anthropic-version");
    if (!key || !*key)
        return pl__sim_refuse(why, 401, NULL, NULL, "x-api-key header is required");
    if (!version || !*version)
        return pl__sim_refuse(why, 400, NULL, NULL, "anthropic-version: header is required");
    return true;
}

static bool read_thinking(const json_t *doc, pl_sim_ask *ask, pl_sim_complaint *why)
{
    const char *type = NULL;
    if (pl__json_get_string(json_object_get(doc, "thinking"), "type", &type, &why->error))
        return pl__sim_refuse_error(why, "thinking");
    ask->thoughts = type && strcmp(type, "disabled") != 0;
    return true;
}

static bool read_params(json_t *doc, pl_sim_ask *ask, pl_sim_complaint *why)
{
    static const char *const members[] = {
        "model",        "messages", "max_tokens",     "system",      "temperature",  "top_p",
        "top_k",        "stream",   "stop_sequences", "metadata",    "tools",        "tool_choice",
        "service_tier", "thinking", "container",      "mcp_servers", "output_config"};
    int64_t max_tokens = 0;
    bool stream = false;
    if (!pl__sim_only_members(doc, members, sizeof(members) / sizeof(members[0]), "",
                              ": Extra inputs are not permitted", why))
        return false;
    if (!json_object_get(doc, "max_tokens"))
        return pl__sim_refuse(why, 400, "max_tokens", NULL, "max_tokens: Field required");
    if (!pl__sim_read_integer(doc, "max_tokens", 1, UINT32_MAX, &max_tokens, why) ||
        !pl__sim_read_temperature(doc, TEMPERATURE_MAX, &ask->temperature, why) ||
        !pl__sim_read_bool(doc, "stream", &stream, why) || !read_thinking(doc, ask, why))
        return false;
    if (stream)
        return pl__sim_refuse(why, 400, "stream", NULL, "the simulated pool does not stream");
    ask->max_tokens = (uint32_t)max_tokens;
    return true;
}

static bool read_image(pl_sim_ask *ask, const json_t *part, pl_sim_complaint *why)
{
    static const char *const types[] = {"image/jpeg", "image/png", "image/gif", "image/webp"};
    const json_t *source = json_object_get(part, "source");
    const char *type = json_string_value(json_object_get(source, "type"));
    const char *media = json_string_value(json_object_get(source, "media_type"));
    const json_t *data = json_object_get(source, "data");
    if (!type || strcmp(type, "base64") != 0 || !media || !json_is_string(data))
        return pl__sim_refuse(why, 400, "messages", NULL,
                              "an image needs a source of type base64 with media_type and data");
    size_t i = 0;
    while (i < sizeof(types) / sizeof(types[0]) && strcmp(types[i], media) != 0)
        i++;
    if (i == sizeof(types) / sizeof(types[0]))
        return pl__sim_refuse(why, 400, "messages", NULL,
                              "media_type is image/jpeg, image/png, image/gif or image/webp");
    if (pl__sim_body_picture(ask->body, pl__sim_string(data)).len / 4 * 3 > IMAGE_BYTES_MAX)
        return pl__sim_refuse(why, 400, "messages", NULL, "image exceeds 5 MB maximum");
    pl__sim_ask_image(ask, pl__sim_string(data));
    return true;
}

static bool read_block(pl_sim_ask *ask, const json_t *block, bool images, pl_sim_complaint *why)
{
    const char *type = json_string_value(json_object_get(block, "type"));
    const json_t *text = json_object_get(block, "text");
    if (type && images && strcmp(type, "image") == 0)
        return read_image(ask, block, why);
    if (!type || strcmp(type, "text") != 0 || !json_is_string(text))
        return pl__sim_refuse(why, 400, "messages", NULL, "content blocks are text or image");
    if (json_string_length(text) == 0)
        return pl__sim_refuse(why, 400, "messages", NULL, "text content blocks must be non-empty");
    return pl__sim_ask_text(ask, pl__sim_string(text), why);
}

/* A string or a list of blocks. */
static bool read_content(pl_sim_ask *ask, const json_t *content, bool images, pl_sim_complaint *why)
{
    if (json_is_string(content) && json_string_length(content) > 0)
        return pl__sim_ask_text(ask, pl__sim_string(content), why);
    if (json_array_size(content) == 0)
        return pl__sim_refuse(why, 400, "messages", NULL, "content must not be empty");
    for (size_t i = 0; i < json_array_size(content); i++) {
        if (!read_block(ask, json_array_get(content, i), images, why))
            return false;
    }
    return true;
}

static bool read_message(pl_sim_ask *ask, const json_t *message, pl_sim_complaint *why)
{
    const json_t *role = json_object_get(message, "role");
    const char *word = json_string_value(role);
    if (!word || (strcmp(word, "user") != 0 && strcmp(word, "assistant") != 0))
        return pl__sim_refuse(why, 400, "messages", NULL, "a message's role is user or assistant");
    pl__sim_ask_begin(ask, pl__sim_string(role));
    if (!read_content(ask, json_object_get(message, "content"), true, why))
        return false;
    pl__sim_ask_end(ask);
    return true;
}

static bool read(const pl_httpd_request *request, json_t *doc, pl_sim_ask *ask, pl_sim_complaint *why)
{
    const json_t *messages = json_object_get(doc, "messages");
    const json_t *system = json_object_get(doc, "system");
    size_t n = json_array_size(messages);
    (void)request;
    if (!pl__sim_ask_chat(ask, doc, "model: Field required", why) || !read_params(doc, ask, why))
        return false;
    if (system && !json_is_null(system)) {
        pl__sim_ask_begin(ask, pl__view("system"));
        if (!read_content(ask, system, false, why))
            return false;
        pl__sim_ask_end(ask);
    }
    for (size_t i = 0; i < n; i++) {
        if (!read_message(ask, json_array_get(messages, i), why))
            return false;
    }
    return pl__sim_ask_finish(ask, why);
}

/* ---- answers ---- */

static pl_status write(const pl_sim_ask *ask, const pl_sim_speech *speeches, pl_str *out)
{
    static const char thought[] = "{\"type\":\"thinking\",\"thinking\":\"" PL_SIM_THOUGHT "\",\"signature\":\"c2lt\"}";
    uint32_t tokens = 0;
    pl_view text = pl__view_n(pl__str_c(&speeches->text), speeches->text.len);
    pl_view sent = pl__sim_cut_tokens(text, ask->max_tokens, &tokens);
    const char *stop = speeches->refused ? "refusal" : sent.len == text.len ? "end_turn" : "max_tokens";
    pl_status rc =
        pl__str_appendf(out, "{\"id\":\"msg_sim_%016llx\",\"type\":\"message\",\"role\":\"assistant\",\"model\":",
                        (unsigned long long)ask->key);
    if (!rc)
        rc = pl__sim_write_string(pl__view(pl__sim_pool_name(ask->pool, ask->model)), out);
    if (!rc)
        rc = pl__str_appendf(out, ",\"content\":[%s%s", ask->thoughts ? thought : "",
                             ask->thoughts && sent.len > 0 ? "," : "");
    if (!rc && sent.len > 0) { /* nothing to say is no block, not an empty one */
        rc = pl__str_append_c(out, "{\"type\":\"text\",\"text\":");
        if (!rc)
            rc = pl__sim_write_string(sent, out);
        if (!rc)
            rc = pl__str_append_char(out, '}');
    }
    if (ask->thoughts)
        tokens += pl__sim_count_tokens(pl__view(PL_SIM_THOUGHT));
    if (!rc && ask->uncounted)
        return pl__str_appendf(out, "],\"stop_reason\":\"%s\",\"stop_sequence\":null}\n", stop);
    return rc ? rc
              : pl__str_appendf(out,
                                "],\"stop_reason\":\"%s\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":%u,"
                                "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,"
                                "\"output_tokens\":%u}}\n",
                                stop, (unsigned)ask->tokens, (unsigned)tokens);
}

static pl_status write_error(const pl_sim_complaint *why, pl_str *out)
{
    static const struct {
        int status;
        const char *type;
    } types[] = {
        {401, "authentication_error"}, {403, "permission_error"}, {404, "not_found_error"}, {413, "request_too_large"},
        {429, "rate_limit_error"},     {500, "api_error"},        {502, "api_error"},       {503, "api_error"},
        {504, "timeout_error"},        {529, "overloaded_error"}};
    const char *type = "invalid_request_error";
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].status == why->status)
            type = types[i].type;
    }
    pl_status rc = pl__str_appendf(out, "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":", type);
    if (!rc)
        rc = pl__sim_write_string(pl__view(why->error.msg), out);
    return rc ? rc : pl__str_append_c(out, "},\"request_id\":\"req_sim\"}\n");
}

static pl_status write_models(const pl_sim_pool *pool, pl_str *out)
{
    pl_status rc = pl__str_append_c(out, "{\"data\":[");
    for (uint32_t i = 0; !rc && i < pool->n_models; i++) {
        const char *name = pl__sim_pool_name(pool, i); /* needs no escapes: pools refuse other names */
        rc = pl__str_appendf(
            out, "%s{\"type\":\"model\",\"id\":\"%s\",\"display_name\":\"%s\",\"created_at\":\"1970-01-01T00:00:00Z\"}",
            i > 0 ? "," : "", name, name);
    }
    return rc ? rc
              : pl__str_appendf(out, "],\"has_more\":false,\"first_id\":\"%s\",\"last_id\":\"%s\"}\n",
                                pl__sim_pool_name(pool, 0), pl__sim_pool_name(pool, pool->n_models - 1));
}

/* A limit that nobody reaches, in all of its forms. */
static void add_headers(int64_t now_unix_ms, pl_httpd_response *ret)
{
    static const char *const names[] = {
        "anthropic-ratelimit-requests-limit",      "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-tokens-limit",        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-input-tokens-limit",  "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-output-tokens-limit", "anthropic-ratelimit-output-tokens-remaining",
    };
    static const char *const resets[] = {
        "anthropic-ratelimit-requests-reset",
        "anthropic-ratelimit-tokens-reset",
        "anthropic-ratelimit-input-tokens-reset",
        "anthropic-ratelimit-output-tokens-reset",
    };
    char when[PL_TIME_BYTES];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        pl__sim_add_header(ret, names[i], "1000000000");
    pl__rfc3339_write(now_unix_ms + RATE_WINDOW_MS, when);
    for (size_t i = 0; i < sizeof(resets) / sizeof(resets[0]); i++)
        pl__sim_add_header(ret, resets[i], when);
    pl__sim_add_header(ret, "request-id", "req_sim");
}

const pl_sim_dialect pl__sim_dialect_anthropic = {
    .name = "anthropic",
    .id = PL_SIM_ANTHROPIC,
    .picture_key = PL_SIM_PICTURE_DATA,
    .admit = admit,
    .read = read,
    .write = write,
    .write_error = write_error,
    .write_models = write_models,
    .add_headers = add_headers,
};
