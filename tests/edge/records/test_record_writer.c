#include "kit.h"
#include "records.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define LINES 20000

static pl_status write_lines(const char *path, int n, pl_error *err)
{
    pl_record_writer *w = NULL;
    pl_str line;
    pl__str_init(&line, 1000);
    pl_status rc = pl__record_writer_open(path, &w, err);
    for (int i = 0; i < n && rc == PL_OK; i++) {
        pl__str_reset(&line);
        rc = pl__str_appendf(&line, "{\"line\":%d,\"square\":%d}\n", i, i * i);
        if (rc == PL_OK)
            rc = pl__record_writer_write(w, pl__view_n(line.ptr, line.len), err);
    }
    pl__str_clear(&line);
    if (rc != PL_OK) {
        pl__record_writer_abort(w);
        return rc;
    }
    return pl__record_writer_close(w, err);
}

static void same_text_plain_and_gzip(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    char *plain = pl__kit_path(dir, "log.jsonl");
    char *zipped = pl__kit_path(dir, "log.jsonl.gz");
    char *again = pl__kit_path(dir, "again.jsonl.gz");
    PL_KIT_OK(write_lines(plain, LINES, &err), &err);
    PL_KIT_OK(write_lines(zipped, LINES, &err), &err);
    PL_KIT_OK(write_lines(again, LINES, &err), &err);
    size_t n = 0;
    size_t n_zipped = 0;
    size_t n_again = 0;
    char *text = pl__kit_read(plain, &n);
    char *bytes = pl__kit_read(zipped, &n_zipped);
    char *bytes_again = pl__kit_read(again, &n_again);
    assert_true(n_zipped * 2 < n);
    assert_int_equal(n_zipped, n_again);
    assert_memory_equal(bytes, bytes_again, n_zipped);

    char *back = malloc(n + 1);
    assert_non_null(back);
    gzFile file = gzopen(zipped, "rb");
    assert_non_null(file);
    assert_int_equal(gzread(file, back, (unsigned)n + 1), (int)n);
    assert_int_equal(gzclose(file), Z_OK);
    assert_memory_equal(back, text, n);
    free(text);
    free(bytes);
    free(bytes_again);
    free(back);
    free(plain);
    free(zipped);
    free(again);
}

/* One write larger than every buffer, and none at all. */
static void sizes(void **state)
{
    const char *dir = *state;
    static const char *const names[] = {"f", "f.gz"};
    size_t n = 300001;
    char *big = malloc(n);
    assert_non_null(big);
    for (size_t i = 0; i < n; i++)
        big[i] = (char)(i * 2654435761u >> 13);
    for (size_t i = 0; i < 2; i++) {
        pl_error err = {0};
        pl_record_writer *w = NULL;
        char *path = pl__kit_path(dir, names[i]);
        char *back = malloc(n + 1);
        assert_non_null(back);
        PL_KIT_OK(pl__record_writer_open(path, &w, &err), &err);
        PL_KIT_OK(pl__record_writer_write(w, pl__view_n(big, n), &err), &err);
        PL_KIT_OK(pl__record_writer_close(w, &err), &err);
        gzFile file = gzopen(path, "rb");
        assert_int_equal(gzread(file, back, (unsigned)n + 1), (int)n);
        assert_int_equal(gzclose(file), Z_OK);
        assert_memory_equal(back, big, n);

        PL_KIT_OK(pl__record_writer_open(path, &w, &err), &err);
        PL_KIT_OK(pl__record_writer_close(w, &err), &err);
        file = gzopen(path, "rb");
        assert_int_equal(gzread(file, back, 1), 0);
        assert_int_equal(gzclose(file), Z_OK);
        free(back);
        free(path);
    }
    free(big);
}

static void whole_or_not_there(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    pl_record_writer *w = NULL;
    char *path = pl__kit_write_text(dir, "log", "old");
    PL_KIT_OK(pl__record_writer_open(path, &w, &err), &err);
    PL_KIT_OK(pl__record_writer_write(w, pl__view("new"), &err), &err);
    char *text = pl__kit_read(path, NULL);
    assert_string_equal(text, "old"); /* until it is closed */
    free(text);
    pl__record_writer_abort(w);
    text = pl__kit_read(path, NULL);
    assert_string_equal(text, "old");
    free(text);
    free(path);
    pl__record_writer_abort(NULL);
    path = pl__kit_path(dir, "no/folder/log");
    PL_KIT_STATUS(pl__record_writer_open(path, &w, &err), PL_E_IO, &err);
    free(path);
    PL_KIT_STATUS(pl__record_writer_close(NULL, &err), PL_E_INVALID, &err);
}

static void full_disk(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    static const char *const names[] = {"full", "full.gz"};
    for (size_t i = 0; i < 2; i++) {
        char *path = pl__kit_path(dir, names[i]);
        assert_int_equal(symlink("/dev/full", path), 0);
        PL_KIT_STATUS(write_lines(path, 1, &err), PL_E_FULL, &err);     /* noticed when closing */
        PL_KIT_STATUS(write_lines(path, LINES, &err), PL_E_FULL, &err); /* noticed on the way */
        free(path);
    }
}

static pl_status write_once(void *user, pl_error *err)
{
    return write_lines(user, 3, err);
}

static void faults(void **state)
{
    const char *dir = *state;
    char *plain = pl__kit_path(dir, "f");
    char *zipped = pl__kit_path(dir, "f.gz");
    pl__kit_fault_loop("record_writer", write_once, plain);
    pl__kit_fault_loop("record_writer, gzip", write_once, zipped);
    free(plain);
    free(zipped);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, pl__kit_temp_setup, pl__kit_temp_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {IN_DIR(same_text_plain_and_gzip), IN_DIR(sizes), IN_DIR(whole_or_not_there),
                                       IN_DIR(full_disk), IN_DIR(faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
