#include "kit.h"

#include "alloc.h"
#include "image.h"
#include "pictures.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const pl_image_policy jpeg_64 = {.max_side_px = 64, .format = PL_IMAGE_JPEG, .quality = 90};
static const pl_image_policy png_64 = {.max_side_px = 64, .format = PL_IMAGE_PNG, .quality = 90};
static const pl_image_policy webp_64 = {.max_side_px = 64, .format = PL_IMAGE_WEBP, .quality = 90};
static const pl_image_policy jpeg_512 = {.max_side_px = 512, .format = PL_IMAGE_JPEG, .quality = 90};
static const pl_image_policy png_512 = {.max_side_px = 512, .format = PL_IMAGE_PNG, .quality = 90};
static const pl_image_policy webp_512 = {.max_side_px = 512, .format = PL_IMAGE_WEBP, .quality = 90};

/* The coded bytes of a fitted image. */
static pl_str coded(const pl_fitted_image *fitted)
{
    pl_str bytes;
    pl__str_init(&bytes, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__str_append_base64_decoded(&bytes, pl__blob_view(fitted->base64)), NULL);
    return bytes;
}

static pl_pixels decoded(const void *bytes, size_t n)
{
    pl_pixels pixels = {0};
    pl_error err = {0};
    PL_KIT_OK(pl__image_decode(bytes, n, &pixels, &err), &err);
    return pixels;
}

static const uint8_t *pixel(const pl_pixels *p, double x, double y)
{
    size_t column = (size_t)(x * p->width_px);
    size_t row = (size_t)(y * p->height_px);
    return p->rgb + (row * p->width_px + column) * 3;
}

static void assert_quadrants(const pl_pixels *p)
{
    assert_true(is_near(pixel(p, 0.25, 0.25), 255, 0, 0));
    assert_true(is_near(pixel(p, 0.75, 0.25), 0, 255, 0));
    assert_true(is_near(pixel(p, 0.25, 0.75), 0, 0, 255));
    assert_true(is_near(pixel(p, 0.75, 0.75), 255, 255, 0));
}

static pl_fitted_image fit(const picture *p, const char *name, const pl_image_policy *policy)
{
    char *dir = pl__kit_temp_new();
    char *path = pl__kit_write(dir, name, p->bytes, p->n);
    pl_fitted_image fitted = {0};
    pl_error err = {0};
    PL_KIT_OK(pl__image_fit(path, policy, &fitted, &err), &err);
    free(path);
    pl__kit_temp_free(dir);
    return fitted;
}

/* Fits, checks the size, decodes what came out. */
static pl_pixels fitted_pixels(const picture *p, const pl_image_policy *policy, uint32_t width, uint32_t height)
{
    pl_fitted_image fitted = fit(p, "picture", policy);
    assert_int_equal(fitted.width_px, width);
    assert_int_equal(fitted.height_px, height);
    pl_str bytes = coded(&fitted);
    pl_pixels pixels = decoded(bytes.ptr, bytes.len);
    assert_int_equal(pixels.width_px, width);
    assert_int_equal(pixels.height_px, height);
    pl__str_clear(&bytes);
    pl__fitted_image_clear(&fitted);
    return pixels;
}

static void every_format_is_read_and_shrunk(void **state)
{
    static const char *const suffixes[] = {
        ".jpg", ".jpg[interlace]", ".png", ".png[interlace]", ".png[palette]",         ".webp",
        ".gif", ".webp[lossless]", ".tif", ".tif[tile]",      ".tif[compression=lzw]", ".tif[pyramid,tile]"};
    static const pl_image_policy *const policies[] = {&jpeg_64, &png_64, &webp_64};

    (void)state;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        for (size_t k = 0; k < 3; k++) {
            picture p = picture_of(quadrants(200, 100), suffixes[i]);
            pl_pixels pixels = fitted_pixels(&p, policies[k], 64, 32);
            assert_quadrants(&pixels);
            pl__pixels_clear(&pixels);
            picture_clear(&p);
        }
    }
}

static void nothing_is_enlarged(void **state)
{
    picture p = picture_of(quadrants(40, 20), ".gif");
    (void)state;
    pl_pixels pixels = fitted_pixels(&p, &png_512, 40, 20);
    assert_quadrants(&pixels);
    pl__pixels_clear(&pixels);
    picture_clear(&p);
}

static void extreme_shapes_keep_a_pixel(void **state)
{
    picture p = picture_of(quadrants(20000, 2), ".png");
    (void)state;
    pl_fitted_image fitted = fit(&p, "wide", &jpeg_64);
    assert_int_equal(fitted.width_px, 64);
    assert_int_equal(fitted.height_px, 1);
    pl__fitted_image_clear(&fitted);
    picture_clear(&p);
}

static VipsImage *turned(int orientation, int width, int height)
{
    VipsImage *copy = NULL;
    VipsImage *image = quadrants(width, height);
    assert_int_equal(vips_copy(image, &copy, NULL), 0);
    g_object_unref(image);
    vips_image_set_int(copy, VIPS_META_ORIENTATION, orientation);
    return copy;
}

/* Corner colours after each EXIF orientation, top left first, then top right, bottom left, bottom right. */
static void orientation_is_applied(void **state)
{
    static const int red[3] = {255, 0, 0}, green[3] = {0, 255, 0}, blue[3] = {0, 0, 255}, yellow[3] = {255, 255, 0};
    static const int *const corners[9][4] = {
        {0},
        {red, green, blue, yellow},
        {green, red, yellow, blue},
        {yellow, blue, green, red},
        {blue, yellow, red, green},
        {red, blue, green, yellow},
        {blue, red, yellow, green},
        {yellow, green, blue, red},
        {green, yellow, red, blue},
    };
    static const pl_image_policy *const policies[] = {&jpeg_64, &jpeg_512};

    (void)state;
    for (int orientation = 1; orientation <= 8; orientation++) {
        for (size_t k = 0; k < 2; k++) {
            picture p = picture_of(turned(orientation, 160, 80), ".jpg[Q=95]");
            uint32_t longer = k == 0 ? 64 : 160;
            uint32_t shorter = k == 0 ? 32 : 80;
            bool upended = orientation >= 5;
            pl_pixels pixels = fitted_pixels(&p, policies[k], upended ? shorter : longer, upended ? longer : shorter);
            for (int corner = 0; corner < 4; corner++) {
                const int *c = corners[orientation][corner];
                const uint8_t *at = pixel(&pixels, corner % 2 ? 0.75 : 0.25, corner / 2 ? 0.75 : 0.25);
                if (!is_near(at, c[0], c[1], c[2]))
                    fail_msg("orientation %d, corner %d: %d %d %d", orientation, corner, at[0], at[1], at[2]);
            }
            pl__pixels_clear(&pixels);
            /* The decoder for the simulator turns them just so. */
            pixels = decoded(p.bytes, p.n);
            assert_int_equal(pixels.width_px, upended ? 80 : 160);
            assert_true(is_near(pixel(&pixels, 0.25, 0.25), corners[orientation][0][0], corners[orientation][0][1],
                                corners[orientation][0][2]));
            pl__pixels_clear(&pixels);
            picture_clear(&p);
        }
    }
}

static VipsImage *converted(VipsInterpretation space)
{
    VipsImage *image = quadrants(100, 100);
    VipsImage *other = NULL;
    assert_int_equal(vips_colourspace(image, &other, space, NULL), 0);
    g_object_unref(image);
    return other;
}

static void other_colour_spaces_become_srgb(void **state)
{
    picture p = picture_of(converted(VIPS_INTERPRETATION_RGB16), ".png");
    pl_pixels pixels = fitted_pixels(&p, &jpeg_512, 100, 100);

    (void)state;
    assert_quadrants(&pixels);
    pl__pixels_clear(&pixels);
    picture_clear(&p);

    p = picture_of(converted(VIPS_INTERPRETATION_RGB16), ".tif");
    pixels = fitted_pixels(&p, &png_64, 64, 64);
    assert_quadrants(&pixels);
    pl__pixels_clear(&pixels);
    picture_clear(&p);

    p = picture_of(converted(VIPS_INTERPRETATION_CMYK), ".jpg[Q=95]"); /* carries a profile of libvips's own */
    pixels = fitted_pixels(&p, &jpeg_512, 100, 100);
    const uint8_t *yellow = pixel(&pixels, 0.75, 0.75); /* ink is never as bright as light */
    assert_true(yellow[0] > 200 && yellow[1] > 200 && yellow[2] < 100);
    const uint8_t *red = pixel(&pixels, 0.25, 0.25);
    assert_true(red[0] > 180 && red[1] < 90 && red[2] < 90);
    pl__pixels_clear(&pixels);
    picture_clear(&p);

    p = picture_of(converted(VIPS_INTERPRETATION_CMYK), ".jpg[Q=95,strip]"); /* and one without */
    pixels = fitted_pixels(&p, &png_64, 64, 64);
    yellow = pixel(&pixels, 0.75, 0.75);
    assert_true(yellow[0] > 200 && yellow[1] > 200 && yellow[2] < 100);
    pl__pixels_clear(&pixels);
    picture_clear(&p);
}

/* A profile that is none must not cost the image. */
static void a_broken_profile_is_passed_over(void **state)
{
    static const char segment[] = "\xff\xe2\x00\x40"
                                  "ICC_PROFILE\0\1\1";
    picture plain = picture_of(quadrants(100, 100), ".jpg[Q=95,strip]");
    picture p = {.bytes = g_malloc(plain.n + 0x42), .n = plain.n + 0x42};

    (void)state;
    memcpy(p.bytes, plain.bytes, 2);
    memset(p.bytes + 2, 'j', 0x42);
    memcpy(p.bytes + 2, segment, sizeof(segment) - 1);
    memcpy(p.bytes + 2 + 0x42, plain.bytes + 2, plain.n - 2);
    for (int k = 0; k < 2; k++) {
        uint32_t side = k == 0 ? 64 : 100;
        pl_pixels pixels = fitted_pixels(&p, k == 0 ? &jpeg_64 : &jpeg_512, side, side);
        assert_quadrants(&pixels);
        pl__pixels_clear(&pixels);
    }
    picture_clear(&plain);
    picture_clear(&p);
}

static void grey_becomes_rgb(void **state)
{
    static const char *const suffixes[] = {".png", ".jpg", ".tif"};
    (void)state;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        for (int sixteen = 0; sixteen < (i == 0 ? 2 : 1); sixteen++) {
            picture p =
                picture_of(converted(sixteen ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W), suffixes[i]);
            pl_pixels pixels = fitted_pixels(&p, &png_512, 100, 100);
            const uint8_t *at = pixel(&pixels, 0.75, 0.75);
            if (at[0] <= 200 || at[0] != at[1] || at[1] != at[2])
                fail_msg("%s: %d %d %d", suffixes[i], at[0], at[1], at[2]);
            at = pixel(&pixels, 0.25, 0.75);
            if (at[0] >= 110 || at[0] != at[1] || at[1] != at[2])
                fail_msg("%s: %d %d %d", suffixes[i], at[0], at[1], at[2]);
            pl__pixels_clear(&pixels);
            picture_clear(&p);
        }
    }
}

static VipsImage *see_through(double alpha, bool sixteen)
{
    VipsImage *image = quadrants(100, 100);
    VipsImage *next = NULL;
    assert_int_equal(vips_bandjoin_const1(image, &next, alpha, NULL), 0);
    g_object_unref(image);
    if (!sixteen)
        return next;
    VipsImage *wide = NULL;
    assert_int_equal(vips_colourspace(next, &wide, VIPS_INTERPRETATION_RGB16, NULL), 0);
    g_object_unref(next);
    return wide;
}

static void alpha_is_flattened_on_white(void **state)
{
    static const char *const suffixes[] = {".png", ".webp[lossless]", ".tif", ".png"};
    static const pl_image_policy *const policies[] = {&png_64, &png_512, &jpeg_64};
    (void)state;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        for (size_t k = 0; k < 3; k++) {
            uint32_t side = policies[k]->max_side_px < 100 ? 64 : 100;
            picture p = picture_of(see_through(0, i == 3), suffixes[i]);
            pl_pixels pixels = fitted_pixels(&p, policies[k], side, side);
            assert_true(is_near(pixel(&pixels, 0.25, 0.75), 255, 255, 255));
            pl__pixels_clear(&pixels);
            picture_clear(&p);
            p = picture_of(see_through(128, i == 3), suffixes[i]);
            pixels = fitted_pixels(&p, policies[k], side, side);
            assert_true(is_near(pixel(&pixels, 0.25, 0.75), 127, 127, 255));
            pl__pixels_clear(&pixels);
            picture_clear(&p);
        }
    }
}

static void an_animation_shows_its_first_frame(void **state)
{
    static const char *const suffixes[] = {".gif", ".webp"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        VipsImage *frames[2] = {quadrants(80, 40), NULL};
        VipsImage *strip = NULL;
        assert_int_equal(vips_invert(frames[0], &frames[1], NULL), 0);
        assert_int_equal(vips_arrayjoin(frames, &strip, 2, "across", 1, NULL), 0);
        g_object_unref(frames[0]);
        g_object_unref(frames[1]);
        VipsImage *animation = NULL;
        assert_int_equal(vips_copy(strip, &animation, NULL), 0);
        g_object_unref(strip);
        vips_image_set_int(animation, VIPS_META_PAGE_HEIGHT, 40);
        picture p = picture_of(animation, suffixes[i]);
        pl_pixels pixels = fitted_pixels(&p, i == 0 ? &jpeg_512 : &webp_512, 80, 40);
        assert_quadrants(&pixels);
        pl__pixels_clear(&pixels);
        picture_clear(&p);
    }
}

static bool contains(const pl_str *bytes, const char *needle)
{
    return pl__view_find(pl__view_n(bytes->ptr, bytes->len), pl__view(needle)) != SIZE_MAX;
}

/* What fits already is neither coded again nor sent with what its camera wrote into it. */
static void fitting_files_keep_their_coded_pixels(void **state)
{
    static const struct {
        const char *suffix;
        const pl_image_policy *policy;
        const char *start_of_pixels;
        const char *metadata;
    } cases[] = {{".jpg[Q=37]", &jpeg_512, "\xff\xda", "Secret"},
                 {".jpg[Q=37,interlace]", &jpeg_512, "\xff\xda", "Secret"},
                 {".png[compression=1]", &png_512, "IDAT", "zTXt"},
                 {".png[palette]", &png_512, "IDAT", "zTXt"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        VipsImage *image = turned(1, 120, 60);
        vips_image_set_string(image, "exif-ifd0-Artist",
                              "Secret Person (Secret Person, ASCII, 14 components, 14 bytes)");
        vips_image_set_blob_copy(image, VIPS_META_XMP_NAME, "<x:xmpmeta>Secret Place</x:xmpmeta>", 35);
        picture p = picture_of(image, cases[i].suffix);
        pl_view all = pl__view_n(p.bytes, p.n);
        assert_int_not_equal(pl__view_find(all, pl__view(cases[i].metadata)), SIZE_MAX);
        pl_fitted_image fitted = fit(&p, "x", cases[i].policy);
        pl_str bytes = coded(&fitted);
        assert_false(contains(&bytes, cases[i].metadata));
        size_t pixels_at = pl__view_find(all, pl__view(cases[i].start_of_pixels));
        assert_int_not_equal(pixels_at, SIZE_MAX);
        assert_true(bytes.len < p.n && p.n - pixels_at <= bytes.len + 64);
        pl_pixels before = decoded(p.bytes, p.n);
        pl_pixels after = decoded(bytes.ptr, bytes.len);
        assert_memory_equal(before.rgb, after.rgb, (size_t)120 * 60 * 3);
        pl__pixels_clear(&before);
        pl__pixels_clear(&after);
        pl__str_clear(&bytes);
        pl__fitted_image_clear(&fitted);
        picture_clear(&p);
    }
}

static void a_still_webp_keeps_its_picture_only(void **state)
{
    static const char *const suffixes[] = {".webp[Q=50]", ".webp[lossless]"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        picture p = picture_of(noisy(121, 63), suffixes[i]);
        pl_fitted_image fitted = fit(&p, "x.webp", &webp_512);
        pl_str bytes = coded(&fitted);
        assert_true(contains(&bytes, i == 0 ? "WEBPVP8 " : "WEBPVP8L"));
        assert_false(contains(&bytes, "EXIF"));
        assert_string_equal(fitted.media_type, "image/webp");
        /* The same chunk, no byte changed. */
        size_t chunk_at = pl__view_find(pl__view_n(p.bytes, p.n), pl__view(i == 0 ? "VP8 " : "VP8L"));
        assert_true(chunk_at >= 12 && chunk_at + bytes.len - 12 <= p.n);
        assert_memory_equal(bytes.ptr + 12, p.bytes + chunk_at, bytes.len - 12);
        pl_pixels before = decoded(p.bytes, p.n);
        pl_pixels after = decoded(bytes.ptr, bytes.len);
        assert_memory_equal(before.rgb, after.rgb, (size_t)121 * 63 * 3);
        pl__pixels_clear(&before);
        pl__pixels_clear(&after);
        pl__str_clear(&bytes);
        pl__fitted_image_clear(&fitted);
        picture_clear(&p);
    }
}

static void same_file_same_policy_same_bytes(void **state)
{
    static const struct {
        const pl_image_policy *policy;
        const char *media_type;
    } cases[] = {{&jpeg_64, "image/jpeg"}, {&png_64, "image/png"}, {&webp_64, "image/webp"}};
    picture p = picture_of(noisy(300, 200), ".jpg");

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        pl_fitted_image a = fit(&p, "a.jpg", cases[i].policy);
        pl_fitted_image b = fit(&p, "other name", cases[i].policy);
        assert_string_equal(a.media_type, cases[i].media_type);
        assert_true(pl__view_eq(pl__blob_view(a.base64), pl__blob_view(b.base64)));
        pl__fitted_image_clear(&a);
        pl__fitted_image_clear(&b);
    }
    picture_clear(&p);
}

static void digests_agree(void **state)
{
    char *dir = pl__kit_temp_new();
    picture p = picture_of(noisy(300, 300), ".png");
    char *path = pl__kit_write(dir, "x.png", p.bytes, p.n);
    pl_fitted_image fitted = {0};
    pl_digest digest, direct;
    pl_error err = {0};

    (void)state;
    assert_true(p.n > 100000); /* several reads */
    PL_KIT_OK(pl__image_digest(path, &digest, &err), &err);
    PL_KIT_OK(pl__image_fit(path, &jpeg_64, &fitted, &err), &err);
    pl__sha256(p.bytes, p.n, &direct);
    assert_true(pl__digest_eq(&digest, &direct));
    assert_true(pl__digest_eq(&digest, &fitted.source_digest));
    pl__fitted_image_clear(&fitted);
    pl__fitted_image_clear(&fitted);
    pl__fitted_image_clear(NULL);
    free(path);
    picture_clear(&p);
    pl__kit_temp_free(dir);
}

static void png_keeps_every_pixel(void **state)
{
    pl_pixels made = {.width_px = 77, .height_px = 53};
    pl_error err = {0};
    pl_str png;

    (void)state;
    uint8_t *rgb = malloc((size_t)77 * 53 * 3);
    assert_non_null(rgb);
    for (size_t i = 0; i < (size_t)77 * 53 * 3; i++)
        rgb[i] = (uint8_t)(i * 37 % 251);
    made.rgb = rgb;
    pl__str_init(&png, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__image_encode_png(&made, &png, &err), &err);
    pl_pixels back = decoded(png.ptr, png.len);
    assert_int_equal(back.width_px, 77);
    assert_int_equal(back.height_px, 53);
    assert_memory_equal(back.rgb, rgb, (size_t)77 * 53 * 3);
    pl__pixels_clear(&back);
    pl__pixels_clear(&back);
    pl__pixels_clear(NULL);
    pl__str_clear(&png);
    free(rgb);
}

typedef struct shared {
    const char *path;
    pthread_t thread;
    pl_fitted_image fitted;
    pl_status rc;
} shared;

static void *fit_in_thread(void *user)
{
    shared *s = user;
    pl_error err = {0};
    s->rc = PL_OK;
    for (int i = 0; i < 5 && s->rc == PL_OK; i++) {
        pl__fitted_image_clear(&s->fitted);
        s->rc = pl__image_fit(s->path, &jpeg_64, &s->fitted, &err);
    }
    return NULL;
}

static void threads_get_the_same_bytes(void **state)
{
    char *dir = pl__kit_temp_new();
    picture p = picture_of(noisy(400, 300), ".jpg");
    char *path = pl__kit_write(dir, "x.jpg", p.bytes, p.n);
    shared all[8];

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        all[i] = (shared){.path = path};
        assert_int_equal(pthread_create(&all[i].thread, NULL, fit_in_thread, &all[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(all[i].thread, NULL), 0);
        PL_KIT_OK(all[i].rc, NULL);
        assert_true(pl__view_eq(pl__blob_view(all[0].fitted.base64), pl__blob_view(all[i].fitted.base64)));
    }
    for (size_t i = 0; i < 8; i++)
        pl__fitted_image_clear(&all[i].fitted);
    free(path);
    picture_clear(&p);
    pl__kit_temp_free(dir);
}

typedef struct fault_case {
    const char *path;
    const pl_image_policy *policy;
    const picture *bytes;
} fault_case;

static pl_status fit_once(void *user, pl_error *err)
{
    const fault_case *c = user;
    pl_fitted_image fitted = {0};
    pl_digest digest;
    pl_status rc = pl__image_digest(c->path, &digest, err);
    if (rc == PL_OK)
        rc = pl__image_fit(c->path, c->policy, &fitted, err);
    pl__fitted_image_clear(&fitted);
    return rc;
}

static pl_status decode_and_encode(void *user, pl_error *err)
{
    const fault_case *c = user;
    pl_pixels pixels = {0};
    pl_str png;
    pl__str_init(&png, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__image_decode(c->bytes->bytes, c->bytes->n, &pixels, err);
    if (rc == PL_OK)
        rc = pl__image_encode_png(&pixels, &png, err);
    pl__pixels_clear(&pixels);
    pl__str_clear(&png);
    return rc;
}

/* Of our own memory: libvips and GLib have their own allocator. */
static void survives_refused_allocations(void **state)
{
    char *dir = pl__kit_temp_new();
    picture p = picture_of(quadrants(100, 100), ".jpg");
    char *path = pl__kit_write(dir, "x.jpg", p.bytes, p.n);
    fault_case c = {.path = path, .policy = &png_64, .bytes = &p};

    (void)state;
    pl__kit_fault_loop("fit, coded again", fit_once, &c);
    c.policy = &jpeg_512;
    pl__kit_fault_loop("fit, passed through", fit_once, &c);
    pl__kit_fault_loop("decode and encode", decode_and_encode, &c);
    free(path);
    picture_clear(&p);
    pl__kit_temp_free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_read_and_shrunk),
        cmocka_unit_test(nothing_is_enlarged),
        cmocka_unit_test(extreme_shapes_keep_a_pixel),
        cmocka_unit_test(orientation_is_applied),
        cmocka_unit_test(other_colour_spaces_become_srgb),
        cmocka_unit_test(a_broken_profile_is_passed_over),
        cmocka_unit_test(grey_becomes_rgb),
        cmocka_unit_test(alpha_is_flattened_on_white),
        cmocka_unit_test(an_animation_shows_its_first_frame),
        cmocka_unit_test(fitting_files_keep_their_coded_pixels),
        cmocka_unit_test(a_still_webp_keeps_its_picture_only),
        cmocka_unit_test(same_file_same_policy_same_bytes),
        cmocka_unit_test(digests_agree),
        cmocka_unit_test(png_keeps_every_pixel),
        cmocka_unit_test(threads_get_the_same_bytes),
        cmocka_unit_test(survives_refused_allocations),
    };
    return cmocka_run_group_tests(tests, pictures_setup, NULL);
}
