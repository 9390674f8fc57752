#include "kit.h"

#include "codec.h"

#include <math.h>
#include <string.h>

static void known_names_are_found(void **state)
{
    size_t n = 0;
    const pl_codec_ops *const *all = pl__codecs(&n);
    (void)state;
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(pl__codec_find(all[i]->name), all[i]);
        assert_non_null(all[i]->encode);
        assert_non_null(all[i]->decode);
        assert_non_null(all[i]->auth_header);
        assert_non_null(all[i]->auth_prefix);
        assert_int_equal(strspn(all[i]->name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(all[i]->name));
    }
    assert_non_null(pl__codec_find("openai"));
    assert_non_null(pl__codec_find("anthropic"));
    assert_non_null(pl__codec_find("gemini"));
}

static void unknown_names_are_not(void **state)
{
    (void)state;
    assert_null(pl__codec_find("OpenAI"));
    assert_null(pl__codec_find(""));
    assert_null(pl__codec_find(NULL));
}

/* What was paid for is read again from its body alone: log-probabilities and further choices, too. */
static void stored_replies_are_read_again(void **state)
{
    static const char body[] =
        "{\"choices\":[{\"message\":{\"content\":\"A\"},\"finish_reason\":\"stop\",\"logprobs\":{\"content\":[{"
        "\"token\":\"A\",\"bytes\":[65],\"logprob\":-0.5,\"top_logprobs\":[{\"token\":\"A\",\"logprob\":-0.5},{"
        "\"token\":\"B\",\"logprob\":-9999.0}]}]}},{\"message\":{\"content\":\"B\"}}]}";
    pl_reply reply = {0};
    pl_error err = {0};
    (void)state;
    PL_KIT_OK(pl__codec_reread("openai", 200, pl__view(body), &reply, &err), &err);
    assert_int_equal(reply.outcome, PL_OUTCOME_ANSWERED);
    assert_int_equal(reply.n_tokens, 1);
    assert_int_equal(reply.tokens[0].n_top, 2);
    PL_KIT_CLOSE(reply.tokens[0].logprob, -0.5, 0.0);
    assert_true(isinf(reply.tokens[0].top[1].logprob));
    assert_int_equal(reply.n_further, 1);
    assert_string_equal(reply.further[0].text, "B");
    pl__reply_clear(&reply);
    PL_KIT_OK(
        pl__codec_reread("gemini", 200, pl__view("{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}"), &reply, &err),
        &err);
    assert_int_equal(reply.outcome, PL_OUTCOME_REFUSED);
    pl__reply_clear(&reply);
    PL_KIT_STATUS(pl__codec_reread("vertex", 200, pl__view("{}"), &reply, &err), PL_E_UNSUPPORTED, &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_names_are_found),
        cmocka_unit_test(unknown_names_are_not),
        cmocka_unit_test(stored_replies_are_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
