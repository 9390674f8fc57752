#include "kit.h"

#include "image.h"
#include "pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SIDE 10000
#define PEAK_KB_MAX 100000
#define UNCOMPRESSED_KB 300000 /* a file is read whole, and this TIFF is as long as its pixels */

/* 100 megapixels of stripes, written row by row: never in memory at once. */
static char *striped(const char *dir, const char *name)
{
    VipsImage *stripe = NULL;
    VipsImage *eight = NULL;
    VipsImage *image = NULL;
    VipsImage *made[2] = {NULL, NULL};
    char *path = pl__kit_path(dir, name);

    assert_int_equal(vips_black(&made[0], SIDE, 8, "bands", 3, NULL), 0);
    assert_int_equal(vips_linear1(made[0], &made[1], 1, 200, "uchar", TRUE, NULL), 0);
    assert_int_equal(vips_join(made[0], made[1], &stripe, VIPS_DIRECTION_VERTICAL, NULL), 0);
    assert_int_equal(vips_copy(stripe, &eight, "interpretation", VIPS_INTERPRETATION_sRGB, NULL), 0);
    assert_int_equal(vips_replicate(eight, &image, 1, SIDE / 16, NULL), 0);
    if (vips_image_write_to_file(image, path, NULL) != 0)
        fail_msg("%s", vips_error_buffer());
    g_object_unref(made[0]);
    g_object_unref(made[1]);
    g_object_unref(stripe);
    g_object_unref(eight);
    g_object_unref(image);
    return path;
}

/* The program itself, with a file as its argument: fits it and prints the peak of its memory in kilobytes. */
static const char *own_path;

static int fit_and_report(const char *path)
{
    pl_image_policy policy = {.max_side_px = 1536, .format = PL_IMAGE_JPEG, .quality = 90};
    pl_fitted_image fitted = {0};
    pl_error err = {0};
    struct rusage use;
    pl_status rc = pl__image_fit(path, &policy, &fitted, &err);

    if (rc != PL_OK || getrusage(RUSAGE_SELF, &use) != 0) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    bool fine = fitted.width_px == 1536 && fitted.height_px == 1536;
    (void)printf("%ld\n", use.ru_maxrss);
    pl__fitted_image_clear(&fitted);
    return fine ? 0 : 1;
}

static void a_hundred_megapixels_are_reduced_in_little_memory(void **state)
{
    static const char *const names[] = {"large.jpg", "large.png", "large.tif"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *path = striped(*state, names[i]);
        const char *argv[] = {own_path, path, NULL};
        pl_kit_result result;
        pl__kit_run(argv, NULL, &result);
        if (result.code != 0)
            fail_msg("%s: %s", names[i], result.err);
        assert_string_equal(result.err, "");
        long peak_kb = strtol(result.out, NULL, 10);
        print_message("%s: peak %ld kB\n", names[i], peak_kb);
        assert_true(peak_kb > 0);
#ifndef PL_SANITIZED
        assert_true(peak_kb < PEAK_KB_MAX + (i == 2 ? UNCOMPRESSED_KB : 0));
#endif
        pl__kit_result_clear(&result);
        (void)remove(path);
        free(path);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_hundred_megapixels_are_reduced_in_little_memory, pl__kit_temp_setup,
                                        pl__kit_temp_teardown),
    };
    own_path = argv[0];
    if (argc > 1)
        return fit_and_report(argv[1]);
    return cmocka_run_group_tests(tests, pictures_setup, NULL);
}
