/* An adaptive design: the item says which of its comparisons are asked, and nothing else is asked for them. */
#include "alloc.h"
#include "eval_kit.h"
#include "peer_review.h"

#define MODELS 5u

typedef struct fixture {
    pl_model_spec models[MODELS];
    pl_prompt_set *prompts;
    pl_eval *eval;
    pl_triple *triples;
    size_t n_triples;
} fixture;

static void set_up(fixture *f, bool generated, bool judges_all, bool adaptive)
{
    static const pl_model_spec like = {.params = {.max_tokens = 9}};
    pl_peer_review_design design = {.n_models = MODELS,
                                    .generated = generated,
                                    .judges_all = judges_all,
                                    .adaptive = adaptive,
                                    .criteria = {true, false}};
    pl_error err = {0};

    *f = (fixture){0};
    eval_kit_models(f->models, MODELS, &like);
    f->prompts = eval_kit_prompts();
    design.models = f->models;
    design.prompts = f->prompts;
    PL_KIT_OK(pl__peer_review_new(&design, &f->eval, &err), &err);
    PL_KIT_OK(pl__peer_review_triples(f->eval, &f->triples, &f->n_triples, &err), &err);
}

static void tear_down(fixture *f)
{
    pl__free(f->triples);
    pl__eval_free(f->eval);
    pl__prompt_set_free(f->prompts);
}

static pl_item item_with(const uint32_t *chosen, size_t n)
{
    return (pl_item){
        .id = "i", .image_path = "x", .question = "What?", .has_image_digest = true, .chosen = chosen, .n_chosen = n};
}

static bool has_judgment(const pl_unit *unit, const pl_triple *t)
{
    size_t n = 0;

    for (uint32_t i = 0; i < pl__unit_count(unit); i++) {
        const pl_task *task = pl__unit_task(unit, i);

        if (task->kind != PL_TASK_JUDGMENT || task->model != t->judge)
            continue;
        n += task->first == t->low && task->second == t->high;
        n += task->first == t->high && task->second == t->low;
    }
    assert_true(n == 0 || n == 2);
    return n == 2;
}

static size_t count_kind(const pl_unit *unit, pl_task_kind kind)
{
    size_t n = 0;

    for (uint32_t i = 0; i < pl__unit_count(unit); i++)
        n += pl__unit_task(unit, i)->kind == kind;
    return n;
}

/* Each number stands for the comparison that the list has at its place, and is asked in both orders. */
static void numbers_are_places_in_the_list(void **state)
{
    static const struct {
        bool generated;
        bool judges_all;
        size_t triples;
    } cases[] = {{true, false, 30}, {true, true, 90}, {false, true, 30}};

    (void)state;
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        fixture f;
        pl_error err = {0};

        set_up(&f, cases[c].generated, cases[c].judges_all, true);
        assert_int_equal(f.n_triples, cases[c].triples);
        for (uint32_t t = 0; t < f.n_triples; t++) {
            pl_item item = item_with(&t, 1);

            for (uint32_t u = 0; u < pl__eval_units_per_item(f.eval); u++) {
                pl_unit *unit = NULL;
                bool mine = f.triples[t].unit == u;

                PL_KIT_OK(pl__unit_new(f.eval, &item, u, &unit, &err), &err);
                assert_int_equal(has_judgment(unit, &f.triples[t]), mine);
                assert_int_equal(count_kind(unit, PL_TASK_JUDGMENT), mine ? 2 : 0);
                /* and nothing is asked that nobody judges */
                assert_int_equal(count_kind(unit, PL_TASK_ANSWER), mine ? 2 : 0);
                assert_int_equal(count_kind(unit, PL_TASK_QUESTION), mine && cases[c].generated ? 1 : 0);
                pl__unit_free(unit);
            }
        }
        tear_down(&f);
    }
}

/* All of them together are a full design, task by task. */
static void all_chosen_is_everything(void **state)
{
    uint32_t all[128];
    fixture f;
    fixture full;
    pl_error err = {0};
    pl_item item = item_with(all, 0);

    (void)state;
    set_up(&f, true, true, true);
    set_up(&full, true, true, false);
    for (uint32_t t = 0; t < f.n_triples; t++)
        all[t] = t;
    item.n_chosen = f.n_triples;
    for (uint32_t u = 0; u < MODELS; u++) {
        pl_unit *x = NULL;
        pl_unit *y = NULL;

        PL_KIT_OK(pl__unit_new(f.eval, &item, u, &x, &err), &err);
        PL_KIT_OK(pl__unit_new(full.eval, &item, u, &y, &err), &err);
        assert_true(pl__digest_eq(pl__unit_key(x), pl__unit_key(y)));
        assert_int_equal(pl__unit_count(x), pl__unit_count(y));
        for (uint32_t i = 0; i < pl__unit_count(x); i++)
            assert_true(pl__digest_eq(&pl__unit_task(x, i)->key, &pl__unit_task(y, i)->key));
        pl__unit_free(x);
        pl__unit_free(y);
    }
    tear_down(&f);
    tear_down(&full);
}

static void what_was_not_decided_is_nothing(void **state)
{
    static const uint32_t beyond = 5 * 6;
    fixture f;
    pl_error err = {0};
    pl_unit *unit = NULL;
    pl_item item = item_with(NULL, 0);

    (void)state;
    set_up(&f, true, false, true);
    PL_KIT_OK(pl__unit_new(f.eval, &item, 0, &unit, &err), &err);
    assert_int_equal(pl__unit_count(unit), 0);
    pl__unit_free(unit);
    unit = NULL;
    item = item_with(&beyond, 1);
    PL_KIT_STATUS(pl__unit_new(f.eval, &item, 0, &unit, &err), PL_E_PARSE, &err);
    assert_null(unit);
    tear_down(&f);
}

static void units_keep_what_judges_said(void **state)
{
    static const uint32_t one = 0;
    fixture f;
    pl_error err = {0};
    pl_unit *unit = NULL;
    pl_item item = item_with(&one, 1);

    (void)state;
    set_up(&f, false, true, true);
    PL_KIT_OK(pl__unit_new(f.eval, &item, 0, &unit, &err), &err);
    assert_int_equal(pl__unit_count(unit), 4);
    for (uint32_t i = 0; i < 2; i++)
        PL_KIT_OK(pl__unit_finish(unit, i, PL_OUTCOME_ANSWERED, pl__view("red"), &err), &err);
    assert_int_equal(pl__unit_kept_verdict(unit, 2).verdict, PL_VERDICT_MISSING);
    PL_KIT_OK(pl__unit_finish(unit, 2, PL_OUTCOME_ANSWERED, pl__view("Well.\n[[B]]"), &err), &err);
    assert_int_equal(pl__unit_kept_verdict(unit, 2).verdict, PL_VERDICT_B);
    PL_KIT_OK(pl__unit_finish(unit, 3, PL_OUTCOME_REFUSED, pl__view(""), &err), &err);
    assert_int_equal(pl__unit_kept_verdict(unit, 3).verdict, PL_VERDICT_MISSING);
    assert_int_equal(pl__unit_kept_verdict(unit, 3).missing, PL_MISSING_REFUSED);
    pl__unit_free(unit);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_places_in_the_list),
        cmocka_unit_test(all_chosen_is_everything),
        cmocka_unit_test(what_was_not_decided_is_nothing),
        cmocka_unit_test(units_keep_what_judges_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
