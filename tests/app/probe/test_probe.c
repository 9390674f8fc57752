/* The whole probe against the simulated server, in every dialect, each ability taken away once. */
#include "kit.h"

#include "asking.h"
#include "image.h"
#include "json.h"
#include "probe.h"
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODELS 4u

static const char pool_json[] =
    "{\"seed\":1,\"models\":["
    "{\"name\":\"all\",\"resolution\":96,\"abilities\":[\"context=4096\"]},"
    "{\"name\":\"no-eyes\",\"resolution\":96,\"abilities\":[\"no-images\",\"no-logprobs\",\"no-n\",\"no-prefill\"]},"
    "{\"name\":\"blind\",\"resolution\":96,\"abilities\":[\"blind\",\"silent-logprobs\",\"one-sample\",\"no-seed\","
    "\"prefill\",\"reasoning\"]},"
    "{\"name\":\"small\",\"resolution\":96,\"abilities\":[\"max-side=400\",\"top-logprobs=5\",\"no-usage\","
    "\"no-max-completion-tokens\",\"no-temperature\"]}]}";
static const char *const model_names[MODELS] = {"all", "no-eyes", "blind", "small"};

typedef struct fixture {
    pl_sim_pool *pool;
    pl_sim_server *server;
    char url[64];
    const char *urls[1];
    pl_model_spec models[MODELS];
    pl_abilities found[MODELS];
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    pl_error err = {0};
    assert_non_null(f);
    PL_KIT_OK(pl__sim_pool_parse(pl__view(pool_json), &f->pool, &err), &err);
    const pl_sim_server_opts opts = {.pool = f->pool, .threads = 2};
    PL_KIT_OK(pl__sim_server_start(&opts, &f->server, &err), &err);
    (void)setenv("PEERLESS_TEST_KEY", "k", 1);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    pl__sim_server_stop(f->server);
    pl__sim_pool_free(f->pool);
    free(f);
    return 0;
}

static void point(fixture *f, const char *provider, const char *behind)
{
    (void)snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u%s", (unsigned)pl__sim_server_port(f->server), behind);
    f->urls[0] = f->url;
    for (uint32_t i = 0; i < MODELS; i++)
        f->models[i] = (pl_model_spec){.name = model_names[i],
                                       .provider = provider,
                                       .model = model_names[i],
                                       .endpoint = f->url,
                                       .image = {.max_side_px = 1000, .format = PL_IMAGE_PNG},
                                       .reach = {.base_urls = f->urls,
                                                 .n_base_urls = 1,
                                                 .api_key_env = "PEERLESS_TEST_KEY",
                                                 .concurrency = 4,
                                                 .timeout_connect_ms = 5000,
                                                 .timeout_first_byte_ms = 30000,
                                                 .timeout_total_ms = 30000}};
}

static void probe(fixture *f, const char *provider, const char *behind, bool deep)
{
    pl_error err = {0};
    point(f, provider, behind);
    const pl_probe_opts opts = {.models = f->models, .n_models = MODELS, .deep = deep};
    PL_KIT_OK(pl__probe(&opts, f->found, &err), &err);
}

/* One letter for each model: y, n or ?. */
static void check(const fixture *f, pl_ability ability, const char *want)
{
    char got[MODELS + 1] = "";
    for (uint32_t i = 0; i < MODELS; i++)
        got[i] = "?yn"[f->found[i].of[ability].state];
    for (uint32_t i = 0; i < MODELS && strcmp(got, want) != 0; i++)
        print_message("%s: %s: %s\n", pl__ability_name(ability), model_names[i], f->found[i].of[ability].why);
    assert_string_equal(got, want);
}

static void openai_is_seen_through(void **state)
{
    fixture *f = *state;
    probe(f, "openai", "/v1", false);
    check(f, PL_ABILITY_REACHABLE, "yyyy");
    check(f, PL_ABILITY_TEXT, "yyyy");
    check(f, PL_ABILITY_IMAGES, "ynyy");
    check(f, PL_ABILITY_SIGHT, "ynny");
    check(f, PL_ABILITY_IMAGE_SIDE, "ynyn");
    check(f, PL_ABILITY_LOGPROBS, "ynny");
    check(f, PL_ABILITY_N, "ynny");
    check(f, PL_ABILITY_REPEATABLE, "yyyy");
    check(f, PL_ABILITY_SEED, "??n?");
    check(f, PL_ABILITY_TEMPERATURE, "yyyn");
    check(f, PL_ABILITY_MAX_TOKENS, "yyyy");
    check(f, PL_ABILITY_MAX_COMPLETION_TOKENS, "yyyn");
    check(f, PL_ABILITY_CONTEXT, "y???");
    check(f, PL_ABILITY_REASONING, "nnyn");
    check(f, PL_ABILITY_PREFILL, "?ny?");
    check(f, PL_ABILITY_USAGE, "yyyn");
    assert_int_equal(f->found[0].of[PL_ABILITY_CONTEXT].amount, 4096);
    assert_int_equal(f->found[0].of[PL_ABILITY_IMAGE_SIDE].amount, 1000);
    assert_int_equal(f->found[3].of[PL_ABILITY_IMAGE_SIDE].amount, 250);
    assert_int_equal(f->found[3].top_logprobs_max, 5);
    assert_int_equal(f->found[0].top_logprobs_max, 0);
    assert_int_equal(f->found[0].calls, PL_PROBE_CALLS);
    assert_int_equal(f->found[0].requests, PL_PROBE_CALLS + 2); /* two look-ups */
}

static void anthropic_is_seen_through(void **state)
{
    fixture *f = *state;
    probe(f, "anthropic", "", false);
    check(f, PL_ABILITY_TEXT, "yyyy");
    check(f, PL_ABILITY_IMAGES, "ynyy");
    check(f, PL_ABILITY_SIGHT, "ynny");
    check(f, PL_ABILITY_IMAGE_SIDE, "ynyn");
    check(f, PL_ABILITY_LOGPROBS, "nnnn");
    check(f, PL_ABILITY_N, "nnnn");
    check(f, PL_ABILITY_SEED, "nnnn");
    check(f, PL_ABILITY_TEMPERATURE, "yyyn");
    check(f, PL_ABILITY_MAX_COMPLETION_TOKENS, "nnnn");
    check(f, PL_ABILITY_REASONING, "nnyn");
    check(f, PL_ABILITY_PREFILL, "?ny?");
    check(f, PL_ABILITY_USAGE, "yyyn");
}

static void gemini_is_seen_through(void **state)
{
    fixture *f = *state;
    probe(f, "gemini", "", false);
    check(f, PL_ABILITY_TEXT, "yyyy");
    check(f, PL_ABILITY_IMAGES, "ynyy");
    check(f, PL_ABILITY_SIGHT, "ynny");
    check(f, PL_ABILITY_LOGPROBS, "ynny");
    check(f, PL_ABILITY_N, "ynny");
    check(f, PL_ABILITY_SEED, "??n?");
    check(f, PL_ABILITY_TEMPERATURE, "yyyn");
    check(f, PL_ABILITY_REASONING, "nnyn");
    check(f, PL_ABILITY_USAGE, "yyyn");
    assert_int_equal(f->found[3].top_logprobs_max, 5);
}

static void long_prompts_are_sent_on_request_alone(void **state)
{
    fixture *f = *state;
    uint64_t tokens[2];
    for (unsigned deep = 0; deep < 2; deep++) {
        probe(f, "openai", "/v1", deep > 0);
        tokens[deep] = f->found[1].usage.input_tokens;
    }
    assert_true(tokens[0] < 1000);
    assert_true(tokens[1] > PL_PROBE_DEEP_TOKENS_MIN);
    assert_int_equal(f->found[0].of[PL_ABILITY_CONTEXT].amount, 4096); /* known: not tried */
    assert_true(f->found[0].usage.input_tokens < 1000);
}

static void who_is_not_there_holds_nobody_up(void **state)
{
    static const char *const nowhere[] = {"http://127.0.0.1:1/v1"};
    fixture *f = *state;
    pl_error err = {0};
    point(f, "openai", "/v1");
    f->models[1].reach.base_urls = nowhere;
    f->models[2].model = "nobody";
    const pl_probe_opts opts = {.models = f->models, .n_models = 3};
    PL_KIT_OK(pl__probe(&opts, f->found, &err), &err);
    assert_int_equal(f->found[0].of[PL_ABILITY_SIGHT].state, PL_ABILITY_YES);
    assert_int_equal(f->found[1].of[PL_ABILITY_REACHABLE].state, PL_ABILITY_NO);
    assert_true(f->found[1].requests <= PL_PROBE_ATTEMPTS_MAX);
    assert_int_equal(f->found[2].of[PL_ABILITY_REACHABLE].state, PL_ABILITY_NO);
    assert_int_equal(f->found[2].of[PL_ABILITY_IMAGES].state, PL_ABILITY_UNKNOWN);
    assert_int_equal(f->found[2].calls, 1);
}

static void a_missing_key_is_named(void **state)
{
    fixture *f = *state;
    pl_error err = {0};
    point(f, "anthropic", "");
    (void)unsetenv("PEERLESS_TEST_KEY");
    const pl_probe_opts opts = {.models = f->models, .n_models = MODELS};
    PL_KIT_STATUS(pl__probe(&opts, f->found, &err), PL_E_NOT_FOUND, &err);
    assert_non_null(strstr(err.msg, "PEERLESS_TEST_KEY"));
}

static void an_interrupt_ends_it(void **state)
{
    fixture *f = *state;
    atomic_int interrupt;
    pl_error err = {0};
    atomic_init(&interrupt, 1);
    point(f, "openai", "/v1");
    const pl_probe_opts opts = {.models = f->models, .n_models = MODELS, .interrupt = &interrupt};
    PL_KIT_STATUS(pl__probe(&opts, f->found, &err), PL_E_CANCELLED, &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(openai_is_seen_through, set_up, tear_down),
        cmocka_unit_test_setup_teardown(anthropic_is_seen_through, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gemini_is_seen_through, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_prompts_are_sent_on_request_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_not_there_holds_nobody_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_key_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_interrupt_ends_it, set_up, tear_down),
    };
    pl__json_use_alloc();
    pl__image_prepare();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
