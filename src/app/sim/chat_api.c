#include "chat_api.h"

#include "alloc.h"
#include "chat_body.h"
#include "error.h"
#include "hash.h"
#include "json.h"
#include "reply_writer.h"

#include <math.h>
#include <string.h>

#define ERROR_BYTES_MAX ((size_t)1 << 14)
#define IMAGE_TOKENS 64u /* what a picture counts for in `usage` */
#define TEMPERATURE_MAX 2.0

/* A checked request. Views and the body are the caller's. */
typedef struct chat_request {
    const pl_sim_body *body;
    uint32_t model;
    uint32_t n;
    double temperature;
    int64_t seed;
    pl_sim_wire wire;
    pl_str prompt; /* the text of the last user message */
    pl_view image; /* base64 of the first picture of the last message that has one; empty: none */
    uint64_t key;  /* of the logical request */
    uint32_t tokens;
} chat_request;

/* Why a request was turned down. */
typedef struct complaint {
    int status;
    const char *param;
    const char *code;
    pl_error error;
} complaint;

void pl__sim_api_error(pl_httpd_response *ret, int status, const char *message, const char *param, const char *code)
{
    pl_str body;
    pl__str_init(&body, ERROR_BYTES_MAX);
    pl_status rc = pl__str_append_c(&body, "{\"error\":{\"message\":\"");
    if (!rc)
        rc = pl__str_append_json_escaped(&body, pl__view(message));
    if (!rc)
        rc = pl__str_appendf(&body,
                             "\",\"type\":\"%s\",\"param\":", status >= 500 ? "server_error" : "invalid_request_error");
    if (!rc)
        rc = param ? pl__str_appendf(&body, "\"%s\",\"code\":", param) : pl__str_append_c(&body, "null,\"code\":");
    if (!rc)
        rc = code ? pl__str_appendf(&body, "\"%s\"}}\n", code) : pl__str_append_c(&body, "null}}\n");
    pl__str_clear(&ret->body);
    ret->status = rc ? 500 : status;
    if (rc)
        pl__str_clear(&body);
    else
        ret->body = body;
}

static bool refuse(complaint *why, int status, const char *param, const char *code, const char *message)
{
    why->status = status;
    why->param = param;
    why->code = code;
    (void)pl__fail(&why->error, PL_E_PARSE, "%s", message);
    return false;
}

static bool refuse_error(complaint *why, const char *param)
{
    why->status = why->error.code == PL_E_NOMEM ? 500 : 400;
    why->param = param;
    why->code = NULL;
    return false;
}

/* An integer member within bounds; absent or null leaves *ret. */
static bool read_integer(const json_t *doc, const char *key, int64_t least, int64_t most, int64_t *ret, complaint *why)
{
    int64_t x = *ret;
    if (pl__json_get_integer(doc, key, &x, &why->error))
        return refuse_error(why, key);
    if (x < least || x > most) {
        const json_t *given = json_object_get(doc, key);
        if (given && !json_is_null(given))
            return refuse(why, 400, key, NULL, "the number is out of range");
    }
    *ret = x;
    return true;
}

static bool read_params(const json_t *doc, chat_request *r, complaint *why)
{
    int64_t max_tokens = 0;
    int64_t n = 1;
    int64_t top = 0;
    bool stream = false;
    r->temperature = 0.0;
    if (!read_integer(doc, "max_tokens", 1, UINT32_MAX, &max_tokens, why) ||
        !read_integer(doc, "max_completion_tokens", 1, UINT32_MAX, &max_tokens, why) ||
        !read_integer(doc, "n", 1, PL_SIM_CHOICES_N_MAX, &n, why) ||
        !read_integer(doc, "top_logprobs", 0, PL_SIM_TOP_LOGPROBS_MAX, &top, why) ||
        !read_integer(doc, "seed", INT64_MIN, INT64_MAX, &r->seed, why))
        return false;
    if (pl__json_get_number(doc, "temperature", &r->temperature, &why->error))
        return refuse_error(why, "temperature");
    if (!(r->temperature >= 0.0 && r->temperature <= TEMPERATURE_MAX))
        return refuse(why, 400, "temperature", NULL, "temperature must be between 0 and 2");
    if (pl__json_get_bool(doc, "logprobs", &r->wire.logprobs, &why->error))
        return refuse_error(why, "logprobs");
    if (pl__json_get_bool(doc, "stream", &stream, &why->error))
        return refuse_error(why, "stream");
    if (stream)
        return refuse(why, 400, "stream", NULL, "the simulated pool does not stream");
    if (top > 0 && !r->wire.logprobs)
        return refuse(why, 400, "top_logprobs", NULL, "top_logprobs needs logprobs: true");
    r->n = (uint32_t)n;
    r->wire.max_tokens = (uint32_t)max_tokens;
    r->wire.top_logprobs = (uint32_t)top;
    return true;
}

static void mix(chat_request *r, pl_view bytes)
{
    r->key = pl__hash64(bytes.ptr, bytes.len, r->key ^ bytes.len);
}

static pl_view string_of(const json_t *s)
{
    return pl__view_n(json_string_value(s), json_string_length(s));
}

static bool add_text(chat_request *r, pl_view text, complaint *why)
{
    mix(r, text);
    r->tokens += pl__sim_count_tokens(text);
    pl_status rc = r->prompt.len > 0 ? pl__str_append_char(&r->prompt, '\n') : PL_OK;
    if (!rc)
        rc = pl__str_append_view(&r->prompt, text);
    if (!rc)
        return true;
    (void)pl__fail(&why->error, rc, "the text is longer than %zu bytes", PL_SIM_PROMPT_BYTES_MAX);
    return refuse_error(why, "messages");
}

/* "data:image/png;base64,…": nothing is ever fetched. */
static bool add_image(chat_request *r, const json_t *part, complaint *why)
{
    static const char mark[] = ";base64,";
    const json_t *url = json_object_get(json_object_get(part, "image_url"), "url");
    if (!json_is_string(url))
        return refuse(why, 400, "messages", NULL, "an image_url part needs image_url.url");
    pl_view text = string_of(url);
    pl_view head = pl__view_n(text.ptr, text.len < 64 ? text.len : 64);
    size_t at = pl__view_find(head, pl__view(mark));
    if (!pl__view_starts_with(text, "data:image/") || at == SIZE_MAX)
        return refuse(why, 400, "messages", "invalid_image_url", "images must be data URLs in base64");
    at += sizeof(mark) - 1;
    pl_view base64 = pl__sim_body_picture(r->body, pl__view_n(text.ptr + at, text.len - at));
    mix(r, base64);
    r->tokens += IMAGE_TOKENS;
    if (r->image.len == 0)
        r->image = base64;
    return true;
}

static bool read_part(chat_request *r, const json_t *part, complaint *why)
{
    const json_t *type = json_object_get(part, "type");
    const json_t *text = json_object_get(part, "text");
    if (!json_is_string(type))
        return refuse(why, 400, "messages", NULL, "a content part needs a type");
    if (strcmp(json_string_value(type), "image_url") == 0)
        return add_image(r, part, why);
    if (strcmp(json_string_value(type), "text") != 0 || !json_is_string(text))
        return refuse(why, 400, "messages", NULL, "content parts are text or image_url");
    return add_text(r, string_of(text), why);
}

static bool read_message(chat_request *r, const json_t *message, complaint *why)
{
    const json_t *role = json_object_get(message, "role");
    const json_t *content = json_object_get(message, "content");
    if (!json_is_string(role))
        return refuse(why, 400, "messages", NULL, "a message needs a role");
    mix(r, string_of(role));
    bool user = strcmp(json_string_value(role), "user") == 0;
    if (user)
        pl__str_reset(&r->prompt);
    size_t kept = r->prompt.len;
    if (json_is_array(content)) {
        if (json_array_size(content) == 0)
            return refuse(why, 400, "messages", NULL, "a message needs content");
        for (size_t i = 0; i < json_array_size(content); i++) {
            if (!read_part(r, json_array_get(content, i), why))
                return false;
        }
    } else if (!json_is_string(content)) {
        return refuse(why, 400, "messages", NULL, "a message needs content");
    } else if (!add_text(r, string_of(content), why)) {
        return false;
    }
    /* Only what the user said last is answered; the rest of the talk merely makes it another request. */
    if (!user && r->prompt.ptr) {
        r->prompt.len = kept;
        r->prompt.ptr[kept] = '\0';
    }
    return true;
}

static bool read_request(const pl_sim_pool *pool, const json_t *doc, chat_request *r, complaint *why)
{
    const json_t *model = json_object_get(doc, "model");
    const json_t *messages = json_object_get(doc, "messages");
    if (!json_is_string(model))
        return refuse(why, 400, "model", NULL, "you must give a model");
    r->model = pl__sim_pool_find(pool, string_of(model));
    if (r->model == UINT32_MAX)
        return refuse(why, 404, "model", "model_not_found", "there is no such model in the simulated pool");
    size_t n = json_array_size(messages);
    if (n == 0 || n > PL_SIM_MESSAGES_MAX)
        return refuse(why, 400, "messages", NULL, "messages must be a list of 1 to 256 messages");
    if (!read_params(doc, r, why))
        return false;
    mix(r, string_of(model));
    for (size_t i = 0; i < n; i++) {
        if (!read_message(r, json_array_get(messages, i), why))
            return false;
    }
    if (r->prompt.len == 0 && r->image.len == 0)
        return refuse(why, 400, "messages", NULL, "there is no user message");
    r->key = pl__hash64(&r->seed, sizeof(r->seed), r->key);
    return true;
}

static pl_status write_head(const pl_sim_pool *pool, const chat_request *r, pl_str *out)
{
    pl_status rc =
        pl__str_appendf(out, "{\"id\":\"chatcmpl-sim-%016llx\",\"object\":\"chat.completion\",\"created\":0,",
                        (unsigned long long)r->key);
    if (!rc)
        rc = pl__str_append_c(out, "\"model\":\"");
    if (!rc)
        rc = pl__str_append_json_escaped(out, pl__view(pl__sim_pool_name(pool, r->model)));
    if (!rc)
        rc = pl__str_appendf(out, "\",\"system_fingerprint\":\"sim-%llu\",\"choices\":[",
                             (unsigned long long)pool->seed);
    return rc;
}

static pl_status write_reply(const pl_sim_pool *pool, const chat_request *r, const pl_sim_sight *sight, pl_str *out,
                             pl_error *reterr)
{
    uint32_t total = 0;
    pl_status rc = write_head(pool, r, out);
    for (uint32_t i = 0; !rc && i < r->n; i++) {
        pl_sim_speech speech;
        uint32_t tokens = 0;
        pl_sim_turn turn = {.model = &pool->models[r->model], .seed = pool->seed, .sight = sight};
        turn.prompt = pl__view_n(pl__str_c(&r->prompt), r->prompt.len);
        turn.request_key = pl__hash64(&r->key, sizeof(r->key), i);
        turn.temperature = r->temperature;
        pl__sim_speech_init(&speech);
        rc = pl__sim_speak(&turn, &speech, reterr);
        if (!rc && i > 0)
            rc = pl__str_append_c(out, ",");
        if (!rc)
            rc = pl__sim_write_choice(&speech, i, &r->wire, out, &tokens);
        pl__sim_speech_clear(&speech);
        total += tokens;
    }
    if (!rc)
        rc = pl__str_appendf(out,
                             "],\"usage\":{\"prompt_tokens\":%u,\"completion_tokens\":%u,\"total_tokens\":%u,"
                             "\"prompt_tokens_details\":{\"cached_tokens\":0},"
                             "\"completion_tokens_details\":{\"reasoning_tokens\":0}}}\n",
                             (unsigned)r->tokens, (unsigned)total, (unsigned)(r->tokens + total));
    return rc;
}

static bool answer(const pl_sim_pool *pool, pl_sim_gallery *gallery, const chat_request *r, pl_str *out, complaint *why)
{
    pl_sim_sight *sight = NULL;
    pl_status rc = PL_OK;

    if (r->image.len > 0) {
        sight = pl__malloc(sizeof(*sight));
        if (!sight)
            rc = pl__fail(&why->error, PL_E_NOMEM, "a sight");
        else
            rc = pl__sim_gallery_see(gallery, r->model, r->image, sight, &why->error);
        if (rc) {
            pl__free(sight);
            return refuse_error(why, "messages");
        }
    }
    rc = write_reply(pool, r, sight, out, &why->error);
    pl__free(sight);
    if (!rc)
        return true;
    (void)pl__fail(&why->error, rc, "the reply could not be written");
    why->status = 500;
    return false;
}

uint32_t pl__sim_chat(const pl_sim_pool *pool, pl_sim_gallery *gallery, pl_view body, pl_httpd_response *ret)
{
    pl_sim_body cut;
    chat_request r = {.body = &cut, .model = UINT32_MAX};
    complaint why = {.status = 500};
    json_t *doc = NULL;
    bool good = false;
    pl_str out;

    pl__str_init(&r.prompt, PL_SIM_PROMPT_BYTES_MAX);
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    if (pl__sim_body_cut(body, &cut))
        (void)pl__fail(&why.error, PL_E_NOMEM, "the request");
    else if (pl__json_parse(pl__view_n(pl__str_c(&cut.json), cut.json.len), &doc, &why.error) == PL_OK)
        good = true;
    good = good || refuse_error(&why, NULL);
    if (good && !json_is_object(doc))
        good = refuse(&why, 400, NULL, NULL, "the request must be a JSON object");
    good = good && read_request(pool, doc, &r, &why) && answer(pool, gallery, &r, &out, &why);
    if (good) {
        pl__str_clear(&ret->body);
        ret->status = 200;
        ret->body = out;
    } else {
        pl__str_clear(&out);
        pl__sim_api_error(ret, why.status, why.error.msg, why.param, why.code);
    }
    pl__str_clear(&r.prompt);
    json_decref(doc);
    pl__sim_body_clear(&cut);
    return good ? r.model : UINT32_MAX;
}

void pl__sim_list_models(const pl_sim_pool *pool, pl_httpd_response *ret)
{
    pl_status rc = pl__str_append_c(&ret->body, "{\"object\":\"list\",\"data\":[");
    for (uint32_t i = 0; !rc && i < pl__sim_pool_count(pool); i++) {
        rc = pl__str_append_c(&ret->body, i > 0 ? ",{\"id\":\"" : "{\"id\":\"");
        if (!rc)
            rc = pl__str_append_json_escaped(&ret->body, pl__view(pl__sim_pool_name(pool, i)));
        if (!rc)
            rc = pl__str_append_c(&ret->body, "\",\"object\":\"model\",\"created\":0,\"owned_by\":\"simulated\"}");
    }
    if (!rc)
        rc = pl__str_append_c(&ret->body, "]}\n");
    ret->status = 200;
    if (rc)
        pl__sim_api_error(ret, 500, "no memory", NULL, NULL);
}
