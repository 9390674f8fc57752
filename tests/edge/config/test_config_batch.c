/* limits: {batch: true}, and where it cannot be. */
#include "config.h"
#include "kit.h"

#include <stdlib.h>
#include <string.h>

#define POOL                                                                                                           \
    "version: 1\ndata: {images: x}\nmodels:\n"                                                                         \
    "  - {name: a, provider: openai, model: m, limits: {batch: true}}\n"                                               \
    "  - {name: b, provider: anthropic, model: m, limits: {batch: true}}\n"

/* The first problem, or "" if there is none; free() it. */
static char *problem_of(const char *text, bool batched[3])
{
    pl_config *config = NULL;
    pl_error err = {0};
    pl_str problems;

    pl__str_init(&problems, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__config_parse("p.yaml", pl__view(text), &config, &problems, &err);
    for (uint32_t i = 0; rc == PL_OK && i < 3; i++)
        batched[i] = config->models[i].reach.batch;
    char *copy = strdup(pl__str_c(&problems));
    assert_non_null(copy);
    pl__str_clear(&problems);
    pl__config_free(config);
    return copy;
}

static void batches_are_wished_for_model_by_model(void **state)
{
    bool batched[3] = {false, false, true};

    (void)state;
    char *problem = problem_of(POOL "  - {name: c, provider: gemini, model: m}\n", batched);
    assert_string_equal(problem, "");
    assert_true(batched[0] && batched[1] && !batched[2]);
    free(problem);
}

static void refused(const char *text, const char *words)
{
    bool batched[3];
    char *problem = problem_of(text, batched);

    if (!strstr(problem, words))
        fail_msg("problems:\n%swanted: %s", problem, words);
    free(problem);
}

static void batches_need_a_provider_and_one_address(void **state)
{
    (void)state;
    refused(POOL "  - {name: c, provider: gemini, model: m, limits: {batch: true}}\n", "openai and anthropic alone");
    refused(POOL "  - {name: c, provider: openai, model: m, base_urls: ['http://h/v1', 'http://i/v1'], "
                 "limits: {batch: true}}\n",
            "needs one base_url");
    refused(POOL "  - {name: c, provider: openai, model: m, base_url: 'http://h/v1', api_version: v1, "
                 "limits: {batch: true}}\n",
            "api_version cannot stand together");
    refused(POOL "  - {name: c, provider: openai, model: m, limits: {batch: 2}}\n", "limits.batch");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_are_wished_for_model_by_model),
        cmocka_unit_test(batches_need_a_provider_and_one_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
