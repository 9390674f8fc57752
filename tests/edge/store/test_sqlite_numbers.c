#include "kit.h"
#include "rng.h"
#include "sqlite_store.h"

#include <string.h>

static bool same(const pl_store_call *a, const pl_store_call *b)
{
    return a->http_status == b->http_status && a->attempts == b->attempts && a->elapsed_ns == b->elapsed_ns &&
           a->created_unix_ms == b->created_unix_ms && memcmp(&a->usage, &b->usage, sizeof(a->usage)) == 0;
}

static uint64_t any(pl_rng *rng)
{
    return pl__rng_u64(rng) >> pl__rng_below(rng, 64);
}

static void test_any_numbers_come_back(void **state)
{
    uint64_t seed = pl__kit_seed();
    (void)state;

    for (uint64_t round = 0; round < 2000; round++) {
        pl_rng rng;
        pl__rng_init(&rng, seed, "numbers", round);
        pl_store_call call = {.http_status = (int32_t)(uint32_t)any(&rng), .attempts = (uint32_t)any(&rng)};
        pl_store_call back = {.http_status = 0};
        uint8_t bytes[PL_CALL_NUMBERS_BYTES_MAX];

        call.usage = (pl_usage){any(&rng), any(&rng), any(&rng), any(&rng), 0};
        call.elapsed_ns = any(&rng);
        call.created_unix_ms = (int64_t)any(&rng);
        size_t n = pl__call_numbers_pack(&call, bytes);
        assert_true(n >= 8 && n <= sizeof(bytes));
        assert_true(pl__call_numbers_unpack(bytes, n, &back));
        assert_true(same(&call, &back));
        /* Cut or with something behind it: damaged. */
        assert_false(pl__call_numbers_unpack(bytes, n - 1, &back));
        uint8_t longer[PL_CALL_NUMBERS_BYTES_MAX + 1];
        memcpy(longer, bytes, n);
        longer[n] = 0;
        assert_false(pl__call_numbers_unpack(longer, n + 1, &back));
    }
}

/* Cache writes came later: rows without them are as they were, and read as none. */
static void test_cache_writes_come_back(void **state)
{
    pl_store_call call = {.http_status = 200, .attempts = 1, .usage = {1000, 5, 0, 0, 990}};
    pl_store_call back = {.http_status = 0};
    uint8_t bytes[PL_CALL_NUMBERS_BYTES_MAX];
    (void)state;

    size_t n = pl__call_numbers_pack(&call, bytes);
    assert_true(pl__call_numbers_unpack(bytes, n, &back));
    assert_int_equal(back.usage.cache_written_tokens, 990);
    call.usage.cache_written_tokens = 0;
    assert_int_equal(pl__call_numbers_pack(&call, bytes), n - 2);
    assert_true(pl__call_numbers_unpack(bytes, n - 2, &back));
    assert_int_equal(back.usage.cache_written_tokens, 0);
}

static void test_damage_is_found(void **state)
{
    uint8_t endless[100];
    pl_store_call back = {.http_status = 0};
    const uint8_t status_too_large[] = {0xff, 0xff, 0xff, 0xff, 0x1f, 1, 0, 0, 0, 0, 0, 0};
    (void)state;

    memset(endless, 0xff, sizeof(endless));
    assert_false(pl__call_numbers_unpack(endless, sizeof(endless), &back));
    assert_false(pl__call_numbers_unpack(endless, 0, &back));
    assert_false(pl__call_numbers_unpack(status_too_large, sizeof(status_too_large), &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_numbers_come_back),
        cmocka_unit_test(test_cache_writes_come_back),
        cmocka_unit_test(test_damage_is_found),
    };
    return cmocka_run_group_tests_name("numbers of a call", tests, NULL, NULL);
}
