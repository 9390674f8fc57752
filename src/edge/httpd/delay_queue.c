#include "delay_queue.h"

#include "alloc.h"
#include "error.h"

#include <pthread.h>
#include <time.h>

#define NS_PER_S 1000000000u
#define NS_PER_MS 1000000u

typedef struct waiting {
    uint64_t due_mono_ns;
    void *thing;
} waiting;

struct pl_delay_queue {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    pthread_t thread;
    bool running; /* thread is there to be joined */
    bool closed;
    void (*fire)(void *thing);
    waiting *heap; /* the next due on top */
    size_t n;
    size_t n_max;
};

static uint64_t now_mono_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void swap(waiting *a, waiting *b)
{
    waiting keep = *a;
    *a = *b;
    *b = keep;
}

static void sift_up(waiting *heap, size_t at)
{
    while (at > 0 && heap[at].due_mono_ns < heap[(at - 1) / 2].due_mono_ns) {
        swap(&heap[at], &heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static void sift_down(waiting *heap, size_t n)
{
    size_t at = 0;
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < n; child++) {
            if (heap[child].due_mono_ns < heap[least].due_mono_ns)
                least = child;
        }
        if (least == at)
            return;
        swap(&heap[at], &heap[least]);
        at = least;
    }
}

static void fire_first(pl_delay_queue *queue)
{
    void *thing = queue->heap[0].thing;
    queue->heap[0] = queue->heap[--queue->n];
    sift_down(queue->heap, queue->n);
    queue->fire(thing);
}

static void *serve(void *user)
{
    pl_delay_queue *queue = user;

    (void)pthread_mutex_lock(&queue->lock);
    for (;;) {
        while (queue->n > 0 && (queue->closed || queue->heap[0].due_mono_ns <= now_mono_ns()))
            fire_first(queue);
        if (queue->closed)
            break;
        if (queue->n == 0) {
            (void)pthread_cond_wait(&queue->changed, &queue->lock);
            continue;
        }
        uint64_t due = queue->heap[0].due_mono_ns;
        struct timespec at = {.tv_sec = (time_t)(due / NS_PER_S), .tv_nsec = (long)(due % NS_PER_S)};
        (void)pthread_cond_timedwait(&queue->changed, &queue->lock, &at);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return NULL;
}

static int init_sync(pl_delay_queue *queue)
{
    pthread_condattr_t attributes;
    int code = pthread_condattr_init(&attributes);
    if (code != 0)
        return code;
    code = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (code == 0)
        code = pthread_cond_init(&queue->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (code != 0)
        return code;
    code = pthread_mutex_init(&queue->lock, NULL);
    if (code != 0)
        (void)pthread_cond_destroy(&queue->changed);
    return code;
}

pl_status pl__delay_queue_new(size_t n_max, void (*fire)(void *thing), pl_delay_queue **ret, pl_error *reterr)
{
    pl_delay_queue *queue = pl__calloc(1, sizeof(*queue));
    if (!queue)
        return pl__fail(reterr, PL_E_NOMEM, "delay queue");
    queue->heap = pl__calloc(n_max, sizeof(*queue->heap));
    if (!queue->heap || init_sync(queue) != 0) {
        pl__free(queue->heap);
        pl__free(queue);
        return pl__fail(reterr, PL_E_NOMEM, "delay queue of %zu", n_max);
    }
    queue->fire = fire;
    queue->n_max = n_max;
    queue->running = pthread_create(&queue->thread, NULL, serve, queue) == 0;
    if (!queue->running) {
        pl__delay_queue_free(queue);
        return pl__fail(reterr, PL_E_BUSY, "no further thread can be started");
    }
    *ret = queue;
    return PL_OK;
}

bool pl__delay_queue_add(pl_delay_queue *queue, uint32_t delay_ms, void (*begin)(void *thing), void *thing)
{
    bool taken = false;

    (void)pthread_mutex_lock(&queue->lock);
    if (!queue->closed && queue->n < queue->n_max) {
        begin(thing);
        queue->heap[queue->n] =
            (waiting){.due_mono_ns = now_mono_ns() + (uint64_t)delay_ms * NS_PER_MS, .thing = thing};
        sift_up(queue->heap, queue->n);
        queue->n++;
        taken = true;
        (void)pthread_cond_signal(&queue->changed);
    }
    (void)pthread_mutex_unlock(&queue->lock);
    return taken;
}

void pl__delay_queue_close(pl_delay_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    (void)pthread_cond_signal(&queue->changed);
    (void)pthread_mutex_unlock(&queue->lock);
    if (queue->running)
        (void)pthread_join(queue->thread, NULL);
    queue->running = false;
}

void pl__delay_queue_free(pl_delay_queue *queue)
{
    if (!queue)
        return;
    pl__delay_queue_close(queue);
    (void)pthread_cond_destroy(&queue->changed);
    (void)pthread_mutex_destroy(&queue->lock);
    pl__free(queue->heap);
    pl__free(queue);
}
