#ifndef PL_DELAY_QUEUE_H
#define PL_DELAY_QUEUE_H

#include <peerless/status.h>

/* A thread that calls back when things are due. Room is set aside at the start, so that waiting cannot run out of
 * memory later. */
typedef struct pl_delay_queue pl_delay_queue;

/* At most n_max things wait at a time. fire(thing) is called from the queue's thread, with its lock held. PL_E_NOMEM,
 * PL_E_BUSY (no thread to be had). */
PL_NODISCARD pl_status pl__delay_queue_new(size_t n_max, void (*fire)(void *thing), pl_delay_queue **ret,
                                           pl_error *reterr);
/* Calls begin(thing) and lets it wait, both before fire can see it. False, and begin is not called: no room, or the
 * queue is closed. */
bool pl__delay_queue_add(pl_delay_queue *queue, uint32_t delay_ms, void (*begin)(void *thing), void *thing);
/* Fires all that waits and takes nothing more. */
void pl__delay_queue_close(pl_delay_queue *queue);
void pl__delay_queue_free(pl_delay_queue *queue); /* closes first; NULL is a no-op */

#endif
