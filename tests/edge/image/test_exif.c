#include "kit.h"

#include "exif.h"

#include <stdlib.h>
#include <string.h>

#define UPRIGHT_ENTRY "\x12\x01\x03\0\1\0\0\0\1\0\0\0"
#define HEAD "Exif\0\0II*\0\x08\0\0\0"

static const char little[] = HEAD "\2\0"
                                  "\x0f\x01\x02\0\4\0\0\0abc\0" UPRIGHT_ENTRY "\0\0\0\0";
static const char big[] = "Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\1\0\0\0\0\0\0";
static const char none[] = HEAD "\1\0\x0f\x01\x02\0\4\0\0\0abc\0\0\0\0\0";

static void orientation_of_one_or_none(void **state)
{
    (void)state;
    assert_true(pl__exif_upright(pl__view_n(little, sizeof(little) - 1)));
    assert_true(pl__exif_upright(pl__view_n(big, sizeof(big) - 1)));
    assert_true(pl__exif_upright(pl__view_n(none, sizeof(none) - 1)));
}

/* One changed byte: the place, the byte. */
static void any_other_is_not_upright(void **state)
{
    static const struct {
        size_t at;
        char byte;
    } changes[] = {
        {0, 'e'},        /* no Exif */
        {5, 1},          /* no second zero */
        {6, 'M'},        /* no byte order */
        {8, 43},         /* no TIFF */
        {10, 7},         /* entries inside the header */
        {10, 120},       /* and behind the end */
        {13, (char)255}, /* far behind */
        {14, 9},         /* more entries than there are bytes */
        {30, 4},         /* a long, not a short */
        {32, 2},         /* two of them */
        {36, 6},         /* turned by 90 degrees */
        {36, 0},         /* nothing that the standard knows */
        {37, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        char copy[sizeof(little)];

        memcpy(copy, little, sizeof(little));
        assert_int_not_equal(copy[changes[i].at], changes[i].byte);
        copy[changes[i].at] = changes[i].byte;
        if (pl__exif_upright(pl__view_n(copy, sizeof(little) - 1)))
            fail_msg("byte %zu as %d", changes[i].at, changes[i].byte);
    }
}

static void no_beginning_of_one_is_read_past_its_end(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof(little) - 1; n++) {
        char *cut = malloc(n + 1);

        assert_non_null(cut);
        memcpy(cut, little, n);
        /* The last four bytes are where further entries would be: nobody asks. */
        assert_int_equal(pl__exif_upright(pl__view_n(cut, n)), n >= sizeof(little) - 5);
        free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orientation_of_one_or_none),
        cmocka_unit_test(any_other_is_not_upright),
        cmocka_unit_test(no_beginning_of_one_is_read_past_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
