#include "blob.h"

#include "kit.h"

static void test_views_and_references(void **state)
{
    (void)state;
    pl_blob *blob = pl__blob_copy("a\0b", 3);
    assert_ptr_equal(pl__blob_ref(blob), blob);
    pl__blob_unref(blob); /* one reference is left */
    assert_int_equal(pl__blob_view(blob).len, 3);
    assert_memory_equal(pl__blob_view(blob).ptr, "a\0b", 3);
    pl__blob_unref(blob);

    assert_null(pl__blob_ref(NULL));
    pl__blob_unref(NULL);
    assert_int_equal(pl__blob_view(NULL).len, 0);
    pl_blob *empty = pl__blob_copy(NULL, 0);
    assert_int_equal(pl__blob_view(empty).len, 0);
    pl__blob_unref(empty);
}

static pl_status both_ways(void *user, pl_error *err)
{
    (void)user;
    (void)err;
    pl_str s;
    pl__str_init(&s, 100);
    pl_blob *copy = NULL;
    pl_blob *moved = NULL;
    pl_status rc = pl__str_append_c(&s, "moved");
    if (rc != PL_OK)
        goto out;
    copy = pl__blob_copy("copied", 6);
    moved = pl__blob_from_str(&s);
    if (moved) {
        assert_int_equal(s.len, 0);
        assert_true(pl__view_eq_str(pl__blob_view(moved), "moved"));
    } else {
        assert_string_equal(pl__str_c(&s), "moved");
    }
    if (!copy || !moved)
        rc = PL_E_NOMEM;
out:
    pl__blob_unref(copy);
    pl__blob_unref(moved);
    pl__str_clear(&s);
    return rc;
}

static void test_refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("blob", both_ways, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views_and_references),
        cmocka_unit_test(test_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
