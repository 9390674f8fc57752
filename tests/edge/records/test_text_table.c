/* Numbers are those of pl_names, whatever is remembered and whatever is forgotten. */
#include "kit.h"
#include "map.h"
#include "rng.h"
#include "text_table.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS 300000u
#define TEXT_BYTES 48u

static void check_number(pl_text_table *table, pl_names *names, pl_view text)
{
    uint32_t found = 0;
    uint32_t wanted = 0;
    assert_int_equal(pl__text_table_number(table, text, &found), PL_OK);
    assert_int_equal(pl__names_intern(names, text, &wanted), PL_OK);
    if (found != wanted)
        fail_msg("\"%.*s\" is %u, not %u", (int)text.len, text.ptr, found, wanted);
}

static void lengths(void **state)
{
    static const char bytes[] = "aaaaaaaaaaaaaaaaaaaaaaaa";
    pl_text_table *table = pl__text_table_new();
    (void)state;
    assert_non_null(table);
    for (int round = 0; round < 2; round++) {
        for (uint32_t n = 0; n < sizeof(bytes); n++) { /* the same letter: only lengths differ */
            uint32_t found = 0;
            assert_int_equal(pl__text_table_number(table, pl__view_n(bytes, n), &found), PL_OK);
            assert_int_equal(found, n);
        }
    }
    assert_int_equal(pl__text_table_count(table), sizeof(bytes));
    assert_string_equal(pl__text_table_get(table, 3), "aaa");
    assert_null(pl__text_table_get(table, sizeof(bytes)));
    pl__text_table_free(table);
    pl__text_table_free(NULL);
}

/* One byte of it is another, at each place. */
static void every_byte_counts(void **state)
{
    pl_text_table *table = pl__text_table_new();
    pl_names *names = pl__names_new();
    (void)state;
    assert_non_null(table);
    assert_non_null(names);
    for (int round = 0; round < 2; round++) {
        for (size_t n = 1; n <= 20; n++) {
            for (size_t i = 0; i < n; i++) {
                char text[20];
                memset(text, 'x', n);
                text[i] = 'y';
                check_number(table, names, pl__view_n(text, n));
            }
        }
    }
    pl__text_table_free(table);
    pl__names_free(names);
}

static void many(void **state)
{
    pl_rng rng;
    pl_text_table *table = pl__text_table_new();
    pl_names *names = pl__names_new();
    (void)state;
    assert_non_null(table);
    assert_non_null(names);
    pl__rng_init(&rng, pl__kit_seed(), "texts", 0);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        char text[TEXT_BYTES];
        uint64_t below = i % 2 == 0 ? 500 : 100000;
        int n = snprintf(text, sizeof(text), "%.*s%u", (int)pl__rng_below(&rng, 16), "in the beginning",
                         (unsigned)pl__rng_below(&rng, below));
        check_number(table, names, pl__view_n(text, (size_t)n));
    }
    assert_int_equal(pl__text_table_count(table), pl__names_count(names));
    pl__text_table_free(table);
    pl__names_free(names);
}

static pl_status fill(void *user, pl_error *err)
{
    pl_text_table *table = pl__text_table_new();
    pl_status rc = table ? PL_OK : PL_E_NOMEM;
    (void)user;
    (void)err;
    for (uint32_t i = 0; i < 600 && rc == PL_OK; i++) {
        char text[TEXT_BYTES];
        uint32_t found = 0;
        int n = snprintf(text, sizeof(text), "%u", i);
        rc = pl__text_table_number(table, pl__view_n(text, (size_t)n), &found);
    }
    pl__text_table_free(table);
    return rc;
}

static void refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("text table", fill, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(many),
        cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
