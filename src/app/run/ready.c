/* Tasks that may be asked, in the order in which they became ready. */
#include "alloc.h"
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
