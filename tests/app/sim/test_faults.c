#include "kit.h"

#include "call_log.h"
#include "faults.h"
#include "iso_time.h"
#include "pool.h"
#include "sim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRAWS 20000

static pl_sim_faults faults_of(const char *const *specs, size_t n)
{
    pl_sim_faults faults = {.latency = PL_SIM_LATENCY_NONE};
    pl_error err = {0};
    for (size_t i = 0; i < n; i++)
        PL_KIT_OK(pl__sim_faults_add(&faults, pl__view(specs[i]), &err), &err);
    return faults;
}

static pl_sim_faults fault_of(const char *spec)
{
    return faults_of(&spec, 1);
}

static void profiles_are_read(void **state)
{
    (void)state;
    pl_sim_faults faults = fault_of("cut");
    PL_KIT_CLOSE(faults.p[PL_SIM_CUT], 0.1, 0.0);
    faults = fault_of("stall=0.25:30s");
    PL_KIT_CLOSE(faults.p[PL_SIM_STALL], 0.25, 0.0);
    assert_int_equal(faults.ms[PL_SIM_STALL], 30000);
    faults = fault_of("rate-seconds=1");
    assert_int_equal(pl__sim_faults_draw(&faults, 1, 2, 3).ms, 1000);
    faults = fault_of("latency=uniform:50ms:2s");
    assert_int_equal(faults.latency, PL_SIM_LATENCY_UNIFORM);
    PL_KIT_CLOSE(faults.latency_b, 2000.0, 0.0);
    for (unsigned i = 1; i < PL_SIM_FAULTS; i++) {
        faults = fault_of(pl__sim_fault_name((pl_sim_fault)i));
        PL_KIT_CLOSE(faults.p[i], 0.1, 0.0);
    }
    assert_null(pl__sim_fault_name((pl_sim_fault)PL_SIM_FAULTS));
}

static void bad_profiles_change_nothing(void **state)
{
    static const char *const bad[] = {"",
                                      "none",
                                      "=0.1",
                                      "cuts",
                                      "cut=",
                                      "cut=x",
                                      "cut=-0.1",
                                      "cut=1.01",
                                      "cut=nan",
                                      "cut=0.1:5s",
                                      "all=0.1:5s",
                                      "stall=0.1:5",
                                      "stall=0.1:11m",
                                      "stall=0.1:0s",
                                      "stall=0.1:5s:5s",
                                      "refusal=0.7",
                                      "latency",
                                      "latency=",
                                      "latency=normal:5ms",
                                      "latency=fixed",
                                      "latency=fixed:5",
                                      "latency=fixed:5ms:5ms",
                                      "latency=uniform:5ms",
                                      "latency=uniform:6ms:5ms",
                                      "latency=lognormal:5ms:-1",
                                      "latency=pareto:5ms:0.1",
                                      "latency=pareto:11m:2"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        pl_sim_faults faults = fault_of("drip=0.5");
        const pl_sim_faults before = faults;
        pl_error err = {0};
        if (pl__sim_faults_add(&faults, pl__view(bad[i]), &err) != PL_E_PARSE || err.msg[0] == '\0')
            fail_msg("accepted: %s", bad[i]);
        assert_memory_equal(&faults, &before, sizeof(faults));
    }
}

static void shares_are_met_and_attempts_differ(void **state)
{
    static const char *const specs[] = {"cut=0.2", "refusal=0.05", "rate-date=0.1"};
    const pl_sim_faults faults = faults_of(specs, 3);
    unsigned n[PL_SIM_FAULTS] = {0};
    unsigned again = 0;
    uint64_t seed = pl__kit_seed();
    (void)state;
    for (uint64_t i = 0; i < DRAWS; i++) {
        pl_sim_mishap first = pl__sim_faults_draw(&faults, seed, i, 1);
        assert_int_equal(first.fault, pl__sim_faults_draw(&faults, seed, i, 1).fault);
        n[first.fault]++;
        again += first.fault == PL_SIM_CUT && pl__sim_faults_draw(&faults, seed, i, 2).fault == PL_SIM_CUT ? 1 : 0;
    }
    /* Six standard errors. */
    PL_KIT_CLOSE(n[PL_SIM_CUT] / (double)DRAWS, 0.2, 0.017);
    PL_KIT_CLOSE(n[PL_SIM_REFUSAL] / (double)DRAWS, 0.05, 0.0093);
    PL_KIT_CLOSE(n[PL_SIM_RATE_DATE] / (double)DRAWS, 0.1, 0.0128);
    PL_KIT_CLOSE(again / (double)n[PL_SIM_CUT], 0.2, 0.04);
    assert_int_equal(n[PL_SIM_FAULT_NONE] + n[PL_SIM_CUT] + n[PL_SIM_REFUSAL] + n[PL_SIM_RATE_DATE], DRAWS);
}

static void all_is_all_but_the_hopeless(void **state)
{
    const pl_sim_faults faults = fault_of("all=1");
    unsigned n[PL_SIM_FAULTS] = {0};
    uint64_t seed = pl__kit_seed();
    (void)state;
    for (uint64_t i = 0; i < DRAWS; i++)
        n[pl__sim_faults_draw(&faults, seed, i, 1).fault]++;
    assert_int_equal(n[PL_SIM_FAULT_NONE], 0);
    assert_int_equal(n[PL_SIM_QUOTA], 0);
    for (unsigned i = 1; i < PL_SIM_FAULTS; i++)
        assert_true(i == PL_SIM_QUOTA || n[i] > DRAWS / 48);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void latencies_have_their_distribution(void **state)
{
    /* Quantiles from the distributions' own inverses; 0.9-quantile of N(0,1) is 1.2816. */
    static const struct {
        const char *spec;
        double median;
        double ninth; /* decile */
    } cases[] = {{"latency=fixed:70ms", 70, 70},
                 {"latency=uniform:100ms:300ms", 200, 280},
                 {"latency=lognormal:200ms:0.8", 200, 557.4},
                 {"latency=pareto:100ms:1.5", 158.7, 464.2}};
    uint32_t *ms = calloc(DRAWS, sizeof(*ms));
    uint64_t seed = pl__kit_seed();
    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        const pl_sim_faults faults = fault_of(cases[k].spec);
        for (uint64_t i = 0; i < DRAWS; i++)
            ms[i] = pl__sim_faults_draw(&faults, seed, i, 1).latency_ms;
        qsort(ms, DRAWS, sizeof(*ms), by_size);
        uint32_t median = ms[DRAWS / 2];
        uint32_t ninth = ms[(size_t)DRAWS * 9 / 10];
        PL_KIT_CLOSE(median, cases[k].median, 0.05 * cases[k].median);
        PL_KIT_CLOSE(ninth, cases[k].ninth, 0.07 * cases[k].ninth);
        assert_true(ms[DRAWS - 1] <= PL_SIM_FAULT_MS_MAX);
    }
    free(ms);
}

static void moments_are_written_as_the_calendar_has_them(void **state)
{
    static const struct {
        int64_t unix_ms;
        const char *rfc3339;
        const char *http;
    } cases[] = {
        {-5, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
        {0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
        {1, "1970-01-01T00:00:01Z", "Thu, 01 Jan 1970 00:00:01 GMT"},
        {784111777000, "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"},
        {951782399999, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 GMT"},
        {951868799000, "2000-02-29T23:59:59Z", "Tue, 29 Feb 2000 23:59:59 GMT"},
        {1769860800000, "2026-01-31T12:00:00Z", "Sat, 31 Jan 2026 12:00:00 GMT"},
        {1772323200000, "2026-03-01T00:00:00Z", "Sun, 01 Mar 2026 00:00:00 GMT"},
        {4107542400000, "2100-03-01T00:00:00Z", "Mon, 01 Mar 2100 00:00:00 GMT"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[PL_TIME_BYTES];
        pl__rfc3339_write(cases[i].unix_ms, text);
        assert_string_equal(text, cases[i].rfc3339);
        pl__http_date_write(cases[i].unix_ms, text);
        assert_string_equal(text, cases[i].http);
    }
}

static void attempts_are_counted_by_call(void **state)
{
    uint32_t attempt = 0;
    pl_sim_call_log *log = pl__sim_call_log_new();
    (void)state;
    assert_non_null(log);
    for (uint32_t i = 1; i <= 3; i++) {
        PL_KIT_OK(pl__sim_call_log_note(log, 7, 1000, &attempt), NULL);
        assert_int_equal(attempt, i);
    }
    PL_KIT_OK(pl__sim_call_log_note(log, 8, 1000, &attempt), NULL);
    assert_int_equal(attempt, 1);
    pl__sim_call_log_hold(log, 7, 2000);
    pl__sim_call_log_hold(log, 8, 2000);
    pl__sim_call_log_hold(log, 9, 2000); /* never seen */
    PL_KIT_OK(pl__sim_call_log_note(log, 7, 1900, &attempt), NULL);
    PL_KIT_OK(pl__sim_call_log_note(log, 7, 1950, &attempt), NULL); /* the wait holds for one attempt */
    PL_KIT_OK(pl__sim_call_log_note(log, 8, 2000, &attempt), NULL);
    pl_sim_call_counts counts = pl__sim_call_log_counts(log);
    assert_int_equal(counts.calls, 2);
    assert_int_equal(counts.attempts, 7);
    assert_int_equal(counts.attempts_max, 5);
    assert_int_equal(counts.early, 1);
    pl__sim_call_log_free(log);
    pl__sim_call_log_free(NULL);
}

static void a_full_call_log_begins_anew(void **state)
{
    uint32_t attempt = 0;
    pl_sim_call_log *log = pl__sim_call_log_new();
    (void)state;
    for (uint64_t i = 0; i <= PL_SIM_CALLS_MAX; i++)
        PL_KIT_OK(pl__sim_call_log_note(log, i, 0, &attempt), NULL);
    PL_KIT_OK(pl__sim_call_log_note(log, PL_SIM_CALLS_MAX, 0, &attempt), NULL);
    assert_int_equal(attempt, 2);
    PL_KIT_OK(pl__sim_call_log_note(log, 0, 0, &attempt), NULL);
    assert_int_equal(attempt, 1);
    pl__sim_call_log_free(log);
}

static pl_status log_calls(void *user, pl_error *err)
{
    pl_status rc = PL_E_NOMEM;
    uint32_t attempt = 0;
    pl_sim_call_log *log = pl__sim_call_log_new();
    (void)user;
    if (log)
        rc = PL_OK;
    for (uint64_t i = 0; !rc && i < 40; i++)
        rc = pl__sim_call_log_note(log, i, 0, &attempt);
    pl__sim_call_log_free(log);
    if (rc)
        *err = (pl_error){.code = rc, .msg = "log"};
    return rc;
}

static void the_call_log_survives_refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("pl__sim_call_log_note", log_calls, NULL);
}

static void pools_have_faults(void **state)
{
    static const char text[] = "{\"models\":[{\"name\":\"a\",\"resolution\":48},{\"name\":\"b\",\"resolution\":48,"
                               "\"faults\":[\"drip=0.5:4s\"]}],\"faults\":[\"cut=0.2\",\"latency=fixed:5ms\"]}";
    static const char *const bad[] = {"{\"models\":[{\"name\":\"a\",\"resolution\":48}],\"faults\":\"cut\"}",
                                      "{\"models\":[{\"name\":\"a\",\"resolution\":48}],\"faults\":[1]}",
                                      "{\"models\":[{\"name\":\"a\",\"resolution\":48,\"faults\":[\"x\"]}]}"};
    pl_sim_pool *pool = NULL;
    pl_error err = {0};
    (void)state;
    PL_KIT_OK(pl__sim_pool_parse(pl__view(text), &pool, &err), &err);
    PL_KIT_OK(pl__sim_pool_add_fault(pool, "refusal=0.3", &err), &err);
    PL_KIT_CLOSE(pool->models[0].faults.p[PL_SIM_CUT], 0.2, 0.0);
    PL_KIT_CLOSE(pool->models[0].faults.latency_a_ms, 5.0, 0.0);
    PL_KIT_CLOSE(pool->models[1].faults.p[PL_SIM_CUT], 0.0, 0.0); /* its own list replaces the pool's */
    PL_KIT_CLOSE(pool->models[1].faults.p[PL_SIM_DRIP], 0.5, 0.0);
    PL_KIT_CLOSE(pool->models[1].faults.p[PL_SIM_REFUSAL], 0.3, 0.0);
    PL_KIT_STATUS(pl__sim_pool_add_fault(pool, "refusal=2", &err), PL_E_PARSE, &err);
    pl__sim_pool_free(pool);
    for (size_t i = 0; i < 3; i++) {
        err = (pl_error){0};
        PL_KIT_STATUS(pl__sim_pool_parse(pl__view(bad[i]), &pool, &err), PL_E_PARSE, &err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_are_read),
        cmocka_unit_test(bad_profiles_change_nothing),
        cmocka_unit_test(shares_are_met_and_attempts_differ),
        cmocka_unit_test(all_is_all_but_the_hopeless),
        cmocka_unit_test(latencies_have_their_distribution),
        cmocka_unit_test(moments_are_written_as_the_calendar_has_them),
        cmocka_unit_test(attempts_are_counted_by_call),
        cmocka_unit_test(a_full_call_log_begins_anew),
        cmocka_unit_test(the_call_log_survives_refused_memory),
        cmocka_unit_test(pools_have_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
