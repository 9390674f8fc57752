#include "log.h"

#include "kit.h"

#include <string.h>

typedef struct seen {
    int n;
    pl_log_level level;
    char last[2000];
} seen;

static void sink(pl_log_level level, const char *message, void *user)
{
    seen *s = user;
    s->n++;
    s->level = level;
    assert_true(strlen(message) < sizeof(s->last));
    memcpy(s->last, message, strlen(message) + 1);
}

static void test_levels_and_text(void **state)
{
    (void)state;
    seen s = {0};
    pl_log log = {.sink = sink, .user = &s, .min_level = PL_LOG_INFO};
    pl__log(&log, PL_LOG_DEBUG, "hidden");
    assert_int_equal(s.n, 0);
    pl__log(&log, PL_LOG_INFO, "run %d\nof %s", 3, "x");
    assert_int_equal(s.n, 1);
    assert_int_equal(s.level, PL_LOG_INFO);
    assert_string_equal(s.last, "run 3 of x");
    pl__log(&log, PL_LOG_ERROR, "%01500d", 7);
    assert_int_equal(s.n, 2);
    assert_true(strlen(s.last) > 1000);
}

static void test_silent(void **state)
{
    (void)state;
    pl_log log = {.sink = NULL};
    pl__log(&log, PL_LOG_ERROR, "nowhere");
    pl__log(NULL, PL_LOG_ERROR, "nowhere");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_and_text),
        cmocka_unit_test(test_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
