#include "agenda.h"
#include "alloc.h"
#include "error.h"
#include "run.h"

size_t pl__item_kind(const pl_item *item)
{
    return (item->image_path != NULL ? 1u : 0u) + (item->n_options > 0 ? 2u : 0u);
}

/* Adds the tasks of one item of a kind, times how many such items there are. */
static pl_status count_kind(const pl_setup *s, const pl_item *item, uint64_t times, pl_plan *plan, pl_error *reterr)
{
    pl_item counted = *item;

    counted.has_image_digest = item->image_path != NULL; /* any digest counts the same */
    for (uint32_t u = 0; u < pl__eval_units_per_item(s->eval); u++) {
        pl_unit *unit = NULL;
        pl_status rc = pl__unit_new(s->eval, &counted, u, &unit, reterr);

        if (rc != PL_OK)
            return rc;
        for (uint32_t i = 0; i < pl__unit_count(unit); i++) {
            const pl_task *task = pl__unit_task(unit, i);

            plan->calls[task->model][task->kind - 1] += times;
            plan->total += times;
            plan->tasks_per_item[pl__item_kind(item)] += times; /* an average is made of it at the end */
        }
        pl__unit_free(unit);
    }
    return PL_OK;
}

static pl_status count_drawn(const pl_setup *s, uint64_t position, pl_plan *plan, pl_error *reterr)
{
    pl_item item = pl__dataset_item(s->dataset, position);

    item.position = position;
    return count_kind(s, &item, 1, plan, reterr);
}

/* As if every round came, and nothing were learnt: the number of judgments is right, who makes them is even. */
static pl_status count_adaptive(const pl_setup *s, pl_plan *plan, pl_error *reterr)
{
    pl_agenda agenda = {0};
    pl_status rc = pl__agenda_open(s, NULL, 0, &agenda, reterr);

    if (rc == PL_OK)
        rc = pl__agenda_foresee(&agenda, UINT32_MAX, reterr);
    for (size_t i = 0; i < agenda.n && rc == PL_OK; i++) {
        pl_item item = pl__agenda_item(&agenda, i);

        rc = count_kind(s, &item, 1, plan, reterr);
        if (agenda.entries[i].round == 0) {
            plan->least = plan->total;
            plan->least_items = i + 1;
        }
    }
    pl__agenda_clear(&agenda);
    return rc;
}

pl_status pl__plan_new(const pl_setup *setup, pl_plan *ret, pl_error *reterr)
{
    pl_plan plan = {.n_models = setup->config->n_models, .n_items = pl__dataset_count(setup->dataset)};
    pl_item examples[PL_ITEM_KINDS] = {{0}, {0}, {0}, {0}};
    uint64_t counts[PL_ITEM_KINDS] = {0, 0, 0, 0};
    pl_status rc = PL_OK;

    plan.calls = pl__calloc(plan.n_models, sizeof(*plan.calls));
    if (!plan.calls)
        return pl__fail(reterr, PL_E_NOMEM, "plan");
    for (uint64_t i = 0; i < plan.n_items; i++) {
        pl_item item = pl__dataset_item(setup->dataset, i);
        size_t kind = pl__item_kind(&item);

        examples[kind] = item;
        counts[kind]++;
    }
    if (setup->config->peer_review.design == PL_DESIGN_ADAPTIVE)
        rc = count_adaptive(setup, &plan, reterr);
    if (setup->config->peer_review.design == PL_DESIGN_RANDOM) {
        for (uint64_t i = 0; i < plan.n_items && rc == PL_OK; i++) /* every item has tasks of its own */
            rc = count_drawn(setup, i, &plan, reterr);
    }
    for (size_t k = 0; k < PL_ITEM_KINDS && rc == PL_OK && setup->config->peer_review.design == PL_DESIGN_FULL; k++) {
        if (counts[k] > 0)
            rc = count_kind(setup, &examples[k], counts[k], &plan, reterr);
    }
    if (rc != PL_OK) {
        pl__plan_clear(&plan);
        return rc;
    }
    for (size_t k = 0; k < PL_ITEM_KINDS; k++)
        plan.tasks_per_item[k] /= counts[k] ? counts[k] : 1;
    plan.n_units = plan.n_items * pl__eval_units_per_item(setup->eval);
    *ret = plan;
    return PL_OK;
}

void pl__plan_clear(pl_plan *plan)
{
    pl__free(plan->calls);
    *plan = (pl_plan){0};
}
