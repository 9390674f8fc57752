#include "vec.h"

#include "alloc.h"
#include "kit.h"

static volatile size_t huge = SIZE_MAX;

static void test_growth_keeps_items(void **state)
{
    (void)state;
    PL_VEC(uint64_t) v = {0};
    size_t n_moves = 0;
    for (uint64_t i = 0; i < 10000; i++) {
        size_t old_cap = v.cap;
        PL_KIT_OK(pl__vec_reserve(&v.ptr, &v.cap, v.len + 1, sizeof(*v.ptr)), NULL);
        n_moves += v.cap != old_cap;
        v.ptr[v.len++] = i * i;
    }
    for (uint64_t i = 0; i < 10000; i++)
        assert_int_equal(v.ptr[i], i * i);
    assert_true(n_moves < 20); /* doubling, not one by one */
    pl__free(v.ptr);
}

static void test_exact_need_and_no_op(void **state)
{
    (void)state;
    PL_VEC(char) v = {0};
    PL_KIT_OK(pl__vec_reserve(&v.ptr, &v.cap, 0, 1), NULL);
    assert_null(v.ptr);
    PL_KIT_OK(pl__vec_reserve(&v.ptr, &v.cap, 1000, 1), NULL);
    assert_true(v.cap >= 1000);
    const char *before = v.ptr;
    PL_KIT_OK(pl__vec_reserve(&v.ptr, &v.cap, 1000, 1), NULL);
    assert_ptr_equal(v.ptr, before);
    pl__free(v.ptr);
}

static void test_overflow_changes_nothing(void **state)
{
    (void)state;
    PL_VEC(uint64_t) v = {0};
    PL_KIT_OK(pl__vec_reserve(&v.ptr, &v.cap, 1, sizeof(*v.ptr)), NULL);
    v.ptr[0] = 42;
    size_t cap = v.cap;
    PL_KIT_STATUS(pl__vec_reserve(&v.ptr, &v.cap, huge, sizeof(*v.ptr)), PL_E_NOMEM, NULL);
    PL_KIT_STATUS(pl__vec_reserve(&v.ptr, &v.cap, huge / 8 + 1, sizeof(*v.ptr)), PL_E_NOMEM, NULL);
    assert_int_equal(v.cap, cap);
    assert_int_equal(v.ptr[0], 42);
    pl__free(v.ptr);
}

static pl_status grow(void *user, pl_error *err)
{
    (void)user;
    (void)err;
    PL_VEC(int) v = {0};
    pl_status rc = PL_OK;
    for (int i = 0; i < 40 && rc == PL_OK; i++) {
        rc = pl__vec_reserve(&v.ptr, &v.cap, v.len + 1, sizeof(*v.ptr));
        if (rc == PL_OK)
            v.ptr[v.len++] = i;
    }
    for (size_t i = 0; i < v.len; i++)
        assert_int_equal(v.ptr[i], i);
    pl__free(v.ptr);
    return rc;
}

static void test_refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("vec", grow, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth_keeps_items),
        cmocka_unit_test(test_exact_need_and_no_op),
        cmocka_unit_test(test_overflow_changes_nothing),
        cmocka_unit_test(test_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
