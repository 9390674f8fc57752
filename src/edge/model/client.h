#ifndef PL_CLIENT_H
#define PL_CLIENT_H

#include "batch_record.h"
#include "clock.h"
#include "codec.h"
#include "log.h"
#include "secrets.h"

/* The pool's endpoints over one transport: slots, what is sent when (src/edge/flow), retries with jitter and delays
 * that servers ask for, keys. One thread. */
typedef struct pl_client pl_client;
struct pl_endpoint;

#define PL_CLIENT_REQUESTS_MAX 1024u /* in flight, of all endpoints together; as many connections as curl opens */

/* A finished call: a response, or a failure after the last attempt. Cleared by pl__call_result_clear. */
typedef struct pl_call_result {
    uint64_t tag;
    uint32_t endpoint;
    bool unasked;   /* of a batch: nobody in this run has submitted it: there is no tag, and no slot to release */
    bool ask_again; /* of a batch, outcome NONE: it was never asked after all, and may be submitted anew */
    pl_decoded decoded;
    pl_str body;     /* the raw reply of the last attempt, as received */
    int http_status; /* 0 if there was none */
    uint32_t attempts;
    uint64_t elapsed_ns; /* first submit to end, waits included */
    pl_digest key;       /* of the call, if it was in a batch */
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
/* Takes a slot, and sends as soon as the endpoint's flow control lets it. PL_E_BUSY without a free slot; PL_E_NOMEM,
 * PL_E_INVALID. The chat is not kept. */
PL_NODISCARD pl_status pl__client_submit(pl_client *client, uint32_t model, const pl_chat *chat,
                                         const pl_chat_image *images, size_t n_images, uint64_t tag, pl_error *reterr);
/* Runs the transport until a call is finished, wake, or the deadline. Retries happen inside. */
PL_NODISCARD pl_status pl__client_poll(pl_client *client, uint64_t deadline_mono_ns, pl_call_result *ret, size_t cap,
                                       size_t *ret_n, pl_error *reterr);
/* Gives a slot back: to be called when the result is durable. */
void pl__client_release(pl_client *client, uint32_t model);
/* No further attempts; what is in flight ends as it is answered, what waits for a retry ends now with what it had.
 * Calls that have not been sent yet still are. */
void pl__client_stop_retrying(pl_client *client);
/* Calls that have not been sent yet end now, with PL_OUTCOME_NONE and no attempt; so do those in batches, which go on
 * without us. */
void pl__client_drop_unsent(pl_client *client);
/* How many requests all endpoints together may have in flight from now on; shared fairly, one kept for each at least.
 * Only while nothing is in flight, else PL_E_BUSY. PL_E_NOMEM, PL_E_INVALID (0). */
PL_NODISCARD pl_status pl__client_set_requests_max(pl_client *client, uint32_t requests_max, pl_error *reterr);
/* Calls submitted and not yet given back by poll. */
uint32_t pl__client_in_flight(const pl_client *client);
/* Has the endpoint answered auth, quota or not-found so often that asking on is senseless, or has none of its servers
 * served for longer than a restart takes (timeout_total, or the attempts of one call if none ever has)? Then its
 * reason, else PL_OUTCOME_NONE. The run stops feeding it; others go on. */
pl_outcome pl__client_closed(const pl_client *client, uint32_t model);
/* A model's endpoint, for requests that are no chats; only while nothing is in flight. NULL: there is no such model. */
const struct pl_endpoint *pl__client_endpoint(const pl_client *client, uint32_t model);
/* What no output may show: the keys of all endpoints. Borrowed. */
const pl_secrets *pl__client_secrets(const pl_client *client);

/* ---- batches ---- */
/* Where batches are kept between runs. Borrowed but for its bytes; called from the client's thread. */
typedef struct pl_batch_ledger {
    /* Replaces by tag, durable on return. What it fails with ends the poll that needed it, and is tried again. */
    pl_status (*put)(const pl_batch_record *record, void *user, pl_error *reterr);
    /* The same, but durable only after every result of it that poll has handed out before. */
    pl_status (*end)(const pl_batch_record *record, void *user, pl_error *reterr);
    void *user;
} pl_batch_ledger;

/* From here on, calls of models that want it go in batches; without a ledger they go one by one. Once, before the
 * first submit. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__client_keep_batches(pl_client *client, const pl_batch_ledger *ledger, pl_error *reterr);
/* A batch of an earlier run that has not ended: its results will come out of poll, for the calls that are submitted
 * meanwhile, whatever their model's config says now, and for the others as `unasked`. PL_E_NOMEM, PL_E_PARSE. */
PL_NODISCARD pl_status pl__client_adopt_batch(pl_client *client, const pl_batch_record *record, pl_error *reterr);
/* Is the call in such a batch? Then submit needs no images. */
bool pl__client_awaits(const pl_client *client, const pl_digest *key);
/* Batches that the provider has, or may have, whose results are not here. */
void pl__client_batches_left(const pl_client *client, uint32_t *ret_batches, uint64_t *ret_calls);

#define PL_CLIENT_OUTCOMES 43u /* numbers of pl_outcome */

typedef struct pl_client_stats {
    uint64_t calls;                       /* handed out by poll, sent at least once */
    uint64_t attempts;                    /* requests sent */
    uint64_t retries[PL_CLIENT_OUTCOMES]; /* attempts after the first, by the outcome of the one before */
    uint32_t attempts_most;               /* of one call */
    uint64_t throttled_ns;                /* time during which a call was ready and flow control held it back */
    uint64_t breaker_openings;            /* a server was found not to serve */
    uint64_t limit_cuts;                  /* the concurrency was lowered */
    uint32_t limit;                       /* concurrency that the servers bear, as far as is known now */
    uint32_t concurrency;                 /* that the user allows */
    uint32_t in_flight;                   /* requests now */
    uint32_t queued;                      /* calls that could go but for flow control */
    uint32_t waiting;                     /* calls that wait for the time of their next attempt */
} pl_client_stats;
/* All zero for a model that is not there. */
void pl__client_stats(const pl_client *client, uint32_t model, pl_client_stats *ret);

#endif
