/* Tasks that may be asked, in the order in which they became ready. */
#include "alloc.h"
#include "error.h"
#include "run_internal.h"

pl_status pl__ready_push(pl_ready_queue *q, pl_ready ready)
{
    if (q->len == q->cap) {
        size_t cap = q->cap ? q->cap * 2 : 64;
        pl_ready *grown = pl__reallocarray(NULL, cap, sizeof(*grown));

        if (!grown)
            return PL_E_NOMEM;
        for (size_t i = 0; i < q->len; i++)
            grown[i] = q->ptr[(q->head + i) % q->cap];
        pl__free(q->ptr);
        q->ptr = grown;
        q->cap = cap;
        q->head = 0;
    }
    q->ptr[(q->head + q->len) % q->cap] = ready;
    q->len++;
    return PL_OK;
}

pl_ready pl__ready_pop(pl_ready_queue *q)
{
    pl_ready ready = q->ptr[q->head];

    q->head = (q->head + 1) % q->cap;
    q->len--;
    return ready;
}

void pl__ready_unpop(pl_ready_queue *q, pl_ready ready)
{
    q->head = (q->head + q->cap - 1) % q->cap;
    q->len++;
    q->ptr[q->head] = ready;
}

pl_status pl__run_queue_ready(pl_runner *r, pl_open_unit *u, uint32_t from, pl_error *reterr)
{
    uint32_t n = pl__unit_count(u->unit);

    for (uint32_t i = from; i < n; i++) {
        if (u->in_queue[i] || pl__unit_state(u->unit, i) != PL_TASK_READY)
            continue;
        if (pl__ready_push(&r->ready[pl__unit_task(u->unit, i)->model], (pl_ready){u, i}) != PL_OK)
            return pl__fail(reterr, PL_E_NOMEM, "ready tasks");
        u->in_queue[i] = 1;
        u->queued++;
    }
    return PL_OK;
}

pl_status pl__run_queue_again(pl_runner *r, pl_ready ready, pl_error *reterr)
{
    if (pl__ready_push(&r->ready[pl__unit_task(ready.unit->unit, ready.task)->model], ready) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "ready tasks");
    ready.unit->queued++;
    if (!ready.unit->dead)
        pl__unit_unstart(ready.unit->unit, ready.task);
    return PL_OK;
}
