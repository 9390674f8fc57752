#include "sim_kit.h"

#include <string.h>

enum { RED = 0, GREEN = 1, BLUE = 2 };

/* A red circle in the middle, a green star to its left, a large blue square farther left, a red star below. */
static const pl_sim_layout scene = {
    .n = 4,
    .objects = {{.colour = RED, .shape = PL_SIM_CIRCLE, .x = 0.5, .y = 0.5, .area = 0.004},
                {.colour = GREEN, .shape = PL_SIM_STAR, .x = 0.3, .y = 0.5, .area = 0.004},
                {.colour = BLUE, .shape = PL_SIM_SQUARE, .size = PL_SIM_LARGE, .x = 0.1, .y = 0.5, .area = 0.02},
                {.colour = RED, .shape = PL_SIM_STAR, .x = 0.5, .y = 0.8, .area = 0.004}},
};

static void says(const char *text, const char *wanted)
{
    pl_sim_question q;
    char answer[PL_SIM_ANSWER_BYTES];
    if (!pl__sim_question_parse(pl__view(text), &q))
        fail_msg("not understood: %s", text);
    (void)pl__sim_question_answer(&q, &scene, false, answer);
    if (strcmp(answer, wanted) != 0)
        fail_msg("%s: \"%s\", wanted \"%s\"", text, answer, wanted);
}

static void each_kind_is_answered_from_the_layout(void **state)
{
    (void)state;
    says("How many objects are there?", "4");
    says("How many red objects are there?", "2");
    says("how many STARS can you see in the image", "2");
    says("How many large red stars are there?", "0");
    says("Is there a red star?", "yes");
    says("Is there an orange star?", "no");
    says("Are there any blue squares?", "yes");
    says("Which colour is the largest object?", "blue");
    says("What color is the biggest star?", "green");
    says("What shape is the largest object?", "square");
    says("What shape is the green one?", "star");
    says("What is left of the red circle?", "green star");
    says("What is to the left of the green star?", "blue square");
    says("What is right of the blue square?", "green star");
    says("What is above the red star?", "red circle");
    says("What is below the red circle?", "red star");
    says("What is above the blue square?", "nothing");
    says("What is left of the purple star?", "none");
    says("Are there more stars or more circles?", "stars");
    says("Are there more green objects or red objects?", "red objects");
    says("Are there more squares than circles?", "equal");
    says("Which colour is the largest triangle?", "none");
}

static void other_sentences_are_not_understood(void **state)
{
    static const char *const others[] = {"",
                                         "What is the meaning of this?",
                                         "How many sheep are there?",
                                         "is there",
                                         "What shape is it?",
                                         "Which colour do you like?"};
    pl_sim_question q;
    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(pl__sim_question_parse(pl__view(others[i]), &q));
    assert_false(pl__sim_question_find(pl__view("How many sheep? No stars here."), &q));
    assert_true(pl__sim_question_find(pl__view("Hello. How many sheep? How many stars are there? Thanks."), &q));
    assert_int_equal(q.noun.shape, PL_SIM_STAR);
}

static void strictness_refuses_what_is_open(void **state)
{
    char answer[PL_SIM_ANSWER_BYTES];
    pl_sim_question q;
    (void)state;
    static const char *const open[] = {"What color is the biggest star?", "What shape is the red object?",
                                       "What is left of the red object?", "Are there more squares than circles?",
                                       "What is above the blue square?",  "What is left of the purple star?"};
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        assert_true(pl__sim_question_parse(pl__view(open[i]), &q));
        assert_false(pl__sim_question_answer(&q, &scene, true, answer));
    }
    assert_true(pl__sim_question_parse(pl__view("What is left of the red circle?"), &q));
    assert_true(pl__sim_question_answer(&q, &scene, true, answer));
    /* A second neighbour that is hardly farther, or one at the sector's edge, makes the question open. */
    pl_sim_layout crowded = scene;
    crowded.objects[crowded.n++] =
        (pl_sim_object){.colour = GREEN, .shape = PL_SIM_CIRCLE, .x = 0.29, .y = 0.4, .area = 0.004};
    assert_false(pl__sim_question_answer(&q, &crowded, true, answer));
    crowded.objects[crowded.n - 1].x = 0.42;
    assert_false(pl__sim_question_answer(&q, &crowded, true, answer));
}

static void made_up_questions_are_understood_again(void **state)
{
    (void)state;
    for (uint32_t k = 0; k < PL_SIM_QUESTION_KINDS; k++) {
        for (uint64_t i = 0; i < 50; i++) {
            pl_rng rng;
            pl_sim_question q;
            pl_sim_question again;
            char text[PL_SIM_QUESTION_BYTES];
            char text_again[PL_SIM_QUESTION_BYTES];
            pl__rng_init(&rng, pl__kit_seed(), "question", i);
            if (!pl__sim_question_pick((pl_sim_question_kind)k, &scene, i % 2 == 0, &rng, &q))
                continue;
            pl__sim_question_write(&q, text);
            assert_true(pl__sim_question_parse(pl__view(text), &again));
            pl__sim_question_write(&again, text_again);
            assert_string_equal(text, text_again);
        }
    }
    pl_rng rng;
    pl_sim_question q;
    const pl_sim_layout empty = {.n = 0};
    pl__rng_init(&rng, 1, "question", 0);
    assert_false(pl__sim_question_pick(PL_SIM_ASK_COUNT, &empty, false, &rng, &q));
}

static void same(const char *a, const char *b)
{
    char x[PL_SIM_ANSWER_BYTES];
    char y[PL_SIM_ANSWER_BYTES];
    pl__sim_answer_normalise(pl__view(a), x);
    pl__sim_answer_normalise(pl__view(b), y);
    assert_string_equal(x, y);
}

static void answers_compare_by_meaning(void **state)
{
    char out[PL_SIM_ANSWER_BYTES];
    char long_text[9000];
    (void)state;
    same("Three.", "3");
    same("a red Star", "red stars");
    same("The objects", "object");
    same("", "  ...");
    memset(long_text, 'x', sizeof(long_text));
    pl__sim_answer_normalise(pl__view_n(long_text, sizeof(long_text)), out);
    assert_true(strlen(out) < PL_SIM_ANSWER_BYTES);
    for (size_t i = 0; i < sizeof(long_text); i += 2)
        long_text[i] = ' ';
    pl__sim_answer_normalise(pl__view_n(long_text, sizeof(long_text)), out);
    assert_true(strlen(out) < PL_SIM_ANSWER_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_answered_from_the_layout),
        cmocka_unit_test(other_sentences_are_not_understood),
        cmocka_unit_test(strictness_refuses_what_is_open),
        cmocka_unit_test(made_up_questions_are_understood_again),
        cmocka_unit_test(answers_compare_by_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
