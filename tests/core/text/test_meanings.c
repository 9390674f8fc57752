#include "kit.h"
#include "meanings.h"
#include "meanings_golden.h"
#include "rng.h"

#include <string.h>

enum { S = PL_EQUIVALENCE_SAME, D = PL_EQUIVALENCE_DIFFERENT, M = PL_EQUIVALENCE_MISSING };

static void check(const uint8_t *pairs, uint32_t n, const uint32_t *wanted)
{
    uint32_t got[8] = {9, 9, 9, 9, 9, 9, 9, 9};
    assert_int_equal(pl__group_meanings(pairs, n, got), wanted != NULL);
    for (uint32_t i = 0; i < n && wanted; i++)
        assert_int_equal(got[i], wanted[i]);
}

static void each_joins_the_first_group_it_agrees_with(void **state)
{
    (void)state;
    /* The third means the same as the second alone; the fourth as both of the first groups' heads. */
    static const uint8_t pairs[] = {M, D, D, S, M, M, S, S, M, M, M, S, M, M, M, M};
    static const uint32_t wanted[] = {0, 1, 1, 0};
    check(pairs, 4, wanted);
    check(pairs, 1, (uint32_t[]){0});
    check(pairs, 0, (uint32_t[]){0});
}

/* Only the first of a group is asked about: what the others would have said is of no account. */
static void a_verdict_that_is_not_needed_may_be_missing(void **state)
{
    (void)state;
    static const uint8_t enough[] = {M, S, S, M, M, M, M, M, M};
    static const uint8_t missing[] = {M, S, M, M, M, S, M, M, M};
    static const uint32_t all_one[] = {0, 0, 0};
    check(enough, 3, all_one);
    check(missing, 3, NULL); /* never guessed from the second */
}

static void goldens(void **state)
{
    size_t n_missing = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(meanings_goldens) / sizeof(meanings_goldens[0]); i++) {
        const meanings_golden *g = &meanings_goldens[i];
        check(g->pairs, g->n_samples, g->n > 0 ? g->meanings : NULL);
        n_missing += g->n == 0;
    }
    assert_in_range(n_missing, 1, 20);
}

/* With verdicts that agree with each other the groups are the meanings themselves. */
static void right_verdicts_find_the_meanings(void **state)
{
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "meanings", 0);
    for (int round = 0; round < 2000; round++) {
        uint8_t pairs[64] = {0};
        uint32_t meanings[8];
        uint32_t got[8];
        uint32_t n = 1 + (uint32_t)pl__rng_below(&rng, 8);
        uint32_t n_groups = 0;
        for (uint32_t i = 0; i < n; i++)
            meanings[i] = (uint32_t)pl__rng_below(&rng, 4);
        for (uint32_t i = 0; i < n; i++) {
            for (uint32_t k = i + 1; k < n; k++)
                pairs[i * n + k] = meanings[i] == meanings[k] ? S : D;
        }
        assert_true(pl__group_meanings(pairs, n, got));
        for (uint32_t i = 0; i < n; i++) {
            assert_in_range(got[i], 0, n_groups); /* in order of appearance */
            n_groups += got[i] == n_groups;
            for (uint32_t k = 0; k < i; k++)
                assert_int_equal(got[i] == got[k], meanings[i] == meanings[k]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_joins_the_first_group_it_agrees_with),
        cmocka_unit_test(a_verdict_that_is_not_needed_may_be_missing),
        cmocka_unit_test(goldens),
        cmocka_unit_test(right_verdicts_find_the_meanings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
