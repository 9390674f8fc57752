#include "sim_kit.h"

#include "answer.h"
#include "verdict.h"

#include <stdio.h>
#include <string.h>

#define REQUESTS 1000u
#define QUESTION "How many stars are there?"
/* The judge sees one star: the second answer is right. */
#define WRONG "I see 1 object: a small red star in the centre. It took me a while to be sure of that.\n[[2]]"
#define RIGHT "The picture shows 1 object: a small red star in the centre.\n[[1]]"

static const pl_sim_layout one_star = {.n = 1, .objects = {{.shape = PL_SIM_STAR, .x = 0.5, .y = 0.5, .area = 0.004}}};

static char name[] = "m";

static pl_sim_model model_with(pl_sim_vices vices)
{
    return (pl_sim_model){.name = name, .family = name, .eyes = {.resolution_px = 64}, .vices = vices};
}

static uint32_t count_verdicts(pl_sim_vices vices, const char *first, const char *second, char wanted)
{
    pl_sim_model model = model_with(vices);
    pl_sim_sight sight;
    uint32_t n = 0;
    kit_certain(&one_star, &sight);
    for (uint64_t key = 0; key < REQUESTS; key++)
        n += kit_verdict(&model, &sight, PL_PROMPT_JUDGE_CORRECTNESS, QUESTION, first, second, key) == wanted ? 1u : 0u;
    return n;
}

static void without_vices_nothing_varies(void **state)
{
    (void)state;
    assert_int_equal(count_verdicts((pl_sim_vices){0}, WRONG, RIGHT, 'B'), REQUESTS);
    assert_int_equal(count_verdicts((pl_sim_vices){0}, RIGHT, WRONG, 'A'), REQUESTS);
}

/* Rates are met within four standard deviations of a binomial count (at most 64 of 1000). */
static void judges_prefer_what_their_vice_prefers(void **state)
{
    const pl_sim_vices first = {.position_bias = 0.4};
    const pl_sim_vices last = {.position_bias = -0.4};
    const pl_sim_vices length = {.verbosity_preference = 0.3};
    const pl_sim_vices family = {.family_preference = 0.6};
    (void)state;
    assert_in_range(count_verdicts(first, WRONG, RIGHT, 'A'), 336, 464);
    assert_int_equal(count_verdicts(first, RIGHT, WRONG, 'A'), REQUESTS);
    assert_in_range(count_verdicts(last, RIGHT, WRONG, 'B'), 336, 464);
    assert_in_range(count_verdicts(length, WRONG, RIGHT, 'A'), 236, 364);
    assert_in_range(count_verdicts(length, RIGHT, WRONG, 'B'), 236, 364);
    assert_in_range(count_verdicts(family, WRONG, RIGHT, 'A'), 536, 664); /* style 0 opens with "I see" */
    assert_int_equal(count_verdicts(family, WRONG, WRONG, 'C'), REQUESTS);
}

static void malformed_verdicts_come_in_three_kinds(void **state)
{
    pl_sim_model model = model_with((pl_sim_vices){.malformed_verdicts = 0.5});
    pl_sim_sight sight;
    pl_str prompt;
    uint32_t missing[PL_MISSING_COUNT] = {0};
    (void)state;
    kit_certain(&one_star, &sight);
    kit_prompt(PL_PROMPT_JUDGE_VISUAL, QUESTION, RIGHT, WRONG, &prompt);
    pl_view instruction = pl__prompt_set_instruction(kit_prompts(), PL_PROMPT_JUDGE_VISUAL);
    for (uint64_t key = 0; key < REQUESTS; key++) {
        pl_sim_speech speech;
        kit_speak(&model, &sight, kit_view(&prompt), key, &speech);
        missing[pl__verdict_parse(kit_view(&speech.text), instruction, false).missing]++;
        pl__sim_speech_clear(&speech);
    }
    pl__str_clear(&prompt);
    assert_in_range(missing[PL_MISSING_NOT], 436, 564);
    assert_in_range(missing[PL_MISSING_NO_MARK], 110, 224);
    assert_in_range(missing[PL_MISSING_SEVERAL], 110, 224);
    assert_in_range(missing[PL_MISSING_ECHO], 110, 224);
}

static void refusals_and_fillers_are_as_frequent_as_told(void **state)
{
    pl_sim_model model = model_with((pl_sim_vices){.refusals = 0.2});
    pl_sim_model talker = model_with((pl_sim_vices){.verbose_style = 1.0});
    pl_sim_model plain = model_with((pl_sim_vices){0});
    pl_sim_sight sight;
    pl_str prompt;
    uint32_t refused = 0;
    pl_sim_speech a;
    pl_sim_speech b;
    (void)state;
    kit_certain(&one_star, &sight);
    kit_prompt(PL_PROMPT_ANSWER, QUESTION, NULL, NULL, &prompt);
    for (uint64_t key = 0; key < REQUESTS; key++) {
        kit_speak(&model, &sight, kit_view(&prompt), key, &a);
        refused += a.refused ? 1u : 0u;
        pl__sim_speech_clear(&a);
    }
    assert_in_range(refused, 149, 251);
    kit_speak(&plain, &sight, kit_view(&prompt), 0, &a);
    kit_speak(&talker, &sight, kit_view(&prompt), 0, &b);
    assert_true(pl__count_words(kit_view(&b.text)) > pl__count_words(kit_view(&a.text)) + 50);
    assert_true(pl__view_eq(pl__answer_final(kit_view(&a.text)), pl__answer_final(kit_view(&b.text))));
    pl__sim_speech_clear(&a);
    pl__sim_speech_clear(&b);
    pl__str_clear(&prompt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_vices_nothing_varies),
        cmocka_unit_test(judges_prefer_what_their_vice_prefers),
        cmocka_unit_test(malformed_verdicts_come_in_three_kinds),
        cmocka_unit_test(refusals_and_fillers_are_as_frequent_as_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
