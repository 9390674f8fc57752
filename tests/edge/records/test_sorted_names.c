#include "sorted_names.h"

#include "alloc.h"
#include "kit.h"
#include "rng.h"

#include <stdio.h>
#include <string.h>

#define NAME_BYTES 64

static void check(const pl_names *names)
{
    const char **sorted = NULL;
    uint32_t *places = NULL;
    size_t n = pl__names_count(names);
    PL_KIT_OK(pl__sort_names(names, &sorted, &places), NULL);
    for (uint32_t i = 0; i < n; i++) {
        assert_ptr_equal(sorted[places[i]], pl__names_get(names, i));
        if (i > 0 && strcmp(sorted[i - 1], sorted[i]) >= 0)
            fail_msg("\"%s\" stands before \"%s\"", sorted[i - 1], sorted[i]);
    }
    pl__free(sorted);
    pl__free(places);
}

/* Names that begin alike, that differ early, late or in their length, and bytes on both sides of 0x80. */
static void byte_order(void **state)
{
    static const char *const heads[] = {"", "q", "scene-00", "scene-000000", "a name that is rather long: "};
    static const char letters[] = {'a', 'b', '\x01', '\x7f', (char)0x80, (char)0xff};
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "sorted names", 0);
    for (size_t h = 0; h < sizeof(heads) / sizeof(heads[0]); h++) {
        for (uint32_t n = 0; n < 400; n = n * 2 + 1) {
            pl_names *names = pl__names_new();
            assert_non_null(names);
            for (uint32_t i = 0; i < n; i++) {
                char name[NAME_BYTES];
                uint32_t index = 0;
                size_t len = (size_t)snprintf(name, sizeof(name), "%s", heads[h]);
                size_t more = (size_t)pl__rng_below(&rng, 14);
                for (size_t k = 0; k < more; k++)
                    name[len++] = letters[pl__rng_below(&rng, sizeof(letters))];
                PL_KIT_OK(pl__names_intern(names, pl__view_n(name, len), &index), NULL);
            }
            check(names);
            pl__names_free(names);
        }
    }
}

static void in_order_already(void **state)
{
    pl_names *names = pl__names_new();
    (void)state;
    assert_non_null(names);
    for (uint32_t i = 0; i < 1000; i++) {
        char name[NAME_BYTES];
        uint32_t index = 0;
        (void)snprintf(name, sizeof(name), "item-%06u", i);
        PL_KIT_OK(pl__names_intern(names, pl__view(name), &index), NULL);
    }
    check(names);
    pl__names_free(names);
}

static pl_status sort_once(void *user, pl_error *err)
{
    const char **sorted = NULL;
    uint32_t *places = NULL;
    (void)err;
    pl_status rc = pl__sort_names(user, &sorted, &places);
    pl__free(sorted);
    pl__free(places);
    return rc;
}

static void faults(void **state)
{
    pl_names *names = pl__names_new();
    uint32_t index = 0;
    (void)state;
    assert_non_null(names);
    PL_KIT_OK(pl__names_intern(names, pl__view("b"), &index), NULL);
    PL_KIT_OK(pl__names_intern(names, pl__view("a"), &index), NULL);
    pl__kit_fault_loop("sort_names", sort_once, names);
    pl__names_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_order),
        cmocka_unit_test(in_order_already),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
