#include "notes.h"

#include "kit.h"

#include <string.h>

static void test_sentences_are_kept_in_order(void **state)
{
    pl_arena arena;
    pl_notes notes = {0};
    pl_error err = {0};
    char word[] = "first";

    (void)state;
    pl__arena_init(&arena);
    PL_KIT_OK(pl__notes_add(&notes, &arena, &err, "the %s of %d", word, 2), &err);
    word[0] = 'X'; /* it is copied */
    PL_KIT_OK(pl__notes_add(&notes, &arena, &err, "%s", "50 % more"), &err);
    assert_int_equal(notes.n, 2);
    assert_string_equal(notes.texts[0], "the first of 2");
    assert_string_equal(notes.texts[1], "50 % more");
    pl__arena_clear(&arena);
}

static void test_too_much_is_cut_or_dropped(void **state)
{
    static char words[2 * PL_ERROR_MSG_BYTES];
    pl_arena arena;
    pl_notes notes = {0};
    pl_error err = {0};

    (void)state;
    memset(words, 'w', sizeof(words) - 1);
    pl__arena_init(&arena);
    for (unsigned i = 0; i < PL_NOTES_MAX + 3; i++)
        PL_KIT_OK(pl__notes_add(&notes, &arena, &err, "%u%s", i, words), &err);
    assert_int_equal(notes.n, PL_NOTES_MAX);
    assert_int_equal(strlen(notes.texts[0]), PL_ERROR_MSG_BYTES - 1);
    assert_int_equal(strncmp(notes.texts[PL_NOTES_MAX - 1], "63w", 3), 0);
    pl__arena_clear(&arena);
}

static pl_status add_three(void *user, pl_error *err)
{
    pl_arena arena;
    pl_notes notes = {0};
    pl_status rc = PL_OK;

    (void)user;
    pl__arena_init(&arena);
    for (size_t i = 0; i < 3 && rc == PL_OK; i++) {
        rc = pl__notes_add(&notes, &arena, err, "%zu", i);
        assert_int_equal(notes.n, i + (rc == PL_OK));
    }
    pl__arena_clear(&arena);
    return rc;
}

static void test_refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("notes", add_three, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences_are_kept_in_order),
        cmocka_unit_test(test_too_much_is_cut_or_dropped),
        cmocka_unit_test(test_refused_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
