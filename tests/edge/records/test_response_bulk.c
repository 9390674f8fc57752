/* A log that several threads read in blocks is the log that is read line by line, faults included. */
#include "kit.h"
#include "records.h"
#include "response_lines.h"
#include "response_sets.h"

#include <stdlib.h>
#include <string.h>

#define LINES 30000u       /* several rounds of several blocks */
#define MANY_TEXTS 160000u /* more than a thread's own log keeps */

static pl_str make(uint64_t index, uint32_t odd_every)
{
    pl_str text;
    pl_rng rng;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    pl__rng_init(&rng, pl__kit_seed(), "bulk", index);
    assert_int_equal(pl__str_append_c(&text, "\xef\xbb\xbf"), PL_OK);
    for (uint32_t i = 0; i < LINES; i++) {
        put_response_line(&rng, &text, odd_every);
        if (i % 1000 == 500)
            assert_int_equal(pl__str_append_c(&text, " \r\n\n"), PL_OK);
    }
    return text;
}

static void check(const pl_str *text, bool skip_bad)
{
    static const uint32_t threads[] = {0, 2, 3};
    char *dir = pl__kit_temp_new();
    char *path = pl__kit_write(dir, "log.jsonl", text->ptr, text->len);
    const char *const paths[] = {path, path};
    pl_error by_line = {0};
    pl_response_log *one = NULL;
    pl_status wanted = pl__records_parse_responses(path, pl__view_n(text->ptr, text->len), skip_bad, &one, &by_line);
    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        const pl_records_opts opts = {.skip_bad = skip_bad, .threads = threads[i]};
        pl_response_log *log = NULL;
        pl_error err = {0};
        pl_status rc = pl__records_read_responses(paths, 1, &opts, &log, &err);
        assert_int_equal(rc, wanted);
        assert_string_equal(err.msg, by_line.msg);
        if (rc == PL_OK) {
            check_same_responses(pl__response_log_set(log), pl__response_log_set(one));
            assert_int_equal(pl__response_log_bad_lines(log), pl__response_log_bad_lines(one));
        }
        pl__response_log_free(log);
    }
    pl__response_log_free(one);
    free(path);
    pl__kit_temp_free(dir);
}

static void blocks_are_lines(void **state)
{
    (void)state;
    pl_str text = make(0, 0);
    check(&text, false);
    pl__str_clear(&text);
}

static void bad_lines(void **state)
{
    (void)state;
    pl_str text = make(1, 100);
    check(&text, false);
    check(&text, true);
    pl__str_clear(&text);
}

/* A thread's own log begins anew, and numbers go on. */
static void many_texts(void **state)
{
    pl_str text;
    (void)state;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    for (uint32_t i = 0; i < MANY_TEXTS; i++)
        assert_int_equal(
            pl__str_appendf(&text, "{\"item\":\"q%u\",\"model\":\"m%u\",\"text\":\"t%u\",\"samples\":[\"s%u\"]}\n",
                            i / 7, i % 7, i, i % 1000),
            PL_OK);
    check(&text, false);
    pl__str_clear(&text);
}

static void several_files(void **state)
{
    const pl_records_opts opts = {.threads = 2};
    pl_response_log *one = NULL;
    pl_response_log *two = NULL;
    pl_error err = {0};
    pl_str text = make(2, 0);
    (void)state;
    char *dir = pl__kit_temp_new();
    char *path = pl__kit_write(dir, "log.jsonl", text.ptr, text.len);
    const char *const paths[] = {path, path};
    PL_KIT_OK(pl__records_read_responses(paths, 2, NULL, &one, &err), &err);
    PL_KIT_OK(pl__records_read_responses(paths, 2, &opts, &two, &err), &err);
    check_same_responses(pl__response_log_set(one), pl__response_log_set(two));
    pl__response_log_free(one);
    pl__response_log_free(two);
    pl__str_clear(&text);
    free(path);
    pl__kit_temp_free(dir);
}

static pl_status read_once(void *user, pl_error *err)
{
    const pl_records_opts opts = {.threads = 2};
    const char *const paths[] = {user};
    pl_response_log *log = NULL;
    pl_status rc = pl__records_read_responses(paths, 1, &opts, &log, err);
    pl__response_log_free(log);
    return rc;
}

static void refused_memory(void **state)
{
    pl_rng rng;
    pl_str text;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    pl__rng_init(&rng, 1, "bulk", 3);
    for (uint32_t i = 0; i < 40; i++)
        put_response_line(&rng, &text, 0);
    char *path = pl__kit_write(*state, "few.jsonl", text.ptr, text.len);
    pl__kit_fault_loop("responses in blocks", read_once, path);
    pl__str_clear(&text);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_lines),
        cmocka_unit_test(bad_lines),
        cmocka_unit_test(many_texts),
        cmocka_unit_test(several_files),
        cmocka_unit_test_setup_teardown(refused_memory, pl__kit_temp_setup, pl__kit_temp_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
