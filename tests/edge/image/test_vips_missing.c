#include "kit.h"

#include "image.h"

#include <stdlib.h>
#include <string.h>

/* LD_LIBRARY_PATH leads to a file of the library's name that is no library (see CMakeLists.txt). */

static void assert_advice(pl_status rc, const pl_error *err)
{
    assert_int_equal(rc, PL_E_UNSUPPORTED);
    assert_int_equal(err->code, PL_E_UNSUPPORTED);
    assert_non_null(strstr(err->msg, "apt install libvips42"));
    assert_null(strstr(err->msg, "broken"));
}

static void test_says_what_to_install(void **state)
{
    static const pl_image_policy policy = {.max_side_px = 64, .format = PL_IMAGE_PNG, .quality = 90};
    /* 1 x 1, grey */
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\b\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\nIDAT\x78"
                              "\x9c\x63\x60\0\0\0\2\0\1"
                              "\x48\xaf\xa4\x71\0\0\0\0IEND\xae\x42\x60\x82";
    uint8_t rgb[3] = {0};
    pl_pixels pixels = {.rgb = rgb, .width_px = 1, .height_px = 1};
    pl_pixels decoded = {0};
    pl_fitted_image fitted = {0};
    pl_digest digest;
    char *dir = pl__kit_temp_new();
    char *path = pl__kit_write(dir, "one.png", png, sizeof(png) - 1);
    pl_str out;
    pl_error err = {0};

    (void)state;
    pl__image_warm_up(); /* fails in silence */
    pl__image_warm_up_end();
    assert_advice(pl__image_fit(path, &policy, &fitted, &err), &err);
    assert_null(fitted.base64);
    err = (pl_error){0};
    assert_advice(pl__image_decode(png, sizeof(png) - 1, &decoded, &err), &err);
    assert_null(decoded.rgb);
    err = (pl_error){0};
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    assert_advice(pl__image_encode_png(&pixels, &out, &err), &err);
    pl__str_clear(&out);
    err = (pl_error){0};
    PL_KIT_OK(pl__image_digest(path, &digest, &err), &err); /* needs no library */
    free(path);
    pl__kit_temp_free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_says_what_to_install)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
