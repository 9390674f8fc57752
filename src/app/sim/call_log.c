#include "call_log.h"

#include "alloc.h"
#include "map.h"
#include "vec.h"

#include <pthread.h>

#define EARLY_SLACK_MS 5 /* clocks and roundings of clients */

typedef struct call {
    uint32_t attempts;
    int64_t until_unix_ms;
} call;

struct pl_sim_call_log {
    pthread_mutex_t lock; /* guards all below */
    pl_map *index;        /* from keys to places in calls */
    PL_VEC(call) calls;
    pl_sim_call_counts counts;
};

pl_sim_call_log *pl__sim_call_log_new(void)
{
    pl_sim_call_log *log = pl__calloc(1, sizeof(*log));
    if (!log)
        return NULL;
    log->index = pl__map_new();
    if (!log->index || pthread_mutex_init(&log->lock, NULL) != 0) {
        pl__map_free(log->index);
        pl__free(log);
        return NULL;
    }
    return log;
}

void pl__sim_call_log_free(pl_sim_call_log *log)
{
    if (!log)
        return;
    (void)pthread_mutex_destroy(&log->lock);
    pl__map_free(log->index);
    pl__free(log->calls.ptr);
    pl__free(log);
}

static call *find(pl_sim_call_log *log, uint64_t key)
{
    uintptr_t at = 0;
    return pl__map_get(log->index, &key, sizeof(key), &at) ? &log->calls.ptr[at] : NULL;
}

static pl_status begin_anew(pl_sim_call_log *log)
{
    pl_map *index = pl__map_new();
    if (!index)
        return PL_E_NOMEM;
    pl__map_free(log->index);
    log->index = index;
    log->calls.len = 0;
    return PL_OK;
}

static pl_status add(pl_sim_call_log *log, uint64_t key, call **ret)
{
    pl_status rc = log->calls.len < PL_SIM_CALLS_MAX ? PL_OK : begin_anew(log);
    if (!rc)
        rc = pl__vec_reserve(&log->calls.ptr, &log->calls.cap, log->calls.len + 1, sizeof(*log->calls.ptr));
    if (!rc)
        rc = pl__map_put(log->index, &key, sizeof(key), log->calls.len);
    if (rc)
        return rc;
    *ret = &log->calls.ptr[log->calls.len++];
    **ret = (call){0};
    log->counts.calls++;
    return PL_OK;
}

pl_status pl__sim_call_log_note(pl_sim_call_log *log, uint64_t call_key, int64_t now_unix_ms, uint32_t *ret_attempt)
{
    (void)pthread_mutex_lock(&log->lock);
    call *c = find(log, call_key);
    pl_status rc = c ? PL_OK : add(log, call_key, &c);
    if (!rc) {
        c->attempts++;
        log->counts.attempts++;
        if (c->attempts > log->counts.attempts_max)
            log->counts.attempts_max = c->attempts;
        if (now_unix_ms + EARLY_SLACK_MS < c->until_unix_ms)
            log->counts.early++;
        c->until_unix_ms = 0;
        *ret_attempt = c->attempts;
    }
    (void)pthread_mutex_unlock(&log->lock);
    return rc;
}

void pl__sim_call_log_hold(pl_sim_call_log *log, uint64_t call_key, int64_t until_unix_ms)
{
    (void)pthread_mutex_lock(&log->lock);
    call *c = find(log, call_key);
    if (c)
        c->until_unix_ms = until_unix_ms;
    (void)pthread_mutex_unlock(&log->lock);
}

pl_sim_call_counts pl__sim_call_log_counts(pl_sim_call_log *log)
{
    (void)pthread_mutex_lock(&log->lock);
    pl_sim_call_counts counts = log->counts;
    (void)pthread_mutex_unlock(&log->lock);
    return counts;
}
