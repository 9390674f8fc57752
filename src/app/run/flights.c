/* The life of a flight, the call that answers one or several tasks: made, waiting for its image, sent, dropped. */
#include "alloc.h"
#include "error.h"
#include "run_internal.h"
#include "vec.h"
#include <string.h>

void pl__flight_free(pl_runner *r, pl_flight *f)
{
    if (f->prev)
        f->prev->next = f->next;
    else
        r->flights = f->next;
    if (f->next)
        f->next->prev = f->prev;
    (void)pl__map_remove(r->flights_by_key, f->key.bytes, sizeof(f->key.bytes), NULL);
    r->n_flights--;
    pl__run_unreserve(r, f);
    pl__call_result_clear(&f->result);
    pl__free(f->joiners);
    pl__free(f);
}

pl_status pl__flight_join(pl_flight *f, pl_ready ready, pl_error *reterr)
{
    if (pl__vec_reserve(&f->joiners, &f->cap_joiners, f->n_joiners + 1, sizeof(*f->joiners)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "flight");
    f->joiners[f->n_joiners++] = ready;
    ready.unit->joined++;
    pl__unit_start(ready.unit->unit, ready.task);
    return PL_OK;
}

pl_status pl__flight_new(pl_runner *r, const pl_digest *key, uint32_t model, pl_ready ready, pl_flight **ret,
                         pl_error *reterr)
{
    pl_flight *f = pl__calloc(1, sizeof(*f));
    pl_status rc = PL_OK;

    if (!f || pl__map_put(r->flights_by_key, key->bytes, sizeof(key->bytes), (uintptr_t)f) != PL_OK) {
        pl__free(f);
        return pl__fail(reterr, PL_E_NOMEM, "flight");
    }
    f->key = *key;
    f->model = model;
    f->msg.owner = f;
    f->next = r->flights;
    if (f->next)
        f->next->prev = f;
    r->flights = f;
    r->n_flights++;
    rc = pl__flight_join(f, ready, reterr);
    if (rc != PL_OK) {
        pl__flight_free(r, f);
        return rc;
    }
    *ret = f;
    return PL_OK;
}

pl_status pl__flight_drop(pl_runner *r, pl_flight *f, bool again, pl_error *reterr)
{
    pl_status rc = PL_OK;

    for (size_t i = 0; i < f->n_joiners; i++) {
        pl_open_unit *u = f->joiners[i].unit;
        uint32_t task = f->joiners[i].task;

        u->joined--;
        if (!u->dead)
            pl__unit_unstart(u->unit, task);
        if (!u->dead && again && rc == PL_OK) {
            u->in_queue[task] = 0;
            rc = pl__run_queue_ready(r, u, task, reterr);
        }
        pl__run_unit_release(r, u);
    }
    pl__flight_free(r, f);
    return rc;
}

void pl__flight_abandon(pl_runner *r, pl_flight *f)
{
    pl_status rc = pl__flight_drop(r, f, false, NULL);

    (void)rc; /* only making tasks ready again can fail */
}

void pl__run_flights_drop_all(pl_runner *r)
{
    while (r->flights)
        pl__flight_abandon(r, r->flights);
}

pl_status pl__flight_chat(pl_runner *r, pl_ready ready, pl_error *reterr)
{
    pl_status rc = pl__unit_chat(ready.unit->unit, ready.task, &r->builder, reterr);

    if (rc == PL_OK)
        pl__run_adapt(r, pl__unit_task(ready.unit->unit, ready.task), &r->builder.chat);
    return rc;
}

/* Sends a flight whose image (if any) is ready. */
static pl_status flight_send(pl_runner *r, pl_flight *f, const pl_image_entry *image, pl_error *reterr)
{
    pl_chat_image chat_image = {NULL, NULL};
    pl_chat *chat = &r->builder.chat;
    pl_status rc = pl__flight_chat(r, f->joiners[0], reterr);

    if (rc != PL_OK)
        return rc;
    chat->n = f->n; /* as its key says, whatever was learnt since */
    chat->sample = f->sample;
    if (image) {
        pl_reservation known = pl__run_reservation(r, chat, f->model, image->image.width_px, image->image.height_px);

        pl__run_reserve(r, f, &known);
        chat_image.base64 = image->image.base64;
        chat_image.media_type = image->image.media_type;
    }
    f->omit = chat->omit = r->omit[f->model];
    if (chat->top_logprobs > r->top_most[f->model])
        chat->top_logprobs = r->top_most[f->model];
    f->top_logprobs = chat->top_logprobs;
    rc = pl__client_submit(r->client, f->model, chat, image ? &chat_image : NULL, image ? 1 : 0, (uint64_t)(uintptr_t)f,
                           reterr);
    if (rc == PL_OK)
        f->state = PL_FLIGHT_SENT;
    return rc;
}

void pl__flight_unmade(pl_runner *r, const pl_flight *f)
{
    if (f->attempts_before == 0)
        r->summary->calls--;
}

static pl_status item_unusable(pl_runner *r, pl_flight *f, const char *problem, pl_error *reterr)
{
    pl_status rc = PL_OK;

    for (size_t i = 0; i < f->n_joiners && rc == PL_OK; i++)
        rc = pl__run_item_problem(r, f->joiners[i].unit->item, problem, reterr);
    pl__flight_unmade(r, f);
    pl__flight_abandon(r, f);
    return rc;
}

/* Want of memory or of libvips is not the item's fault and would befall the next ones too: it ends the run. */
static pl_status image_failed(pl_runner *r, pl_flight *f, const pl_image_entry *entry, pl_error *reterr)
{
    if (entry->msg.rc == PL_E_NOMEM)
        return pl__fail(reterr, PL_E_NOMEM, "image %s", entry->path);
    if (entry->msg.rc != PL_E_UNSUPPORTED)
        return item_unusable(r, f, entry->msg.err.msg, reterr);
    if (reterr)
        *reterr = entry->msg.err;
    return PL_E_UNSUPPORTED;
}

pl_status pl__run_image_loaded(pl_runner *r, pl_image_entry *entry, pl_error *reterr)
{
    pl_flight *f = NULL;
    pl_status rc = PL_OK;

    pl__image_pool_loaded(r->images, entry);
    f = entry->waiters;
    entry->waiters = NULL;
    while (f) {
        pl_flight *next = f->next_waiter;

        f->next_waiter = NULL;
        r->reserved[f->model]--;
        if (r->abandoning) {
            pl__flight_unmade(r, f);
            pl__flight_abandon(r, f);
        } else if (rc == PL_OK && entry->state == PL_IMAGE_FAILED)
            rc = image_failed(r, f, entry, reterr);
        else if (rc == PL_OK)
            rc = flight_send(r, f, entry, reterr);
        f = next;
    }
    pl__image_pool_trim(r->images);
    return rc;
}

pl_status pl__flight_begin(pl_runner *r, pl_flight *f, const pl_item *item, pl_error *reterr)
{
    pl_image_entry *entry = NULL;
    pl_status rc = PL_OK;

    if (!f->has_image || pl__client_awaits(r->client, &f->key))
        return flight_send(r, f, NULL, reterr);
    rc = pl__image_pool_get(r->images, item->image_path, &item->image_digest, &r->setup->config->models[f->model].image,
                            &entry, reterr);
    if (rc != PL_OK)
        return rc;
    if (entry->state == PL_IMAGE_READY)
        return flight_send(r, f, entry, reterr);
    if (entry->state == PL_IMAGE_FAILED)
        return image_failed(r, f, entry, reterr);
    f->state = PL_FLIGHT_IMAGE;
    f->next_waiter = entry->waiters;
    entry->waiters = f;
    r->reserved[f->model]++;
    return PL_OK;
}
