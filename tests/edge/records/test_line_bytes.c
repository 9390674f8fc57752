/* What is searched for 16 bytes at a time is what the plain loops find; and neither looks behind the end. */
#include "line_bytes.h"

#include "kit.h"
#include "rng.h"

#include <stdlib.h>

#define BYTES_MAX 200u
#define ROUNDS 20000u

/* Bytes of its own, so that a sanitizer sees a look behind them. */
static char *draw(pl_rng *rng, size_t n)
{
    static const char usual[] = "abcxyz0189{}[]:,._-!~";
    static const char odd[] = {'"', '\\', '\n', '\0', '\x1f', '\x7f', (char)0x80, (char)0xff, ' ', '\t'};
    char *p = malloc(n > 0 ? n : 1);
    uint64_t rarity = 1 + pl__rng_below(rng, 100);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        if (pl__rng_below(rng, rarity) == 0)
            p[i] = odd[pl__rng_below(rng, sizeof(odd))];
        else
            p[i] = usual[pl__rng_below(rng, sizeof(usual) - 1)];
    }
    return p;
}

static void both_find_the_same(void **state)
{
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "line bytes", 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        size_t n = (size_t)pl__rng_below(&rng, BYTES_MAX);
        char *p = draw(&rng, n);
        assert_ptr_equal(pl__plain_end(p, p + n), pl__plain_end_portable(p, p + n));
        assert_int_equal(pl__line_ends(p, p + n), pl__line_ends_portable(p, p + n));
        free(p);
    }
}

static void plain_bytes(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        char text[40];
        memset(text, 'x', sizeof(text));
        text[21] = (char)c;
        bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
        assert_ptr_equal(pl__plain_end(text, text + 40), plain ? text + 40 : text + 21);
        assert_ptr_equal(pl__plain_end_portable(text, text + 40), plain ? text + 40 : text + 21);
    }
}

/* A byte of the count holds 255 rounds of 16. */
static void many_line_ends(void **state)
{
    enum { N = 255 * 16 * 2 + 33 };
    char *p = malloc(N);
    (void)state;
    assert_non_null(p);
    memset(p, '\n', N);
    for (size_t n = N - 40; n <= N; n++)
        assert_int_equal(pl__line_ends(p, p + n), n);
    free(p);
}

static void literals(void **state)
{
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "literals", 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        pl_literal l;
        size_t len = (size_t)pl__rng_below(&rng, PL_LITERAL_BYTES_MAX + 4);
        size_t n = len + (size_t)pl__rng_below(&rng, 40);
        char *p = draw(&rng, n);
        pl__literal_set(&l, p, len);
        bool there = len > 0 && len <= PL_LITERAL_BYTES_MAX;
        assert_int_equal(pl__literal_at(&l, p, p + n), there);
        assert_int_equal(pl__literal_at_portable(&l, p, p + n), there);
        for (size_t i = 0; i < n; i++) { /* one byte is another one */
            p[i] ^= 1;
            assert_int_equal(pl__literal_at(&l, p, p + n), there && i >= len);
            assert_int_equal(pl__literal_at_portable(&l, p, p + n), there && i >= len);
            p[i] ^= 1;
        }
        if (there) {
            assert_false(pl__literal_at(&l, p, p + len - 1));
            assert_false(pl__literal_at_portable(&l, p, p + len - 1));
        }
        free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_find_the_same),
        cmocka_unit_test(plain_bytes),
        cmocka_unit_test(many_line_ends),
        cmocka_unit_test(literals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
