#include "codec_openai.h"

#include "alloc.h"
#include "error.h"
#include "json.h"
#include "num.h"

#include <math.h>

#define PATH "/chat/completions"
#define BODY_TEXT_BYTES_MAX ((size_t)64 << 20)

/* Text gathers until an image comes; then it becomes a part, and the image's bytes the next one. */
typedef struct body_writer {
    pl_http_req *req;
    pl_str text;
} body_writer;

static pl_status flush(body_writer *w, pl_error *reterr)
{
    if (w->text.len == 0)
        return PL_OK;
    pl_blob *blob = pl__blob_from_str(&w->text);
    if (!blob)
        return pl__fail(reterr, PL_E_NOMEM, "request body");
    pl_status rc = pl__http_req_part(w->req, blob, reterr);
    pl__blob_unref(blob);
    return rc;
}

static pl_status put(body_writer *w, const char *z)
{
    return pl__str_append_c(&w->text, z);
}

static pl_status put_string(body_writer *w, pl_view v)
{
    pl_status rc = put(w, "\"");
    rc = rc ? rc : pl__str_append_json_escaped(&w->text, v);
    return rc ? rc : put(w, "\"");
}

static pl_status put_text_part(body_writer *w, pl_view text)
{
    pl_status rc = put(w, "{\"type\":\"text\",\"text\":");
    rc = rc ? rc : put_string(w, text);
    return rc ? rc : put(w, "}");
}

static pl_status put_image_part(body_writer *w, const pl_chat_image *image, pl_image_detail detail, pl_error *reterr)
{
    pl_status rc = put(w, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:");
    rc = rc ? rc : pl__str_append_json_escaped(&w->text, pl__view(image->media_type));
    rc = rc ? rc : put(w, ";base64,");
    rc = rc ? rc : flush(w, reterr);
    rc = rc ? rc : pl__http_req_part(w->req, image->base64, reterr);
    rc = rc ? rc : put(w, "\"");
    if (detail != PL_DETAIL_AUTO)
        rc = rc ? rc : pl__str_appendf(&w->text, ",\"detail\":\"%s\"", pl__image_detail_name(detail));
    return rc ? rc : put(w, "}}");
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

/* parts[from..to) have one role. A lone text goes as a plain string: servers with text-only templates want that. */
static pl_status put_message(body_writer *w, const pl_chat *chat, size_t from, size_t to, const pl_chat_image *images,
                             size_t *at_image, pl_error *reterr)
{
    const pl_part *parts = chat->parts;
    pl_status rc = pl__str_appendf(&w->text, "{\"role\":\"%s\",\"content\":", role_name(parts[from].role));
    if (to - from == 1 && parts[from].kind == PL_PART_TEXT) {
        rc = rc ? rc : put_string(w, parts[from].text);
        return rc ? rc : put(w, "}");
    }
    for (size_t i = from; i < to && !rc; i++) {
        rc = put(w, i == from ? "[" : ",");
        if (rc)
            break;
        rc = parts[i].kind == PL_PART_TEXT
                 ? put_text_part(w, parts[i].text)
                 : put_image_part(w, &images[(*at_image)++], chat->model->image.detail, reterr);
    }
    return rc ? rc : put(w, "]}");
}

static pl_status put_messages(body_writer *w, const pl_chat *chat, const pl_chat_image *images, pl_error *reterr)
{
    size_t at_image = 0;
    pl_status rc = put(w, ",\"messages\":[");
    for (size_t from = 0; from < chat->n_parts && !rc;) {
        size_t to = from + 1;
        while (to < chat->n_parts && chat->parts[to].role == chat->parts[from].role)
            to++;
        if (from > 0)
            rc = put(w, ",");
        rc = rc ? rc : put_message(w, chat, from, to, images, &at_image, reterr);
        from = to;
    }
    return rc ? rc : put(w, "]");
}

/* The fewest decimals that read back as the same number. */
static void format_shortest(double x, char ret[PL_NUM_BYTES])
{
    for (unsigned decimals = 0; fabs(x) < 1e15 && decimals <= 15; decimals++) {
        double back = 0.0;
        pl__num_format_fixed(x, decimals, ret);
        if (pl__num_parse(pl__view(ret), &back) == PL_OK && back == x)
            return;
    }
    pl__num_format(x, ret);
}

/* What the config passes through wins over what we would say ourselves: no key goes out twice. */
static bool ours(const json_t *extra, const char *key)
{
    return !json_object_get(extra, key);
}

static pl_status put_params(body_writer *w, const pl_chat *chat, const json_t *extra)
{
    const pl_model_params *params = &chat->model->params;
    const char *limit_key = chat->model->max_completion_tokens ? "max_completion_tokens" : "max_tokens";
    char number[PL_NUM_BYTES];
    pl_status rc = PL_OK;
    if (ours(extra, "temperature")) {
        format_shortest(params->temperature, number);
        rc = pl__str_appendf(&w->text, ",\"temperature\":%s", number);
    }
    if (chat->max_tokens > 0 && ours(extra, limit_key))
        rc = rc ? rc : pl__str_appendf(&w->text, ",\"%s\":%u", limit_key, chat->max_tokens);
    if (params->has_seed && ours(extra, "seed")) /* a repeated sample is a sample of its own */
        rc = rc ? rc
                : pl__str_appendf(&w->text, ",\"seed\":%lld",
                                  (long long)(int64_t)((uint64_t)params->seed + chat->sample));
    if (chat->top_logprobs > 0) {
        if (ours(extra, "logprobs"))
            rc = rc ? rc : put(w, ",\"logprobs\":true");
        if (ours(extra, "top_logprobs"))
            rc = rc ? rc : pl__str_appendf(&w->text, ",\"top_logprobs\":%u", chat->top_logprobs);
    }
    return rc;
}

/* Splices the members of the object as they stand, so that its numbers keep their digits. */
static pl_status put_extra(body_writer *w, const char *text, const json_t *extra)
{
    if (json_object_size(extra) == 0)
        return PL_OK;
    pl_view members = pl__view_trim(pl__view(text));
    pl_status rc = put(w, ",");
    return rc ? rc : pl__str_append(&w->text, members.ptr + 1, members.len - 2);
}

static pl_status parse_extra(const char *text, json_t **ret, pl_error *reterr)
{
    static const char *const reserved[] = {"model", "messages", "stream", "n"};
    json_t *doc = NULL;
    if (!text)
        return PL_OK;
    pl_status rc = pl__json_parse(pl__view(text), &doc, reterr);
    if (rc)
        return rc == PL_E_NOMEM ? rc : pl__fail(reterr, PL_E_INVALID, "extra parameters are no JSON object");
    if (!json_is_object(doc))
        rc = pl__fail(reterr, PL_E_INVALID, "extra parameters are no JSON object");
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]) && !rc; i++)
        if (json_object_get(doc, reserved[i]))
            rc = pl__fail(reterr, PL_E_INVALID, "extra parameters may not set \"%s\"", reserved[i]);
    if (rc)
        json_decref(doc);
    else
        *ret = doc;
    return rc;
}

static pl_status put_url(pl_http_req *req, const char *base_url)
{
    pl_str url = {0};
    pl_view base = pl__view(base_url);
    while (base.len > 0 && base.ptr[base.len - 1] == '/')
        base.len--;
    pl__str_init(&url, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__str_append_view(&url, base);
    rc = rc ? rc : pl__str_append_c(&url, PATH);
    req->url = rc ? NULL : pl__str_take(&url);
    pl__str_clear(&url);
    return rc;
}

static pl_status check(const pl_chat *chat, size_t n_images, pl_error *reterr)
{
    size_t wanted = 0;
    for (size_t i = 0; i < chat->n_parts; i++)
        wanted += chat->parts[i].kind == PL_PART_IMAGE;
    if (chat->n_parts == 0 || chat->n_parts > PL_CHAT_PARTS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "a chat of %zu parts", chat->n_parts);
    if (wanted != n_images)
        return pl__fail(reterr, PL_E_INVALID, "%zu images for a chat with %zu image parts", n_images, wanted);
    return PL_OK;
}

static pl_status openai_encode(const pl_chat *chat, const char *base_url, const pl_chat_image *images, size_t n_images,
                               pl_http_req *ret, pl_error *reterr)
{
    pl_http_req req = {0};
    body_writer w = {.req = &req};
    json_t *extra = NULL;
    pl_status rc = check(chat, n_images, reterr);
    if (rc)
        return rc;
    pl__str_init(&w.text, BODY_TEXT_BYTES_MAX);
    rc = parse_extra(chat->model->params.extra, &extra, reterr);
    if (rc)
        goto out;
    rc = pl__http_req_header(&req, "content-type", "application/json", reterr);
    rc = rc ? rc : put_url(&req, base_url);
    rc = rc ? rc : put(&w, "{\"model\":");
    rc = rc ? rc : put_string(&w, pl__view(chat->model->model));
    rc = rc ? rc : put_messages(&w, chat, images, reterr);
    rc = rc ? rc : put_params(&w, chat, extra);
    rc = rc ? rc : put_extra(&w, chat->model->params.extra, extra);
    rc = rc ? rc : put(&w, "}");
    rc = rc ? rc : flush(&w, reterr);
    if (rc) {
        rc = pl__fail(reterr, rc, "request body for %s", chat->model->name);
        goto out;
    }
    *ret = req;
    req = (pl_http_req){0};
out:
    json_decref(extra);
    pl__str_clear(&w.text);
    pl__http_req_clear(&req);
    return rc;
}

const pl_codec_ops pl__codec_openai = {.name = "openai",
                                       .encode = openai_encode,
                                       .decode = pl__openai_decode,
                                       .auth_header = "authorization",
                                       .auth_prefix = "Bearer "};
