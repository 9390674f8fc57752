#include "name_order.h"

#include "alloc.h"

#include <stdlib.h>
#include <string.h>

typedef struct named {
    const char *name;
    uint32_t index;
} named;

static int compare_named(const void *x, const void *y)
{
    const named *a = x;
    const named *b = y;
    int c = strcmp(a->name, b->name);
    return c ? c : (a->index > b->index) - (a->index < b->index);
}

pl_status pl__name_order(const char *const *names, uint32_t n, uint32_t **ret)
{
    named *sorted = pl__calloc(n, sizeof(*sorted));
    uint32_t *order = pl__calloc(n, sizeof(*order));
    if (!sorted || !order) {
        pl__free(sorted);
        pl__free(order);
        return PL_E_NOMEM;
    }
    for (uint32_t i = 0; i < n; i++)
        sorted[i] = (named){names[i], i};
    if (n > 0)
        qsort(sorted, n, sizeof(*sorted), compare_named);
    for (uint32_t i = 0; i < n; i++)
        order[i] = sorted[i].index;
    pl__free(sorted);
    *ret = order;
    return PL_OK;
}
