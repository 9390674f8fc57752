/* Fitted images. An entry is LOADING (in the workers' queue or being fitted), then READY or FAILED. Ready entries stand
 * in a list from the longest unused to the newest; requests hold references to the bytes, so an entry may go at any
 * time. */
#include "alloc.h"
#include "error.h"
#include "run_internal.h"
#include <pthread.h>
#include <string.h>

struct pl_image_pool {
    pl_inbox *inbox;
    pl_map *by_key;
    /* Run's thread only. */
    pl_image_entry *oldest;
    pl_image_entry *newest;
    size_t ready_bytes;
    /* Under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t work;
    pl_image_entry *queue_head;
    pl_image_entry *queue_tail;
    bool ending;
    bool has_sync;
    pthread_t threads[PL_IMAGE_THREADS];
    size_t n_threads;
};

static void *worker(void *user)
{
    pl_image_pool *pool = user;

    for (;;) {
        pl_image_entry *e = NULL;

        pthread_mutex_lock(&pool->lock);
        while (!pool->queue_head && !pool->ending)
            pthread_cond_wait(&pool->work, &pool->lock);
        if (pool->ending) {
            pthread_mutex_unlock(&pool->lock);
            return NULL;
        }
        e = pool->queue_head;
        pool->queue_head = e->next;
        if (!pool->queue_head)
            pool->queue_tail = NULL;
        pthread_mutex_unlock(&pool->lock);
        e->next = NULL;
        e->msg.rc = pl__image_fit(e->path, &e->policy, &e->image, &e->msg.err);
        pl__inbox_put_image(pool->inbox, &e->msg);
    }
}

static void free_entry(pl_image_entry *e)
{
    pl__fitted_image_clear(&e->image);
    pl__free(e->path);
    pl__free(e);
}

static void free_entry_of_map(const void *key, size_t key_bytes, uintptr_t value, void *user)
{
    (void)key;
    (void)key_bytes;
    (void)user;
    free_entry((pl_image_entry *)value);
}

pl_status pl__image_pool_new(pl_inbox *inbox, pl_image_pool **ret, pl_error *reterr)
{
    pl_image_pool *pool = pl__calloc(1, sizeof(*pool));

    if (!pool)
        return pl__fail(reterr, PL_E_NOMEM, "image pool");
    pool->inbox = inbox;
    pool->by_key = pl__map_new();
    if (!pool->by_key) {
        pl__image_pool_free(pool);
        return pl__fail(reterr, PL_E_NOMEM, "image pool");
    }
    if (pthread_mutex_init(&pool->lock, NULL) != 0 || pthread_cond_init(&pool->work, NULL) != 0) {
        pl__image_pool_free(pool);
        return pl__fail(reterr, PL_E_NOMEM, "image pool");
    }
    pool->has_sync = true;
    while (pool->n_threads < PL_IMAGE_THREADS &&
           pthread_create(&pool->threads[pool->n_threads], NULL, worker, pool) == 0)
        pool->n_threads++;
    if (pool->n_threads == 0) {
        pl__image_pool_free(pool);
        return pl__fail(reterr, PL_E_NOMEM, "no thread for images could be started");
    }
    *ret = pool;
    return PL_OK;
}

void pl__image_pool_free(pl_image_pool *pool)
{
    if (!pool)
        return;
    if (pool->has_sync) {
        pthread_mutex_lock(&pool->lock);
        pool->ending = true;
        pthread_cond_broadcast(&pool->work);
        pthread_mutex_unlock(&pool->lock);
        for (size_t i = 0; i < pool->n_threads; i++)
            pthread_join(pool->threads[i], NULL);
        pthread_cond_destroy(&pool->work);
        pthread_mutex_destroy(&pool->lock);
    }
    if (pool->by_key)
        pl__map_each(pool->by_key, free_entry_of_map, NULL);
    pl__map_free(pool->by_key);
    pl__free(pool);
}

static void make_key(const pl_digest *digest, const pl_image_policy *policy, uint8_t ret[48])
{
    const uint32_t fields[4] = {policy->max_side_px, (uint32_t)policy->format, policy->quality, 0};

    memcpy(ret, digest->bytes, 32);
    memcpy(ret + 32, fields, 16);
}

static void unlink_ready(pl_image_pool *pool, pl_image_entry *e)
{
    if (e->prev)
        e->prev->next = e->next;
    else
        pool->oldest = e->next;
    if (e->next)
        e->next->prev = e->prev;
    else
        pool->newest = e->prev;
    e->prev = NULL;
    e->next = NULL;
}

static void link_newest(pl_image_pool *pool, pl_image_entry *e)
{
    e->prev = pool->newest;
    e->next = NULL;
    if (pool->newest)
        pool->newest->next = e;
    else
        pool->oldest = e;
    pool->newest = e;
}

pl_status pl__image_pool_get(pl_image_pool *pool, const char *path, const pl_digest *digest,
                             const pl_image_policy *policy, pl_image_entry **ret, pl_error *reterr)
{
    uint8_t key[48];
    uintptr_t found = 0;
    pl_image_entry *e = NULL;

    make_key(digest, policy, key);
    if (pl__map_get(pool->by_key, key, sizeof(key), &found)) {
        e = (pl_image_entry *)found;
        if (e->state == PL_IMAGE_READY) {
            unlink_ready(pool, e);
            link_newest(pool, e);
        }
        *ret = e;
        return PL_OK;
    }
    e = pl__calloc(1, sizeof(*e));
    if (!e)
        return pl__fail(reterr, PL_E_NOMEM, "image %s", path);
    memcpy(e->key, key, sizeof(key));
    e->msg.owner = e;
    e->policy = *policy;
    e->path = pl__strdup(path);
    if (!e->path || pl__map_put(pool->by_key, key, sizeof(key), (uintptr_t)e) != PL_OK) {
        free_entry(e);
        return pl__fail(reterr, PL_E_NOMEM, "image %s", path);
    }
    pthread_mutex_lock(&pool->lock);
    if (pool->queue_tail)
        pool->queue_tail->next = e;
    else
        pool->queue_head = e;
    pool->queue_tail = e;
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    *ret = e;
    return PL_OK;
}

void pl__image_pool_loaded(pl_image_pool *pool, pl_image_entry *e)
{
    if (e->msg.rc != PL_OK) {
        e->state = PL_IMAGE_FAILED;
        link_newest(pool, e);
        return;
    }
    e->state = PL_IMAGE_READY;
    pool->ready_bytes += pl__blob_view(e->image.base64).len;
    link_newest(pool, e);
}

static void forget(pl_image_pool *pool, pl_image_entry *e)
{
    unlink_ready(pool, e);
    pool->ready_bytes -= pl__blob_view(e->image.base64).len;
    (void)pl__map_remove(pool->by_key, e->key, sizeof(e->key), NULL);
    free_entry(e);
}

void pl__image_pool_trim(pl_image_pool *pool)
{
    pl_image_entry *e = pool->oldest;

    while (e) {
        pl_image_entry *next = e->next;

        if (!e->waiters && (e->state == PL_IMAGE_FAILED || pool->ready_bytes > PL_IMAGE_CACHE_BYTES_MAX))
            forget(pool, e);
        e = next;
    }
}
