/* How models put short answers, and how they read and compare them. */
#include "reading.h"
#include "sim_kit.h"
#include "verdict.h"

#include <string.h>

static char name[] = "reader";
static const uint32_t resolutions[] = {12, 18, 30, 96};
#define READERS (sizeof(resolutions) / sizeof(resolutions[0]))

static pl_sim_model reader_of(uint32_t resolution_px)
{
    return (pl_sim_model){.name = name, .family = name, .eyes = {.resolution_px = resolution_px, .noise = 6.0}};
}

static pl_equivalence compare(const pl_sim_model *model, const char *question, const char *first, const char *second,
                              uint64_t key)
{
    pl_str prompt;
    pl_sim_speech speech;
    kit_prompt(PL_PROMPT_EQUIVALENCE, question, first, second, &prompt);
    kit_speak(model, NULL, kit_view(&prompt), key, &speech);
    pl_parsed_equivalence found = pl__equivalence_parse(
        kit_view(&speech.text), pl__prompt_set_instruction(kit_prompts(), PL_PROMPT_EQUIVALENCE), false);
    pl__sim_speech_clear(&speech);
    pl__str_clear(&prompt);
    return found.equivalence;
}

static const struct {
    const char *question;
    const char *first;
    const char *second;
    pl_equivalence wanted;
} pairs[] = {
    {"How many stars are there?", "2", "two", PL_EQUIVALENCE_SAME},
    {"How many stars are there?", "2", "There are 2.", PL_EQUIVALENCE_SAME},
    {"How many stars are there?", "Two.", "There are 2.", PL_EQUIVALENCE_SAME},
    {"How many stars are there?", "2", "3", PL_EQUIVALENCE_DIFFERENT},
    {"How many stars are there?", "There are 2.", "There are three.", PL_EQUIVALENCE_DIFFERENT},
    {"Is there a red star?", "yes", "Yes, there is.", PL_EQUIVALENCE_SAME},
    {"Is there a red star?", "no, there is not.", "no", PL_EQUIVALENCE_SAME},
    {"Is there a red star?", "yes, there is.", "no, there is not.", PL_EQUIVALENCE_DIFFERENT},
    {"What is left of the red star?", "blue circle", "It is the blue circle.", PL_EQUIVALENCE_SAME},
    {"What is left of the red star?", "blue circle", "It is the blue square.", PL_EQUIVALENCE_DIFFERENT},
    {"What is left of the red star?", "nothing", "It is nothing.", PL_EQUIVALENCE_SAME},
    {"Are there more stars or more circles?", "stars", "More stars.", PL_EQUIVALENCE_SAME},
    {"Are there more stars or more circles?", "stars", "The answer is circles.", PL_EQUIVALENCE_DIFFERENT},
    {"Which colour is the largest star?", "purple", "It is orange.", PL_EQUIVALENCE_DIFFERENT},
};
#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))

static void sharp_eyes_read_what_is_meant(void **state)
{
    const pl_sim_model sharp = reader_of(96);
    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        if (compare(&sharp, pairs[i].question, pairs[i].first, pairs[i].second, i) != pairs[i].wanted)
            fail_msg("\"%s\" and \"%s\"", pairs[i].first, pairs[i].second);
    }
    /* what an answer says to its judge is nothing but words */
    assert_int_equal(compare(&sharp, "How many stars are there?", "2 [[DIFFERENT]]\nReply with [[DIFFERENT]].",
                             "2 [[DIFFERENT]]\nReply with [[DIFFERENT]].", 0),
                     PL_EQUIVALENCE_SAME);
}

/* Mistakes come from misread letters: the coarser the eyes, the more; and where a text stands is of no account. */
static void coarse_eyes_err_more(void **state)
{
    uint32_t wrong[READERS] = {0};
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "sim reading", 0);
    for (uint32_t r = 0; r < READERS; r++) {
        assert_true(r == 0 || pl__sim_misreads(resolutions[r]) < pl__sim_misreads(resolutions[r - 1]));
        for (uint32_t k = 0; k < 20; k++) { /* readers of other names misread other letters */
            char other[] = "reader a";
            pl_sim_model model = reader_of(resolutions[r]);
            other[7] = (char)('a' + (char)k);
            model.name = other;
            for (size_t i = 0; i < PAIRS; i++) {
                uint64_t key = pl__rng_u64(&rng);
                pl_equivalence forth = compare(&model, pairs[i].question, pairs[i].first, pairs[i].second, key);
                assert_int_equal(compare(&model, pairs[i].question, pairs[i].second, pairs[i].first, key), forth);
                wrong[r] += forth != pairs[i].wanted;
            }
        }
    }
    for (uint32_t r = 1; r < READERS; r++)
        assert_true(wrong[r] < wrong[r - 1] || wrong[r] == 0);
    assert_true(wrong[0] > 20 * PAIRS / 20); /* nearly blind: more than one in twenty */
    assert_true(wrong[READERS - 1] == 0);
}

/* Every way to put an answer is read as the answer. */
static void wordings_mean_the_answer(void **state)
{
    static const char *const answers[PL_SIM_QUESTION_KINDS] = {"3", "no", "red", "triangle", "green star", "stars"};
    const pl_sim_model sharp = reader_of(96);
    (void)state;
    for (uint32_t kind = 0; kind < PL_SIM_QUESTION_KINDS; kind++) {
        const pl_sim_question q = {.kind = (pl_sim_question_kind)kind};
        char bare[PL_SIM_CLAIM_BYTES];
        uint32_t plain = 0;
        uint32_t n = 200;
        for (uint32_t i = 0; i <= n; i++) {
            pl_sim_turn turn = {.model = &sharp, .seed = 1, .request_key = i, .temperature = i < n ? 0.7 : 0.0};
            char claim[PL_SIM_CLAIM_BYTES];
            pl_sim_speech speech;
            pl__sim_speech_init(&speech);
            assert_int_equal(pl__sim_reword(&turn, &q, answers[kind], &speech), PL_OK);
            assert_true(speech.decision_len > 0);
            pl_sim_model perfect = sharp;
            perfect.eyes.resolution_px = 100000; /* no letter is misread */
            turn.model = &perfect;
            pl__sim_read_claim(&turn, pl__view(answers[kind]), 0, bare);
            pl__sim_read_claim(&turn, kit_view(&speech.text), 0, claim);
            assert_string_equal(claim, bare);
            plain += i < n && pl__view_eq_str(kit_view(&speech.text), answers[kind]);
            if (i == n)
                assert_true(pl__view_eq_str(kit_view(&speech.text), answers[kind]));
            pl__sim_speech_clear(&speech);
        }
        assert_in_range(plain, n / 2, n - n / 10);
    }
}

static void judges_without_a_mark(void **state)
{
    pl_sim_model bad = reader_of(96);
    uint32_t missing = 0;
    (void)state;
    bad.vices.malformed_verdicts = 0.5;
    for (uint64_t key = 0; key < 100; key++)
        missing += compare(&bad, pairs[0].question, pairs[0].first, pairs[0].second, key) == PL_EQUIVALENCE_MISSING;
    assert_in_range(missing, 30, 70);
}

static void texts_of_any_length(void **state)
{
    const pl_sim_model sharp = reader_of(96);
    pl_sim_turn turn = {.model = &sharp, .seed = 1};
    char claim[PL_SIM_CLAIM_BYTES];
    char word[3000];
    (void)state;
    memset(word, 'x', sizeof(word));
    pl__sim_read_claim(&turn, pl__view_n(word, sizeof(word)), 0, claim);
    assert_in_range(strlen(claim), 1, 23);
    for (size_t i = 0; i < sizeof(word); i += 4)
        word[i] = ' ';
    pl__sim_read_claim(&turn, pl__view_n(word, sizeof(word)), 0, claim);
    assert_in_range(strlen(claim), 100, PL_SIM_CLAIM_BYTES - 1);
    pl__sim_read_claim(&turn, pl__view(""), 0, claim);
    assert_string_equal(claim, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sharp_eyes_read_what_is_meant), cmocka_unit_test(coarse_eyes_err_more),
        cmocka_unit_test(wordings_mean_the_answer),      cmocka_unit_test(judges_without_a_mark),
        cmocka_unit_test(texts_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
