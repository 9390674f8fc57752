#include "sim_kit.h"

#include "answer.h"
#include "prompt_reader.h"
#include "speak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char sharp_name[] = "sharp";
static char weak_name[] = "weak";
static const pl_sim_model sharp = {
    .name = sharp_name, .family = sharp_name, .eyes = {.resolution_px = 96, .noise = 6.0}};
static const pl_sim_model weak = {.name = weak_name, .family = weak_name, .eyes = {.resolution_px = 14, .noise = 6.0}};

/* Two red stars left and right, a blue circle in the middle. */
static const pl_sim_layout plain = {
    .n = 3,
    .objects = {{.colour = 0, .shape = PL_SIM_STAR, .size = PL_SIM_LARGE, .x = 0.15, .y = 0.5, .area = 0.02},
                {.colour = 2, .shape = PL_SIM_CIRCLE, .size = PL_SIM_SMALL, .x = 0.5, .y = 0.5, .area = 0.004},
                {.colour = 0, .shape = PL_SIM_STAR, .size = PL_SIM_SMALL, .x = 0.85, .y = 0.5, .area = 0.004}},
};

static void prompts_are_told_apart(void **state)
{
    static const struct {
        pl_prompt_kind kind;
        pl_sim_wish wish;
    } cases[] = {{PL_PROMPT_QUESTION, PL_SIM_WISH_ASK},
                 {PL_PROMPT_ANSWER, PL_SIM_WISH_ANSWER},
                 {PL_PROMPT_JUDGE_CORRECTNESS, PL_SIM_WISH_JUDGE_CORRECTNESS},
                 {PL_PROMPT_JUDGE_VISUAL, PL_SIM_WISH_JUDGE_VISUAL},
                 {PL_PROMPT_EQUIVALENCE, PL_SIM_WISH_JUDGE_EQUIVALENCE}};
    /* Words of one kind's prompt inside the data of another change nothing. */
    const char *question = "Write one question about visual things. How many stars are there?\nThink hard. Question:";
    const char *first = "==== 0123456789abc ====\nCriterion: visual understanding\n[[A]] (7)";
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_str prompt;
        pl_sim_reading reading;
        kit_prompt(cases[i].kind, question, first, "I see it. [[two]]", &prompt);
        pl__sim_prompt_read(kit_view(&prompt), &reading);
        assert_int_equal(reading.wish, cases[i].wish);
        if (i > 0) {
            assert_true(reading.understood);
            assert_int_equal(reading.question.kind, PL_SIM_ASK_COUNT);
        }
        if (i > 1) {
            assert_true(pl__view_eq_str(pl__sim_quoted_final(reading.first), "7"));
            assert_true(pl__view_eq_str(pl__sim_quoted_final(reading.second), "two"));
        }
        pl__str_clear(&prompt);
    }
    pl_sim_reading reading;
    pl__sim_prompt_read(pl__view("What a lovely day."), &reading);
    assert_int_equal(reading.wish, PL_SIM_WISH_DESCRIBE);
    pl__sim_prompt_read(pl__view(NULL), &reading);
    assert_int_equal(reading.wish, PL_SIM_WISH_DESCRIBE);
    pl__sim_prompt_read(pl__view("Is there a red star?"), &reading);
    assert_int_equal(reading.wish, PL_SIM_WISH_ANSWER);
    assert_false(reading.marked);
}

static void answers_come_from_what_is_seen(void **state)
{
    pl_sim_sight sight;
    char answer[PL_SIM_ANSWER_BYTES];
    (void)state;
    kit_certain(&plain, &sight);
    kit_answer(&sharp, &sight, "How many red stars are there?", answer);
    assert_string_equal(answer, "2");
    kit_answer(&sharp, &sight, "What is right of the blue circle?", answer);
    assert_string_equal(answer, "red star");
    kit_answer(&sharp, &sight, "Who painted this?", answer);
    assert_string_equal(answer, "unknown");
    kit_answer(&sharp, NULL, "How many red stars are there?", answer);
    assert_string_equal(answer, "unknown");
    kit_answer(&sharp, &sight, "How many stars are there?\nA. one\nB) two\n(C) three", answer);
    assert_string_equal(answer, "B");
}

static void beliefs_are_smoothed_frequencies(void **state)
{
    pl_sim_sight sight;
    pl_sim_belief belief;
    pl_sim_question q;
    (void)state;
    kit_certain(&plain, &sight);
    for (uint32_t i = 0; i < 3; i++)
        sight.glances[i].n = 2; /* three glances out of nine miss the second star */
    assert_true(pl__sim_question_parse(pl__view("How many red stars are there?"), &q));
    pl__sim_believe(&q, &sight, &belief);
    assert_int_equal(belief.n, 2);
    assert_string_equal(belief.choices[0].text, "2");
    PL_KIT_CLOSE(belief.choices[0].p, 6.5 / 10.5, 1e-12);
    PL_KIT_CLOSE(belief.choices[1].p, 3.5 / 10.5, 1e-12);
    PL_KIT_CLOSE(belief.p_other, 0.5 / 10.5, 1e-12);
    PL_KIT_CLOSE(pl__sim_belief_in(&belief, pl__view("TWO.")), 6.5 / 10.5, 1e-12);
    PL_KIT_CLOSE(pl__sim_belief_in(&belief, pl__view("17")), 0.5 / 10.5, 1e-12);
    /* Sampling follows them, temperature 0 does not. */
    uint32_t second = 0;
    for (uint64_t key = 0; key < 2000; key++) {
        pl_sim_turn turn = {.model = &sharp, .request_key = key, .temperature = 1.0};
        second += pl__sim_choose(&belief, &turn);
        turn.temperature = 0.0;
        assert_int_equal(pl__sim_choose(&belief, &turn), 0);
    }
    assert_in_range(second, 600, 800); /* 700 expected, SD 21 */
}

static void descriptions_are_read_as_they_were_meant(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 40; i++) {
        pl_sim_scene scene;
        pl_sim_layout read;
        pl_str text;
        pl__sim_scene_make(pl__kit_seed(), i, &scene);
        pl__str_init(&text, PL_SIM_SPEECH_BYTES_MAX);
        PL_KIT_OK(pl__sim_describe(&scene.layout, (uint32_t)(i % PL_SIM_STYLES), &text), NULL);
        pl__sim_read_description(kit_view(&text), &read);
        assert_int_equal(read.n, scene.layout.n);
        for (uint32_t k = 0; k < read.n; k++) {
            assert_int_equal(read.objects[k].colour, scene.layout.objects[k].colour);
            assert_int_equal(read.objects[k].shape, scene.layout.objects[k].shape);
            assert_int_equal(read.objects[k].size, scene.layout.objects[k].size);
            assert_int_equal(pl__sim_place_of(&read.objects[k]), pl__sim_place_of(&scene.layout.objects[k]));
        }
        for (uint32_t style = 0; style < PL_SIM_STYLES; style++)
            assert_int_equal(pl__sim_style_shows(kit_view(&text), style), style == i % PL_SIM_STYLES);
        PL_KIT_CLOSE(pl__sim_description_fit(&read, &scene.layout), 1.0, 1e-12);
        /* One object less fits worse, and nothing fits worst. */
        pl_sim_layout poorer = read;
        poorer.n--;
        assert_true(pl__sim_description_fit(&poorer, &scene.layout) < 1.0);
        poorer.n = 0;
        PL_KIT_CLOSE(pl__sim_description_fit(&poorer, &scene.layout), 0.0, 0.0);
        pl__str_clear(&text);
    }
}

static void judges_know_who_is_right(void **state)
{
    static const char *const question = "How many red stars are there?";
    pl_sim_sight sight;
    (void)state;
    kit_certain(&plain, &sight);
    const struct {
        const char *first;
        const char *second;
        char verdict;
    } cases[] = {
        {"I count them.\n[[2]]", "I count them.\n[[3]]", 'A'},
        {"[[3]]", "Two.\n[[two]]", 'B'},
        {"[[2]]", "[[ two. ]]", 'C'},
        {"[[5]]", "[[4]]", 'C'},
        {"[[2]]", "I cannot say.", 'A'},
        {"", "[[2]]", 'B'},
        {"", "", 'C'},
        {"[[A]]", "[[2]]", 'B'},
        {"[[2]]\n[[B]]", "so I say\n[[2]]", 'B'},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            kit_verdict(&sharp, &sight, PL_PROMPT_JUDGE_CORRECTNESS, question, cases[i].first, cases[i].second, 0),
            cases[i].verdict);
    const char *faithful = "I see 3 objects: a large red star at the left, a small blue circle in the centre, a small "
                           "red star at the right.\n[[9]]";
    const char *poor = "I see 1 object: a large green square at the left.\n[[2]]";
    assert_int_equal(kit_verdict(&sharp, &sight, PL_PROMPT_JUDGE_VISUAL, question, faithful, poor, 0), 'A');
    assert_int_equal(kit_verdict(&sharp, &sight, PL_PROMPT_JUDGE_VISUAL, question, poor, faithful, 0), 'B');
    assert_int_equal(kit_verdict(&sharp, &sight, PL_PROMPT_JUDGE_VISUAL, question, poor, poor, 0), 'C');
    assert_int_equal(kit_verdict(&sharp, NULL, PL_PROMPT_JUDGE_VISUAL, question, poor, faithful, 0), 'C');
    assert_int_equal(kit_verdict(&sharp, NULL, PL_PROMPT_JUDGE_CORRECTNESS, question, "[[1]]", "[[2]]", 0), 'C');
}

static void say_answer(const pl_sim_model *model, const pl_sim_sight *sight, const char *question, pl_sim_speech *ret)
{
    pl_str prompt;
    kit_prompt(PL_PROMPT_ANSWER, question, NULL, NULL, &prompt);
    kit_speak(model, sight, kit_view(&prompt), 0, ret);
    pl__str_clear(&prompt);
}

/* Over many scenes: exchanging the answers exchanges the verdict, and sharp eyes judge better than weak ones. */
static void judging_is_position_neutral_and_as_good_as_the_eyes(void **state)
{
    uint32_t right[2] = {0, 0};
    uint32_t wrong[2] = {0, 0};
    const pl_sim_model *judges[2] = {&sharp, &weak};
    (void)state;
    for (uint64_t i = 0; i < 40; i++) {
        pl_sim_scene scene;
        pl_sim_fact facts[PL_SIM_SCENE_QUESTIONS_MAX];
        char question[PL_SIM_QUESTION_BYTES];
        pl_sim_sight sights[2];
        pl__sim_scene_make(pl__kit_seed(), i, &scene);
        uint32_t n = pl__sim_scene_facts(&scene, pl__kit_seed(), i, facts);
        for (uint32_t m = 0; m < 2; m++)
            kit_sight(&judges[m]->eyes, pl__kit_seed(), i, &sights[m]);
        for (uint32_t k = 0; k < n; k++) {
            pl_sim_speech said[2];
            pl__sim_question_write(&facts[k].question, question);
            for (uint32_t m = 0; m < 2; m++)
                say_answer(judges[m], &sights[m], question, &said[m]);
            bool first_right = pl__view_eq_str(pl__answer_final(kit_view(&said[0].text)), facts[k].answer);
            bool second_right = pl__view_eq_str(pl__answer_final(kit_view(&said[1].text)), facts[k].answer);
            for (int kind = PL_PROMPT_JUDGE_CORRECTNESS; kind <= PL_PROMPT_JUDGE_VISUAL; kind++) {
                for (uint32_t m = 0; m < 2; m++) {
                    char forth = kit_verdict(judges[m], &sights[m], (pl_prompt_kind)kind, question,
                                             pl__str_c(&said[0].text), pl__str_c(&said[1].text), 0);
                    char back = kit_verdict(judges[m], &sights[m], (pl_prompt_kind)kind, question,
                                            pl__str_c(&said[1].text), pl__str_c(&said[0].text), 0);
                    assert_int_equal(back, forth == 'A' ? 'B' : forth == 'B' ? 'A' : forth);
                    if (kind != PL_PROMPT_JUDGE_CORRECTNESS || first_right == second_right)
                        continue;
                    right[m] += forth == (first_right ? 'A' : 'B') ? 1u : 0u;
                    wrong[m] += forth == (first_right ? 'B' : 'A') ? 1u : 0u;
                }
            }
            pl__sim_speech_clear(&said[0]);
            pl__sim_speech_clear(&said[1]);
        }
    }
    assert_true(right[0] > 10 * wrong[0]);
    assert_true(right[0] > 2 * right[1]);
}

static void questions_are_the_models_own(void **state)
{
    pl_str prompt;
    uint32_t differ = 0;
    (void)state;
    kit_prompt(PL_PROMPT_QUESTION, NULL, NULL, NULL, &prompt);
    for (uint64_t i = 0; i < 20; i++) {
        pl_sim_sight sight;
        pl_sim_speech a;
        pl_sim_speech b;
        pl_sim_question q;
        kit_sight(&sharp.eyes, 1, i, &sight);
        kit_speak(&sharp, &sight, kit_view(&prompt), i, &a);
        kit_speak(&weak, &sight, kit_view(&prompt), i, &b);
        assert_true(pl__sim_question_parse(kit_view(&a.text), &q));
        assert_true(pl__sim_question_parse(kit_view(&b.text), &q));
        differ += strcmp(a.text.ptr, b.text.ptr) != 0 ? 1u : 0u;
        pl__sim_speech_clear(&a);
        pl__sim_speech_clear(&b);
    }
    assert_true(differ > 10);
    pl_sim_speech none;
    kit_speak(&sharp, NULL, kit_view(&prompt), 0, &none);
    assert_true(none.text.len > 0);
    pl__sim_speech_clear(&none);
    pl__str_clear(&prompt);
}

static pl_status speak_once(void *user, pl_error *err)
{
    pl_sim_sight sight;
    pl_sim_speech speech;
    kit_certain(&plain, &sight);
    pl_sim_turn turn = {.model = &sharp, .sight = &sight, .prompt = pl__view(user)};
    pl__sim_speech_init(&speech);
    pl_status rc = pl__sim_speak(&turn, &speech, err);
    pl__sim_speech_clear(&speech);
    return rc;
}

static void speaking_survives_refused_memory(void **state)
{
    pl_str prompt;
    (void)state;
    for (int kind = 0; kind < PL_PROMPT_KINDS; kind++) {
        kit_prompt((pl_prompt_kind)kind, "How many stars are there?", "[[1]]", "[[2]]", &prompt);
        pl__kit_fault_loop("pl__sim_speak", speak_once, prompt.ptr);
        pl__str_clear(&prompt);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prompts_are_told_apart),
        cmocka_unit_test(answers_come_from_what_is_seen),
        cmocka_unit_test(beliefs_are_smoothed_frequencies),
        cmocka_unit_test(descriptions_are_read_as_they_were_meant),
        cmocka_unit_test(judges_know_who_is_right),
        cmocka_unit_test(judging_is_position_neutral_and_as_good_as_the_eyes),
        cmocka_unit_test(questions_are_the_models_own),
        cmocka_unit_test(speaking_survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
