/* The graph of one unit. Invariants:
 * 1. needs point at earlier nodes;
 * 2. open_tasks counts the nodes whose state is no end;
 * 3. a node is READY only when the texts of all its needs are there;
 * 4. an ended node never changes again. */
#include "alloc.h"
#include "error.h"
#include "eval_internal.h"
#include "vec.h"

bool pl__task_state_is_end(pl_task_state s)
{
    return s >= PL_TASK_ANSWERED;
}

pl_status pl__unit_add(pl_unit *unit, const pl_task *task, uint32_t need_a, uint32_t need_b, uint32_t *ret_index,
                       pl_error *reterr)
{
    pl_unit_node *node = NULL;

    if (unit->n_nodes >= PL_UNIT_TASKS_MAX)
        return pl__fail(reterr, PL_E_LIMIT,
                        "one question gives more than %u tasks: use fewer models, or judges: author",
                        PL_UNIT_TASKS_MAX);
    if (pl__vec_reserve(&unit->nodes, &unit->cap_nodes, unit->n_nodes + 1, sizeof(*unit->nodes)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "tasks of a question");
    node = &unit->nodes[unit->n_nodes];
    *node = (pl_unit_node){.task = *task, .needs = {need_a, need_b}, .state = PL_TASK_READY};
    for (size_t k = 0; k < 2; k++) {
        if (node->needs[k] == PL_INDEX_NONE)
            continue;
        PL_ASSERT(node->needs[k] < unit->n_nodes);
        unit->nodes[node->needs[k]].is_needed = true;
        node->state = PL_TASK_WAITING;
    }
    if (ret_index)
        *ret_index = (uint32_t)unit->n_nodes;
    unit->n_nodes++;
    unit->open_tasks++;
    return PL_OK;
}

pl_status pl__unit_new(const pl_eval *eval, const pl_item *item, uint32_t index, pl_unit **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_unit *unit = NULL;

    if (index >= eval->ops->units_per_item(eval))
        return pl__fail(reterr, PL_E_INVALID, "no such unit of an item");
    unit = pl__calloc(1, sizeof(*unit));
    if (!unit)
        return pl__fail(reterr, PL_E_NOMEM, "unit of item %s", item->id);
    while (eval->ops->part)
        eval = eval->ops->part(eval, &index);
    unit->eval = eval;
    unit->item = item;
    unit->author = PL_INDEX_NONE;
    rc = pl__item_content(item, &unit->item_content, reterr);
    if (rc == PL_OK)
        rc = eval->ops->build(eval, unit, index, reterr);
    if (rc != PL_OK) {
        pl__unit_free(unit);
        return rc;
    }
    *ret = unit;
    return PL_OK;
}

void pl__unit_free(pl_unit *unit)
{
    if (!unit)
        return;
    for (size_t i = 0; i < unit->n_nodes; i++)
        pl__free(unit->nodes[i].text);
    pl__free(unit->nodes);
    pl__free(unit);
}

const pl_digest *pl__unit_key(const pl_unit *unit)
{
    return &unit->key;
}

const pl_item *pl__unit_item(const pl_unit *unit)
{
    return unit->item;
}

uint32_t pl__unit_author(const pl_unit *unit)
{
    return unit->author;
}

uint32_t pl__unit_count(const pl_unit *unit)
{
    return (uint32_t)unit->n_nodes;
}

const pl_task *pl__unit_task(const pl_unit *unit, uint32_t i)
{
    return &unit->nodes[i].task;
}

pl_task_state pl__unit_state(const pl_unit *unit, uint32_t i)
{
    return unit->nodes[i].state;
}

pl_outcome pl__unit_outcome(const pl_unit *unit, uint32_t i)
{
    return unit->nodes[i].outcome;
}

pl_parsed_verdict pl__unit_kept_verdict(const pl_unit *unit, uint32_t i)
{
    return unit->nodes[i].verdict;
}

uint32_t pl__unit_open_tasks(const pl_unit *unit)
{
    return unit->open_tasks;
}

uint32_t pl__unit_find(const pl_unit *unit, const pl_digest *key, uint32_t from)
{
    for (size_t i = from; i < unit->n_nodes; i++) {
        if (pl__digest_eq(&unit->nodes[i].task.key, key))
            return (uint32_t)i;
    }
    return PL_INDEX_NONE;
}

uint32_t pl__unit_need(const pl_unit *unit, uint32_t i, uint32_t which)
{
    return unit->nodes[i].needs[which];
}

bool pl__unit_is_needed(const pl_unit *unit, uint32_t i)
{
    return unit->nodes[i].is_needed;
}

pl_view pl__unit_text(const pl_unit *unit, uint32_t i)
{
    return pl__view_n(unit->nodes[i].text, unit->nodes[i].text_len);
}

void pl__unit_start(pl_unit *unit, uint32_t i)
{
    PL_ASSERT(unit->nodes[i].state == PL_TASK_READY);
    unit->nodes[i].state = PL_TASK_STARTED;
}

void pl__unit_unstart(pl_unit *unit, uint32_t i)
{
    PL_ASSERT(unit->nodes[i].state == PL_TASK_STARTED);
    unit->nodes[i].state = PL_TASK_READY;
}

pl_missing pl__unit_no_reply(const pl_unit *unit, uint32_t i)
{
    const pl_unit_node *node = &unit->nodes[i];

    if (node->state == PL_TASK_VOID || node->state == PL_TASK_BLOCKED)
        return PL_MISSING_ANSWER;
    if (node->state != PL_TASK_ANSWERED)
        return PL_MISSING_CALL;
    if (node->outcome == PL_OUTCOME_REFUSED)
        return PL_MISSING_REFUSED;
    return node->outcome == PL_OUTCOME_EMPTY ? PL_MISSING_EMPTY : PL_MISSING_NOT;
}

static bool has_text(pl_outcome outcome)
{
    return outcome == PL_OUTCOME_ANSWERED || outcome == PL_OUTCOME_CUT_OFF;
}

static bool is_settled(const pl_unit *unit, const pl_unit_node *node)
{
    const pl_eval_ops *ops = unit->eval->ops;

    for (size_t k = 0; k < 2; k++) {
        if (node->needs[k] == PL_INDEX_NONE || !unit->nodes[node->needs[k]].text)
            return false;
    }
    return ops->is_settled && ops->is_settled(unit, (uint32_t)(node - unit->nodes));
}

/* The state that a waiting node's needs put it in. */
static pl_task_state state_by_needs(const pl_unit *unit, const pl_unit_node *node)
{
    pl_task_state state = PL_TASK_READY;

    for (size_t k = 0; k < 2; k++) {
        const pl_unit_node *need = node->needs[k] == PL_INDEX_NONE ? NULL : &unit->nodes[node->needs[k]];

        if (!need || (need->state == PL_TASK_ANSWERED && has_text(need->outcome)))
            continue;
        if (need->state == PL_TASK_FAILED || need->state == PL_TASK_BLOCKED)
            return PL_TASK_BLOCKED; /* may still be asked for by a later run */
        if (pl__task_state_is_end(need->state))
            state = PL_TASK_VOID;
        else if (state == PL_TASK_READY)
            state = PL_TASK_WAITING;
    }
    return state == PL_TASK_READY && is_settled(unit, node) ? PL_TASK_SETTLED : state;
}

pl_status pl__unit_finish(pl_unit *unit, uint32_t i, pl_outcome outcome, pl_view text, pl_error *reterr)
{
    pl_unit_node *node = &unit->nodes[i];

    PL_ASSERT(!pl__task_state_is_end(node->state));
    if (node->is_needed && has_text(outcome) && text.ptr) {
        node->text = pl__strndup(text.ptr, text.len);
        if (!node->text)
            return pl__fail(reterr, PL_E_NOMEM, "text of %zu bytes", text.len);
        node->text_len = text.len;
    }
    node->outcome = outcome;
    node->state = pl__outcome_is_response(outcome) ? PL_TASK_ANSWERED : PL_TASK_FAILED;
    if (unit->eval->keeps_verdicts && node->task.kind == PL_TASK_JUDGMENT)
        node->verdict = pl__unit_verdict(unit, i, text);
    unit->open_tasks--;
    if (!node->is_needed)
        return PL_OK;
    for (size_t k = (size_t)i + 1; k < unit->n_nodes; k++) {
        pl_unit_node *later = &unit->nodes[k];

        if (later->state != PL_TASK_WAITING)
            continue;
        later->state = state_by_needs(unit, later);
        if (pl__task_state_is_end(later->state))
            unit->open_tasks--;
    }
    return PL_OK;
}
