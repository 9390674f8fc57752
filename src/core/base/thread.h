#ifndef PL_THREAD_H
#define PL_THREAD_H

#include <peerless/status.h>

/* Runs fn(index, user) for index 0..n-1 on up to `threads` threads (0 or 1: here). Each index runs once; the
 * outcome must not depend on the order. Returns the status of the lowest failing index, PL_OK when all succeed.
 * If threads cannot be started the work is done on those there are. */
PL_NODISCARD pl_status pl__parallel_for(size_t n, uint32_t threads,
                                        pl_status (*fn)(size_t index, void *user, pl_error *reterr), void *user,
                                        pl_error *reterr);

/* Something that is done once, by whichever thread asks first; the others wait until it is done. */
typedef struct pl_once pl_once;

pl_once *pl__once_new(void); /* NULL: no memory */
void pl__once_run(pl_once *once, void (*fn)(void *user), void *user);
void pl__once_free(pl_once *once);

#endif
