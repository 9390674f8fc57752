#include "kit.h"

#include "codec.h"

#include <string.h>

static void known_names_are_found(void **state)
{
    size_t n = 0;
    const pl_codec_ops *const *all = pl__codecs(&n);
    (void)state;
    assert_true(n >= 1);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(pl__codec_find(all[i]->name), all[i]);
        assert_non_null(all[i]->encode);
        assert_non_null(all[i]->decode);
        assert_non_null(all[i]->auth_header);
        assert_non_null(all[i]->auth_prefix);
        assert_int_equal(strspn(all[i]->name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(all[i]->name));
    }
    assert_non_null(pl__codec_find("openai"));
}

static void unknown_names_are_not(void **state)
{
    (void)state;
    assert_null(pl__codec_find("OpenAI"));
    assert_null(pl__codec_find(""));
    assert_null(pl__codec_find(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_names_are_found),
        cmocka_unit_test(unknown_names_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
