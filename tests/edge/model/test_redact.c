#include "kit.h"

#include "redact.h"
#include "rng.h"

#include <string.h>

static void check_line(const char *in, const char *want)
{
    char out[256];
    pl__redact_line(pl__view(in), out, sizeof(out));
    assert_string_equal(out, want);
}

static void lines_are_plain(void **state)
{
    (void)state;
    check_line("", "");
    check_line("  a\n\n b \r", "a b");
    check_line("a\x1b[0mb\x7f"
               "c",
               "a [0mb c");
    check_line("\xc2\x85x\xc2\xa0y", "x\xc2\xa0y"); /* a C1 control goes, a no-break space stays */
    check_line("bad \xff\xc3 utf", "bad ?? utf");
}

static void keys_go(void **state)
{
    (void)state;
    check_line("key sk-abcdefgh12 end", "key [key] end");
    check_line("(sk-proj-ab**********yz)", "([key])");
    check_line("Authorization: Bearer abcdef.0123", "Authorization: Bearer [key]");
    check_line("AIzaSyAbcdefgh", "[key]");
    check_line("sk-short", "[key]");
    check_line("sk-7 risk-taking desk-mounted", "sk-7 risk-taking desk-mounted");
    check_line("bearer of bad news", "bearer of bad news");
}

static void lines_are_cut_between_characters(void **state)
{
    char out[8];
    (void)state;
    pl__redact_line(pl__view("abcde\xc3\xa4\xc3\xa4"), out, sizeof(out));
    assert_string_equal(out, "abcde\xc3\xa4");
    pl__redact_line(pl__view("abcdef\xc3\xa4\xc3\xa4"), out, sizeof(out));
    assert_string_equal(out, "abcdef");
    pl__redact_line(pl__view("abc"), out, 1);
    assert_string_equal(out, "");
}

static void secrets_go(void **state)
{
    char line[64] = "x topsecret123 y topsecret123";
    char cut[64] = "and topsec";
    char short_one[64] = "a b c";
    char small[64] = "the word abcd";
    (void)state;
    pl__redact_secret(line, pl__view("topsecret123"));
    assert_string_equal(line, "x [key] y [key]");
    pl__redact_secret(cut, pl__view("topsecret123"));
    assert_string_equal(cut, "and [key]");
    pl__redact_secret(short_one, pl__view("b"));
    assert_string_equal(short_one, "a b c");
    pl__redact_secret(small, pl__view("abcd"));
    assert_string_equal(small, "the word ****");
}

/* Random bytes around a secret: it never shows, the line is valid UTF-8 and holds no control character. */
static void nothing_gets_through(void **state)
{
    static const char secret[] = "k3y-0123456789abcdef";
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "redact", 0);
    for (int round = 0; round < 3000; round++) {
        char in[400];
        char out[256];
        size_t n = (size_t)pl__rng_below(&rng, sizeof(in));
        for (size_t i = 0; i < n; i++)
            in[i] = (char)pl__rng_below(&rng, 256);
        for (int k = 0; k < 3 && n > sizeof(secret); k++)
            memcpy(in + pl__rng_below(&rng, n - sizeof(secret)), secret, sizeof(secret) - 1);
        pl__redact_line(pl__view_n(in, n), out, sizeof(out));
        pl__redact_secret(out, pl__view(secret));
        assert_null(strstr(out, secret));
        assert_true(pl__utf8_valid(pl__view(out)));
        for (const char *p = out; *p; p++)
            assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_plain),
        cmocka_unit_test(keys_go),
        cmocka_unit_test(lines_are_cut_between_characters),
        cmocka_unit_test(secrets_go),
        cmocka_unit_test(nothing_gets_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
