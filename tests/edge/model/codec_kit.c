#include "codec_kit.h"

#include "kit.h"

#include "alloc.h"
#include "json.h"

#include <string.h>

char *codec_kit_body(const pl_http_req *req)
{
    pl_str s = {0};
    pl__str_init(&s, PL_STR_LIMIT_DEFAULT);
    for (size_t i = 0; i < req->n_parts; i++)
        assert_int_equal(pl__str_append_view(&s, pl__blob_view(req->parts[i].blob)), PL_OK);
    return pl__str_take(&s);
}

static char *encode(const char *codec, const pl_chat *chat, const pl_chat_image *images, size_t n_images)
{
    pl_http_req req = {0};
    pl_error err = {0};
    json_t *doc = NULL;
    PL_KIT_OK(pl__codec_find(codec)->encode(chat, "http://h", images, n_images, &req, &err), &err);
    char *body = codec_kit_body(&req);
    PL_KIT_OK(pl__json_parse(pl__view(body), &doc, &err), &err); /* no key twice */
    json_decref(doc);
    pl__http_req_clear(&req);
    return body;
}

void codec_kit_check_body(const char *codec, const pl_chat *chat, const pl_chat_image *images, size_t n_images,
                          const char *want)
{
    char *body = encode(codec, chat, images, n_images);
    assert_string_equal(body, want);
    pl__free(body);
}

void codec_kit_check_has(const char *codec, const pl_chat *chat, const char *want, bool has)
{
    char *body = encode(codec, chat, NULL, 0);
    if ((strstr(body, want) != NULL) != has)
        fail_msg("%s %s: %s", body, has ? "lacks" : "has", want);
    pl__free(body);
}

void codec_kit_check_refused(const char *codec, const pl_chat *chat, size_t n_images, const char *words)
{
    const pl_chat_image images[] = {{NULL, "image/jpeg"}};
    pl_http_req req = {0};
    pl_error err = {0};
    PL_KIT_STATUS(pl__codec_find(codec)->encode(chat, "http://h", images, n_images, &req, &err), PL_E_INVALID, &err);
    assert_non_null(strstr(err.msg, words));
    assert_null(req.url);
}

typedef struct faulty {
    const char *codec;
    const pl_chat *chat;
} faulty;

static pl_status encode_once(void *user, pl_error *err)
{
    const faulty *f = user;
    pl_http_req req = {0};
    pl_blob *image = pl__blob_copy("QUJD", 4);
    if (!image)
        return PL_E_NOMEM;
    const pl_chat_image images[] = {{image, "image/jpeg"}};
    pl_status rc = pl__codec_find(f->codec)->encode(f->chat, "http://h", images, 1, &req, err);
    assert_int_equal(req.url != NULL, rc == PL_OK);
    pl__http_req_clear(&req);
    pl__blob_unref(image);
    return rc;
}

void codec_kit_refuse_memory(const char *codec, const pl_chat *chat)
{
    faulty f = {codec, chat};
    pl__kit_fault_loop(codec, encode_once, &f);
}
