#ifndef PL_STORE_H
#define PL_STORE_H

#include "batch_record.h"
#include "reply.h"
#include "str.h"

/* Append-only facts in one file. A call that has a response is never changed again. */
#define PL_STORE_BODY_BYTES_MAX ((size_t)64 << 20)

/* One call: what was paid for. Strings and views are borrowed in both directions unless said otherwise. */
typedef struct pl_store_call {
    pl_digest key;
    pl_outcome outcome;
    int32_t http_status;
    uint32_t attempts;
    pl_usage usage;
    uint64_t elapsed_ns;
    int64_t created_unix_ms;
    const char *codec;   /* which codec reads the body */
    const char *message; /* of an error; or NULL */
    pl_view body;        /* the raw reply as received */
} pl_store_call;

/* A task and the call that answers it. `unit` groups the tasks of one question; it is the index of resuming. */
typedef struct pl_store_task {
    pl_digest unit;
    pl_digest key;
    pl_digest call; /* must exist, or be put before in the same batch */
} pl_store_task;

typedef struct pl_store_item {
    int64_t run_id;
    uint64_t position; /* in the run's canonical item order */
    const char *id;
    const char *json; /* the item as JSON (question, options, dataset; no labels) */
    bool has_image;
    pl_digest image_digest; /* if has_image and it could be read */
    const char *problem;    /* why the item could not be used; NULL if it could */
} pl_store_item;

/* The digest of a file whose size and time have not changed need not be computed again. */
typedef struct pl_store_file {
    const char *path;
    uint64_t size_bytes;
    int64_t mtime_ns;
    pl_digest digest;
} pl_store_file;

typedef enum pl_run_state {
    PL_RUN_RUNNING = 0,  /* or killed */
    PL_RUN_COMPLETE = 1, /* every task ended in a response */
    PL_RUN_INCOMPLETE = 2,
    PL_RUN_STOPPED = 3, /* budget or deadline */
    PL_RUN_INTERRUPTED = 4,
} pl_run_state;

typedef struct pl_store_run {
    int64_t id;          /* 0 when new */
    const char *config;  /* canonical JSON without secrets */
    const char *prompts; /* JSON: template texts by kind */
    const char *version; /* of peerless */
    int64_t created_unix_ms;
    pl_run_state state;
    const char *summary; /* JSON, as the run ended last; NULL: it never has */
    uint64_t n_items;    /* how many items the run has */
} pl_store_run;

/* What a probe has found out about an endpoint. */
typedef struct pl_store_abilities {
    pl_digest endpoint; /* whose: see abilities.h */
    const char *json;
} pl_store_abilities;

/* Things to write; one batch is one durable transaction. */
typedef enum pl_store_write_kind {
    PL_WRITE_CALL = 1,
    PL_WRITE_TASK = 2,
    PL_WRITE_ITEM = 3,
    PL_WRITE_FILE = 4,
    PL_WRITE_ABILITIES = 5,
    PL_WRITE_BATCH = 6
} pl_store_write_kind;
typedef struct pl_store_write {
    pl_store_write_kind kind;
    union {
        pl_store_call call; /* replaces a stored call only if that one is no response (nor a final error, unless the new
                               one is a response) */
        pl_store_task task; /* an existing task is pointed at the new call */
        pl_store_item item; /* replaces by (run, position) */
        pl_store_file file; /* replaces by path */
        pl_store_abilities abilities; /* replaces by endpoint */
        pl_batch_record batch;        /* replaces by tag */
    } u;
} pl_store_write;

typedef struct pl_store pl_store;
typedef struct pl_store_ops {
    const char *name;
    /* All or nothing, durable on return. PL_E_FULL, PL_E_IO, PL_E_BUSY, PL_E_NOT_FOUND (task without its call),
     * PL_E_NOMEM. */
    pl_status (*write)(pl_store *s, const pl_store_write *writes, size_t n, pl_error *reterr);
    /* A stored call by key, or *ret_found false. ret's views live in `memory` (appended; cleared by the caller). The
     * body is left out unless with_body. */
    pl_status (*call_get)(pl_store *s, const pl_digest *key, bool with_body, pl_store_call *ret, bool *ret_found,
                          pl_str *memory, pl_error *reterr);
    /* Each task of a unit with its call, in key order; `call` is valid during fn only. fn's failure stops the scan. */
    pl_status (*unit_each)(pl_store *s, const pl_digest *unit, bool with_body,
                           pl_status (*fn)(const pl_digest *task, const pl_store_call *call, void *user,
                                           pl_error *reterr),
                           void *user, pl_error *reterr);
    /* Each unit with how many of its tasks have a call that ended as what comes before `end`, in any order. fn's
     * failure stops the scan. */
    pl_status (*unit_counts)(pl_store *s, pl_outcome end,
                             pl_status (*fn)(const pl_digest *unit, uint64_t n_tasks, void *user, pl_error *reterr),
                             void *user, pl_error *reterr);
    /* Starts a run, or continues the latest one if its config and prompts are the same bytes. */
    pl_status (*run_begin)(pl_store *s, const pl_store_run *run, int64_t *ret_id, pl_error *reterr);
    pl_status (*run_end)(pl_store *s, int64_t id, pl_run_state state, uint64_t n_items, const char *summary,
                         pl_error *reterr);
    /* A run by id, 0 for the latest. PL_E_NOT_FOUND. Strings live in `memory`. */
    pl_status (*run_get)(pl_store *s, int64_t id, pl_store_run *ret, pl_str *memory, pl_error *reterr);
    /* The run's items by position; valid during fn only. */
    pl_status (*item_each)(pl_store *s, int64_t run_id,
                           pl_status (*fn)(const pl_store_item *item, void *user, pl_error *reterr), void *user,
                           pl_error *reterr);
    /* The digest of an unchanged file, or *ret_found false. */
    pl_status (*file_get)(pl_store *s, const char *path, uint64_t size_bytes, int64_t mtime_ns, pl_digest *ret,
                          bool *ret_found, pl_error *reterr);
    /* Each call (no body), in key order: totals of tokens, outcomes. */
    pl_status (*call_each)(pl_store *s, pl_status (*fn)(const pl_store_call *call, void *user, pl_error *reterr),
                           void *user, pl_error *reterr);
    /* Appends the JSON of an endpoint's abilities to *ret, or *ret_found false. */
    pl_status (*abilities_get)(pl_store *s, const pl_digest *endpoint, pl_str *ret, bool *ret_found, pl_error *reterr);
    /* Each batch that has not ended, by tag; valid during fn only. */
    pl_status (*batch_each)(pl_store *s, pl_status (*fn)(const pl_batch_record *batch, void *user, pl_error *reterr),
                            void *user, pl_error *reterr);
    void (*close)(pl_store *s); /* NULL is handled by pl__store_close */
} pl_store_ops;
struct pl_store {
    const pl_store_ops *ops;
};
/* One store may be used from two threads at a time: one that writes, one that reads. The one that reads may write too:
 * writes take turns. */

typedef enum pl_store_mode { PL_STORE_CREATE = 0, PL_STORE_READ_ONLY = 1 } pl_store_mode;
/* Opens or creates (PL_STORE_CREATE) a SQLite store: WAL, synchronous FULL, numbered and checksummed migrations. A
 * running `run` holds an exclusive advisory lock: PL_E_BUSY for a second writer, readers are fine. PL_E_VERSION:
 * written by a newer peerless; PL_E_PARSE: no store of ours (or damaged); PL_E_NOT_FOUND, PL_E_FULL, PL_E_IO,
 * PL_E_NOMEM. */
PL_NODISCARD pl_status pl__store_open_sqlite(const char *path, pl_store_mode mode, pl_store **ret, pl_error *reterr);
PL_NODISCARD pl_status pl__store_open_memory(pl_store **ret, pl_error *reterr);
void pl__store_close(pl_store *store);

/* ---- the writer: one thread, group commit ---- */
typedef struct pl_store_writer pl_store_writer;

/* Called on the writer's thread when a submission is durable (or has failed). Must be quick. */
typedef void (*pl_store_done)(void *user, uint64_t tag, pl_status rc, const pl_error *err);

PL_NODISCARD pl_status pl__store_writer_new(pl_store *store, pl_store_done done, void *user, pl_store_writer **ret,
                                            pl_error *reterr);
/* Queues writes that belong together (copied). Everything queued while a commit runs goes into the next one. After a
 * failed commit every later submission fails with the same error: nothing is half known. PL_E_NOMEM, or that error. */
PL_NODISCARD pl_status pl__store_writer_submit(pl_store_writer *w, const pl_store_write *writes, size_t n, uint64_t tag,
                                               pl_error *reterr);
/* Commits what is queued, calls done for all, ends the thread. NULL is a no-op. */
void pl__store_writer_free(pl_store_writer *w);

#endif
