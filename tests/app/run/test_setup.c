/* What depends on the items: who asks, who judges, and mixtures that must be spelled out. */
#include "kit.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pl_status set_up(const char *dir, const char *items, const char *evaluation, pl_config **config,
                        pl_setup **setup, pl_error *err)
{
    char yaml[2048];
    char *path = pl__kit_write_text(dir, "items.jsonl", items);
    pl_str problems;

    free(path);
    (void)snprintf(yaml, sizeof(yaml),
                   "version: 1\ndata: {items: items.jsonl}\nmodels:\n"
                   "  - {name: a, provider: openai, model: a, base_url: \"http://127.0.0.1:9/v1\"}\n"
                   "  - {name: b, provider: openai, model: b, base_url: \"http://127.0.0.1:9/v1\"}\n"
                   "  - {name: c, provider: openai, model: c, base_url: \"http://127.0.0.1:9/v1\"}\n%s\n",
                   evaluation);
    path = pl__kit_write_text(dir, "peerless.yaml", yaml);
    pl__str_init(&problems, 65536);
    PL_KIT_OK(pl__config_load(path, config, &problems, err), err);
    pl__str_clear(&problems);
    free(path);
    return pl__setup_new(*config, setup, err);
}

static void check(const char *items, const char *evaluation, pl_status wanted, bool generated, bool judges_all,
                  const char *words)
{
    char *dir = pl__kit_temp_new();
    pl_config *config = NULL;
    pl_setup *setup = NULL;
    pl_error err = {0};
    pl_status rc = set_up(dir, items, evaluation, &config, &setup, &err);

    PL_KIT_STATUS(rc, wanted, &err);
    if (rc == PL_OK) {
        assert_int_equal(setup->generated, generated);
        assert_int_equal(setup->judges_all, judges_all);
    } else {
        assert_null(setup);
        assert_non_null(strstr(err.msg, words));
    }
    pl__setup_free(setup);
    pl__config_free(config);
    pl__kit_temp_free(dir);
}

#define WITH_QUESTION "{\"id\":\"1\",\"image\":\"x.jpg\",\"question\":\"Why?\"}\n"
#define WITHOUT "{\"id\":\"2\",\"image\":\"y.jpg\"}\n"
#define TEXT_ONLY "{\"id\":\"3\",\"question\":\"How?\"}\n"

static void defaults_follow_the_items(void **state)
{
    (void)state;
    check(WITHOUT, "", PL_OK, true, false, NULL);
    check(WITH_QUESTION TEXT_ONLY, "", PL_OK, false, true, NULL);
    check(WITHOUT, "evaluations: {peer_review: {judges: all}}", PL_OK, true, true, NULL);
    check(WITH_QUESTION WITHOUT, "evaluations: {peer_review: {questions: generated}}", PL_OK, true, false, NULL);
}

static void what_cannot_be_is_refused_in_words(void **state)
{
    (void)state;
    check(WITH_QUESTION WITHOUT, "", PL_E_INVALID, false, false, "1 of 2 items have a question");
    check(WITHOUT TEXT_ONLY, "evaluations: {peer_review: {questions: generated}}", PL_E_INVALID, false, false,
          "no image");
    check(WITHOUT, "evaluations: {peer_review: {questions: given}}", PL_E_INVALID, false, false, "no question");
    check(TEXT_ONLY, "evaluations: {peer_review: {judges: author}}", PL_E_INVALID, false, false, "no author");
    check(TEXT_ONLY, "evaluations: {peer_review: {criteria: [visual]}}", PL_E_INVALID, false, false, "visual");
}

#define CHOICE "{\"id\":\"4\",\"question\":\"Which?\",\"options\":[\"cat\",\"dog\"]}\n"
#define CHOICE2 "{\"id\":\"6\",\"question\":\"Which?\",\"options\":[\"a cow\",\"a dog\"],\"image\":\"x.jpg\"}\n"
#define AMBIGUOUS "{\"id\":\"5\",\"question\":\"Which?\",\"options\":[\"B\",\"dog\"]}\n"

static void own_answers_need_questions(void **state)
{
    (void)state;
    check(TEXT_ONLY CHOICE WITH_QUESTION, "evaluations: {uncertainty: {}}", PL_OK, false, false, NULL);
    check(TEXT_ONLY CHOICE, "evaluations: {uncertainty: {}, peer_review: {}}", PL_OK, false, true, NULL);
    check(CHOICE WITHOUT, "evaluations: {uncertainty: {}}", PL_E_INVALID, false, false, "item 2 has no question");
    check(CHOICE AMBIGUOUS, "evaluations: {uncertainty: {}}", PL_E_INVALID, false, false, "by the letter B");
    check(AMBIGUOUS, "", PL_OK, false, true, NULL); /* nobody is asked for a letter */
    check(CHOICE, "evaluations: {uncertainty: {prompts: .}}", PL_E_NOT_FOUND, false, false,
          "choice.txt, open.txt, equivalence.txt");
}

static void plans_count_every_call(void **state)
{
    char *dir = pl__kit_temp_new();
    pl_config *config = NULL;
    pl_setup *setup = NULL;
    pl_plan plan = {0};
    pl_error err = {0};

    (void)state;
    PL_KIT_OK(set_up(dir, WITH_QUESTION TEXT_ONLY, "", &config, &setup, &err), &err);
    PL_KIT_OK(pl__plan_new(setup, &plan, &err), &err);
    /* 3 answers each; 3 pairs x 1 judge x 2 orders x (2 criteria with an image, 1 without) */
    assert_int_equal(plan.total, 2 * 3 + 3 * 2 * 2 + 3 * 2 * 1);
    assert_int_equal(plan.tasks_per_item[0], 3 + 6);
    assert_int_equal(plan.tasks_per_item[1], 3 + 12);
    pl__plan_clear(&plan);
    pl__setup_free(setup);
    pl__config_free(config);
    pl__kit_temp_free(dir);
}

/* Of open items alone, at most: samples that are the same text need no comparison. */
static void plans_count_comparisons(void **state)
{
    char *dir = pl__kit_temp_new();
    pl_config *config = NULL;
    pl_setup *setup = NULL;
    pl_plan plan = {0};
    pl_estimate estimate = {0};
    pl_str records[2];
    pl_error err = {0};

    (void)state;
    PL_KIT_OK(set_up(dir, TEXT_ONLY CHOICE WITH_QUESTION CHOICE2,
                     "evaluations: {uncertainty: {samples: 4, equivalence: judge, judge: b}}", &config, &setup, &err),
              &err);
    PL_KIT_OK(pl__plan_new(setup, &plan, &err), &err);
    /* 3 models with 5 answers to 4 items; of 2 items 3 x 6 pairs */
    assert_int_equal(plan.total, 3 * 5 * 4 + 2 * 3 * 6);
    for (uint32_t m = 0; m < 3; m++) {
        assert_int_equal(plan.calls[m][PL_TASK_ANSWER - 1], 5 * 4);
        assert_int_equal(plan.calls[m][PL_TASK_EQUIVALENCE - 1], m == 1 ? 2 * 3 * 6 : 0);
    }
    assert_int_equal(plan.tasks_per_item[0], 3 * 5 + 3 * 6); /* open */
    assert_int_equal(plan.tasks_per_item[1], 3 * 5 + 3 * 6); /* with an image */
    assert_int_equal(plan.tasks_per_item[2], 3 * 5);         /* with options */
    assert_int_equal(plan.tasks_per_item[3], 3 * 5);
    PL_KIT_OK(pl__estimate_new(setup, NULL, &estimate, &err), &err);
    const pl_stage_estimate *stage = &estimate.models[1].stages[PL_TASK_EQUIVALENCE - 1];
    assert_int_equal(stage->calls, 2 * 3 * 6);
    assert_true(stage->input_low > 0 && stage->input_high > stage->input_low);
    assert_true(stage->output_low > 0 && stage->output_high > stage->output_low);
    assert_int_equal(estimate.tasks, plan.total);
    for (size_t i = 0; i < 2; i++)
        pl__str_init(&records[i], PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__setup_record(setup, &records[0], &records[1], &err), &err);
    assert_non_null(strstr(records[0].ptr, "\"judge\":\"b\""));
    assert_non_null(strstr(records[1].ptr, "\"equivalence\":"));
    for (size_t i = 0; i < 2; i++)
        pl__str_clear(&records[i]);
    pl__estimate_clear(&estimate);
    pl__plan_clear(&plan);
    pl__setup_free(setup);
    pl__config_free(config);
    pl__kit_temp_free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_follow_the_items),  cmocka_unit_test(what_cannot_be_is_refused_in_words),
        cmocka_unit_test(own_answers_need_questions), cmocka_unit_test(plans_count_every_call),
        cmocka_unit_test(plans_count_comparisons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
