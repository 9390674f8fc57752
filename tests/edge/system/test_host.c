#include "kit.h"

#include "host.h"

static void loopback_and_what_looks_like_it(void **state)
{
    static const char *const near[] = {"localhost",   "LOCALHOST", "a.localhost", "127.0.0.1",
                                       "127.255.0.9", "[::1]",     "::1"};
    static const char *const far[] = {
        "",           "localhost.example", "xlocalhost",  ".localhost.", "127.0.0.1.example",
        "127.evil.x", "127.0.0",           "127.0.0.256", "127.0.0.1.1", "127..0.1",
        "128.0.0.1",  "0127.0.0.1",        "[::2]",       "10.0.0.1",    "127.0.0.1x"};
    (void)state;
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
        assert_true(pl__host_is_loopback(pl__view(near[i])));
    for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++)
        assert_false(pl__host_is_loopback(pl__view(far[i])));
}

static void hosts_of_urls(void **state)
{
    static const char *const cases[][2] = {
        {"http://a/v1", "a"},
        {"https://a.b:8443/v1", "a.b"},
        {"http://[::1]:80/", "[::1]"},
        {"http://u:p@h:1/x@y", "h"},
        {"http://127.0.0.1", "127.0.0.1"},
        {"http://a?x=//b", "a"},
        {"http://localhost@evil/", "evil"},
        {"nonsense", ""},
        {"http://", ""},
        {"http://[::1", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_true(pl__view_eq_str(pl__url_host(cases[i][0]), cases[i][1]));
}

static void there_is_a_processor(void **state)
{
    (void)state;
    uint32_t n = pl__host_processors();
    assert_in_range(n, 1, 1u << 20);
    assert_int_equal(pl__host_processors(), n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_and_what_looks_like_it),
        cmocka_unit_test(hosts_of_urls),
        cmocka_unit_test(there_is_a_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
