#include "kit.h"

#include "report.h"

#include <string.h>

static pl_model_spec specs[] = {{.name = "cat"}, {.name = "dog"}};
static const pl_config config = {.models = specs, .n_models = 2};

static void expect_after(const pl_run_earlier *earlier, const pl_run_model *models, const char *wanted)
{
    pl_run_model copies[2];
    pl_run_summary s = {.state = PL_RUN_COMPLETE,
                        .run_id = 3,
                        .tasks_total = 9,
                        .tasks_ended = 9,
                        .calls = 8,
                        .attempts = 20,
                        .reused = 1,
                        .elapsed_ns = 2500000000,
                        .earlier = *earlier,
                        .n_models = 2,
                        .models = copies};
    pl_error err = {0};
    pl_str out;
    memcpy(copies, models, sizeof(copies));
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__report_run(&s, &config, &out, &err), &err);
    assert_string_equal(pl__str_c(&out), wanted);
    pl__str_clear(&out);
}

static void expect(const pl_run_model *models, const char *wanted)
{
    static const pl_run_earlier none;

    expect_after(&none, models, wanted);
}

#define HEAD                                                                                                           \
    "run 3 complete: every task ended in a response\n"                                                                 \
    "9 of 9 tasks have a response; 8 calls now (20 requests), 1 reused, 2.5 s\n"

#define BROKEN                                                                                                         \
    "an earlier command was broken off: what it had stored is among the reused, and in the cost in the store\n"

static void smooth_runs_say_nothing_of_flow(void **state)
{
    static const pl_run_model models[2] = {{.attempts_most = 1, .throttled_ns = 999999999, .concurrency = 16}};
    (void)state;
    expect(models, HEAD);
}

static void retries_are_shown_by_their_reason(void **state)
{
    static const pl_run_model models[2] = {{.attempts_most = 4,
                                            .retries = {[PL_OUTCOME_RATE_LIMITED] = 9, [PL_OUTCOME_SERVER_ERROR] = 3},
                                            .throttled_ns = UINT64_C(41520000000),
                                            .concurrency = 16,
                                            .concurrency_end = 5},
                                           {.attempts_most = 1,
                                            .throttled_ns = UINT64_C(3000000000),
                                            .breaker_openings = 2,
                                            .concurrency = 8,
                                            .concurrency_end = 8}};
    (void)state;
    expect(models,
           HEAD "  cat: 12 requests sent again (9 rate limited, 3 server error), at most 4 for a call; held back "
                "41.5 s; concurrency 5 of 16 at the end\n"
                "  dog: held back 3.0 s; concurrency 8 of 8 at the end; 2 times a server did not serve\n");
}

static void earlier_commands_are_added_up(void **state)
{
    static const pl_run_model models[2];
    static const pl_run_earlier one = {.commands = 1, .calls = 100, .attempts = 130, .elapsed_ms = 60000};
    static const pl_run_earlier two = {
        .commands = 2, .calls = 100, .attempts = 130, .elapsed_ms = 60000, .broken_off = true};
    static const pl_run_earlier killed = {.broken_off = true};

    (void)state;
    expect_after(&one, models, HEAD "with 1 earlier command: 108 calls (150 requests), 62.5 s\n");
    expect_after(&two, models, HEAD "with 2 earlier commands: 108 calls (150 requests), 62.5 s\n" BROKEN);
    expect_after(&killed, models, HEAD BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(earlier_commands_are_added_up),
        cmocka_unit_test(smooth_runs_say_nothing_of_flow),
        cmocka_unit_test(retries_are_shown_by_their_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
