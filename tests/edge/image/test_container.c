#include "kit.h"

#include "container.h"

#include <string.h>

#define BYTES(text)                                                                                                    \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

/* Built by hand, so that each rule of the three formats is seen on its own. */
#define SOI "\xff\xd8"
#define JFIF "\xff\xe0\x00\x08JFIF\x00\x01"
#define JFXX "\xff\xe0\x00\x07JFXX\x00"
#define EXIF                                                                                                           \
    "\xff\xe1\x00\x0a"                                                                                                 \
    "Exif\x00\x00\xff\xd9" /* an end mark inside: the thumbnail's */
#define PROFILE                                                                                                        \
    "\xff\xe2\x00\x05"                                                                                                 \
    "ICC"
#define ADOBE                                                                                                          \
    "\xff\xee\x00\x07"                                                                                                 \
    "Adobe"
#define COMMENT                                                                                                        \
    "\xff\xfe\x00\x06"                                                                                                 \
    "text"
#define TABLE "\xff\xdb\x00\x04\x01\x02"
#define SCAN                                                                                                           \
    "\xff\xda\x00\x04\x11\x22"                                                                                         \
    "pixels\xff\x00more\xff\xd3still"
#define EOI "\xff\xd9"

static void a_jpeg_keeps_what_its_pixels_need(void **state)
{
    static const char whole[] =
        SOI JFIF JFXX EXIF PROFILE ADOBE COMMENT TABLE SCAN COMMENT "\xff" TABLE SCAN EOI "a video behind the end";
    static const char wanted[] = SOI JFIF ADOBE TABLE SCAN TABLE SCAN EOI;
    pl_view bytes = pl__view_n(whole, sizeof(whole) - 1);
    pl_error err = {0};
    pl_str out;

    (void)state;
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    assert_int_equal(pl__image_kind(bytes), PL_KIND_JPEG);
    PL_KIT_OK(pl__image_walk(PL_KIND_JPEG, bytes, &err), &err);
    PL_KIT_OK(pl__image_strip(PL_KIND_JPEG, bytes, &out, &err), &err);
    assert_int_equal(out.len, sizeof(wanted) - 1);
    assert_memory_equal(out.ptr, wanted, out.len);
    pl__str_clear(&out);
    size_t end = sizeof(whole) - 1 - strlen("a video behind the end");
    for (size_t n = 2; n < end; n++) {
        err = (pl_error){0};
        PL_KIT_STATUS(pl__image_walk(PL_KIND_JPEG, pl__view_n(whole, n), &err), PL_E_PARSE, &err);
        assert_string_equal(err.msg, "truncated JPEG image");
    }
    PL_KIT_OK(pl__image_walk(PL_KIND_JPEG, pl__view_n(whole, end), &err), NULL);
}

static void a_png_keeps_its_critical_chunks(void **state)
{
    static const char whole[] = "\x89PNG\r\n\x1a\n"
                                "\0\0\0\2IHDRab0000"
                                "\0\0\0\3tEXtabc0000"
                                "\0\0\0\0IDAT0000"
                                "\0\0\0\1eXIfz0000"
                                "\0\0\0\0IEND0000"
                                "trailing";
    static const char wanted[] = "\x89PNG\r\n\x1a\n"
                                 "\0\0\0\2IHDRab0000"
                                 "\0\0\0\0IDAT0000"
                                 "\0\0\0\0IEND0000";
    static const char endless[] = "\x89PNG\r\n\x1a\n"
                                  "\xff\xff\xff\xffIHDRab0000";
    pl_error err = {0};
    pl_str out;

    (void)state;
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__image_strip(PL_KIND_PNG, pl__view_n(whole, sizeof(whole) - 1), &out, &err), &err);
    assert_int_equal(out.len, sizeof(wanted) - 1);
    assert_memory_equal(out.ptr, wanted, out.len);
    pl__str_clear(&out);
    for (size_t n = 8; n < sizeof(whole) - 1 - 8; n++)
        PL_KIT_STATUS(pl__image_walk(PL_KIND_PNG, pl__view_n(whole, n), &err), PL_E_PARSE, &err);
    PL_KIT_STATUS(pl__image_walk(PL_KIND_PNG, pl__view_n(endless, sizeof(endless) - 1), &err), PL_E_PARSE, &err);
    assert_string_equal(err.msg, "broken PNG image: a chunk longer than the format allows");
}

static void a_webp_keeps_its_one_picture(void **state)
{
    static const char whole[] = "RIFF\x24\0\0\0WEBP"
                                "VP8X\4\0\0\0abcd"
                                "VP8L\3\0\0\0xyz\0"
                                "EXIF\0\0\0\0"
                                "tail";
    static const char wanted[] = "RIFF\x10\0\0\0WEBP"
                                 "VP8L\3\0\0\0xyz\0";
    static const char layers[] = "RIFF\x18\0\0\0WEBP"
                                 "ALPH\2\0\0\0ab"
                                 "VP8 \2\0\0\0xy";
    static const char empty[] = "RIFF\x0e\0\0\0WEBP"
                                "EXIF\2\0\0\0ab";
    static const char greedy[] = "RIFF\x0e\0\0\0WEBP"
                                 "VP8 \3\0\0\0ab";
    pl_error err = {0};
    pl_str out;

    (void)state;
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__image_strip(PL_KIND_WEBP, pl__view_n(whole, sizeof(whole) - 1), &out, &err), &err);
    assert_int_equal(out.len, sizeof(wanted) - 1);
    assert_memory_equal(out.ptr, wanted, out.len);
    pl__str_reset(&out);
    PL_KIT_OK(pl__image_walk(PL_KIND_WEBP, pl__view_n(layers, sizeof(layers) - 1), &err), &err);
    PL_KIT_STATUS(pl__image_strip(PL_KIND_WEBP, pl__view_n(layers, sizeof(layers) - 1), &out, &err), PL_E_UNSUPPORTED,
                  &err);
    PL_KIT_STATUS(pl__image_walk(PL_KIND_WEBP, pl__view_n(empty, sizeof(empty) - 1), &err), PL_E_PARSE, &err);
    PL_KIT_STATUS(pl__image_walk(PL_KIND_WEBP, pl__view_n(greedy, sizeof(greedy) - 1), &err), PL_E_PARSE, &err);
    for (size_t n = 12; n < 8 + 0x24; n++)
        PL_KIT_STATUS(pl__image_walk(PL_KIND_WEBP, pl__view_n(whole, n), &err), PL_E_PARSE, &err);
    pl__str_clear(&out);
}

static void only_three_formats_are_taken_apart(void **state)
{
    pl_error err = {0};
    pl_str out;

    (void)state;
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__image_walk(PL_KIND_GIF, pl__view("GIF89a"), &err), &err);
    PL_KIT_OK(pl__image_walk(PL_KIND_TIFF, pl__view("II*"), &err), &err);
    PL_KIT_STATUS(pl__image_strip(PL_KIND_GIF, pl__view("GIF89a"), &out, &err), PL_E_UNSUPPORTED, &err);
    PL_KIT_STATUS(pl__image_strip(PL_KIND_TIFF, pl__view("II*"), &out, &err), PL_E_UNSUPPORTED, &err);
    assert_int_equal(out.len, 0);
}

static void kinds_come_from_the_first_bytes(void **state)
{
    static const struct {
        pl_view bytes;
        pl_image_kind kind;
        const char *name;
    } cases[] = {
        {BYTES("\xff\xd8\xff\xe0"), PL_KIND_JPEG, "JPEG"},
        {BYTES("\x89PNG\r\n\x1a\n"), PL_KIND_PNG, "PNG"},
        {BYTES("RIFF\0\0\0\0WEBP"), PL_KIND_WEBP, "WebP"},
        {BYTES("GIF87a"), PL_KIND_GIF, "GIF"},
        {BYTES("MM\0*"), PL_KIND_TIFF, "TIFF"},
        {BYTES("II+\0"), PL_KIND_TIFF, "TIFF"},
        {BYTES("\xff\xd8"), PL_KIND_OTHER, "other"},
        {BYTES("ABCD\0\0\0\0WEBP"), PL_KIND_OTHER, "other"},
        {BYTES(""), PL_KIND_OTHER, "other"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(pl__image_kind(cases[i].bytes), cases[i].kind);
        assert_string_equal(pl__image_kind_name(cases[i].kind), cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_jpeg_keeps_what_its_pixels_need), cmocka_unit_test(a_png_keeps_its_critical_chunks),
        cmocka_unit_test(a_webp_keeps_its_one_picture),      cmocka_unit_test(only_three_formats_are_taken_apart),
        cmocka_unit_test(kinds_come_from_the_first_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
