#include "kit.h"

#include "image.h"

#include <pthread.h>

#define THREADS 4

static void *encode(void *user)
{
    uint8_t rgb[2 * 2 * 3] = {0};
    pl_pixels pixels = {.rgb = rgb, .width_px = 2, .height_px = 2};
    pl_status *rc = user;
    pl_str png;

    pl__str_init(&png, PL_STR_LIMIT_DEFAULT);
    *rc = pl__image_encode_png(&pixels, &png, NULL);
    pl__str_clear(&png);
    return NULL;
}

/* The library starts once, whoever comes first; the process has not used it before. */
static void test_images_while_warming_up(void **state)
{
    pthread_t threads[THREADS];
    pl_status rc[THREADS];

    (void)state;
    pl__image_warm_up();
    pl__image_warm_up(); /* nothing more */
    for (size_t i = 0; i < THREADS; i++) {
        rc[i] = PL_E_INVALID;
        assert_int_equal(pthread_create(&threads[i], NULL, encode, &rc[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    pl__image_warm_up_end();
    pl__image_warm_up_end();
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(rc[i], PL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_images_while_warming_up)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
