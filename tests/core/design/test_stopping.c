/* Whole designs on made-up judges: how often a design that looks after every round stops with a wrong order. */
#include "kit.h"
#include "rng.h"
#include "round_choice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MODELS 4u
#define ROUNDS 10u
#define IMAGES 6u /* of a round */
#define QUOTA 3u  /* of 6 comparisons: 4 authors' questions, 3 pairs of others, 2 judges outside each but the author */
#define OFFERS_MAX (IMAGES * MODELS * 12u)
#define PAIRS_MAX ((size_t)ROUNDS * IMAGES * MODELS * QUOTA)

typedef struct world {
    double strength[MODELS];
    double sharpness[MODELS];
    double image_sd; /* of an image's own taste for one of a pair, which all its judges share */
    pl_rng rng;
} world;

static size_t make_offers(pl_offer *offers)
{
    size_t n = 0;

    for (uint32_t image = 0; image < IMAGES; image++) {
        for (uint32_t author = 0; author < MODELS; author++) {
            for (uint32_t low = 0; low < MODELS; low++) {
                for (uint32_t high = low + 1; high < MODELS; high++) {
                    for (uint32_t judge = 0; judge < MODELS; judge++) {
                        if (author == low || author == high || judge == low || judge == high)
                            continue;
                        offers[n++] = (pl_offer){image * MODELS + author, judge, low, high};
                    }
                }
            }
        }
    }
    return n;
}

/* Both orders of a pair: the mean of two verdicts. */
static double judge_pair(world *w, const double *taste, const pl_offer *o)
{
    double d = w->strength[o->low] - w->strength[o->high] + taste[o->low * MODELS + o->high];
    double p = 1.0 / (1.0 + exp(-w->sharpness[o->judge] * d));

    return 0.5 * (pl__rng_uniform(&w->rng) < p) + 0.5 * (pl__rng_uniform(&w->rng) < p);
}

static void judge_round(world *w, const pl_offer *offers, const uint8_t *chosen, size_t n, uint32_t round,
                        pl_scored_pair *pairs, size_t *n_pairs)
{
    double taste[IMAGES][MODELS * MODELS];

    for (uint32_t i = 0; i < IMAGES; i++) {
        for (size_t k = 0; k < sizeof(taste[0]) / sizeof(taste[0][0]); k++)
            taste[i][k] = w->image_sd * pl__rng_normal(&w->rng);
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t image = offers[i].question / MODELS;

        if (!chosen[i])
            continue;
        assert_true(*n_pairs < PAIRS_MAX);
        pairs[(*n_pairs)++] = (pl_scored_pair){.cluster = round * IMAGES + image,
                                               .judge = offers[i].judge,
                                               .a = offers[i].low,
                                               .b = offers[i].high,
                                               .score = judge_pair(w, taste[image], &offers[i])};
    }
}

static bool right_order(const world *w, const pl_posterior *p)
{
    for (uint32_t i = 0; i < MODELS; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if ((w->strength[i] > w->strength[k]) != (p->theta[i] > p->theta[k]))
                return false;
        }
    }
    return true;
}

/* The round after which it stopped, from 1, or 0. */
static uint32_t run_design(world *w, uint64_t seed, bool *ret_right)
{
    static pl_scored_pair pairs[PAIRS_MAX];
    pl_offer offers[OFFERS_MAX];
    uint8_t chosen[OFFERS_MAX];
    size_t n_pairs = 0;
    size_t n = make_offers(offers);
    pl_error err = {0};

    for (uint32_t round = 0; round <= ROUNDS; round++) {
        pl_posterior p = {0};
        pl_rng rng;
        bool stop = false;

        PL_KIT_OK(pl__posterior_open(&p, MODELS, MODELS, &err), &err);
        PL_KIT_OK(pl__posterior_add(&p, pairs, n_pairs, &err), &err);
        pl__posterior_fit(&p);
        stop = round > 1 && pl__posterior_doubt(&p) <= pl__stopping_doubt(0.95, ROUNDS);
        *ret_right = right_order(w, &p);
        if (!stop && round < ROUNDS) {
            pl__rng_init(&rng, seed, "round", round);
            PL_KIT_OK(pl__choose_round(&p, offers, n, (size_t)IMAGES * MODELS * QUOTA, &rng, chosen, &err), &err);
            judge_round(w, offers, chosen, n, round, pairs, &n_pairs);
        }
        pl__posterior_close(&p);
        if (stop)
            return round;
    }
    return 0;
}

static void how_often(const char *name, const world *like, unsigned designs, unsigned *ret_stopped, unsigned *ret_wrong)
{
    unsigned rounds = 0;

    *ret_stopped = *ret_wrong = 0;
    for (unsigned i = 0; i < designs; i++) {
        world w = *like;
        bool right = false;
        uint32_t round = 0;

        pl__rng_init(&w.rng, pl__kit_seed(), name, i);
        round = run_design(&w, pl__kit_seed() + i, &right);
        *ret_stopped += round > 0;
        *ret_wrong += round > 0 && !right;
        rounds += round > 0 ? round : ROUNDS;
    }
    print_message("%s: %u of %u designs stopped, %u of them with a wrong order; %.1f rounds\n", name, *ret_stopped,
                  designs, *ret_wrong, (double)rounds / designs);
}

/* Two models hardly differ: whatever is said of them is chance, half of it wrong. */
static void a_near_tie_is_seldom_separated(void **state)
{
    static const world like = {.strength = {0.0, 0.02, 1.5, 3.0}, .sharpness = {0.5, 1.0, 1.5, 1.0}, .image_sd = 0.8};
    unsigned stopped = 0;
    unsigned wrong = 0;

    (void)state;
    how_often("near tie", &like, 400, &stopped, &wrong);
    /* 5 % wrong are 20 of 400; 33 is beyond the 99.8 % point of the binomial */
    assert_true(wrong <= 33);
}

static void clear_differences_are_found(void **state)
{
    static const world like = {.strength = {2.4, 0.0, 1.2, 3.6}, .sharpness = {0.5, 1.0, 1.5, 1.0}, .image_sd = 0.8};
    unsigned stopped = 0;
    unsigned wrong = 0;

    (void)state;
    how_often("clear", &like, 200, &stopped, &wrong);
    assert_true(stopped >= 190);
    assert_true(wrong <= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_near_tie_is_seldom_separated),
        cmocka_unit_test(clear_differences_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
