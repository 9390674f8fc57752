/* Designs that ask for less than everything: how much is drawn, what is asked for it, and what stays the same. */
#include "eval_kit.h"
#include "peer_review.h"
#include <stdio.h>

#define MODELS 5
#define ITEMS 8
#define ALL_TRIPLES (UINT64_C(6) * MODELS) /* authors times pairs of the other four */

typedef struct fixture {
    pl_model_spec models[MODELS];
    char ids[ITEMS][8];
    pl_prompt_set *prompts;
    pl_eval *eval;
} fixture;

static void set_up(fixture *f, uint64_t iterations, pl_presentation presentation, uint64_t seed)
{
    static const pl_model_spec like = {.params = {.max_tokens = 9}};
    pl_peer_review_design design = {.n_models = MODELS,
                                    .generated = true,
                                    .presentation = presentation,
                                    .seed = seed,
                                    .iterations = iterations,
                                    .n_items = ITEMS,
                                    .criteria = {true, false}};
    pl_error err = {0};

    *f = (fixture){0};
    eval_kit_models(f->models, MODELS, &like);
    f->prompts = eval_kit_prompts();
    design.models = f->models;
    design.prompts = f->prompts;
    PL_KIT_OK(pl__peer_review_new(&design, &f->eval, &err), &err);
}

static void tear_down(fixture *f)
{
    pl__eval_free(f->eval);
    pl__prompt_set_free(f->prompts);
}

static pl_unit *unit_of(fixture *f, uint64_t position, uint32_t author)
{
    pl_item item = {.image_path = "x", .has_image_digest = true, .position = position};
    static pl_item kept; /* a unit borrows its item */
    pl_unit *unit = NULL;
    pl_error err = {0};

    (void)snprintf(f->ids[position], sizeof(f->ids[position]), "i%u", (unsigned)position);
    item.id = f->ids[position];
    item.image_digest.bytes[0] = (uint8_t)position;
    kept = item;
    PL_KIT_OK(pl__unit_new(f->eval, &kept, author, &unit, &err), &err);
    return unit;
}

static uint32_t judgments_of(const pl_unit *unit)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < pl__unit_count(unit); i++)
        n += pl__unit_task(unit, i)->kind == PL_TASK_JUDGMENT;
    return n;
}

/* Every text of the unit is needed by some judgment. */
static void check_nothing_is_asked_in_vain(const pl_unit *unit)
{
    for (uint32_t i = 0; i < pl__unit_count(unit); i++) {
        bool needed = pl__unit_task(unit, i)->kind == PL_TASK_JUDGMENT;

        for (uint32_t k = i + 1; k < pl__unit_count(unit); k++)
            needed = needed || pl__unit_need(unit, k, 0) == i || pl__unit_need(unit, k, 1) == i;
        assert_true(needed);
    }
}

static void a_random_design_draws_exactly_its_iterations(void **state)
{
    static const uint64_t iterations[] = {1, 7, 8, 50, 239, 240, 100000};

    (void)state;
    for (size_t t = 0; t < sizeof(iterations) / sizeof(iterations[0]); t++) {
        uint64_t n = 0;
        uint64_t wanted = iterations[t] < ITEMS * ALL_TRIPLES ? iterations[t] : ITEMS * ALL_TRIPLES;
        fixture f;

        set_up(&f, iterations[t], PL_PRESENT_FIXED, 3);
        for (uint64_t i = 0; i < ITEMS; i++) {
            for (uint32_t a = 0; a < MODELS; a++) {
                pl_unit *unit = unit_of(&f, i, a);

                n += judgments_of(unit);
                check_nothing_is_asked_in_vain(unit);
                pl__unit_free(unit);
            }
        }
        assert_int_equal(n, wanted);
        tear_down(&f);
    }
}

static void more_iterations_keep_what_fewer_drew(void **state)
{
    fixture few;
    fixture more;

    (void)state;
    set_up(&few, 40, PL_PRESENT_RANDOM, 11);
    set_up(&more, 96, PL_PRESENT_RANDOM, 11);
    for (uint64_t i = 0; i < ITEMS; i++) {
        for (uint32_t a = 0; a < MODELS; a++) {
            pl_unit *x = unit_of(&few, i, a);
            pl_unit *y = unit_of(&more, i, a);

            for (uint32_t k = 0; k < pl__unit_count(x); k++)
                assert_int_not_equal(pl__unit_find(y, &pl__unit_task(x, k)->key, 0), PL_INDEX_NONE);
            pl__unit_free(x);
            pl__unit_free(y);
        }
    }
    tear_down(&few);
    tear_down(&more);
}

static void orders_are_fixed_or_drawn_from_the_seed(void **state)
{
    uint32_t swapped[3] = {0, 0, 0};
    uint32_t all = 0;
    uint32_t differ = 0;
    fixture f[3];

    (void)state;
    set_up(&f[0], 0, PL_PRESENT_FIXED, 1);
    set_up(&f[1], 0, PL_PRESENT_RANDOM, 1);
    set_up(&f[2], 0, PL_PRESENT_RANDOM, 2);
    for (uint64_t i = 0; i < ITEMS; i++) {
        for (uint32_t a = 0; a < MODELS; a++) {
            pl_unit *u[3];

            for (size_t k = 0; k < 3; k++)
                u[k] = unit_of(&f[k], i, a);
            for (uint32_t t = 5; t < pl__unit_count(u[0]); t++) { /* behind the question and four answers */
                for (size_t k = 0; k < 3; k++)
                    swapped[k] += pl__unit_task(u[k], t)->first > pl__unit_task(u[k], t)->second;
                differ += pl__unit_task(u[1], t)->first != pl__unit_task(u[2], t)->first;
                all++;
            }
            for (size_t k = 0; k < 3; k++)
                pl__unit_free(u[k]);
        }
    }
    assert_int_equal(all, ITEMS * ALL_TRIPLES);
    assert_int_equal(swapped[0], 0);
    assert_in_range(swapped[1], all / 3, all * 2 / 3);
    assert_in_range(swapped[2], all / 3, all * 2 / 3);
    assert_in_range(differ, all / 3, all * 2 / 3);
    for (size_t k = 0; k < 3; k++)
        tear_down(&f[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_random_design_draws_exactly_its_iterations),
        cmocka_unit_test(more_iterations_keep_what_fewer_drew),
        cmocka_unit_test(orders_are_fixed_or_drawn_from_the_seed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
