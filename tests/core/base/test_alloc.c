#include "alloc.h"

#include "kit.h"

#include <string.h>

/* A number the compiler cannot see through: absurd sizes are the point here. */
static volatile size_t huge = SIZE_MAX;

static void test_zero_sizes_are_distinct(void **state)
{
    (void)state;
    void *a = pl__malloc(0);
    void *b = pl__calloc(0, 8);
    void *c = pl__memdup(NULL, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    assert_ptr_not_equal(a, b);
    assert_ptr_not_equal(b, c);
    pl__free(a);
    pl__free(b);
    pl__free(c);
    pl__free(NULL);
}

static void test_overflowing_products_are_refused(void **state)
{
    (void)state;
    char *kept = pl__strdup("kept");
    assert_null(pl__malloc(huge));
    assert_null(pl__malloc(huge / 2 + 1));
    assert_null(pl__calloc(huge / 2, 3));
    assert_null(pl__calloc(huge, huge));
    assert_null(pl__reallocarray(kept, huge / 4, 5));
    assert_null(pl__realloc(kept, huge));
    assert_null(pl__strndup("x", huge));
    assert_string_equal(kept, "kept"); /* a refused realloc leaves the block alone */
    pl__free(kept);
}

static void test_copies(void **state)
{
    (void)state;
    char *z = pl__strndup("a\0b", 3);
    assert_memory_equal(z, "a\0b\0", 4);
    char *empty = pl__strdup("");
    assert_string_equal(empty, "");
    char *raw = pl__memdup("xyz", 2);
    assert_memory_equal(raw, "xy", 2);
    const unsigned char *zeroed = pl__calloc(16, 4);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(zeroed[i], 0);
    z = pl__realloc(z, 1000);
    assert_memory_equal(z, "a\0b\0", 4);
    pl__free(z);
    pl__free(empty);
    pl__free(raw);
    pl__free((void *)(uintptr_t)zeroed);
}

#ifdef PL_FAULTS
static void test_live_blocks(void **state)
{
    (void)state;
    long before = pl__live_blocks();
    void *a = pl__malloc(1);
    void *b = pl__realloc(NULL, 5); /* counts as a new block */
    assert_int_equal(pl__live_blocks(), before + 2);
    b = pl__realloc(b, 500); /* the same block */
    assert_int_equal(pl__live_blocks(), before + 2);
    pl__free(a);
    pl__free(b);
    assert_int_equal(pl__live_blocks(), before);
}

static void test_only_the_nth_is_refused(void **state)
{
    (void)state;
    pl__fault_arm(3);
    void *a = pl__malloc(1);
    void *b = pl__calloc(1, 1);
    assert_false(pl__fault_fired());
    void *grown = pl__realloc(a, 100);
    assert_null(grown);
    assert_true(pl__fault_fired());
    grown = pl__realloc(a, 100); /* the next one is served again */
    assert_non_null(grown);
    pl__fault_arm(0);
    assert_false(pl__fault_fired());
    pl__free(grown);
    pl__free(b);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zero_sizes_are_distinct),
        cmocka_unit_test(test_overflowing_products_are_refused),
        cmocka_unit_test(test_copies),
#ifdef PL_FAULTS
        cmocka_unit_test(test_live_blocks),
        cmocka_unit_test(test_only_the_nth_is_refused),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
