#include "kit.h"

#include "line_file.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void append(const char *path, const char *lines, uint64_t size_before)
{
    pl_line_file *f = NULL;
    pl_error err = {0};
    uint64_t size = 0;
    PL_KIT_OK(pl__line_file_append_open(path, &f, &size, &err), &err);
    assert_int_equal(size, size_before);
    PL_KIT_OK(pl__line_file_append(f, pl__view(lines), &err), &err);
    pl__line_file_close(f);
}

static void lines_come_back(void **state)
{
    char *path = pl__kit_path(*state, "lines");
    struct stat info;
    pl_line_file *f = NULL;
    pl_error err = {0};
    uint64_t offset = 0;
    bool more = true;
    pl_str line;
    pl_str again;
    append(path, "one\n", 0);
    append(path, "\nthree\n", 4);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    pl__str_init(&line, PL_LINE_BYTES_MAX);
    pl__str_init(&again, PL_LINE_BYTES_MAX);
    PL_KIT_OK(pl__line_file_read_open(path, &f, &err), &err);
    static const char *const want[] = {"one", "", "three"};
    static const uint64_t at[] = {0, 4, 5};
    for (size_t i = 0; i < 3; i++) {
        PL_KIT_OK(pl__line_file_next(f, &line, &offset, &more, &err), &err);
        assert_true(more);
        assert_string_equal(pl__str_c(&line), want[i]);
        assert_int_equal(offset, at[i]);
        PL_KIT_OK(pl__line_file_at(f, offset, line.len, &again, &err), &err);
        assert_string_equal(pl__str_c(&again), want[i]);
    }
    PL_KIT_OK(pl__line_file_next(f, &line, &offset, &more, &err), &err);
    assert_false(more);
    PL_KIT_STATUS(pl__line_file_at(f, 9, 100, &again, &err), PL_E_IO, &err);
    pl__line_file_close(f);
    pl__str_clear(&line);
    pl__str_clear(&again);
    free(path);
}

/* A process that was killed in the middle of a write. */
static void a_cut_line_is_ended(void **state)
{
    char *path = pl__kit_write_text(*state, "cut", "whole\nhal");
    char *text = NULL;
    append(path, "next\n", 9);
    text = pl__kit_read(path, NULL);
    assert_string_equal(text, "whole\nhal\nnext\n");
    free(text);
    free(path);
}

/* The limit on a file's size stands for a full disk. */
static void a_write_that_does_not_fit_leaves_nothing(void **state)
{
    char *path = pl__kit_path(*state, "full");
    struct rlimit before;
    struct rlimit tight;
    pl_line_file *f = NULL;
    pl_error err = {0};
    uint64_t size = 0;
    char *text = NULL;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 10;
    signal(SIGXFSZ, SIG_IGN);
    PL_KIT_OK(pl__line_file_append_open(path, &f, &size, &err), &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    PL_KIT_OK(pl__line_file_append(f, pl__view("short\n"), &err), &err);
    PL_KIT_STATUS(pl__line_file_append(f, pl__view("too long for this\n"), &err), PL_E_FULL, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    text = pl__kit_read(path, NULL);
    assert_string_equal(text, "short\n");
    assert_non_null(strstr(err.msg, path));
    pl__line_file_close(f);
    free(text);
    free(path);
}

static void what_is_no_file_is_refused(void **state)
{
    pl_line_file *f = NULL;
    pl_error err = {0};
    uint64_t size = 0;
    char *path = pl__kit_path(*state, "absent/lines");
    PL_KIT_STATUS(pl__line_file_read_open(path, &f, &err), PL_E_NOT_FOUND, &err);
    PL_KIT_STATUS(pl__line_file_append_open("/dev/null", &f, &size, &err), PL_E_IO, &err);
    pl__line_file_close(NULL);
    free(path);
}

static pl_status read_all(void *user, pl_error *err)
{
    pl_line_file *f = NULL;
    uint64_t offset = 0;
    bool more = true;
    pl_str line;
    pl__str_init(&line, PL_LINE_BYTES_MAX);
    pl_status rc = pl__line_file_read_open(user, &f, err);
    while (!rc && more)
        rc = pl__line_file_next(f, &line, &offset, &more, err);
    rc = rc ? rc : pl__line_file_at(f, 0, 100000, &line, err);
    pl__line_file_close(f);
    pl__str_clear(&line);
    return rc;
}

static void survives_refused_memory(void **state)
{
    char *path = pl__kit_path(*state, "long");
    char *line = malloc(100002);
    assert_non_null(line);
    memset(line, 'x', 100000);
    memcpy(line + 100000, "\n", 2);
    append(path, line, 0);
    pl__kit_fault_loop("line_file", read_all, path);
    free(line);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_back),
        cmocka_unit_test(a_cut_line_is_ended),
        cmocka_unit_test(a_write_that_does_not_fit_leaves_nothing),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, pl__kit_temp_setup, pl__kit_temp_teardown);
}
