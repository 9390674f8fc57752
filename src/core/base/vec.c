#include "vec.h"

#include "alloc.h"

#include <string.h>

#define ITEMS_MIN ((size_t)8)

pl_status pl__vec_reserve(void *items, size_t *cap, size_t need, size_t item_bytes)
{
    if (need <= *cap)
        return PL_OK;
    size_t grown = *cap > SIZE_MAX / 2 ? need : *cap * 2;
    if (grown < need)
        grown = need;
    if (grown < ITEMS_MIN)
        grown = ITEMS_MIN;
    void *p = NULL; /* copied by bytes: a T * may not be read through a void ** */
    memcpy(&p, items, sizeof(p));
    p = pl__reallocarray(p, grown, item_bytes);
    if (!p)
        return PL_E_NOMEM;
    memcpy(items, &p, sizeof(p));
    *cap = grown;
    return PL_OK;
}
