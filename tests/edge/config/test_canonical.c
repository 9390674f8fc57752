#include "config.h"
#include "config_kit.h"
#include "json.h"
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REST                                                                                                           \
    "  - {name: b, provider: openai, model: mb, base_url: \"http://127.0.0.1:2/v1\"}\n"                                \
    "  - {name: c, provider: openai, model: mc, api_key_file: secrets/SECRET}\n"
#define FULL                                                                                                           \
    "data: {images: p}\nmodels:\n"                                                                                     \
    "  - {name: \"\xc3\xa9 \\\"q\\\"\", provider: openai, model: ma, base_url: \"https://10.9.8.7:1/v1\", endpoint: "  \
    "e,\n"                                                                                                             \
    "     api_key_env: MY_SECRET, params: {temperature: 0.1, seed: 7}, extra: {z: 1, a: [1.5, null]},\n"               \
    "     limits: {concurrency: 77}, image: {format: png, detail: low}}\n" REST                                        \
    "evaluations: {peer_review: {prompts: mine, judges: all, criteria: [visual], weights: {visual: 0.3}}}\n"           \
    "budget: {max_calls: 4242}\nstore: elsewhere.db\nseed: 5\n"

static pl_config *parse(const char *path, const char *text)
{
    pl_config *config = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__config_parse(path, pl__view(text), &config, NULL, &err), &err);
    return config;
}

static pl_str canonical(const pl_config *config)
{
    pl_str out;
    pl_error err = {0};
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__config_canonical(config, &out, &err), &err);
    return out;
}

static void round_trip(void **state)
{
    (void)state;
    pl_config *config = parse("d/p.yaml", FULL);
    pl_config *back = NULL;
    pl_error err = {0};
    pl_str first = canonical(config);
    PL_KIT_OK(pl__config_from_canonical(pl__view_n(first.ptr, first.len), &back, &err), &err);
    pl_str second = canonical(back);
    assert_string_equal(pl__str_c(&first), pl__str_c(&second));

    assert_int_equal(back->n_models, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_string_equal(back->models[i].name, config->models[i].name);
        assert_string_equal(back->models[i].family, config->models[i].family);
        assert_true(pl__digest_eq(&back->models[i].identity, &config->models[i].identity));
        assert_int_equal(back->models[i].reach.n_base_urls, 0);
    }
    assert_string_equal(back->models[0].params.extra, "{\"a\":[1.5,null],\"z\":1}");
    assert_string_equal(back->data_images, "p");
    assert_string_equal(back->peer_review.prompts_dir, "mine");
    assert_int_equal(back->peer_review.judges, PL_JUDGES_ALL);
    assert_true(back->peer_review.judges_given);
    assert_false(back->peer_review.criteria[PL_CRITERION_CORRECTNESS]);
    PL_KIT_CLOSE(back->peer_review.weights[PL_CRITERION_VISUAL], 0.3, 0.0);
    assert_int_equal(back->seed, 5);
    pl__str_clear(&first);
    pl__str_clear(&second);
    pl__config_free(config);
    pl__config_free(back);
}

/* The confidence says when to stop, not what is asked: a run goes on with another one. */
static void round_trip_of_an_adaptive_design(void **state)
{
    static const char text[] =
        "data: {images: p}\nmodels:\n  - {name: a, provider: openai, model: ma}\n" REST
        "evaluations: {peer_review: {design: adaptive, pairs_per_question: 6, confidence: 0.8}}\n";
    pl_config *config = parse("p.yaml", text);
    pl_config *back = NULL;
    pl_error err = {0};
    pl_str first = canonical(config);
    pl_str second;

    (void)state;
    PL_KIT_OK(pl__config_from_canonical(pl__view_n(first.ptr, first.len), &back, &err), &err);
    assert_int_equal(back->peer_review.design, PL_DESIGN_ADAPTIVE);
    assert_int_equal(back->peer_review.pairs_per_question, 6);
    second = canonical(back);
    assert_string_equal(pl__str_c(&first), pl__str_c(&second));
    assert_null(strstr(pl__str_c(&first), "confidence"));
    pl__str_clear(&first);
    pl__str_clear(&second);
    pl__config_free(config);
    pl__config_free(back);
}

static void round_trip_of_two_evaluations(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "data: {items: i}\nmodels:\n  - {name: a, provider: openai, model: ma}\n" REST
        "evaluations: {uncertainty: {samples: 3, top_logprobs: 5, prompts: own}}\n",
        "data: {items: i}\nmodels:\n  - {name: a, provider: openai, model: ma}\n" REST
        "evaluations: {peer_review: {}, uncertainty: {samples: 3, top_logprobs: 5, prompts: own}}\n"};
    for (size_t i = 0; i < 2; i++) {
        pl_config *config = parse("d/p.yaml", texts[i]);
        pl_config *back = NULL;
        pl_error err = {0};
        pl_str first = canonical(config);
        PL_KIT_OK(pl__config_from_canonical(pl__view_n(first.ptr, first.len), &back, &err), &err);
        pl_str second = canonical(back);
        assert_string_equal(pl__str_c(&first), pl__str_c(&second));
        assert_int_equal(back->has_peer_review, i == 1);
        assert_true(back->has_uncertainty);
        assert_int_equal(back->uncertainty.samples, 3);
        assert_int_equal(back->uncertainty.top_logprobs, 5);
        assert_string_equal(back->uncertainty.prompts_dir, "own");
        pl__str_clear(&first);
        pl__str_clear(&second);
        pl__config_free(config);
        pl__config_free(back);
    }
}

static void says_nothing_private(void **state)
{
    (void)state;
    static const char *const absent[] = {"SECRET", "secrets", "10.9.8.7", "77", "elsewhere", "4242", "d/", "key"};
    pl_config *config = parse("d/p.yaml", FULL);
    pl_str json = canonical(config);
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        if (strstr(pl__str_c(&json), absent[i]))
            fail_msg("\"%s\" in %s", absent[i], pl__str_c(&json));
    }
    pl__str_clear(&json);
    pl__config_free(config);
}

/* What decides whether a command continues a stored run. */
static void same_config(void **state)
{
    (void)state;
    const char *base = "data: {images: p}\nmodels:\n  - {name: a, provider: openai, model: ma, endpoint: e}\n" REST;
    const char *same = "seed: 1\nstore: x.db\nbudget: {deadline: 1h}\nmodels:\n"
                       "  - {endpoint: e, model: ma, name: a, limits: {attempts: 2}, provider: openai}\n" REST
                       "data: {images: p}\nversion: 1\n";
    const char *other = "seed: 2\ndata: {images: p}\nmodels:\n"
                        "  - {name: a, provider: openai, model: ma, endpoint: e}\n" REST;
    pl_config *configs[3] = {parse("x/p.yaml", base), parse("p.yaml", same), parse("p.yaml", other)};
    pl_str json[3] = {canonical(configs[0]), canonical(configs[1]), canonical(configs[2])};
    assert_string_equal(pl__str_c(&json[0]), pl__str_c(&json[1]));
    assert_string_not_equal(pl__str_c(&json[0]), pl__str_c(&json[2]));
    for (int i = 0; i < 3; i++) {
        pl__str_clear(&json[i]);
        pl__config_free(configs[i]);
    }
}

static char *replaced(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    assert_non_null(at);
    size_t size = strlen(text) - strlen(old) + strlen(new) + 1;
    char *out = malloc(size);
    assert_non_null(out);
    (void)snprintf(out, size, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    return out;
}

static void damaged(void **state)
{
    (void)state;
    static const struct {
        const char *old;
        const char *new;
        pl_status wanted;
    } cases[] = {
        {"\"version\":1", "\"version\":2", PL_E_VERSION},
        {"\"version\":1", "\"version\":\"1\"", PL_E_PARSE},
        {"\"seed\":5", "\"seed\":-5", PL_E_PARSE},
        {"\"seed\":5", "\"sead\":5", PL_E_PARSE},
        {"\"images\":\"p\"", "\"imagez\":\"p\"", PL_E_PARSE},
        {"\"images\":\"p\"", "\"images\":\"p\",\"items\":\"q\"", PL_E_PARSE},
        {"\"format\":\"png\"", "\"format\":\"bmp\"", PL_E_PARSE},
        {"\"order\":\"both\"", "\"order\":\"sorted\"", PL_E_PARSE},
        {"\"max_tokens\":512", "\"max_tokens\":0", PL_E_PARSE},
        {"\"max_tokens\":512", "\"max_tokens\":5.5", PL_E_PARSE},
        {"\"self_review\":false", "\"self_review\":0", PL_E_PARSE},
        {"\"extra\":{", "\"extra\":1,\"x\":{", PL_E_PARSE},
        {"\"models\":[", "\"modelz\":[", PL_E_PARSE},
        {"\"peer_review\":{", "\"peer\":{", PL_E_PARSE},
        {"\"clip\":0.0", "\"clip\":null", PL_E_PARSE},
        {"{", "", PL_E_PARSE},
    };
    pl_config *config = parse("p.yaml", FULL);
    pl_str json = canonical(config);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_config *back = NULL;
        pl_error err = {0};
        char *text = replaced(pl__str_c(&json), cases[i].old, cases[i].new);
        PL_KIT_STATUS(pl__config_from_canonical(pl__view(text), &back, &err), cases[i].wanted, &err);
        assert_null(back);
        free(text);
    }
    static const char *const not_objects[] = {"", "[]", "1", "null", "{}"};
    for (size_t i = 0; i < sizeof(not_objects) / sizeof(not_objects[0]); i++) {
        pl_config *back = NULL;
        pl_error err = {0};
        PL_KIT_STATUS(pl__config_from_canonical(pl__view(not_objects[i]), &back, &err), PL_E_PARSE, &err);
    }
    pl__str_clear(&json);
    pl__config_free(config);
}

static pl_status there_and_back(void *user, pl_error *err)
{
    pl_config *back = NULL;
    pl_str json;
    pl__str_init(&json, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__config_canonical(user, &json, err);
    if (rc == PL_OK)
        rc = pl__config_from_canonical(pl__view_n(json.ptr, json.len), &back, err);
    pl__str_clear(&json);
    pl__config_free(back);
    return rc;
}

static void faults(void **state)
{
    (void)state;
    pl_config *config = parse("p.yaml", FULL);
    pl__kit_fault_loop("canonical and back", there_and_back, config);
    pl__config_free(config);
}

/* A judge is kept by name; without one a run is what it was before there were any. */
static void a_judge_of_samples(void **state)
{
    static const char *const texts[] = {POOL "evaluations: {uncertainty: {samples: 3}}\n",
                                        POOL "evaluations: {uncertainty: {samples: 3, equivalence: exact}}\n",
                                        POOL
                                        "evaluations: {uncertainty: {samples: 3, equivalence: judge, judge: c}}\n"};
    pl_str json[3];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        pl_config *config = config_kit_accept(texts[i]);
        pl_config *back = NULL;
        pl_error err = {0};
        pl__str_init(&json[i], PL_STR_LIMIT_DEFAULT);
        PL_KIT_OK(pl__config_canonical(config, &json[i], &err), &err);
        PL_KIT_OK(pl__config_from_canonical(pl__view(json[i].ptr), &back, &err), &err);
        assert_int_equal(pl__config_compares(back), i == 2);
        assert_int_equal(back->uncertainty.judge, i == 2 ? 2 : 0);
        pl__config_free(back);
        pl__config_free(config);
    }
    assert_string_equal(json[0].ptr, json[1].ptr);
    assert_null(strstr(json[0].ptr, "judge"));
    static const char *const spoilt[][2] = {{"\"judge\":\"c\"", "\"judge\":\"z\""}, {"\"samples\":3", "\"samples\":1"}};
    for (size_t i = 0; i < 2; i++) {
        pl_config *back = NULL;
        pl_error err = {0};
        pl_str text;
        const char *at = strstr(json[2].ptr, spoilt[i][0]);
        assert_non_null(at);
        pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
        assert_int_equal(pl__str_append(&text, json[2].ptr, (size_t)(at - json[2].ptr)), PL_OK);
        assert_int_equal(pl__str_append_c(&text, spoilt[i][1]), PL_OK);
        assert_int_equal(pl__str_append_c(&text, at + strlen(spoilt[i][0])), PL_OK);
        PL_KIT_STATUS(pl__config_from_canonical(pl__view(text.ptr), &back, &err), PL_E_PARSE, &err);
        assert_non_null(strstr(err.msg, "judge: is none of the models"));
        assert_null(back);
        pl__str_clear(&text);
    }
    for (size_t i = 0; i < 3; i++)
        pl__str_clear(&json[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_judge_of_samples),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(round_trip_of_an_adaptive_design),
        cmocka_unit_test(round_trip_of_two_evaluations),
        cmocka_unit_test(says_nothing_private),
        cmocka_unit_test(same_config),
        cmocka_unit_test(damaged),
        cmocka_unit_test(faults),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
