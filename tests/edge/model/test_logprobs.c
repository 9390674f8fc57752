#include "kit.h"

#include "alloc.h"
#include "logprobs.h"

#include <math.h>

static json_t *entry(const char *token, double logprob)
{
    return json_pack("{s:s, s:f, s:[]}", "token", token, "logprob", logprob, "top_logprobs");
}

static size_t count(const json_t *content)
{
    pl_token *tokens = NULL;
    size_t n = 77;
    assert_int_equal(pl__logprobs_openai(content, &tokens, &n), PL_OK);
    assert_int_equal(tokens != NULL, n > 0);
    pl__free(tokens);
    return n;
}

static void lists_past_a_maximum_are_none(void **state)
{
    char longest[PL_REPLY_TOKEN_BYTES_MAX + 2] = {0};
    json_t *list = json_array();
    (void)state;
    for (size_t i = 0; i < PL_REPLY_TOKENS_MAX; i++)
        json_array_append_new(list, entry("a", -1.0));
    assert_int_equal(count(list), PL_REPLY_TOKENS_MAX);
    json_array_append_new(list, entry("a", -1.0));
    assert_int_equal(count(list), 0);
    json_array_clear(list);
    for (size_t i = 0; i < PL_REPLY_TOKEN_BYTES_MAX; i++)
        longest[i] = 'x';
    json_array_append_new(list, entry(longest, -1.0));
    assert_int_equal(count(list), 1);
    longest[PL_REPLY_TOKEN_BYTES_MAX] = 'x';
    json_array_append_new(list, entry(longest, -1.0));
    assert_int_equal(count(list), 0);
    json_decref(list);
}

static void alternatives_past_the_maximum_are_left_out(void **state)
{
    json_t *list = json_array();
    json_t *top = json_array();
    pl_token *tokens = NULL;
    size_t n = 0;
    (void)state;
    for (int i = 0; i < (int)PL_REPLY_ALTERNATIVES_MAX + 5; i++)
        json_array_append_new(top, entry("a", -0.5 * i));
    json_array_append_new(list, json_pack("{s:s, s:f, s:o}", "token", "a", "logprob", 0.0, "top_logprobs", top));
    assert_int_equal(pl__logprobs_openai(list, &tokens, &n), PL_OK);
    assert_int_equal(n, 1);
    assert_int_equal(tokens[0].n_top, PL_REPLY_ALTERNATIVES_MAX);
    PL_KIT_CLOSE(tokens[0].top[2].logprob, -1.0, 0.0);
    pl__free(tokens);
    json_decref(list);
}

static void the_mask_begins_at_its_number(void **state)
{
    json_t *list = json_array();
    pl_token *tokens = NULL;
    size_t n = 0;
    (void)state;
    json_array_append_new(list, entry("a", -9998.9));
    json_array_append_new(list, entry("b", -9999.0));
    json_array_append_new(list, entry("c", -1e30));
    assert_int_equal(pl__logprobs_openai(list, &tokens, &n), PL_OK);
    assert_int_equal(n, 3);
    PL_KIT_CLOSE(tokens[0].logprob, -9998.9, 0.0);
    assert_true(isinf(tokens[1].logprob) && tokens[1].logprob < 0);
    assert_true(isinf(tokens[2].logprob) && tokens[2].logprob < 0);
    pl__free(tokens);
    json_decref(list);
}

static void what_is_no_list_is_none(void **state)
{
    json_t *object = json_object();
    json_t *list = json_pack("[i, n]", 1);
    (void)state;
    assert_int_equal(count(NULL), 0);
    assert_int_equal(count(object), 0);
    assert_int_equal(count(list), 0);
    json_decref(object);
    json_decref(list);
}

/* Keeps the last tokens, that cover the answer. */
static void check_kept(const char *const *texts, size_t n_texts, const char *answer, size_t want)
{
    pl_token tokens[16];
    size_t n = n_texts;
    for (size_t i = 0; i < n; i++)
        tokens[i] = (pl_token){.bytes = texts[i], .len = (uint32_t)pl__view(texts[i]).len, .logprob = -(double)i};
    assert_int_equal(pl__tokens_keep_answer(pl__view(answer), tokens, &n), PL_OK);
    assert_int_equal(n, want);
    for (size_t i = 0; i < n; i++)
        PL_KIT_CLOSE(tokens[i].logprob, -(double)(n_texts - want + i), 0.0);
}

static void only_the_answers_tokens_stay(void **state)
{
    static const char *const texts[] = {"<think>", "4", "</think>", "\n", "\n4", " 2", "</s>", "\n"};
    (void)state;
    check_kept(texts, 8, "4 2", 4);
    check_kept(texts, 8, "\n4 2\n", 4);
    check_kept(texts, 8, " 2", 3);
    check_kept(texts, 8, "5", 0);
    check_kept(texts, 8, "", 0);
    check_kept(texts, 8, "a longer answer than all the tokens together, which cannot be", 0);
    check_kept(texts, 2, "4", 1);
    check_kept(texts, 0, "4", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_past_a_maximum_are_none), cmocka_unit_test(alternatives_past_the_maximum_are_left_out),
        cmocka_unit_test(the_mask_begins_at_its_number), cmocka_unit_test(what_is_no_list_is_none),
        cmocka_unit_test(only_the_answers_tokens_stay),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
