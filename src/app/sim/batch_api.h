#ifndef PL_SIM_BATCH_API_H
#define PL_SIM_BATCH_API_H

#include "clock.h"
#include "dialect.h"
#include "sim.h"

/* The batch APIs of OpenAI (files, batches) and Anthropic (message batches). Requests are answered when a batch is
 * looked at after its time, each as if it had come by itself. Used by several threads. */
#define PL_SIM_BATCHES_MAX 10000u

typedef struct pl_sim_batches pl_sim_batches;

typedef struct pl_sim_batches_opts {
    const pl_clock *clock;
    uint64_t seed;
    pl_sim_batch_faults faults;
    /* Answers one request of a batch. */
    void (*answer)(const pl_sim_dialect *dialect, const pl_httpd_request *request, pl_httpd_response *ret, void *user);
    void *user;
} pl_sim_batches_opts;

pl_sim_batches *pl__sim_batches_new(const pl_sim_batches_opts *opts); /* NULL on refusal */
void pl__sim_batches_free(pl_sim_batches *b);
/* False: nothing of batches is at this path. */
bool pl__sim_batches_handle(pl_sim_batches *b, const pl_httpd_request *request, pl_httpd_response *ret);
/* How many batches were created, and how many requests they have. */
void pl__sim_batches_count(pl_sim_batches *b, uint64_t *ret_batches, uint64_t *ret_requests);

#endif
