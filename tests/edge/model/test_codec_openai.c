#include "kit.h"

#include "alloc.h"
#include "codec_kit.h"
#include "json.h"

#include <string.h>

static pl_model_spec plain_model(void)
{
    return (pl_model_spec){.name = "m", .provider = "openai", .model = "org/model-1", .params = {.temperature = 0.0}};
}

static void check_body(const pl_chat *chat, const pl_chat_image *images, size_t n_images, const char *want)
{
    codec_kit_check_body("openai", chat, images, n_images, want);
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
    char *body = codec_kit_body(&req);
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

static void nonsense_is_refused(void **state)
{
    static const char *const extras[] = {"{\"model\":1}", "{\"messages\":[]}", "{\"n\":2}", "{\"stream\":true}",
                                         "[1]",           "nonsense"};
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "x"), IMAGE(PL_ROLE_USER)};
    pl_chat chat = {.model = &model, .parts = parts, .n_parts = 0};
    (void)state;
    codec_kit_check_refused("openai", &chat, 0, "0 parts");
    chat.n_parts = 2;
    codec_kit_check_refused("openai", &chat, 0, "0 images");
    chat.n_parts = 1;
    codec_kit_check_refused("openai", &chat, 1, "1 images");
    for (size_t i = 0; i < sizeof(extras) / sizeof(extras[0]); i++) {
        model.params.extra = extras[i];
        codec_kit_check_refused("openai", &chat, 0, "extra");
    }
    chat.n = PL_CHAT_SAMPLES_MAX + 1;
    codec_kit_check_refused("openai", &chat, 0, "65 samples");
    chat.n = 0;
    chat.top_logprobs = PL_CHAT_TOP_LOGPROBS_MAX + 1;
    codec_kit_check_refused("openai", &chat, 0, "65 log-probabilities");
}

static void samples_and_omissions(void **state)
{
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "x")};
    pl_chat chat = {.model = &model, .parts = parts, .n_parts = 1, .max_tokens = 5, .n = 1};
    (void)state;
    codec_kit_check_has("openai", &chat, "\"n\":", false);
    chat.n = 3;
    codec_kit_check_has("openai", &chat, ",\"n\":3", true);
    codec_kit_check_has("openai", &chat, "\"max_tokens\":5", true);
    model.params.has_seed = true;
    chat.omit = PL_PARAM_TEMPERATURE | PL_PARAM_SEED | PL_PARAM_MAX_TOKENS;
    codec_kit_check_has("openai", &chat, "temperature", false);
    codec_kit_check_has("openai", &chat, "seed", false);
    codec_kit_check_has("openai", &chat, "\"max_tokens\"", false);
    codec_kit_check_has("openai", &chat, "\"max_completion_tokens\":5", true);
}

static void azure_takes_its_version_as_a_query(void **state)
{
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "x")};
    const pl_chat chat = {.model = &model, .parts = parts, .n_parts = 1};
    pl_http_req req = {0};
    pl_error err = {0};
    (void)state;
    model.reach.api_version = "2024-10-21 &";
    PL_KIT_OK(pl__codec_find("openai")->encode(&chat, "http://h/openai/deployments/d", NULL, 0, &req, &err), &err);
    assert_string_equal(req.url, "http://h/openai/deployments/d/chat/completions?api-version=2024-10-21%20%26");
    pl__http_req_clear(&req);
}

static void survives_refusals(void **state)
{
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_SYSTEM, "s"), TEXT(PL_ROLE_USER, "x"), IMAGE(PL_ROLE_USER)};
    pl_chat chat = {.model = &model, .parts = parts, .n_parts = 3, .max_tokens = 3, .top_logprobs = 2};
    (void)state;
    model.params.extra = "{\"top_k\":1}";
    model.reach.api_version = "v1";
    codec_kit_refuse_memory("openai", &chat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lone_text_is_a_string), cmocka_unit_test(images_are_parts_of_their_own),
        cmocka_unit_test(params_go_along),       cmocka_unit_test(url_and_headers),
        cmocka_unit_test(samples_and_omissions), cmocka_unit_test(azure_takes_its_version_as_a_query),
        cmocka_unit_test(nonsense_is_refused),   cmocka_unit_test(survives_refusals),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
