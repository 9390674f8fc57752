#ifndef PL_SQLITE_STORE_H
#define PL_SQLITE_STORE_H

#include "sqlite_body.h"
#include "store.h"
#include "store_lock.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

/* Invariants
 * 1. `writer` (with its statements and the compressor) is used under write_lock only, `reader` (with its statements,
 *    the decompressor and body_scratch) under read_lock only. Neither lock is taken while the other is held, except by
 *    a callback of an _each function that writes.
 * 2. Between operations no statement is active. The reader's transaction may stay open from one read to the next while
 *    nothing is written: starting one costs as much as a short read. `n_commits` tells a read whether what is open
 *    sees the newest commit; whoever begins to write closes it, so that it holds back no checkpoint.
 * 3. A statement that is active belongs to the operation that started it; nesting an operation in itself is refused.
 */
typedef enum pl_write_stmt {
    PL_WS_BEGIN,
    PL_WS_COMMIT,
    PL_WS_ROLLBACK,
    PL_WS_CALL_FIND,
    PL_WS_CALL_INSERT,
    PL_WS_CALL_REPLACE,
    PL_WS_BODY_PUT,
    PL_WS_BODY_DROP,
    PL_WS_UNIT_FIND,
    PL_WS_UNIT_INSERT,
    PL_WS_TASK_PUT,
    PL_WS_ITEM_PUT,
    PL_WS_FILE_PUT,
    PL_WS_ABILITIES_PUT,
    PL_WS_BATCH_PUT,
    PL_WS_RUN_LATEST,
    PL_WS_RUN_INSERT,
    PL_WS_RUN_CONTINUE,
    PL_WS_RUN_END,
    PL_WS_COUNT
} pl_write_stmt;

typedef enum pl_read_stmt {
    PL_RS_CALL,
    PL_RS_BODY,
    PL_RS_UNIT,
    PL_RS_UNIT_COUNTS,
    PL_RS_RUN,
    PL_RS_ITEMS,
    PL_RS_FILE,
    PL_RS_BATCHES,
    PL_RS_ABILITIES,
    PL_RS_CALLS,
    PL_RS_BEGIN,
    PL_RS_COMMIT,
    PL_RS_COUNT
} pl_read_stmt;

extern const char *const pl__sqlite_write_sql[PL_WS_COUNT];
extern const char *const pl__sqlite_read_sql[PL_RS_COUNT];

/* Columns of a call in every statement that reads one. */
typedef enum pl_call_column {
    PL_CC_ID,
    PL_CC_KEY,
    PL_CC_OUTCOME,
    PL_CC_NUMBERS,
    PL_CC_CODEC,
    PL_CC_MESSAGE,
    PL_CC_COUNT
} pl_call_column;

typedef struct pl_sqlite {
    pl_store base; /* first: a pl_store * is a pl_sqlite * */
    char *path;
    pl_store_lock lock;
    sqlite3 *writer; /* NULL when opened for reading only */
    sqlite3 *reader;
    sqlite3_stmt *ws[PL_WS_COUNT];
    sqlite3_stmt *rs[PL_RS_COUNT];
    pthread_mutex_t write_lock;
    pthread_mutex_t read_lock; /* recursive: callbacks may read */
    bool has_write_lock, has_read_lock;
    sqlite3_int64 n_changes;   /* before the transaction; under write_lock */
    atomic_bool writing;       /* from before a transaction begins until it has ended */
    atomic_ullong n_commits;   /* that changed something */
    unsigned long long n_seen; /* of these, by the reader's open transaction; under read_lock */
    unsigned depth;            /* reads inside of callbacks of reads; under read_lock */
    pl_body_codec bodies;
    pl_str body_scratch;
} pl_sqlite;

/* The numbers of a call but its outcome are one column: reading eight would take longer than finding the row. */
#define PL_CALL_NUMBERS_BYTES_MAX 90
size_t pl__call_numbers_pack(const pl_store_call *call, uint8_t ret[PL_CALL_NUMBERS_BYTES_MAX]); /* bytes used */
bool pl__call_numbers_unpack(const uint8_t *bytes, size_t n, pl_store_call *ret);                /* false: damaged */

/* Ends the reader's transaction, if one is open. Under read_lock. */
void pl__sqlite_read_end(pl_sqlite *q);

/* Routes SQLite's memory through alloc.h, once a process. */
PL_NODISCARD pl_status pl__sqlite_init(pl_error *reterr);
/* Maps the connection's last failure, with `path` in front. */
pl_status pl__sqlite_fail(sqlite3 *db, int code, const char *path, pl_error *reterr);

pl_status pl__sqlite_write(pl_store *s, const pl_store_write *writes, size_t n, pl_error *reterr);
pl_status pl__sqlite_run_begin(pl_store *s, const pl_store_run *run, int64_t *ret_id, pl_error *reterr);
pl_status pl__sqlite_run_end(pl_store *s, int64_t id, pl_run_state state, uint64_t n_items, const char *summary,
                             pl_error *reterr);
pl_status pl__sqlite_call_get(pl_store *s, const pl_digest *key, bool with_body, pl_store_call *ret, bool *ret_found,
                              pl_str *memory, pl_error *reterr);
pl_status pl__sqlite_unit_each(pl_store *s, const pl_digest *unit, bool with_body,
                               pl_status (*fn)(const pl_digest *task, const pl_store_call *call, void *user,
                                               pl_error *reterr),
                               void *user, pl_error *reterr);
pl_status pl__sqlite_unit_counts(pl_store *s, pl_outcome end,
                                 pl_status (*fn)(const pl_digest *unit, uint64_t n_tasks, void *user, pl_error *reterr),
                                 void *user, pl_error *reterr);
pl_status pl__sqlite_run_get(pl_store *s, int64_t id, pl_store_run *ret, pl_str *memory, pl_error *reterr);
pl_status pl__sqlite_item_each(pl_store *s, int64_t run_id,
                               pl_status (*fn)(const pl_store_item *item, void *user, pl_error *reterr), void *user,
                               pl_error *reterr);
pl_status pl__sqlite_file_get(pl_store *s, const char *path, uint64_t size_bytes, int64_t mtime_ns, pl_digest *ret,
                              bool *ret_found, pl_error *reterr);
pl_status pl__sqlite_abilities_get(pl_store *s, const pl_digest *endpoint, pl_str *ret, bool *ret_found,
                                   pl_error *reterr);
pl_status pl__sqlite_call_each(pl_store *s, pl_status (*fn)(const pl_store_call *call, void *user, pl_error *reterr),
                               void *user, pl_error *reterr);
pl_status pl__sqlite_batch_each(pl_store *s,
                                pl_status (*fn)(const pl_batch_record *batch, void *user, pl_error *reterr), void *user,
                                pl_error *reterr);

#endif
