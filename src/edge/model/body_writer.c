#include "body_writer.h"

#include "error.h"
#include "num.h"

#include <math.h>
#include <string.h>

#define BODY_TEXT_BYTES_MAX ((size_t)64 << 20)

void pl__body_init(pl_body_writer *w, pl_http_req *req)
{
    w->req = req;
    pl__str_init(&w->text, BODY_TEXT_BYTES_MAX);
}

void pl__body_clear(pl_body_writer *w)
{
    pl__str_clear(&w->text);
}

pl_status pl__body_flush(pl_body_writer *w, pl_error *reterr)
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

pl_status pl__body_put(pl_body_writer *w, const char *z)
{
    return pl__str_append_c(&w->text, z);
}

pl_status pl__body_put_string(pl_body_writer *w, pl_view v)
{
    pl_status rc = pl__body_put(w, "\"");
    rc = rc ? rc : pl__str_append_json_escaped(&w->text, v);
    return rc ? rc : pl__body_put(w, "\"");
}

pl_status pl__body_put_double(pl_body_writer *w, double x)
{
    char text[PL_NUM_BYTES];
    for (unsigned decimals = 0; fabs(x) < 1e15 && decimals <= 15; decimals++) {
        double back = 0.0;
        pl__num_format_fixed(x, decimals, text);
        if (pl__num_parse(pl__view(text), &back) == PL_OK && back == x)
            return pl__body_put(w, text);
    }
    pl__num_format(x, text);
    return pl__body_put(w, text);
}

pl_status pl__body_put_image(pl_body_writer *w, const pl_chat_image *image, pl_error *reterr)
{
    pl_status rc = pl__body_flush(w, reterr);
    return rc ? rc : pl__http_req_part(w->req, image->base64, reterr);
}

pl_status pl__body_put_messages(pl_body_writer *w, const pl_chat *chat, bool with_system, const pl_chat_image *images,
                                pl_message_fn fn, pl_error *reterr)
{
    size_t at_image = 0;
    bool first = true;
    pl_status rc = PL_OK;
    for (size_t from = 0; from < chat->n_parts && !rc;) {
        size_t to = from + 1;
        while (to < chat->n_parts && chat->parts[to].role == chat->parts[from].role)
            to++;
        if (with_system || chat->parts[from].role != PL_ROLE_SYSTEM) {
            rc = first ? PL_OK : pl__body_put(w, ",");
            rc = rc ? rc : fn(w, chat, from, to, images, &at_image, reterr);
            first = false;
        }
        from = to;
    }
    return rc;
}

bool pl__extra_lacks(const json_t *extra, const char *key)
{
    return !json_object_get(extra, key);
}

pl_status pl__body_put_extra(pl_body_writer *w, const char *text, const json_t *extra)
{
    if (json_object_size(extra) == 0)
        return PL_OK;
    pl_view members = pl__view_trim(pl__view(text));
    pl_status rc = pl__body_put(w, ",");
    return rc ? rc : pl__str_append(&w->text, members.ptr + 1, members.len - 2);
}

pl_status pl__extra_parse(const char *text, const char *const *reserved, json_t **ret, pl_error *reterr)
{
    json_t *doc = NULL;
    if (!text)
        return PL_OK;
    pl_status rc = pl__json_parse(pl__view(text), &doc, reterr);
    if (rc)
        return rc == PL_E_NOMEM ? rc : pl__fail(reterr, PL_E_INVALID, "extra parameters are no JSON object");
    if (!json_is_object(doc))
        rc = pl__fail(reterr, PL_E_INVALID, "extra parameters are no JSON object");
    for (; *reserved && !rc; reserved++)
        if (json_object_get(doc, *reserved))
            rc = pl__fail(reterr, PL_E_INVALID, "extra parameters may not set \"%s\"", *reserved);
    if (rc)
        json_decref(doc);
    else
        *ret = doc;
    return rc;
}

/* Can the chat be sent: an image for each image part, nothing past its maximum? */
static pl_status check_chat(const pl_chat *chat, size_t n_images, bool system_apart, pl_error *reterr)
{
    size_t wanted = 0;
    for (size_t i = 0; i < chat->n_parts; i++)
        wanted += chat->parts[i].kind == PL_PART_IMAGE;
    if (chat->n_parts == 0 || chat->n_parts > PL_CHAT_PARTS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "a chat of %zu parts", chat->n_parts);
    if (wanted != n_images)
        return pl__fail(reterr, PL_E_INVALID, "%zu images for a chat with %zu image parts", n_images, wanted);
    if (chat->n > PL_CHAT_SAMPLES_MAX)
        return pl__fail(reterr, PL_E_INVALID, "a chat of %u samples", chat->n);
    if (chat->top_logprobs > PL_CHAT_TOP_LOGPROBS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "a chat that wants %u log-probabilities for each token",
                        chat->top_logprobs);
    for (size_t i = 0; i < chat->n_parts && system_apart; i++)
        if (chat->parts[i].role == PL_ROLE_SYSTEM && chat->parts[i].kind == PL_PART_IMAGE)
            return pl__fail(reterr, PL_E_INVALID, "an image in the system prompt");
    return PL_OK;
}

int64_t pl__chat_seed(const pl_chat *chat)
{
    return (int64_t)((uint64_t)chat->model->params.seed + chat->sample);
}

/* The length of "/v1", "/v1beta" and the like at the beginning of a path; 0 if it has none. */
static size_t version_len(pl_view path)
{
    size_t n = 1;
    if (path.len < 3 || path.ptr[0] != '/' || path.ptr[1] != 'v' || path.ptr[2] < '0' || path.ptr[2] > '9')
        return 0;
    while (n < path.len && path.ptr[n] != '/')
        n++;
    return n;
}

pl_status pl__url_join(pl_view base, pl_view path, pl_str *out)
{
    size_t n = version_len(path);
    while (base.len > 0 && base.ptr[base.len - 1] == '/')
        base.len--;
    if (n > 0 && base.len > n && memcmp(base.ptr + base.len - n, path.ptr, n) == 0)
        base.len -= n;
    pl_status rc = pl__str_append_view(out, base);
    return rc ? rc : pl__str_append_view(out, path);
}

pl_status pl__url_append_escaped(pl_str *out, pl_view v, const char *keep)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    pl_status rc = PL_OK;
    for (size_t i = 0; i < v.len && !rc; i++) {
        char c = v.ptr[i];
        if (c && (strchr(unreserved, c) || strchr(keep, c)))
            rc = pl__str_append_char(out, c);
        else
            rc = pl__str_appendf(out, "%%%02X", (unsigned)(unsigned char)c);
    }
    return rc;
}

pl_status pl__body_set_url(pl_http_req *req, const char *base_url, const pl_str *path)
{
    pl_str url = {0};
    pl__str_init(&url, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__url_join(pl__view(base_url), pl__view_n(path->ptr, path->len), &url);
    req->url = rc ? NULL : pl__str_take(&url);
    pl__str_clear(&url);
    return rc;
}

pl_status pl__request_encode(const pl_request_form *form, const pl_chat *chat, const char *base_url,
                             const pl_chat_image *images, size_t n_images, pl_http_req *ret, pl_error *reterr)
{
    pl_http_req req = {0};
    pl_body_writer w = {0};
    json_t *extra = NULL;
    pl_status rc = check_chat(chat, n_images, form->system_apart, reterr);
    if (rc)
        return rc;
    pl__body_init(&w, &req);
    rc = pl__extra_parse(chat->model->params.extra, form->reserved, &extra, reterr);
    if (!rc && form->check)
        rc = form->check(extra, reterr);
    if (rc)
        goto out;
    rc = form->head(&req, chat, base_url, reterr);
    rc = rc ? rc : form->body(&w, chat, images, extra, reterr);
    rc = rc ? rc : pl__body_flush(&w, reterr);
    if (rc) {
        rc = pl__fail(reterr, rc, "request body for %s", chat->model->name);
        goto out;
    }
    *ret = req;
    req = (pl_http_req){0};
out:
    json_decref(extra);
    pl__body_clear(&w);
    pl__http_req_clear(&req);
    return rc;
}
