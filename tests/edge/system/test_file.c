#include "file.h"
#include "file_sink.h"
#include "kit.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t count_entries(const char *path)
{
    size_t n = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n - 2;
}

static void write_and_read(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    pl_str text;
    char *path = pl__kit_path(dir, "f");
    PL_KIT_OK(pl__file_write(path, pl__view("first"), &err), &err);
    PL_KIT_OK(pl__file_write(path, pl__view_n("a\0b", 3), &err), &err);
    PL_KIT_OK(pl__file_read(path, 3, &text, &err), &err);
    assert_int_equal(text.len, 3);
    assert_memory_equal(text.ptr, "a\0b", 4);
    pl__str_clear(&text);
    PL_KIT_STATUS(pl__file_read(path, 2, &text, &err), PL_E_LIMIT, &err);
    err = (pl_error){0};
    PL_KIT_OK(pl__file_write(path, pl__view(NULL), &err), &err);
    PL_KIT_OK(pl__file_read(path, 0, &text, &err), &err);
    assert_int_equal(text.len, 0);
    pl__str_clear(&text);
    assert_int_equal(count_entries(dir), 1); /* no temporary file stays */
    free(path);
}

static void read_refuses(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    pl_str text;
    char *path = pl__kit_path(dir, "absent");
    PL_KIT_STATUS(pl__file_read(path, 10, &text, &err), PL_E_NOT_FOUND, &err);
    assert_int_equal(err.detail, ENOENT);
    assert_non_null(strstr(err.msg, path));
    free(path);
    PL_KIT_STATUS(pl__file_read(dir, 10, &text, &err), PL_E_IO, &err);
    assert_int_equal(err.detail, EISDIR);
    PL_KIT_STATUS(pl__file_read(NULL, 10, &text, &err), PL_E_INVALID, &err);
    /* endless, and of unknown size */
    PL_KIT_STATUS(pl__file_read("/dev/zero", 100000, &text, &err), PL_E_LIMIT, &err);
}

static void full_disk(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    PL_KIT_STATUS(pl__file_write("/dev/full", pl__view("x"), &err), PL_E_FULL, &err);
    assert_int_equal(err.detail, ENOSPC);
    struct stat info;
    assert_int_equal(stat("/dev/full", &info), 0);
    assert_true(S_ISCHR(info.st_mode)); /* not replaced by a file */
    char *link = pl__kit_path(dir, "link");
    assert_int_equal(symlink("/dev/full", link), 0);
    PL_KIT_STATUS(pl__file_write(link, pl__view("x"), &err), PL_E_FULL, &err);
    free(link);
}

static void write_refuses(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    char *path = pl__kit_path(dir, "no/such/folder/f");
    PL_KIT_STATUS(pl__file_write(path, pl__view("x"), &err), PL_E_IO, &err);
    assert_non_null(strstr(err.msg, path));
    free(path);
    PL_KIT_STATUS(pl__file_write(dir, pl__view("x"), &err), PL_E_IO, &err);
}

static void sink_aborts(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    pl_file_sink *sink = NULL;
    char *path = pl__kit_write_text(dir, "f", "old");
    PL_KIT_OK(pl__file_sink_open(path, &sink, &err), &err);
    PL_KIT_OK(pl__file_sink_write(sink, pl__view("new"), &err), &err);
    pl__file_sink_abort(sink);
    char *text = pl__kit_read(path, NULL);
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(count_entries(dir), 1);
    free(path);
    pl__file_sink_abort(NULL);
    PL_KIT_STATUS(pl__file_sink_commit(NULL, &err), PL_E_INVALID, &err);
}

static void stat_follows(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    pl_file_info info;
    char *path = pl__kit_write_text(dir, "f", "12345");
    char *link = pl__kit_path(dir, "link");
    assert_int_equal(symlink("f", link), 0);
    PL_KIT_OK(pl__file_stat(link, &info, &err), &err);
    assert_int_equal(info.size_bytes, 5);
    assert_false(info.is_dir);
    assert_true(info.mtime_ns > INT64_C(1600000000000000000));
    PL_KIT_OK(pl__file_stat(dir, &info, &err), &err);
    assert_true(info.is_dir);
    assert_int_equal(unlink(path), 0);
    PL_KIT_STATUS(pl__file_stat(link, &info, &err), PL_E_NOT_FOUND, &err);
    free(path);
    free(link);
}

static void errno_text(void **state)
{
    (void)state;
    char text[128];
    pl__errno_text(ENOENT, text, sizeof(text));
    assert_string_equal(text, "No such file or directory");
    pl__errno_text(-12345, text, sizeof(text));
    assert_true(strlen(text) > 0);
    pl__errno_text(ENOENT, NULL, 0);
    char small[4];
    pl__errno_text(ENOENT, small, sizeof(small));
    assert_non_null(memchr(small, '\0', sizeof(small)));
}

static pl_status once(void *user, pl_error *err)
{
    pl_str text;
    pl_status rc = pl__file_write(user, pl__view("some text"), err);
    if (rc == PL_OK)
        rc = pl__file_read(user, 100, &text, err);
    if (rc == PL_OK)
        pl__str_clear(&text);
    return rc;
}

static void faults(void **state)
{
    char *path = pl__kit_path(*state, "f");
    pl__kit_fault_loop("file", once, path);
    assert_int_equal(count_entries(*state), 1);
    free(path);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, pl__kit_temp_setup, pl__kit_temp_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_DIR(write_and_read),       IN_DIR(read_refuses), IN_DIR(full_disk),
                                       IN_DIR(write_refuses),        IN_DIR(sink_aborts),  IN_DIR(stat_follows),
                                       cmocka_unit_test(errno_text), IN_DIR(faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
