#include "kit.h"

#include "fixture.h"
#include "json.h"

static void fixtures_decode_as_they_say(void **state)
{
    (void)state;
    fixtures_run("openai", 110);
}

static void any_cut_decodes_the_same(void **state)
{
    (void)state;
    fixtures_run_cut("openai", 110);
}

static void survives_refusals(void **state)
{
    static const char *const names[] = {"ok_openai.http",         "ok_parts.http",      "refused_part.http",
                                        "ok_vllm_reasoning.http", "rate_ms.http",       "garbled_html.http",
                                        "aborted_sglang.http",    "error_in_200.http",  "logprobs_bytes.http",
                                        "logprobs_nul.http",      "samples_three.http", "think_logprobs.http"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        fixture_refuse_memory("openai", names[i]);
}

static void cut_replies_are_garbled(void **state)
{
    (void)state;
    fixture_cut("openai", "ok_openai.http");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixtures_decode_as_they_say),
        cmocka_unit_test(cut_replies_are_garbled),
        cmocka_unit_test(any_cut_decodes_the_same),
        cmocka_unit_test(survives_refusals),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
