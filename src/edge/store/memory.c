#include "alloc.h"
#include "error.h"
#include "skip_list.h"
#include "store_rules.h"
#include "vec.h"

#include <pthread.h>
#include <string.h>

/* The second implementation, for tests and short runs that keep nothing: the same rules without a file. Rows are
 * copies; a row that is replaced is freed, so callbacks get copies of their own and no lock is held while they run.
 * A scan goes from key to key: unlike SQLite's it sees rows that are written behind its position meanwhile. */
typedef struct row {
    pl_store_write w; /* its pointers lead behind it, into the same block */
} row;

typedef struct run_row {
    pl_store_run run;
    pl_str strings; /* what run points into */
} run_row;

typedef enum table { CALLS, TASKS, ITEMS, FILES, ABILITIES, BATCHES, TABLES } table;
#define CALL_KEY_BYTES 32
#define TASK_KEY_BYTES 64 /* unit, key */
#define ITEM_KEY_BYTES 16 /* run, position */
#define FILE_KEY_BYTES 32 /* SHA-256 of the path */
#define ABILITIES_KEY_BYTES 32
#define BATCH_KEY_BYTES 32

typedef struct memory_store {
    pl_store base; /* first */
    pthread_mutex_t lock;
    pl_skip_list tables[TABLES];
    PL_VEC(run_row) runs; /* ids are 1 + index */
} memory_store;

static void big_endian(uint64_t x, uint8_t ret[8])
{
    for (int i = 0; i < 8; i++)
        ret[i] = (uint8_t)(x >> (56 - 8 * i));
}

static void task_key(const pl_digest *unit, const pl_digest *key, uint8_t ret[PL_SKIP_KEY_BYTES_MAX])
{
    memcpy(ret, unit->bytes, sizeof(unit->bytes));
    memcpy(ret + sizeof(unit->bytes), key->bytes, sizeof(key->bytes));
}

static void item_key(int64_t run_id, uint64_t position, uint8_t ret[PL_SKIP_KEY_BYTES_MAX])
{
    big_endian((uint64_t)run_id, ret);
    big_endian(position, ret + 8);
}

static void file_key(const char *path, uint8_t ret[PL_SKIP_KEY_BYTES_MAX])
{
    pl_digest digest;
    pl__sha256(path, strlen(path), &digest);
    memcpy(ret, digest.bytes, sizeof(digest.bytes));
}

static table key_of(const pl_store_write *w, uint8_t ret[PL_SKIP_KEY_BYTES_MAX])
{
    switch (w->kind) {
    case PL_WRITE_CALL:
        memcpy(ret, w->u.call.key.bytes, CALL_KEY_BYTES);
        return CALLS;
    case PL_WRITE_TASK:
        task_key(&w->u.task.unit, &w->u.task.key, ret);
        return TASKS;
    case PL_WRITE_ITEM:
        item_key(w->u.item.run_id, w->u.item.position, ret);
        return ITEMS;
    case PL_WRITE_ABILITIES:
        memcpy(ret, w->u.abilities.endpoint.bytes, ABILITIES_KEY_BYTES);
        return ABILITIES;
    case PL_WRITE_BATCH:
        memcpy(ret, w->u.batch.tag.bytes, BATCH_KEY_BYTES);
        return BATCHES;
    case PL_WRITE_FILE:
        break;
    }
    file_key(w->u.file.path, ret);
    return FILES;
}

static row *row_copy(const pl_store_write *w)
{
    row *copy = pl__malloc(sizeof(*copy) + pl__store_write_extra_bytes(w));
    if (copy)
        (void)pl__store_write_copy(w, &copy->w, (char *)(copy + 1));
    return copy;
}

/* Is the call of task i there, or put before it? */
static bool call_exists(const memory_store *m, const pl_store_write *writes, size_t i)
{
    const pl_digest *call = &writes[i].u.task.call;

    for (size_t before = i; before-- > 0;) {
        if (writes[before].kind == PL_WRITE_CALL && pl__digest_eq(&writes[before].u.call.key, call))
            return true;
    }
    return pl__skip_find(&m->tables[CALLS], call->bytes);
}

/* Everything that can fail, before anything changes. */
static pl_status stage(const memory_store *m, const pl_store_write *writes, size_t n, pl_skip_node **ret_nodes,
                       pl_error *reterr)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t key[PL_SKIP_KEY_BYTES_MAX];

        if (writes[i].kind == PL_WRITE_TASK && !call_exists(m, writes, i))
            return pl__fail(reterr, PL_E_NOT_FOUND, "a task whose call is not stored");
        table t = key_of(&writes[i], key);
        ret_nodes[i] = pl__skip_node_new(&m->tables[t], key);
        if (ret_nodes[i])
            ret_nodes[i]->value = row_copy(&writes[i]);
        if (!ret_nodes[i] || !ret_nodes[i]->value)
            return pl__fail(reterr, PL_E_NOMEM, "memory store: %zu writes", n);
    }
    return PL_OK;
}

/* Takes over what it uses of *node. */
static void apply(memory_store *m, pl_skip_node **node)
{
    row *new_row = (*node)->value;
    uint8_t key[PL_SKIP_KEY_BYTES_MAX];
    table t = key_of(&new_row->w, key);

    pl_skip_node *there = pl__skip_find(&m->tables[t], key);
    if (!there) {
        pl__skip_insert(&m->tables[t], *node);
        *node = NULL;
        return;
    }
    row *old_row = there->value;
    if (t == CALLS && !pl__store_replaces(old_row->w.u.call.outcome, new_row->w.u.call.outcome))
        return;
    there->value = new_row;
    (*node)->value = old_row;
}

static pl_status memory_write(pl_store *s, const pl_store_write *writes, size_t n, pl_error *reterr)
{
    memory_store *m = (memory_store *)s;
    pl_skip_node **nodes = NULL;

    pl_status rc = pl__store_check_writes(writes, n, reterr);
    if (rc != PL_OK || n == 0)
        return rc;
    nodes = pl__calloc(n, sizeof(void *));
    if (!nodes)
        return pl__fail(reterr, PL_E_NOMEM, "memory store: %zu writes", n);
    (void)pthread_mutex_lock(&m->lock);
    rc = stage(m, writes, n, nodes, reterr);
    for (size_t i = 0; i < n && rc == PL_OK; i++) {
        if (nodes[i])
            apply(m, &nodes[i]);
    }
    (void)pthread_mutex_unlock(&m->lock);
    for (size_t i = 0; i < n; i++) {
        if (nodes[i])
            pl__free(nodes[i]->value);
        pl__free(nodes[i]);
    }
    pl__free(nodes);
    return rc;
}

static pl_status memory_call_get(pl_store *s, const pl_digest *key, bool with_body, pl_store_call *ret, bool *ret_found,
                                 pl_str *memory, pl_error *reterr)
{
    memory_store *m = (memory_store *)s;
    pl_status rc = PL_OK;

    (void)pthread_mutex_lock(&m->lock);
    const pl_skip_node *node = pl__skip_find(&m->tables[CALLS], key->bytes);
    if (node) {
        const row *found = node->value;
        rc = pl__store_call_into(&found->w.u.call, with_body, ret, memory, reterr);
    }
    (void)pthread_mutex_unlock(&m->lock);
    if (rc == PL_OK)
        *ret_found = node;
    return rc;
}

/* A scan: one row at a time is copied under the lock. */
typedef struct cursor {
    memory_store *m;
    table t;
    bool started;
    uint8_t key[PL_SKIP_KEY_BYTES_MAX]; /* of the last row; of the first possible one before that */
    pl_str memory;                      /* of the copy */
} cursor;

static void cursor_init(cursor *c, memory_store *m, table t)
{
    memset(c, 0, sizeof(*c));
    c->m = m;
    c->t = t;
    pl__str_init(&c->memory, PL_STR_LIMIT_DEFAULT);
}

/* The next row whose key starts with the same prefix_bytes, or NULL. Under the lock. */
static const pl_store_write *cursor_next(cursor *c, size_t prefix_bytes)
{
    const pl_skip_list *list = &c->m->tables[c->t];
    const pl_skip_node *node = c->started ? pl__skip_after(list, c->key) : pl__skip_from(list, c->key);

    if (!node || memcmp(node->key, c->key, prefix_bytes) != 0)
        return NULL;
    memcpy(c->key, node->key, list->key_bytes);
    c->started = true;
    pl__str_reset(&c->memory);
    return &((const row *)node->value)->w;
}

static pl_status unit_next(cursor *c, bool with_body, pl_digest *ret_task, pl_store_call *ret, bool *ret_more,
                           pl_error *reterr)
{
    pl_status rc = PL_OK;

    (void)pthread_mutex_lock(&c->m->lock);
    const pl_store_write *task = cursor_next(c, sizeof(ret_task->bytes));
    const pl_skip_node *call = task ? pl__skip_find(&c->m->tables[CALLS], task->u.task.call.bytes) : NULL;
    if (call) {
        const row *found = call->value;
        *ret_task = task->u.task.key;
        rc = pl__store_call_into(&found->w.u.call, with_body, ret, &c->memory, reterr);
    }
    *ret_more = call;
    (void)pthread_mutex_unlock(&c->m->lock);
    return rc;
}

static pl_status memory_unit_each(pl_store *s, const pl_digest *unit, bool with_body,
                                  pl_status (*fn)(const pl_digest *task, const pl_store_call *call, void *user,
                                                  pl_error *reterr),
                                  void *user, pl_error *reterr)
{
    pl_status rc = PL_OK;
    bool more = true;
    cursor c;

    cursor_init(&c, (memory_store *)s, TASKS);
    memcpy(c.key, unit->bytes, sizeof(unit->bytes));
    while (rc == PL_OK && more) {
        pl_digest task;
        pl_store_call call;
        rc = unit_next(&c, with_body, &task, &call, &more, reterr);
        if (rc == PL_OK && more)
            rc = fn(&task, &call, user, reterr);
    }
    pl__str_clear(&c.memory);
    return rc;
}

/* The next task and whether its call counts. */
static void counted_next(cursor *c, pl_outcome end, pl_digest *ret_unit, bool *ret_counts, bool *ret_more)
{
    (void)pthread_mutex_lock(&c->m->lock);
    const pl_store_write *task = cursor_next(c, 0);
    const pl_skip_node *call = task ? pl__skip_find(&c->m->tables[CALLS], task->u.task.call.bytes) : NULL;
    *ret_more = task;
    *ret_counts = call && ((const row *)call->value)->w.u.call.outcome < end;
    if (task)
        *ret_unit = task->u.task.unit;
    (void)pthread_mutex_unlock(&c->m->lock);
}

static pl_status memory_unit_counts(pl_store *s, pl_outcome end,
                                    pl_status (*fn)(const pl_digest *unit, uint64_t n_tasks, void *user,
                                                    pl_error *reterr),
                                    void *user, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_digest unit = {{0}};
    uint64_t n = 0;
    bool more = true;
    cursor c;

    cursor_init(&c, (memory_store *)s, TASKS);
    while (rc == PL_OK && more) { /* tasks of a unit stand together */
        pl_digest next = {{0}};
        bool counts = false;
        counted_next(&c, end, &next, &counts, &more);
        if (n > 0 && (!more || !pl__digest_eq(&unit, &next))) {
            rc = fn(&unit, n, user, reterr);
            n = 0;
        }
        unit = next;
        n += counts;
    }
    pl__str_clear(&c.memory);
    return rc;
}

static pl_status memory_call_each(pl_store *s, pl_status (*fn)(const pl_store_call *call, void *user, pl_error *reterr),
                                  void *user, pl_error *reterr)
{
    memory_store *m = (memory_store *)s;
    pl_status rc = PL_OK;
    bool more = true;
    cursor c;

    cursor_init(&c, m, CALLS);
    while (rc == PL_OK && more) {
        pl_store_call call;
        (void)pthread_mutex_lock(&m->lock);
        const pl_store_write *w = cursor_next(&c, 0);
        more = w;
        if (w)
            rc = pl__store_call_into(&w->u.call, false, &call, &c.memory, reterr);
        (void)pthread_mutex_unlock(&m->lock);
        if (rc == PL_OK && more)
            rc = fn(&call, user, reterr);
    }
    pl__str_clear(&c.memory);
    return rc;
}

/* The copy's block replaces *block; NULL behind the last. */
static pl_status item_next(cursor *c, row **block, pl_error *reterr)
{
    pl_status rc = PL_OK;

    pl__free(*block);
    *block = NULL;
    (void)pthread_mutex_lock(&c->m->lock);
    const pl_store_write *w = cursor_next(c, 8);
    if (w)
        *block = row_copy(w);
    if (w && !*block)
        rc = pl__fail(reterr, PL_E_NOMEM, "an item");
    (void)pthread_mutex_unlock(&c->m->lock);
    return rc;
}

static pl_status memory_item_each(pl_store *s, int64_t run_id,
                                  pl_status (*fn)(const pl_store_item *item, void *user, pl_error *reterr), void *user,
                                  pl_error *reterr)
{
    memory_store *m = (memory_store *)s;
    uint64_t items = UINT64_MAX;
    pl_status rc = PL_OK;
    row *block = NULL;
    cursor c;

    (void)pthread_mutex_lock(&m->lock);
    if (run_id > 0 && (uint64_t)run_id <= m->runs.len) {
        const pl_store_run *run = &m->runs.ptr[run_id - 1].run;
        items = pl__store_run_walked_all(run->state) ? run->n_items : UINT64_MAX;
    }
    (void)pthread_mutex_unlock(&m->lock);
    cursor_init(&c, m, ITEMS);
    item_key(run_id, 0, c.key);
    while (rc == PL_OK) {
        rc = item_next(&c, &block, reterr);
        if (rc != PL_OK || !block || block->w.u.item.position >= items)
            break;
        rc = fn(&block->w.u.item, user, reterr);
    }
    pl__free(block);
    pl__str_clear(&c.memory);
    return rc;
}

/* As item_next: the next batch that has not ended. */
static pl_status batch_next(cursor *c, row **block, pl_error *reterr)
{
    pl_status rc = PL_OK;

    pl__free(*block);
    *block = NULL;
    (void)pthread_mutex_lock(&c->m->lock);
    const pl_store_write *w = cursor_next(c, 0);
    while (w && w->u.batch.ended)
        w = cursor_next(c, 0);
    if (w)
        *block = row_copy(w);
    if (w && !*block)
        rc = pl__fail(reterr, PL_E_NOMEM, "a batch");
    (void)pthread_mutex_unlock(&c->m->lock);
    return rc;
}

static pl_status memory_batch_each(pl_store *s,
                                   pl_status (*fn)(const pl_batch_record *batch, void *user, pl_error *reterr),
                                   void *user, pl_error *reterr)
{
    pl_status rc = PL_OK;
    row *block = NULL;
    cursor c;

    cursor_init(&c, (memory_store *)s, BATCHES);
    while (rc == PL_OK) {
        rc = batch_next(&c, &block, reterr);
        if (rc != PL_OK || !block)
            break;
        rc = fn(&block->w.u.batch, user, reterr);
    }
    pl__free(block);
    pl__str_clear(&c.memory);
    return rc;
}

static pl_status run_set(run_row *r, const pl_store_run *run, pl_error *reterr)
{
    run_row copy = {.run = {.id = 0}};

    pl__str_init(&copy.strings, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__store_run_into(run, &copy.run, &copy.strings, reterr);
    if (rc != PL_OK)
        return rc;
    pl__str_clear(&r->strings);
    *r = copy;
    return PL_OK;
}

/* Under the lock. */
static pl_status begin_run(memory_store *m, const pl_store_run *run, int64_t *ret_id, pl_error *reterr)
{
    run_row *latest = m->runs.len > 0 ? &m->runs.ptr[m->runs.len - 1] : NULL;
    pl_status rc = PL_OK;

    if (latest && strcmp(latest->run.config, run->config) == 0 && strcmp(latest->run.prompts, run->prompts) == 0) {
        pl_store_run again = latest->run;
        again.version = run->version;
        again.state = PL_RUN_RUNNING;
        rc = run_set(latest, &again, reterr);
    } else {
        pl_store_run first = *run;
        rc = pl__vec_reserve(&m->runs.ptr, &m->runs.cap, m->runs.len + 1, sizeof(*m->runs.ptr));
        if (rc != PL_OK)
            return pl__fail(reterr, rc, "a run");
        first.id = (int64_t)m->runs.len + 1;
        first.state = PL_RUN_RUNNING;
        first.summary = NULL;
        memset(&m->runs.ptr[m->runs.len], 0, sizeof(*m->runs.ptr));
        rc = run_set(&m->runs.ptr[m->runs.len], &first, reterr);
        if (rc == PL_OK)
            m->runs.len++;
    }
    if (rc == PL_OK)
        *ret_id = (int64_t)m->runs.len;
    return rc;
}

static pl_status memory_run_begin(pl_store *s, const pl_store_run *run, int64_t *ret_id, pl_error *reterr)
{
    memory_store *m = (memory_store *)s;

    pl_status rc = pl__store_check_run(run, reterr);
    if (rc != PL_OK)
        return rc;
    (void)pthread_mutex_lock(&m->lock);
    rc = begin_run(m, run, ret_id, reterr);
    (void)pthread_mutex_unlock(&m->lock);
    return rc;
}

/* Under the lock; 0 is the latest. NULL if there is none. */
static run_row *find_run(memory_store *m, int64_t id)
{
    if (id == 0)
        id = (int64_t)m->runs.len;
    if (id <= 0 || (uint64_t)id > m->runs.len)
        return NULL;
    return &m->runs.ptr[id - 1];
}

static pl_status no_run(int64_t id, pl_error *reterr)
{
    if (id == 0)
        return pl__fail(reterr, PL_E_NOT_FOUND, "memory store: it has no run");
    return pl__fail(reterr, PL_E_NOT_FOUND, "memory store: no run %lld", (long long)id);
}

static pl_status memory_run_end(pl_store *s, int64_t id, pl_run_state state, uint64_t n_items, const char *summary,
                                pl_error *reterr)
{
    memory_store *m = (memory_store *)s;
    pl_status rc = PL_OK;

    (void)pthread_mutex_lock(&m->lock);
    run_row *r = id > 0 ? find_run(m, id) : NULL;
    if (r) {
        pl_store_run ended = r->run;
        ended.state = state;
        ended.n_items = n_items;
        ended.summary = summary;
        rc = run_set(r, &ended, reterr);
    } else {
        rc = pl__fail(reterr, PL_E_NOT_FOUND, "memory store: no run %lld", (long long)id);
    }
    (void)pthread_mutex_unlock(&m->lock);
    return rc;
}

static pl_status memory_run_get(pl_store *s, int64_t id, pl_store_run *ret, pl_str *memory, pl_error *reterr)
{
    memory_store *m = (memory_store *)s;

    (void)pthread_mutex_lock(&m->lock);
    const run_row *r = find_run(m, id);
    pl_status rc = r ? pl__store_run_into(&r->run, ret, memory, reterr) : no_run(id, reterr);
    (void)pthread_mutex_unlock(&m->lock);
    return rc;
}

static pl_status memory_file_get(pl_store *s, const char *path, uint64_t size_bytes, int64_t mtime_ns, pl_digest *ret,
                                 bool *ret_found, pl_error *reterr)
{
    memory_store *m = (memory_store *)s;
    uint8_t key[PL_SKIP_KEY_BYTES_MAX];

    (void)reterr;
    file_key(path, key);
    (void)pthread_mutex_lock(&m->lock);
    const pl_skip_node *node = pl__skip_find(&m->tables[FILES], key);
    const pl_store_file *file = node ? &((const row *)node->value)->w.u.file : NULL;
    bool same = file && file->size_bytes == size_bytes && file->mtime_ns == mtime_ns;
    if (same)
        *ret = file->digest;
    (void)pthread_mutex_unlock(&m->lock);
    *ret_found = same;
    return PL_OK;
}

static pl_status memory_abilities_get(pl_store *s, const pl_digest *endpoint, pl_str *ret, bool *ret_found,
                                      pl_error *reterr)
{
    memory_store *m = (memory_store *)s;
    pl_status rc = PL_OK;

    (void)pthread_mutex_lock(&m->lock);
    const pl_skip_node *node = pl__skip_find(&m->tables[ABILITIES], endpoint->bytes);
    if (node)
        rc = pl__str_append_c(ret, ((const row *)node->value)->w.u.abilities.json);
    (void)pthread_mutex_unlock(&m->lock);
    if (rc != PL_OK)
        return pl__fail(reterr, rc, "an endpoint's abilities");
    *ret_found = node != NULL;
    return PL_OK;
}

static void memory_close(pl_store *s)
{
    memory_store *m = (memory_store *)s;

    for (size_t t = 0; t < TABLES; t++)
        pl__skip_clear(&m->tables[t]);
    for (size_t i = 0; i < m->runs.len; i++)
        pl__str_clear(&m->runs.ptr[i].strings);
    pl__free(m->runs.ptr);
    (void)pthread_mutex_destroy(&m->lock);
    pl__free(m);
}

static const pl_store_ops memory_ops = {
    .name = "memory",
    .write = memory_write,
    .call_get = memory_call_get,
    .unit_each = memory_unit_each,
    .unit_counts = memory_unit_counts,
    .run_begin = memory_run_begin,
    .run_end = memory_run_end,
    .run_get = memory_run_get,
    .item_each = memory_item_each,
    .file_get = memory_file_get,
    .abilities_get = memory_abilities_get,
    .call_each = memory_call_each,
    .batch_each = memory_batch_each,
    .close = memory_close,
};

pl_status pl__store_open_memory(pl_store **ret, pl_error *reterr)
{
    memory_store *m = pl__calloc(1, sizeof(*m));

    if (!m || pthread_mutex_init(&m->lock, NULL) != 0) {
        pl__free(m);
        return pl__fail(reterr, PL_E_NOMEM, "memory store");
    }
    m->base.ops = &memory_ops;
    m->tables[CALLS].key_bytes = CALL_KEY_BYTES;
    m->tables[TASKS].key_bytes = TASK_KEY_BYTES;
    m->tables[ITEMS].key_bytes = ITEM_KEY_BYTES;
    m->tables[FILES].key_bytes = FILE_KEY_BYTES;
    m->tables[ABILITIES].key_bytes = ABILITIES_KEY_BYTES;
    m->tables[BATCHES].key_bytes = BATCH_KEY_BYTES;
    *ret = &m->base;
    return PL_OK;
}
