#include "sim_kit.h"

#include "config.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void the_default_pool_goes_from_blind_to_sharp(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= PL_SIM_MODELS_MAX; n++) {
        pl_error err = {0};
        pl_sim_pool *pool = NULL;
        PL_KIT_OK(pl__sim_pool_default(n, 1, &pool, &err), &err);
        assert_int_equal(pl__sim_pool_count(pool), n);
        assert_int_equal(pool->models[n - 1].eyes.resolution_px, 96);
        for (uint32_t i = 0; i < n; i++) {
            char name[32];
            (void)snprintf(name, sizeof(name), "glimpse-%u", (unsigned)pool->models[i].eyes.resolution_px);
            assert_string_equal(pl__sim_pool_name(pool, i), name);
            assert_int_equal(pl__sim_pool_find(pool, pl__view(name)), i);
            assert_string_equal(pool->models[i].family, "glimpse");
            if (i > 0)
                assert_true(pool->models[i].eyes.resolution_px > pool->models[i - 1].eyes.resolution_px);
        }
        pl__sim_pool_free(pool);
    }
    pl_error err = {0};
    pl_sim_pool *pool = NULL;
    PL_KIT_STATUS(pl__sim_pool_default(0, 1, &pool, &err), PL_E_LIMIT, &err);
    PL_KIT_STATUS(pl__sim_pool_default(PL_SIM_MODELS_MAX + 1, 1, &pool, &err), PL_E_LIMIT, &err);
    assert_null(pool);
    pl__sim_pool_free(NULL);
}

static void a_pool_file_is_read(void **state)
{
    pl_error err = {0};
    pl_sim_pool *pool = NULL;
    (void)state;
    PL_KIT_OK(pl__sim_pool_parse(pl__view("{\"seed\":9,\"models\":["
                                          "{\"name\":\"a\",\"resolution\":12,\"noise\":0,\"family\":\"x\"},"
                                          "{\"name\":\"b\",\"resolution\":96,\"family\":\"y\",\"vices\":"
                                          "{\"position_bias\":-0.5,\"refusals\":1}},"
                                          "{\"name\":\"c\",\"resolution\":50,\"family\":\"x\"}]}"),
                                 &pool, &err),
              &err);
    assert_int_equal(pool->seed, 9);
    assert_int_equal(pl__sim_pool_count(pool), 3);
    PL_KIT_CLOSE(pool->models[0].eyes.noise, 0.0, 0.0);
    PL_KIT_CLOSE(pool->models[1].vices.position_bias, -0.5, 0.0);
    PL_KIT_CLOSE(pool->models[1].vices.refusals, 1.0, 0.0);
    assert_int_equal(pool->models[0].style, pool->models[2].style);
    assert_int_not_equal(pool->models[0].style, pool->models[1].style);
    pl__sim_pool_free(pool);
}

static void a_bad_pool_file_is_refused_in_words(void **state)
{
#define MODEL "{\"name\":\"a\",\"resolution\":12"
    static const struct {
        const char *json;
        const char *says;
    } cases[] = {
        {"", ""},
        {"[]", "object"},
        {"{}", "models"},
        {"{\"models\":[]}", "at least one"},
        {"{\"models\":{}}", "at least one"},
        {"{\"sede\":1,\"models\":[" MODEL "}]}", "\"sede\""},
        {"{\"seed\":-1,\"models\":[" MODEL "}]}", "negative"},
        {"{\"seed\":\"x\",\"models\":[" MODEL "}]}", "seed"},
        {"{\"models\":[3]}", "models[0]"},
        {"{\"models\":[{\"resolution\":12}]}", "name"},
        {"{\"models\":[{\"name\":\"a b\",\"resolution\":12}]}", "name"},
        {"{\"models\":[{\"name\":\"a\"}]}", "resolution"},
        {"{\"models\":[{\"name\":\"a\",\"resolution\":7}]}", "resolution"},
        {"{\"models\":[{\"name\":\"a\",\"resolution\":1000}]}", "resolution"},
        {"{\"models\":[" MODEL ",\"noise\":-1}]}", "noise"},
        {"{\"models\":[" MODEL ",\"noise\":\"x\"}]}", "noise"},
        {"{\"models\":[" MODEL ",\"eyes\":2}]}", "\"eyes\""},
        {"{\"models\":[" MODEL "}," MODEL "}]}", "two models"},
        {"{\"models\":[" MODEL ",\"vices\":3}]}", "vices"},
        {"{\"models\":[" MODEL ",\"vices\":{\"pride\":1}}]}", "not a vice"},
        {"{\"models\":[" MODEL ",\"vices\":{\"refusals\":1.5}}]}", "refusals"},
        {"{\"models\":[" MODEL ",\"vices\":{\"refusals\":\"yes\"}}]}", "refusals"},
        {"{\"models\":[" MODEL ",\"vices\":{\"bravado\":1}}]}", "does not exist yet"},
        {"{\"models\":[" MODEL ",\"vices\":{\"timidity\":1}}]}", "does not exist yet"},
        {"{\"models\":[" MODEL ",\"vices\":{\"off_list\":1}}]}", "does not exist yet"},
    };
#undef MODEL
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_error err = {0};
        pl_sim_pool *pool = NULL;
        PL_KIT_STATUS(pl__sim_pool_parse(pl__view(cases[i].json), &pool, &err), PL_E_PARSE, &err);
        assert_null(pool);
        if (!strstr(err.msg, cases[i].says))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].json, err.msg, cases[i].says);
    }
}

static void the_config_of_a_pool_is_a_config(void **state)
{
    pl_error err = {0};
    pl_sim_pool *pool = NULL;
    pl_config *config = NULL;
    pl_str text;
    pl_str problems;
    (void)state;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&problems, PL_STR_LIMIT_DEFAULT);
    const pl_sim_config_opts opts = {.port = 12345, .images = "a \"b\"/c d", .store = "run.db", .seed = 7};
    PL_KIT_OK(pl__sim_pool_default(6, 4, &pool, &err), &err);
    PL_KIT_OK(pl__sim_config(pool, &opts, &text, &err), &err);
    pl_status rc = pl__config_parse("peerless.yaml", kit_view(&text), &config, &problems, &err);
    if (rc)
        fail_msg("%s\n%s", pl__str_c(&problems), pl__str_c(&text));
    assert_int_equal(config->n_models, 6);
    assert_int_equal(config->seed, 7);
    assert_non_null(strstr(config->data_images, "a \"b\"/c d"));
    for (uint32_t i = 0; i < 6; i++) {
        assert_string_equal(config->models[i].name, pl__sim_pool_name(pool, i));
        assert_string_equal(config->models[i].endpoint, "sim-4");
        assert_string_equal(config->models[i].family, "glimpse");
        assert_string_equal(config->models[i].reach.base_urls[0], "http://127.0.0.1:12345/v1");
        assert_int_equal(config->models[i].reach.concurrency, 16);
    }
    pl__config_free(config);
    pl__sim_pool_free(pool);
    pl__str_clear(&text);
    pl__str_clear(&problems);
}

static void the_models_of_a_config_may_take_turns(void **state)
{
    static const char *const providers[3] = {"openai", "anthropic", "gemini"};
    pl_error err = {0};
    pl_sim_pool *pool = NULL;
    pl_config *config = NULL;
    pl_str text;
    pl_str problems;
    pl_sim_config_opts opts = {.port = 1, .images = "x", .store = "run.db", .seed = 7, .dialect = "mixed"};
    (void)state;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&problems, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__sim_pool_default(6, 4, &pool, &err), &err);
    PL_KIT_OK(pl__sim_config(pool, &opts, &text, &err), &err);
    if (pl__config_parse("peerless.yaml", kit_view(&text), &config, &problems, &err))
        fail_msg("%s\n%s", pl__str_c(&problems), pl__str_c(&text));
    for (uint32_t i = 0; i < 6; i++) {
        assert_string_equal(config->models[i].provider, providers[i % 3]);
        assert_string_equal(config->models[i].reach.base_urls[0],
                            i % 3 == 0 ? "http://127.0.0.1:1/v1" : "http://127.0.0.1:1");
        assert_int_equal(config->models[i].reach.api_key_env != NULL, i % 3 != 0);
    }
    pl__config_free(config);
    opts.dialect = "klingon";
    PL_KIT_STATUS(pl__sim_config(pool, &opts, &text, &err), PL_E_INVALID, &err);
    pl__sim_pool_free(pool);
    pl__str_clear(&text);
    pl__str_clear(&problems);
}

static pl_status default_once(void *user, pl_error *err)
{
    pl_sim_pool *pool = NULL;
    (void)user;
    pl_status rc = pl__sim_pool_default(3, 1, &pool, err);
    pl__sim_pool_free(pool);
    return rc;
}

static pl_status config_once(void *user, pl_error *err)
{
    const pl_sim_config_opts opts = {.port = 1, .images = "images", .store = "run.db", .seed = 1};
    pl_str out;
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__sim_config(user, &opts, &out, err);
    pl__str_clear(&out);
    return rc;
}

static pl_status parse_once(void *user, pl_error *err)
{
    pl_sim_pool *pool = NULL;
    pl_status rc = pl__sim_pool_parse(pl__view(user), &pool, err);
    pl__sim_pool_free(pool);
    return rc;
}

static void pools_survive_refused_memory(void **state)
{
    pl_error err = {0};
    pl_sim_pool *pool = NULL;
    (void)state;
    pl__kit_fault_loop("pl__sim_pool_default", default_once, NULL);
    static char json[] = "{\"models\":[{\"name\":\"a\",\"resolution\":12,\"vices\":{\"refusals\":1}},"
                         "{\"name\":\"b\",\"family\":\"x\",\"resolution\":13}]}";
    pl__kit_fault_loop("pl__sim_pool_parse", parse_once, json);
    PL_KIT_OK(pl__sim_pool_default(3, 1, &pool, &err), &err);
    pl__kit_fault_loop("pl__sim_config", config_once, pool);
    pl__sim_pool_free(pool);
}

int main(void)
{
    pl__json_use_alloc();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_pool_goes_from_blind_to_sharp), cmocka_unit_test(a_pool_file_is_read),
        cmocka_unit_test(a_bad_pool_file_is_refused_in_words),       cmocka_unit_test(the_config_of_a_pool_is_a_config),
        cmocka_unit_test(the_models_of_a_config_may_take_turns),     cmocka_unit_test(pools_survive_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
