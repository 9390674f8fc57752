#include "serve_kit.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 60000

const char *const serve_paths[PL_SIM_DIALECTS] = {"/v1/chat/completions", "/v1/messages",
                                                  "/v1beta/models/glimpse-96:generateContent"};
const char *const serve_headers[PL_SIM_DIALECTS] = {"", "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n",
                                                    "x-goog-api-key: k\r\n"};

/* Drawn once for all tests of a program. */
static const char *scene_base64(void)
{
    static char *kept;
    pl_error err = {0};
    size_t n = 0;
    pl_str base64;
    if (kept)
        return kept;
    char *dir = pl__kit_temp_new();
    PL_KIT_OK(pl__sim_write_scenes(dir, 1, 0, 1, &err), &err);
    char *path = pl__kit_path(dir, "scene-00001.png");
    char *png = pl__kit_read(path, &n);
    pl__str_init(&base64, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__str_append_base64(&base64, png, n), NULL);
    kept = strdup(base64.ptr);
    pl__str_clear(&base64);
    free(png);
    free(path);
    pl__kit_temp_free(dir);
    return kept;
}

void serve_start(serve_fixture *fx, const char *const *faults)
{
    pl_error err = {0};
    fx->image = scene_base64();
    PL_KIT_OK(pl__sim_pool_default(3, 1, &fx->pool, &err), &err);
    for (; faults && *faults; faults++)
        PL_KIT_OK(pl__sim_pool_add_fault(fx->pool, *faults, &err), &err);
    const pl_sim_server_opts opts = {.pool = fx->pool, .threads = 2};
    PL_KIT_OK(pl__sim_server_start(&opts, &fx->server, &err), &err);
}

void serve_stop(serve_fixture *fx)
{
    pl__sim_server_stop(fx->server);
    pl__sim_pool_free(fx->pool);
}

char *serve_body(const serve_fixture *fx, pl_sim_dialect_id dialect, const char *model, const char *text,
                 const char *more)
{
    static const struct {
        const char *before_model;
        const char *before_more;
        const char *before_image;
        const char *before_text;
        const char *end;
    } forms[PL_SIM_DIALECTS] = {
        {"{\"model\":\"", "\",",
         "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
         "{\"url\":\"data:image/png;base64,",
         "\"}},{\"type\":\"text\",\"text\":\"", "\"}]}]}"},
        {"{\"model\":\"", "\",\"max_tokens\":512,",
         "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\","
         "\"media_type\":\"image/png\",\"data\":\"",
         "\"}},{\"type\":\"text\",\"text\":\"", "\"}]}]}"},
        {"{\"model\":\"", "\",\"generationConfig\":{",
         "\"maxOutputTokens\":512},\"contents\":[{\"role\":\"user\",\"parts\":[{\"inlineData\":"
         "{\"mimeType\":\"image/png\",\"data\":\"",
         "\"}},{\"text\":\"", "\"}]}]}"},
    };
    pl_str body;
    pl__str_init(&body, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__str_appendf(&body, "%s%s%s%s%s", forms[dialect].before_model, model, forms[dialect].before_more, more,
                              forms[dialect].before_image),
              NULL);
    PL_KIT_OK(pl__str_append_c(&body, fx->image), NULL);
    PL_KIT_OK(pl__str_append_c(&body, forms[dialect].before_text), NULL);
    PL_KIT_OK(pl__str_append_json_escaped(&body, pl__view(text)), NULL);
    PL_KIT_OK(pl__str_append_c(&body, forms[dialect].end), NULL);
    char *copy = strdup(body.ptr);
    pl__str_clear(&body);
    return copy;
}

json_t *serve_json(const http_reply *reply)
{
    json_t *doc = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__json_parse(pl__view_n(reply->body, reply->body_bytes), &doc, &err), &err);
    return doc;
}

json_t *serve_post(const serve_fixture *fx, const char *path, const char *headers, const char *body, int status)
{
    http_reply reply;
    http_post(pl__sim_server_port(fx->server), path, headers, body, PATIENCE_MS, &reply);
    if (reply.status != status)
        fail_msg("status %d, wanted %d: %s", reply.status, status, reply.body ? reply.body : "");
    json_t *doc = serve_json(&reply);
    http_reply_clear(&reply);
    return doc;
}

json_t *serve_ask(const serve_fixture *fx, pl_sim_dialect_id dialect, const char *text, const char *more)
{
    char *body = serve_body(fx, dialect, "glimpse-96", text, more);
    json_t *doc = serve_post(fx, serve_paths[dialect], serve_headers[dialect], body, 200);
    free(body);
    return doc;
}

const char *serve_text(pl_sim_dialect_id dialect, const json_t *doc)
{
    if (dialect == PL_SIM_OPENAI) {
        const json_t *choice = json_array_get(json_object_get(doc, "choices"), 0);
        return json_string_value(json_object_get(json_object_get(choice, "message"), "content"));
    }
    if (dialect == PL_SIM_ANTHROPIC)
        return json_string_value(json_object_get(json_array_get(json_object_get(doc, "content"), 0), "text"));
    const json_t *candidate = json_array_get(json_object_get(doc, "candidates"), 0);
    const json_t *parts = json_object_get(json_object_get(candidate, "content"), "parts");
    return json_string_value(json_object_get(json_array_get(parts, 0), "text"));
}

json_t *serve_stats(const serve_fixture *fx)
{
    http_reply reply = {0};
    assert_int_equal(http_request(pl__sim_server_port(fx->server), "GET", "/sim/stats", "", 0, &reply), 0);
    assert_int_equal(reply.status, 200);
    json_t *doc = serve_json(&reply);
    http_reply_clear(&reply);
    return doc;
}

int64_t serve_count(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}
