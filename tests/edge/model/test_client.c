#include "kit.h"

#include "alloc.h"
#include "client.h"
#include "json.h"
#include "transport_script.h"

#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)
#define UNIX_START_MS 1760000000000
#define STEPS_MAX 64

static const char good[] = "{\"choices\":[{\"message\":{\"content\":\"fine\"},\"finish_reason\":\"stop\"}]}";
static const char *const one_url[] = {"http://a/v1"};
static const char *const two_urls[] = {"http://a/v1", "http://b/v1"};

/* A pool of one or two models over a scripted transport; the script's clock is the client's. */
typedef struct world {
    pl_transport *t;
    pl_clock clock;
    pl_client *c;
    pl_model_spec models[2];
    const pl_script_reply *steps; /* one for each request; the last one stays */
    size_t n_steps;
    uint64_t sent_ns[STEPS_MAX];
    char hosts[STEPS_MAX];
    bool keys_seen;
    pl_log log;
    char warned[512];
    char logged[4096];
} world;

static void answer(const pl_http_req *req, uint64_t nth, pl_script_reply *ret, void *user)
{
    world *w = user;
    if (nth <= STEPS_MAX) {
        w->sent_ns[nth - 1] = pl__transport_script_now_ns(w->t);
        w->hosts[nth - 1] = req->url[7];
    }
    for (size_t i = 0; i < req->n_headers; i++)
        w->keys_seen = w->keys_seen || strcmp(req->headers[i].value, "Bearer sesame-0123456789") == 0;
    *ret = w->steps[nth <= w->n_steps ? nth - 1 : w->n_steps - 1];
}

static uint64_t mono(void *user)
{
    return pl__transport_script_now_ns(((world *)user)->t);
}

static int64_t unix_ms(void *user)
{
    return UNIX_START_MS + (int64_t)(mono(user) / MS);
}

static void sink(pl_log_level level, const char *message, void *user)
{
    world *w = user;
    strncat(w->logged, message, sizeof(w->logged) - strlen(w->logged) - 1);
    if (level == PL_LOG_WARN)
        strncat(w->warned, message, sizeof(w->warned) - strlen(w->warned) - 1);
}

static void build(world *w, const pl_script_reply *steps, size_t n_steps)
{
    *w = (world){.steps = steps, .n_steps = n_steps};
    w->clock = (pl_clock){.now_mono_ns = mono, .now_unix_ms = unix_ms, .user = w};
    w->log = (pl_log){.sink = sink, .user = w, .min_level = PL_LOG_DEBUG};
    for (size_t i = 0; i < 2; i++)
        w->models[i] = (pl_model_spec){.name = i == 0 ? "cat" : "dog",
                                       .provider = "openai",
                                       .model = "m",
                                       .reach = {.base_urls = one_url, .n_base_urls = 1, .concurrency = 2}};
}

static pl_status open_world(world *w, pl_error *err)
{
    pl_status rc = pl__transport_script_new(answer, w, &w->t, err);
    return rc ? rc : pl__client_new(w->models, 2, w->t, &w->clock, 7, &w->log, &w->c, err);
}

static void open_well(world *w)
{
    pl_error err = {0};
    PL_KIT_OK(open_world(w, &err), &err);
}

static void close_world(world *w)
{
    pl__client_free(w->c);
    if (w->t)
        w->t->ops->free(w->t);
}

static pl_status ask(world *w, uint32_t model, uint64_t tag, pl_error *err)
{
    const pl_part part = {.role = PL_ROLE_USER, .kind = PL_PART_TEXT, .text = pl__view("x")};
    const pl_chat chat = {.model = &w->models[model], .parts = &part, .n_parts = 1, .max_tokens = 1};
    return pl__client_submit(w->c, model, &chat, NULL, 0, tag, err);
}

static void ask_well(world *w, uint32_t model, uint64_t tag)
{
    pl_error err = {0};
    PL_KIT_OK(ask(w, model, tag, &err), &err);
}

static size_t poll_until(world *w, uint64_t deadline_ns, pl_call_result *ret, size_t cap)
{
    pl_error err = {0};
    size_t n = 99;
    PL_KIT_OK(pl__client_poll(w->c, deadline_ns, ret, cap, &n, &err), &err);
    return n;
}

static pl_call_result ask_for_one(world *w)
{
    pl_call_result r = {0};
    ask_well(w, 0, 11);
    assert_int_equal(poll_until(w, UINT64_MAX, &r, 1), 1);
    assert_int_equal(r.tag, 11);
    assert_int_equal(r.endpoint, 0);
    pl__client_release(w->c, 0);
    return r;
}

#define REPLY(s, b)                                                                                                    \
    {                                                                                                                  \
        .status = (s), .body = {(b), sizeof(b) - 1}, .delay_ns = 10 * MS                                               \
    }

static void good_answer_comes_at_once(void **state)
{
    static const pl_script_reply steps[] = {REPLY(200, good)};
    world w;
    (void)state;
    build(&w, steps, 1);
    open_well(&w);
    pl_call_result r = ask_for_one(&w);
    assert_int_equal(r.decoded.reply.outcome, PL_OUTCOME_ANSWERED);
    assert_string_equal(r.decoded.reply.text, "fine");
    assert_string_equal(pl__str_c(&r.body), good);
    assert_int_equal(r.http_status, 200);
    assert_int_equal(r.attempts, 1);
    assert_int_equal(r.elapsed_ns, 10 * MS);
    pl__call_result_clear(&r);
    close_world(&w);
}

static void retries_back_off_and_end(void **state)
{
    static const pl_script_reply steps[] = {REPLY(500, "{\"error\":\"oops\"}")};
    static const uint64_t ceilings_ms[] = {500, 1000, 2000, 4000, 8000};
    world w;
    (void)state;
    build(&w, steps, 1);
    open_well(&w);
    pl_call_result r = ask_for_one(&w);
    assert_int_equal(r.decoded.reply.outcome, PL_OUTCOME_SERVER_ERROR);
    assert_string_equal(r.decoded.message, "oops");
    assert_int_equal(r.http_status, 500);
    assert_int_equal(r.attempts, 6);
    assert_int_equal(pl__transport_script_submitted(w.t), 6);
    for (int i = 0; i < 5; i++) {
        uint64_t wait = w.sent_ns[i + 1] - w.sent_ns[i] - 10 * MS;
        assert_true(wait < ceilings_ms[i] * MS);
    }
    assert_int_equal(r.elapsed_ns, w.sent_ns[5] + 10 * MS - w.sent_ns[0]);
    assert_non_null(strstr(w.logged, "attempt 2 of 6"));
    pl__call_result_clear(&r);
    close_world(&w);
}

static void attempts_max_is_the_models(void **state)
{
    static const pl_script_reply steps[] = {{.failure = PL_HTTP_TIMEOUT}};
    world w;
    (void)state;
    build(&w, steps, 1);
    w.models[0].reach.attempts_max = 2;
    open_well(&w);
    pl_call_result r = ask_for_one(&w);
    assert_int_equal(r.decoded.reply.outcome, PL_OUTCOME_TIMED_OUT);
    assert_int_equal(r.attempts, 2);
    assert_int_equal(r.http_status, 0);
    assert_int_equal(r.body.len, 0);
    assert_true(r.decoded.message[0] != '\0');
    pl__call_result_clear(&r);
    close_world(&w);
}

static void retry_after_is_honoured(void **state)
{
    static const pl_script_reply steps[] = {
        {.status = 429, .headers = "retry-after: 7\n", .delay_ns = MS},
        {.status = 503, .headers = "retry-after-ms: 2500\n", .delay_ns = MS},
        {.status = 429, .headers = "retry-after: Thu, 09 Oct 2025 09:00:00 GMT\n", .delay_ns = MS}, /* 1760000400 */
        {.status = 429, .headers = "retry-after: 999999\n", .delay_ns = MS},
        REPLY(200, good)};
    world w;
    (void)state;
    build(&w, steps, 5);
    open_well(&w);
    pl_call_result r = ask_for_one(&w);
    assert_int_equal(r.decoded.reply.outcome, PL_OUTCOME_ANSWERED);
    assert_int_equal(r.attempts, 5);
    uint64_t first = w.sent_ns[1] - w.sent_ns[0] - MS;
    uint64_t second = w.sent_ns[2] - w.sent_ns[1] - MS;
    uint64_t fourth = w.sent_ns[4] - w.sent_ns[3] - MS;
    assert_true(first >= 7000 * MS && first < 7500 * MS);
    assert_true(second >= 2500 * MS && second < 3500 * MS);
    assert_true(w.sent_ns[3] / MS + UNIX_START_MS >= 1760000400000);
    assert_true(fourth >= 600000 * MS && fourth < 604000 * MS); /* no longer than ten minutes */
    pl__call_result_clear(&r);
    close_world(&w);
}

static void same_seed_same_waits(void **state)
{
    static const pl_script_reply steps[] = {REPLY(500, "")};
    world w[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        build(&w[i], steps, 1);
        open_well(&w[i]);
        pl_call_result r = ask_for_one(&w[i]);
        pl__call_result_clear(&r);
        close_world(&w[i]);
    }
    assert_memory_equal(w[0].sent_ns, w[1].sent_ns, 6 * sizeof(uint64_t));
}

static void final_errors_are_not_retried(void **state)
{
    static const struct {
        pl_script_reply reply;
        pl_outcome outcome;
    } cases[] = {
        {REPLY(400, "{\"error\":{\"message\":\"no\"}}"), PL_OUTCOME_BAD_REQUEST},
        {REPLY(401, ""), PL_OUTCOME_AUTH},
        {REPLY(404, ""), PL_OUTCOME_NOT_FOUND},
        {REPLY(402, ""), PL_OUTCOME_QUOTA},
        {{.failure = PL_HTTP_TOO_LARGE}, PL_OUTCOME_GARBLED},
        {{.failure = PL_HTTP_CANCELLED}, PL_OUTCOME_UNREACHABLE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world w;
        build(&w, &cases[i].reply, 1);
        open_well(&w);
        pl_call_result r = ask_for_one(&w);
        assert_int_equal(r.decoded.reply.outcome, cases[i].outcome);
        assert_int_equal(r.attempts, 1);
        pl__call_result_clear(&r);
        close_world(&w);
    }
}

static void slots_are_held_until_release(void **state)
{
    static const pl_script_reply steps[] = {REPLY(500, ""), REPLY(200, good)};
    world w;
    pl_call_result r[4];
    pl_error err = {0};
    (void)state;
    build(&w, steps, 2);
    open_well(&w);
    assert_int_equal(pl__client_free_slots(w.c, 0), 2);
    ask_well(&w, 0, 1);
    ask_well(&w, 0, 2);
    PL_KIT_STATUS(ask(&w, 0, 3, &err), PL_E_BUSY, &err);
    assert_int_equal(pl__client_free_slots(w.c, 0), 0);
    assert_int_equal(pl__client_free_slots(w.c, 1), 2); /* the other model's are its own */
    assert_int_equal(pl__client_free_slots(w.c, 2), 0);
    assert_int_equal(pl__client_in_flight(w.c), 2);
    assert_int_equal(poll_until(&w, UINT64_MAX, r, 4), 1); /* the second; the first waits for its retry */
    assert_int_equal(r[0].tag, 2);
    assert_int_equal(pl__client_in_flight(w.c), 1);
    PL_KIT_STATUS(ask(&w, 0, 3, &err), PL_E_BUSY, &err);
    pl__client_release(w.c, 0);
    assert_int_equal(pl__client_free_slots(w.c, 0), 1);
    pl__call_result_clear(&r[0]);
    assert_int_equal(poll_until(&w, UINT64_MAX, r, 4), 1);
    assert_int_equal(r[0].tag, 1);
    assert_int_equal(r[0].attempts, 2);
    pl__call_result_clear(&r[0]);
    pl__client_release(w.c, 0);
    pl__client_release(w.c, 0); /* one too many changes nothing */
    assert_int_equal(pl__client_free_slots(w.c, 0), 2);
    assert_int_equal(pl__client_in_flight(w.c), 0);
    close_world(&w);
}

static void poll_stops_at_its_deadline_and_cap(void **state)
{
    static const pl_script_reply steps[] = {REPLY(200, good)};
    world w;
    pl_call_result r[2];
    (void)state;
    build(&w, steps, 1);
    open_well(&w);
    uint64_t start = pl__transport_script_now_ns(w.t);
    ask_well(&w, 0, 1);
    ask_well(&w, 0, 2);
    assert_int_equal(poll_until(&w, start + 5 * MS, r, 2), 0);
    assert_int_equal(pl__transport_script_now_ns(w.t), start + 5 * MS);
    assert_int_equal(poll_until(&w, start + 20 * MS, r, 1), 1);
    assert_int_equal(poll_until(&w, 0, r + 1, 1), 1);
    assert_int_equal(r[0].tag + r[1].tag, 3);
    assert_int_equal(pl__transport_script_now_ns(w.t), start + 10 * MS);
    pl__call_result_clear(&r[0]);
    pl__call_result_clear(&r[1]);
    w.t->ops->wake(w.t);
    assert_int_equal(poll_until(&w, UINT64_MAX, r, 2), 0);
    close_world(&w);
}

static void stop_retrying_ends_the_waiting(void **state)
{
    static const pl_script_reply steps[] = {{.status = 429, .headers = "retry-after: 60\n", .delay_ns = MS},
                                            {.status = 500, .delay_ns = 50 * MS}};
    world w;
    pl_call_result r = {0};
    (void)state;
    build(&w, steps, 2);
    open_well(&w);
    uint64_t start = pl__transport_script_now_ns(w.t);
    ask_well(&w, 0, 1);
    ask_well(&w, 0, 2);
    assert_int_equal(poll_until(&w, start + 10 * MS, &r, 1), 0);
    pl__client_stop_retrying(w.c);
    assert_int_equal(poll_until(&w, start + 20 * MS, &r, 1), 1);
    assert_int_equal(r.tag, 1);
    assert_int_equal(r.decoded.reply.outcome, PL_OUTCOME_RATE_LIMITED);
    assert_int_equal(r.http_status, 429);
    pl__call_result_clear(&r);
    assert_int_equal(poll_until(&w, UINT64_MAX, &r, 1), 1); /* what was in flight is still taken */
    assert_int_equal(r.tag, 2);
    assert_int_equal(r.attempts, 1);
    pl__call_result_clear(&r);
    assert_int_equal(pl__transport_script_submitted(w.t), 2);
    close_world(&w);
}

static void hopeless_endpoints_close(void **state)
{
    static const pl_script_reply steps[] = {REPLY(401, "{\"error\":\"bad key\"}")};
    world w;
    (void)state;
    build(&w, steps, 1);
    open_well(&w);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pl__client_closed(w.c, 0), PL_OUTCOME_NONE);
        pl_call_result r = ask_for_one(&w);
        pl__call_result_clear(&r);
    }
    assert_int_equal(pl__client_closed(w.c, 0), PL_OUTCOME_AUTH);
    assert_int_equal(pl__client_closed(w.c, 1), PL_OUTCOME_NONE);
    assert_non_null(strstr(w.warned, "cat"));
    assert_non_null(strstr(w.warned, "bad key"));
    close_world(&w);
}

static void replicas_take_over(void **state)
{
    static const pl_script_reply steps[] = {{.failure = PL_HTTP_UNREACHABLE},
                                            REPLY(200, good),
                                            REPLY(200, good),
                                            {.failure = PL_HTTP_TIMEOUT},
                                            REPLY(200, good)};
    world w;
    (void)state;
    build(&w, steps, 5);
    w.models[0].reach.base_urls = two_urls;
    w.models[0].reach.n_base_urls = 2;
    open_well(&w);
    for (int i = 0; i < 3; i++) {
        pl_call_result r = ask_for_one(&w);
        assert_int_equal(r.decoded.reply.outcome, PL_OUTCOME_ANSWERED);
        pl__call_result_clear(&r);
    }
    /* Each begins at the same one, as it is about the same thing; a failure sends it to the other. */
    assert_true(memcmp(w.hosts, "abaab", 5) == 0 || memcmp(w.hosts, "babba", 5) == 0);
    close_world(&w);
}

static void key_never_shows(void **state)
{
    static const pl_script_reply steps[] = {
        REPLY(401, "{\"error\":{\"message\":\"wrong: sesame-0123456789 \\u0073esame-0123456789\"}}")};
    world w;
    (void)state;
    setenv("PEERLESS_TEST_KEY", "sesame-0123456789", 1);
    build(&w, steps, 1);
    w.models[0].reach.api_key_env = "PEERLESS_TEST_KEY";
    open_well(&w);
    pl_call_result r = ask_for_one(&w);
    assert_true(w.keys_seen);
    assert_string_equal(r.decoded.message, "wrong: ***************** **********************");
    assert_null(strstr(pl__str_c(&r.body), "esame"));
    pl__call_result_clear(&r);
    for (int i = 0; i < 2; i++) {
        r = ask_for_one(&w);
        pl__call_result_clear(&r);
    }
    assert_true(w.warned[0] != '\0');
    assert_null(strstr(w.logged, "sesame"));
    close_world(&w);
    unsetenv("PEERLESS_TEST_KEY");
}

static void freed_with_calls_in_flight(void **state)
{
    static const pl_script_reply steps[] = {REPLY(500, "")};
    world w;
    pl_call_result r = {0};
    (void)state;
    build(&w, steps, 1);
    open_well(&w);
    ask_well(&w, 0, 1);
    assert_int_equal(poll_until(&w, pl__transport_script_now_ns(w.t) + 11 * MS, &r, 1), 0);
    ask_well(&w, 0, 2);
    close_world(&w);
}

/* A hundred calls with random failures: each comes back exactly once, none while its slot is free. */
static void every_call_comes_back(void **state)
{
    static const pl_script_reply steps[] = {
        REPLY(200, good),     {.failure = PL_HTTP_CUT, .delay_ns = 3 * MS},
        REPLY(429, ""),       REPLY(200, good),
        REPLY(200, "<html>"), {.failure = PL_HTTP_TIMEOUT, .delay_ns = 700 * MS},
        REPLY(400, "{}"),     REPLY(503, "busy"),
        REPLY(200, good),     REPLY(500, ""),
        REPLY(200, good),
    };
    world w;
    bool seen[100] = {false};
    uint64_t next = 0;
    size_t got = 0;
    (void)state;
    build(&w, steps, sizeof(steps) / sizeof(steps[0]));
    w.models[0].reach.concurrency = 7;
    open_well(&w);
    while (got < 100) {
        pl_call_result r[3];
        while (next < 100 && pl__client_free_slots(w.c, 0) > 0)
            ask_well(&w, 0, next++);
        size_t n = poll_until(&w, UINT64_MAX, r, 3);
        assert_true(n > 0);
        for (size_t i = 0; i < n; i++) {
            assert_true(r[i].tag < 100 && !seen[r[i].tag]);
            assert_int_not_equal(r[i].decoded.reply.outcome, PL_OUTCOME_NONE);
            seen[r[i].tag] = true;
            pl__call_result_clear(&r[i]);
            pl__client_release(w.c, 0);
        }
        got += n;
    }
    assert_int_equal(pl__client_in_flight(w.c), 0);
    close_world(&w);
}

/* One call with a retry in it; when memory runs short inside a poll, the call is still there for the next one. */
static pl_status one_call(void *user, pl_error *err)
{
    static const pl_script_reply steps[] = {REPLY(500, "{\"error\":\"oops\"}"), REPLY(200, good)};
    world w;
    pl_call_result r = {0};
    size_t n = 0;
    (void)user;
    build(&w, steps, 2);
    pl_status rc = open_world(&w, err);
    rc = rc ? rc : ask(&w, 0, 5, err);
    if (!rc)
        rc = pl__client_poll(w.c, UINT64_MAX, &r, 1, &n, err);
    if (rc && w.c && pl__client_in_flight(w.c) > 0) {
        pl_error again = {0};
        PL_KIT_OK(pl__client_poll(w.c, UINT64_MAX, &r, 1, &n, &again), &again);
        assert_int_equal(n, 1);
    }
    if (n > 0)
        assert_int_equal(r.decoded.reply.outcome, PL_OUTCOME_ANSWERED);
    pl__call_result_clear(&r);
    close_world(&w);
    return rc;
}

static void survives_refusals(void **state)
{
    (void)state;
    pl__kit_fault_loop("client", one_call, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_answer_comes_at_once),
        cmocka_unit_test(retries_back_off_and_end),
        cmocka_unit_test(attempts_max_is_the_models),
        cmocka_unit_test(retry_after_is_honoured),
        cmocka_unit_test(same_seed_same_waits),
        cmocka_unit_test(final_errors_are_not_retried),
        cmocka_unit_test(slots_are_held_until_release),
        cmocka_unit_test(poll_stops_at_its_deadline_and_cap),
        cmocka_unit_test(stop_retrying_ends_the_waiting),
        cmocka_unit_test(hopeless_endpoints_close),
        cmocka_unit_test(replicas_take_over),
        cmocka_unit_test(key_never_shows),
        cmocka_unit_test(freed_with_calls_in_flight),
        cmocka_unit_test(every_call_comes_back),
        cmocka_unit_test(survives_refusals),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
