/* Byte order of names, whatever the order they come in; equal names keep theirs. */
#include "alloc.h"
#include "kit.h"
#include "name_order.h"

static const char *const names[] = {"pear", "apple", "Zoe", "apple", "", "\xC3\xA4", "pea"};
#define N 7

static void names_come_in_byte_order(void **state)
{
    static const uint32_t wanted[N] = {4, 2, 1, 3, 6, 0, 5};
    uint32_t *order = NULL;

    (void)state;
    PL_KIT_OK(pl__name_order(names, N, &order), NULL);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(order[i], wanted[i]);
    pl__free(order);
}

static void no_names_are_no_order(void **state)
{
    uint32_t *order = NULL;

    (void)state;
    PL_KIT_OK(pl__name_order(NULL, 0, &order), NULL);
    assert_non_null(order);
    pl__free(order);
}

static pl_status order_names(void *user, pl_error *err)
{
    uint32_t *order = NULL;
    pl_status rc = pl__name_order(names, N, &order);

    (void)user;
    (void)err;
    pl__free(order);
    return rc;
}

static void memory_may_be_refused(void **state)
{
    (void)state;
    pl__kit_fault_loop("name order", order_names, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_in_byte_order),
        cmocka_unit_test(no_names_are_no_order),
        cmocka_unit_test(memory_may_be_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
