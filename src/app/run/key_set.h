#ifndef PL_KEY_SET_H
#define PL_KEY_SET_H

#include "hash.h"
#include <peerless/status.h>

/* Calls that were counted, by the first 64 bits of their keys. Zeroed to begin with. */
typedef struct pl_key_set {
    uint64_t *sorted;
    size_t n_sorted;
    uint64_t *recent;  /* the newest: open addressing, 0 is empty, at most half full */
    size_t recent_cap; /* a power of two */
    size_t n_recent;
} pl_key_set;

PL_NODISCARD pl_status pl__key_set_put(pl_key_set *set, const pl_digest *key, bool *ret_new); /* PL_E_NOMEM */
bool pl__key_set_has(const pl_key_set *set, const pl_digest *key);
size_t pl__key_set_count(const pl_key_set *set);
void pl__key_set_clear(pl_key_set *set);

#endif
