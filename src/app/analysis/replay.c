#include "replay.h"

#include "agenda.h"
#include "alloc.h"
#include "codec.h"
#include "error.h"
#include "json.h"
#include <string.h>

struct pl_replay {
    pl_store *store;
    pl_str run_memory;
    pl_store_run run;
    pl_config *config;
    pl_setup *setup;
};

pl_status pl__replay_open(pl_store *store, int64_t run_id, pl_replay **ret, pl_error *reterr)
{
    pl_replay *replay = pl__calloc(1, sizeof(*replay));
    pl_status rc = PL_OK;

    if (!replay)
        return pl__fail(reterr, PL_E_NOMEM, "stored run");
    replay->store = store;
    pl__str_init(&replay->run_memory, PL_STR_LIMIT_DEFAULT);
    rc = store->ops->run_get(store, run_id, &replay->run, &replay->run_memory, reterr);
    if (rc == PL_OK)
        rc = pl__config_from_canonical(pl__view(replay->run.config), &replay->config, reterr);
    if (rc == PL_OK)
        rc = pl__setup_from_run(replay->config, &replay->run, &replay->setup, reterr);
    if (rc != PL_OK) {
        pl__replay_free(replay);
        return rc;
    }
    *ret = replay;
    return PL_OK;
}

void pl__replay_free(pl_replay *replay)
{
    if (!replay)
        return;
    pl__setup_free(replay->setup);
    pl__config_free(replay->config);
    pl__str_clear(&replay->run_memory);
    pl__free(replay);
}

const pl_config *pl__replay_config(const pl_replay *replay)
{
    return replay->config;
}

const pl_store_run *pl__replay_run(const pl_replay *replay)
{
    return &replay->run;
}

const pl_setup *pl__replay_setup(const pl_replay *replay)
{
    return replay->setup;
}

typedef struct visit {
    pl_replay *replay;
    pl_eval_kind which;
    pl_status (*fn)(const pl_replay_unit *unit, void *user, pl_error *reterr);
    void *user;
    pl_unit *unit;
    pl_reply *replies;
    pl_outcome *outcomes;
} visit;

/* Of a reply with several samples each task has the choice of its number. */
static void choose(pl_reply *reply, const pl_task *task)
{
    size_t choice = task->sample > 0 && reply->n_further > 0 ? task->sample - 1 : 0;

    if (!pl__reply_choose(reply, choice))
        pl__reply_clear(reply);
}

static pl_status stored_task(const pl_digest *key, const pl_store_call *call, void *user, pl_error *reterr)
{
    visit *v = user;
    pl_status rc = PL_OK;

    for (uint32_t i = pl__unit_find(v->unit, key, 0); i != PL_INDEX_NONE && rc == PL_OK;
         i = pl__unit_find(v->unit, key, i + 1)) {
        v->outcomes[i] = call->outcome;
        pl__reply_clear(&v->replies[i]);
        if (pl__outcome_is_response(call->outcome))
            rc = pl__codec_reread(call->codec, call->http_status, call->body, &v->replies[i], reterr);
        if (rc == PL_OK && pl__outcome_is_response(call->outcome)) {
            choose(&v->replies[i], pl__unit_task(v->unit, i));
            v->outcomes[i] = v->replies[i].outcome; /* parsed when read: a better codec needs no new call */
        }
    }
    return rc;
}

static pl_status visit_unit(visit *v, const pl_item *item, uint64_t position, uint32_t index, pl_error *reterr)
{
    pl_replay *replay = v->replay;
    uint32_t n = 0;
    pl_str id;
    pl_status rc = pl__unit_new(replay->setup->eval, item, index, &v->unit, reterr);

    if (rc != PL_OK)
        return rc;
    if (pl__unit_kind(v->unit) != v->which) {
        pl__unit_free(v->unit);
        v->unit = NULL;
        return PL_OK;
    }
    pl__str_init(&id, PL_STR_LIMIT_DEFAULT);
    n = pl__unit_count(v->unit);
    v->replies = pl__calloc(n, sizeof(*v->replies));
    v->outcomes = pl__calloc(n, sizeof(*v->outcomes));
    rc = v->replies && v->outcomes ? pl__str_append_c(&id, item->id) : PL_E_NOMEM;
    if (rc == PL_OK && pl__unit_author(v->unit) != PL_INDEX_NONE)
        rc = pl__str_appendf(&id, "#%s", replay->config->models[pl__unit_author(v->unit)].name);
    if (rc != PL_OK) {
        rc = pl__fail(reterr, rc, "stored question");
        goto out;
    }
    rc = replay->store->ops->unit_each(replay->store, pl__unit_key(v->unit), true, stored_task, v, reterr);
    for (uint32_t i = 0; i < n && rc == PL_OK; i++) {
        const pl_reply *reply = &v->replies[i];

        if (v->outcomes[i] != PL_OUTCOME_NONE && !pl__task_state_is_end(pl__unit_state(v->unit, i)))
            rc = pl__unit_finish(v->unit, i, v->outcomes[i],
                                 pl__view_n(reply->text ? reply->text : "", reply->text_len), reterr);
    }
    if (rc == PL_OK) {
        pl_replay_unit unit = {v->unit, position, index, v->replies, pl__str_c(&id)};

        rc = v->fn(&unit, v->user, reterr);
    }
out:
    for (uint32_t i = 0; v->replies && i < n; i++)
        pl__reply_clear(&v->replies[i]);
    pl__free(v->replies);
    pl__free(v->outcomes);
    v->replies = NULL;
    v->outcomes = NULL;
    pl__unit_free(v->unit);
    v->unit = NULL;
    pl__str_clear(&id);
    return rc;
}

static pl_status item_options(const json_t *doc, const char ***ret, size_t *ret_n, pl_error *reterr)
{
    const json_t *options = json_object_get(doc, "options");
    size_t n = json_array_size(options);
    const char **list = NULL;

    if (n == 0)
        return PL_OK;
    list = pl__calloc(n, sizeof(*list));
    if (!list)
        return pl__fail(reterr, PL_E_NOMEM, "options");
    for (size_t i = 0; i < n; i++)
        list[i] = json_string_value(json_array_get(options, i));
    *ret = list;
    *ret_n = n;
    return PL_OK;
}

static pl_status visit_item(const pl_store_item *stored, void *user, pl_error *reterr)
{
    visit *v = user;
    json_t *doc = NULL;
    const char **options = NULL;
    uint32_t *chosen = NULL;
    uint32_t round = 0;
    pl_item item = {.id = stored->id,
                    .position = stored->position,
                    .has_image_digest = stored->has_image,
                    .image_digest = stored->image_digest};
    pl_status rc = PL_OK;

    if (stored->problem)
        return PL_OK;
    rc = pl__json_parse(pl__view(stored->json), &doc, reterr);
    if (rc == PL_OK)
        rc = pl__json_get_string(doc, "image", &item.image_path, reterr);
    if (rc == PL_OK)
        rc = pl__json_get_string(doc, "question", &item.question, reterr);
    if (rc == PL_OK)
        rc = pl__json_get_string(doc, "dataset", &item.dataset, reterr);
    if (rc == PL_OK)
        rc = item_options(doc, &options, &item.n_options, reterr);
    item.options = options;
    if (rc == PL_OK)
        rc = pl__agenda_read(doc, &round, &chosen, &item.n_chosen, reterr);
    item.chosen = chosen;
    for (uint32_t u = 0; rc == PL_OK && u < pl__eval_units_per_item(v->replay->setup->eval); u++)
        rc = visit_unit(v, &item, stored->position, u, reterr);
    pl__free(chosen);
    pl__free(options);
    json_decref(doc);
    return rc;
}

pl_status pl__replay_each(pl_replay *replay, pl_eval_kind which,
                          pl_status (*fn)(const pl_replay_unit *unit, void *user, pl_error *reterr), void *user,
                          pl_error *reterr)
{
    visit v = {.replay = replay, .which = which, .fn = fn, .user = user};

    return replay->store->ops->item_each(replay->store, replay->run.id, visit_item, &v, reterr);
}

typedef struct problem_visit {
    pl_status (*fn)(const char *id, const char *problem, void *user, pl_error *reterr);
    void *user;
} problem_visit;

static pl_status visit_problem(const pl_store_item *stored, void *user, pl_error *reterr)
{
    problem_visit *v = user;

    return stored->problem ? v->fn(stored->id, stored->problem, v->user, reterr) : PL_OK;
}

pl_status pl__replay_each_problem(pl_replay *replay,
                                  pl_status (*fn)(const char *id, const char *problem, void *user, pl_error *reterr),
                                  void *user, pl_error *reterr)
{
    problem_visit v = {fn, user};

    return replay->store->ops->item_each(replay->store, replay->run.id, visit_problem, &v, reterr);
}
