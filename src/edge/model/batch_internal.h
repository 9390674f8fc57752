#ifndef PL_BATCH_INTERNAL_H
#define PL_BATCH_INTERNAL_H

#include "batch.h"
#include "batch_codec.h"
#include "client_internal.h"
#include "map.h"

/* Inside of the batch lane only: batch.c (calls into batches), batch_send.c (what is sent when), batch_ends.c (what
 * the ends of requests mean), batch_results.c (results out). Invariants:
 *  1. An item is in the map from its beginning until its result, or the news that there is none, was handed out.
 *  2. A batch past GATHERING has its record in the ledger; only an OVER one was ended there, or is about to be.
 *  3. What creates a batch is sent again only after the provider has refused it, or a search has not found it. */
typedef enum pl_batch_state {
    PL_BATCH_GATHERING,
    PL_BATCH_CLOSING,   /* gathered: the record comes next */
    PL_BATCH_UPLOADING, /* the file of requests */
    PL_BATCH_CREATING,
    PL_BATCH_SEARCHING, /* was it created? */
    PL_BATCH_NAMING,    /* created; its name is not durable yet */
    PL_BATCH_RUNNING,
    PL_BATCH_FETCHING,
    PL_BATCH_HANDING, /* results are here and go out */
    PL_BATCH_REST,    /* what has no result ends as `rest` */
    PL_BATCH_LEFT,    /* goes on at the provider; nobody waits for it here any more */
    PL_BATCH_OVER,    /* to be ended in the ledger, then freed */
} pl_batch_state;

struct pl_batch;
typedef struct pl_batch_item {
    pl_digest key;
    struct pl_batch *batch;
    size_t index; /* in it */
    bool waited;  /* a call of the client's waits for it: the next three are its own */
    uint32_t model;
    uint64_t tag;
    uint64_t started_ns;
} pl_batch_item;

typedef struct pl_batch {
    struct pl_batch *next;
    uint32_t number; /* in tags of requests */
    uint32_t lane;
    const pl_batch_codec *codec;
    pl_batch_state state;
    bool sent;       /* a request of it is in the transport */
    bool adopted;    /* of an earlier run: its requests are not at hand */
    bool verified;   /* that it is ours */
    bool recorded;   /* the ledger has it */
    bool unsure;     /* what creates it was sent, and no answer came */
    bool again;      /* the rest may be asked again at once */
    bool left_after; /* after the rest it goes on */
    uint64_t due_ns;
    uint64_t failing_since_ns; /* PL_FLOW_NEVER: it is not */
    uint32_t failures;
    uint32_t pause_ms;
    uint32_t searches;
    uint32_t pages;
    pl_digest tag;
    char tag_hex[PL_DIGEST_HEX_BYTES];
    int64_t created_unix_ms;
    uint64_t opened_ns;
    uint64_t touched_ns;
    pl_batch_item **items; /* NULL where it was handed out */
    pl_digest *keys;
    size_t n_items;
    size_t cap_items;
    size_t cap_keys;
    size_t at_item; /* of the rest */
    size_t reply_bytes;
    pl_str body;   /* while it gathers */
    pl_blob *blob; /* until it is created */
    char file_id[PL_BATCH_ID_BYTES];
    char after[PL_BATCH_ID_BYTES];
    char (*rejected)[PL_BATCH_ID_BYTES];
    uint32_t n_rejected;
    pl_batch_status at; /* as last seen; its id is the batch's name */
    size_t at_output;
    pl_http_reply results;
    size_t at_byte;
    pl_outcome rest;
    char rest_message[256];
} pl_batch;

struct pl_batches {
    pl_client *client;
    pl_batch_ledger ledger;
    pl_batch *first;
    pl_map *items; /* by key */
    uint32_t next_number;
    uint32_t waited; /* items that calls wait for */
    uint32_t lost;   /* creations in a row of which no answer came */
    bool leaving;
    bool no_retries;
};

/* batch.c */
pl_batch *pl__batch_new(pl_batches *b, uint32_t lane);
void pl__batch_free(pl_batches *b, pl_batch *x); /* unlinks it */
/* The item that a custom id names, if it is one of x; else NULL. */
pl_batch_item *pl__batch_item(const pl_batches *b, const pl_batch *x, pl_view custom_id);
void pl__batch_item_drop(pl_batches *b, pl_batch *x, size_t i);
pl_batch_record pl__batch_record(const pl_batches *b, const pl_batch *x, bool ended);

void pl__batch_leave(pl_batch *x);
/* What has no result will end as this. */
void pl__batch_rest(pl_batch *x, pl_outcome outcome, const char *message);

/* batch_ends.c */
void pl__batch_request_ended(pl_batches *b, pl_batch *x, pl_http_completion *done);

#endif
