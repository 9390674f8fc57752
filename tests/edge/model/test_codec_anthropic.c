#include "kit.h"

#include "codec_kit.h"
#include "json.h"

#define CODEC "anthropic"

static pl_model_spec plain_model(void)
{
    return (pl_model_spec){.name = "m", .provider = CODEC, .model = "claude-x", .params = {.temperature = 0.0}};
}

static void system_and_texts(void **state)
{
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_SYSTEM, "Be short."), TEXT(PL_ROLE_USER, "2+2? \"\n"),
                             TEXT(PL_ROLE_ASSISTANT, "4"), TEXT(PL_ROLE_USER, "Sure?"), TEXT(PL_ROLE_USER, "Say.")};
    const pl_chat chat = {.model = &model, .parts = parts, .n_parts = 5, .max_tokens = 64};
    (void)state;
    codec_kit_check_body(CODEC, &chat, NULL, 0,
                         "{\"model\":\"claude-x\",\"system\":[{\"type\":\"text\",\"text\":\"Be short.\"}],"
                         "\"messages\":[{\"role\":\"user\",\"content\":\"2+2? \\\"\\n\"},"
                         "{\"role\":\"assistant\",\"content\":\"4\"},{\"role\":\"user\",\"content\":["
                         "{\"type\":\"text\",\"text\":\"Sure?\"},{\"type\":\"text\",\"text\":\"Say.\"}]}],"
                         "\"max_tokens\":64,\"temperature\":0}");
}

static void the_image_goes_first_and_is_kept(void **state)
{
    pl_model_spec model = plain_model();
    pl_blob *a = pl__blob_copy("QUJD", 4);
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "What is it?"), IMAGE(PL_ROLE_USER)};
    const pl_chat_image images[] = {{a, "image/jpeg"}};
    const pl_chat chat = {.model = &model, .parts = parts, .n_parts = 2, .max_tokens = 8};
    pl_http_req req = {0};
    pl_error err = {0};
    (void)state;
    codec_kit_check_body(CODEC, &chat, images, 1,
                         "{\"model\":\"claude-x\",\"messages\":[{\"role\":\"user\",\"content\":["
                         "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/jpeg\","
                         "\"data\":\"QUJD\"},\"cache_control\":{\"type\":\"ephemeral\"}},"
                         "{\"type\":\"text\",\"text\":\"What is it?\"}]}],\"max_tokens\":8,\"temperature\":0}");
    PL_KIT_OK(pl__codec_find(CODEC)->encode(&chat, "http://h", images, 1, &req, &err), &err);
    assert_int_equal(req.n_parts, 3);
    assert_ptr_equal(req.parts[1].blob, a); /* the image itself, not a copy */
    pl__http_req_clear(&req);
    pl__blob_unref(a);
}

static void several_images_stay_where_they_are(void **state)
{
    pl_model_spec model = plain_model();
    pl_blob *a = pl__blob_copy("QUJD", 4);
    pl_blob *b = pl__blob_copy("REVG", 4);
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "A:"), IMAGE(PL_ROLE_USER), TEXT(PL_ROLE_USER, "B:"),
                             IMAGE(PL_ROLE_USER)};
    const pl_chat_image images[] = {{a, "image/jpeg"}, {b, "image/png"}};
    const pl_chat chat = {.model = &model, .parts = parts, .n_parts = 4, .max_tokens = 8};
    (void)state;
    codec_kit_check_body(CODEC, &chat, images, 2,
                         "{\"model\":\"claude-x\",\"messages\":[{\"role\":\"user\",\"content\":["
                         "{\"type\":\"text\",\"text\":\"A:\"},"
                         "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/jpeg\","
                         "\"data\":\"QUJD\"}},{\"type\":\"text\",\"text\":\"B:\"},"
                         "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\","
                         "\"data\":\"REVG\"},\"cache_control\":{\"type\":\"ephemeral\"}}]}],\"max_tokens\":8,"
                         "\"temperature\":0}");
    pl__blob_unref(a);
    pl__blob_unref(b);
}

/* Wishes that the dialect cannot express are not sent; max_tokens always is. */
static void params(void **state)
{
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "x")};
    pl_chat chat = {.model = &model, .parts = parts, .n_parts = 1, .top_logprobs = 5, .n = 3, .sample = 2};
    (void)state;
    model.params.temperature = 0.7;
    model.params.has_seed = true;
    model.params.seed = 4;
    codec_kit_check_body(CODEC, &chat, NULL, 0,
                         "{\"model\":\"claude-x\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
                         "\"max_tokens\":1024,\"temperature\":0.7}");
    model.params.max_tokens = 77;
    model.params.extra = "{\"temperature\":1,\"thinking\":{\"budget_tokens\":2000,\"type\":\"enabled\"}}";
    codec_kit_check_body(CODEC, &chat, NULL, 0,
                         "{\"model\":\"claude-x\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
                         "\"max_tokens\":77,\"temperature\":1,\"thinking\":{\"budget_tokens\":2000,\"type\":"
                         "\"enabled\"}}");
    model.params.extra = NULL;
    chat.omit = PL_PARAM_TEMPERATURE;
    codec_kit_check_has(CODEC, &chat, "temperature", false);
}

static void url_and_headers(void **state)
{
    static const char *const bases[] = {"http://h", "http://h/", "http://h/v1", "http://h/v1/"};
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "x")};
    const pl_chat chat = {.model = &model, .parts = parts, .n_parts = 1};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        pl_http_req req = {0};
        pl_error err = {0};
        model.reach.api_version = i == 3 ? "2099-01-01" : NULL;
        PL_KIT_OK(pl__codec_find(CODEC)->encode(&chat, bases[i], NULL, 0, &req, &err), &err);
        assert_string_equal(req.url, "http://h/v1/messages");
        assert_int_equal(req.n_headers, 2);
        assert_string_equal(req.headers[0].name, "content-type");
        assert_string_equal(req.headers[1].name, "anthropic-version");
        assert_string_equal(req.headers[1].value, i == 3 ? "2099-01-01" : "2023-06-01");
        pl__http_req_clear(&req);
    }
    assert_string_equal(pl__codec_find(CODEC)->auth_header, "x-api-key");
    assert_string_equal(pl__codec_find(CODEC)->auth_prefix, "");
}

static void nonsense_is_refused(void **state)
{
    static const char *const extras[] = {
        "{\"model\":1}", "{\"messages\":[]}", "{\"system\":\"x\"}", "{\"stream\":true}", "[1]", "nonsense"};
    pl_model_spec model = plain_model();
    const pl_part parts[] = {IMAGE(PL_ROLE_SYSTEM)};
    const pl_part plain[] = {TEXT(PL_ROLE_USER, "x")};
    pl_chat chat = {.model = &model, .parts = parts, .n_parts = 1};
    (void)state;
    codec_kit_check_refused(CODEC, &chat, 1, "system prompt");
    codec_kit_check_refused(CODEC, &chat, 0, "0 images");
    chat.parts = plain;
    for (size_t i = 0; i < sizeof(extras) / sizeof(extras[0]); i++) {
        model.params.extra = extras[i];
        codec_kit_check_refused(CODEC, &chat, 0, "extra");
    }
}

static void survives_refusals(void **state)
{
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_SYSTEM, "s"), TEXT(PL_ROLE_USER, "x"), IMAGE(PL_ROLE_USER)};
    const pl_chat chat = {.model = &model, .parts = parts, .n_parts = 3, .max_tokens = 3};
    (void)state;
    model.params.extra = "{\"top_k\":1}";
    codec_kit_refuse_memory(CODEC, &chat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(system_and_texts),
        cmocka_unit_test(the_image_goes_first_and_is_kept),
        cmocka_unit_test(several_images_stay_where_they_are),
        cmocka_unit_test(params),
        cmocka_unit_test(url_and_headers),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(survives_refusals),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
