#include "alloc.h"
#include "kit.h"
#include "rng.h"
#include "skip_list.h"

#include <string.h>

#define KEYS 3000

static void make_key(uint64_t i, uint8_t ret[PL_SKIP_KEY_BYTES_MAX])
{
    memset(ret, 0, PL_SKIP_KEY_BYTES_MAX);
    for (int b = 0; b < 8; b++)
        ret[b] = (uint8_t)(i >> (56 - 8 * b));
}

/* Even numbers are in the list, odd ones are not. */
static void test_finds_and_walks_in_order(void **state)
{
    pl_skip_list list = {.key_bytes = 8};
    uint8_t key[PL_SKIP_KEY_BYTES_MAX];
    uint32_t order[KEYS];
    pl_rng rng;
    (void)state;

    for (uint32_t i = 0; i < KEYS; i++)
        order[i] = i;
    pl__rng_init(&rng, pl__kit_seed(), "skip list", 0);
    pl__rng_shuffle(&rng, order, KEYS);
    for (size_t i = 0; i < KEYS; i++) {
        make_key(2 * (uint64_t)order[i], key);
        assert_null(pl__skip_find(&list, key));
        pl_skip_node *node = pl__skip_node_new(&list, key);
        assert_non_null(node);
        pl__skip_insert(&list, node);
        assert_ptr_equal(pl__skip_find(&list, key), node);
    }
    make_key(0, key);
    uint64_t n = 0;
    for (const pl_skip_node *node = pl__skip_from(&list, key); node; node = pl__skip_after(&list, node->key)) {
        make_key(2 * n++, key);
        assert_memory_equal(node->key, key, 8);
    }
    assert_int_equal(n, KEYS);
    make_key(7, key);
    assert_null(pl__skip_find(&list, key));
    make_key(8, key);
    const pl_skip_node *eight = pl__skip_find(&list, key);
    assert_non_null(eight);
    assert_ptr_equal(pl__skip_from(&list, key), eight);
    make_key(7, key);
    assert_ptr_equal(pl__skip_from(&list, key), eight);
    assert_ptr_equal(pl__skip_after(&list, key), eight);
    make_key(2 * (uint64_t)KEYS, key);
    assert_null(pl__skip_from(&list, key));
    pl__skip_clear(&list);
    assert_null(pl__skip_from(&list, key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_finds_and_walks_in_order)};
    return cmocka_run_group_tests_name("skip list", tests, NULL, NULL);
}
