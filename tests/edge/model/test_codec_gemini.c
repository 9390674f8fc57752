#include "kit.h"

#include "codec_kit.h"
#include "json.h"

#define CODEC "gemini"

static pl_model_spec plain_model(void)
{
    return (pl_model_spec){.name = "m", .provider = CODEC, .model = "gemini-x", .params = {.temperature = 0.0}};
}

static void contents_and_system(void **state)
{
    pl_model_spec model = plain_model();
    pl_blob *a = pl__blob_copy("QUJD", 4);
    const pl_part parts[] = {TEXT(PL_ROLE_SYSTEM, "Be short."), IMAGE(PL_ROLE_USER), TEXT(PL_ROLE_USER, "2+2? \"\n"),
                             TEXT(PL_ROLE_ASSISTANT, "4"), TEXT(PL_ROLE_USER, "Sure?")};
    const pl_chat_image images[] = {{a, "image/webp"}};
    const pl_chat chat = {.model = &model, .parts = parts, .n_parts = 5, .max_tokens = 64};
    pl_http_req req = {0};
    pl_error err = {0};
    (void)state;
    codec_kit_check_body(CODEC, &chat, images, 1,
                         "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"inlineData\":{\"mimeType\":"
                         "\"image/webp\",\"data\":\"QUJD\"}},{\"text\":\"2+2? \\\"\\n\"}]},"
                         "{\"role\":\"model\",\"parts\":[{\"text\":\"4\"}]},{\"role\":\"user\",\"parts\":["
                         "{\"text\":\"Sure?\"}]}],\"systemInstruction\":{\"parts\":[{\"text\":\"Be short.\"}]},"
                         "\"generationConfig\":{\"temperature\":0,\"maxOutputTokens\":64}}");
    PL_KIT_OK(pl__codec_find(CODEC)->encode(&chat, "http://h", images, 1, &req, &err), &err);
    assert_int_equal(req.n_parts, 3);
    assert_ptr_equal(req.parts[1].blob, a); /* the image itself, not a copy */
    pl__http_req_clear(&req);
    pl__blob_unref(a);
}

static void params(void **state)
{
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "x")};
    pl_chat chat = {
        .model = &model, .parts = parts, .n_parts = 1, .max_tokens = 9, .top_logprobs = 5, .n = 3, .sample = 2};
    (void)state;
    model.params.temperature = 0.7;
    model.params.has_seed = true;
    model.params.seed = 4;
    model.image.detail = PL_DETAIL_LOW;
    codec_kit_check_body(CODEC, &chat, NULL, 0,
                         "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"x\"}]}],\"generationConfig\":{"
                         "\"temperature\":0.7,\"maxOutputTokens\":9,\"seed\":6,\"candidateCount\":3,"
                         "\"responseLogprobs\":true,\"logprobs\":5,\"mediaResolution\":\"MEDIA_RESOLUTION_LOW\"}}");
    model.image.detail = PL_DETAIL_HIGH;
    codec_kit_check_has(CODEC, &chat, "MEDIA_RESOLUTION_HIGH", true);
    model.params.seed = -1; /* 32 bits, not negative */
    chat.sample = 0;
    codec_kit_check_has(CODEC, &chat, "\"seed\":2147483647", true);
    model.params.has_seed = false;
    chat.omit = PL_PARAM_TEMPERATURE | PL_PARAM_SEED;
    codec_kit_check_has(CODEC, &chat, "temperature", false);
    codec_kit_check_has(CODEC, &chat, "seed", false);
}

/* What the config says of the generation config is merged with ours and wins. */
static void extra_is_merged(void **state)
{
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "x")};
    const pl_chat chat = {.model = &model, .parts = parts, .n_parts = 1, .max_tokens = 9};
    (void)state;
    model.params.extra = "{\"generationConfig\":{\"maxOutputTokens\":5,\"thinkingConfig\":{\"thinkingBudget\":0}},"
                         "\"safetySettings\":[{\"category\":\"C\",\"threshold\":\"OFF\"}]}";
    codec_kit_check_body(CODEC, &chat, NULL, 0,
                         "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"x\"}]}],\"generationConfig\":{"
                         "\"temperature\":0,\"maxOutputTokens\":5,\"thinkingConfig\":{\"thinkingBudget\":0}},"
                         "\"safetySettings\":[{\"category\":\"C\",\"threshold\":\"OFF\"}]}");
    model.params.extra = "{\"generationConfig\":{\"temperature\":1}}";
    codec_kit_check_has(CODEC, &chat, "{\"maxOutputTokens\":9,\"temperature\":1}", true);
}

static void check_url(const char *base, const char *model_name, const char *version, const char *want)
{
    pl_model_spec model = plain_model();
    const pl_part parts[] = {TEXT(PL_ROLE_USER, "x")};
    const pl_chat chat = {.model = &model, .parts = parts, .n_parts = 1};
    pl_http_req req = {0};
    pl_error err = {0};
    model.model = model_name;
    model.reach.api_version = version;
    PL_KIT_OK(pl__codec_find(CODEC)->encode(&chat, base, NULL, 0, &req, &err), &err);
    assert_string_equal(req.url, want);
    assert_int_equal(req.n_headers, 1);
    pl__http_req_clear(&req);
}

static void urls(void **state)
{
    (void)state;
    check_url("http://h", "gemini-x", NULL, "http://h/v1beta/models/gemini-x:generateContent");
    check_url("http://h/v1beta/", "gemini-x", NULL, "http://h/v1beta/models/gemini-x:generateContent");
    check_url("http://h", "gemini-x", "v1", "http://h/v1/models/gemini-x:generateContent");
    check_url("http://h/v1beta", "gemini-x", "v1", "http://h/v1beta/v1/models/gemini-x:generateContent");
    check_url("http://h", "tunedModels/x", NULL, "http://h/v1beta/tunedModels/x:generateContent");
    check_url("http://h", "a b?c#d", NULL, "http://h/v1beta/models/a%20b%3Fc%23d:generateContent");
    assert_string_equal(pl__codec_find(CODEC)->auth_header, "x-goog-api-key");
    assert_string_equal(pl__codec_find(CODEC)->auth_prefix, "");
}

static void nonsense_is_refused(void **state)
{
    static const char *const extras[] = {"{\"contents\":[]}",
                                         "{\"systemInstruction\":{}}",
                                         "{\"generation_config\":{}}",
                                         "{\"generationConfig\":7}",
                                         "{\"generationConfig\":{\"candidateCount\":2}}",
                                         "[1]",
                                         "nonsense"};
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
    const pl_chat chat = {.model = &model, .parts = parts, .n_parts = 3, .max_tokens = 3, .top_logprobs = 2, .n = 2};
    (void)state;
    model.params.extra = "{\"generationConfig\":{\"topK\":1},\"labels\":{\"a\":\"b\"}}";
    codec_kit_refuse_memory(CODEC, &chat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contents_and_system), cmocka_unit_test(params),
        cmocka_unit_test(extra_is_merged),     cmocka_unit_test(urls),
        cmocka_unit_test(nonsense_is_refused), cmocka_unit_test(survives_refusals),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
