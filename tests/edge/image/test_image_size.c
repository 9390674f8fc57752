#include "kit.h"

#include "image.h"
#include "pictures.h"

#include <stdlib.h>
#include <string.h>

static bool size_of(const char *bytes, size_t n, uint32_t *ret_width, uint32_t *ret_height)
{
    char *dir = pl__kit_temp_new();
    char *path = pl__kit_path(dir, "picture");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    bool found = pl__image_size(path, ret_width, ret_height);
    free(path);
    pl__kit_temp_free(dir);
    return found;
}

static void every_format_says_its_size(void **state)
{
    static const char *const suffixes[] = {".jpg[Q=80]",  ".jpg[Q=80,interlace=true]", ".png",
                                           ".webp[Q=80]", ".webp[lossless=true]",      ".gif"};
    (void)state;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        picture p = picture_of(quadrants(301, 97), suffixes[i]);
        uint32_t width = 0;
        uint32_t height = 0;
        if (!size_of(p.bytes, p.n, &width, &height))
            fail_msg("%s", suffixes[i]);
        assert_int_equal(width, 301);
        assert_int_equal(height, 97);
        picture_clear(&p);
    }
}

static void whatever_is_cut_or_no_image_has_none(void **state)
{
    picture p = picture_of(quadrants(40, 30), ".jpg[Q=80]");
    uint32_t width = 0;
    uint32_t height = 0;
    char endless[4096];
    (void)state;
    memset(endless, 0xff, sizeof(endless));
    endless[1] = (char)0xd8;
    for (size_t n = 0; n < p.n && n < 700; n++) {
        if (size_of(p.bytes, n, &width, &height)) {
            assert_int_equal(width, 40);
            assert_int_equal(height, 30);
        }
    }
    width = height = 7;
    assert_false(size_of(endless, sizeof(endless), &width, &height));
    assert_false(size_of("RIFF____WEBPVP9 and more than thirty-two bytes", 46, &width, &height));
    assert_false(size_of("only text, and more than thirty-two bytes of it", 47, &width, &height));
    assert_false(pl__image_size("no/such/file", &width, &height));
    assert_int_equal(width, 7);
    picture_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_says_its_size),
        cmocka_unit_test(whatever_is_cut_or_no_image_has_none),
    };
    return cmocka_run_group_tests_name("size of an image", tests, pictures_setup, NULL);
}
