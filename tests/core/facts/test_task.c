#include "kit.h"
#include "task.h"

/* The names stand in task keys, so they may never change. */
static void criteria_keep_their_names(void **state)
{
    (void)state;
    assert_string_equal(pl__criterion_name(PL_CRITERION_CORRECTNESS), "correctness");
    assert_string_equal(pl__criterion_name(PL_CRITERION_VISUAL), "visual");
    assert_string_equal(pl__criterion_name(PL_CRITERIA_COUNT), "unknown");
    assert_string_equal(pl__criterion_name((pl_criterion)-1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(criteria_keep_their_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
