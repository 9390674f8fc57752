#include "kit.h"

#include "fixture.h"
#include "json.h"

static void fixtures_decode_as_they_say(void **state)
{
    (void)state;
    fixtures_run("anthropic", 30);
}

static void any_cut_decodes_the_same(void **state)
{
    (void)state;
    fixtures_run_cut("anthropic", 30);
}

static void survives_refusals(void **state)
{
    static const char *const names[] = {"ok.http",       "ok_thinking.http",  "refused.http",
                                        "rate_429.http", "garbled_list.http", "think_left.http"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        fixture_refuse_memory("anthropic", names[i]);
}

static void cut_replies_are_garbled(void **state)
{
    (void)state;
    fixture_cut("anthropic", "ok.http");
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
