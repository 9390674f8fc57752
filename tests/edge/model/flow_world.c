#include "flow_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIX_START_MS 1760000000000

static const char good[] = "{\"choices\":[{\"message\":{\"content\":\"fine\"},\"finish_reason\":\"stop\"}],"
                           "\"usage\":{\"prompt_tokens\":60,\"completion_tokens\":40}}";
static const char *const urls[FLOW_SERVERS] = {"http://a/v1", "http://b/v1", "http://c/v1", "http://d/v1"};

uint64_t flow_now_ns(void *user)
{
    return pl__transport_script_now_ns(((flow_world *)user)->t);
}

static int64_t unix_ms(void *user)
{
    return UNIX_START_MS + (int64_t)(flow_now_ns(user) / MS);
}

static void sink(pl_log_level level, const char *message, void *user)
{
    flow_world *w = user;
    if (level == PL_LOG_WARN)
        strncat(w->warned, message, sizeof(w->warned) - strlen(w->warned) - 1);
}

/* ---- servers ---- */

static bool is_full(flow_server *s, uint64_t now)
{
    uint32_t busy = 0;
    for (size_t i = 0; i < FLOW_CALLS_MAX; i++)
        busy += s->busy_until_ns[i] > now;
    return s->capacity > 0 && busy >= s->capacity;
}

static void occupy(flow_server *s, uint64_t now, uint64_t until)
{
    for (size_t i = 0; i < FLOW_CALLS_MAX; i++)
        if (s->busy_until_ns[i] <= now) {
            s->busy_until_ns[i] = until;
            return;
        }
}

/* A server's token bucket; says how it stands in OpenAI's headers. */
static bool is_overdrawn(flow_server *s, uint64_t now, pl_script_reply *ret)
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
    flow_world *w = user;
    flow_server *s = &w->servers[req->url[7] - 'a'];
    uint64_t now = flow_now_ns(w);
    (void)nth;
    if (s->requests < FLOW_REQUESTS_MAX)
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

flow_world *flow_build(uint32_t n_models, uint32_t concurrency)
{
    static const char *const names[FLOW_MODELS] = {"cat", "dog", "eel"};
    flow_world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->clock = (pl_clock){.now_mono_ns = flow_now_ns, .now_unix_ms = unix_ms, .user = w};
    w->log = (pl_log){.sink = sink, .user = w, .min_level = PL_LOG_WARN};
    w->n_models = n_models;
    pl__rng_init(&w->rng, pl__kit_seed(), "client flow", 0);
    for (size_t i = 0; i < FLOW_SERVERS; i++)
        w->servers[i] = (flow_server){.delay_ns = 50 * MS, .jitter_ns = 50 * MS};
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

void flow_replicas(flow_world *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        w->model_urls[0][i] = urls[i];
    w->models[0].reach.n_base_urls = n;
}

pl_status flow_open_status(flow_world *w, pl_error *err)
{
    pl_status rc = pl__transport_script_new(answer, w, &w->t, err);
    return rc ? rc : pl__client_new(w->models, w->n_models, w->t, &w->clock, 7, &w->log, &w->c, err);
}

void flow_open(flow_world *w)
{
    pl_error err = {0};
    PL_KIT_OK(flow_open_status(w, &err), &err);
    for (size_t i = 0; i < FLOW_SERVERS; i++) {
        w->servers[i].level = w->servers[i].bucket;
        w->servers[i].level_ns = flow_now_ns(w);
    }
}

void flow_close(flow_world *w)
{
    pl__client_free(w->c);
    if (w->t)
        w->t->ops->free(w->t);
    free(w);
}

pl_status flow_ask(flow_world *w, uint32_t model, uint64_t tag, pl_error *err)
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

void flow_finish(flow_world *w, const uint32_t *n)
{
    bool *seen = calloc((size_t)w->n_models * FLOW_CALLS_MAX, sizeof(*seen));
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
                PL_KIT_OK(flow_ask(w, m, w->asked[m]++, &err), &err);
        PL_KIT_OK(pl__client_poll(w->c, flow_now_ns(w) + 250 * MS, r, 16, &got, &err), &err);
        idle_polls = got > 0 ? 0 : idle_polls + 1;
        assert_true(idle_polls < UINT64_C(4) * 3600 * 2); /* two hours without an end: it hangs */
        for (size_t i = 0; i < got; i++) {
            uint32_t m = r[i].endpoint;
            bool *of_model = seen + (size_t)m * FLOW_CALLS_MAX;
            pl_outcome outcome = r[i].decoded.reply.outcome;
            assert_false(of_model[r[i].tag]);
            of_model[r[i].tag] = true;
            assert_true(r[i].attempts <= w->models[m].reach.attempts_max);
            w->outcomes[outcome]++;
            w->answered[m] += outcome == PL_OUTCOME_ANSWERED;
            w->ended[m]++;
            w->attempts[m] += r[i].attempts;
            w->attempts_most = r[i].attempts > w->attempts_most ? r[i].attempts : w->attempts_most;
            w->last_ns[m] = flow_now_ns(w);
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

void flow_finish_one(flow_world *w, uint32_t n)
{
    const uint32_t all[FLOW_MODELS] = {n, 0, 0};
    flow_finish(w, all);
}

uint64_t flow_busiest_minute(const flow_server *s)
{
    uint64_t most = 0;
    size_t oldest = 0;
    for (size_t i = 0; i < s->requests && i < FLOW_REQUESTS_MAX; i++) {
        while (s->at_ns[i] - s->at_ns[oldest] >= 60 * S - 1000)
            oldest++;
        most = i - oldest + 1 > most ? i - oldest + 1 : most;
    }
    return most;
}

uint64_t flow_requests_between(const flow_server *s, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s->requests && i < FLOW_REQUESTS_MAX; i++)
        n += s->at_ns[i] >= from_ns && s->at_ns[i] < to_ns;
    return n;
}
