#ifndef PL_RUN_INTERNAL_H
#define PL_RUN_INTERNAL_H

#include "abilities.h"
#include "agenda.h"
#include "client.h"
#include "image.h"
#include "json.h"
#include "map.h"
#include "run.h"
#include "token_estimate.h"
#include "wire.h"

/* A run, all of it on the run's own thread unless said otherwise. A file calls only files further down:
 *   run.c        the loop, beginning and end, progress
 *   tasks.c      ready tasks -> flights -> results -> durable -> next ready tasks
 *   flights.c    calls under way: made, waiting for their image, sent, dropped
 *   known.c      what a probe has found out about the endpoints
 *   put_otherwise.c  parameters that an endpoint refuses
 *   samples.c    several samples of one answer: in one reply, or one by one
 *   opening.c    items -> units; what the store already has is taken over
 *   opening_pass.c  in which order: first what is to be asked, then what is to be counted
 *   adaptive.c   the rounds of an adaptive design: the next one is decided when all before it have ended
 *   batches.c    batches that outlive a run
 *   items.c      rows of items, digests of their files
 *   stored.c     what a stored call says to a task
 *   agenda.c     which items an adaptive design has, in which rounds, and what is asked of each
 *   ready.c      tasks that may be asked, in queues
 *   money.c      what calls cost, and the cap
 *   summary.c    what has become of the tasks
 *   earlier.c    what commands before this one did for the same run
 *   spend.c      sums of money and tokens
 *   stopping.c   why the run ends
 *   image_pool.c  fitted images, made by worker threads, shared by all requests that carry them
 *   inbox.c      messages from other threads (durable results, fitted images)
 *   wire.c       what requests go over: libcurl, a recording, or both
 *
 * Invariants:
 * 1. A task counts as ended, and its slot is free again, only after the store has said "durable".
 * 2. One flight per call key: a second task with the key joins it.
 * 3. Memory follows the open units (at most `window`) and the flights (at most the sum of concurrencies). */

/* ---- inbox ---- */
typedef struct pl_inbox_msg {
    struct pl_inbox_msg *next;
    void *owner;
    pl_status rc;
    pl_error err;
} pl_inbox_msg;

typedef struct pl_inbox pl_inbox;
pl_inbox *pl__inbox_new(pl_transport *wake); /* NULL on refusal */
void pl__inbox_free(pl_inbox *inbox);
/* From any thread; never allocates. The message belongs to the inbox until it is taken. */
void pl__inbox_put_durable(pl_inbox *inbox, pl_inbox_msg *msg);
void pl__inbox_put_image(pl_inbox *inbox, pl_inbox_msg *msg);
/* A failed write that nobody waits for. */
void pl__inbox_put_error(pl_inbox *inbox, pl_status rc, const pl_error *err);
/* Takes all messages, oldest first, as lists. Returns the first error put, or PL_OK. */
pl_status pl__inbox_take(pl_inbox *inbox, pl_inbox_msg **ret_durable, pl_inbox_msg **ret_images, pl_error *reterr);

/* ---- fitted images ---- */
#define PL_IMAGE_CACHE_BYTES_MAX ((size_t)48 << 20) /* idle images beyond this are let go, oldest first */
#define PL_IMAGE_THREADS 2u

typedef enum pl_image_state { PL_IMAGE_LOADING = 0, PL_IMAGE_READY = 1, PL_IMAGE_FAILED = 2 } pl_image_state;

struct pl_flight;
typedef struct pl_image_entry {
    pl_inbox_msg msg; /* owner is the entry */
    uint8_t key[48];
    pl_image_policy policy;
    char *path;
    pl_image_state state;        /* changed by the run's thread only */
    pl_fitted_image image;       /* READY */
    struct pl_flight *waiters;   /* linked by next_waiter */
    struct pl_image_entry *next; /* work queue, then idle list */
    struct pl_image_entry *prev;
} pl_image_entry;

typedef struct pl_image_pool pl_image_pool;
PL_NODISCARD pl_status pl__image_pool_new(pl_inbox *inbox, pl_image_pool **ret, pl_error *reterr);
void pl__image_pool_free(pl_image_pool *pool); /* waits for the workers */
/* The entry of (file digest, policy); a new one is LOADING and in the workers' queue. Valid until the next trim. */
PL_NODISCARD pl_status pl__image_pool_get(pl_image_pool *pool, const char *path, const pl_digest *digest,
                                          const pl_image_policy *policy, pl_image_entry **ret, pl_error *reterr);
/* A message of an entry came out of the inbox: settles its state. Then its waiters must be served at once. */
void pl__image_pool_loaded(pl_image_pool *pool, pl_image_entry *entry);
/* Lets idle images go until the cache is within its limit. A failed image is forgotten. */
void pl__image_pool_trim(pl_image_pool *pool);

/* ---- units and flights ---- */
typedef struct pl_open_item {
    pl_item item; /* strings borrowed from the dataset; with its digest */
    uint64_t position;
    uint32_t width_px; /* of the image, where there is a cap of cost and it can be had; else 0 */
    uint32_t height_px;
    uint32_t units_open;
    bool bad;
    bool was_put_off;       /* its tasks count as ended for progress already */
    pl_agenda_entry *entry; /* of an adaptive design, which does not grow while items are open; else NULL */
} pl_open_item;

typedef struct pl_open_unit {
    pl_unit *unit;
    pl_open_item *item;
    uint32_t queued;   /* entries in the ready queues */
    uint32_t joined;   /* places in flights */
    bool dead;         /* its item turned out unusable */
    uint8_t *in_queue; /* per task: was it ever queued? */
    struct pl_open_unit *prev;
    struct pl_open_unit *next;
} pl_open_unit;

typedef struct pl_ready {
    pl_open_unit *unit;
    uint32_t task;
} pl_ready;

typedef struct pl_ready_queue { /* ring buffer */
    pl_ready *ptr;
    size_t cap;
    size_t head;
    size_t len;
} pl_ready_queue;

typedef enum pl_flight_state { PL_FLIGHT_IMAGE = 1, PL_FLIGHT_SENT = 2, PL_FLIGHT_WRITING = 3 } pl_flight_state;

typedef struct pl_flight {
    pl_inbox_msg msg; /* owner is the flight */
    pl_digest key;
    uint32_t model;
    size_t stage;               /* of its first task */
    uint64_t reserved_nano_usd; /* the most it can cost, until it has ended */
    uint64_t input_high;        /* tokens, and the next two: for a server that reports no usage */
    uint64_t output_high;
    pl_flight_state state;
    pl_ready *joiners;
    size_t n_joiners;
    size_t cap_joiners;
    size_t n_written;           /* joiners whose task rows are in the write */
    uint32_t omit;              /* parameters that the latest request went without */
    uint32_t n;                 /* samples that it wants in one reply */
    uint32_t sample;            /* or the number of the only one */
    bool has_image;             /* is a picture part of it? */
    uint32_t top_logprobs;      /* alternatives that the latest request asked for */
    uint32_t attempts_before;   /* requests that were refused for their parameters */
    uint64_t elapsed_before_ns; /* and their time */
    pl_call_result result;
    struct pl_flight *next_waiter; /* of one image */
    struct pl_flight *prev;
    struct pl_flight *next; /* all flights */
} pl_flight;

#define PL_RATE_SAMPLES 32

/* Which items come when (opening_pass.c). */
typedef struct pl_opening_pass {
    pl_key_set counts; /* units of the store, each together with the number of its tasks */
    uint8_t *put_off;  /* a bit for each item: it seems whole */
    bool second;       /* these are being opened */
    bool cut_short;    /* the first pass did not come to its end */
} pl_opening_pass;

typedef struct pl_adaptive pl_adaptive;

typedef struct pl_runner {
    const pl_run_opts *opts;
    const pl_setup *setup;
    const pl_clock *clock;
    pl_store *store;
    pl_transport *transport;
    pl_wire wire;
    pl_client *client;
    pl_store_writer *writer;
    pl_inbox *inbox;
    pl_image_pool *images;
    pl_map *flights_by_key;
    pl_flight *flights;
    uint64_t n_flights;
    pl_open_unit *units;
    uint32_t n_units;
    uint32_t window;       /* most open units */
    pl_ready_queue *ready; /* per model */
    uint32_t *reserved;    /* per model: flights that wait for an image and hold no slot of the client yet */
    uint32_t *omit;        /* per model: parameters that its endpoint has refused (pl_chat.omit) */
    uint32_t *top_most;  /* per model: alternatives of tokens that may be asked for; 0: it refuses log-probabilities */
    bool *one_each;      /* per model: samples are asked for one by one, for several at once failed */
    uint64_t *put_again; /* per model: calls that were put again without such */
    pl_abilities *abilities; /* per model; all unknown where there was no probe */
    pl_chat_builder builder;
    uint32_t next_model;   /* whose turn to start a task is next: fair sharing */
    pl_open_item *opening; /* the item whose units are being opened; NULL between items */
    uint32_t opening_unit;
    size_t next_item;
    pl_opening_pass opening_pass;
    pl_adaptive *adaptive; /* NULL: another design */
    uint64_t spent_nano_usd;
    uint64_t reserved_nano_usd; /* of all flights */
    pl_key_set counted;         /* stored calls that are in the summary's `stored` */
    uint64_t calls_max;         /* this run's budget of calls; UINT64_MAX: none */
    uint64_t start_ns;
    uint64_t deadline_ns; /* UINT64_MAX: none */
    bool stopping;
    bool abandoning; /* what waits for its image is not sent any more; a used-up budget has counted it already */
    pl_run_state stop_state;
    uint64_t tasks_per_item[PL_ITEM_KINDS]; /* of the plan; adaptive: 0 */
    uint64_t tasks_left_out;                /* of items that turned out unusable */
    uint64_t tasks_ended_any;               /* ended in any way, for progress */
    uint64_t failures;
    uint64_t next_progress_ns;
    struct {
        uint64_t at_ns;
        uint64_t calls;
        uint64_t ended;
    } rate[PL_RATE_SAMPLES];
    size_t n_rate;
    pl_run_summary *summary;
    int64_t run_id;
} pl_runner;

/* opening.c: opens one more unit if there is one and there is room. *ret_opened false when all is open or the window is
 * full. A unit that the store already has whole is accounted for and closed again at once. */
PL_NODISCARD pl_status pl__run_open_unit(pl_runner *r, bool *ret_opened, pl_error *reterr);
void pl__run_unit_release(pl_runner *r, pl_open_unit *u); /* frees it if nothing holds it any more */
void pl__run_units_drop_all(pl_runner *r);
/* The item cannot be used: its open units die, the store and the summary are told. */
PL_NODISCARD pl_status pl__run_item_problem(pl_runner *r, pl_open_item *item, const char *problem, pl_error *reterr);

/* adaptive.c. All take a run without an adaptive design, for which nothing is so. */
PL_NODISCARD pl_status pl__adaptive_begin(pl_runner *r, pl_error *reterr);
void pl__adaptive_free(pl_adaptive *adaptive);
/* The next item that was decided on but is not open yet; NULL: none. */
const pl_agenda_entry *pl__adaptive_peek(const pl_runner *r);
pl_agenda_entry *pl__adaptive_take(pl_runner *r, pl_item *ret_item);
/* The item's tasks are part of the work, if they were not before. */
PL_NODISCARD pl_status pl__adaptive_count(pl_runner *r, const pl_open_item *item, pl_error *reterr);
/* The same of all items that were decided on but are not open: the run ends before. */
PL_NODISCARD pl_status pl__adaptive_count_rest(pl_runner *r, pl_error *reterr);
/* A unit has ended: what its judges said. */
void pl__adaptive_ended(pl_runner *r, const pl_open_unit *u);
void pl__adaptive_item_bad(pl_runner *r, const pl_open_item *item);
/* All items that were decided on have ended: looks whether to stop, and decides on the next round if not. Its rows are
 * durable before anything of it is asked. */
PL_NODISCARD pl_status pl__adaptive_advance(pl_runner *r, bool *ret_more, pl_error *reterr);
void pl__adaptive_sum_up(pl_runner *r); /* into the summary */

/* items.c */
/* An item's row, with what a run keeps of it: everything but its labels. json holds its text. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__run_item_row(const pl_runner *r, const pl_item *item, const pl_agenda_entry *entry,
                                        const char *problem, pl_str *json, pl_store_write *ret, pl_error *reterr);
/* Hands the row of an open item to the writer. PL_E_NOMEM, or what the writer has failed with. */
PL_NODISCARD pl_status pl__run_item_write(pl_runner *r, const pl_open_item *it, const char *problem, pl_error *reterr);
/* SHA-256 of the item's file: remembered while size and time stay the same. What the file or the store fails with. */
PL_NODISCARD pl_status pl__run_item_digest(pl_runner *r, pl_item *item, pl_error *reterr);
/* Could the item not even be opened? Then that is its own problem; out of memory or a failing store ends the run. */
bool pl__run_is_item_problem(pl_status rc);

/* stored.c */
/* Does a stored call that ended so answer a task? */
bool pl__run_takes_stored(const pl_runner *r, pl_outcome outcome);
/* What a reply says to one task: of several samples its own. A choice that is no response by itself says nothing. */
typedef struct pl_said {
    pl_outcome outcome;
    pl_view text; /* borrowed */
} pl_said;
pl_said pl__run_said(const pl_reply *reply, const pl_task *task);

/* ready.c: ring buffers. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__ready_push(pl_ready_queue *q, pl_ready ready);
pl_ready pl__ready_pop(pl_ready_queue *q); /* there must be one */
/* Puts back what was popped last, nothing having been pushed since. */
void pl__ready_unpop(pl_ready_queue *q, pl_ready ready);
/* Queues the unit's tasks from `from` on that are ready and were not queued before. */
PL_NODISCARD pl_status pl__run_queue_ready(pl_runner *r, pl_open_unit *u, uint32_t from, pl_error *reterr);
/* Puts a task that was started at the end of its queue, as if it had never been. */
PL_NODISCARD pl_status pl__run_queue_again(pl_runner *r, pl_ready ready, pl_error *reterr);

/* opening_pass.c */
bool pl__run_has_next(const pl_runner *r); /* is there an item to open, or the rest of one? */
PL_NODISCARD pl_status pl__opening_pass_begin(pl_runner *r, pl_error *reterr);
void pl__opening_pass_clear(pl_runner *r);
void pl__opening_pass_advance(pl_runner *r); /* next_item was opened, put off or left out */
/* The second pass begins, though the first one may not have ended: what was put off is to be counted. */
void pl__opening_pass_second(pl_runner *r);
/* Whether next_item, which is `item` with its digest, can wait for the second pass. */
PL_NODISCARD pl_status pl__opening_pass_put_off(pl_runner *r, const pl_item *item, bool *ret_put_off, pl_error *reterr);

/* tasks.c */
/* Ends a task in its unit and queues what that sets free. */
PL_NODISCARD pl_status pl__run_finish_task(pl_runner *r, pl_open_unit *u, uint32_t task, pl_outcome outcome,
                                           pl_view text, pl_error *reterr);
/* Starts what is ready while there are slots. *ret_hungry: some endpoint has free slots and nothing to do. */
PL_NODISCARD pl_status pl__run_start_ready(pl_runner *r, bool *ret_hungry, pl_error *reterr);
PL_NODISCARD pl_status pl__run_call_finished(pl_runner *r, pl_call_result *result, pl_error *reterr);
PL_NODISCARD pl_status pl__run_call_durable(pl_runner *r, pl_flight *f, pl_error *reterr);

/* flights.c */
/* A flight for the ready task, under its call's key. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__flight_new(pl_runner *r, const pl_digest *key, uint32_t model, pl_ready ready,
                                      pl_flight **ret, pl_error *reterr);
PL_NODISCARD pl_status pl__flight_join(pl_flight *f, pl_ready ready, pl_error *reterr);
/* Writes the chat of a task into the builder. */
PL_NODISCARD pl_status pl__flight_chat(pl_runner *r, pl_ready ready, pl_error *reterr);
/* Gets the image of a flight: sends at once if it is ready, waits otherwise. */
PL_NODISCARD pl_status pl__flight_begin(pl_runner *r, pl_flight *f, const pl_item *item, pl_error *reterr);
PL_NODISCARD pl_status pl__run_image_loaded(pl_runner *r, pl_image_entry *entry, pl_error *reterr);
void pl__flight_unmade(pl_runner *r, const pl_flight *f); /* its call was counted, but not made */
/* The flight ends without a durable result (interrupt, unusable image): its tasks are as if never asked, and `again`
 * become ready once more. */
PL_NODISCARD pl_status pl__flight_drop(pl_runner *r, pl_flight *f, bool again, pl_error *reterr);
void pl__flight_abandon(pl_runner *r, pl_flight *f);
void pl__flight_free(pl_runner *r, pl_flight *f);
void pl__run_flights_drop_all(pl_runner *r);

/* batches.c */
/* Takes over the batches that an earlier run has left at their providers. */
PL_NODISCARD pl_status pl__run_batches_begin(pl_runner *r, pl_error *reterr);
/* A result that no task has asked for yet: it is stored, and found there when one does. */
PL_NODISCARD pl_status pl__run_batch_result(pl_runner *r, const pl_call_result *result, pl_error *reterr);
/* Says in the summary which batches go on without us. */
void pl__run_batches_end(pl_runner *r);

/* money.c */
typedef enum pl_admission {
    PL_ADMIT_NOW = 0,
    PL_ADMIT_LATER = 1, /* once calls in flight have ended for less than they might have cost */
    PL_ADMIT_NEVER = 2, /* the cap is used up */
} pl_admission;
typedef struct pl_reservation {
    uint64_t nano_usd;
    uint64_t input_high;
    uint64_t output_high;
} pl_reservation;
/* Prices into the summary. PL_E_INVALID: a cap, but the price of a model is not known. */
PL_NODISCARD pl_status pl__run_money_begin(pl_runner *r, pl_error *reterr);
/* The image's size once it is known, else 0 x 0. */
pl_reservation pl__run_reservation(const pl_runner *r, const pl_chat *chat, uint32_t model, uint32_t width_px,
                                   uint32_t height_px);
/* PL_ADMIT_NEVER stops the run. */
pl_admission pl__run_admit(pl_runner *r, uint32_t model, const pl_reservation *reservation);
/* In place of what the flight has reserved. */
void pl__run_reserve(pl_runner *r, pl_flight *f, const pl_reservation *reservation);
void pl__run_unreserve(pl_runner *r, pl_flight *f); /* also of a flight that holds nothing any more */
/* A flight has ended in its result: what it cost. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__run_spend(pl_runner *r, pl_flight *f, pl_error *reterr);
/* A stored call answers a task: it is counted once. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__run_spend_stored(pl_runner *r, const pl_task *task, const pl_store_call *call,
                                            pl_error *reterr);

/* put_otherwise.c: did the flight end because of parameters that the wish can do without? Then they are left out for
 * its model from now on. */
bool pl__run_put_otherwise(pl_runner *r, pl_flight *f);

/* samples.c */
/* One sample at a time, unless a probe found that the endpoint gives several and none of them has failed since. */
void pl__run_settle_samples(const pl_runner *r, const pl_task *task, pl_chat *chat);
/* Has the flight's reply, once it is there, no choice for this task? */
bool pl__run_lacks_choice(const pl_flight *f, const pl_task *task);
/* From now on this model is asked for one sample at a time. */
void pl__run_ask_one_each(pl_runner *r, uint32_t model, const char *why);
/* Tasks for which the reply has no choice leave the flight and are asked on their own. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__run_drop_short(pl_runner *r, pl_flight *f, pl_error *reterr);

/* known.c */
/* Reads what probes have found, leaves out from the start what endpoints refuse (omit), and says what it means for this
 * run. What the store fails with. */
PL_NODISCARD pl_status pl__run_know_endpoints(pl_runner *r, pl_error *reterr);
/* Would the endpoint refuse this chat for its picture? */
bool pl__run_refuses(const pl_runner *r, uint32_t model, const pl_chat *chat);
/* Leaves out what the endpoint refuses. */
void pl__run_adapt(const pl_runner *r, const pl_task *task, pl_chat *chat);

/* stopping.c */
/* No task is started any more; the first reason stands. */
void pl__run_stop(pl_runner *r, pl_run_state state, const char *fmt, ...) PL_PRINTF(3, 4);

/* earlier.c */
/* Of the store's latest run, and its id; 0: there is none. Before it is continued, which puts it into the state
 * RUNNING. PL_E_NOMEM, PL_E_PARSE, or what the store fails with. */
PL_NODISCARD pl_status pl__run_earlier_read(pl_store *store, int64_t *ret_run_id, pl_run_earlier *ret,
                                            pl_error *reterr);
json_t *pl__run_earlier_json(const pl_run_earlier *earlier); /* NULL on refusal */

/* summary.c */
void pl__run_account_unit(pl_runner *r, const pl_open_unit *u);
PL_NODISCARD pl_status pl__run_summary_json(const pl_run_summary *s, const pl_config *config, pl_str *out,
                                            pl_error *reterr);

#endif
