/* The life of a task: ready -> (joins a flight | is in the store | becomes a flight) -> sent -> written -> durable ->
 * ended, which makes others ready. */
#include "alloc.h"
#include "error.h"
#include "run_internal.h"
#include <string.h>

pl_status pl__run_finish_task(pl_runner *r, pl_open_unit *u, uint32_t task, pl_outcome outcome, pl_view text,
                              pl_error *reterr)
{
    uint32_t before = pl__unit_open_tasks(u->unit);
    pl_status rc = PL_OK;

    if (u->dead)
        return PL_OK;
    rc = pl__unit_finish(u->unit, task, outcome, text, reterr);
    if (rc != PL_OK)
        return rc;
    r->tasks_ended_any += before - pl__unit_open_tasks(u->unit);
    if (!pl__outcome_is_response(outcome)) {
        r->failures++;
        if (r->opts->fail_fast && outcome != PL_OUTCOME_NONE && !r->stopping)
            pl__run_stop(r, PL_RUN_INCOMPLETE, "stopped at the first failure (--fail-fast): %s: %s",
                         r->setup->config->models[pl__unit_task(u->unit, task)->model].name, pl__outcome_name(outcome));
    }
    return pl__run_queue_ready(r, u, task + 1, reterr);
}

/* ---- starting ---- */

static pl_status link_task(pl_runner *r, const pl_open_unit *u, uint32_t task, const pl_digest *call, pl_error *reterr)
{
    pl_store_write write = {.kind = PL_WRITE_TASK};

    write.u.task = (pl_store_task){*pl__unit_key(u->unit), pl__unit_task(u->unit, task)->key, *call};
    return pl__store_writer_submit(r->writer, &write, 1, 0, reterr);
}

/* *ret_has: of several samples the one that is wanted is there. */
static pl_status read_stored(const pl_runner *r, const pl_task *task, const pl_store_call *call,
                             pl_outcome *ret_outcome, pl_str *text, bool *ret_has, pl_error *reterr)
{
    size_t choice = r->builder.chat.n > 1 ? task->sample - 1 : 0;
    pl_reply reply = {0};
    pl_status rc = pl__codec_reread(call->codec, call->http_status, call->body, &reply, reterr);

    *ret_has = rc == PL_OK && choice <= reply.n_further;
    pl__reply_clear(&reply);
    return *ret_has ? pl__stored_said(call, task, ret_outcome, text, reterr) : rc;
}

/* How a task ends with what was said to it. Only where its text counts it matters how its own choice ended. */
static pl_outcome outcome_of(pl_ready ready, pl_outcome own, pl_outcome of_call)
{
    return pl__unit_is_needed(ready.unit->unit, ready.task) ? own : of_call;
}

/* Another task, or an earlier run with other prompts or items, has asked the very same thing. *ret_short: so it has,
 * but of several samples the one that is wanted did not come. */
static pl_status reuse_stored(pl_runner *r, pl_ready ready, const pl_digest *key, bool *ret_reused, bool *ret_short,
                              pl_error *reterr)
{
    const pl_task *task = pl__unit_task(ready.unit->unit, ready.task);
    pl_store_call call = {0};
    bool found = false;
    bool has = false;
    pl_str memory;
    pl_str text;
    pl_outcome outcome = PL_OUTCOME_NONE;
    pl_status rc = PL_OK;

    *ret_reused = false;
    *ret_short = false;
    pl__str_init(&memory, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    rc = r->store->ops->call_get(r->store, key, true, &call, &found, &memory, reterr);
    if (rc != PL_OK || !found || !pl__run_takes_stored(r, call.outcome))
        goto out;
    rc = read_stored(r, task, &call, &outcome, &text, &has, reterr);
    *ret_short = rc == PL_OK && !has;
    if (*ret_short)
        goto out;
    if (rc == PL_OK)
        rc = pl__run_spend_stored(r, task, &call, reterr);
    if (rc == PL_OK)
        rc = link_task(r, ready.unit, ready.task, key, reterr);
    if (rc == PL_OK) {
        pl__unit_start(ready.unit->unit, ready.task);
        rc = pl__run_finish_task(r, ready.unit, ready.task, outcome_of(ready, outcome, call.outcome),
                                 pl__view_n(pl__str_c(&text), text.len), reterr);
    }
    if (rc == PL_OK) {
        r->summary->reused++;
        *ret_reused = true;
    }
out:
    pl__str_clear(&text);
    pl__str_clear(&memory);
    return rc;
}

/* An endpoint that has shown that asking on is senseless: its tasks end without being asked, and are not stored. */
static pl_status pass_over(pl_runner *r, pl_ready ready, pl_error *reterr)
{
    uint32_t model = pl__unit_task(ready.unit->unit, ready.task)->model;

    r->summary->models[model].not_asked++;
    pl__unit_start(ready.unit->unit, ready.task);
    return pl__run_finish_task(r, ready.unit, ready.task, PL_OUTCOME_NONE, pl__view_n("", 0), reterr);
}

/* Writes the chat and looks whether it was asked before, or is being asked. *ret_done: nothing remains to be done. */
static pl_status find_asked(pl_runner *r, pl_ready ready, pl_digest *ret_key, bool *ret_done, pl_error *reterr)
{
    const pl_task *task = pl__unit_task(ready.unit->unit, ready.task);
    bool is_short = true;
    pl_status rc = PL_OK;

    *ret_done = false;
    while (rc == PL_OK && is_short && !*ret_done) { /* twice at most: then samples are asked for one by one */
        uintptr_t value = 0;
        pl_flight *f = NULL;

        rc = pl__flight_chat(r, ready, reterr);
        if (rc == PL_OK)
            rc = pl__chat_key(&r->builder.chat, ret_key, reterr);
        if (rc != PL_OK)
            break;
        if (pl__map_get(r->flights_by_key, ret_key->bytes, sizeof(ret_key->bytes), &value))
            f = (pl_flight *)value;
        if (f && !pl__run_lacks_choice(f, task)) {
            r->summary->reused++;
            *ret_done = true;
            return pl__flight_join(f, ready, reterr);
        }
        is_short = f != NULL;
        if (!f)
            rc = reuse_stored(r, ready, ret_key, ret_done, &is_short, reterr);
        if (rc == PL_OK && is_short)
            pl__run_ask_one_each(r, task->model, "a reply had fewer than were asked for");
    }
    return rc;
}

/* *ret_held: it must wait until calls in flight have ended for less than they might have cost. */
static pl_status start_task(pl_runner *r, pl_ready ready, bool *ret_held, pl_error *reterr)
{
    const pl_task *task = pl__unit_task(ready.unit->unit, ready.task);
    uint32_t model = task->model;
    const pl_chat *chat = &r->builder.chat;
    pl_reservation reservation = {0};
    pl_admission admission = PL_ADMIT_NOW;
    pl_flight *f = NULL;
    pl_digest key;
    bool done = false;
    pl_status rc = find_asked(r, ready, &key, &done, reterr);

    if (rc != PL_OK || done)
        return rc;
    if (pl__run_refuses(r, model, chat))
        return pass_over(r, ready, reterr);
    if (r->summary->calls >= r->calls_max) {
        pl__run_stop(r, PL_RUN_STOPPED, "the budget of %llu calls is used up", (unsigned long long)r->calls_max);
        return PL_OK; /* stays READY, out of the queue: counted as not asked */
    }
    reservation = pl__run_reservation(r, chat, model, ready.unit->item->width_px, ready.unit->item->height_px);
    admission = pl__run_admit(r, model, &reservation);
    *ret_held = admission == PL_ADMIT_LATER;
    if (admission != PL_ADMIT_NOW)
        return PL_OK;
    rc = pl__flight_new(r, &key, model, ready, &f, reterr);
    if (rc != PL_OK || !f)
        return rc;
    f->stage = (size_t)task->kind - 1;
    f->n = chat->n;
    f->sample = chat->sample;
    for (size_t i = 0; i < chat->n_parts; i++)
        f->has_image = f->has_image || chat->parts[i].kind == PL_PART_IMAGE;
    pl__run_reserve(r, f, &reservation);
    r->summary->calls++;
    return pl__flight_begin(r, f, &ready.unit->item->item, reterr);
}

static uint32_t free_slots(const pl_runner *r, uint32_t model)
{
    uint32_t slots = pl__client_free_slots(r->client, model);

    return slots > r->reserved[model] ? slots - r->reserved[model] : 0;
}

static pl_status start_model(pl_runner *r, uint32_t model, pl_error *reterr)
{
    pl_ready_queue *q = &r->ready[model];
    pl_status rc = PL_OK;

    while (rc == PL_OK && q->len > 0 && !r->stopping) {
        bool closed = pl__client_closed(r->client, model) != PL_OUTCOME_NONE;
        bool held = false;
        pl_ready ready;

        if (!closed && free_slots(r, model) == 0)
            break;
        ready = pl__ready_pop(q);
        if (!ready.unit->dead && pl__unit_state(ready.unit->unit, ready.task) == PL_TASK_READY)
            rc = closed ? pass_over(r, ready, reterr) : start_task(r, ready, &held, reterr);
        if (held) {
            pl__ready_unpop(q, ready);
            break;
        }
        ready.unit->queued--; /* held until here, so that nothing on the way could free it */
        pl__run_unit_release(r, ready.unit);
    }
    return rc;
}

/* A task that ends at once (its call is stored) may make others ready, of models that had their turn already: more
 * turns follow until none ends. Otherwise a run with nothing in flight would stop before them. */
pl_status pl__run_start_ready(pl_runner *r, bool *ret_hungry, pl_error *reterr)
{
    uint32_t n = r->setup->config->n_models;
    uint64_t ended_before = 0;
    pl_status rc = PL_OK;

    do {
        ended_before = r->tasks_ended_any;
        *ret_hungry = false;
        for (uint32_t k = 0; k < n && rc == PL_OK; k++) {
            uint32_t model = (r->next_model + k) % n;

            rc = start_model(r, model, reterr);
            if (r->ready[model].len == 0 && (free_slots(r, model) > 0 || pl__client_closed(r->client, model)))
                *ret_hungry = true;
        }
        r->next_model++;
        if (r->next_model >= n)
            r->next_model = 0;
    } while (rc == PL_OK && !r->stopping && r->tasks_ended_any != ended_before);
    return rc;
}

/* ---- ending ---- */

static pl_status write_result(pl_runner *r, pl_flight *f, pl_error *reterr)
{
    const pl_decoded *d = &f->result.decoded;
    pl_store_write *writes = pl__calloc(f->n_joiners + 1, sizeof(*writes));
    pl_status rc = PL_OK;

    if (!writes)
        return pl__fail(reterr, PL_E_NOMEM, "result");
    writes[0].kind = PL_WRITE_CALL;
    writes[0].u.call = (pl_store_call){.key = f->key,
                                       .outcome = d->reply.outcome,
                                       .http_status = f->result.http_status,
                                       .attempts = f->result.attempts,
                                       .usage = d->reply.usage,
                                       .elapsed_ns = f->result.elapsed_ns,
                                       .created_unix_ms = r->clock->now_unix_ms(r->clock->user),
                                       .codec = r->setup->config->models[f->model].provider,
                                       .message = d->message[0] ? d->message : NULL,
                                       .body = {f->result.body.ptr ? f->result.body.ptr : "", f->result.body.len}};
    for (size_t i = 0; i < f->n_joiners; i++) {
        const pl_unit *unit = f->joiners[i].unit->unit;

        writes[i + 1].kind = PL_WRITE_TASK;
        writes[i + 1].u.task =
            (pl_store_task){*pl__unit_key(unit), pl__unit_task(unit, f->joiners[i].task)->key, f->key};
    }
    rc = pl__store_writer_submit(r->writer, writes, f->n_joiners + 1, (uint64_t)(uintptr_t)&f->msg, reterr);
    if (rc == PL_OK) {
        f->n_written = f->n_joiners;
        f->state = PL_FLIGHT_WRITING;
    }
    pl__free(writes);
    return rc;
}

/* Its tasks go on their own ways. */
static pl_status flight_disband(pl_runner *r, pl_flight *f, pl_error *reterr)
{
    pl_status rc = PL_OK;

    pl__flight_unmade(r, f);
    while (f->n_joiners > 0 && rc == PL_OK) {
        rc = pl__run_queue_again(r, f->joiners[f->n_joiners - 1], reterr);
        if (rc == PL_OK)
            f->joiners[--f->n_joiners].unit->joined--;
    }
    if (rc == PL_OK)
        pl__flight_free(r, f);
    return rc;
}

static pl_status put_again(pl_runner *r, pl_flight *f, pl_error *reterr)
{
    bool disband = f->n > 1 && r->one_each[f->model];

    if (disband && !r->abandoning) {
        pl__client_release(r->client, f->model);
        r->put_again[f->model]++;
        return flight_disband(r, f, reterr);
    }
    f->attempts_before = f->result.attempts;
    f->elapsed_before_ns = f->result.elapsed_ns;
    pl__call_result_clear(&f->result);
    pl__client_release(r->client, f->model);
    if (r->abandoning) {
        r->summary->models[f->model].calls++;
        pl__flight_abandon(r, f); /* not stored: the next run puts it otherwise, and has its answer */
        return PL_OK;
    }
    r->put_again[f->model]++;
    return pl__flight_begin(r, f, &f->joiners[0].unit->item->item, reterr);
}

pl_status pl__run_call_finished(pl_runner *r, pl_call_result *result, pl_error *reterr)
{
    pl_flight *f = (pl_flight *)(uintptr_t)result->tag;
    pl_run_model *m = NULL;
    pl_status rc = PL_OK;

    if (result->unasked)
        return pl__run_batch_result(r, result, reterr);
    m = &r->summary->models[f->model];
    f->result = *result;
    *result = (pl_call_result){0};
    if (f->result.decoded.reply.outcome == PL_OUTCOME_NONE) { /* cancelled: nothing was learnt */
        pl__client_release(r->client, f->model);
        pl__flight_unmade(r, f);
        if (f->result.ask_again && !r->stopping)
            return pl__flight_drop(r, f, true, reterr);
        pl__flight_abandon(r, f);
        return PL_OK;
    }
    m->attempts += f->result.attempts;
    r->summary->attempts += f->result.attempts;
    f->result.attempts += f->attempts_before;
    f->result.elapsed_ns += f->elapsed_before_ns;
    if (f->result.attempts > m->attempts_most)
        m->attempts_most = f->result.attempts;
    if (pl__run_put_otherwise(r, f))
        return put_again(r, f, reterr);
    m->calls++;
    rc = pl__run_spend(r, f, reterr);
    if (rc == PL_OK)
        rc = pl__run_drop_short(r, f, reterr);
    if (rc != PL_OK)
        return rc;
    if (!pl__outcome_is_response(f->result.decoded.reply.outcome) && f->result.decoded.message[0]) {
        memcpy(m->last_problem, f->result.decoded.message, sizeof(m->last_problem));
        m->last_problem[sizeof(m->last_problem) - 1] = '\0';
    }
    return write_result(r, f, reterr);
}

pl_status pl__run_call_durable(pl_runner *r, pl_flight *f, pl_error *reterr)
{
    const pl_reply *reply = &f->result.decoded.reply;
    pl_status rc = PL_OK;

    pl__client_release(r->client, f->model);
    for (size_t i = 0; i < f->n_joiners && rc == PL_OK; i++) {
        pl_ready ready = f->joiners[i];

        if (i >= f->n_written)
            rc = link_task(r, ready.unit, ready.task, &f->key, reterr);
        if (rc == PL_OK) {
            pl_said said = pl__run_said(reply, pl__unit_task(ready.unit->unit, ready.task));

            rc = pl__run_finish_task(r, ready.unit, ready.task, outcome_of(ready, said.outcome, reply->outcome),
                                     said.text, reterr);
        }
    }
    for (size_t i = 0; i < f->n_joiners; i++) {
        f->joiners[i].unit->joined--;
        pl__run_unit_release(r, f->joiners[i].unit);
    }
    pl__flight_free(r, f);
    return rc;
}
