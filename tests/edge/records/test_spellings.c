/* A spelling that is found means what it was kept as; what is forgotten is not found, and nothing else happens. */
#include "kit.h"
#include "map.h"
#include "rng.h"
#include "spellings.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS 300000u
#define TEXT_BYTES 48u

/* The number of a text that stands between quotes, and 1, by both ways. */
static uint32_t find(const pl_spellings *s, const char *text, size_t len)
{
    char line[TEXT_BYTES + 2 * PL_SPELLING_BYTES] = {0};
    pl_spelling x;
    pl_spelling y;
    memcpy(line, text, len);
    line[len] = '"';
    size_t n = pl__spelling_at(s, line, &x);
    assert_int_equal(n, pl__spelling_at_portable(s, line, &y));
    assert_int_equal(n, len < PL_SPELLING_BYTES ? len : PL_SPELLING_BYTES);
    if (n == PL_SPELLING_BYTES)
        return 0;
    assert_memory_equal(x.bytes, y.bytes, PL_SPELLING_BYTES);
    assert_ptr_equal(x.set, y.set);
    assert_int_equal(pl__spelling_number(&x), pl__spelling_number_portable(&x));
    return pl__spelling_number(&x);
}

static void lengths(void **state)
{
    static const char bytes[] = "aaaaaaaaaaaaaaaaaaaaaaaa";
    pl_spellings s;
    (void)state;
    assert_int_equal(pl__spellings_init(&s), PL_OK);
    for (uint32_t n = 0; n < sizeof(bytes); n++) { /* the same letter: only lengths differ */
        assert_int_equal(find(&s, bytes, n), 0);
        assert_int_equal(pl__spellings_keep(&s, pl__view_n(bytes, n), n), PL_OK);
        assert_int_equal(find(&s, bytes, n), n < PL_SPELLING_BYTES ? n + 1 : 0);
    }
    for (uint32_t n = 0; n < PL_SPELLING_BYTES; n++)
        assert_int_equal(find(&s, bytes, n), n + 1);
    pl__spellings_clear(&s);
    pl__spellings_clear(&s);
}

/* One byte of it is another, at each place. */
static void every_byte_counts(void **state)
{
    pl_spellings s;
    uint32_t number = 0;
    (void)state;
    assert_int_equal(pl__spellings_init(&s), PL_OK);
    for (size_t n = 1; n < PL_SPELLING_BYTES; n++) {
        for (size_t i = 0; i < n; i++) {
            char text[PL_SPELLING_BYTES];
            memset(text, 'x', n);
            text[i] = (char)0xc3;
            assert_int_equal(find(&s, text, n), 0);
            assert_int_equal(pl__spellings_keep(&s, pl__view_n(text, n), number), PL_OK);
            assert_int_equal(find(&s, text, n), ++number);
        }
    }
    pl__spellings_clear(&s);
}

/* Where a string ends: both ways agree on any bytes, and a reader of escapes does. */
static void ends_of_strings(void **state)
{
    static const char bytes[] = "\"\"\\\\\\a \xc3";
    pl_spellings s;
    pl_rng rng;
    size_t n_short = 0;
    (void)state;
    assert_int_equal(pl__spellings_init(&s), PL_OK);
    pl__rng_init(&rng, pl__kit_seed(), "ends", 0);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        char text[PL_SPELLING_BYTES];
        pl_spelling x;
        pl_spelling y;
        size_t end = 0;
        uint64_t rarity = pl__rng_below(&rng, 8);
        for (size_t k = 0; k < sizeof(text); k++)
            text[k] = pl__rng_below(&rng, 8) < rarity ? 'x' : bytes[pl__rng_below(&rng, sizeof(bytes) - 1)];
        while (end < sizeof(text) && text[end] != '"')
            end += text[end] == '\\' ? 2 : 1;
        end = end < sizeof(text) ? end : sizeof(text);
        assert_int_equal(pl__spelling_at(&s, text, &x), end);
        assert_int_equal(pl__spelling_at_portable(&s, text, &y), end);
        if (end == sizeof(text))
            continue;
        n_short++;
        assert_memory_equal(x.bytes, y.bytes, sizeof(x.bytes));
        assert_memory_equal(x.bytes, text, end);
    }
    assert_true(n_short > ROUNDS / 4);
    pl__spellings_clear(&s);
}

/* Far more than are kept. */
static void many(void **state)
{
    pl_rng rng;
    pl_spellings s;
    pl_names *names = pl__names_new();
    size_t n_found = 0;
    (void)state;
    assert_non_null(names);
    assert_int_equal(pl__spellings_init(&s), PL_OK);
    pl__rng_init(&rng, pl__kit_seed(), "spellings", 0);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        char text[TEXT_BYTES];
        uint64_t below = i % 2 == 0 ? 500 : 100000;
        uint32_t wanted = 0;
        int n = snprintf(text, sizeof(text), "%.*s%u", (int)pl__rng_below(&rng, 12), "in the beginning",
                         (unsigned)pl__rng_below(&rng, below));
        pl_view view = pl__view_n(text, (size_t)n);
        assert_int_equal(pl__names_intern(names, view, &wanted), PL_OK);
        uint32_t found = find(&s, text, (size_t)n);
        if (found > 0 && found != wanted + 1)
            fail_msg("\"%s\" is %u, not %u", text, found - 1, wanted);
        n_found += found > 0;
        if (found == 0)
            assert_int_equal(pl__spellings_keep(&s, view, wanted), PL_OK);
    }
    assert_true(n_found > ROUNDS / 3);
    assert_true(pl__names_count(names) > (size_t)PL_SPELLING_WAYS << s.bits);
    pl__spellings_clear(&s);
    pl__names_free(names);
}

static pl_status fill(void *user, pl_error *err)
{
    pl_spellings s;
    pl_status rc = pl__spellings_init(&s);
    (void)user;
    (void)err;
    for (uint32_t i = 0; i < 600 && rc == PL_OK; i++) {
        char text[TEXT_BYTES];
        int n = snprintf(text, sizeof(text), "%u", i);
        rc = pl__spellings_keep(&s, pl__view_n(text, (size_t)n), i);
    }
    pl__spellings_clear(&s);
    return rc;
}

static void refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("spellings", fill, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths), cmocka_unit_test(every_byte_counts), cmocka_unit_test(ends_of_strings),
        cmocka_unit_test(many),    cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
