#include "codec_gemini.h"

#include "body_writer.h"
#include "error.h"

#include <string.h>

#define VERSION "v1beta"
#define PATH_BYTES_MAX 16384u
#define CONFIG "generationConfig"
#define SEED_MASK UINT64_C(0x7fffffff) /* the server's seed is a 32-bit integer */

static pl_status put_text_part(pl_body_writer *w, pl_view text)
{
    pl_status rc = pl__body_put(w, "{\"text\":");
    rc = rc ? rc : pl__body_put_string(w, text);
    return rc ? rc : pl__body_put(w, "}");
}

static pl_status put_image_part(pl_body_writer *w, const pl_chat_image *image, pl_error *reterr)
{
    pl_status rc = pl__body_put(w, "{\"inlineData\":{\"mimeType\":");
    rc = rc ? rc : pl__body_put_string(w, pl__view(image->media_type));
    rc = rc ? rc : pl__body_put(w, ",\"data\":\"");
    rc = rc ? rc : pl__body_put_image(w, image, reterr);
    return rc ? rc : pl__body_put(w, "\"}}");
}

static pl_status put_content(pl_body_writer *w, const pl_chat *chat, size_t from, size_t to,
                             const pl_chat_image *images, size_t *at_image, pl_error *reterr)
{
    const pl_part *parts = chat->parts;
    pl_status rc = pl__str_appendf(&w->text, "{\"role\":\"%s\",\"parts\":[",
                                   parts[from].role == PL_ROLE_ASSISTANT ? "model" : "user");
    for (size_t i = from; i < to && !rc; i++) {
        rc = i == from ? PL_OK : pl__body_put(w, ",");
        if (rc)
            break;
        rc = parts[i].kind == PL_PART_TEXT ? put_text_part(w, parts[i].text)
                                           : put_image_part(w, &images[(*at_image)++], reterr);
    }
    return rc ? rc : pl__body_put(w, "]}");
}

static pl_status put_system(pl_body_writer *w, const pl_chat *chat)
{
    bool any = false;
    pl_status rc = PL_OK;
    for (size_t i = 0; i < chat->n_parts && !rc; i++) {
        if (chat->parts[i].role != PL_ROLE_SYSTEM)
            continue;
        rc = pl__body_put(w, any ? "," : ",\"systemInstruction\":{\"parts\":[");
        rc = rc ? rc : put_text_part(w, chat->parts[i].text);
        any = true;
    }
    return rc || !any ? rc : pl__body_put(w, "]}");
}

/* Members one after the other; the first has no comma before it. */
typedef struct members {
    pl_body_writer *w;
    json_t *given; /* by the config: these win; or NULL */
    bool any;
} members;

static pl_status begin(members *m, const char *key)
{
    pl_status rc = pl__str_appendf(&m->w->text, "%s\"%s\":", m->any ? "," : "", key);
    m->any = true;
    return rc;
}

static pl_status put_u32(members *m, const char *key, uint32_t value)
{
    if (!pl__extra_lacks(m->given, key))
        return PL_OK;
    pl_status rc = begin(m, key);
    return rc ? rc : pl__str_appendf(&m->w->text, "%u", value);
}

static pl_status put_word(members *m, const char *key, const char *word)
{
    if (!pl__extra_lacks(m->given, key))
        return PL_OK;
    pl_status rc = begin(m, key);
    return rc ? rc : pl__body_put(m->w, word);
}

static pl_status put_given(members *m)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(m->given, key, value)
    {
        pl_status rc = m->any ? pl__body_put(m->w, ",") : PL_OK;
        m->any = true;
        rc = rc ? rc : pl__body_put_string(m->w, pl__view(key));
        rc = rc ? rc : pl__body_put(m->w, ":");
        rc = rc ? rc : pl__json_write(value, &m->w->text);
        if (rc)
            return rc;
    }
    return PL_OK;
}

static pl_status put_config(pl_body_writer *w, const pl_chat *chat, json_t *given)
{
    static const char *const resolutions[] = {
        [PL_DETAIL_LOW] = "\"MEDIA_RESOLUTION_LOW\"", [PL_DETAIL_HIGH] = "\"MEDIA_RESOLUTION_HIGH\""};
    const pl_model_params *params = &chat->model->params;
    pl_image_detail detail = chat->model->image.detail;
    members m = {.w = w, .given = given};
    pl_status rc = pl__body_put(w, ",\"" CONFIG "\":{");
    if (!(chat->omit & PL_PARAM_TEMPERATURE) && pl__extra_lacks(given, "temperature")) {
        rc = rc ? rc : begin(&m, "temperature");
        rc = rc ? rc : pl__body_put_double(w, params->temperature);
    }
    if (chat->max_tokens > 0)
        rc = rc ? rc : put_u32(&m, "maxOutputTokens", chat->max_tokens);
    if (params->has_seed && !(chat->omit & PL_PARAM_SEED))
        rc = rc ? rc : put_u32(&m, "seed", (uint32_t)((uint64_t)pl__chat_seed(chat) & SEED_MASK));
    if (chat->n > 1)
        rc = rc ? rc : put_u32(&m, "candidateCount", chat->n);
    if (chat->top_logprobs > 0) {
        rc = rc ? rc : put_word(&m, "responseLogprobs", "true");
        rc = rc ? rc : put_u32(&m, "logprobs", chat->top_logprobs);
    }
    if (detail == PL_DETAIL_LOW || detail == PL_DETAIL_HIGH)
        rc = rc ? rc : put_word(&m, "mediaResolution", resolutions[detail]);
    rc = rc ? rc : put_given(&m);
    return rc ? rc : pl__body_put(w, "}");
}

/* Everything that the config passes through but the generation config, which was merged with ours. */
static pl_status put_rest(pl_body_writer *w, json_t *extra)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(extra, key, value)
    {
        if (strcmp(key, CONFIG) == 0)
            continue;
        pl_status rc = pl__body_put(w, ",");
        rc = rc ? rc : pl__body_put_string(w, pl__view(key));
        rc = rc ? rc : pl__body_put(w, ":");
        rc = rc ? rc : pl__json_write(value, &w->text);
        if (rc)
            return rc;
    }
    return PL_OK;
}

static pl_status put_head(pl_http_req *req, const pl_chat *chat, const char *base_url, pl_error *reterr)
{
    const char *version = chat->model->reach.api_version;
    const char *model = chat->model->model;
    pl_str path = {0};
    pl__str_init(&path, PATH_BYTES_MAX);
    pl_status rc = pl__http_req_header(req, "content-type", "application/json", reterr);
    rc = rc ? rc : pl__str_append_c(&path, "/");
    rc = rc ? rc : pl__url_append_escaped(&path, pl__view(version ? version : VERSION), "");
    rc = rc ? rc : pl__str_append_c(&path, strchr(model, '/') ? "/" : "/models/"); /* "tunedModels/x" says it itself */
    rc = rc ? rc : pl__url_append_escaped(&path, pl__view(model), "/");
    rc = rc ? rc : pl__str_append_c(&path, ":generateContent");
    rc = rc ? rc : pl__body_set_url(req, base_url, &path);
    pl__str_clear(&path);
    return rc;
}

static pl_status check(const json_t *extra, pl_error *reterr)
{
    const json_t *given = json_object_get(extra, CONFIG);
    if (given && !json_is_object(given))
        return pl__fail(reterr, PL_E_INVALID, "extra parameters: %s is no object", CONFIG);
    if (json_object_get(given, "candidateCount"))
        return pl__fail(reterr, PL_E_INVALID, "extra parameters may not set \"candidateCount\"");
    return PL_OK;
}

static pl_status put_body(pl_body_writer *w, const pl_chat *chat, const pl_chat_image *images, json_t *extra,
                          pl_error *reterr)
{
    pl_status rc = pl__body_put(w, "{\"contents\":[");
    rc = rc ? rc : pl__body_put_messages(w, chat, false, images, put_content, reterr);
    rc = rc ? rc : pl__body_put(w, "]");
    rc = rc ? rc : put_system(w, chat);
    rc = rc ? rc : put_config(w, chat, json_object_get(extra, CONFIG));
    rc = rc ? rc : put_rest(w, extra);
    rc = rc ? rc : pl__body_put(w, "}");
    return rc;
}

static pl_status gemini_encode(const pl_chat *chat, const char *base_url, const pl_chat_image *images, size_t n_images,
                               pl_http_req *ret, pl_error *reterr)
{
    static const char *const reserved[] = {
        "contents", "systemInstruction", "system_instruction", "generation_config", "model", "stream", NULL};
    static const pl_request_form form = {
        .reserved = reserved, .system_apart = true, .check = check, .head = put_head, .body = put_body};
    return pl__request_encode(&form, chat, base_url, images, n_images, ret, reterr);
}

const pl_codec_ops pl__codec_gemini = {.name = "gemini",
                                       .encode = gemini_encode,
                                       .decode = pl__gemini_decode,
                                       .auth_header = "x-goog-api-key",
                                       .auth_prefix = "",
                                       .params = PL_PARAM_N | PL_PARAM_LOGPROBS | PL_PARAM_TOP_LOGPROBS |
                                                 PL_PARAM_TEMPERATURE | PL_PARAM_TOP_P | PL_PARAM_SEED |
                                                 PL_PARAM_MAX_TOKENS};
