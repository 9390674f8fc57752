#include "key_set.h"
#include "kit.h"
#include "rng.h"

#include <string.h>

#define KEYS 40000u

static pl_digest key_of(uint32_t i)
{
    pl_digest key;

    pl__sha256(&i, sizeof(i), &key);
    return key;
}

/* Each of the numbers below KEYS may come any number of times; a plain table says which have come. */
static void a_key_is_new_once(void **state)
{
    static bool seen[KEYS];
    pl_key_set set = {0};
    pl_rng rng;

    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "keys", 0);
    memset(seen, 0, sizeof(seen));
    for (uint32_t step = 0; step < 3 * KEYS; step++) {
        uint32_t i = (uint32_t)pl__rng_below(&rng, KEYS);
        pl_digest key = key_of(i);
        bool is_new = false;

        assert_int_equal(pl__key_set_has(&set, &key), seen[i]);
        assert_int_equal(pl__key_set_put(&set, &key, &is_new), PL_OK);
        assert_int_equal(is_new, !seen[i]);
        seen[i] = true;
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        pl_digest key = key_of(i);

        assert_int_equal(pl__key_set_has(&set, &key), seen[i]);
    }
    pl__key_set_clear(&set);
}

static void an_empty_set_has_nothing(void **state)
{
    pl_key_set set = {0};
    pl_digest key = key_of(1);

    (void)state;
    assert_false(pl__key_set_has(&set, &key));
    pl__key_set_clear(&set);
}

static pl_status fill(void *user, pl_error *err)
{
    pl_key_set set = {0};
    pl_status rc = PL_OK;

    (void)user;
    (void)err;
    for (uint32_t i = 0; i < 3000 && rc == PL_OK; i++) {
        pl_digest key = key_of(i);
        bool is_new = false;

        rc = pl__key_set_put(&set, &key, &is_new);
    }
    pl__key_set_clear(&set);
    return rc;
}

static void refused_memory_is_said(void **state)
{
    (void)state;
    pl__kit_fault_loop("key set", fill, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_new_once),
        cmocka_unit_test(an_empty_set_has_nothing),
        cmocka_unit_test(refused_memory_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
