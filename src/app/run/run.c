/* The loop of a run: start what is ready, open more when an endpoint is hungry, wait for whatever comes first. There
 * are no barriers between stages: a judgment starts as soon as its two answers are durable. */
#include "run.h"

#include "alloc.h"
#include "error.h"
#include "run_internal.h"
#include <peerless/version.h>
#include <string.h>

#define PROGRESS_INTERVAL_NS ((uint64_t)250 * 1000000)
#define FEED_NS ((uint64_t)2 * 1000000) /* the longest that replies wait while items are opened */
#define WINDOW_MIN 64u
#define WINDOW_MAX 2048u
#define RESULTS_PER_POLL 64

static uint64_t now_ns(const pl_runner *r)
{
    return r->clock->now_mono_ns(r->clock->user);
}

static void check_stop(pl_runner *r)
{
    int level = r->opts->interrupt ? atomic_load_explicit(r->opts->interrupt, memory_order_relaxed) : 0;

    bool late = now_ns(r) >= r->deadline_ns;
    pl_error problem = {0};

    r->abandoning = r->abandoning || level > 0 || late;
    if (r->abandoning)
        pl__client_drop_unsent(r->client);
    if (level > 0)
        pl__run_stop(r, PL_RUN_INTERRUPTED, "interrupted");
    if (level > 1)
        r->transport->ops->cancel_all(r->transport);
    if (late)
        pl__run_stop(r, PL_RUN_STOPPED, "the deadline has passed");
    if (pl__wire_problem(&r->wire, &problem) != PL_OK) {
        r->abandoning = true;
        pl__run_stop(r, PL_RUN_INCOMPLETE, "%s", problem.msg);
    }
}

/* ---- progress ---- */

static void sample_rate(pl_runner *r, uint64_t now, pl_run_progress *p)
{
    size_t oldest = r->n_rate > PL_RATE_SAMPLES ? r->n_rate % PL_RATE_SAMPLES : 0;
    size_t slot = r->n_rate % PL_RATE_SAMPLES;
    double seconds = 0.0;

    if (r->n_rate > 0) {
        seconds = (double)(now - r->rate[oldest].at_ns) * 1e-9;
        if (seconds > 0.0) {
            double ended = (double)(r->tasks_ended_any - r->rate[oldest].ended) / seconds;

            p->calls_per_second = (double)(p->calls - r->rate[oldest].calls) / seconds;
            if (ended > 0.0 && p->tasks_total >= p->tasks_ended)
                p->eta_seconds = (double)(p->tasks_total - p->tasks_ended) / ended;
        }
    }
    r->rate[slot].at_ns = now;
    r->rate[slot].calls = p->calls;
    r->rate[slot].ended = r->tasks_ended_any;
    r->n_rate++;
}

static void report_progress(pl_runner *r, bool force)
{
    uint64_t now = now_ns(r);
    pl_run_progress p = {.tasks_total = r->summary->tasks_total,
                         .tasks_ended = r->tasks_ended_any,
                         .reused = r->summary->reused,
                         .failures = r->failures,
                         .in_flight = pl__client_in_flight(r->client),
                         .nano_usd = r->spent_nano_usd,
                         .all_prices = true,
                         .max_cost_nano_usd = r->opts->max_cost_nano_usd,
                         .eta_seconds = -1.0,
                         .stopping = r->stopping};

    if (!r->opts->progress || (!force && now < r->next_progress_ns))
        return;
    pl__adaptive_sum_up(r);
    p.round = r->summary->adaptive.rounds;
    p.rounds_most = r->summary->adaptive.rounds_most;
    r->next_progress_ns = now + PROGRESS_INTERVAL_NS;
    for (uint32_t i = 0; i < r->summary->n_models; i++) {
        pl_client_stats stats;

        pl__client_stats(r->client, i, &stats);
        p.waiting_for_retry += stats.waiting;
        p.held_back += stats.queued;
        p.calls += r->summary->models[i].calls;
        p.any_price = p.any_price || r->summary->models[i].price.known;
        p.all_prices = p.all_prices && r->summary->models[i].price.known;
        p.input_tokens += r->summary->models[i].usage.input_tokens;
        p.output_tokens += r->summary->models[i].usage.output_tokens;
    }
    sample_rate(r, now, &p);
    r->opts->progress(&p, r->opts->user);
}

/* ---- the loop ---- */

/* Starts and opens until nothing is hungry or nothing is left to open, or (*ret_more) until what is under way should be
 * looked after: there may be a million stored calls to go through. */
static pl_status feed(pl_runner *r, bool *ret_more, pl_error *reterr)
{
    uint64_t until_ns = now_ns(r) + FEED_NS;
    bool hungry = true;
    bool opened = true;
    pl_status rc = PL_OK;

    *ret_more = false;
    while (rc == PL_OK && hungry && opened && !r->stopping) {
        opened = false;
        rc = pl__run_start_ready(r, &hungry, reterr);
        if (rc == PL_OK && hungry && !r->stopping)
            rc = pl__run_open_unit(r, &opened, reterr);
        check_stop(r);
        report_progress(r, false);
        if (opened && r->n_flights > 0 && now_ns(r) >= until_ns) {
            *ret_more = true;
            break;
        }
    }
    return rc;
}

static pl_status take_inbox(pl_runner *r, pl_error *reterr)
{
    pl_inbox_msg *durable = NULL;
    pl_inbox_msg *images = NULL;
    pl_status rc = pl__inbox_take(r->inbox, &durable, &images, reterr);

    while (durable && rc == PL_OK) {
        pl_inbox_msg *next = durable->next;

        if (durable->rc != PL_OK) {
            rc = durable->rc;
            if (reterr)
                *reterr = durable->err;
            break;
        }
        rc = pl__run_call_durable(r, durable->owner, reterr);
        durable = next;
    }
    while (images && rc == PL_OK) {
        pl_inbox_msg *next = images->next;

        rc = pl__run_image_loaded(r, images->owner, reterr);
        images = next;
    }
    return rc;
}

static pl_status wait_for_something(pl_runner *r, bool more, pl_error *reterr)
{
    pl_call_result results[RESULTS_PER_POLL];
    size_t n = 0;
    uint64_t until = now_ns(r) + (more ? 0 : PROGRESS_INTERVAL_NS);
    pl_status rc = PL_OK;

    if (r->deadline_ns < until)
        until = r->deadline_ns;
    if (r->stopping)
        until = now_ns(r) + PROGRESS_INTERVAL_NS;
    rc = pl__client_poll(r->client, until, results, RESULTS_PER_POLL, &n, reterr);
    for (size_t i = 0; i < n; i++) {
        if (rc == PL_OK)
            rc = pl__run_call_finished(r, &results[i], reterr);
        pl__call_result_clear(&results[i]);
    }
    return rc;
}

static pl_status loop(pl_runner *r, pl_error *reterr)
{
    bool more = false;
    pl_status rc = PL_OK;

    while (rc == PL_OK) {
        check_stop(r);
        rc = feed(r, &more, reterr);
        if (rc != PL_OK || r->n_flights == 0)
            break; /* nothing is under way and nothing more could be started */
        rc = wait_for_something(r, more, reterr);
        if (rc == PL_OK)
            rc = take_inbox(r, reterr);
        report_progress(r, false);
    }
    return rc;
}

/* What was put off is counted also when nothing more may be asked; what the first pass did not come to is not. */
static pl_status count_put_off(pl_runner *r, pl_error *reterr)
{
    bool opened = true;
    pl_status rc = PL_OK;

    if (!r->stopping || r->adaptive)
        return PL_OK;
    pl__opening_pass_second(r);
    while (rc == PL_OK && opened && (!r->opts->interrupt || atomic_load(r->opts->interrupt) < 2)) {
        rc = pl__run_open_unit(r, &opened, reterr);
        report_progress(r, false);
    }
    return rc;
}

/* ---- beginning and end ---- */

static void on_durable(void *user, uint64_t tag, pl_status rc, const pl_error *err)
{
    pl_inbox *inbox = user;
    pl_inbox_msg *msg = (pl_inbox_msg *)(uintptr_t)tag;

    if (!msg) {
        if (rc != PL_OK)
            pl__inbox_put_error(inbox, rc, err);
        return;
    }
    msg->rc = rc;
    if (rc != PL_OK)
        msg->err = *err;
    pl__inbox_put_durable(inbox, msg);
}

static pl_status begin_run(pl_runner *r, pl_error *reterr)
{
    pl_store_run run = {.version = PL_VERSION_TEXT, .created_unix_ms = r->clock->now_unix_ms(r->clock->user)};
    pl_str config;
    pl_str prompts;
    pl_run_earlier earlier = {0};
    int64_t earlier_id = 0;
    pl_status rc = PL_OK;

    pl__str_init(&config, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&prompts, PL_STR_LIMIT_DEFAULT);
    rc = pl__setup_record(r->setup, &config, &prompts, reterr);
    if (rc == PL_OK)
        rc = pl__run_earlier_read(r->store, &earlier_id, &earlier, reterr);
    if (rc == PL_OK) {
        run.config = pl__str_c(&config);
        run.prompts = pl__str_c(&prompts);
        rc = r->store->ops->run_begin(r->store, &run, &r->run_id, reterr);
        if (rc == PL_OK && r->run_id == earlier_id)
            r->summary->earlier = earlier;
    }
    pl__str_clear(&config);
    pl__str_clear(&prompts);
    return rc;
}

static pl_status make_summary(pl_runner *r, pl_error *reterr)
{
    pl_run_summary *s = r->summary;

    s->n_items = pl__dataset_count(r->setup->dataset);
    s->n_models = r->setup->config->n_models;
    if (r->setup->config->peer_review.design != PL_DESIGN_ADAPTIVE) { /* else rounds bring their tasks along */
        pl_plan plan = {0};
        pl_status rc = pl__plan_new(r->setup, &plan, reterr);

        if (rc != PL_OK)
            return rc;
        s->tasks_total = plan.total;
        memcpy(r->tasks_per_item, plan.tasks_per_item, sizeof(r->tasks_per_item));
        pl__plan_clear(&plan);
    }
    s->models = pl__calloc(s->n_models, sizeof(*s->models));
    s->item_problems = pl__calloc(PL_RUN_PROBLEMS_MAX, sizeof(*s->item_problems));
    if (!s->models || !s->item_problems)
        return pl__fail(reterr, PL_E_NOMEM, "summary of the run");
    return pl__run_money_begin(r, reterr);
}

/* The most open units: what keeps all slots busy, or as many as there may be, since batches want many calls at once. */
static uint32_t window_of(const pl_config *config)
{
    uint64_t slots = 0;

    for (uint32_t i = 0; i < config->n_models; i++)
        slots += config->models[i].reach.batch ? WINDOW_MAX : config->models[i].reach.concurrency;
    return slots * 2 < WINDOW_MIN ? WINDOW_MIN : slots * 2 > WINDOW_MAX ? WINDOW_MAX : (uint32_t)(slots * 2);
}

/* The image pool and the writer, and what needs one. */
static pl_status begin_threads(pl_runner *r, pl_error *reterr)
{
    pl_status rc = pl__image_pool_new(r->inbox, &r->images, reterr);

    if (rc == PL_OK)
        rc = pl__store_writer_new(r->store, on_durable, r->inbox, &r->writer, reterr);
    if (rc == PL_OK)
        rc = pl__adaptive_begin(r, reterr);
    if (rc == PL_OK)
        rc = pl__opening_pass_begin(r, reterr);
    return rc ? rc : pl__run_batches_begin(r, reterr);
}

static pl_status begin(pl_runner *r, pl_error *reterr)
{
    const pl_config *config = r->setup->config;
    pl_status rc = make_summary(r, reterr);

    if (rc == PL_OK)
        rc = pl__wire_open(&r->wire, r->opts, reterr);
    if (rc != PL_OK)
        return rc;
    r->transport = r->wire.transport;
    r->clock = r->wire.clock;
    if (rc == PL_OK)
        rc = pl__client_new(r->wire.models, config->n_models, r->transport, r->clock, config->seed, r->opts->log,
                            &r->client, reterr);
    if (rc == PL_OK)
        rc = pl__wire_hide(&r->wire, pl__client_secrets(r->client), reterr);
    if (rc == PL_OK)
        rc = begin_run(r, reterr);
    if (rc != PL_OK)
        return rc;
    r->window = window_of(config);
    r->calls_max = r->opts->max_calls ? r->opts->max_calls : UINT64_MAX;
    r->start_ns = now_ns(r);
    r->deadline_ns = r->opts->deadline_ms ? r->start_ns + r->opts->deadline_ms * 1000000 : UINT64_MAX;
    r->ready = pl__calloc(config->n_models, sizeof(*r->ready));
    r->reserved = pl__calloc(config->n_models, sizeof(*r->reserved));
    r->omit = pl__calloc(config->n_models, sizeof(*r->omit));
    r->put_again = pl__calloc(config->n_models, sizeof(*r->put_again));
    r->top_most = pl__calloc(config->n_models, sizeof(*r->top_most));
    r->one_each = pl__calloc(config->n_models, sizeof(*r->one_each));
    r->flights_by_key = pl__map_new();
    r->inbox = pl__inbox_new(r->transport);
    if (!r->ready || !r->reserved || !r->omit || !r->put_again || !r->top_most || !r->one_each || !r->flights_by_key ||
        !r->inbox)
        return pl__fail(reterr, PL_E_NOMEM, "run");
    for (uint32_t i = 0; i < config->n_models; i++)
        r->top_most[i] = UINT32_MAX;
    rc = pl__run_know_endpoints(r, reterr);
    return rc ? rc : begin_threads(r, reterr);
}

static void settle_state(pl_runner *r)
{
    pl_run_summary *s = r->summary;
    uint64_t open = 0;

    s->tasks_total -= r->tasks_left_out;
    for (uint32_t i = 0; i < s->n_models; i++) {
        const pl_run_model *m = &s->models[i];

        open += m->blocked_tasks + m->not_asked;
        s->tasks_total -= m->settled_tasks;
        for (int o = PL_OUTCOME_BAD_REQUEST; o < PL_OUTCOMES; o++)
            open += m->outcomes[o];
    }
    if (r->stopping)
        s->state = r->stop_state;
    else
        s->state = open == 0 && s->item_problems_count == 0 ? PL_RUN_COMPLETE : PL_RUN_INCOMPLETE;
}

/* Of an adaptive design also those that are not among the items any more. */
static uint64_t items_of(const pl_run_summary *s)
{
    return s->adaptive.items > s->n_items ? s->adaptive.items : s->n_items;
}

static pl_status end_run(pl_runner *r, pl_error *reterr)
{
    pl_str json;
    pl_status rc = PL_OK;

    pl__str_init(&json, PL_STR_LIMIT_DEFAULT);
    rc = pl__run_summary_json(r->summary, r->setup->config, &json, reterr);
    if (rc == PL_OK)
        rc = r->store->ops->run_end(r->store, r->run_id, r->summary->state, items_of(r->summary), pl__str_c(&json),
                                    reterr);
    pl__str_clear(&json);
    return rc;
}

static void clear(pl_runner *r)
{
    pl__store_writer_free(r->writer);
    pl__image_pool_free(r->images);
    pl__inbox_free(r->inbox);
    pl__client_free(r->client);
    pl__wire_clear(&r->wire);
    for (uint32_t i = 0; r->ready && i < r->setup->config->n_models; i++)
        pl__free(r->ready[i].ptr);
    pl__free(r->ready);
    pl__free(r->reserved);
    pl__free(r->abilities);
    pl__free(r->omit);
    pl__free(r->put_again);
    pl__free(r->top_most);
    pl__free(r->one_each);
    pl__map_free(r->flights_by_key);
    pl__key_set_clear(&r->counted);
    pl__opening_pass_clear(r);
    pl__adaptive_free(r->adaptive);
    pl__chat_builder_clear(&r->builder);
}

/* What the client knows better than the tasks: how often and how long it had to hold back. */
static void note_flow(pl_runner *r)
{
    for (uint32_t i = 0; i < r->summary->n_models; i++) {
        pl_run_model *m = &r->summary->models[i];
        pl_client_stats stats;

        pl__client_stats(r->client, i, &stats);
        for (uint32_t o = 0; o < PL_OUTCOMES && o < PL_CLIENT_OUTCOMES; o++)
            m->retries[o] = stats.retries[o];
        m->retries[PL_OUTCOME_BAD_REQUEST] += r->put_again[i];
        if (stats.attempts_most > m->attempts_most) /* also of calls that did not end */
            m->attempts_most = stats.attempts_most;
        m->throttled_ns = stats.throttled_ns;
        m->breaker_openings = stats.breaker_openings;
        m->concurrency = stats.concurrency;
        m->concurrency_end = stats.limit;
    }
}

/* Commits what is still queued (task rows, items), learns whether that succeeded, and lets everything open go. The
 * writer ends first: until then its messages point into the flights, and the flights into the units. */
static pl_status settle(pl_runner *r, pl_error *reterr)
{
    pl_inbox_msg *durable = NULL;
    pl_inbox_msg *images = NULL;
    pl_status rc = PL_OK;

    pl__store_writer_free(r->writer);
    r->writer = NULL;
    rc = pl__inbox_take(r->inbox, &durable, &images, reterr);
    pl__run_flights_drop_all(r);
    r->summary->stored_in_part = pl__run_has_next(r) || r->opening_pass.cut_short;
    pl__run_units_drop_all(r);
    if (rc == PL_OK)
        rc = pl__adaptive_count_rest(r, reterr);
    pl__adaptive_sum_up(r);
    note_flow(r);
    pl__run_batches_end(r);
    settle_state(r);
    return rc;
}

pl_status pl__run_execute(const pl_run_opts *opts, pl_run_summary *ret, pl_error *reterr)
{
    pl_runner r = {.opts = opts, .setup = opts->setup, .store = opts->store, .summary = ret};
    pl_status rc = PL_OK;

    *ret = (pl_run_summary){0};
    r.clock = opts->clock ? opts->clock : pl__clock_system();
    pl__chat_builder_init(&r.builder);
    rc = begin(&r, reterr);
    ret->run_id = r.run_id;
    if (rc == PL_OK) {
        pl_status settled = PL_OK;

        rc = loop(&r, reterr);
        if (rc == PL_OK)
            rc = count_put_off(&r, reterr);
        report_progress(&r, true);
        settled = settle(&r, rc == PL_OK ? reterr : NULL);
        rc = rc == PL_OK ? settled : rc;
        ret->elapsed_ns = now_ns(&r) - r.start_ns;
        if (rc == PL_OK)
            rc = end_run(&r, reterr);
        else
            ret->state = PL_RUN_INCOMPLETE;
        rc = rc == PL_OK ? pl__wire_problem(&r.wire, reterr) : rc;
    }
    clear(&r);
    return rc;
}
