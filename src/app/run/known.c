/* What a probe has found out about the endpoints, and what that means for this run: said before money is spent. */
#include "alloc.h"
#include "error.h"
#include "run_internal.h"
#include "stored_abilities.h"
#include <stdio.h>

/* The summary says it again where tasks were not asked. */
static void tell_refusal(pl_runner *r, uint32_t model, const pl_finding *f)
{
    pl_run_model *m = &r->summary->models[model];
    const char *name = r->setup->config->models[model].name;

    (void)snprintf(m->last_problem, sizeof(m->last_problem), "takes no images, as a probe found: %.180s", f->why);
    pl__log(r->opts->log, PL_LOG_WARN,
            "%s takes no images, as a probe found (%s): what has one is not asked of it; peerless probe looks again",
            name, f->why);
}

static void tell(pl_runner *r, uint32_t model, const pl_abilities *a)
{
    const char *name = r->setup->config->models[model].name;
    const pl_finding *side = &a->of[PL_ABILITY_IMAGE_SIDE];

    if (!r->setup->any_image)
        return;
    if (pl__abilities_refuse_images(a)) {
        tell_refusal(r, model, &a->of[PL_ABILITY_IMAGES]);
        return;
    }
    if (a->of[PL_ABILITY_SIGHT].state == PL_ABILITY_NO)
        pl__log(r->opts->log, PL_LOG_WARN, "%s does not see, as a probe found: %s", name, a->of[PL_ABILITY_SIGHT].why);
    if (side->state == PL_ABILITY_NO && r->setup->config->models[model].image.max_side_px > side->amount)
        pl__log(r->opts->log, PL_LOG_WARN, "%s: as a probe found, it %s; set image.max_side", name, side->why);
}

pl_status pl__run_know_endpoints(pl_runner *r, pl_error *reterr)
{
    uint32_t n = r->setup->config->n_models;
    pl_status rc = PL_OK;

    r->abilities = pl__calloc(n, sizeof(*r->abilities));
    if (!r->abilities)
        return pl__fail(reterr, PL_E_NOMEM, "what is known of endpoints");
    for (uint32_t i = 0; i < n && rc == PL_OK; i++) {
        bool found = false;

        rc = pl__abilities_load(r->store, &r->setup->config->models[i], &r->abilities[i], &found, reterr);
        if (rc == PL_OK && found) {
            pl_chat chat = {.n = 1};

            (void)pl__abilities_adapt(&r->abilities[i], &chat);
            r->omit[i] |= chat.omit;
            tell(r, i, &r->abilities[i]);
        }
    }
    return rc;
}

bool pl__run_refuses(const pl_runner *r, uint32_t model, const pl_chat *chat)
{
    if (!pl__abilities_refuse_images(&r->abilities[model]))
        return false;
    for (size_t i = 0; i < chat->n_parts; i++) {
        if (chat->parts[i].kind == PL_PART_IMAGE)
            return true;
    }
    return false;
}

void pl__run_adapt(const pl_runner *r, const pl_task *task, pl_chat *chat)
{
    (void)pl__abilities_adapt(&r->abilities[task->model], chat);
    pl__run_settle_samples(r, task, chat);
}
