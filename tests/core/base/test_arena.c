#include "arena.h"

#include "kit.h"
#include "rng.h"

#include <stdalign.h>
#include <string.h>

static volatile size_t huge = SIZE_MAX;

static void test_pieces_do_not_overlap(void **state)
{
    (void)state;
    enum { N = 2000 };
    static unsigned char *pieces[N];
    static size_t sizes[N];
    pl_rng rng;
    pl_arena arena;
    pl__rng_init(&rng, pl__kit_seed(), "arena", 0);
    pl__arena_init(&arena);
    size_t total = 0;
    for (size_t i = 0; i < N; i++) {
        /* mostly small, some larger than a chunk */
        sizes[i] = (size_t)pl__rng_below(&rng, i % 50 == 0 ? 300000 : 100);
        pieces[i] = pl__arena_alloc(&arena, sizes[i]);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)(i & 0xff), sizes[i]);
        total += sizes[i];
        assert_int_equal(arena.used_bytes, total);
    }
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < sizes[i]; k++)
            if (pieces[i][k] != (i & 0xff))
                fail_msg("piece %zu was overwritten", i);
    }
    pl__arena_clear(&arena);
    assert_int_equal(arena.used_bytes, 0);
    assert_string_equal(pl__arena_strdup(&arena, "again"), "again");
    pl__arena_clear(&arena);
    pl__arena_clear(&arena);
    pl__arena_clear(NULL);
}

static void test_zeroed_and_copied(void **state)
{
    (void)state;
    pl_arena arena;
    pl__arena_init(&arena);
    memset(pl__arena_alloc(&arena, 64), 0xff, 64);
    const unsigned char *zeroed = pl__arena_calloc(&arena, 10, 10);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(zeroed[i], 0);
    assert_memory_equal(pl__arena_strndup(&arena, "a\0bc", 3), "a\0b\0", 4);
    assert_ptr_not_equal(pl__arena_alloc(&arena, 0), pl__arena_alloc(&arena, 0));
    pl__arena_clear(&arena);
}

PL_PRINTF(2, 3) static char *say(pl_arena *arena, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = pl__arena_vtext(arena, fmt, args);
    va_end(args);
    return text;
}

static void test_sentences_are_made_and_cut(void **state)
{
    (void)state;
    pl_arena arena;
    char longest[2 * PL_ERROR_MSG_BYTES];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    pl__arena_init(&arena);
    assert_string_equal(say(&arena, "%s: %d of %d", "judge-a", 3, 12), "judge-a: 3 of 12");
    assert_int_equal(strlen(say(&arena, "%s", longest)), PL_ERROR_MSG_BYTES - 1);
    pl__arena_clear(&arena);
}

static void test_absurd_sizes_are_refused(void **state)
{
    (void)state;
    pl_arena arena;
    pl__arena_init(&arena);
    assert_null(pl__arena_alloc(&arena, huge));
    assert_null(pl__arena_alloc(&arena, huge / 2));
    assert_null(pl__arena_calloc(&arena, huge / 2, 4));
    assert_null(pl__arena_strndup(&arena, "x", huge));
    assert_int_equal(arena.used_bytes, 0);
    pl__arena_clear(&arena);
}

static pl_status fill(void *user, pl_error *err)
{
    (void)user;
    (void)err;
    pl_status rc = PL_OK;
    pl_arena arena;
    pl__arena_init(&arena);
    for (size_t i = 0; i < 20 && rc == PL_OK; i++) {
        size_t used = arena.used_bytes;
        if (!pl__arena_strndup(&arena, "0123456789", i % 10) || !pl__arena_calloc(&arena, i, 900)) {
            rc = PL_E_NOMEM;
            assert_true(arena.used_bytes <= used + 10);
        }
    }
    pl__arena_clear(&arena);
    return rc;
}

static void test_refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("arena", fill, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_do_not_overlap),
        cmocka_unit_test(test_zeroed_and_copied),
        cmocka_unit_test(test_sentences_are_made_and_cut),
        cmocka_unit_test(test_absurd_sizes_are_refused),
        cmocka_unit_test(test_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
