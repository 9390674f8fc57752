#include "codec_anthropic.h"

#include "body_writer.h"
#include "error.h"

#define PATH "/v1/messages"
#define VERSION "2023-06-01"
#define MAX_TOKENS_DEFAULT 1024u /* the dialect demands a limit */

static pl_status put_text_part(pl_body_writer *w, pl_view text)
{
    pl_status rc = pl__body_put(w, "{\"type\":\"text\",\"text\":");
    rc = rc ? rc : pl__body_put_string(w, text);
    return rc ? rc : pl__body_put(w, "}");
}

/* The server keeps what was read up to the mark, so that the next question about the image costs a tenth. */
static pl_status put_image_part(pl_body_writer *w, const pl_chat_image *image, bool mark, pl_error *reterr)
{
    pl_status rc = pl__body_put(w, "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":");
    rc = rc ? rc : pl__body_put_string(w, pl__view(image->media_type));
    rc = rc ? rc : pl__body_put(w, ",\"data\":\"");
    rc = rc ? rc : pl__body_put_image(w, image, reterr);
    return rc ? rc : pl__body_put(w, mark ? "\"},\"cache_control\":{\"type\":\"ephemeral\"}}" : "\"}}");
}

static size_t count_images(const pl_chat *chat, size_t from, size_t to)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++)
        n += chat->parts[i].kind == PL_PART_IMAGE;
    return n;
}

/* A message's only image goes first, for the sake of the cache. Several stay where the text speaks of them. */
static pl_status put_message(pl_body_writer *w, const pl_chat *chat, size_t from, size_t to,
                             const pl_chat_image *images, size_t *at_image, pl_error *reterr)
{
    const pl_part *parts = chat->parts;
    size_t n_all = count_images(chat, 0, chat->n_parts);
    bool hoist = count_images(chat, from, to) == 1;
    const char *gap = "";
    pl_status rc = pl__str_appendf(
        &w->text, "{\"role\":\"%s\",\"content\":", parts[from].role == PL_ROLE_ASSISTANT ? "assistant" : "user");
    if (to - from == 1 && parts[from].kind == PL_PART_TEXT) {
        rc = rc ? rc : pl__body_put_string(w, parts[from].text);
        return rc ? rc : pl__body_put(w, "}");
    }
    rc = rc ? rc : pl__body_put(w, "[");
    if (hoist) {
        rc = rc ? rc : put_image_part(w, &images[*at_image], *at_image + 1 == n_all, reterr);
        (*at_image)++;
        gap = ",";
    }
    for (size_t i = from; i < to && !rc; i++) {
        bool image = parts[i].kind == PL_PART_IMAGE;
        if (image && hoist)
            continue;
        rc = pl__body_put(w, gap);
        gap = ",";
        if (!rc && image)
            rc = put_image_part(w, &images[*at_image], *at_image + 1 == n_all, reterr);
        else
            rc = rc ? rc : put_text_part(w, parts[i].text);
        *at_image += image;
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
        rc = pl__body_put(w, any ? "," : ",\"system\":[");
        rc = rc ? rc : put_text_part(w, chat->parts[i].text);
        any = true;
    }
    return rc || !any ? rc : pl__body_put(w, "]");
}

static pl_status put_params(pl_body_writer *w, const pl_chat *chat, const json_t *extra)
{
    const pl_model_params *params = &chat->model->params;
    uint32_t limit = chat->max_tokens > 0 ? chat->max_tokens : params->max_tokens;
    pl_status rc = PL_OK;
    if (pl__extra_lacks(extra, "max_tokens"))
        rc = pl__str_appendf(&w->text, ",\"max_tokens\":%u", limit > 0 ? limit : MAX_TOKENS_DEFAULT);
    if (!(chat->omit & PL_PARAM_TEMPERATURE) && pl__extra_lacks(extra, "temperature")) {
        rc = rc ? rc : pl__body_put(w, ",\"temperature\":");
        rc = rc ? rc : pl__body_put_double(w, params->temperature);
    }
    return rc;
}

static pl_status put_head(pl_http_req *req, const pl_chat *chat, const char *base_url, pl_error *reterr)
{
    const char *version = chat->model->reach.api_version;
    pl_str path = {0};
    pl__str_init(&path, sizeof(PATH));
    pl_status rc = pl__http_req_header(req, "content-type", "application/json", reterr);
    rc = rc ? rc : pl__http_req_header(req, "anthropic-version", version ? version : VERSION, reterr);
    rc = rc ? rc : pl__str_append_c(&path, PATH);
    rc = rc ? rc : pl__body_set_url(req, base_url, &path);
    pl__str_clear(&path);
    return rc;
}

static pl_status put_body(pl_body_writer *w, const pl_chat *chat, const pl_chat_image *images, json_t *extra,
                          pl_error *reterr)
{
    pl_status rc = pl__body_put(w, "{\"model\":");
    rc = rc ? rc : pl__body_put_string(w, pl__view(chat->model->model));
    rc = rc ? rc : put_system(w, chat);
    rc = rc ? rc : pl__body_put(w, ",\"messages\":[");
    rc = rc ? rc : pl__body_put_messages(w, chat, false, images, put_message, reterr);
    rc = rc ? rc : pl__body_put(w, "]");
    rc = rc ? rc : put_params(w, chat, extra);
    rc = rc ? rc : pl__body_put_extra(w, chat->model->params.extra, extra);
    rc = rc ? rc : pl__body_put(w, "}");
    return rc;
}

static pl_status anthropic_encode(const pl_chat *chat, const char *base_url, const pl_chat_image *images,
                                  size_t n_images, pl_http_req *ret, pl_error *reterr)
{
    static const char *const reserved[] = {"model", "messages", "system", "stream", NULL};
    static const pl_request_form form = {
        .reserved = reserved, .system_apart = true, .head = put_head, .body = put_body};
    return pl__request_encode(&form, chat, base_url, images, n_images, ret, reterr);
}

const pl_codec_ops pl__codec_anthropic = {.name = "anthropic",
                                          .encode = anthropic_encode,
                                          .decode = pl__anthropic_decode,
                                          .auth_header = "x-api-key",
                                          .auth_prefix = "",
                                          .params = PL_PARAM_TEMPERATURE | PL_PARAM_TOP_P | PL_PARAM_MAX_TOKENS};
