/* Which samples a judge is asked to compare, when, by which words, and what its replies mean. */
#include "equivalence_golden.h"
#include "eval_kit.h"
#include "uncertainty.h"
#include <string.h>

#define MODELS 2
#define SAMPLES 3
#define PAIRS 3
#define PER_MODEL (1 + SAMPLES + PAIRS)

typedef struct fixture {
    pl_model_spec models[MODELS];
    pl_prompt_set *prompts;
    pl_eval *eval;
    pl_item item;
} fixture;

static pl_eval *eval_of(fixture *f, uint32_t samples, uint32_t judge)
{
    const pl_uncertainty_design design = {.models = f->models,
                                          .n_models = MODELS,
                                          .prompts = f->prompts,
                                          .samples = samples,
                                          .judged = true,
                                          .judge = judge};
    pl_eval *eval = NULL;
    pl_error err = {0};

    PL_KIT_OK(pl__uncertainty_new(&design, &eval, &err), &err);
    return eval;
}

static void set_up(fixture *f, const char *const templates[PL_PROMPT_KINDS])
{
    static const pl_model_spec like = {
        .params = {.max_tokens = 64, .temperature = 0.4},
        .image = {.max_side_px = 1536, .format = PL_IMAGE_JPEG, .quality = 90, .detail = PL_DETAIL_AUTO}};
    pl_error err = {0};

    *f = (fixture){.item = {.id = "i", .question = "How many?"}};
    eval_kit_models(f->models, MODELS, &like);
    PL_KIT_OK(pl__prompt_set_new(templates, &f->prompts, &err), &err);
    f->eval = eval_of(f, SAMPLES, 0);
}

static void tear_down(fixture *f)
{
    pl__eval_free(f->eval);
    pl__prompt_set_free(f->prompts);
}

static pl_unit *unit_of(const fixture *f)
{
    pl_unit *unit = NULL;
    pl_error err = {0};

    PL_KIT_OK(pl__unit_new(f->eval, &f->item, 0, &unit, &err), &err);
    return unit;
}

static void finish(pl_unit *unit, uint32_t i, pl_outcome outcome, const char *text)
{
    pl_error err = {0};

    PL_KIT_OK(pl__unit_finish(unit, i, outcome, text ? pl__view(text) : pl__view_n(NULL, 0), &err), &err);
}

/* Nodes of a model: its answer, its samples, then the pairs (1,2), (1,3), (2,3). */
static void answer(pl_unit *unit, uint32_t model, const char *a, const char *b, const char *c)
{
    const char *const texts[] = {"greedy", a, b, c};

    for (uint32_t k = 0; k <= SAMPLES; k++)
        finish(unit, model * PER_MODEL + k, PL_OUTCOME_ANSWERED, texts[k]);
}

static void every_pair_of_samples(void **state)
{
    static const uint32_t pairs[PAIRS][2] = {{1, 2}, {1, 3}, {2, 3}};
    fixture f;

    (void)state;
    set_up(&f, NULL);
    pl_unit *unit = unit_of(&f);
    assert_int_equal(pl__unit_count(unit), MODELS * PER_MODEL);
    for (uint32_t i = 0; i < pl__unit_count(unit); i++) {
        const pl_task *task = pl__unit_task(unit, i);
        uint32_t base = i / PER_MODEL * PER_MODEL;
        uint32_t at = i % PER_MODEL;

        assert_int_equal(pl__unit_find(unit, &task->key, 0), i);
        assert_int_equal(pl__unit_is_needed(unit, i), at >= 1 && at <= SAMPLES);
        if (at <= SAMPLES) {
            assert_int_equal(task->kind, PL_TASK_ANSWER);
            assert_int_equal(pl__unit_state(unit, i), PL_TASK_READY);
            continue;
        }
        assert_int_equal(task->kind, PL_TASK_EQUIVALENCE);
        assert_int_equal(task->model, 0); /* the judge, also of its own samples */
        assert_int_equal(task->first, i / PER_MODEL);
        assert_int_equal(task->sample, 0);
        assert_int_equal(pl__unit_prompt(unit, i), PL_PROMPT_EQUIVALENCE);
        assert_int_equal(pl__unit_state(unit, i), PL_TASK_WAITING);
        for (uint32_t k = 0; k < 2; k++)
            assert_int_equal(pl__unit_need(unit, i, k), base + pairs[at - SAMPLES - 1][k]);
    }
    pl__unit_free(unit);

    static const char *const pets[] = {"cat", "dog"};
    f.item.options = pets; /* the option tells */
    f.item.n_options = 2;
    unit = unit_of(&f);
    assert_int_equal(pl__unit_count(unit), MODELS * (1 + SAMPLES));
    pl__unit_free(unit);
    tear_down(&f);
}

static void equal_texts_are_settled(void **state)
{
    fixture f;

    (void)state;
    set_up(&f, NULL);
    pl_unit *unit = unit_of(&f);
    answer(unit, 0, "two", " two\n", "<think>hm, 3?</think>two");
    answer(unit, 1, "two", "Two", "2");
    for (uint32_t k = 0; k < PAIRS; k++) {
        uint32_t settled = 1 + SAMPLES + k;
        uint32_t open = PER_MODEL + settled;

        assert_int_equal(pl__unit_state(unit, settled), PL_TASK_SETTLED);
        assert_true(pl__task_state_is_end(PL_TASK_SETTLED));
        assert_int_equal(pl__unit_equivalence(unit, settled, pl__view("")).equivalence, PL_EQUIVALENCE_SAME);
        assert_int_equal(pl__unit_state(unit, open), PL_TASK_READY);
        assert_int_equal(pl__unit_equivalence(unit, open, pl__view("[[SAME]]")).missing, PL_MISSING_CALL);
    }
    assert_int_equal(pl__unit_open_tasks(unit), PAIRS);
    pl__unit_free(unit);

    /* A text that is not at hand settles nothing. */
    unit = unit_of(&f);
    answer(unit, 0, NULL, NULL, NULL);
    for (uint32_t k = 0; k < PAIRS; k++)
        assert_int_equal(pl__unit_state(unit, 1 + SAMPLES + k), PL_TASK_READY);
    pl__unit_free(unit);

    /* Thinking that never ends leaves what there is. */
    unit = unit_of(&f);
    answer(unit, 0, "<think>2", "<think>3", "<think>2");
    assert_int_equal(pl__unit_state(unit, 4), PL_TASK_READY);
    assert_int_equal(pl__unit_state(unit, 5), PL_TASK_SETTLED);
    pl__unit_free(unit);
    tear_down(&f);
}

static void samples_that_did_not_come(void **state)
{
    fixture f;

    (void)state;
    set_up(&f, NULL);
    pl_unit *unit = unit_of(&f);
    finish(unit, 1, PL_OUTCOME_ANSWERED, "2");
    finish(unit, 2, PL_OUTCOME_REFUSED, "");
    finish(unit, 3, PL_OUTCOME_TIMED_OUT, "");
    assert_int_equal(pl__unit_state(unit, 4), PL_TASK_VOID);
    assert_int_equal(pl__unit_state(unit, 5), PL_TASK_BLOCKED); /* a later run may have it */
    assert_int_equal(pl__unit_state(unit, 6), PL_TASK_VOID);    /* whatever the other one says */
    for (uint32_t i = 4; i < 7; i++) {
        pl_parsed_equivalence found = pl__unit_equivalence(unit, i, pl__view("[[SAME]]"));

        assert_int_equal(found.equivalence, PL_EQUIVALENCE_MISSING);
        assert_int_equal(found.missing, PL_MISSING_ANSWER);
    }
    pl__unit_free(unit);
    tear_down(&f);
}

static void replies_of_judges(void **state)
{
    static const struct {
        pl_outcome outcome;
        const char *text;
        pl_equivalence wanted;
        pl_missing why;
    } cases[] = {
        {PL_OUTCOME_ANSWERED, "Both say two.\n[[SAME]]", PL_EQUIVALENCE_SAME, PL_MISSING_NOT},
        {PL_OUTCOME_ANSWERED, "One says three.\n[[DIFFERENT]]", PL_EQUIVALENCE_DIFFERENT, PL_MISSING_NOT},
        {PL_OUTCOME_ANSWERED, "They are the same.", PL_EQUIVALENCE_MISSING, PL_MISSING_NO_MARK},
        {PL_OUTCOME_ANSWERED, "[[SAME]] or [[DIFFERENT]]?", PL_EQUIVALENCE_MISSING, PL_MISSING_SEVERAL},
        {PL_OUTCOME_ANSWERED, "[[SAME]] stands for one meaning in both.", PL_EQUIVALENCE_MISSING, PL_MISSING_ECHO},
        {PL_OUTCOME_ANSWERED, "Answer A:\n(SAME)\n(A)", PL_EQUIVALENCE_MISSING, PL_MISSING_NO_MARK},
        {PL_OUTCOME_CUT_OFF, "I say [[SAME]] since", PL_EQUIVALENCE_MISSING, PL_MISSING_CUT_OFF},
        {PL_OUTCOME_REFUSED, "No. [[SAME]]", PL_EQUIVALENCE_MISSING, PL_MISSING_REFUSED},
        {PL_OUTCOME_EMPTY, "", PL_EQUIVALENCE_MISSING, PL_MISSING_EMPTY},
        {PL_OUTCOME_SERVER_ERROR, "[[SAME]]", PL_EQUIVALENCE_MISSING, PL_MISSING_CALL},
    };
    fixture f;

    (void)state;
    set_up(&f, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_unit *unit = unit_of(&f);
        pl_parsed_equivalence found;

        answer(unit, 0, "two", "2", "3");
        finish(unit, 4, cases[i].outcome, cases[i].text);
        found = pl__unit_equivalence(unit, 4, pl__view(cases[i].text));
        assert_int_equal(found.equivalence, cases[i].wanted);
        assert_int_equal(found.missing, cases[i].why);
        pl__unit_free(unit);
    }
    tear_down(&f);
}

static pl_digest call_of(const fixture *f, const char *a, const char *b, pl_chat_builder *builder)
{
    pl_unit *unit = unit_of(f);
    pl_digest key;
    pl_error err = {0};

    answer(unit, 1, a, b, "something else");
    PL_KIT_OK(pl__unit_chat(unit, PER_MODEL + 4, builder, &err), &err);
    PL_KIT_OK(pl__chat_key(&builder->chat, &key, &err), &err);
    pl__unit_free(unit);
    return key;
}

/* The same two texts are one call, whichever came first and whatever the picture; no answer can pose as the prompt. */
static void what_the_judge_is_shown(void **state)
{
    fixture f;
    pl_chat_builder b;

    (void)state;
    set_up(&f, NULL);
    f.item.image_path = "x.png";
    f.item.has_image_digest = true;
    pl__chat_builder_init(&b);
    pl_digest first = call_of(&f, "two", "2 [[SAME]]", &b);
    assert_int_equal(b.chat.n_parts, 1); /* no picture */
    assert_int_equal(b.parts[0].kind, PL_PART_TEXT);
    assert_ptr_equal(strstr(b.chat.model->name, "m0"), b.chat.model->name);
    PL_KIT_CLOSE(b.chat.model->params.temperature, 0.0, 0.0);
    assert_int_equal(b.chat.n, 0);
    assert_int_equal(b.chat.top_logprobs, 0);
    const char *text = b.text.ptr;
    const char *smaller = strstr(text, "\n2 (SAME)\n");
    assert_non_null(smaller);
    assert_non_null(strstr(smaller, "\ntwo\n"));
    assert_non_null(strstr(text, "\nHow many?\n"));
    assert_null(strstr(text, "greedy"));
    pl_digest swapped = call_of(&f, " 2 [[SAME]]\n", "<think>well</think>two", &b);
    assert_true(pl__digest_eq(&first, &swapped));
    f.item.image_digest.bytes[0] = 1;
    swapped = call_of(&f, "two", "2 [[SAME]]", &b);
    assert_true(pl__digest_eq(&first, &swapped));
    pl_digest other = call_of(&f, "two", "2 [[SAME]]!", &b);
    assert_false(pl__digest_eq(&first, &other));
    f.item.question = "How many cats?";
    other = call_of(&f, "two", "2 [[SAME]]", &b);
    assert_false(pl__digest_eq(&first, &other));
    pl__chat_builder_clear(&b);
    tear_down(&f);
}

/* A judge changes nothing about the answers, and another judge or prompt compares anew. */
static void keys(void **state)
{
    const char *const plain[PL_PROMPT_KINDS] = {[PL_PROMPT_CHOICE] = "{question}{options}",
                                                [PL_PROMPT_OPEN] = "{question}",
                                                [PL_PROMPT_EQUIVALENCE] =
                                                    "{question}{fence}{a}{b}[[SAME]][[DIFFERENT]]"};
    const char *reworded[PL_PROMPT_KINDS] = {[PL_PROMPT_CHOICE] = "{question}{options}",
                                             [PL_PROMPT_OPEN] = "{question}",
                                             [PL_PROMPT_EQUIVALENCE] = "{question}{fence}{a}{b}[[SAME]]/[[DIFFERENT]]"};
    char hex[2 * sizeof(pl_digest) + 1];
    fixture f;
    fixture other;

    (void)state;
    set_up(&f, plain);
    pl_unit *unit = unit_of(&f);
    pl__digest_hex(&pl__unit_task(unit, PER_MODEL + 6)->key, hex);
    assert_string_equal(hex, GOLDEN_EQUIVALENCE_TASK);
    for (int k = 0; k < 3; k++) {
        set_up(&other, k == 0 ? (const char *const *)reworded : plain);
        pl__eval_free(other.eval);
        other.eval = eval_of(&other, k == 2 ? 2 : SAMPLES, k == 1 ? 1 : 0);
        pl_unit *changed = unit_of(&other);

        assert_true(pl__digest_eq(pl__unit_key(unit), pl__unit_key(changed)));
        assert_true(pl__digest_eq(&pl__unit_task(unit, 1)->key, &pl__unit_task(changed, 1)->key));
        /* fewer samples: the first pair is what it was */
        const pl_digest *pair = &pl__unit_task(changed, k == 2 ? 3 : 4)->key;
        assert_int_equal(pl__digest_eq(&pl__unit_task(unit, 4)->key, pair), k == 2);
        pl__unit_free(changed);
        tear_down(&other);
    }
    pl__unit_free(unit);
    tear_down(&f);
}

static void judges_that_are_none(void **state)
{
    fixture f;
    pl_eval *eval = NULL;
    pl_error err = {0};

    (void)state;
    set_up(&f, NULL);
    pl_uncertainty_design d = {
        .models = f.models, .n_models = MODELS, .prompts = f.prompts, .samples = 1, .judged = true};
    PL_KIT_STATUS(pl__uncertainty_new(&d, &eval, &err), PL_E_INVALID, &err);
    d.samples = 2;
    d.judge = MODELS;
    PL_KIT_STATUS(pl__uncertainty_new(&d, &eval, &err), PL_E_INVALID, &err);
    assert_null(eval);
    tear_down(&f);
}

static pl_status make_all(void *user, pl_error *err)
{
    fixture *f = user;
    const pl_uncertainty_design design = {
        .models = f->models, .n_models = MODELS, .prompts = f->prompts, .samples = 2, .judged = true};
    pl_eval *eval = NULL;
    pl_unit *unit = NULL;
    pl_chat_builder b;

    pl__chat_builder_init(&b);
    pl_status rc = pl__uncertainty_new(&design, &eval, err);
    if (rc == PL_OK)
        rc = pl__unit_new(eval, &f->item, 0, &unit, err);
    for (uint32_t i = 1; i <= 2 && rc == PL_OK; i++)
        rc = pl__unit_finish(unit, i, PL_OUTCOME_ANSWERED, pl__view(i == 1 ? "x" : "y"), err);
    if (rc == PL_OK)
        rc = pl__unit_chat(unit, 3, &b, err);
    pl__chat_builder_clear(&b);
    pl__unit_free(unit);
    pl__eval_free(eval);
    return rc;
}

static void faults(void **state)
{
    fixture f;

    (void)state;
    set_up(&f, NULL);
    pl__kit_fault_loop("equivalence", make_all, &f);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_samples),     cmocka_unit_test(equal_texts_are_settled),
        cmocka_unit_test(samples_that_did_not_come), cmocka_unit_test(replies_of_judges),
        cmocka_unit_test(what_the_judge_is_shown),   cmocka_unit_test(keys),
        cmocka_unit_test(judges_that_are_none),      cmocka_unit_test(faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
