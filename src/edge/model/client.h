#ifndef PL_CLIENT_H
#define PL_CLIENT_H

#include "clock.h"
#include "codec.h"
#include "log.h"

/* The pool's endpoints over one transport: slots, retries with jitter and Retry-After, keys. One thread. */
typedef struct pl_client pl_client;

/* A finished call: a response, or a failure after the last attempt. Cleared by pl__call_result_clear. */
typedef struct pl_call_result {
    uint64_t tag;
    uint32_t endpoint;
    pl_decoded decoded;
    pl_str body;     /* the raw reply of the last attempt, as received */
    int http_status; /* 0 if there was none */
    uint32_t attempts;
    uint64_t elapsed_ns; /* first submit to end, waits included */
} pl_call_result;
void pl__call_result_clear(pl_call_result *result);

/* The transport is borrowed and must outlive the client. Reads the keys (environment, files): PL_E_NOT_FOUND names the
 * variable or file that is missing and the model that wants it. PL_E_NOMEM, PL_E_UNSUPPORTED (provider). */
PL_NODISCARD pl_status pl__client_new(const pl_model_spec *models, uint32_t n_models, pl_transport *transport,
                                      const pl_clock *clock, uint64_t seed, const pl_log *log, pl_client **ret,
                                      pl_error *reterr);
void pl__client_free(pl_client *client);
/* Free slots of a model's endpoint: concurrency minus calls not yet released. */
uint32_t pl__client_free_slots(const pl_client *client, uint32_t model);
/* Takes a slot and sends. PL_E_BUSY without a free slot; PL_E_NOMEM. The chat is not kept. */
PL_NODISCARD pl_status pl__client_submit(pl_client *client, uint32_t model, const pl_chat *chat,
                                         const pl_chat_image *images, size_t n_images, uint64_t tag, pl_error *reterr);
/* Runs the transport until a call is finished, wake, or the deadline. Retries happen inside. */
PL_NODISCARD pl_status pl__client_poll(pl_client *client, uint64_t deadline_mono_ns, pl_call_result *ret, size_t cap,
                                       size_t *ret_n, pl_error *reterr);
/* Gives a slot back: to be called when the result is durable. */
void pl__client_release(pl_client *client, uint32_t model);
/* No further attempts; what is in flight ends as it is answered, what waits for a retry ends now with what it had. */
void pl__client_stop_retrying(pl_client *client);
/* Calls submitted and not yet given back by poll. */
uint32_t pl__client_in_flight(const pl_client *client);
/* Has the endpoint answered auth, quota or not-found so often that asking on is senseless? Then its reason, else
 * PL_OUTCOME_NONE. The run stops feeding it; others go on. */
pl_outcome pl__client_closed(const pl_client *client, uint32_t model);

#endif
