#include "kit.h"
#include "punctuation.h"

static void blanks(void **state)
{
    (void)state;
    assert_true(pl__is_blank(pl__view("")));
    assert_true(pl__is_blank(pl__view(" \t\r\n\v\f")));
    assert_true(pl__is_blank(pl__view("\xc2\xa0\xe2\x80\x8b\xe2\x80\xa8\xe3\x80\x80\xef\xbb\xbf")));
    assert_false(pl__is_blank(pl__view(" .")));
    assert_false(pl__is_blank(pl__view("\xff")));
    assert_false(pl__is_blank(pl__view("\xe2\x80"))); /* cut in the middle */
}

static void decoration(void **state)
{
    (void)state;
    static const char *const yes[] = {
        "",         "**", "-- `~` #>!",   "<b>",          "</answer>",    "<|im_end|>",       "<br/>",
        "\\boxed{", "}$", "\xe2\x80\x9c", "\xe3\x80\x82", "\xe2\x9c\x85", "\xf0\x9f\x8f\x86", "<",
        "< >",      "\\", "\xef\xb8\x8f"};
    static const char *const no[] = {"a",
                                     "7",
                                     "\xc3\xa9",
                                     "\xe4\xb8\x8d",
                                     "<A>",
                                     "<not b>",
                                     "<b",
                                     "\\a",
                                     "\xff",
                                     "\xc2\xb2",
                                     "\xe2\x84\xa2",
                                     "\xf0\x9f\x85\xb1",
                                     "\xef\xbf\xbd",
                                     "\xef\xbc\xa1",
                                     "<0123456789012345678901234567890123456789b>"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (!pl__is_decoration(pl__view(yes[i])))
            fail_msg("\"%s\" should be decoration", yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (pl__is_decoration(pl__view(no[i])))
            fail_msg("\"%s\" should be no decoration", no[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(blanks), cmocka_unit_test(decoration)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
