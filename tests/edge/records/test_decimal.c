/* The reader of decimals against pl__num_parse(): the same bits, for every form that JSON has. */
#include "decimal.h"
#include "kit.h"
#include "num.h"
#include "rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 400000u

/* The text alone in its memory, so that a sanitizer sees what is read behind it. */
static bool scan_view(pl_view text, double *ret, size_t *ret_used)
{
    size_t n = text.len;
    char *copy = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    memcpy(copy, text.ptr, n);
    const char *at = copy;
    bool taken = pl__decimal_scan(&at, copy + n, ret);
    *ret_used = (size_t)(at - copy);
    assert_true(*ret_used <= n);
    free(copy);
    return taken;
}

static bool scan(const char *text, double *ret, size_t *ret_used)
{
    return scan_view(pl__view(text), ret, ret_used);
}

static uint64_t bits_of(double x)
{
    uint64_t bits = 0;
    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

#define MORE "],[\" the\",-1.25],[\" of\",-0.123456789]"

/* With much behind it another way may be taken. */
static bool scan_before_more(const char *text, double *ret, size_t *ret_used)
{
    char longer[256];
    int n = snprintf(longer, sizeof(longer), "%s%s", text, MORE);
    assert_true(n > 0 && (size_t)n < sizeof(longer));
    return scan(longer, ret, ret_used);
}

static void check_same_before_more(const char *text, double wanted)
{
    double found = 0.0;
    size_t used = 0;
    if (!scan_before_more(text, &found, &used) || used != strlen(text))
        fail_msg("\"%s\" is not taken before others, or only %zu bytes of it", text, used);
    if (bits_of(wanted) != bits_of(found))
        fail_msg("\"%s\" is %.17g, not %.17g, before others", text, wanted, found);
}

static void check_same(const char *text)
{
    double wanted = 0.0;
    double found = 0.0;
    size_t used = 0;
    if (pl__num_parse(pl__view(text), &wanted) != PL_OK)
        fail_msg("\"%s\" is no number", text);
    bool taken = scan(text, &found, &used);
    if (!taken || used != strlen(text))
        fail_msg("\"%s\" is not taken, or only %zu bytes of it", text, used);
    if (bits_of(wanted) != bits_of(found))
        fail_msg("\"%s\" is %.17g, not %.17g", text, wanted, found);
    check_same_before_more(text, wanted);
}

static void forms(void **state)
{
    static const char *const texts[] = {
        "0.0",
        "-0.0",
        "-0.0e5",
        "1e0",
        "1E+5",
        "1e-5",
        "-12.345678",
        "12.5",
        "99.99999999",
        "-1e-05",
        "0.1",
        "0.10000000000000000000",
        "0.1000000000000000055511151231257827021181583404541015625",
        "-0.00012345672817900777",
        "-2.3841855067985307e-07",
        "-11.500003814697266",
        "1.7976931348623157e308",
        "4.9406564584124654e-324",
        "2.2250738585072014e-308",
        "1e-400",
        "9007199254740993.0",
        "9007199254740992.5",
        "9007199254740995.0",
        "18014398509481986.0",
        "9223372036854775808.5",
        "9999999999999999999.0",
        "18446744073709551615.0",
        "0.000000000000000000000000000000000001",
        "123456789012345678.25",
        "1234567.8",
        "1.23456789",
        "1.234567891234567",
        "1.2345678912345678",
        "1.23456789123456789",
        "1.123456789012345678901234567890",
        "-0.024423163384199142",
        "-10.25",
        "-0.0000000000000000000001",
        "-0.9999999999999999999",
        "-99.99999999999999999",
        "-99.999999999999999999",
        "-12.1234567890123",
        "-1.1234567890123",
        "-1.12345678901234",
        "-1.1234567890123456789",
        "-0.00000000000000000000000012",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check_same(texts[i]);
}

static void whole_numbers(void **state)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        {"0", 0.0},
        {"-0", 0.0}, /* an integer: no negative zero */
        {"7", 7.0},
        {"-1", -1.0},
        {"123456789012345678", 123456789012345678.0},
        {"-999999999999999999", -999999999999999999.0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double found = 1.0;
        size_t used = 0;
        assert_true(scan(rows[i].text, &found, &used));
        assert_int_equal(used, strlen(rows[i].text));
        assert_memory_equal(&found, &rows[i].value, sizeof(found));
    }
}

static void refused(void **state)
{
    static const char *const texts[] = {"",
                                        "-",
                                        "x",
                                        "-x",
                                        ".5",
                                        "+1",
                                        "01",
                                        "-01",
                                        "00.5",
                                        "1.",
                                        "1.e5",
                                        "1.x",
                                        "1e",
                                        "1e+",
                                        "1e-",
                                        "1e400",
                                        "NaN",
                                        "Infinity",
                                        "-01.5",
                                        "1.5e",
                                        "1.5ex",
                                        "-",
                                        "1e00001",
                                        "1234567890123456789",
                                        "-1234567890123456789",
                                        "01.234567890123456789012"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        double found = 0.0;
        size_t used = 0;
        if (scan(texts[i], &found, &used))
            fail_msg("\"%s\" is taken as %.17g", texts[i], found);
        if (scan_before_more(texts[i], &found, &used))
            fail_msg("\"%s\" is taken as %.17g before others", texts[i], found);
    }
}

static void what_follows_stays(void **state)
{
    static const char *const texts[] = {
        "-1.25,", "1.5]", "2 ", "0x", "1.5.5", "12e1e", "0.123456789012345678}", "1.25-", "-12.25000000000000000,2"};
    static const size_t used[] = {5, 3, 1, 1, 3, 4, 20, 4, 21};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        double found = 0.0;
        size_t n = 0;
        assert_true(scan(texts[i], &found, &n));
        assert_int_equal(n, used[i]);
        assert_true(scan_before_more(texts[i], &found, &n));
        assert_int_equal(n, used[i]);
    }
}

static void random_doubles(void **state)
{
    static const int digits[] = {1, 3, 6, 8, 9, 12, 15, 16, 17, 18, 19, 20, 25};
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "decimal", 0);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        char text[96];
        int n = digits[pl__rng_below(&rng, sizeof(digits) / sizeof(digits[0]))];
        uint64_t bits = pl__rng_u64(&rng);
        double x = -40.0 * pl__rng_uniform(&rng);
        if (i % 4 == 0) { /* any exponent that is near */
            uint64_t exponent = 1023 - 220 + pl__rng_below(&rng, 320);
            bits = (bits & ~((uint64_t)0x7ff << 52)) | exponent << 52;
            memcpy(&x, &bits, sizeof(x));
        } else if (i % 4 == 1) {
            x = (double)(float)x;
        }
        (void)snprintf(text, sizeof(text), i % 3 == 0 ? "%.*e" : "%.*g", n, x);
        if (strpbrk(text, ".e")) /* whole numbers are another matter */
            check_same(text);
    }
}

/* Halfway between two doubles, and just beside: where rounding is hard. */
static void ties(void **state)
{
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "ties", 0);
    for (uint32_t i = 0; i < ROUNDS / 4; i++) {
        char text[96];
        uint64_t mantissa = ((uint64_t)1 << 53) + pl__rng_below(&rng, (uint64_t)1 << 53);
        uint64_t middle = mantissa * 2 + 1;
        int64_t beside = (int64_t)pl__rng_below(&rng, 3) - 1;
        switch (i % 3) {
        case 0:
            (void)snprintf(text, sizeof(text), "%" PRIu64 ".%s", middle, beside == 0 ? "0" : beside > 0 ? "001" : "5");
            break;
        case 1:
            (void)snprintf(text, sizeof(text), "%" PRIu64 "e0", (uint64_t)((int64_t)middle + beside));
            break;
        default: /* a half, or a quarter more or less */
            (void)snprintf(text, sizeof(text), "%" PRIu64 ".%s", mantissa / 2,
                           beside == 0  ? "5"
                           : beside > 0 ? "75"
                                        : "25");
            break;
        }
        check_same(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),          cmocka_unit_test(whole_numbers),
        cmocka_unit_test(refused),        cmocka_unit_test(what_follows_stays),
        cmocka_unit_test(random_doubles), cmocka_unit_test(ties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
