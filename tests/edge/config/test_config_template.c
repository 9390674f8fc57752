#include "config.h"
#include "kit.h"

#include <string.h>

#define BARE                                                                                                           \
    "data: {images: ./photos}\nmodels:\n"                                                                              \
    "  - {name: model-a, provider: openai, model: my-model-a, base_url: \"http://127.0.0.1:8001/v1\"}\n"               \
    "  - {name: model-b, provider: openai, model: my-model-b, base_url: \"http://127.0.0.1:8002/v1\"}\n"               \
    "  - {name: model-c, provider: openai, model: my-model-c, base_url: \"http://127.0.0.1:8003/v1\"}\n"

static pl_config *parse(const char *text)
{
    pl_config *config = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__config_parse("peerless.yaml", pl__view(text), &config, NULL, &err), &err);
    return config;
}

/* Writing every default out changes nothing: what the template spells is what a file without it means. */
static void spells_the_defaults(void **state)
{
    (void)state;
    pl_config *written = parse(pl__config_template());
    pl_config *bare = parse(BARE);
    pl_error err = {0};
    pl_str a;
    pl_str b;
    pl__str_init(&a, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&b, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__config_canonical(written, &a, &err), &err);
    PL_KIT_OK(pl__config_canonical(bare, &b, &err), &err);
    assert_string_equal(pl__str_c(&a), pl__str_c(&b));
    const pl_endpoint_spec *x = &written->models[0].reach;
    const pl_endpoint_spec *y = &bare->models[0].reach;
    assert_int_equal(x->concurrency, y->concurrency);
    assert_int_equal(x->attempts_max, y->attempts_max);
    assert_int_equal(x->timeout_connect_ms, y->timeout_connect_ms);
    assert_int_equal(x->timeout_first_byte_ms, y->timeout_first_byte_ms);
    assert_int_equal(x->timeout_total_ms, y->timeout_total_ms);
    assert_string_equal(written->store, bare->store);
    pl__str_clear(&a);
    pl__str_clear(&b);
    pl__config_free(written);
    pl__config_free(bare);
}

static void names_every_key(void **state)
{
    (void)state;
    static const char *const keys[] = {"version:",
                                       "data:",
                                       "images:",
                                       "items:",
                                       "models:",
                                       "name:",
                                       "provider:",
                                       "model:",
                                       "base_url:",
                                       "base_urls:",
                                       "endpoint:",
                                       "api_key_env:",
                                       "api_key_file:",
                                       "api_key_cmd:",
                                       "tls:",
                                       "ca_file:",
                                       "insecure:",
                                       "proxy:",
                                       "family:",
                                       "params:",
                                       "temperature: 0",
                                       "max_tokens: 512",
                                       "seed:",
                                       "extra:",
                                       "image:",
                                       "max_side: 1536",
                                       "format: jpeg",
                                       "quality: 90",
                                       "detail: auto",
                                       "limits:",
                                       "concurrency: 16",
                                       "attempts: 6",
                                       "rpm:",
                                       "tpm:",
                                       "timeout_connect: 10s",
                                       "timeout_first_byte: 120s",
                                       "timeout_total: 600s",
                                       "evaluations:",
                                       "peer_review:",
                                       "questions: auto",
                                       "judges:",
                                       "order: both",
                                       "design: full",
                                       "criteria: [correctness, visual]",
                                       "weights:",
                                       "self_review: false",
                                       "prompts:",
                                       "budget:",
                                       "max_calls:",
                                       "deadline:",
                                       "store: run.db",
                                       "seed: 1"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (!strstr(pl__config_template(), keys[i]))
            fail_msg("%s is not in the template", keys[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(spells_the_defaults), cmocka_unit_test(names_every_key)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
