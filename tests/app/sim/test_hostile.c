#include "serve_kit.h"

#include "alloc.h"
#include "client.h"
#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The pool's client against a server where everything goes wrong: what either side counted must be the same. */
#define MODELS 3u
#define CALLS_MAX 60u /* of a model */
#define ATTEMPTS_MAX 8u
#define RUN_MS_MAX UINT64_C(120000)

typedef struct hostility {
    const char *const *faults;
    uint32_t calls_each;
    uint32_t concurrency;
    uint32_t timeout_first_byte_ms;
    uint32_t timeout_total_ms;
} hostility;

static const char *const faults_at_once[] = {"rate-limit=0.02:100ms",
                                             "rate-ms=0.03:20ms",
                                             "rate-reset=0.03:20ms",
                                             "rate-info=0.03:20ms",
                                             "rate-bare=0.03",
                                             "server-error=0.05",
                                             "overloaded=0.03",
                                             "bad-gateway=0.03",
                                             "no-reply=0.04",
                                             "cut=0.04",
                                             "drip=0.03:40ms",
                                             "html=0.03",
                                             "malformed=0.03",
                                             "utf8=0.03",
                                             "length-long=0.03",
                                             "length-short=0.03",
                                             "empty-body=0.03",
                                             "empty=0.03",
                                             "refusal=0.03",
                                             "latency=pareto:1ms:1.5",
                                             NULL};
static const char *const faults_of_patience[] = {"stall=0.08", "stall-body=0.08", "no-reply=0.1", NULL};
static const hostility all_at_once = {faults_at_once, CALLS_MAX, 20, 60000, 60000};
/* Few at a time, so that no answer takes as long as a stall. */
static const hostility stalls = {faults_of_patience, 20, 3, 2000, 2500};

typedef struct tally {
    uint64_t n[PL_CLIENT_OUTCOMES]; /* attempts, by what came of them */
    uint64_t attempts;
    uint32_t attempts_max;
    uint32_t ended;
} tally;

static void take(const pl_call_result *result, tally *t)
{
    t->n[result->decoded.reply.outcome]++;
    t->attempts += result->attempts;
    if (result->attempts > t->attempts_max)
        t->attempts_max = result->attempts;
    t->ended++;
}

static void submit(pl_client *client, const pl_model_spec *specs, uint32_t m, uint32_t i, const pl_chat_image *image)
{
    char text[64];
    pl_error err = {0};
    (void)snprintf(text, sizeof(text), "Call %u: how many objects are there?", (unsigned)i);
    const pl_part parts[2] = {{.role = PL_ROLE_USER, .kind = PL_PART_IMAGE},
                              {.role = PL_ROLE_USER, .kind = PL_PART_TEXT, .text = pl__view(text)}};
    const pl_chat chat = {.model = &specs[m], .parts = parts, .n_parts = 2, .max_tokens = 400};
    PL_KIT_OK(pl__client_submit(client, m, &chat, image, 1, (uint64_t)m * CALLS_MAX + i, &err), &err);
}

static void run_all(pl_client *client, const pl_model_spec *specs, const pl_chat_image *image, uint32_t calls_each,
                    tally *t)
{
    const pl_clock *clock = pl__clock_system();
    uint64_t end = clock->now_mono_ns(clock->user) + RUN_MS_MAX * 1000000;
    uint32_t next[MODELS] = {0};
    pl_error err = {0};
    while (t->ended < MODELS * calls_each) {
        pl_call_result done[16];
        size_t n = 0;
        for (uint32_t m = 0; m < MODELS; m++) {
            for (; next[m] < calls_each && pl__client_free_slots(client, m) > 0; next[m]++)
                submit(client, specs, m, next[m], image);
        }
        PL_KIT_OK(pl__client_poll(client, end, done, 16, &n, &err), &err);
        for (size_t i = 0; i < n; i++) {
            take(&done[i], t);
            pl__client_release(client, (uint32_t)(done[i].tag / CALLS_MAX));
            pl__call_result_clear(&done[i]);
        }
        if (clock->now_mono_ns(clock->user) > end)
            fail_msg("%u calls have ended in %u s", (unsigned)t->ended, (unsigned)(RUN_MS_MAX / 1000));
    }
    for (uint32_t m = 0; m < MODELS; m++) {
        pl_client_stats stats;
        pl__client_stats(client, m, &stats);
        for (size_t o = 0; o < PL_CLIENT_OUTCOMES; o++)
            t->n[o] += stats.retries[o];
    }
}

static void both_sides_count_the_same(void **state)
{
    const hostility *how = *state;
    static const char *const names[MODELS] = {"openai", "anthropic", "gemini"};
    static const pl_outcome outcomes[] = {PL_OUTCOME_ANSWERED,    PL_OUTCOME_CUT_OFF,      PL_OUTCOME_REFUSED,
                                          PL_OUTCOME_EMPTY,       PL_OUTCOME_RATE_LIMITED, PL_OUTCOME_SERVER_ERROR,
                                          PL_OUTCOME_UNREACHABLE, PL_OUTCOME_GARBLED,      PL_OUTCOME_TIMED_OUT,
                                          PL_OUTCOME_BAD_REQUEST};
    serve_fixture fx;
    tally t = {.ended = 0};
    char urls[MODELS][64];
    const char *url[MODELS];
    pl_model_spec specs[MODELS];
    pl_transport *transport = NULL;
    pl_client *client = NULL;
    pl_log log = {.min_level = PL_LOG_ERROR};
    pl_error err = {0};

    serve_start(&fx, how->faults);
    for (uint32_t m = 0; m < MODELS; m++) {
        (void)snprintf(urls[m], sizeof(urls[m]), "http://127.0.0.1:%u%s", (unsigned)pl__sim_server_port(fx.server),
                       m == 0 ? "/v1" : "");
        url[m] = urls[m];
        specs[m] = (pl_model_spec){.name = names[m],
                                   .provider = names[m],
                                   .model = "glimpse-96",
                                   .endpoint = names[m],
                                   .family = "sim",
                                   .params = {.max_tokens = 400},
                                   .reach = {.base_urls = &url[m],
                                             .n_base_urls = 1,
                                             .api_key_env = m == 0 ? NULL : "HOME", /* any key is good */
                                             .insecure = true,
                                             .concurrency = how->concurrency,
                                             .attempts_max = ATTEMPTS_MAX,
                                             .timeout_connect_ms = 60000,
                                             .timeout_first_byte_ms = how->timeout_first_byte_ms,
                                             .timeout_total_ms = how->timeout_total_ms}};
    }
    PL_KIT_OK(pl__transport_curl_new(NULL, &transport, &err), &err);
    PL_KIT_OK(pl__client_new(specs, MODELS, transport, pl__clock_system(), pl__kit_seed(), &log, &client, &err), &err);
    pl_blob *base64 = pl__blob_copy(fx.image, strlen(fx.image));
    const pl_chat_image image = {.base64 = base64, .media_type = "image/png"};
    run_all(client, specs, &image, how->calls_each, &t);
    json_t *stats = serve_stats(&fx);
    const json_t *counted = json_object_get(stats, "outcomes");
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        const char *name = pl__outcome_name(outcomes[i]);
        print_message("%-14s client %3u, server %3u\n", name, (unsigned)t.n[outcomes[i]],
                      (unsigned)serve_count(counted, name));
    }
    print_message("early %u, attempts at most %u\n", (unsigned)serve_count(stats, "early"),
                  (unsigned)serve_count(stats, "attempts_max"));
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        assert_int_equal(t.n[outcomes[i]], serve_count(counted, pl__outcome_name(outcomes[i])));
    assert_int_equal(t.attempts, serve_count(stats, "requests"));
    assert_int_equal(t.attempts_max, serve_count(stats, "attempts_max"));
    assert_true(t.attempts_max <= ATTEMPTS_MAX);
    assert_int_equal(serve_count(stats, "calls"), MODELS * how->calls_each);
    assert_int_equal(serve_count(stats, "early"), 0);
    json_decref(stats);
    pl__blob_unref(base64);
    pl__client_free(client);
    transport->ops->free(transport);
    serve_stop(&fx);
}

int main(void)
{
    pl__json_use_alloc();
    hostility hows[] = {all_at_once, stalls};
    const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(both_sides_count_the_same, &hows[0]),
                                       cmocka_unit_test_prestate(both_sides_count_the_same, &hows[1])};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
