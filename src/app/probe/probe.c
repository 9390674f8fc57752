#include "probe.h"

#include "alloc.h"
#include "error.h"
#include "lookup.h"
#include "verdict.h"

#define RESULTS_PER_POLL 64u
#define POLL_NS ((uint64_t)100 * 1000000)
#define NS_PER_MS UINT64_C(1000000)

typedef struct prober {
    const pl_probe_opts *opts;
    const pl_clock *clock;
    pl_transport *transport;
    pl_transport *own; /* or NULL */
    pl_client *client;
    pl_model_spec *specs;
    pl_subject *subjects;
    uint32_t n;
    pl_pictures pictures;
    uint64_t start_ns;
} prober;

static uint64_t now_ns(const prober *p)
{
    return p->clock->now_mono_ns(p->clock->user);
}

static bool interrupted(const prober *p)
{
    return p->opts->interrupt && atomic_load_explicit(p->opts->interrupt, memory_order_relaxed) > 0;
}

/* ---- chats ---- */

static pl_status ask_open(prober *p, pl_error *reterr)
{
    for (uint32_t m = 0; m < p->n; m++) {
        pl_subject *s = &p->subjects[m];
        for (unsigned id = 0; id < PL_QUESTIONS && pl__client_free_slots(p->client, m) > 0; id++) {
            if (s->state[id] != PL_QUESTION_OPEN)
                continue;
            pl_status rc = pl__question_ask(p->client, m, s, (pl_question_id)id, &p->pictures,
                                            (uint64_t)m * PL_QUESTIONS + id, reterr);
            if (rc)
                return rc;
        }
    }
    return PL_OK;
}

static void take(prober *p, pl_call_result *result)
{
    uint32_t m = (uint32_t)(result->tag / PL_QUESTIONS);
    pl_question_id id = (pl_question_id)(result->tag % PL_QUESTIONS);
    pl_subject *s = &p->subjects[m];

    pl__client_release(p->client, m);
    s->ended_ns = now_ns(p);
    pl__question_answered(s, id, result);
    if (id == PL_Q_DEEP && s->context == 0) {
        s->context = pl__context_of_refusal(&s->result[id]);
        s->context_source = "said by the refusal of a prompt that was too long";
    }
}

/* Until nothing is open and nothing under way. */
static pl_status talk(prober *p, pl_error *reterr)
{
    pl_status rc = ask_open(p, reterr);
    while (!rc && pl__client_in_flight(p->client) > 0) {
        pl_call_result results[RESULTS_PER_POLL];
        size_t n = 0;
        if (interrupted(p))
            return pl__fail(reterr, PL_E_CANCELLED, "interrupted");
        rc = pl__client_poll(p->client, now_ns(p) + POLL_NS, results, RESULTS_PER_POLL, &n, reterr);
        for (size_t i = 0; i < n; i++)
            take(p, &results[i]);
        if (!rc)
            rc = ask_open(p, reterr);
    }
    return rc;
}

/* ---- look-ups ---- */

static pl_status submit_lookups(prober *p, uint32_t *ret_under_way, pl_error *reterr)
{
    *ret_under_way = 0;
    if (!p->transport)
        return PL_E_INVALID;
    for (uint32_t m = 0; m < p->n; m++) {
        bool reached = pl__outcome_is_response(p->subjects[m].result[PL_Q_TEXT].decoded.reply.outcome);
        for (uint32_t k = 0; k < PL_LOOKUPS_MAX && reached; k++) {
            pl_http_req req = {.url = NULL};
            bool any = false;
            pl_status rc = pl__lookup_request(pl__client_endpoint(p->client, m), k, &req, &any, reterr);
            if (!rc && any)
                rc = p->transport->ops->submit(p->transport, &req, (uint64_t)m * PL_LOOKUPS_MAX + k, reterr);
            pl__http_req_clear(&req);
            if (rc)
                return rc;
            *ret_under_way += any;
            p->subjects[m].requests += any;
        }
    }
    return PL_OK;
}

static void read_lookup(prober *p, pl_http_completion *done)
{
    uint32_t m = (uint32_t)(done->tag / PL_LOOKUPS_MAX);
    if (m < p->n && done->failure == PL_HTTP_OK)
        pl__lookup_read(pl__client_endpoint(p->client, m), (uint32_t)(done->tag % PL_LOOKUPS_MAX), &done->reply,
                        &p->subjects[m]);
    pl__http_reply_clear(&done->reply);
}

/* Nothing of the client is under way: what completes is ours. */
static pl_status look_up(prober *p, pl_error *reterr)
{
    uint32_t under_way = 0;
    uint64_t until_ns = now_ns(p) + PL_PROBE_LOOKUP_MS * NS_PER_MS;
    bool cancelled = false;
    pl_status rc = submit_lookups(p, &under_way, reterr);

    while (under_way > 0) {
        pl_http_completion done[RESULTS_PER_POLL];
        size_t n = 0;
        if (!cancelled && (rc || interrupted(p) || now_ns(p) >= until_ns)) {
            p->transport->ops->cancel_all(p->transport);
            cancelled = true;
        }
        pl_status polled =
            p->transport->ops->poll(p->transport, now_ns(p) + POLL_NS, done, RESULTS_PER_POLL, &n, rc ? NULL : reterr);
        rc = rc ? rc : polled;
        for (size_t i = 0; i < n; i++)
            read_lookup(p, &done[i]);
        under_way -= n < under_way ? (uint32_t)n : under_way;
        if (polled)
            break;
    }
    return rc;
}

/* ---- the whole ---- */

static pl_status begin(prober *p, pl_error *reterr)
{
    const pl_probe_opts *o = p->opts;
    pl_status rc = PL_OK;

    p->specs = pl__calloc(p->n ? p->n : 1, sizeof(*p->specs));
    p->subjects = pl__calloc(p->n ? p->n : 1, sizeof(*p->subjects));
    if (!p->specs || !p->subjects)
        return pl__fail(reterr, PL_E_NOMEM, "probe");
    for (uint32_t m = 0; m < p->n; m++) {
        uint32_t *attempts = &p->specs[m].reach.attempts_max;
        p->specs[m] = o->models[m];
        if (*attempts == 0 || *attempts > PL_PROBE_ATTEMPTS_MAX)
            *attempts = PL_PROBE_ATTEMPTS_MAX;
        p->subjects[m] = (pl_subject){.spec = p->specs[m], .codec = pl__codec_find(o->models[m].provider)};
        p->subjects[m].state[PL_Q_TEXT] = PL_QUESTION_OPEN;
    }
    for (unsigned c = 0; c < PL_PICTURE_COLOURS && !rc; c++)
        rc = pl__picture_draw((pl_picture_colour)c, PL_PROBE_SIDE_PX, &p->pictures.small[c],
                              &p->pictures.small_digest[c], reterr);
    if (!rc && !o->transport)
        rc = pl__transport_curl_new(NULL, &p->own, reterr);
    p->transport = o->transport ? o->transport : p->own;
    return rc ? rc : pl__client_new(p->specs, p->n, p->transport, p->clock, o->seed, o->log, &p->client, reterr);
}

static void finish(prober *p, pl_abilities *ret)
{
    for (uint32_t m = 0; m < p->n; m++) {
        const pl_subject *s = &p->subjects[m];
        pl__probe_judge(s, &ret[m]);
        ret[m].probed_unix_ms = p->clock->now_unix_ms(p->clock->user);
        ret[m].elapsed_ms = s->ended_ns > p->start_ns ? (s->ended_ns - p->start_ns) / NS_PER_MS : 0;
    }
}

pl_status pl__probe(const pl_probe_opts *opts, pl_abilities *ret, pl_error *reterr)
{
    prober p = {.opts = opts, .clock = opts->clock ? opts->clock : pl__clock_system(), .n = opts->n_models};

    pl_status rc = begin(&p, reterr);
    p.start_ns = now_ns(&p);
    rc = rc ? rc : talk(&p, reterr);
    rc = rc ? rc : look_up(&p, reterr);
    if (!rc && opts->deep) {
        for (uint32_t m = 0; m < p.n; m++) {
            if (p.subjects[m].context == 0 && p.subjects[m].state[PL_Q_RED] != PL_QUESTION_CLOSED)
                pl__question_go_deep(&p.subjects[m]);
        }
        rc = talk(&p, reterr);
    }
    if (!rc)
        finish(&p, ret);
    pl__client_free(p.client);
    if (p.own)
        p.own->ops->free(p.own);
    for (uint32_t m = 0; p.subjects && m < p.n; m++)
        pl__subject_clear(&p.subjects[m]);
    for (unsigned c = 0; c < PL_PICTURE_COLOURS; c++)
        pl__blob_unref(p.pictures.small[c].base64);
    pl__free(p.subjects);
    pl__free(p.specs);
    return rc;
}
