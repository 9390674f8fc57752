#include "kit.h"

#include "image_vips.h"
#include "pictures.h"
#include "plain.h"

#include <stdlib.h>
#include <string.h>

static pl_image_policy policy_of(pl_image_format format, uint32_t quality)
{
    return (pl_image_policy){.max_side_px = 512, .format = format, .quality = quality};
}

static pl_image_kind kind_of(pl_view bytes)
{
    return pl__image_kind(bytes);
}

static pl_view view_of(const picture *p)
{
    return pl__view_n(p->bytes, p->n);
}

static bool fits(pl_view bytes, const pl_image_policy *policy)
{
    pl_image_outline outline = {0};
    pl_error err = {0};

    PL_KIT_OK(pl__image_outline(kind_of(bytes), bytes, &outline, &err), &err);
    return pl__plain_fits(kind_of(bytes), &outline, policy);
}

/* What the direct way makes of a file that fits. */
static bool plainly(pl_view bytes, const pl_image_policy *policy, pl_str *out)
{
    pl_image_outline outline = {0};
    pl_error err = {0};
    bool done = false;

    PL_KIT_OK(pl__image_outline(kind_of(bytes), bytes, &outline, &err), &err);
    assert_true(pl__plain_fits(kind_of(bytes), &outline, policy));
    PL_KIT_OK(pl__plain_fit(kind_of(bytes), bytes, &outline, policy, out, &done, &err), &err);
    return done;
}

static pl_pixels pixels_of(pl_view bytes)
{
    pl_pixels pixels = {0};
    pl_error err = {0};

    PL_KIT_OK(pl__image_decode(bytes.ptr, bytes.len, &pixels, &err), &err);
    return pixels;
}

static void assert_same_pixels(pl_view a, pl_view b)
{
    pl_pixels x = pixels_of(a);
    pl_pixels y = pixels_of(b);

    assert_int_equal(x.width_px, y.width_px);
    assert_int_equal(x.height_px, y.height_px);
    assert_memory_equal(x.rgb, y.rgb, (size_t)3 * x.width_px * x.height_px);
    pl__pixels_clear(&x);
    pl__pixels_clear(&y);
}

static pl_str by_vips(pl_view bytes, const pl_image_policy *policy)
{
    pl_vips_info info = {0};
    uint32_t width = 0;
    uint32_t height = 0;
    pl_error err = {0};
    pl_str out;

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__vips_probe(kind_of(bytes), bytes, &info, &err), &err);
    assert_true(info.plain);
    PL_KIT_OK(pl__vips_fit(bytes, &info, policy, &out, &width, &height, &err), &err);
    return out;
}

static void encoded_anew_as_libvips_does(void **state)
{
    static const char *const suffixes[] = {".png", ".jpg[Q=75]", ".jpg[Q=95]", ".jpg[Q=80,subsample_mode=off]"};
    static const int sizes[][2] = {{1, 1}, {17, 9}, {160, 120}, {511, 33}};
    static const uint32_t qualities[] = {1, 50, 75, 89, 90, 100};

    (void)state;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
            picture p = picture_of(noisy(sizes[k][0], sizes[k][1]), suffixes[i]);
            for (size_t q = 0; q < (i == 0 ? sizeof(qualities) / sizeof(qualities[0]) : 1); q++) {
                pl_image_policy policy = policy_of(i == 0 ? PL_IMAGE_JPEG : PL_IMAGE_PNG, qualities[q]);
                pl_str expected = by_vips(view_of(&p), &policy);
                pl_str out;

                pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
                PL_KIT_OK(pl__str_append(&out, "kept", 4), NULL);
                assert_true(plainly(view_of(&p), &policy, &out));
                assert_memory_equal(out.ptr, "kept", 4);
                pl_view made = pl__view_n(out.ptr + 4, out.len - 4);
                assert_int_equal(kind_of(made), i == 0 ? PL_KIND_JPEG : PL_KIND_PNG);
                assert_same_pixels(made, pl__view_n(expected.ptr, expected.len));
                pl__str_clear(&out);
                pl__str_clear(&expected);
            }
            picture_clear(&p);
        }
    }
}

static void own_pixels_are_kept(void **state)
{
    static const char *const suffixes[] = {".png", ".jpg[Q=75]"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        picture p = picture_of(noisy(70, 50), suffixes[i]);
        pl_image_policy policy = policy_of(i == 0 ? PL_IMAGE_PNG : PL_IMAGE_JPEG, 90);
        pl_str out;
        pl_str stripped;

        pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
        pl__str_init(&stripped, PL_STR_LIMIT_DEFAULT);
        assert_true(plainly(view_of(&p), &policy, &out));
        PL_KIT_OK(pl__image_strip(kind_of(view_of(&p)), view_of(&p), &stripped, NULL), NULL);
        assert_int_equal(out.len, stripped.len);
        assert_memory_equal(out.ptr, stripped.ptr, out.len);
        pl__str_clear(&out);
        pl__str_clear(&stripped);
        picture_clear(&p);
    }
}

static VipsImage *in_space(VipsInterpretation space)
{
    VipsImage *image = quadrants(40, 30);
    VipsImage *other = NULL;

    assert_int_equal(vips_colourspace(image, &other, space, NULL), 0);
    g_object_unref(image);
    return other;
}

static VipsImage *turned(int orientation)
{
    VipsImage *image = quadrants(40, 30);
    VipsImage *copy = NULL;

    assert_int_equal(vips_copy(image, &copy, NULL), 0);
    g_object_unref(image);
    vips_image_set_int(copy, VIPS_META_ORIENTATION, orientation);
    return copy;
}

static VipsImage *see_through(void)
{
    VipsImage *image = quadrants(40, 30);
    VipsImage *next = NULL;

    assert_int_equal(vips_bandjoin_const1(image, &next, 128, NULL), 0);
    g_object_unref(image);
    return next;
}

static void assert_left_to_libvips(VipsImage *image, const char *suffix)
{
    pl_image_policy policy = policy_of(PL_IMAGE_JPEG, 90);
    picture p = picture_of(image, suffix);

    if (fits(view_of(&p), &policy))
        fail_msg("%s", suffix);
    picture_clear(&p);
}

static void anything_special_is_left_to_libvips(void **state)
{
    pl_image_policy small = {.max_side_px = 39, .format = PL_IMAGE_PNG, .quality = 90};
    pl_image_policy webp = policy_of(PL_IMAGE_WEBP, 90);
    picture p = picture_of(quadrants(40, 30), ".png");

    (void)state;
    assert_false(fits(view_of(&p), &small));
    assert_false(fits(view_of(&p), &webp));
    small.max_side_px = 40;
    assert_true(fits(view_of(&p), &small));
    picture_clear(&p);
    assert_left_to_libvips(quadrants(40, 30), ".jpg[profile=srgb]");
    assert_left_to_libvips(quadrants(40, 30), ".png[profile=srgb]");
    assert_left_to_libvips(quadrants(40, 30), ".jpg[interlace]");
    assert_left_to_libvips(quadrants(40, 30), ".png[interlace]");
    assert_left_to_libvips(quadrants(40, 30), ".png[palette]");
    assert_left_to_libvips(see_through(), ".png");
    assert_left_to_libvips(in_space(VIPS_INTERPRETATION_RGB16), ".png");
    assert_left_to_libvips(in_space(VIPS_INTERPRETATION_B_W), ".png");
    assert_left_to_libvips(in_space(VIPS_INTERPRETATION_B_W), ".jpg");
    assert_left_to_libvips(in_space(VIPS_INTERPRETATION_CMYK), ".jpg[strip]");
    for (int orientation = 2; orientation <= 8; orientation++)
        assert_left_to_libvips(turned(orientation), ".jpg");
    p = picture_of(turned(1), ".jpg");
    small.max_side_px = 40;
    assert_true(fits(view_of(&p), &small));
    picture_clear(&p);
}

/* The components' names say RGB where no segment says otherwise: only the decoder knows. */
static void jpeg_of_rgb_is_left_to_libvips(void **state)
{
    pl_image_policy policy = policy_of(PL_IMAGE_PNG, 90);
    picture p = picture_of(quadrants(40, 30), ".jpg[strip]");
    pl_str bare;
    pl_str out;

    (void)state;
    pl__str_init(&bare, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__str_append(&bare, p.bytes, 2), NULL);
    size_t at = 2;
    if ((uint8_t)p.bytes[3] == 0xe0)
        at += 2 + ((size_t)(uint8_t)p.bytes[4] << 8 | (uint8_t)p.bytes[5]);
    PL_KIT_OK(pl__str_append(&bare, p.bytes + at, p.n - at), NULL);
    for (size_t i = 2; i + 18 < bare.len; i++) { /* frame and scan headers: three components each */
        char *s = bare.ptr + i;
        if ((uint8_t)s[0] == 0xff && (uint8_t)s[1] == 0xc0 && s[9] == 3) {
            s[10] = 'R';
            s[13] = 'G';
            s[16] = 'B';
        } else if ((uint8_t)s[0] == 0xff && (uint8_t)s[1] == 0xda && s[4] == 3) {
            s[5] = 'R';
            s[7] = 'G';
            s[9] = 'B';
        }
    }
    assert_false(plainly(pl__view_n(bare.ptr, bare.len), &policy, &out));
    assert_int_equal(out.len, 0);
    pl__str_clear(&bare);
    pl__str_clear(&out);
    picture_clear(&p);
}

/* Whatever is damaged is either left to libvips, or libvips finds it good too and sees the same. */
static void damage_is_never_taken_for_good(void **state)
{
    static const char *const suffixes[] = {".png", ".jpg"};
    uint64_t x = pl__kit_seed() | 1;
    size_t left = 0;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        picture p = picture_of(noisy(60, 40), suffixes[i]);
        for (int round = 0; round < 400; round++) {
            pl_image_policy policy = policy_of(round % 4 < 2 ? PL_IMAGE_PNG : PL_IMAGE_JPEG, 90);
            picture q = {.bytes = g_malloc(p.n), .n = p.n};
            pl_image_outline outline = {0};
            pl_error err = {0};
            bool done = false;
            pl_str out;

            memcpy(q.bytes, p.bytes, p.n);
            for (int flips = 0; flips < 2; flips++) {
                x = x * 6364136223846793005u + 1442695040888963407u;
                size_t span = round % 2 ? q.n : 700; /* headers matter most */
                q.bytes[(x >> 33) % span % q.n] = (char)(x >> 20);
            }
            pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
            if (pl__image_outline(kind_of(view_of(&q)), view_of(&q), &outline, NULL) == PL_OK &&
                pl__plain_fits(kind_of(view_of(&q)), &outline, &policy)) {
                PL_KIT_OK(pl__plain_fit(kind_of(view_of(&q)), view_of(&q), &outline, &policy, &out, &done, &err), &err);
                if (done) {
                    pl_str expected = by_vips(view_of(&q), &policy);
                    if (policy.format == (i == 0 ? PL_IMAGE_PNG : PL_IMAGE_JPEG))
                        assert_same_pixels(pl__view_n(out.ptr, out.len), view_of(&q));
                    else
                        assert_same_pixels(pl__view_n(out.ptr, out.len), pl__view_n(expected.ptr, expected.len));
                    pl__str_clear(&expected);
                } else {
                    assert_int_equal(out.len, 0);
                    left++;
                }
            }
            pl__str_clear(&out);
            picture_clear(&q);
        }
        picture_clear(&p);
    }
    assert_true(left > 100);
}

typedef struct refusable {
    picture p;
    pl_image_policy policy;
} refusable;

static pl_status fit_once(void *user, pl_error *err)
{
    const refusable *r = user;
    pl_image_outline outline = {0};
    bool done = false;
    pl_str out;
    pl_status rc = pl__image_outline(kind_of(view_of(&r->p)), view_of(&r->p), &outline, err);

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    if (rc == PL_OK)
        rc = pl__plain_fit(kind_of(view_of(&r->p)), view_of(&r->p), &outline, &r->policy, &out, &done, err);
    assert_true(rc != PL_OK || done);
    pl__str_clear(&out);
    return rc;
}

static void allocations_may_be_refused(void **state)
{
    static const char *const suffixes[] = {".png", ".jpg"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        refusable r = {.p = picture_of(noisy(120, 90), suffixes[i % 2]),
                       .policy = policy_of(i / 2 ? PL_IMAGE_PNG : PL_IMAGE_JPEG, 90)};
        pl__kit_fault_loop("plain", fit_once, &r);
        picture_clear(&r.p);
    }
}

static void an_output_may_be_too_long(void **state)
{
    picture p = picture_of(noisy(120, 90), ".png");
    pl_image_policy policy = policy_of(PL_IMAGE_JPEG, 90);
    pl_image_outline outline = {0};
    pl_error err = {0};
    bool done = false;
    pl_str out;

    (void)state;
    pl__str_init(&out, 3000);
    PL_KIT_OK(pl__image_outline(PL_KIND_PNG, view_of(&p), &outline, &err), &err);
    PL_KIT_STATUS(pl__plain_fit(PL_KIND_PNG, view_of(&p), &outline, &policy, &out, &done, &err), PL_E_LIMIT, &err);
    assert_false(done);
    assert_int_equal(out.len, 0);
    pl__str_clear(&out);
    picture_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoded_anew_as_libvips_does),        cmocka_unit_test(own_pixels_are_kept),
        cmocka_unit_test(anything_special_is_left_to_libvips), cmocka_unit_test(jpeg_of_rgb_is_left_to_libvips),
        cmocka_unit_test(damage_is_never_taken_for_good),      cmocka_unit_test(allocations_may_be_refused),
        cmocka_unit_test(an_output_may_be_too_long),
    };
    return cmocka_run_group_tests(tests, pictures_setup, NULL);
}
