#include "kit.h"

#include "alloc.h"
#include "image.h"
#include "pictures.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const pl_image_policy jpeg_64 = {.max_side_px = 64, .format = PL_IMAGE_JPEG, .quality = 90};
static const pl_image_policy png_512 = {.max_side_px = 512, .format = PL_IMAGE_PNG, .quality = 90};

/* The file must be refused with `wanted` by fit and decode; every word of `words` is in the message, which names the
 * path and is one line. */
static void assert_refused(const void *bytes, size_t n, pl_status wanted, const char *words)
{
    char *dir = pl__kit_temp_new();
    char *path = pl__kit_write(dir, "photo.jpg", bytes, n);
    pl_fitted_image fitted = {0};
    pl_pixels pixels = {0};
    pl_error err = {0};

    PL_KIT_STATUS(pl__image_fit(path, &jpeg_64, &fitted, &err), wanted, &err);
    assert_null(fitted.base64);
    assert_non_null(strstr(err.msg, path));
    assert_null(strchr(err.msg, '\n'));
    if (!strstr(err.msg, words))
        fail_msg("\"%s\" is not in \"%s\"", words, err.msg);
    err = (pl_error){0};
    PL_KIT_STATUS(pl__image_decode(bytes, n, &pixels, &err), wanted, &err);
    assert_null(pixels.rgb);
    assert_non_null(strstr(err.msg, words));
    free(path);
    pl__kit_temp_free(dir);
}

static void says_what_a_file_is_instead(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *words;
    } cases[] = {
        {"", 0, "empty file"},
        {"holiday plans\n", 14, "text"},
        {"<!DOCTYPE html><html>", 21, "HTML page"},
        {"%PDF-1.7\n", 9, "PDF document"},
        {"<svg xmlns='http://www.w3.org/2000/svg'/>", 41, "SVG drawing"},
        {"<?xml version='1.0'?>\n<svg/>", 28, "SVG drawing"},
        {"\0\0\0\x18"
         "ftypheic\0\0\0\0",
         16, "HEIC image"},
        {"\0\0\0\x1c"
         "ftypavif\0\0\0\0",
         16, "AVIF image"},
        {"BM\x36\0\0\0\0\0", 8, "BMP image"},
        {"PK\3\4\x14\0", 6, "ZIP archive"},
        {"version https://git-lfs.github.com/spec/v1\n", 43, "Git LFS pointer"},
        {"RIFF\x24\0\0\0WAVEfmt ", 16, "no WebP image"},
        {"\0\0\0\0\0\0\0\0\0\0", 10, "zero bytes"},
        {"\x7f"
         "ELF\2\1\1\0",
         8, "no image that is known"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_refused(cases[i].bytes, cases[i].n, PL_E_PARSE, cases[i].words);
        if (cases[i].n > 0)
            assert_refused(cases[i].bytes, cases[i].n, PL_E_PARSE, "JPEG, PNG, WebP, GIF and TIFF");
    }
}

/* Every proper beginning of a file is refused. GIF and TIFF have no end mark that must be there: what lacks nothing
 * but its last bytes decodes whole and may pass. */
static void truncated_files_are_refused(void **state)
{
    static const struct {
        const char *suffix;
        size_t spare_bytes;
    } cases[] = {{".jpg[strip]", 0},     {".jpg[interlace]", 0}, {".png", 0},
                 {".png[interlace]", 0}, {".webp", 0},           {".webp[lossless]", 0},
                 {".gif", 16},           {".tif", 600},          {".tif[compression=deflate,tile]", 600}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        picture p = picture_of(noisy(90, 70), cases[i].suffix);
        assert_true(p.n > 2 * cases[i].spare_bytes + 100);
        for (size_t n = 0; n + cases[i].spare_bytes < p.n; n += n < 700 ? 1 : 97) {
            pl_pixels pixels = {0};
            pl_error err = {0};
            char *cut = malloc(n + 1); /* of its very size, so that reading behind it shows */
            assert_non_null(cut);
            memcpy(cut, p.bytes, n);
            pl_status rc = pl__image_decode(cut, n, &pixels, &err);
            if (rc != PL_E_PARSE)
                fail_msg("%s: %zu of %zu bytes: %d %s", cases[i].suffix, n, p.n, (int)rc, err.msg);
            free(cut);
        }
        if (cases[i].spare_bytes == 0) {
            assert_refused(p.bytes, p.n - 1, PL_E_PARSE, "truncated");
            assert_refused(p.bytes, p.n / 2, PL_E_PARSE, "truncated");
        }
        picture_clear(&p);
    }
}

static void a_cut_that_fits_already_is_refused_too(void **state)
{
    char *dir = pl__kit_temp_new();
    picture p = picture_of(noisy(100, 100), ".png");
    (void)state;
    /* Whole on the outside, damaged within: only decoding tells. */
    p.bytes[p.n / 2] = (char)(p.bytes[p.n / 2] ^ 0x55);
    char *path = pl__kit_write(dir, "x.png", p.bytes, p.n);
    pl_fitted_image fitted = {0};
    pl_error err = {0};
    PL_KIT_STATUS(pl__image_fit(path, &png_512, &fitted, &err), PL_E_PARSE, &err);
    assert_non_null(strstr(err.msg, "broken PNG image"));
    free(path);
    picture_clear(&p);
    pl__kit_temp_free(dir);
}

static void bombs_are_refused_by_their_header(void **state)
{
    static const uint32_t sizes[][2] = {{30000, 30000}, {60000, 60000}, {256000001, 1}, {16001, 16001}};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        picture p = png_claiming(sizes[i][0], sizes[i][1]);
        char words[64];
        (void)snprintf(words, sizeof(words), "%u x %u pixels", sizes[i][0], sizes[i][1]);
        bool possible = sizes[i][0] <= 1000000; /* what libpng itself lets through */
        assert_refused(p.bytes, p.n, possible ? PL_E_LIMIT : PL_E_PARSE, possible ? words : "broken PNG image");
        picture_clear(&p);
    }
    static const char gif[] = "GIF89a\x11\x27\x11\x27\x80\0\0\0\0\0\xff\xff\xff" /* 10001 x 10001 */
                              ",\0\0\0\0\x11\x27\x11\x27\0\2\2D\1\0;";
    assert_refused(gif, sizeof(gif) - 1, PL_E_LIMIT, "GIF of 10001 x 10001 pixels");
    picture p = png_claiming(50, 50); /* harmless, and empty inside */
    assert_refused(p.bytes, p.n, PL_E_PARSE, "broken PNG image");
    picture_clear(&p);
}

static void damage_never_crashes(void **state)
{
    static const char *const suffixes[] = {".jpg", ".png", ".webp", ".gif", ".tif[compression=lzw]"};
    uint64_t x = pl__kit_seed() | 1;

    (void)state;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        picture p = picture_of(noisy(60, 40), suffixes[i]);
        for (int round = 0; round < 100; round++) {
            picture q = {.bytes = g_malloc(p.n), .n = p.n};
            memcpy(q.bytes, p.bytes, p.n);
            for (int flips = 0; flips < 4; flips++) {
                x = x * 6364136223846793005u + 1442695040888963407u;
                size_t span = round % 2 ? q.n : 200; /* headers matter most */
                q.bytes[(x >> 33) % span % q.n] = (char)(x >> 20);
            }
            pl_pixels pixels = {0};
            pl_error err = {0};
            pl_status rc = pl__image_decode(q.bytes, q.n, &pixels, &err);
            assert_true((rc == PL_OK) == (pixels.rgb != NULL));
            assert_true(rc == PL_OK || (err.code == rc && err.msg[0] != '\0'));
            pl__pixels_clear(&pixels);
            picture_clear(&q);
        }
        picture_clear(&p);
    }
}

static void files_that_cannot_be_read(void **state)
{
    char *dir = pl__kit_temp_new();
    char *absent = pl__kit_path(dir, "absent.jpg");
    pl_fitted_image fitted = {0};
    pl_digest digest;
    pl_error err = {0};

    (void)state;
    PL_KIT_STATUS(pl__image_fit(absent, &jpeg_64, &fitted, &err), PL_E_NOT_FOUND, &err);
    assert_non_null(strstr(err.msg, absent));
    PL_KIT_STATUS(pl__image_digest(absent, &digest, &err), PL_E_NOT_FOUND, &err);
    assert_non_null(strstr(err.msg, absent));
    PL_KIT_STATUS(pl__image_fit(dir, &jpeg_64, &fitted, &err), PL_E_IO, &err);
    PL_KIT_STATUS(pl__image_digest(dir, &digest, &err), PL_E_IO, &err);
    free(absent);
    pl__kit_temp_free(dir);
}

static void impossible_arguments(void **state)
{
    static const pl_image_policy bad[] = {{.max_side_px = 0, .format = PL_IMAGE_JPEG, .quality = 90},
                                          {.max_side_px = 64, .format = PL_IMAGE_JPEG, .quality = 0},
                                          {.max_side_px = 64, .format = PL_IMAGE_WEBP, .quality = 101},
                                          {.max_side_px = 64, .quality = 90}};
    pl_fitted_image fitted = {0};
    pl_pixels pixels = {0};
    pl_error err = {0};
    pl_str png;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        PL_KIT_STATUS(pl__image_fit("x.jpg", &bad[i], &fitted, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl__image_fit(NULL, &jpeg_64, &fitted, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl__image_fit("-", &jpeg_64, &fitted, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl__image_decode(NULL, 5, &pixels, &err), PL_E_INVALID, &err);
    pl__str_init(&png, PL_STR_LIMIT_DEFAULT);
    PL_KIT_STATUS(pl__image_encode_png(&pixels, &png, &err), PL_E_INVALID, &err);
}

typedef struct speaker {
    pthread_t thread;
    const picture *p;
    const char *words;
    bool fine;
} speaker;

static void *speak(void *user)
{
    speaker *s = user;
    s->fine = true;
    for (int i = 0; i < 30; i++) {
        pl_pixels pixels = {0};
        pl_error err = {0};
        pl_status rc = pl__image_decode(s->p->bytes, s->p->n, &pixels, &err);
        s->fine = s->fine && rc == PL_E_PARSE && strncmp(err.msg, s->words, strlen(s->words)) == 0;
        pl__pixels_clear(&pixels);
    }
    return NULL;
}

/* libvips has one message buffer for all threads; no message may speak of another's image. */
static void messages_belong_to_their_image(void **state)
{
    picture png = png_claiming(50, 50);
    picture gif = {.bytes = g_strdup("GIF89a\x05"
                                     "garbage that ends"),
                   .n = 24};
    speaker all[6];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        all[i] = (speaker){.p = i % 2 ? &png : &gif, .words = i % 2 ? "broken PNG image: " : "broken GIF image: "};
        assert_int_equal(pthread_create(&all[i].thread, NULL, speak, &all[i]), 0);
    }
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(pthread_join(all[i].thread, NULL), 0);
        assert_true(all[i].fine);
    }
    picture_clear(&png);
    picture_clear(&gif);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_a_file_is_instead),
        cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(a_cut_that_fits_already_is_refused_too),
        cmocka_unit_test(bombs_are_refused_by_their_header),
        cmocka_unit_test(damage_never_crashes),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(impossible_arguments),
        cmocka_unit_test(messages_belong_to_their_image),
    };
    return cmocka_run_group_tests(tests, pictures_setup, NULL);
}
