#include "kit.h"
#include "option_answer.h"

static const char *const LETTERS[] = {"A", "B", "C", "D"};
static const char *const WORDS[] = {"a dog", "Paris", "two", "I don't know"};

static void check(const char *text, const char *const *options, size_t wanted)
{
    size_t found = pl__option_answer(pl__view(text), options, 4);
    if (found != wanted)
        fail_msg("\"%s\" gives %zu, not %zu", text, found, wanted);
}

static void letters(void **state)
{
    (void)state;
    check("C", LETTERS, 2);
    check(" c \n", LETTERS, 2);
    check("C.", LETTERS, 2);
    check("C. 2", LETTERS, 2);
    check("(B) because", LETTERS, 1);
    check("**D**", LETTERS, 3);
    check("B: the second", LETTERS, 1);
    check("The answer is B.", LETTERS, 1);
    check("I first thought the answer is A, but the answer is D", LETTERS, 3);
    check("Answer: (C)", LETTERS, 2);
    check("<think>It is A.</think>\nB", LETTERS, 1);
    check("so [[D]]", LETTERS, 3);
    check("<think>It is A", LETTERS, PL_OPTION_ANSWER_NONE);
    check("A dog is seen", LETTERS, PL_OPTION_ANSWER_NONE);
    check("Because of it", LETTERS, PL_OPTION_ANSWER_NONE);
    check("The answer is a dog", LETTERS, PL_OPTION_ANSWER_NONE);
    check("E", LETTERS, PL_OPTION_ANSWER_NONE);
    check("", LETTERS, PL_OPTION_ANSWER_NONE);
    check("What is 2 + 3?\nA. 4\nB. 5", LETTERS, PL_OPTION_ANSWER_NONE);
}

static void words(void **state)
{
    (void)state;
    check("Paris", WORDS, 1);
    check("paris.", WORDS, 1);
    check("B", WORDS, 1);
    check("d) I don't know", WORDS, 3);
    check("two", WORDS, 2);
    check("London", WORDS, PL_OPTION_ANSWER_NONE);
    assert_int_equal(pl__option_letter(WORDS, 3), 'D');
    assert_int_equal(pl__option_named(pl__view("A dog"), WORDS, 4), 0);
    assert_int_equal(pl__option_named(pl__view(""), WORDS, 4), PL_OPTION_ANSWER_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(letters), cmocka_unit_test(words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
