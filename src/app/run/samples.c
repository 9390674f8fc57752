/* Several samples of one answer. All tasks that want one of them write the same request, for all in one reply, and so
 * share a call; a task takes the choice of its number. Where that cannot be had, each task's request is its own. */
#include "run_internal.h"

void pl__run_settle_samples(const pl_runner *r, const pl_task *task, pl_chat *chat)
{
    bool several = r->abilities[task->model].of[PL_ABILITY_N].state == PL_ABILITY_YES && !r->one_each[task->model];

    if (task->sample == 0 || (several && chat->n > 1))
        return;
    chat->n = 1;
    chat->sample = task->sample;
}

bool pl__run_lacks_choice(const pl_flight *f, const pl_task *task)
{
    const pl_reply *reply = &f->result.decoded.reply;

    return f->n > 1 && pl__outcome_is_response(reply->outcome) && task->sample > 1 + reply->n_further;
}

void pl__run_ask_one_each(pl_runner *r, uint32_t model, const char *why)
{
    if (r->one_each[model])
        return;
    r->one_each[model] = true;
    pl__log(r->opts->log, PL_LOG_WARN, "%s: from now on asked for one sample at a time: %s",
            r->setup->config->models[model].name, why);
}

pl_status pl__run_drop_short(pl_runner *r, pl_flight *f, pl_error *reterr)
{
    size_t kept = 0;
    pl_status rc = PL_OK;

    for (size_t i = 0; i < f->n_joiners && rc == PL_OK; i++) {
        pl_ready ready = f->joiners[i];

        if (!pl__run_lacks_choice(f, pl__unit_task(ready.unit->unit, ready.task))) {
            f->joiners[kept++] = ready;
            continue;
        }
        pl__run_ask_one_each(r, f->model, "its reply had fewer than were asked for");
        rc = pl__run_queue_again(r, ready, reterr);
        if (rc == PL_OK)
            ready.unit->joined--;
        else
            f->joiners[kept++] = ready;
    }
    if (rc == PL_OK)
        f->n_joiners = kept;
    return rc;
}
