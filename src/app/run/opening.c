/* Items become open units. What the store already has is taken over here, unit by unit, so that resuming costs one
 * index scan per question and no text is read for questions that are done. */
#include "alloc.h"
#include "error.h"
#include "run_internal.h"
#include <stdio.h>
#include <string.h>

static void note_item_problem(pl_runner *r, const char *id, const char *problem)
{
    pl_run_summary *s = r->summary;

    if (s->item_problems && s->item_problems_count < PL_RUN_PROBLEMS_MAX)
        (void)snprintf(s->item_problems[s->item_problems_count], sizeof(s->item_problems[0]), "%s: %s", id, problem);
    s->item_problems_count++;
    pl__log(r->opts->log, PL_LOG_WARN, "%s: %s (left out)", id, problem);
}

pl_status pl__run_item_problem(pl_runner *r, pl_open_item *item, const char *problem, pl_error *reterr)
{
    if (item->bad)
        return PL_OK;
    item->bad = true;
    note_item_problem(r, item->item.id, problem);
    r->tasks_left_out += r->tasks_per_item[pl__item_kind(&item->item)];
    pl__adaptive_item_bad(r, item);
    for (pl_open_unit *u = r->units, *next = NULL; u; u = next) {
        next = u->next;
        if (u->item != item)
            continue;
        u->dead = true;
        r->tasks_ended_any += pl__unit_open_tasks(u->unit);
    }
    return pl__run_item_write(r, item, problem, reterr);
}

static void item_release(pl_open_item *item)
{
    if (item->units_open == 0)
        pl__free(item);
}

static pl_status next_item(pl_runner *r, pl_open_item *it, pl_error *reterr)
{
    if (!r->adaptive) {
        it->item = pl__dataset_item(r->setup->dataset, r->next_item);
        it->item.position = r->next_item;
    } else {
        it->entry = pl__adaptive_take(r, &it->item);
    }
    it->position = it->item.position;
    if (it->entry && it->entry->id)
        return pl__fail(reterr, PL_E_NOT_FOUND, "is not among the items any more");
    return PL_OK;
}

static pl_status open_item(pl_runner *r, pl_error *reterr)
{
    pl_open_item *it = pl__calloc(1, sizeof(*it));
    pl_error err = {0};
    bool was_put_off = r->opening_pass.second;
    bool put_off = false;
    pl_status rc = PL_OK;

    if (!it)
        return pl__fail(reterr, PL_E_NOMEM, "item");
    it->was_put_off = was_put_off;
    rc = next_item(r, it, &err);
    if (rc == PL_OK && it->item.image_path && !it->item.has_image_digest)
        rc = pl__run_item_digest(r, &it->item, &err);
    if (it->item.image_path && rc == PL_OK && r->opts->max_cost_nano_usd > 0)
        (void)pl__image_size(it->item.image_path, &it->width_px, &it->height_px);
    if (rc == PL_OK)
        rc = pl__opening_pass_put_off(r, &it->item, &put_off, &err);
    if (!r->adaptive)
        pl__opening_pass_advance(r);
    if (put_off) {
        pl__free(it);
        return PL_OK;
    }
    if (rc != PL_OK) {
        if (pl__run_is_item_problem(rc)) {
            rc = pl__run_item_problem(r, it, err.msg, reterr);
            r->tasks_ended_any += was_put_off ? 0 : r->tasks_per_item[pl__item_kind(&it->item)];
        } else if (reterr) {
            *reterr = err;
        }
        pl__free(it);
        return rc;
    }
    rc = pl__run_item_write(r, it, NULL, reterr);
    if (rc == PL_OK)
        rc = pl__adaptive_count(r, it, reterr);
    if (rc != PL_OK) {
        pl__free(it);
        return rc;
    }
    r->opening = it;
    r->opening_unit = 0;
    return PL_OK;
}

/* ---- what the store already has of a unit ---- */

typedef struct stored_unit {
    pl_runner *r;
    pl_unit *unit;
    pl_outcome *outcomes; /* per task; NONE: nothing usable is stored */
    char **texts;         /* per task, if another needs it or what judges say counts; NULL: not wanted */
    size_t *text_lens;
    uint32_t n_found;
} stored_unit;

static pl_status found_task(const pl_digest *key, const pl_store_call *call, void *user, pl_error *reterr)
{
    stored_unit *su = user;
    uint32_t i = pl__unit_find(su->unit, key, 0);

    if (i != PL_INDEX_NONE) {
        pl_status rc = pl__run_spend_stored(su->r, pl__unit_task(su->unit, i), call, reterr);

        if (rc != PL_OK)
            return rc;
    }
    if (!pl__run_takes_stored(su->r, call->outcome))
        return PL_OK;
    for (; i != PL_INDEX_NONE; i = pl__unit_find(su->unit, key, i + 1)) {
        su->outcomes[i] = call->outcome;
        su->n_found++;
        if (su->texts && (su->r->adaptive || pl__unit_is_needed(su->unit, i))) {
            pl_str text;
            pl_status rc = PL_OK;

            pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
            rc = pl__stored_said(call, pl__unit_task(su->unit, i), &su->outcomes[i], &text, reterr);
            if (rc != PL_OK) {
                pl__str_clear(&text);
                return rc;
            }
            pl__free(su->texts[i]);
            su->text_lens[i] = text.len;
            su->texts[i] = pl__str_take(&text);
        }
    }
    return PL_OK;
}

/* Ends in `unit` what the store has. with_text: also the texts that open tasks may need. */
static pl_status take_over(pl_runner *r, pl_unit *unit, bool with_text, uint32_t *ret_found, pl_error *reterr)
{
    uint32_t n = pl__unit_count(unit);
    stored_unit su = {.r = r, .unit = unit};
    pl_status rc = PL_OK;

    su.outcomes = pl__calloc(n, sizeof(*su.outcomes));
    if (with_text) {
        su.texts = pl__calloc(n, sizeof(*su.texts));
        su.text_lens = pl__calloc(n, sizeof(*su.text_lens));
    }
    if (!su.outcomes || (with_text && (!su.texts || !su.text_lens))) {
        rc = pl__fail(reterr, PL_E_NOMEM, "stored tasks of a question");
        goto out;
    }
    rc = r->store->ops->unit_each(r->store, pl__unit_key(unit), with_text, found_task, &su, reterr);
    for (uint32_t i = 0; i < n && rc == PL_OK; i++) {
        pl_view text = {NULL, 0}; /* not at hand */

        if (su.outcomes[i] == PL_OUTCOME_NONE || pl__task_state_is_end(pl__unit_state(unit, i)))
            continue;
        if (with_text)
            text = su.texts[i] ? pl__view_n(su.texts[i], su.text_lens[i]) : pl__view("");
        rc = pl__unit_finish(unit, i, su.outcomes[i], text, reterr);
    }
    *ret_found = su.n_found;
out:
    for (uint32_t i = 0; su.texts && i < n; i++)
        pl__free(su.texts[i]);
    pl__free(su.texts);
    pl__free(su.text_lens);
    pl__free(su.outcomes);
    return rc;
}

static pl_status load_unit(pl_runner *r, pl_unit **ret, uint32_t *ret_found, pl_error *reterr)
{
    pl_unit *unit = NULL;
    pl_status rc = pl__unit_new(r->setup->eval, &r->opening->item, r->opening_unit, &unit, reterr);

    if (rc == PL_OK)
        rc = take_over(r, unit, r->adaptive != NULL, ret_found, reterr);
    if (rc == PL_OK && !r->adaptive && *ret_found > 0 && pl__unit_open_tasks(unit) > 0) {
        /* Partly done: once more, with the texts that its open tasks need. */
        pl__unit_free(unit);
        unit = NULL;
        rc = pl__unit_new(r->setup->eval, &r->opening->item, r->opening_unit, &unit, reterr);
        if (rc == PL_OK)
            rc = take_over(r, unit, true, ret_found, reterr);
    }
    if (rc != PL_OK) {
        pl__unit_free(unit);
        return rc;
    }
    *ret = unit;
    return PL_OK;
}

static void unit_free(pl_runner *r, pl_open_unit *u)
{
    pl_open_item *item = u->item;

    if (u->prev)
        u->prev->next = u->next;
    else
        r->units = u->next;
    if (u->next)
        u->next->prev = u->prev;
    r->n_units--;
    pl__unit_free(u->unit);
    pl__free(u->in_queue);
    pl__free(u);
    item->units_open--;
    if (item != r->opening)
        item_release(item);
}

void pl__run_unit_release(pl_runner *r, pl_open_unit *u)
{
    if (u->queued > 0 || u->joined > 0 || (!u->dead && pl__unit_open_tasks(u->unit) > 0))
        return;
    if (!u->dead) {
        pl__run_account_unit(r, u);
        pl__adaptive_ended(r, u);
    }
    unit_free(r, u);
}

void pl__run_units_drop_all(pl_runner *r)
{
    while (r->units) {
        if (!r->units->dead)
            pl__run_account_unit(r, r->units);
        unit_free(r, r->units);
    }
    if (r->opening) {
        pl__free(r->opening);
        r->opening = NULL;
    }
}

/* Puts the loaded unit into the window. Takes it over, also on failure. */
static pl_status admit_unit(pl_runner *r, pl_unit *unit, uint32_t found, pl_error *reterr)
{
    pl_open_unit *u = pl__calloc(1, sizeof(*u));
    uint32_t n = pl__unit_count(unit);

    if (u)
        u->in_queue = pl__calloc(n, sizeof(*u->in_queue));
    if (!u || !u->in_queue) {
        pl__free(u);
        pl__unit_free(unit);
        return pl__fail(reterr, PL_E_NOMEM, "unit");
    }
    u->unit = unit;
    u->item = r->opening;
    u->item->units_open++;
    u->next = r->units;
    if (u->next)
        u->next->prev = u;
    r->units = u;
    r->n_units++;
    r->summary->reused += found;
    r->tasks_ended_any += n - pl__unit_open_tasks(unit);
    if (r->opening->was_put_off)
        r->tasks_ended_any -= n;
    if (pl__unit_open_tasks(unit) == 0) {
        pl__run_unit_release(r, u);
        return PL_OK;
    }
    return pl__run_queue_ready(r, u, 0, reterr);
}

pl_status pl__run_open_unit(pl_runner *r, bool *ret_opened, pl_error *reterr)
{
    pl_unit *unit = NULL;
    uint32_t found = 0;
    pl_status rc = PL_OK;

    if (r->n_units >= r->window || !pl__run_has_next(r)) {
        *ret_opened = false;
        if (r->adaptive && r->n_units == 0 && !r->stopping)
            return pl__adaptive_advance(r, ret_opened, reterr);
        return PL_OK;
    }
    if (!r->opening) {
        rc = open_item(r, reterr);
        if (rc != PL_OK)
            return rc;
        *ret_opened = true;
        if (!r->opening)
            return PL_OK; /* an item that could not be read: named, the next one comes */
    }
    if (!r->opening->bad) {
        rc = load_unit(r, &unit, &found, reterr);
        if (rc == PL_OK)
            rc = admit_unit(r, unit, found, reterr);
        if (rc != PL_OK)
            return rc;
        r->opening_unit++;
    } else {
        r->tasks_ended_any += r->tasks_per_item[pl__item_kind(&r->opening->item)] /
                              pl__eval_units_per_item(r->setup->eval) *
                              (pl__eval_units_per_item(r->setup->eval) - r->opening_unit);
        r->opening_unit = pl__eval_units_per_item(r->setup->eval);
    }
    if (r->opening_unit >= pl__eval_units_per_item(r->setup->eval)) {
        pl_open_item *item = r->opening;

        r->opening = NULL;
        item_release(item);
    }
    *ret_opened = true;
    return PL_OK;
}
