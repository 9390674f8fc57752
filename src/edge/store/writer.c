#include "alloc.h"
#include "error.h"
#include "store_rules.h"

#include <pthread.h>

/* Invariants
 * 1. The queue, `stopping` and `failure` are used under `lock` only; `flat` by the thread only.
 * 2. Every submission that was accepted gets exactly one `done`, in the order of submitting.
 * 3. `done` is called without the lock, so that it may submit.
 */
#define BATCH_SUBMISSIONS_MAX 2048
#define BATCH_WRITES_MAX 8192
/* Larger transactions would only make the log longer. */
#define BATCH_BYTES_MAX ((size_t)32 << 20)

/* One block: the struct, its writes, their strings and bodies. */
typedef struct submission submission;
struct submission {
    submission *next;
    uint64_t tag;
    size_t n;
    size_t extra_bytes;
    pl_store_write writes[];
};

struct pl_store_writer {
    pl_store *store;
    pl_store_done done;
    void *user;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool has_lock, has_wake, has_thread;
    submission *head, *tail;
    bool stopping;
    pl_error failure; /* code PL_OK: none yet */
    pl_store_write *flat;
};

static submission *submission_new(const pl_store_write *writes, size_t n, uint64_t tag)
{
    size_t extra = 0;

    for (size_t i = 0; i < n; i++)
        extra += pl__store_write_extra_bytes(&writes[i]);
    submission *s = pl__malloc(sizeof(*s) + n * sizeof(s->writes[0]) + extra);
    if (!s)
        return NULL;
    s->next = NULL;
    s->tag = tag;
    s->n = n;
    s->extra_bytes = extra;
    char *bytes = (char *)&s->writes[n];
    for (size_t i = 0; i < n; i++)
        bytes = pl__store_write_copy(&writes[i], &s->writes[i], bytes);
    return s;
}

/* Cuts the next batch off the queue: at least one submission, the rest stays. Under the lock. */
static submission *take_batch(pl_store_writer *w)
{
    submission *first = w->head;
    submission *last = first;
    size_t n = 1;
    size_t writes = first->n;
    size_t bytes = first->extra_bytes;

    while (last->next && n < BATCH_SUBMISSIONS_MAX && writes + last->next->n <= BATCH_WRITES_MAX &&
           bytes + last->next->extra_bytes <= BATCH_BYTES_MAX) {
        last = last->next;
        n++;
        writes += last->n;
        bytes += last->extra_bytes;
    }
    w->head = last->next;
    if (!w->head)
        w->tail = NULL;
    last->next = NULL;
    return first;
}

static pl_status commit(pl_store_writer *w, const submission *batch, pl_error *reterr)
{
    size_t n = 0;

    if (!batch->next) /* also the only way for more than BATCH_WRITES_MAX */
        return w->store->ops->write(w->store, batch->writes, batch->n, reterr);
    for (const submission *s = batch; s; s = s->next) {
        for (size_t i = 0; i < s->n; i++)
            w->flat[n++] = s->writes[i];
    }
    return w->store->ops->write(w->store, w->flat, n, reterr);
}

static void finish(pl_store_writer *w, submission *batch, pl_status rc, const pl_error *err)
{
    while (batch) {
        submission *next = batch->next;
        w->done(w->user, batch->tag, rc, rc == PL_OK ? NULL : err);
        pl__free(batch);
        batch = next;
    }
}

/* The first failure stays; all that is queued by now fails with it. */
static submission *give_up(pl_store_writer *w, const pl_error *err)
{
    (void)pthread_mutex_lock(&w->lock);
    w->failure = *err;
    submission *rest = w->head;
    w->head = NULL;
    w->tail = NULL;
    (void)pthread_mutex_unlock(&w->lock);
    return rest;
}

static void *work(void *user)
{
    pl_store_writer *w = user;

    for (;;) {
        pl_error err = {0};

        (void)pthread_mutex_lock(&w->lock);
        while (!w->head && !w->stopping)
            (void)pthread_cond_wait(&w->wake, &w->lock);
        submission *batch = w->head ? take_batch(w) : NULL;
        (void)pthread_mutex_unlock(&w->lock);
        if (!batch)
            return NULL; /* stopping, and nothing is left */
        pl_status rc = commit(w, batch, &err);
        submission *rest = NULL;
        if (rc != PL_OK) {
            if (err.code == PL_OK)
                (void)pl__fail(&err, rc, "%s", pl_status_text(rc));
            rest = give_up(w, &err);
        }
        finish(w, batch, rc, &err);
        finish(w, rest, rc, &err);
    }
}

pl_status pl__store_writer_new(pl_store *store, pl_store_done done, void *user, pl_store_writer **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;

    if (!store || !done || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl_store_writer *w = pl__calloc(1, sizeof(*w));
    if (!w)
        return pl__fail(reterr, PL_E_NOMEM, "the store's writer");
    w->store = store;
    w->done = done;
    w->user = user;
    w->flat = pl__calloc(BATCH_WRITES_MAX, sizeof(*w->flat)); /* up front: a commit needs no memory of ours */
    w->has_lock = pthread_mutex_init(&w->lock, NULL) == 0;
    w->has_wake = pthread_cond_init(&w->wake, NULL) == 0;
    w->has_thread = w->flat && w->has_lock && w->has_wake && pthread_create(&w->thread, NULL, work, w) == 0;
    if (!w->has_thread) {
        rc = pl__fail(reterr, PL_E_NOMEM, "the store's writer");
        goto out;
    }
    *ret = w;
    w = NULL;
out:
    pl__store_writer_free(w);
    return rc;
}

pl_status pl__store_writer_submit(pl_store_writer *w, const pl_store_write *writes, size_t n, uint64_t tag,
                                  pl_error *reterr)
{
    pl_status rc = pl__store_check_writes(writes, n, reterr);
    if (rc != PL_OK)
        return rc;
    submission *s = submission_new(writes, n, tag);
    if (!s)
        return pl__fail(reterr, PL_E_NOMEM, "a result to store");
    (void)pthread_mutex_lock(&w->lock);
    rc = w->failure.code;
    if (rc == PL_OK) {
        if (w->tail)
            w->tail->next = s;
        else
            w->head = s;
        w->tail = s;
        s = NULL;
        (void)pthread_cond_signal(&w->wake);
    } else if (reterr) {
        *reterr = w->failure;
    }
    (void)pthread_mutex_unlock(&w->lock);
    pl__free(s);
    return rc;
}

static void stop(pl_store_writer *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->stopping = true;
    (void)pthread_cond_signal(&w->wake);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
}

void pl__store_writer_free(pl_store_writer *w)
{
    if (!w)
        return;
    if (w->has_thread)
        stop(w);
    if (w->has_wake)
        (void)pthread_cond_destroy(&w->wake);
    if (w->has_lock)
        (void)pthread_mutex_destroy(&w->lock);
    pl__free(w->flat);
    pl__free(w);
}
