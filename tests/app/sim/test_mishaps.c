#include "serve_kit.h"

#include "alloc.h"
#include "chat_api.h"
#include "dialects.h"
#include "mishap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION "How many objects are there?"
#define PATIENCE_MS 60000
#define IMPATIENCE_MS 150

/* One request in a dialect to a server where this fault always acts. */
static void meet(const char *fault, pl_sim_dialect_id dialect, int patience_ms, http_reply *ret)
{
    serve_fixture fx;
    const char *faults[] = {fault, NULL};
    serve_start(&fx, faults);
    char *body = serve_body(&fx, dialect, "glimpse-96", QUESTION, "");
    http_post(pl__sim_server_port(fx.server), serve_paths[dialect], serve_headers[dialect], body, patience_ms, ret);
    json_t *stats = serve_stats(&fx);
    const json_t *row = json_array_get(json_object_get(stats, "rows"), 0);
    const char *name = json_string_value(json_object_get(row, "fault"));
    assert_int_equal(serve_count(stats, "requests"), 1);
    assert_int_equal(strncmp(name, fault, strlen(name)), 0);
    assert_string_equal(json_string_value(json_object_get(row, "dialect")), pl__sim_dialect_at(dialect)->name);
    json_decref(stats);
    free(body);
    serve_stop(&fx);
}

static bool is_json(const http_reply *reply)
{
    json_t *doc = NULL;
    pl_error err = {0};
    bool good = pl__json_parse(pl__view_n(reply->body, reply->body_bytes), &doc, &err) == PL_OK;
    json_decref(doc);
    return good;
}

static void rate_limits_say_when_in_every_form(void **state)
{
    static const struct {
        const char *fault;
        const char *header; /* NULL: in the body */
        const char *value;  /* its beginning */
    } cases[] = {
        {"rate-seconds=1:1500ms", "retry-after:", "2"},
        {"rate-date=1", "retry-after:", ""},
        {"rate-ms=1:250ms", "retry-after-ms:", "250"},
        {"rate-reset=1:250ms", "x-ratelimit-reset-requests:", "250ms"},
        {"rate-reset=1:1500ms", "x-ratelimit-reset-requests:", "1.500s"},
        {"rate-reset=1:6m", "x-ratelimit-reset-requests:", "6m0.000s"},
        {"rate-info=1:34s", NULL, "\"retryDelay\":\"34.000s\""},
        {"rate-rfc3339=1", "anthropic-ratelimit-requests-reset:", "20"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (unsigned d = 0; d < PL_SIM_DIALECTS; d++) {
            http_reply reply;
            meet(cases[i].fault, (pl_sim_dialect_id)d, PATIENCE_MS, &reply);
            assert_int_equal(reply.status, 429);
            assert_true(is_json(&reply));
            const char *found =
                cases[i].header ? http_header(&reply, cases[i].header) : strstr(reply.body, cases[i].value);
            if (!found || strncmp(found, cases[i].value, strlen(cases[i].value)) != 0)
                fail_msg("%s: %s", cases[i].fault, found ? found : "nothing");
            if (i == 1)
                assert_non_null(strstr(http_header(&reply, "retry-after:"), " GMT"));
            http_reply_clear(&reply);
        }
    }
}

static void rate_limits_have_the_dialects_own_form(void **state)
{
    http_reply reply;
    (void)state;
    meet("rate-limit=1:3s", PL_SIM_OPENAI, PATIENCE_MS, &reply);
    assert_string_equal(http_header(&reply, "retry-after:"), "3");
    assert_string_equal(http_header(&reply, "x-ratelimit-remaining-requests:"), "0");
    assert_non_null(strstr(reply.body, "rate_limit_exceeded"));
    http_reply_clear(&reply);
    meet("rate-limit=1:3s", PL_SIM_ANTHROPIC, PATIENCE_MS, &reply);
    assert_string_equal(http_header(&reply, "retry-after:"), "3");
    assert_string_equal(http_header(&reply, "anthropic-ratelimit-requests-remaining:"), "0");
    assert_non_null(strstr(reply.body, "rate_limit_error"));
    http_reply_clear(&reply);
    meet("rate-limit=1:3s", PL_SIM_GEMINI, PATIENCE_MS, &reply);
    assert_null(http_header(&reply, "retry-after:"));
    assert_non_null(strstr(reply.body, "\"retryDelay\":\"3.000s\""));
    assert_non_null(strstr(reply.body, "RESOURCE_EXHAUSTED"));
    http_reply_clear(&reply);
    meet("rate-bare=1", PL_SIM_OPENAI, PATIENCE_MS, &reply);
    assert_int_equal(reply.status, 429);
    assert_null(http_header(&reply, "retry-after:"));
    http_reply_clear(&reply);
}

static void errors_have_the_dialects_form(void **state)
{
    static const struct {
        const char *fault;
        int status[PL_SIM_DIALECTS];
        const char *says[PL_SIM_DIALECTS];
    } cases[] = {
        {"quota=1", {429, 400, 429}, {"insufficient_quota", "credit balance", "PerDay"}},
        {"server-error=1", {500, 500, 500}, {"server_error", "api_error", "INTERNAL"}},
        {"overloaded=1", {503, 529, 503}, {"server_error", "overloaded_error", "UNAVAILABLE"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (unsigned d = 0; d < PL_SIM_DIALECTS; d++) {
            http_reply reply;
            meet(cases[i].fault, (pl_sim_dialect_id)d, PATIENCE_MS, &reply);
            assert_int_equal(reply.status, cases[i].status[d]);
            assert_true(is_json(&reply));
            assert_non_null(strstr(reply.body, cases[i].says[d]));
            http_reply_clear(&reply);
        }
    }
}

static void pages_come_instead_of_json(void **state)
{
    http_reply reply;
    (void)state;
    meet("bad-gateway=1", PL_SIM_OPENAI, PATIENCE_MS, &reply);
    assert_int_equal(reply.status, 502);
    assert_string_equal(http_header(&reply, "content-type:"), "text/html");
    assert_int_equal(strncmp(reply.body, "<html>", 6), 0);
    http_reply_clear(&reply);
    meet("html=1", PL_SIM_ANTHROPIC, PATIENCE_MS, &reply);
    assert_int_equal(reply.status, 200);
    assert_int_equal(strncmp(reply.body, "<html>", 6), 0);
    http_reply_clear(&reply);
}

static void stalled_answers_do_not_come(void **state)
{
    http_reply reply;
    (void)state;
    meet("stall=1:10m", PL_SIM_OPENAI, IMPATIENCE_MS, &reply);
    assert_int_equal(reply.status, 0);
    assert_false(reply.closed);
    http_reply_clear(&reply);
    meet("stall=1:20ms", PL_SIM_OPENAI, PATIENCE_MS, &reply);
    assert_int_equal(reply.status, 0);
    assert_true(reply.closed);
    http_reply_clear(&reply);
    meet("stall-body=1:20ms", PL_SIM_GEMINI, PATIENCE_MS, &reply);
    assert_int_equal(reply.status, 200);
    assert_true(reply.closed);
    assert_int_equal(reply.body_bytes, reply.announced / 2);
    http_reply_clear(&reply);
    meet("no-reply=1", PL_SIM_ANTHROPIC, PATIENCE_MS, &reply);
    assert_int_equal(reply.status, 0);
    assert_true(reply.closed);
    http_reply_clear(&reply);
}

static void connections_break_in_the_middle(void **state)
{
    http_reply reply;
    (void)state;
    for (unsigned d = 0; d < PL_SIM_DIALECTS; d++) {
        meet("cut=1", (pl_sim_dialect_id)d, PATIENCE_MS, &reply);
        assert_int_equal(reply.status, 200);
        assert_true(reply.closed);
        assert_int_equal(reply.body_bytes, reply.announced / 2);
        http_reply_clear(&reply);
    }
}

static void slow_answers_come_whole(void **state)
{
    http_reply reply;
    (void)state;
    meet("drip=1:40ms", PL_SIM_ANTHROPIC, PATIENCE_MS, &reply);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body_bytes, reply.announced);
    assert_true(is_json(&reply));
    http_reply_clear(&reply);
    serve_fixture fx;
    static const char *const latency[] = {"latency=fixed:10m", NULL};
    serve_start(&fx, latency);
    char *body = serve_body(&fx, PL_SIM_OPENAI, "glimpse-96", QUESTION, "");
    http_post(pl__sim_server_port(fx.server), serve_paths[0], "", body, IMPATIENCE_MS, &reply);
    assert_int_equal(reply.status, 0);
    http_reply_clear(&reply);
    free(body);
    serve_stop(&fx);
}

static void times_are_handed_on(void **state)
{
    pl_httpd_response r = {.status = 200};
    const pl_sim_mishap stall = {.fault = PL_SIM_STALL_BODY, .ms = 600000, .latency_ms = 7};
    const pl_sim_mishap drip = {.fault = PL_SIM_DRIP, .ms = 600000};
    (void)state;
    pl__str_init(&r.body, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__str_append_c(&r.body, "0123456789012345678901234567890123456789"), NULL);
    PL_KIT_OK(pl__sim_mishap_spoil(&stall, &r), NULL);
    assert_int_equal(r.spoil.hold_ms, 600000);
    assert_int_equal(r.spoil.kept_bytes, 20);
    assert_int_equal(r.delay_ms, 7);
    r.spoil = (pl_httpd_spoil){.silent = false};
    PL_KIT_OK(pl__sim_mishap_spoil(&drip, &r), NULL);
    assert_int_equal(r.spoil.piece_bytes, 3);
    assert_int_equal(r.spoil.piece_ms, 30001);
    assert_int_equal(r.spoil.kept_bytes, 0);
    pl__str_clear(&r.body);
}

static void lengths_lie(void **state)
{
    http_reply reply;
    (void)state;
    for (unsigned d = 0; d < PL_SIM_DIALECTS; d++) {
        meet("length-long=1", (pl_sim_dialect_id)d, PATIENCE_MS, &reply);
        assert_int_equal(reply.status, 200);
        assert_true(reply.announced > reply.body_bytes);
        assert_true(is_json(&reply));
        http_reply_clear(&reply);
        meet("length-short=1", (pl_sim_dialect_id)d, PATIENCE_MS, &reply);
        assert_int_equal(reply.status, 200);
        assert_true(reply.announced < reply.body_bytes);
        assert_true(is_json(&reply));
        reply.body_bytes = reply.announced; /* what a client takes */
        assert_false(is_json(&reply));
        http_reply_clear(&reply);
    }
}

static void bodies_are_no_json(void **state)
{
    http_reply reply;
    (void)state;
    for (unsigned d = 0; d < PL_SIM_DIALECTS; d++) {
        meet("malformed=1", (pl_sim_dialect_id)d, PATIENCE_MS, &reply);
        assert_int_equal(reply.status, 200);
        assert_int_equal(reply.body_bytes, reply.announced);
        assert_true(pl__utf8_valid(pl__view_n(reply.body, reply.body_bytes)));
        assert_false(is_json(&reply));
        http_reply_clear(&reply);
        meet("utf8=1", (pl_sim_dialect_id)d, PATIENCE_MS, &reply);
        assert_int_equal(reply.status, 200);
        assert_int_equal(reply.body_bytes, reply.announced);
        assert_false(pl__utf8_valid(pl__view_n(reply.body, reply.body_bytes)));
        char *broken = strstr(reply.body, "\xe2\x82");
        assert_non_null(broken);
        broken[0] = broken[1] = '?'; /* nothing else is wrong */
        assert_true(is_json(&reply));
        http_reply_clear(&reply);
        meet("empty-body=1", (pl_sim_dialect_id)d, PATIENCE_MS, &reply);
        assert_int_equal(reply.status, 200);
        assert_int_equal(reply.announced, 0);
        assert_int_equal(reply.body_bytes, 0);
        http_reply_clear(&reply);
    }
}

static void some_answers_say_nothing(void **state)
{
    static const char *const refused[] = {"\"refusal\":\"I cannot", "\"stop_reason\":\"refusal\"",
                                          "\"promptFeedback\":{\"blockReason\":\"SAFETY\"}"};
    static const char *const empty[] = {"\"content\":\"\"", "\"content\":[]", "\"content\":{\"role\":\"model\"}"};
    http_reply reply;
    (void)state;
    for (unsigned d = 0; d < PL_SIM_DIALECTS; d++) {
        meet("refusal=1", (pl_sim_dialect_id)d, PATIENCE_MS, &reply);
        assert_int_equal(reply.status, 200);
        assert_true(is_json(&reply));
        assert_non_null(strstr(reply.body, refused[d]));
        http_reply_clear(&reply);
        meet("empty=1", (pl_sim_dialect_id)d, PATIENCE_MS, &reply);
        assert_int_equal(reply.status, 200);
        assert_true(is_json(&reply));
        assert_non_null(strstr(reply.body, empty[d]));
        http_reply_clear(&reply);
    }
}

#define CALLS 40
#define ATTEMPTS 3

/* Status and length of every attempt at every call, in the given order of calls. */
static void run_through(uint32_t stride, long seen[CALLS][ATTEMPTS], json_t **ret_stats)
{
    static const char *const faults[] = {"rate-ms=0.2:1ms", "cut=0.1", "server-error=0.2", "refusal=0.1", NULL};
    serve_fixture fx;
    serve_start(&fx, faults);
    for (uint32_t k = 0; k < CALLS; k++) {
        uint32_t i = k * stride % CALLS;
        char text[64];
        (void)snprintf(text, sizeof(text), "Call %u: is there a red star?", (unsigned)i);
        char *body = serve_body(&fx, (pl_sim_dialect_id)(i % PL_SIM_DIALECTS), "glimpse-96", text, "");
        for (int a = 0; a < ATTEMPTS; a++) {
            http_reply reply;
            http_post(pl__sim_server_port(fx.server), serve_paths[i % 3], serve_headers[i % 3], body, PATIENCE_MS,
                      &reply);
            seen[i][a] = reply.status * 100000L + (long)reply.body_bytes;
            http_reply_clear(&reply);
        }
        free(body);
    }
    *ret_stats = serve_stats(&fx);
    serve_stop(&fx);
}

static void a_run_can_be_repeated_in_any_order(void **state)
{
    static long first[CALLS][ATTEMPTS];
    static long second[CALLS][ATTEMPTS];
    json_t *stats = NULL;
    json_t *again = NULL;
    int64_t limited = 0;
    int64_t failed = 0;
    (void)state;
    run_through(1, first, &stats);
    run_through(17, second, &again);
    assert_memory_equal(first, second, sizeof(first));
    assert_true(json_equal(stats, again));
    for (size_t i = 0; i < CALLS; i++) {
        for (size_t a = 0; a < ATTEMPTS; a++) {
            limited += first[i][a] / 100000 == 429 ? 1 : 0;
            failed += first[i][a] / 100000 == 500 ? 1 : 0;
        }
    }
    const json_t *outcomes = json_object_get(stats, "outcomes");
    assert_true(limited > 5 && failed > 5);
    assert_int_equal(serve_count(outcomes, "rate limited"), limited);
    assert_int_equal(serve_count(outcomes, "server error"), failed);
    assert_int_equal(serve_count(stats, "calls"), CALLS);
    assert_int_equal(serve_count(stats, "attempts_max"), ATTEMPTS);
    assert_int_equal(serve_count(stats, "requests"), CALLS * ATTEMPTS);
    json_decref(stats);
    json_decref(again);
}

static void haste_is_noticed(void **state)
{
    static const char *const faults[] = {"rate-seconds=1:10m", NULL};
    serve_fixture fx;
    (void)state;
    serve_start(&fx, faults);
    char *body = serve_body(&fx, PL_SIM_OPENAI, "glimpse-96", QUESTION, "");
    for (int i = 0; i < 3; i++)
        json_decref(serve_post(&fx, serve_paths[0], "", body, 429));
    json_t *stats = serve_stats(&fx);
    assert_int_equal(serve_count(stats, "early"), 2);
    json_decref(stats);
    free(body);
    serve_stop(&fx);
}

/* ---- refused memory ---- */

typedef struct desk_case {
    serve_fixture *fx;
    pl_sim_dialect_id dialect;
    char *body;
} desk_case;

static const char *any_header(const void *connection, const char *name)
{
    (void)connection;
    (void)name;
    return "x";
}

static pl_status answer_once(void *user, pl_error *err)
{
    const desk_case *c = user;
    pl_httpd_response response = {.status = 200};
    pl_status rc = PL_E_NOMEM;
    const pl_httpd_request request = {.method = "POST",
                                      .path = serve_paths[c->dialect],
                                      .query = "",
                                      .body = pl__view(c->body),
                                      .header = any_header};
    const pl_sim_desk desk = {.pool = c->fx->pool,
                              .gallery = pl__sim_gallery_new(c->fx->pool),
                              .calls = pl__sim_call_log_new(),
                              .clock = pl__clock_system()};
    pl_sim_served *served = pl__sim_served_new(c->fx->pool);
    pl__str_init(&response.body, PL_STR_LIMIT_DEFAULT);
    if (desk.gallery && desk.calls && served) {
        pl_sim_result result = pl__sim_chat(&desk, pl__sim_dialect_at(c->dialect), &request, &response);
        bool faulty = result.fault != PL_SIM_FAULT_NONE;
        if (faulty ? response.status != 500 : pl__outcome_is_response(result.outcome))
            rc = PL_OK;
        else
            assert_int_equal(response.status, 500);
        pl__sim_served_add(served, &result);
    }
    if (rc)
        *err = (pl_error){.code = rc, .msg = "chat"};
    pl__str_clear(&response.body);
    pl__sim_served_free(served);
    pl__sim_call_log_free(desk.calls);
    pl__sim_gallery_free(desk.gallery);
    return rc;
}

static void answering_survives_refused_memory(void **state)
{
    static const char *const faults[] = {NULL, "utf8=1", "refusal=1", "rate-limit=1", "html=1", "cut=1"};
    static const char *const more[PL_SIM_DIALECTS] = {"\"logprobs\":true,\"n\":2,", "",
                                                      "\"responseLogprobs\":true,\"logprobs\":2,"};
    (void)state;
    for (size_t f = 0; f < sizeof(faults) / sizeof(faults[0]); f++) {
        serve_fixture fx;
        const char *list[] = {faults[f], NULL};
        serve_start(&fx, list);
        for (unsigned d = 0; d < PL_SIM_DIALECTS; d++) {
            desk_case c = {.fx = &fx, .dialect = (pl_sim_dialect_id)d};
            c.body = serve_body(&fx, c.dialect, "glimpse-96", QUESTION, more[d]);
            pl__kit_fault_loop("pl__sim_chat", answer_once, &c);
            free(c.body);
        }
        serve_stop(&fx);
    }
}

int main(void)
{
    pl__json_use_alloc();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_limits_say_when_in_every_form),
        cmocka_unit_test(rate_limits_have_the_dialects_own_form),
        cmocka_unit_test(errors_have_the_dialects_form),
        cmocka_unit_test(pages_come_instead_of_json),
        cmocka_unit_test(stalled_answers_do_not_come),
        cmocka_unit_test(connections_break_in_the_middle),
        cmocka_unit_test(slow_answers_come_whole),
        cmocka_unit_test(times_are_handed_on),
        cmocka_unit_test(lengths_lie),
        cmocka_unit_test(bodies_are_no_json),
        cmocka_unit_test(some_answers_say_nothing),
        cmocka_unit_test(a_run_can_be_repeated_in_any_order),
        cmocka_unit_test(haste_is_noticed),
        cmocka_unit_test(answering_survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
