#include "answer.h"
#include "kit.h"

static void check(pl_view got, const char *wanted)
{
    if (!pl__view_eq_str(got, wanted))
        fail_msg("\"%.*s\", wanted \"%s\"", (int)got.len, got.ptr ? got.ptr : "", wanted);
}

static void final(const char *text, const char *wanted)
{
    check(pl__answer_final(pl__view(text)), wanted);
}

static void the_last_brackets_hold_the_final_answer(void **state)
{
    (void)state;
    final("One, two.\n[[2]]", "2");
    final("[[1]] no, [[ two cats ]].", "two cats");
    final("[[1]]\nafter all", "1");
    final("[[[x]]]", "x");
    final("[[ [1, 2] ]]", "[1, 2]");
    final("[[a [[b]] c]]", "b");
    final("[[4]]\n[[ ]]\n[[]]", "4");
    final("[[\xe5\x9b\x9b]]", "\xe5\x9b\x9b");
    final("", "");
    final("[[", "");
    final("]]", "");
    final("[[a]", "");
    final("[[a\nb]]", "");
    final("]] [[", "");
    final("[[]", "");
    final("[x]", "");
    check(pl__answer_final(pl__view(NULL)), "");
}

static void clean(const char *text, const char *wanted)
{
    check(pl__question_clean(pl__view(text)), wanted);
}

static void questions_lose_label_and_quotes(void **state)
{
    (void)state;
    clean("  How many?\n", "How many?");
    clean("\"How many?\"", "How many?");
    clean("Question: How many?", "How many?");
    clean("QUESTION:\n\nHow many?", "How many?");
    clean("**Question:** How many?", "How many?");
    clean("**Question**: **How** many?", "**How** many?");
    clean("Question: \"How many?\"", "How many?");
    clean("\"Question: How many?\"", "How many?");
    clean("\xe2\x80\x9cHow many?\xe2\x80\x9d", "How many?");
    clean("\xc2\xabHow many?\xc2\xbb", "How many?");
    clean("`How many?`", "How many?");
    clean("\"\"How many?\"\"", "\"\"How many?\"\"");
    clean("\"STOP\" or \"GO\"", "\"STOP\" or \"GO\"");
    clean("Is it \"STOP\"", "Is it \"STOP\"");
    clean("Questions: x", "Questions: x");
    clean("Question 1: x", "Question 1: x");
    clean("Question", "Question");
    clean("\"", "\"");
    clean("\"\"", "");
    clean("Question:", "");
    clean("", "");
    check(pl__question_clean(pl__view(NULL)), "");
}

static void words(void **state)
{
    (void)state;
    assert_int_equal(pl__count_words(pl__view("")), 0);
    assert_int_equal(pl__count_words(pl__view(" \n")), 0);
    assert_int_equal(pl__count_words(pl__view("one")), 1);
    assert_int_equal(pl__count_words(pl__view("  one, two\tthree\r\nfour ")), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_brackets_hold_the_final_answer),
        cmocka_unit_test(questions_lose_label_and_quotes),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
