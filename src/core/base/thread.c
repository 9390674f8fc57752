#include "thread.h"

#include "alloc.h"
#include "error.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS_MAX 256

typedef struct job {
    pl_status (*fn)(size_t index, void *user, pl_error *reterr);
    void *user;
    size_t n;
    atomic_size_t next;
    pthread_mutex_t lock; /* guards the three below */
    size_t failed_index;
    pl_status failed_status;
    pl_error failed_error;
} job;

static void run_index(job *j, size_t index)
{
    pl_error err = {0};
    pl_status rc = j->fn(index, j->user, &err);
    if (rc == PL_OK)
        return;
    if (err.code == PL_OK)
        (void)pl__fail(&err, rc, "%s", pl_status_text(rc));
    (void)pthread_mutex_lock(&j->lock);
    if (j->failed_status == PL_OK || index < j->failed_index) {
        j->failed_index = index;
        j->failed_status = rc;
        j->failed_error = err;
    }
    (void)pthread_mutex_unlock(&j->lock);
}

static void *work(void *user)
{
    job *j = user;
    for (;;) {
        size_t index = atomic_fetch_add(&j->next, 1);
        if (index >= j->n)
            return NULL;
        run_index(j, index);
    }
}

pl_status pl__parallel_for(size_t n, uint32_t threads, pl_status (*fn)(size_t index, void *user, pl_error *reterr),
                           void *user, pl_error *reterr)
{
    job j = {.fn = fn, .user = user, .n = n, .lock = PTHREAD_MUTEX_INITIALIZER, .failed_status = PL_OK};
    pthread_t others[THREADS_MAX - 1];
    size_t n_others = 0;

    atomic_init(&j.next, 0);
    if (threads > THREADS_MAX)
        threads = THREADS_MAX;
    if (threads > n)
        threads = (uint32_t)n;
    while (n_others + 1 < threads && pthread_create(&others[n_others], NULL, work, &j) == 0)
        n_others++;
    (void)work(&j);
    for (size_t i = 0; i < n_others; i++)
        (void)pthread_join(others[i], NULL);
    (void)pthread_mutex_destroy(&j.lock);
    if (j.failed_status != PL_OK && reterr)
        *reterr = j.failed_error;
    return j.failed_status;
}

struct pl_once {
    atomic_bool done;
    pthread_mutex_t lock; /* held while it is being done */
};

pl_once *pl__once_new(void)
{
    pl_once *once = pl__calloc(1, sizeof(*once));
    if (!once)
        return NULL;
    atomic_init(&once->done, false);
    if (pthread_mutex_init(&once->lock, NULL) == 0)
        return once;
    pl__free(once);
    return NULL;
}

void pl__once_run(pl_once *once, void (*fn)(void *user), void *user)
{
    if (atomic_load_explicit(&once->done, memory_order_acquire))
        return;
    (void)pthread_mutex_lock(&once->lock);
    if (!atomic_load_explicit(&once->done, memory_order_relaxed)) {
        fn(user);
        atomic_store_explicit(&once->done, true, memory_order_release);
    }
    (void)pthread_mutex_unlock(&once->lock);
}

void pl__once_free(pl_once *once)
{
    if (!once)
        return;
    (void)pthread_mutex_destroy(&once->lock);
    pl__free(once);
}
