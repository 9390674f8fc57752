/* What is asked of whom about an item, and how two evaluations stand side by side. */
#include "eval_kit.h"
#include "peer_review.h"
#include "uncertainty.h"
#include <string.h>

#define MODELS 3

typedef struct fixture {
    pl_model_spec models[MODELS];
    pl_prompt_set *prompts;
    pl_eval *eval;
    pl_item item;
} fixture;

static const char *const pets[] = {"cat", "dog\nor wolf"};
static const char *const others[] = {"cat", "cow"};

static pl_eval *eval_of(fixture *f, uint32_t samples, uint32_t top_logprobs)
{
    const pl_uncertainty_design design = {.models = f->models,
                                          .n_models = MODELS,
                                          .prompts = f->prompts,
                                          .samples = samples,
                                          .top_logprobs = top_logprobs};
    pl_eval *eval = NULL;
    pl_error err = {0};

    PL_KIT_OK(pl__uncertainty_new(&design, &eval, &err), &err);
    return eval;
}

static void set_up(fixture *f, uint32_t samples, const char *const templates[PL_PROMPT_KINDS])
{
    static const pl_model_spec like = {.params = {.max_tokens = 64, .temperature = 0.4}};
    pl_error err = {0};

    *f = (fixture){.item = {.id = "i", .question = "Which pet?", .options = pets, .n_options = 2}};
    eval_kit_models(f->models, MODELS, &like);
    PL_KIT_OK(pl__prompt_set_new(templates, &f->prompts, &err), &err);
    f->eval = eval_of(f, samples, 20);
}

static void tear_down(fixture *f)
{
    pl__eval_free(f->eval);
    pl__prompt_set_free(f->prompts);
}

static pl_unit *unit_of(const pl_eval *eval, const pl_item *item, uint32_t index)
{
    pl_unit *unit = NULL;
    pl_error err = {0};

    PL_KIT_OK(pl__unit_new(eval, item, index, &unit, &err), &err);
    return unit;
}

static void one_call_greedily_and_samples_in_one_request(void **state)
{
    fixture f;
    pl_chat_builder b;
    pl_error err = {0};
    pl_digest keys[2];

    (void)state;
    set_up(&f, 3, NULL);
    assert_int_equal(pl__eval_kind(f.eval), PL_EVAL_UNCERTAINTY);
    assert_int_equal(pl__eval_units_per_item(f.eval), 1);
    pl_unit *unit = unit_of(f.eval, &f.item, 0);
    assert_int_equal(pl__unit_kind(unit), PL_EVAL_UNCERTAINTY);
    assert_int_equal(pl__unit_count(unit), MODELS * 4);
    assert_int_equal(pl__unit_author(unit), PL_INDEX_NONE);
    pl__chat_builder_init(&b);
    for (uint32_t i = 0; i < pl__unit_count(unit); i++) {
        const pl_task *task = pl__unit_task(unit, i);

        assert_int_equal(task->kind, PL_TASK_ANSWER);
        assert_int_equal(task->model, i / 4);
        assert_int_equal(task->sample, i % 4);
        assert_int_equal(pl__unit_state(unit, i), PL_TASK_READY);
        assert_int_equal(pl__unit_find(unit, &task->key, 0), i); /* every task has a key of its own */
        assert_int_equal(pl__unit_prompt(unit, i), PL_PROMPT_CHOICE);
        PL_KIT_OK(pl__unit_chat(unit, i, &b, &err), &err);
        assert_int_equal(b.chat.n, task->sample > 0 ? 3 : 0);
        assert_int_equal(b.chat.top_logprobs, task->sample > 0 ? 0 : 20);
        assert_int_equal(b.chat.sample, 0);
        PL_KIT_CLOSE(b.chat.model->params.temperature, task->sample > 0 ? 0.7 : 0.0, 0.0);
        if (task->sample > 0) {
            PL_KIT_OK(pl__chat_key(&b.chat, &keys[task->sample > 1], &err), &err);
            assert_true(task->sample == 1 || pl__digest_eq(&keys[0], &keys[1])); /* they can share one call */
        }
    }
    assert_int_equal(b.chat.n_parts, 1);
    assert_non_null(strstr(b.chat.parts[0].text.ptr, "Question:\nWhich pet?\n\nOptions:\nA. cat\nB. dog or wolf\n\n"));
    pl__chat_builder_clear(&b);
    pl__unit_free(unit);
    tear_down(&f);
}

static void open_questions_and_images(void **state)
{
    fixture f;
    pl_chat_builder b;
    pl_error err = {0};
    const char *templates[PL_PROMPT_KINDS] = {[PL_PROMPT_OPEN] = "Say: {question} {options}"};

    (void)state;
    set_up(&f, 0, templates);
    f.item.n_options = 0;
    f.item.image_path = "x.png";
    f.item.has_image_digest = true;
    pl_unit *unit = unit_of(f.eval, &f.item, 0);
    assert_int_equal(pl__unit_count(unit), MODELS);
    assert_int_equal(pl__unit_prompt(unit, 0), PL_PROMPT_OPEN);
    pl__chat_builder_init(&b);
    PL_KIT_OK(pl__unit_chat(unit, 1, &b, &err), &err);
    assert_int_equal(b.chat.n_parts, 2);
    assert_int_equal(b.parts[0].kind, PL_PART_IMAGE);
    assert_true(pl__view_eq_str(b.parts[1].text, "Say: Which pet? {options}"));
    pl__chat_builder_clear(&b);
    pl__unit_free(unit);
    tear_down(&f);
}

/* What changes an answer changes the key, and nothing else does. */
static void keys(void **state)
{
    fixture f;
    fixture other;
    const char *templates[PL_PROMPT_KINDS] = {[PL_PROMPT_CHOICE] = "{question} {options}"};
    const char *reviews[PL_PROMPT_KINDS] = {[PL_PROMPT_ANSWER] = "{question}"};

    (void)state;
    set_up(&f, 1, NULL);
    pl_unit *unit = unit_of(f.eval, &f.item, 0);
    pl_digest first = pl__unit_task(unit, 0)->key;
    pl_digest sample = pl__unit_task(unit, 1)->key;
    pl_digest key = *pl__unit_key(unit);
    pl__unit_free(unit);
    for (int k = 0; k < 4; k++) {
        set_up(&other, 1, k == 0 ? templates : k == 1 ? reviews : NULL);
        if (k == 2) { /* other log-probabilities are another answer, but the same sample */
            pl__eval_free(other.eval);
            other.eval = eval_of(&other, 2, 5);
        }
        if (k == 3)
            other.item.options = others;
        unit = unit_of(other.eval, &other.item, 0);
        assert_int_equal(pl__digest_eq(&pl__unit_task(unit, 0)->key, &first), k == 1);
        assert_int_equal(pl__digest_eq(&pl__unit_task(unit, 1)->key, &sample), k == 1 || k == 2);
        assert_int_equal(pl__digest_eq(pl__unit_key(unit), &key), k == 1 || k == 2);
        pl__unit_free(unit);
        tear_down(&other);
    }
    tear_down(&f);
}

static void items_that_cannot_be_asked(void **state)
{
    static const char *const letters[] = {"B", "cat"}; /* both would go by B */
    static const char *const own[] = {"B", "A"};
    pl_item item = {.id = "i", .question = "Q?"};
    pl_error err = {0};

    (void)state;
    PL_KIT_OK(pl__uncertainty_check(&item, &err), &err);
    item.options = own;
    item.n_options = 2;
    PL_KIT_OK(pl__uncertainty_check(&item, &err), &err);
    item.options = letters;
    PL_KIT_STATUS(pl__uncertainty_check(&item, &err), PL_E_INVALID, &err);
    assert_non_null(strstr(err.msg, "letter B"));
    item.n_options = 1;
    PL_KIT_STATUS(pl__uncertainty_check(&item, &err), PL_E_INVALID, &err);
    item.question = NULL;
    PL_KIT_STATUS(pl__uncertainty_check(&item, &err), PL_E_INVALID, &err);
}

static void designs_that_are_none(void **state)
{
    fixture f;
    pl_eval *eval = NULL;
    pl_error err = {0};

    (void)state;
    set_up(&f, 0, NULL);
    pl_uncertainty_design d = {.models = f.models, .n_models = 0, .prompts = f.prompts};
    PL_KIT_STATUS(pl__uncertainty_new(&d, &eval, &err), PL_E_INVALID, &err);
    d.n_models = 1;
    d.samples = PL_UNCERTAINTY_SAMPLES_MAX + 1;
    PL_KIT_STATUS(pl__uncertainty_new(&d, &eval, &err), PL_E_INVALID, &err);
    tear_down(&f);
}

static void two_evaluations_as_one(void **state)
{
    fixture f;
    pl_eval *review = NULL;
    pl_eval *both = NULL;
    pl_error err = {0};

    (void)state;
    set_up(&f, 0, NULL);
    pl_peer_review_design design = {
        .models = f.models, .n_models = MODELS, .prompts = f.prompts, .judges_all = true, .criteria = {true}};
    PL_KIT_OK(pl__peer_review_new(&design, &review, &err), &err);
    pl_unit *alone = unit_of(review, &f.item, 0);
    PL_KIT_OK(pl__eval_join(review, f.eval, &both, &err), &err);
    assert_int_equal(pl__eval_kind(both), PL_EVAL_BOTH);
    assert_int_equal(pl__eval_units_per_item(both), 2);
    for (uint32_t i = 0; i < 2; i++) {
        pl_unit *unit = unit_of(both, &f.item, i);

        assert_int_equal(pl__unit_kind(unit), i == 0 ? PL_EVAL_PEER_REVIEW : PL_EVAL_UNCERTAINTY);
        assert_int_equal(pl__digest_eq(pl__unit_key(unit), pl__unit_key(alone)), i == 0);
        pl__unit_free(unit);
    }
    pl_unit *none = NULL;
    PL_KIT_STATUS(pl__unit_new(both, &f.item, 2, &none, &err), PL_E_INVALID, &err);
    pl__unit_free(alone);
    f.eval = both;
    tear_down(&f);
}

static pl_status make_all(void *user, pl_error *err)
{
    fixture *f = user;
    const pl_uncertainty_design design = {
        .models = f->models, .n_models = MODELS, .prompts = f->prompts, .samples = 2, .top_logprobs = 5};
    pl_eval *eval = NULL;
    pl_unit *unit = NULL;
    pl_chat_builder b;

    pl__chat_builder_init(&b);
    pl_status rc = pl__uncertainty_new(&design, &eval, err);
    if (rc == PL_OK)
        rc = pl__unit_new(eval, &f->item, 0, &unit, err);
    if (rc == PL_OK)
        rc = pl__unit_chat(unit, 1, &b, err);
    pl__chat_builder_clear(&b);
    pl__unit_free(unit);
    pl__eval_free(eval);
    return rc;
}

static void faults(void **state)
{
    fixture f;

    (void)state;
    set_up(&f, 0, NULL);
    pl__kit_fault_loop("uncertainty", make_all, &f);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_call_greedily_and_samples_in_one_request),
        cmocka_unit_test(open_questions_and_images),
        cmocka_unit_test(keys),
        cmocka_unit_test(items_that_cannot_be_asked),
        cmocka_unit_test(designs_that_are_none),
        cmocka_unit_test(two_evaluations_as_one),
        cmocka_unit_test(faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
