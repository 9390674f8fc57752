/* The client's flow control against servers that behave badly, in virtual time. */
#include "kit.h"

#include "alloc.h"
#include "client.h"
#include "json.h"
#include "num.h"
#include "rng.h"
#include "transport_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)
#define UNIX_START_MS 1760000000000
#define SERVERS 4 /* http://a/v1 to http://d/v1 */
#define MODELS 3
#define CALLS_MAX 4000u
#define REQUESTS_MAX 20000

static const char good[] = "{\"choices\":[{\"message\":{\"content\":\"fine\"},\"finish_reason\":\"stop\"}],"
                           "\"usage\":{\"prompt_tokens\":60,\"completion_tokens\":40}}";
static const char *const urls[SERVERS] = {"http://a/v1", "http://b/v1", "http://c/v1", "http://d/v1"};

typedef struct server {
    uint64_t delay_ns;
    uint64_t jitter_ns;
    uint64_t down_from_ns; /* refuses connections in between */
    uint64_t down_to_ns;
    double failing;         /* share of requests that get a 500 */
    uint32_t capacity;      /* more at a time get a 429; 0: any number */
    const char *rate_reply; /* headers of those */
    double bucket;          /* requests a minute, said in headers; 0: none */
    double level;
    uint64_t level_ns;
    uint64_t busy_until_ns[CALLS_MAX];
    uint64_t requests;
    uint64_t refused; /* 429 */
    uint64_t at_ns[REQUESTS_MAX];
    char headers[256];
} server;

typedef struct world {
    pl_transport *t;
    pl_clock clock;
    pl_client *c;
    pl_log log;
    pl_rng rng;
    server servers[SERVERS];
    pl_model_spec models[MODELS];
    const char *model_urls[MODELS][SERVERS];
    uint32_t n_models;
    uint64_t images[CALLS_MAX]; /* by tag: which picture a call is about, 0 for none */
    char hosts[CALLS_MAX];      /* by picture: where it went first, '!' when to several */
    char warned[2048];
    uint64_t asked[MODELS];
    uint64_t answered[MODELS];
    uint64_t ended[MODELS];
    uint64_t attempts[MODELS];
    uint32_t attempts_most;
    uint64_t last_ns[MODELS]; /* of an end */
    uint64_t outcomes[PL_CLIENT_OUTCOMES];
} world;

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
    if (level == PL_LOG_WARN)
        strncat(w->warned, message, sizeof(w->warned) - strlen(w->warned) - 1);
}

/* ---- servers ---- */

static bool is_full(server *s, uint64_t now)
{
    uint32_t busy = 0;
    for (size_t i = 0; i < CALLS_MAX; i++)
        busy += s->busy_until_ns[i] > now;
    return s->capacity > 0 && busy >= s->capacity;
}

static void occupy(server *s, uint64_t now, uint64_t until)
{
    for (size_t i = 0; i < CALLS_MAX; i++)
        if (s->busy_until_ns[i] <= now) {
            s->busy_until_ns[i] = until;
            return;
        }
}

/* A server's token bucket; says how it stands in OpenAI's headers. */
static bool is_overdrawn(server *s, uint64_t now, pl_script_reply *ret)
{
    double gained = (double)(now - s->level_ns) * s->bucket / 60e9;
    s->level = s->level + gained < s->bucket ? s->level + gained : s->bucket;
    s->level_ns = now;
    bool over = s->level < 1.0;
    s->level -= over ? 0.0 : 1.0;
    (void)snprintf(s->headers, sizeof(s->headers),
                   "x-ratelimit-limit-requests: %.0f\nx-ratelimit-remaining-requests: %d\n"
                   "x-ratelimit-reset-requests: %dms\n",
                   s->bucket, (int)s->level, (int)((s->bucket - s->level) / s->bucket * 60000.0) + 1);
    ret->headers = s->headers;
    return over;
}

static void answer(const pl_http_req *req, uint64_t nth, pl_script_reply *ret, void *user)
{
    world *w = user;
    server *s = &w->servers[req->url[7] - 'a'];
    uint64_t now = mono(w);
    (void)nth;
    if (s->requests < REQUESTS_MAX)
        s->at_ns[s->requests] = now;
    s->requests++;
    ret->delay_ns = s->delay_ns + (s->jitter_ns > 0 ? pl__rng_below(&w->rng, s->jitter_ns) : 0);
    if (now >= s->down_from_ns && now < s->down_to_ns) {
        ret->failure = PL_HTTP_UNREACHABLE;
        ret->delay_ns = MS;
        return;
    }
    if (now < s->down_from_ns && now + ret->delay_ns > s->down_from_ns) { /* it goes down under the request */
        ret->failure = PL_HTTP_CUT;
        ret->delay_ns = s->down_from_ns - now;
        return;
    }
    if (is_full(s, now) || (s->bucket > 0.0 && is_overdrawn(s, now, ret))) {
        ret->status = 429;
        ret->headers = s->rate_reply ? s->rate_reply : ret->headers;
        ret->delay_ns = MS;
        s->refused++;
        return;
    }
    occupy(s, now, now + ret->delay_ns);
    ret->status = pl__rng_uniform(&w->rng) < s->failing ? 500 : 200;
    ret->body = pl__view_n(good, ret->status == 200 ? sizeof(good) - 1 : 0);
}

/* ---- the world ---- */

/* Model i is served by server i; change what differs, then open. */
static world *build(uint32_t n_models, uint32_t concurrency)
{
    static const char *const names[MODELS] = {"cat", "dog", "eel"};
    world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->clock = (pl_clock){.now_mono_ns = mono, .now_unix_ms = unix_ms, .user = w};
    w->log = (pl_log){.sink = sink, .user = w, .min_level = PL_LOG_WARN};
    w->n_models = n_models;
    pl__rng_init(&w->rng, pl__kit_seed(), "client flow", 0);
    for (size_t i = 0; i < SERVERS; i++)
        w->servers[i] = (server){.delay_ns = 50 * MS, .jitter_ns = 50 * MS};
    for (uint32_t i = 0; i < n_models; i++) {
        w->model_urls[i][0] = urls[i];
        w->models[i] = (pl_model_spec){.name = names[i],
                                       .provider = "openai",
                                       .model = "m",
                                       .reach = {.base_urls = w->model_urls[i],
                                                 .n_base_urls = 1,
                                                 .concurrency = concurrency,
                                                 .attempts_max = 6,
                                                 .timeout_total_ms = 600000}};
    }
    return w;
}

static void replicas(world *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        w->model_urls[0][i] = urls[i];
    w->models[0].reach.n_base_urls = n;
}

static void open_world(world *w)
{
    pl_error err = {0};
    PL_KIT_OK(pl__transport_script_new(answer, w, &w->t, &err), &err);
    PL_KIT_OK(pl__client_new(w->models, w->n_models, w->t, &w->clock, 7, &w->log, &w->c, &err), &err);
    for (size_t i = 0; i < SERVERS; i++) {
        w->servers[i].level = w->servers[i].bucket;
        w->servers[i].level_ns = mono(w);
    }
}

static void close_world(world *w)
{
    pl__client_free(w->c);
    w->t->ops->free(w->t);
    free(w);
}

static pl_status ask(world *w, uint32_t model, uint64_t tag, pl_error *err)
{
    char text[32];
    pl_chat_image image = {.media_type = "image/png"};
    pl_part parts[2] = {{.role = PL_ROLE_USER, .kind = PL_PART_TEXT}, {.role = PL_ROLE_USER, .kind = PL_PART_IMAGE}};
    uint64_t picture = w->images[tag];
    (void)snprintf(text, sizeof(text), "question %llu", (unsigned long long)tag);
    parts[0].text = pl__view(text);
    memcpy(parts[1].image_digest.bytes, &picture, sizeof(picture));
    const pl_chat chat = {
        .model = &w->models[model], .parts = parts, .n_parts = picture > 0 ? 2 : 1, .max_tokens = 500};
    if (picture == 0)
        return pl__client_submit(w->c, model, &chat, NULL, 0, tag, err);
    image.base64 = pl__blob_copy("AAAA", 4);
    assert_non_null(image.base64);
    pl_status rc = pl__client_submit(w->c, model, &chat, &image, 1, tag, err);
    pl__blob_unref(image.base64);
    return rc;
}

/* As a run does: asks n calls of each model while there are slots, takes what comes, until all have ended. */
static void finish(world *w, const uint32_t *n)
{
    bool *seen = calloc((size_t)w->n_models * CALLS_MAX, sizeof(*seen));
    uint64_t open = 0;
    uint64_t idle_polls = 0;
    assert_non_null(seen);
    for (uint32_t m = 0; m < w->n_models; m++)
        open += n[m];
    while (open > 0) {
        pl_call_result r[16];
        size_t got = 0;
        pl_error err = {0};
        for (uint32_t m = 0; m < w->n_models; m++)
            while (w->asked[m] < n[m] && pl__client_free_slots(w->c, m) > 0)
                PL_KIT_OK(ask(w, m, w->asked[m]++, &err), &err);
        PL_KIT_OK(pl__client_poll(w->c, mono(w) + 250 * MS, r, 16, &got, &err), &err);
        idle_polls = got > 0 ? 0 : idle_polls + 1;
        assert_true(idle_polls < 4 * 3600 * 2); /* two hours without an end: it hangs */
        for (size_t i = 0; i < got; i++) {
            uint32_t m = r[i].endpoint;
            pl_outcome outcome = r[i].decoded.reply.outcome;
            assert_false(seen[m * CALLS_MAX + r[i].tag]);
            seen[m * CALLS_MAX + r[i].tag] = true;
            assert_true(r[i].attempts <= w->models[m].reach.attempts_max);
            w->outcomes[outcome]++;
            w->answered[m] += outcome == PL_OUTCOME_ANSWERED;
            w->ended[m]++;
            w->attempts[m] += r[i].attempts;
            w->attempts_most = r[i].attempts > w->attempts_most ? r[i].attempts : w->attempts_most;
            w->last_ns[m] = mono(w);
            pl__call_result_clear(&r[i]);
            pl__client_release(w->c, m);
            open--;
        }
    }
    assert_int_equal(pl__client_in_flight(w->c), 0);
    for (uint32_t m = 0; m < w->n_models; m++) {
        pl_client_stats stats;
        pl__client_stats(w->c, m, &stats);
        assert_int_equal(stats.attempts, w->attempts[m]);
        assert_int_equal(stats.in_flight + stats.queued + stats.waiting, 0);
        assert_true(stats.limit >= 1 && stats.limit <= stats.concurrency);
    }
    free(seen);
}

static void finish_one(world *w, uint32_t n)
{
    const uint32_t all[MODELS] = {n, 0, 0};
    finish(w, all);
}

/* The most requests that a server saw in any half-open minute. */
static uint64_t busiest_minute(const server *s)
{
    uint64_t most = 0;
    size_t oldest = 0;
    for (size_t i = 0; i < s->requests && i < REQUESTS_MAX; i++) {
        while (s->at_ns[i] - s->at_ns[oldest] >= 60 * S - 1000)
            oldest++;
        most = i - oldest + 1 > most ? i - oldest + 1 : most;
    }
    return most;
}

static uint64_t requests_between(const server *s, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s->requests && i < REQUESTS_MAX; i++)
        n += s->at_ns[i] >= from_ns && s->at_ns[i] < to_ns;
    return n;
}

/* ---- ceilings ---- */

static void rpm_is_never_exceeded(void **state)
{
    world *w = build(1, 16);
    (void)state;
    w->models[0].reach.rpm = 120;
    w->servers[0].failing = 0.2; /* retries count, too */
    open_world(w);
    finish_one(w, 500);
    assert_true(w->answered[0] >= 498); /* 1 in 15,625 fails six times */
    assert_true(busiest_minute(&w->servers[0]) <= 120);
    assert_true(busiest_minute(&w->servers[0]) >= 114);
    pl_client_stats stats;
    pl__client_stats(w->c, 0, &stats);
    assert_true(stats.throttled_ns > 100 * S);
    close_world(w);
}

/* A call sets aside 504 tokens and uses 100: of 10,000 a minute the second figure fits a hundred times, the first
 * twenty. */
static void tpm_counts_what_was_used(void **state)
{
    world *w = build(1, 4);
    (void)state;
    w->models[0].reach.tpm = 10000;
    open_world(w);
    finish_one(w, 500);
    assert_int_equal(w->answered[0], 500);
    assert_true(busiest_minute(&w->servers[0]) <= 104); /* what is under way may turn out to be less than set aside */
    assert_true(w->last_ns[0] < 360 * S);
    close_world(w);
}

/* https://github.com/promptfoo/promptfoo/issues/1970, https://github.com/explodinggradients/ragas/issues/2061 */
static void rate_limits_neither_kill_nor_stall_a_run(void **state)
{
    world *w = build(1, 32);
    (void)state;
    w->servers[0].bucket = 200;
    open_world(w);
    finish_one(w, 1000);
    assert_int_equal(w->answered[0], 1000);
    assert_true(w->servers[0].refused <= 5); /* its headers are believed */
    assert_true(w->last_ns[0] < 300 * S);    /* 200 at once, 800 in four minutes */
    close_world(w);
}

/* Without headers that say how much is left, only the refusals tell. */
static void a_delay_holds_the_endpoint_and_no_other(void **state)
{
    static const uint32_t n[MODELS] = {40, 40, 0};
    world *w = build(2, 8);
    (void)state;
    w->servers[0].capacity = 2;
    w->servers[0].rate_reply = "retry-after: 10\n";
    open_world(w);
    finish(w, n);
    assert_int_equal(w->answered[0], 40);
    assert_int_equal(w->answered[1], 40);
    uint64_t first = w->servers[0].at_ns[0];
    assert_int_equal(requests_between(&w->servers[0], first + 2 * MS, first + 9900 * MS), 0);
    assert_true(w->last_ns[1] < 3 * S);
    close_world(w);
}

/* ---- concurrency ---- */

static void concurrency_finds_what_the_server_bears(void **state)
{
    world *w = build(1, 64);
    pl_client_stats stats;
    (void)state;
    w->servers[0].capacity = 10;
    open_world(w);
    finish_one(w, 3000);
    assert_int_equal(w->answered[0], 3000);
    pl__client_stats(w->c, 0, &stats);
    assert_true(stats.limit <= 16);
    assert_true(stats.limit_cuts > 3);
    assert_true(w->attempts[0] < 3000 * 13 / 10);
    assert_true(w->last_ns[0] < 60 * S); /* ten at a time would take 23 s */
    assert_int_equal(stats.retries[PL_OUTCOME_RATE_LIMITED], stats.attempts - 3000);
    close_world(w);
}

/* ---- servers that are down ---- */

/* https://github.com/EvolvingLMMs-Lab/lmms-eval/issues/531, https://github.com/UKGovernmentBEIS/inspect_ai/issues/1277
 */
static void a_restart_in_the_middle_loses_nothing(void **state)
{
    world *w = build(1, 16);
    pl_client_stats stats;
    (void)state;
    w->servers[0].down_from_ns = 5 * S;
    w->servers[0].down_to_ns = 185 * S;
    open_world(w);
    finish_one(w, 2000);
    assert_int_equal(w->answered[0], 2000);
    pl__client_stats(w->c, 0, &stats);
    assert_int_equal(stats.breaker_openings, 1);
    assert_true(requests_between(&w->servers[0], 5 * S, 185 * S) <= 16 + 5 + 14); /* and no storm meanwhile */
    assert_true(stats.retries[PL_OUTCOME_UNREACHABLE] >= 16);
    assert_true(w->last_ns[0] < 185 * S + 31 * S + 15 * S);
    assert_non_null(strstr(w->warned, "cat: server 1 of 1 does not serve (unreachable"));
    close_world(w);
}

static void a_server_that_never_was_ends_soon(void **state)
{
    static const uint32_t n[MODELS] = {500, 500, 0};
    world *w = build(2, 16);
    (void)state;
    w->servers[0].down_to_ns = UINT64_MAX;
    open_world(w);
    finish(w, n);
    assert_int_equal(w->answered[1], 500);
    assert_int_equal(w->outcomes[PL_OUTCOME_UNREACHABLE], 500);
    assert_true(w->servers[0].requests < 60);
    assert_true(w->last_ns[0] < 60 * S);
    assert_int_equal(pl__client_closed(w->c, 0), PL_OUTCOME_UNREACHABLE);
    assert_int_equal(pl__client_closed(w->c, 1), PL_OUTCOME_NONE);
    assert_non_null(strstr(w->warned, "cat: closed after"));
    close_world(w);
}

/* One that has served is waited for, but not for ever. */
static void a_server_that_stays_away_is_given_up(void **state)
{
    world *w = build(1, 16);
    (void)state;
    w->servers[0].down_from_ns = 5 * S;
    w->servers[0].down_to_ns = UINT64_MAX;
    open_world(w);
    finish_one(w, 3000);
    assert_int_equal(w->ended[0], 3000);
    assert_true(w->answered[0] > 500 && w->answered[0] < 3000);
    assert_true(w->last_ns[0] > 600 * S && w->last_ns[0] < 640 * S);
    assert_true(requests_between(&w->servers[0], 5 * S, UINT64_MAX) < 80);
    close_world(w);
}

static void a_broken_server_gets_no_storm(void **state)
{
    world *w = build(1, 64);
    (void)state;
    w->servers[0].failing = 1.0;
    open_world(w);
    finish_one(w, 2000);
    assert_int_equal(w->outcomes[PL_OUTCOME_SERVER_ERROR], 2000);
    assert_true(w->servers[0].requests < 64 + 64);
    close_world(w);
}

/* Half of all requests fail: 2 requests a call is what it takes, 6 the bound for each. */
static void half_failing_takes_twice_the_requests(void **state)
{
    world *w = build(1, 16);
    pl_client_stats stats;
    (void)state;
    w->servers[0].failing = 0.5;
    open_world(w);
    finish_one(w, 2000);
    pl__client_stats(w->c, 0, &stats);
    assert_true(w->answered[0] >= 1900); /* 1 in 64 fails six times */
    assert_int_equal(w->answered[0] + w->outcomes[PL_OUTCOME_SERVER_ERROR], 2000);
    assert_true(stats.attempts * 10 <= stats.calls * 22);
    assert_true(w->attempts_most <= 6);
    assert_int_equal(stats.attempts_most, w->attempts_most);
    assert_int_equal(stats.attempts, w->servers[0].requests);
    assert_int_equal(stats.retries[PL_OUTCOME_SERVER_ERROR], stats.attempts - stats.calls);
    close_world(w);
}

/* ---- replicas ---- */

/* https://github.com/UKGovernmentBEIS/inspect_ai/issues/2362 */
static void a_dead_replica_is_stood_in_for(void **state)
{
    world *w = build(1, 32);
    pl_client_stats stats;
    (void)state;
    replicas(w, 3);
    w->servers[1].down_from_ns = 3 * S;
    w->servers[1].down_to_ns = 5 * S;
    open_world(w);
    finish_one(w, 4000);
    assert_int_equal(w->answered[0], 4000);
    pl__client_stats(w->c, 0, &stats);
    assert_int_equal(stats.breaker_openings, 1);
    assert_true(requests_between(&w->servers[1], 3 * S, 5 * S) < 32);
    assert_true(w->last_ns[0] < 30 * S); /* the others went on meanwhile */
    for (int i = 0; i < 3; i++)
        assert_true(w->servers[i].requests > 500);
    close_world(w);
}

static void pictures_stay_with_their_replica(void **state)
{
    world *w = build(1, 4);
    uint64_t together = 0;
    (void)state;
    replicas(w, 4);
    for (uint64_t i = 0; i < 1000; i++)
        w->images[i] = 1 + i % 50;
    open_world(w);
    for (uint64_t tag = 0; tag < 1000; tag++) { /* one at a time: no load to share */
        uint64_t before[SERVERS];
        pl_call_result r = {0};
        pl_error err = {0};
        size_t n = 0;
        for (int i = 0; i < SERVERS; i++)
            before[i] = w->servers[i].requests;
        PL_KIT_OK(ask(w, 0, tag, &err), &err);
        PL_KIT_OK(pl__client_poll(w->c, UINT64_MAX, &r, 1, &n, &err), &err);
        assert_int_equal(n, 1);
        pl__call_result_clear(&r);
        pl__client_release(w->c, 0);
        for (int i = 0; i < SERVERS; i++) {
            if (w->servers[i].requests == before[i])
                continue;
            char *host = &w->hosts[w->images[tag]];
            assert_true(*host == 0 || *host == 'a' + i);
            *host = (char)('a' + i);
            together++;
        }
    }
    assert_int_equal(together, 1000);
    for (int i = 0; i < SERVERS; i++)
        assert_true(w->servers[i].requests > 0);
    close_world(w);
}

static void one_picture_does_not_overload_its_replica(void **state)
{
    world *w = build(1, 40);
    (void)state;
    replicas(w, 4);
    for (uint64_t i = 0; i < 2000; i++)
        w->images[i] = 7;
    open_world(w);
    finish_one(w, 2000);
    for (int i = 0; i < SERVERS; i++)
        assert_true(w->servers[i].requests > 0 && w->servers[i].requests < 800); /* 13 of 40 places each, at most */
    close_world(w);
}

/* ---- sharing ---- */

/* Thirty places for three models, and the first to ask takes a minute for each reply. The others have at least half of
 * an equal share at once, which makes their thousand calls 15 s of work. */
static void a_slow_endpoint_does_not_hold_the_rest_up(void **state)
{
    static const uint32_t n[MODELS] = {60, 1000, 1000};
    world *w = build(3, 40);
    pl_error err = {0};
    pl_error none = {0};
    (void)state;
    w->servers[0].delay_ns = 60 * S;
    open_world(w);
    PL_KIT_STATUS(pl__client_set_requests_max(w->c, 0, &none), PL_E_INVALID, &none);
    PL_KIT_OK(pl__client_set_requests_max(w->c, 30, &err), &err);
    finish(w, n);
    for (uint32_t m = 0; m < 3; m++)
        assert_int_equal(w->answered[m], n[m]);
    assert_true(w->last_ns[1] < 20 * S);
    assert_true(w->last_ns[2] < 20 * S);
    assert_true(w->last_ns[0] < 60 * 5 * S);
    close_world(w);
}

/* It may even have been there first, with every place to itself. */
static void who_comes_late_finds_a_place(void **state)
{
    world *w = build(2, 16);
    pl_error err = {0};
    pl_call_result r = {0};
    size_t n = 0;
    (void)state;
    w->servers[0].delay_ns = 600 * S;
    open_world(w);
    PL_KIT_OK(pl__client_set_requests_max(w->c, 8, &err), &err);
    for (uint64_t i = 0; i < 16; i++)
        PL_KIT_OK(ask(w, 0, i, &err), &err);
    PL_KIT_OK(pl__client_poll(w->c, mono(w) + S, &r, 1, &n, &err), &err);
    assert_int_equal(n, 0);
    assert_int_equal(w->servers[0].requests, 6);
    for (uint64_t i = 0; i < 4; i++)
        PL_KIT_OK(ask(w, 1, i, &err), &err);
    for (int i = 0; i < 4; i++) {
        PL_KIT_OK(pl__client_poll(w->c, mono(w) + S, &r, 1, &n, &err), &err);
        assert_int_equal(n, 1);
        assert_int_equal(r.endpoint, 1);
        pl__call_result_clear(&r);
    }
    close_world(w);
}

/* ---- stopping ---- */

static void unsent_calls_can_be_dropped(void **state)
{
    world *w = build(1, 8);
    pl_error err = {0};
    pl_call_result r[8];
    size_t n = 0;
    unsigned never = 0;
    (void)state;
    w->models[0].reach.rpm = 60; /* two go at once */
    open_world(w);
    for (uint64_t i = 0; i < 8; i++)
        PL_KIT_OK(ask(w, 0, i, &err), &err);
    pl__client_stop_retrying(w->c); /* what was begun by asking still goes out ... */
    PL_KIT_OK(pl__client_poll(w->c, mono(w) + 2 * S, r, 8, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_int_equal(r[0].decoded.reply.outcome, PL_OUTCOME_ANSWERED);
    pl__call_result_clear(&r[0]);
    pl__client_drop_unsent(w->c); /* ... until that is over, too */
    for (unsigned ended = 1; ended < 8;) {
        PL_KIT_OK(pl__client_poll(w->c, mono(w) + S, r, 8, &n, &err), &err);
        assert_true(n > 0);
        for (size_t i = 0; i < n; i++) {
            bool unsent = r[i].decoded.reply.outcome == PL_OUTCOME_NONE;
            assert_int_equal(r[i].attempts, unsent ? 0 : 1);
            never += unsent;
            pl__call_result_clear(&r[i]);
            ended++;
        }
    }
    assert_int_equal(never, 8 - w->servers[0].requests);
    assert_true(never >= 5);
    assert_int_equal(pl__client_in_flight(w->c), 0);
    close_world(w);
}

/* ---- everything at once ---- */

static void nothing_is_lost_whatever_happens(void **state)
{
    static const uint32_t n[MODELS] = {1500, 700, 700};
    world *w = build(3, 24);
    pl_error err = {0};
    (void)state;
    replicas(w, 2); /* a and b; dog shares b, eel has c */
    w->servers[0].failing = 0.1;
    w->servers[0].down_from_ns = 4 * S;
    w->servers[0].down_to_ns = 30 * S;
    w->servers[1].capacity = 12;
    w->servers[1].rate_reply = "retry-after-ms: 700\n";
    w->servers[2].bucket = 300;
    w->models[1].reach.rpm = 600;
    for (uint64_t i = 0; i < 1500; i++)
        w->images[i] = i % 3 ? 1 + i % 40 : 0;
    open_world(w);
    PL_KIT_OK(pl__client_set_requests_max(w->c, 40, &err), &err);
    finish(w, n);
    for (uint32_t m = 0; m < 3; m++) {
        if (w->answered[m] < n[m] * 99 / 100)
            fail_msg("model %u: %llu answered, %llu rate limited", m, (unsigned long long)w->answered[m],
                     (unsigned long long)w->outcomes[PL_OUTCOME_RATE_LIMITED]);
        assert_int_equal(w->ended[m], n[m]);
        assert_true(w->attempts[m] < n[m] * 2);
    }
    uint64_t requests = 0;
    for (int i = 0; i < SERVERS; i++)
        requests += w->servers[i].requests;
    assert_int_equal(requests, w->attempts[0] + w->attempts[1] + w->attempts[2]); /* the servers' own count */
    close_world(w);
}

/* Calls that wait in the queue, go to two replicas, and come again. */
static pl_status queued_calls(void *user, pl_error *err)
{
    world *w = build(1, 4);
    pl_call_result r[4];
    size_t ended = 0;
    unsigned short_of_memory = 0;
    pl_status rc = PL_OK;
    (void)user;
    replicas(w, 2);
    w->models[0].reach.rpm = 30;
    w->servers[0].failing = w->servers[1].failing = 0.5;
    rc = pl__transport_script_new(answer, w, &w->t, err);
    rc = rc ? rc : pl__client_new(w->models, 1, w->t, &w->clock, 7, &w->log, &w->c, err);
    for (uint64_t i = 0; i < 4 && !rc; i++)
        rc = ask(w, 0, i, err);
    while (!rc && ended < 4) {
        size_t n = 0;
        pl_error problem = {0};
        pl_status polled = pl__client_poll(w->c, mono(w) + S, r, 4, &n, &problem);
        if (polled) { /* the next poll goes on where this one ended */
            assert_int_equal(polled, PL_E_NOMEM);
            assert_true(++short_of_memory < 2);
            continue;
        }
        for (size_t i = 0; i < n; i++)
            pl__call_result_clear(&r[i]);
        ended += n;
    }
    pl__client_free(w->c);
    if (w->t)
        w->t->ops->free(w->t);
    free(w);
    return rc;
}

static void survives_refusals(void **state)
{
    (void)state;
    pl__kit_fault_loop("client flow", queued_calls, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rpm_is_never_exceeded),
        cmocka_unit_test(tpm_counts_what_was_used),
        cmocka_unit_test(rate_limits_neither_kill_nor_stall_a_run),
        cmocka_unit_test(a_delay_holds_the_endpoint_and_no_other),
        cmocka_unit_test(concurrency_finds_what_the_server_bears),
        cmocka_unit_test(a_restart_in_the_middle_loses_nothing),
        cmocka_unit_test(a_server_that_never_was_ends_soon),
        cmocka_unit_test(a_server_that_stays_away_is_given_up),
        cmocka_unit_test(a_broken_server_gets_no_storm),
        cmocka_unit_test(half_failing_takes_twice_the_requests),
        cmocka_unit_test(a_dead_replica_is_stood_in_for),
        cmocka_unit_test(pictures_stay_with_their_replica),
        cmocka_unit_test(one_picture_does_not_overload_its_replica),
        cmocka_unit_test(a_slow_endpoint_does_not_hold_the_rest_up),
        cmocka_unit_test(who_comes_late_finds_a_place),
        cmocka_unit_test(unsent_calls_can_be_dropped),
        cmocka_unit_test(nothing_is_lost_whatever_happens),
        cmocka_unit_test(survives_refusals),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
