#ifndef PL_STORE_LOCK_H
#define PL_STORE_LOCK_H

#include <peerless/status.h>

/* The right to write to a store: an advisory lock on the neighbour file "<store>-lock". The kernel drops it with the
 * process, however that ends. */
typedef struct pl_store_lock {
    int fd; /* -1: not held */
    char *path;
} pl_store_lock;

/* PL_E_BUSY (the message names the store and the process), PL_E_NOT_FOUND (no such directory), PL_E_IO, PL_E_FULL,
 * PL_E_NOMEM. */
PL_NODISCARD pl_status pl__store_lock_take(const char *store_path, pl_store_lock *ret, pl_error *reterr);
void pl__store_lock_release(pl_store_lock *lock); /* a lock that is not held is fine */

#endif
