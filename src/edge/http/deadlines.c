#include "deadlines.h"

#include "alloc.h"
#include "error.h"

#include <string.h>

#define INDICES_MIN 16u

static bool earlier(const pl_deadlines *d, uint32_t a, uint32_t b)
{
    return d->due_ns[a] != d->due_ns[b] ? d->due_ns[a] < d->due_ns[b] : a < b;
}

static void put(pl_deadlines *d, size_t at, uint32_t index)
{
    d->heap[at] = index;
    d->place[index] = (uint32_t)at + 1;
}

static size_t sift_up(pl_deadlines *d, size_t at)
{
    uint32_t index = d->heap[at];
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (!earlier(d, index, d->heap[parent]))
            break;
        put(d, at, d->heap[parent]);
        at = parent;
    }
    put(d, at, index);
    return at;
}

static void sift_down(pl_deadlines *d, size_t at)
{
    uint32_t index = d->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= d->n)
            break;
        if (child + 1 < d->n && earlier(d, d->heap[child + 1], d->heap[child]))
            child++;
        if (!earlier(d, d->heap[child], index))
            break;
        put(d, at, d->heap[child]);
        at = child;
    }
    put(d, at, index);
}

/* Each array may grow alone when a later one is refused: n_indices says what all three hold. */
static pl_status grow(void **array, size_t n, size_t item_bytes)
{
    void *grown = pl__reallocarray(*array, n, item_bytes);
    if (!grown)
        return PL_E_NOMEM;
    *array = grown;
    return PL_OK;
}

pl_status pl__deadlines_reserve(pl_deadlines *d, size_t n_indices)
{
    if (n_indices <= d->n_indices)
        return PL_OK;
    if (n_indices >= UINT32_MAX)
        return PL_E_NOMEM;
    size_t n = d->n_indices * 2 > n_indices ? d->n_indices * 2 : n_indices;
    n = n < INDICES_MIN ? INDICES_MIN : n;
    void *heap = d->heap;
    void *place = d->place;
    void *due_ns = d->due_ns;
    pl_status rc = grow(&heap, n, sizeof(*d->heap));
    rc = rc ? rc : grow(&place, n, sizeof(*d->place));
    rc = rc ? rc : grow(&due_ns, n, sizeof(*d->due_ns));
    d->heap = heap;
    d->place = place;
    d->due_ns = due_ns;
    if (rc)
        return rc;
    memset(d->place + d->n_indices, 0, (n - d->n_indices) * sizeof(*d->place));
    d->n_indices = n;
    return PL_OK;
}

void pl__deadlines_clear(pl_deadlines *d)
{
    pl__free(d->heap);
    pl__free(d->place);
    pl__free(d->due_ns);
    *d = (pl_deadlines){0};
}

void pl__deadlines_set(pl_deadlines *d, uint32_t index, uint64_t due_ns)
{
    PL_ASSERT(index < d->n_indices);
    d->due_ns[index] = due_ns;
    if (d->place[index] == 0) {
        put(d, d->n, index);
        d->n++;
    }
    size_t at = sift_up(d, d->place[index] - 1);
    sift_down(d, at);
}

void pl__deadlines_drop(pl_deadlines *d, uint32_t index)
{
    if (index >= d->n_indices || d->place[index] == 0)
        return;
    size_t at = d->place[index] - 1;
    d->place[index] = 0;
    d->n--;
    if (at == d->n)
        return;
    put(d, at, d->heap[d->n]);
    at = sift_up(d, at);
    sift_down(d, at);
}

bool pl__deadlines_first(const pl_deadlines *d, uint32_t *ret_index, uint64_t *ret_due_ns)
{
    if (d->n == 0)
        return false;
    *ret_index = d->heap[0];
    *ret_due_ns = d->due_ns[d->heap[0]];
    return true;
}
