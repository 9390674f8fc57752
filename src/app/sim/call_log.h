#ifndef PL_SIM_CALL_LOG_H
#define PL_SIM_CALL_LOG_H

#include <peerless/status.h>

/* How often each call came: the same bytes to the same path are attempts at one call. Used by several threads. When it
 * is full it begins anew, so a call that is tried over a very long time may be taken for a new one. */
typedef struct pl_sim_call_log pl_sim_call_log;
#define PL_SIM_CALLS_MAX 1000000u

pl_sim_call_log *pl__sim_call_log_new(void); /* NULL on refusal */
void pl__sim_call_log_free(pl_sim_call_log *log);
/* One more attempt at the call; *ret_attempt counts from 1. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__sim_call_log_note(pl_sim_call_log *log, uint64_t call_key, int64_t now_unix_ms,
                                             uint32_t *ret_attempt);
/* The client was told not to come with this call before that time. */
void pl__sim_call_log_hold(pl_sim_call_log *log, uint64_t call_key, int64_t until_unix_ms);

typedef struct pl_sim_call_counts {
    uint64_t calls;        /* different ones */
    uint64_t attempts;     /* at them */
    uint32_t attempts_max; /* at one of them */
    uint64_t early;        /* attempts that came although the client was told to wait longer */
} pl_sim_call_counts;
pl_sim_call_counts pl__sim_call_log_counts(pl_sim_call_log *log);

#endif
