#include "clock.h"
#include "kit.h"

static void clock_runs(void **state)
{
    (void)state;
    const pl_clock *clock = pl__clock_system();
    uint64_t first = clock->now_mono_ns(clock->user);
    uint64_t second = clock->now_mono_ns(clock->user);
    assert_true(second >= first);
    assert_true(first > 0);
    assert_true(clock->now_unix_ms(clock->user) > INT64_C(1600000000000)); /* after September 2020 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(clock_runs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
