#ifndef PL_BATCH_H
#define PL_BATCH_H

#include "batch_record.h"
#include "client.h"

/* The batch lane of a client: calls gather into batches, which are uploaded, polled and collected. Internal to the
 * client, which passes submit, poll and completions on.
 *
 * What is durable when (see pl_batch_ledger):
 *   1. a record with the call keys, before anything is sent;
 *   2. the provider's name for the batch, as soon as it is known;
 *   3. that it has ended, after all its results.
 * A record without a name is looked for at the provider: by our tag where a batch can carry one, else by its number of
 * requests and its time, and then by the names of its requests. Only if it is not there is it asked again. */
#define PL_BATCH_CALLS_MAX 10000u                      /* of one model, in batches or gathering */
#define PL_BATCH_REQUESTS_MAX 10000u                   /* in one batch; both providers take more */
#define PL_BATCH_BYTES_MAX ((size_t)32 << 20)          /* of one batch: it is in memory until it is created */
#define PL_BATCH_REPLY_BYTES_MAX ((size_t)40 << 20)    /* that its replies are likely to have */
#define PL_BATCH_QUIET_MS 500u                         /* without a further call, and none under way: it is closed */
#define PL_BATCH_AGE_MAX_MS 60000u                     /* since its first call: it is closed whatever else goes on */
#define PL_BATCH_PAUSE_FIRST_MS 500u                   /* between two looks at it, growing by half … */
#define PL_BATCH_PAUSE_MAX_MS 60000u                   /* … up to this */
#define PL_BATCH_SEARCH_PAUSE_MS 2000u                 /* before looking for one whose creation got lost … */
#define PL_BATCH_SEARCHES 2u                           /* … and so often before it is taken for never created */
#define PL_BATCH_SEARCH_PAGES_MAX 50u                  /* of 100 batches */
#define PL_BATCH_SEARCH_SLACK_MS (INT64_C(10) * 60000) /* between the provider's clock and ours */
#define PL_BATCH_REJECTED_MAX 128u                     /* found, and not ours */
#define PL_BATCH_TRANSPORT_TAG (UINT64_C(1) << 63)     /* of requests that belong to batches */

typedef struct pl_batches pl_batches;

PL_NODISCARD pl_status pl__batches_new(pl_client *client, const pl_batch_ledger *ledger, pl_batches **ret,
                                       pl_error *reterr);
void pl__batches_free(pl_batches *b);
PL_NODISCARD pl_status pl__batches_adopt(pl_batches *b, const pl_batch_record *record, pl_error *reterr);
bool pl__batches_awaits(const pl_batches *b, const pl_digest *key);
/* Joins the call of an open batch, or gathers it. PL_E_NOMEM, PL_E_INVALID. */
PL_NODISCARD pl_status pl__batches_submit(pl_batches *b, uint32_t model, const pl_chat *chat, const pl_digest *key,
                                          const pl_chat_image *images, size_t n_images, uint64_t tag, pl_error *reterr);
/* Takes over a completion of a request with PL_BATCH_TRANSPORT_TAG. */
void pl__batches_take(pl_batches *b, pl_http_completion *done);
/* Does what is due. What the ledger or memory fails with; it is tried again by the next pump. */
PL_NODISCARD pl_status pl__batches_pump(pl_batches *b, uint64_t now_ns, pl_error *reterr);
uint64_t pl__batches_due_ns(const pl_batches *b); /* when pump has something to do, if nothing arrives before */
/* Hands out results behind ret[*n]. */
PL_NODISCARD pl_status pl__batches_results(pl_batches *b, pl_call_result *ret, size_t cap, size_t *n, pl_error *reterr);
/* Calls that wait for a batch end with PL_OUTCOME_NONE; their batches go on without us. */
void pl__batches_leave(pl_batches *b);
void pl__batches_stop_retrying(pl_batches *b);
uint32_t pl__batches_in_flight(const pl_batches *b);
void pl__batches_left(const pl_batches *b, uint32_t *ret_batches, uint64_t *ret_calls);

#endif
