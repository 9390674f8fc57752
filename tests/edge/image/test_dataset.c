#include "kit.h"

#include "dataset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void put(const char *dir, const char *name)
{
    free(pl__kit_write_text(dir, name, "not opened here"));
}

static pl_dataset *from(const char *where)
{
    pl_dataset *dataset = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__dataset_from_images(where, &dataset, &err), &err);
    return dataset;
}

static void assert_ids(const pl_dataset *dataset, const char *const *ids, size_t n)
{
    assert_int_equal(pl__dataset_count(dataset), n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(pl__dataset_item(dataset, i).id, ids[i]);
}

static void a_folder_is_read_to_its_depth_and_sorted(void **state)
{
    static const char *const ids[] = {"B.JPG",      "a b.TiFf",  "a.jpeg",          "sub.png",
                                      "sub/a.webp", "sub/z.gif", "sub/zz/deep.Tif", "\xc3\xa4.png"};
    const char *dir = *state;

    for (size_t i = 8; i-- > 0;)
        put(dir, ids[i]);
    put(dir, "notes.txt");
    put(dir, "sub/jpg");
    put(dir, ".jpg");        /* hidden: not even counted */
    put(dir, "bad\xff.jpg"); /* no UTF-8: could not be an id */
    put(dir, "image.jpg.bak");
    pl_dataset *dataset = from(dir);
    assert_ids(dataset, ids, 8);
    assert_int_equal(pl__dataset_skipped(dataset), 4);
    for (size_t i = 0; i < 8; i++) {
        pl_item item = pl__dataset_item(dataset, i);
        char *path = pl__kit_path(dir, ids[i]);
        assert_string_equal(item.image_path, path);
        assert_null(item.question);
        assert_null(item.labels);
        assert_false(item.has_image_digest);
        free(path);
    }
    pl__dataset_free(dataset);

    char *slashed = pl__kit_path(dir, ""); /* "dir/" gives the same ids */
    dataset = from(slashed);
    assert_ids(dataset, ids, 8);
    pl__dataset_free(dataset);
    free(slashed);
}

static void a_pattern_matches_paths(void **state)
{
    const char *dir = *state;
    put(dir, "one/b.jpg");
    put(dir, "one/a.jpg");
    put(dir, "two/c.jpg");
    put(dir, "two/c.txt");
    put(dir, "three/c.png/inside.jpg"); /* a folder named like an image */
    char *pattern = pl__kit_path(dir, "*/*.*");
    char *a = pl__kit_path(dir, "one/a.jpg");
    char *b = pl__kit_path(dir, "one/b.jpg");
    char *c = pl__kit_path(dir, "two/c.jpg");
    const char *const ids[] = {a, b, c};

    pl_dataset *dataset = from(pattern);
    assert_ids(dataset, ids, 3);
    assert_string_equal(pl__dataset_item(dataset, 0).image_path, a);
    assert_int_equal(pl__dataset_skipped(dataset), 1);
    pl__dataset_free(dataset);
    dataset = from(b); /* one file by its name */
    assert_ids(dataset, ids + 1, 1);
    pl__dataset_free(dataset);
    free(pattern);
    free(a);
    free(b);
    free(c);
}

static void an_existing_name_is_no_pattern(void **state)
{
    put(*state, "shots [1]/x.png");
    put(*state, "shots 1/y.png");
    char *folder = pl__kit_path(*state, "shots [1]");
    static const char *const ids[] = {"x.png"};
    pl_dataset *dataset = from(folder);
    assert_ids(dataset, ids, 1);
    pl__dataset_free(dataset);
    free(folder);
}

static void nothing_there_says_what_was_looked_for(void **state)
{
    const char *dir = *state;
    pl_dataset *dataset = NULL;
    pl_error err = {0};
    put(dir, "readme.txt");
    put(dir, "data.csv");
    PL_KIT_STATUS(pl__dataset_from_images(dir, &dataset, &err), PL_E_NOT_FOUND, &err);
    assert_non_null(strstr(err.msg, dir));
    assert_non_null(strstr(err.msg, ".jpg"));
    assert_non_null(strstr(err.msg, "2 other files"));
    PL_KIT_STATUS(pl__dataset_from_images("/does/not/exist*", &dataset, &err), PL_E_NOT_FOUND, &err);
    assert_non_null(strstr(err.msg, "/does/not/exist*"));
    PL_KIT_STATUS(pl__dataset_from_images("", &dataset, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl__dataset_from_images(NULL, &dataset, &err), PL_E_INVALID, &err);
    assert_null(dataset);
    pl__dataset_free(NULL);
}

static pl_status load(void *user, pl_error *err)
{
    pl_dataset *dataset = NULL;
    pl_status rc = pl__dataset_from_images(user, &dataset, err);
    pl__dataset_free(dataset);
    return rc;
}

static void survives_refused_allocations(void **state)
{
    put(*state, "a/1.png");
    put(*state, "a/2.png");
    put(*state, "3.jpg");
    pl__kit_fault_loop("folder", load, *state);
    char *pattern = pl__kit_path(*state, "*/*.png");
    pl__kit_fault_loop("pattern", load, pattern);
    free(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_is_read_to_its_depth_and_sorted, pl__kit_temp_setup,
                                        pl__kit_temp_teardown),
        cmocka_unit_test_setup_teardown(a_pattern_matches_paths, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test_setup_teardown(an_existing_name_is_no_pattern, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test_setup_teardown(nothing_there_says_what_was_looked_for, pl__kit_temp_setup,
                                        pl__kit_temp_teardown),
        cmocka_unit_test_setup_teardown(survives_refused_allocations, pl__kit_temp_setup, pl__kit_temp_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
