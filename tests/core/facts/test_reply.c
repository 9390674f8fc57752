#include "alloc.h"
#include "kit.h"
#include "reply.h"

#include <string.h>

static void outcomes_fall_into_their_ranges(void **state)
{
    (void)state;
    static const struct {
        pl_outcome first;
        pl_outcome last;
        bool response;
        bool final_error;
    } groups[] = {{PL_OUTCOME_NONE, PL_OUTCOME_NONE, false, false},
                  {PL_OUTCOME_ANSWERED, PL_OUTCOME_EMPTY, true, false},
                  {PL_OUTCOME_BAD_REQUEST, PL_OUTCOME_IMAGE_UNSUPPORTED, false, true},
                  {PL_OUTCOME_AUTH, PL_OUTCOME_BATCH_FAILED, false, false}};
    for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
        for (int o = (int)groups[g].first; o <= (int)groups[g].last; o++) {
            assert_int_equal(pl__outcome_is_response((pl_outcome)o), groups[g].response);
            assert_int_equal(pl__outcome_is_final_error((pl_outcome)o), groups[g].final_error);
            assert_string_not_equal(pl__outcome_name((pl_outcome)o), "unknown");
        }
    }
}

static void names_differ_and_are_lower_case(void **state)
{
    (void)state;
    size_t known = 0;
    for (int o = -1; o <= 64; o++) {
        const char *name = pl__outcome_name((pl_outcome)o);
        if (strcmp(name, "unknown") == 0)
            continue;
        known++;
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz "), strlen(name));
        for (int k = -1; k < o; k++)
            assert_string_not_equal(name, pl__outcome_name((pl_outcome)k));
    }
    assert_int_equal(known, 19);
    assert_string_equal(pl__outcome_name(PL_OUTCOME_CUT_OFF), "cut off");
    assert_string_equal(pl__outcome_name(PL_OUTCOME_IMAGE_UNSUPPORTED), "image unsupported");
}

static void clear_frees_and_zeroes(void **state)
{
    (void)state;
    pl_reply reply = {.outcome = PL_OUTCOME_ANSWERED, .text_len = 2, .usage = {1, 2, 3, 4, 5}};
    pl_reply zero;
    reply.text = pl__strdup("ab");
    reply.reasoning = pl__strdup("r");
    reply.finish = pl__strdup("stop");
    reply.tokens = pl__calloc(1, sizeof(*reply.tokens));
    reply.n_tokens = 1;
    reply.further = pl__calloc(2, sizeof(*reply.further));
    assert_non_null(reply.further);
    reply.n_further = 2;
    reply.further[1].text = pl__strdup("cd");
    reply.further[1].reasoning = pl__strdup("r");
    reply.further[1].finish = pl__strdup("stop");
    reply.further[1].tokens = pl__calloc(1, sizeof(*reply.tokens));
    pl__reply_clear(&reply);
    memset(&zero, 0, sizeof(zero));
    assert_null(reply.text);
    assert_null(reply.reasoning);
    assert_null(reply.finish);
    assert_null(reply.tokens);
    assert_null(reply.further);
    assert_int_equal(reply.n_further, 0);
    assert_int_equal(reply.outcome, PL_OUTCOME_NONE);
    assert_int_equal(reply.text_len, 0);
    assert_int_equal(reply.usage.reasoning_tokens, 0);
    pl__reply_clear(&reply);
    pl__reply_clear(&zero);
    pl__reply_clear(NULL);
    pl__reply_choice_clear(NULL);
#ifdef PL_FAULTS
    assert_int_equal(pl__live_blocks(), 0);
#endif
}

static pl_reply three_choices(void)
{
    pl_reply reply = {.outcome = PL_OUTCOME_ANSWERED, .text_len = 1, .usage = {1, 2, 3, 4, 5}};
    reply.text = pl__strdup("a");
    reply.finish = pl__strdup("stop");
    reply.further = pl__calloc(2, sizeof(*reply.further));
    assert_non_null(reply.further);
    reply.n_further = 2;
    reply.further[0].outcome = PL_OUTCOME_ANSWERED;
    reply.further[0].text = pl__strdup("b");
    reply.further[0].text_len = 1;
    reply.further[1].outcome = PL_OUTCOME_CUT_OFF;
    reply.further[1].text = pl__strdup("c");
    reply.further[1].text_len = 1;
    reply.further[1].tokens = pl__calloc(1, sizeof(*reply.further[1].tokens));
    reply.further[1].n_tokens = 1;
    return reply;
}

static void one_choice_of_several(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", "b", "c"};
    for (size_t k = 0; k < 3; k++) {
        pl_reply reply = three_choices();
        assert_true(pl__reply_choose(&reply, k));
        assert_string_equal(reply.text, texts[k]);
        assert_int_equal(reply.outcome, k == 2 ? PL_OUTCOME_CUT_OFF : PL_OUTCOME_ANSWERED);
        assert_int_equal(reply.n_tokens, k == 2);
        assert_int_equal(reply.n_further, 0);
        assert_int_equal(reply.usage.output_tokens, 2);
        pl__reply_clear(&reply);
    }
    pl_reply reply = three_choices();
    assert_false(pl__reply_choose(&reply, 3));
    assert_int_equal(reply.n_further, 2);
    pl__reply_clear(&reply);
    assert_int_equal(pl__live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_fall_into_their_ranges),
        cmocka_unit_test(names_differ_and_are_lower_case),
        cmocka_unit_test(clear_frees_and_zeroes),
        cmocka_unit_test(one_choice_of_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
