#include "kit.h"
#include "rng.h"
#include "verdict.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char instruction[] = "Compare the two replies carefully. [[A]] stands for the first reply being better.\n"
                                  "[[B]] stands for   the second reply being better. [[C]] stands for a tie.";

static pl_parsed_verdict parse_with(const char *text, const char *with, bool cut_off)
{
    return pl__verdict_parse(pl__view(text), pl__view(with), cut_off);
}

static void check(const char *text, pl_verdict verdict, pl_missing missing)
{
    pl_parsed_verdict got = parse_with(text, instruction, false);
    if (got.verdict != verdict || got.missing != missing)
        fail_msg("\"%.200s\": verdict %d, missing %d", text, (int)got.verdict, (int)got.missing);
}

static void usable(const char *text, pl_verdict verdict)
{
    check(text, verdict, PL_MISSING_NOT);
}

static void missing(const char *text, pl_missing reason)
{
    check(text, PL_VERDICT_MISSING, reason);
}

static void a_mark_alone_on_the_last_line_is_the_verdict(void **state)
{
    (void)state;
    usable("[[A]]", PL_VERDICT_A);
    usable("Reasons.\n[[B]]", PL_VERDICT_B);
    usable("[[A]] was my first thought, [[B]] my second.\n\n[[C]]", PL_VERDICT_TIE);
    usable("[[a]]", PL_VERDICT_A);
    usable("x\n[[ b ]]", PL_VERDICT_B);
    usable("x\n[[\tc \t]]", PL_VERDICT_TIE);
    usable("[[A]]\n **[[B]]** \n\n \t\n", PL_VERDICT_B);
    usable("[[A]]\r\n[[B]].\r\n\r\n", PL_VERDICT_B);
    usable("[[A]]\r[[B]]\r", PL_VERDICT_B);
    usable("[[A]]\n- `[[B]]`", PL_VERDICT_B);
    usable("[[A]]\n### [[B]] ###", PL_VERDICT_B);
    usable("[[A]]\n([[B]])!", PL_VERDICT_B);
    usable("[[A]]\n[[[B]]]", PL_VERDICT_B);
    usable("[[A]]\n\xe2\x80\x9c[[B]]\xe2\x80\x9d\xe3\x80\x82", PL_VERDICT_B); /* curly quotes, 。 */
    usable("[[A]]\n\xf0\x9f\x91\x89 [[B]]", PL_VERDICT_B);                    /* a pointing hand */
    usable("[[A]]\n[[B]]\n\xc2\xa0\xe2\x80\x8b\n", PL_VERDICT_B);             /* a line of blanks */
    usable("[[A]]\n<b>[[B]]</b>", PL_VERDICT_B);
    usable("[[A]]\n<answer>[[B]]</answer><|im_end|>", PL_VERDICT_B);
    usable("[[A]]\n$\\boxed{[[B]]}$", PL_VERDICT_B);
    usable("Compare the two replies carefully.\n[[A]]", PL_VERDICT_A); /* an echo matters for lone marks only */
}

static void a_line_with_more_on_it_is_not_alone(void **state)
{
    (void)state;
    missing("[[A]] no,\nVerdict: [[B]]", PL_MISSING_SEVERAL);
    missing("[[A]]\n[[B]] [[B]]", PL_MISSING_SEVERAL);
    missing("[[A]]\n[[B]] 1", PL_MISSING_SEVERAL);
    missing("[[A]]\n[[B]] \xc3\xa9", PL_MISSING_SEVERAL);
    missing("[[A]]\n[[B]] \xe4\xb8\x8d", PL_MISSING_SEVERAL);     /* "not" in Chinese */
    missing("[[A]]\n[[B]] \xf0\x9f\x85\xb0", PL_MISSING_SEVERAL); /* negative squared A */
    missing("[[A]]\n[[B]] \xff", PL_MISSING_SEVERAL);
    missing("[[A]]\n<A> [[B]]", PL_MISSING_SEVERAL);
    missing("[[A]]\n[[B]] <not this one>", PL_MISSING_SEVERAL);
    missing("[[B]]\n[[A]]\nThat is all.", PL_MISSING_SEVERAL);
    missing("[[A]] or [[B]]", PL_MISSING_SEVERAL);
    missing("[[A]], [[B]], [[C]]", PL_MISSING_SEVERAL);
}

static void the_only_distinct_mark_is_the_verdict(void **state)
{
    (void)state;
    usable("Verdict: [[A]]", PL_VERDICT_A);
    usable("[[B]] because it is right.", PL_VERDICT_B);
    usable("I say [[C]]. Yes, [[ c ]], and that is that.\nBye.", PL_VERDICT_TIE);
    usable("[[A]] [[a]]", PL_VERDICT_A);
    usable("[[D]] [[AB]] [B] [[B] ] [[\nB]] [[A]] it is", PL_VERDICT_A);
    usable("I compare the two repl: [[A]] wins", PL_VERDICT_A); /* 19 characters of the instruction */
}

static void no_mark(void **state)
{
    (void)state;
    missing("Answer A is better.", PL_MISSING_NO_MARK);
    missing("[A]", PL_MISSING_NO_MARK);
    missing("[[D]]", PL_MISSING_NO_MARK);
    missing("[[A]", PL_MISSING_NO_MARK);
    missing("[[A", PL_MISSING_NO_MARK);
    missing("[[", PL_MISSING_NO_MARK);
    missing("[", PL_MISSING_NO_MARK);
    missing("[ [A] ]", PL_MISSING_NO_MARK);
    missing("[[ A\n]]", PL_MISSING_NO_MARK);
    missing("\xef\xbc\xbb\xef\xbc\xbb"
            "A"
            "\xef\xbc\xbd\xef\xbc\xbd",
            PL_MISSING_NO_MARK); /* fullwidth brackets */
    missing("Compare the two replies carefully.", PL_MISSING_NO_MARK);
    missing("", PL_MISSING_EMPTY);
    missing(" \r\n\t\n", PL_MISSING_EMPTY);
    missing("\xe3\x80\x80\n\xef\xbb\xbf", PL_MISSING_EMPTY); /* ideographic space, byte order mark */
    assert_int_equal(pl__verdict_parse(pl__view(NULL), pl__view(NULL), false).missing, PL_MISSING_EMPTY);
}

static void an_echo_is_no_verdict(void **state)
{
    (void)state;
    missing("[[A]] stands for the first reply being better.", PL_MISSING_ECHO);
    missing("[[A]] \n stands\tfor   the first", PL_MISSING_ECHO);           /* white space is normalised */
    missing("My verdict: [[B]] stands for the secondary", PL_MISSING_ECHO); /* and in the instruction */
    missing("First I Compare the two replies carefully, then: [[A]] wins", PL_MISSING_ECHO);
    missing("Compare the two replies, I was told\n: [[A]] wins", PL_MISSING_ECHO); /* 23 characters */
    usable("[[A]]=for the first reply\n\xc2\xa0\n", PL_VERDICT_A); /* a blank line adds no 20th character */
    missing("[[A]]=for the first reply \xc2\xa0", PL_MISSING_ECHO);
    assert_int_equal(parse_with("[[A]] wins: Compare the two repl", instruction, false).missing, PL_MISSING_ECHO);
    assert_int_equal(parse_with("[[A]] wins: Compare the two rep", instruction, false).missing, PL_MISSING_NOT);
    /* Without an instruction, or with one that is too short, nothing can be an echo. */
    assert_int_equal(parse_with("[[A]] stands for the first reply", "", false).verdict, PL_VERDICT_A);
    assert_int_equal(parse_with("[[A]] 4567890123456789", "[[A]] 4567890123456", false).verdict, PL_VERDICT_A);
    assert_int_equal(parse_with("[[A]] 4567890123456789", "[[A]] 45678901234567", false).missing, PL_MISSING_ECHO);
}

/* Twenty characters, not bytes: these are ten Chinese ones, thirty bytes. */
static void an_echo_is_measured_in_characters(void **state)
{
    (void)state;
    static const char ten[] = "\xe8\xaf\xb7\xe6\xaf\x94\xe8\xbe\x83\xe4\xb8\xa4\xe4\xb8\xaa"
                              "\xe5\x9b\x9e\xe7\xad\x94\xe7\x9a\x84\xe5\xaf\xb9\xe9\x94\x99";
    char text[256];
    char twenty[256];
    (void)snprintf(text, sizeof(text), "%s: [[A]] wins", ten);
    (void)snprintf(twenty, sizeof(twenty), "%s%s", ten, ten);
    assert_int_equal(parse_with(text, ten, false).verdict, PL_VERDICT_A);
    (void)snprintf(text, sizeof(text), "%s%s: [[A]] wins", ten, ten);
    assert_int_equal(parse_with(text, twenty, false).missing, PL_MISSING_ECHO);
}

static void a_reply_that_was_cut_off(void **state)
{
    (void)state;
    pl_parsed_verdict got = parse_with("Reasons\n[[B]]", instruction, true);
    assert_int_equal(got.verdict, PL_VERDICT_B); /* the final line was there */
    assert_int_equal(parse_with("I lean to [[B]], since", instruction, true).missing, PL_MISSING_CUT_OFF);
    assert_int_equal(parse_with("[[B]]\nNo, wait", instruction, true).missing, PL_MISSING_CUT_OFF);
    assert_int_equal(parse_with("I was about to", instruction, true).missing, PL_MISSING_NO_MARK);
    assert_int_equal(parse_with("[[A]] and [[B]] and", instruction, true).missing, PL_MISSING_SEVERAL);
    assert_int_equal(parse_with("[[A]] stands for the first re", instruction, true).missing, PL_MISSING_ECHO);
    assert_int_equal(parse_with("  ", instruction, true).missing, PL_MISSING_EMPTY);
}

static char *repeat(const char *piece, size_t bytes, const char *end)
{
    size_t n = strlen(piece);
    char *ret = test_malloc(bytes + strlen(end) + 1);
    for (size_t i = 0; i < bytes; i++)
        ret[i] = piece[i % n];
    memcpy(ret + bytes, end, strlen(end) + 1);
    return ret;
}

/* A megabyte of anything, against an instruction of 64 KiB, ends soon: the suite's time limit is the check. */
static void long_hostile_texts(void **state)
{
    (void)state;
    static const struct {
        const char *piece;
        pl_missing missing;
    } cases[] = {{"[", PL_MISSING_NOT},   {"[[", PL_MISSING_NOT},    {"[[ ", PL_MISSING_NOT}, {"\n", PL_MISSING_NOT},
                 {" \n", PL_MISSING_NOT}, {"[[A]]", PL_MISSING_NOT}, {"a", PL_MISSING_ECHO},  {"<", PL_MISSING_NOT},
                 {"\\", PL_MISSING_NOT},  {"\x80", PL_MISSING_NOT},  {"ab ", PL_MISSING_NOT}, {"]]", PL_MISSING_NOT}};
    char *long_instruction = repeat("a", 65536, "");
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = repeat(cases[i].piece, 1 << 20, "x [[A]] y");
        assert_int_equal(parse_with(text, long_instruction, false).missing, cases[i].missing);
        test_free(text);
    }
    char *spaces = repeat(" ", 1 << 20, "[[A]] ok");
    assert_int_equal(parse_with(spaces, long_instruction, false).verdict, PL_VERDICT_A);
    test_free(spaces);
    char *line = repeat("-", 1 << 20, "[[B]]");
    assert_int_equal(parse_with(line, long_instruction, false).verdict, PL_VERDICT_B);
    test_free(line);
    test_free(long_instruction);
}

static bool shares_twenty(const char *text, const char *with)
{
    size_t n = strlen(text);
    char gram[21];
    for (size_t i = 0; i + 20 <= n; i++) {
        memcpy(gram, text + i, 20);
        gram[20] = '\0';
        if (strstr(with, gram))
            return true;
    }
    return false;
}

/* Against the definition, over texts longer than one piece of the parser's window. */
static void echoes_match_the_definition_on_random_texts(void **state)
{
    (void)state;
    enum { LONG = 11000 };
    static char text[LONG + 32];
    static char with[LONG + 1];
    size_t echoes = 0;
    for (uint64_t round = 0; round < 200; round++) {
        pl_rng rng;
        pl__rng_init(&rng, pl__kit_seed(), "verdict", round);
        size_t n = (size_t)pl__rng_below(&rng, LONG);
        size_t m = (size_t)pl__rng_below(&rng, LONG);
        for (size_t i = 0; i < n; i++)
            text[i] = (char)('a' + pl__rng_below(&rng, 26));
        for (size_t i = 0; i < m; i++)
            with[i] = (char)('a' + pl__rng_below(&rng, 26));
        size_t shared = 18 + (size_t)pl__rng_below(&rng, 5);
        if (n > shared && m > shared)
            memcpy(text + pl__rng_below(&rng, n - shared), with + pl__rng_below(&rng, m - shared), shared);
        memcpy(text + n, " [[A]] fin", 11);
        with[m] = '\0';
        bool expected = shares_twenty(text, with);
        echoes += expected;
        assert_int_equal(parse_with(text, with, false).missing, expected ? PL_MISSING_ECHO : PL_MISSING_NOT);
    }
    assert_in_range(echoes, 40, 190);
}

static void marks_are_found_in_order(void **state)
{
    (void)state;
    pl_view text = pl__view("a [[[ B ]] [[c]]]");
    pl_verdict mark = PL_VERDICT_MISSING;
    size_t at = 0;
    size_t end = 0;
    assert_true(pl__verdict_mark(text, 0, &mark, &at, &end));
    assert_int_equal(mark, PL_VERDICT_B);
    assert_int_equal(at, 3);
    assert_int_equal(end, 10);
    assert_true(pl__verdict_mark(text, end, &mark, &at, &end));
    assert_int_equal(mark, PL_VERDICT_TIE);
    assert_int_equal(end, 16);
    assert_false(pl__verdict_mark(text, end, &mark, &at, &end));
    assert_false(pl__verdict_mark(text, 99, &mark, &at, &end));
}

/* ---- do two answers mean the same? ---- */

static const char two_marks[] = "Read both. [[SAME]] stands for one meaning in both of them.\n"
                                "[[DIFFERENT]] stands for anything else.";

static void check_equivalence(const char *text, bool cut_off, pl_equivalence wanted, pl_missing why)
{
    pl_parsed_equivalence got = pl__equivalence_parse(pl__view(text), pl__view(two_marks), cut_off);
    if (got.equivalence != wanted || got.missing != why)
        fail_msg("\"%.200s\": equivalence %d, missing %d", text, (int)got.equivalence, (int)got.missing);
}

static void equivalences_by_the_same_rule(void **state)
{
    static const struct {
        const char *text;
        pl_equivalence wanted;
        pl_missing why;
    } cases[] = {
        {"[[SAME]]", PL_EQUIVALENCE_SAME, PL_MISSING_NOT},
        {"Two is 2.\n[[ same ]]", PL_EQUIVALENCE_SAME, PL_MISSING_NOT},
        {"I thought [[SAME]] first.\n\n**[[Different]]**.\n", PL_EQUIVALENCE_DIFFERENT, PL_MISSING_NOT},
        {"My mark is [[DIFFERENT]], for 2 is not 3.", PL_EQUIVALENCE_DIFFERENT, PL_MISSING_NOT},
        {"", PL_EQUIVALENCE_MISSING, PL_MISSING_EMPTY},
        {" \n\t\n", PL_EQUIVALENCE_MISSING, PL_MISSING_EMPTY},
        {"SAME", PL_EQUIVALENCE_MISSING, PL_MISSING_NO_MARK},
        {"[SAME]", PL_EQUIVALENCE_MISSING, PL_MISSING_NO_MARK},
        {"[[SAMES]]", PL_EQUIVALENCE_MISSING, PL_MISSING_NO_MARK},
        {"[[SAM]]", PL_EQUIVALENCE_MISSING, PL_MISSING_NO_MARK},
        {"[[SAME", PL_EQUIVALENCE_MISSING, PL_MISSING_NO_MARK},
        {"[[NOT SAME]]", PL_EQUIVALENCE_MISSING, PL_MISSING_NO_MARK},
        {"[[A]]", PL_EQUIVALENCE_MISSING, PL_MISSING_NO_MARK}, /* another prompt's mark */
        {"[[SAME]] or [[DIFFERENT]]", PL_EQUIVALENCE_MISSING, PL_MISSING_SEVERAL},
        {"[[SAME]]\n[[DIFFERENT]] [[SAME]]", PL_EQUIVALENCE_MISSING, PL_MISSING_SEVERAL},
        {"[[SAME]] stands for one meaning in both of them.", PL_EQUIVALENCE_MISSING, PL_MISSING_ECHO},
        {"The task: anything that stands for one meaning in both of them is [[SAME]] as far as I know",
         PL_EQUIVALENCE_MISSING, PL_MISSING_ECHO},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check_equivalence(cases[i].text, false, cases[i].wanted, cases[i].why);
    check_equivalence("My mark is [[SAME]], since two", true, PL_EQUIVALENCE_MISSING, PL_MISSING_CUT_OFF);
    check_equivalence("Two is 2.\n[[SAME]]", true, PL_EQUIVALENCE_SAME, PL_MISSING_NOT);
    check("[[SAME]]", PL_VERDICT_MISSING, PL_MISSING_NO_MARK); /* and the other way round */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equivalences_by_the_same_rule),
        cmocka_unit_test(a_mark_alone_on_the_last_line_is_the_verdict),
        cmocka_unit_test(a_line_with_more_on_it_is_not_alone),
        cmocka_unit_test(the_only_distinct_mark_is_the_verdict),
        cmocka_unit_test(no_mark),
        cmocka_unit_test(an_echo_is_no_verdict),
        cmocka_unit_test(an_echo_is_measured_in_characters),
        cmocka_unit_test(a_reply_that_was_cut_off),
        cmocka_unit_test(long_hostile_texts),
        cmocka_unit_test(echoes_match_the_definition_on_random_texts),
        cmocka_unit_test(marks_are_found_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
