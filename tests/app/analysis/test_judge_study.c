#include "judge_study.h"

#include "judgment_maker.h"
#include "kit.h"
#include "rng.h"

#include <math.h>
#include <string.h>

/* Judges 3 and 4 on models 0, 1, 2: 3 says 0 > 1 > 2, 4 the reverse. */
static pl_maker *opposed(void)
{
    pl_maker *k = pl__maker_new(6, 6, 1);

    for (uint32_t i = 0; i < 6; i++) {
        for (uint32_t a = 0; a < 3; a++) {
            for (uint32_t b = a + 1; b < 3; b++) {
                pl__maker_add(k, i, 3, a, b, 0, PL_VERDICT_A);
                pl__maker_add(k, i, 4, b, a, 0, PL_VERDICT_A);
            }
        }
    }
    return k;
}

static void leaving_a_judge_out_leaves_the_others_order(void **state)
{
    pl_maker *k = opposed();
    pl_peer_opts peer = PL_PEER_OPTS_INIT;
    pl_rank_opts rank = PL_RANK_OPTS_INIT;
    uint32_t ranks[6 * 6];
    static const uint32_t reversed[] = {3, 2, 1, 0, 0, 0};
    static const uint32_t straight[] = {1, 2, 3, 0, 0, 0};
    bool excluded[6] = {false, false, false, false, true, false};
    pl_error err = {0};

    (void)state;
    PL_KIT_OK(pl__leave_one_judge_out(&k->set, &peer, &rank, "peer-review", ranks, &err), &err);
    assert_memory_equal(ranks + (size_t)3 * 6, reversed, sizeof(reversed)); /* without 3 */
    assert_memory_equal(ranks + (size_t)4 * 6, straight, sizeof(straight));
    for (size_t m = 0; m < 6; m++)
        assert_int_equal(ranks[m], 0); /* 0 does not judge */

    peer.exclude_judges = excluded; /* 4 stays out: without 3 nobody is left */
    PL_KIT_OK(pl__leave_one_judge_out(&k->set, &peer, &rank, "peer-review", ranks, &err), &err);
    for (size_t m = 0; m < 6; m++) {
        assert_int_equal(ranks[(size_t)3 * 6 + m], 0);
        assert_int_equal(ranks[(size_t)4 * 6 + m], 0);
    }
    ranks[0] = 77;
    PL_KIT_STATUS(pl__leave_one_judge_out(&k->set, &peer, &rank, "nonsense", ranks, &err), PL_E_NOT_FOUND, &err);
    assert_int_equal(ranks[0], 77); /* untouched on failure */
    pl__maker_free(k);
}

typedef struct both {
    const pl_maker *k;
    const pl_judgment_set *reference;
    const char *criterion;
} both;

static pl_status study(const both *in, pl_analysis **ret_analysis, pl_judge_study **ret, pl_error *err)
{
    static const char *const methods[] = {"peer-review", "majority-vote"};
    pl_rank_request request = {
        .methods = methods, .n_methods = 2, .rank = PL_RANK_OPTS_INIT, .criterion = in->criterion};
    pl_status rc = pl__analysis_new(&in->k->set, &request, ret_analysis, err);

    return rc == PL_OK ? pl__judge_study_new(*ret_analysis, &request, in->reference, ret, err) : rc;
}

static void a_study_has_all_its_parts(void **state)
{
    pl_maker *k = opposed();
    pl_maker *people = pl__maker_new(6, 6, 1);
    both in = {k, &people->set, NULL};
    pl_analysis *a = NULL;
    pl_judge_study *s = NULL;
    pl_error err = {0};

    (void)state;
    pl__maker_add(people, 0, 5, 0, 1, 0, PL_VERDICT_A);
    PL_KIT_OK(study(&in, &a, &s, &err), &err);
    assert_true(s->has_reference);
    assert_int_equal(s->annotators.n, 1);
    assert_int_equal(s->n_judges, 2);
    assert_false(s->judge[0]);
    assert_true(s->judge[3] && s->judge[4]);
    PL_KIT_CLOSE(s->heat[0 * 6 + 3], 1.0, 0.0); /* what 3 says of 0 */
    PL_KIT_CLOSE(s->heat[0 * 6 + 4], 0.0, 0.0);
    PL_KIT_CLOSE(s->heat[1 * 6 + 3], 0.5, 1e-15);
    assert_true(isnan(s->heat[3 * 6 + 3]));
    assert_int_equal(s->n_methods, 2);
    assert_string_equal(s->methods[1], "majority-vote");
    assert_int_equal(s->without[1][4 * 6 + 0], 1);
    assert_int_equal(pl_diagnostics_judges(s->diagnostics)[3].reference_agreed, 1);
    assert_int_equal(pl_diagnostics_judges(s->diagnostics)[4].reference_agreed, 0);
    assert_non_null(s->judge_bt);
    pl__judge_study_free(s);
    pl__analysis_free(a);
    pl__maker_free(people);
    pl__maker_free(k);
}

/* Each verdict of judge 3 for the answer shown first, by 3 : 1; judge 4 does not care. */
static void a_taste_for_the_first_answer_is_found(void **state)
{
    pl_maker *k = pl__maker_new(5, 60, 1);
    both in = {k, NULL, NULL};
    pl_analysis *a = NULL;
    pl_judge_study *s = NULL;
    pl_error err = {0};
    pl_rng rng;
    const pl_judge_bias *biases = NULL;

    (void)state;
    pl__rng_init(&rng, 11, "first", 0);
    for (uint32_t i = 0; i < 60; i++) {
        for (uint32_t n = 0; n < 12; n++) {
            uint32_t first = n % 3;
            uint32_t judge = n < 6 ? 3 : 4;
            bool won = pl__rng_uniform(&rng) < (judge == 3 ? 0.75 : 0.5);

            pl__maker_add(k, i, judge, first, (first + 1 + n / 3 % 2) % 3, 0, won ? PL_VERDICT_A : PL_VERDICT_B);
        }
    }
    PL_KIT_OK(study(&in, &a, &s, &err), &err);
    assert_false(s->has_reference);
    biases = pl_ranking_bias(s->judge_bt)->judges;
    assert_int_equal(biases[3].delta.reasons, 0);
    PL_KIT_CLOSE(biases[3].delta.estimate, log(3.0), 3.0 * biases[3].delta.error);
    assert_true(biases[3].delta.estimate > 3.0 * biases[3].delta.error);
    PL_KIT_CLOSE(biases[4].delta.estimate, 0.0, 3.0 * biases[4].delta.error);
    assert_true(biases[3].beta.reasons & PL_BIAS_NO_LENGTHS);
    assert_true(biases[3].s.reasons != 0);
    pl__judge_study_free(s);
    pl__analysis_free(a);
    pl__maker_free(k);
}

static void bad_input_is_refused(void **state)
{
    pl_maker *k = opposed();
    pl_maker *people = pl__maker_new(6, 6, 1);
    both in = {k, &people->set, "elegance"};
    pl_analysis *a = NULL;
    pl_judge_study *s = NULL;
    pl_error err = {0};

    (void)state;
    PL_KIT_STATUS(study(&in, &a, &s, &err), PL_E_NOT_FOUND, &err);
    pl__maker_add(people, 0, 5, 0, 1, 0, PL_VERDICT_A)->judge = 99;
    in.criterion = NULL;
    PL_KIT_STATUS(study(&in, &a, &s, &err), PL_E_RANGE, &err);
    assert_null(s);
    pl__analysis_free(a);
    pl__judge_study_free(NULL);
    pl__maker_free(people);
    pl__maker_free(k);
}

static pl_status once(void *user, pl_error *err)
{
    pl_analysis *a = NULL;
    pl_judge_study *s = NULL;
    pl_status rc = study(user, &a, &s, err);

    pl__judge_study_free(s);
    pl__analysis_free(a);
    return rc;
}

static void refused_memory_is_told(void **state)
{
    pl_maker *k = opposed();
    both in = {k, NULL, NULL};

    (void)state;
    in.reference = &k->set;
    pl__kit_fault_loop("study of judges", once, &in);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaving_a_judge_out_leaves_the_others_order),
        cmocka_unit_test(a_study_has_all_its_parts),
        cmocka_unit_test(a_taste_for_the_first_answer_is_found),
        cmocka_unit_test(bad_input_is_refused),
        cmocka_unit_test(refused_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
