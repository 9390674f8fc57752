#include "kit.h"

#include "alloc.h"
#include "codec.h"
#include "json.h"

#include <string.h>

#define TEXT(r, s)                                                                                                     \
    {                                                                                                                  \
        .role = (r), .kind = PL_PART_TEXT, .text = {(s), sizeof(s) - 1 }                                               \
    }
#define IMAGE(r)                                                                                                       \
    {                                                                                                                  \
        .role = (r), .kind = PL_PART_IMAGE                                                                             \
    }

static pl_model_spec plain_model(void)
{
    return (pl_model_spec){.name = "m", .provider = "openai", .model = "org/model-1", .params = {.temperature = 0.0}};
}

static char *join(const pl_http_req *req)
{
    pl_str s = {0};
    pl__str_init(&s, PL_STR_LIMIT_DEFAULT);
    for (size_t i = 0; i < req->n_parts; i++)
        assert_int_equal(pl__str_append_view(&s, pl__blob_view(req->parts[i].blob)), PL_OK);
    return pl__str_take(&s);
}

static void check_body(const pl_chat *chat, const pl_chat_image *images, size_t n_images, const char *want)
{
    pl_http_req req = {0};
    pl_error err = {0};
    json_t *doc = NULL;
    PL_KIT_OK(pl__codec_find("openai")->encode(chat, "http://h/v1", images, n_images, &req, &err), &err);
    char *body = join(&req);
    assert_string_equal(body, want);
    PL_KIT_OK(pl__json_parse(pl__view(body), &doc, &err), &err); /* no key twice */
    json_decref(doc);
    pl__free(body);
    pl__http_req_clear(&req);
}

static void lone_text_is_a_string(void **state)
{
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_SYSTEM, "Be short."), TEXT(PL_ROLE_USER, "2+2? \"\n\x01\xff")};
    const pl_chat chat = {.model = &model, .parts = parts, .n_parts = 2, .max_tokens = 64};
    (void)state;
    check_body(&chat, NULL, 0,
               "{\"model\":\"org/model-1\",\"messages\":[{\"role\":\"system\",\"content\":\"Be short.\"},"
               "{\"role\":\"user\",\"content\":\"2+2? \\\"\\n\\u0001\xef\xbf\xbd\"}],\"temperature\":0,"
               "\"max_tokens\":64}");
}

static void images_are_parts_of_their_own(void **state)
{
    pl_model_spec model = plain_model();
    pl_blob *a = pl__blob_copy("QUJD", 4);
    pl_blob *b = pl__blob_copy("REVG", 4);
    const pl_part parts[] = {IMAGE(PL_ROLE_USER),       TEXT(PL_ROLE_USER, "one"),
                             IMAGE(PL_ROLE_USER),       TEXT(PL_ROLE_ASSISTANT, "answer"),
                             TEXT(PL_ROLE_USER, "two"), TEXT(PL_ROLE_USER, "three")};
    const pl_chat_image images[] = {{a, "image/jpeg"}, {b, "image/png"}};
    pl_chat chat = {.model = &model, .parts = parts, .n_parts = 6, .max_tokens = 8};
    pl_http_req req = {0};
    pl_error err = {0};
    (void)state;
    model.image.detail = PL_DETAIL_HIGH;
    check_body(&chat, images, 2,
               "{\"model\":\"org/model-1\",\"messages\":[{\"role\":\"user\",\"content\":["
               "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/jpeg;base64,QUJD\",\"detail\":\"high\"}},"
               "{\"type\":\"text\",\"text\":\"one\"},"
               "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,REVG\",\"detail\":\"high\"}}]},"
               "{\"role\":\"assistant\",\"content\":\"answer\"},"
               "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"two\"},"
               "{\"type\":\"text\",\"text\":\"three\"}]}],\"temperature\":0,\"max_tokens\":8}");
    model.image.detail = PL_DETAIL_AUTO;
    PL_KIT_OK(pl__codec_find("openai")->encode(&chat, "http://h/v1", images, 2, &req, &err), &err);
    assert_int_equal(req.n_parts, 5);
    assert_ptr_equal(req.parts[1].blob, a); /* the image itself, not a copy */
    assert_ptr_equal(req.parts[3].blob, b);
    char *body = join(&req);
    assert_null(strstr(body, "detail"));
    pl__free(body);
    pl__http_req_clear(&req);
    pl__blob_unref(a);
    pl__blob_unref(b);
}

static void params_go_along(void **state)
{
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "x")};
    pl_chat chat = {.model = &model, .parts = parts, .n_parts = 1, .max_tokens = 5, .top_logprobs = 20};
    (void)state;
    model.params.temperature = 0.7;
    model.params.has_seed = true;
    model.params.seed = -3;
    model.params.extra = "{\"reasoning_effort\":\"low\",\"top_p\":0.95}";
    model.max_completion_tokens = true;
    check_body(&chat, NULL, 0,
               "{\"model\":\"org/model-1\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":0.7,"
               "\"max_completion_tokens\":5,\"seed\":-3,\"logprobs\":true,\"top_logprobs\":20,"
               "\"reasoning_effort\":\"low\",\"top_p\":0.95}");
    chat.sample = 5; /* a repeated sample is drawn anew */
    chat.top_logprobs = 0;
    chat.max_tokens = 0;
    model.params.temperature = 1e-3;
    model.params.extra = "{\"seed\":9,\"temperature\":null}";
    check_body(&chat, NULL, 0,
               "{\"model\":\"org/model-1\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"seed\":9,"
               "\"temperature\":null}");
    model.params.extra = "{}";
    check_body(&chat, NULL, 0,
               "{\"model\":\"org/model-1\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
               "\"temperature\":0.001,\"seed\":2}");
}

static void url_and_headers(void **state)
{
    static const char *const bases[] = {"http://h:1/v1", "http://h:1/v1/", "http://h:1/v1//"};
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "x")};
    const pl_chat chat = {.model = &model, .parts = parts, .n_parts = 1};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        pl_http_req req = {0};
        pl_error err = {0};
        PL_KIT_OK(pl__codec_find("openai")->encode(&chat, bases[i], NULL, 0, &req, &err), &err);
        assert_string_equal(req.url, "http://h:1/v1/chat/completions");
        assert_int_equal(req.n_headers, 1);
        assert_string_equal(req.headers[0].name, "content-type");
        assert_string_equal(req.headers[0].value, "application/json");
        pl__http_req_clear(&req);
    }
}

static void check_refused(const pl_chat *chat, size_t n_images, const char *words)
{
    pl_http_req req = {0};
    pl_error err = {0};
    PL_KIT_STATUS(pl__codec_find("openai")->encode(chat, "http://h/v1", NULL, n_images, &req, &err), PL_E_INVALID,
                  &err);
    assert_non_null(strstr(err.msg, words));
    assert_null(req.url);
}

static void nonsense_is_refused(void **state)
{
    static const char *const extras[] = {"{\"model\":1}", "{\"messages\":[]}", "{\"n\":2}", "{\"stream\":true}",
                                         "[1]",           "nonsense"};
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "x"), IMAGE(PL_ROLE_USER)};
    pl_chat chat = {.model = &model, .parts = parts, .n_parts = 0};
    (void)state;
    check_refused(&chat, 0, "0 parts");
    chat.n_parts = 2;
    check_refused(&chat, 0, "0 images");
    chat.n_parts = 1;
    check_refused(&chat, 1, "1 images");
    for (size_t i = 0; i < sizeof(extras) / sizeof(extras[0]); i++) {
        model.params.extra = extras[i];
        check_refused(&chat, 0, "extra");
    }
}

static pl_status encode_once(void *user, pl_error *err)
{
    const pl_chat *chat = user;
    pl_http_req req = {0};
    pl_blob *image = pl__blob_copy("QUJD", 4);
    if (!image)
        return PL_E_NOMEM;
    const pl_chat_image images[] = {{image, "image/jpeg"}};
    pl_status rc = pl__codec_find("openai")->encode(chat, "http://h/v1", images, 1, &req, err);
    assert_int_equal(req.url != NULL, rc == PL_OK);
    pl__http_req_clear(&req);
    pl__blob_unref(image);
    return rc;
}

static void survives_refusals(void **state)
{
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_SYSTEM, "s"), TEXT(PL_ROLE_USER, "x"), IMAGE(PL_ROLE_USER)};
    pl_chat chat = {.model = &model, .parts = parts, .n_parts = 3, .max_tokens = 3, .top_logprobs = 2};
    (void)state;
    model.params.extra = "{\"top_k\":1}";
    pl__kit_fault_loop("encode", encode_once, &chat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lone_text_is_a_string), cmocka_unit_test(images_are_parts_of_their_own),
        cmocka_unit_test(params_go_along),       cmocka_unit_test(url_and_headers),
        cmocka_unit_test(nonsense_is_refused),   cmocka_unit_test(survives_refusals),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
