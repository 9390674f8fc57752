#include "round_choice.h"

#include "kit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MODELS 5u
#define QUESTIONS 20u
#define OFFERS_MAX 2048u

/* Every question offers every pair to every model outside it. */
static size_t full_offers(pl_offer *offers)
{
    size_t n = 0;

    for (uint32_t q = 0; q < QUESTIONS; q++) {
        for (uint32_t low = 0; low < MODELS; low++) {
            for (uint32_t high = low + 1; high < MODELS; high++) {
                for (uint32_t judge = 0; judge < MODELS; judge++) {
                    if (judge == low || judge == high)
                        continue;
                    assert_true(n < OFFERS_MAX);
                    offers[n++] = (pl_offer){.question = q, .judge = judge, .low = low, .high = high};
                }
            }
        }
    }
    return n;
}

static void open_posterior(pl_posterior *p)
{
    pl_error err = {0};

    PL_KIT_OK(pl__posterior_open(p, MODELS, MODELS, &err), &err);
}

static size_t choose(const pl_posterior *p, const pl_offer *offers, size_t n, size_t wanted, uint64_t seed,
                     uint8_t *ret)
{
    pl_error err = {0};
    pl_rng rng;
    size_t chosen = 0;

    pl__rng_init(&rng, seed, "round", 0);
    PL_KIT_OK(pl__choose_round(p, offers, n, wanted, &rng, ret, &err), &err);
    for (size_t i = 0; i < n; i++)
        chosen += ret[i];
    return chosen;
}

static void a_first_round_is_even(void **state)
{
    static pl_offer offers[OFFERS_MAX];
    static uint8_t ret[OFFERS_MAX];
    pl_posterior p = {0};
    size_t n = full_offers(offers);
    size_t of_pair[MODELS][MODELS] = {{0}};
    size_t of_judge[MODELS] = {0};
    size_t of_question[QUESTIONS] = {0};

    (void)state;
    open_posterior(&p);
    for (uint64_t seed = 0; seed < 5; seed++) {
        memset(of_pair, 0, sizeof(of_pair));
        memset(of_judge, 0, sizeof(of_judge));
        memset(of_question, 0, sizeof(of_question));
        assert_int_equal(choose(&p, offers, n, 100, pl__kit_seed() + seed, ret), 100);
        for (size_t i = 0; i < n; i++) {
            of_pair[offers[i].low][offers[i].high] += ret[i];
            of_judge[offers[i].judge] += ret[i];
            of_question[offers[i].question] += ret[i];
        }
        for (uint32_t low = 0; low < MODELS; low++) {
            for (uint32_t high = low + 1; high < MODELS; high++)
                assert_int_equal(of_pair[low][high], 10);
        }
        for (uint32_t r = 0; r < MODELS; r++)
            assert_true(of_judge[r] >= 18 && of_judge[r] <= 22);
        for (uint32_t q = 0; q < QUESTIONS; q++)
            assert_true(of_question[q] >= 4 && of_question[q] <= 6);
    }
    /* as few as there are pairs: each of them once, so that all models are connected */
    assert_int_equal(choose(&p, offers, n, 10, 3, ret), 10);
    memset(of_pair, 0, sizeof(of_pair));
    for (size_t i = 0; i < n; i++)
        of_pair[offers[i].low][offers[i].high] += ret[i];
    for (uint32_t low = 0; low < MODELS; low++) {
        for (uint32_t high = low + 1; high < MODELS; high++)
            assert_int_equal(of_pair[low][high], 1);
    }
    pl__posterior_close(&p);
}

static void the_same_seed_chooses_the_same(void **state)
{
    static pl_offer offers[OFFERS_MAX];
    static uint8_t first[OFFERS_MAX];
    static uint8_t second[OFFERS_MAX];
    pl_posterior p = {0};
    size_t n = full_offers(offers);

    (void)state;
    open_posterior(&p);
    (void)choose(&p, offers, n, 100, 1, first);
    (void)choose(&p, offers, n, 100, 1, second);
    assert_memory_equal(first, second, n);
    (void)choose(&p, offers, n, 100, 2, second);
    assert_memory_not_equal(first, second, n);
    /* more of them: those that were chosen stay */
    (void)choose(&p, offers, n, 150, 1, second);
    for (size_t i = 0; i < n; i++)
        assert_true(second[i] >= first[i]);
    pl__posterior_close(&p);
}

/* Models 0 and 1 are alike, the others far from them and from each other. */
static void learn(pl_posterior *p)
{
    static const double strengths[MODELS] = {0.0, 0.0, 3.0, 6.0, 9.0};
    pl_error err = {0};

    for (uint32_t image = 0; image < 60; image++) {
        for (uint32_t low = 0; low < MODELS; low++) {
            for (uint32_t high = low + 1; high < MODELS; high++) {
                double gap = strengths[high] - strengths[low];
                pl_scored_pair x = {.cluster = image,
                                    .judge = (image + low + high) % MODELS,
                                    .a = low,
                                    .b = high,
                                    .score = gap > 0.0   ? 0.0
                                             : image % 2 ? 1.0
                                                         : 0.0};

                PL_KIT_OK(pl__posterior_add(p, &x, 1, &err), &err);
            }
        }
    }
    pl__posterior_fit(p);
}

static void later_rounds_ask_what_is_in_doubt(void **state)
{
    static pl_offer offers[OFFERS_MAX];
    static uint8_t ret[OFFERS_MAX];
    pl_posterior p = {0};
    size_t n = full_offers(offers);
    size_t of_question[QUESTIONS] = {0};
    size_t doubtful = 0;

    (void)state;
    open_posterior(&p);
    learn(&p);
    assert_int_equal(choose(&p, offers, n, 40, pl__kit_seed(), ret), 40);
    for (size_t i = 0; i < n; i++) {
        doubtful += ret[i] && offers[i].low == 0 && offers[i].high == 1;
        of_question[offers[i].question] += ret[i];
    }
    assert_true(doubtful >= 30); /* 4 would be its share */
    for (uint32_t q = 0; q < QUESTIONS; q++)
        assert_int_equal(of_question[q], 2);
    pl__posterior_close(&p);
}

static void no_more_than_there_are(void **state)
{
    static pl_offer offers[OFFERS_MAX];
    static uint8_t ret[OFFERS_MAX];
    pl_posterior p = {0};
    pl_error err = {0};
    pl_rng rng;
    size_t n = full_offers(offers);

    (void)state;
    open_posterior(&p);
    assert_int_equal(choose(&p, offers, n, n + 7, 1, ret), n);
    assert_int_equal(choose(&p, offers, 0, 7, 1, ret), 0);
    assert_int_equal(choose(&p, offers, n, 0, 1, ret), 0);
    learn(&p);
    assert_int_equal(choose(&p, offers, n, n + 7, 1, ret), n);
    assert_int_equal(choose(&p, offers, 0, 7, 1, ret), 0);
    offers[3].high = offers[3].low;
    pl__rng_init(&rng, 1, "round", 0);
    PL_KIT_STATUS(pl__choose_round(&p, offers, n, 5, &rng, ret, &err), PL_E_RANGE, &err);
    pl__posterior_close(&p);
}

typedef struct faulty {
    pl_posterior *p;
    pl_offer *offers;
    size_t n;
} faulty;

static pl_status choose_some(void *user, pl_error *err)
{
    static uint8_t ret[OFFERS_MAX];
    faulty *f = user;
    pl_rng rng;

    pl__rng_init(&rng, 1, "round", 0);
    return pl__choose_round(f->p, f->offers, f->n, 12, &rng, ret, err);
}

static void memory_may_be_refused(void **state)
{
    static pl_offer offers[OFFERS_MAX];
    pl_posterior p = {0};
    faulty f = {&p, offers, full_offers(offers)};

    (void)state;
    open_posterior(&p);
    pl__kit_fault_loop("first round", choose_some, &f);
    learn(&p);
    pl__kit_fault_loop("later round", choose_some, &f);
    pl__posterior_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_round_is_even),
        cmocka_unit_test(the_same_seed_chooses_the_same),
        cmocka_unit_test(later_rounds_ask_what_is_in_doubt),
        cmocka_unit_test(no_more_than_there_are),
        cmocka_unit_test(memory_may_be_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
