#include "codec_openai.h"

#include "body_writer.h"
#include "error.h"

#define PATH "/chat/completions"
#define PATH_BYTES_MAX 8192u

static pl_status put_text_part(pl_body_writer *w, pl_view text)
{
    pl_status rc = pl__body_put(w, "{\"type\":\"text\",\"text\":");
    rc = rc ? rc : pl__body_put_string(w, text);
    return rc ? rc : pl__body_put(w, "}");
}

static pl_status put_image_part(pl_body_writer *w, const pl_chat_image *image, pl_image_detail detail, pl_error *reterr)
{
    pl_status rc = pl__body_put(w, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:");
    rc = rc ? rc : pl__str_append_json_escaped(&w->text, pl__view(image->media_type));
    rc = rc ? rc : pl__body_put(w, ";base64,");
    rc = rc ? rc : pl__body_put_image(w, image, reterr);
    rc = rc ? rc : pl__body_put(w, "\"");
    if (detail != PL_DETAIL_AUTO)
        rc = rc ? rc : pl__str_appendf(&w->text, ",\"detail\":\"%s\"", pl__image_detail_name(detail));
    return rc ? rc : pl__body_put(w, "}}");
}

static const char *role_name(pl_role role)
{
    switch (role) {
    case PL_ROLE_SYSTEM:
        return "system";
    case PL_ROLE_ASSISTANT:
        return "assistant";
    case PL_ROLE_USER:
    default:
        return "user";
    }
}

/* A lone text goes as a plain string: servers with text-only templates want that. */
static pl_status put_message(pl_body_writer *w, const pl_chat *chat, size_t from, size_t to,
                             const pl_chat_image *images, size_t *at_image, pl_error *reterr)
{
    const pl_part *parts = chat->parts;
    pl_status rc = pl__str_appendf(&w->text, "{\"role\":\"%s\",\"content\":", role_name(parts[from].role));
    if (to - from == 1 && parts[from].kind == PL_PART_TEXT) {
        rc = rc ? rc : pl__body_put_string(w, parts[from].text);
        return rc ? rc : pl__body_put(w, "}");
    }
    for (size_t i = from; i < to && !rc; i++) {
        rc = pl__body_put(w, i == from ? "[" : ",");
        if (rc)
            break;
        rc = parts[i].kind == PL_PART_TEXT
                 ? put_text_part(w, parts[i].text)
                 : put_image_part(w, &images[(*at_image)++], chat->model->image.detail, reterr);
    }
    return rc ? rc : pl__body_put(w, "]}");
}

static pl_status put_samples(pl_body_writer *w, const pl_chat *chat, const json_t *extra)
{
    pl_status rc = PL_OK;
    if (chat->n > 1)
        rc = pl__str_appendf(&w->text, ",\"n\":%u", chat->n);
    if (chat->top_logprobs == 0)
        return rc;
    if (pl__extra_lacks(extra, "logprobs"))
        rc = rc ? rc : pl__body_put(w, ",\"logprobs\":true");
    if (pl__extra_lacks(extra, "top_logprobs"))
        rc = rc ? rc : pl__str_appendf(&w->text, ",\"top_logprobs\":%u", chat->top_logprobs);
    return rc;
}

static pl_status put_params(pl_body_writer *w, const pl_chat *chat, const json_t *extra)
{
    const pl_model_params *params = &chat->model->params;
    bool newer_name = chat->model->max_completion_tokens || (chat->omit & PL_PARAM_MAX_TOKENS);
    const char *limit_key = newer_name ? "max_completion_tokens" : "max_tokens";
    pl_status rc = PL_OK;
    if (!(chat->omit & PL_PARAM_TEMPERATURE) && pl__extra_lacks(extra, "temperature")) {
        rc = pl__body_put(w, ",\"temperature\":");
        rc = rc ? rc : pl__body_put_double(w, params->temperature);
    }
    if (chat->max_tokens > 0 && pl__extra_lacks(extra, limit_key))
        rc = rc ? rc : pl__str_appendf(&w->text, ",\"%s\":%u", limit_key, chat->max_tokens);
    if (params->has_seed && !(chat->omit & PL_PARAM_SEED) && pl__extra_lacks(extra, "seed"))
        rc = rc ? rc : pl__str_appendf(&w->text, ",\"seed\":%lld", (long long)pl__chat_seed(chat));
    return rc ? rc : put_samples(w, chat, extra);
}

/* Azure's services want their version as a query. */
static pl_status put_url(pl_http_req *req, const char *base_url, const char *api_version)
{
    pl_str path = {0};
    pl__str_init(&path, PATH_BYTES_MAX);
    pl_status rc = pl__str_append_c(&path, PATH);
    if (api_version) {
        rc = rc ? rc : pl__str_append_c(&path, "?api-version=");
        rc = rc ? rc : pl__url_append_escaped(&path, pl__view(api_version), "");
    }
    rc = rc ? rc : pl__body_set_url(req, base_url, &path);
    pl__str_clear(&path);
    return rc;
}

static pl_status put_head(pl_http_req *req, const pl_chat *chat, const char *base_url, pl_error *reterr)
{
    pl_status rc = pl__http_req_header(req, "content-type", "application/json", reterr);
    return rc ? rc : put_url(req, base_url, chat->model->reach.api_version);
}

static pl_status put_body(pl_body_writer *w, const pl_chat *chat, const pl_chat_image *images, json_t *extra,
                          pl_error *reterr)
{
    pl_status rc = pl__body_put(w, "{\"model\":");
    rc = rc ? rc : pl__body_put_string(w, pl__view(chat->model->model));
    rc = rc ? rc : pl__body_put(w, ",\"messages\":[");
    rc = rc ? rc : pl__body_put_messages(w, chat, true, images, put_message, reterr);
    rc = rc ? rc : pl__body_put(w, "]");
    rc = rc ? rc : put_params(w, chat, extra);
    rc = rc ? rc : pl__body_put_extra(w, chat->model->params.extra, extra);
    rc = rc ? rc : pl__body_put(w, "}");
    return rc;
}

static pl_status openai_encode(const pl_chat *chat, const char *base_url, const pl_chat_image *images, size_t n_images,
                               pl_http_req *ret, pl_error *reterr)
{
    static const char *const reserved[] = {"model", "messages", "stream", "n", NULL};
    static const pl_request_form form = {.reserved = reserved, .head = put_head, .body = put_body};
    return pl__request_encode(&form, chat, base_url, images, n_images, ret, reterr);
}

const pl_codec_ops pl__codec_openai = {.name = "openai",
                                       .encode = openai_encode,
                                       .decode = pl__openai_decode,
                                       .auth_header = "authorization",
                                       .auth_prefix = "Bearer ",
                                       .versioned_auth_header = "api-key",
                                       .params = PL_PARAM_N | PL_PARAM_LOGPROBS | PL_PARAM_TOP_LOGPROBS |
                                                 PL_PARAM_TEMPERATURE | PL_PARAM_TOP_P | PL_PARAM_SEED |
                                                 PL_PARAM_MAX_TOKENS};
