#ifndef PL_VEC_H
#define PL_VEC_H

#include <peerless/status.h>

/* Growth for plain arrays: makes room for `need` items of item_bytes in *items (doubling), keeps the old ones.
 * PL_OK or PL_E_NOMEM; on failure nothing changes. `items` is the address of a typed pointer. */
PL_NODISCARD pl_status pl__vec_reserve(void *items, size_t *cap, size_t need, size_t item_bytes);

/* Usage: PL_VEC(pl_item) v = {0}; rc = pl__vec_reserve(&v.ptr, &v.cap, v.len + 1, sizeof(*v.ptr)); */
#define PL_VEC(type)                                                                                                   \
    struct {                                                                                                           \
        type *ptr;                                                                                                     \
        size_t len;                                                                                                    \
        size_t cap;                                                                                                    \
    }

#endif
