#ifndef PL_LOG_H
#define PL_LOG_H

#include <peerless/status.h>

typedef enum pl_log_level { PL_LOG_DEBUG = 0, PL_LOG_INFO = 1, PL_LOG_WARN = 2, PL_LOG_ERROR = 3 } pl_log_level;

/* Where messages go: the caller's function. The library itself never prints. `sink` may be called from any thread
 * of a run. A NULL pl_log* is silent. */
typedef struct pl_log {
    void (*sink)(pl_log_level level, const char *message, void *user);
    void *user;
    pl_log_level min_level;
} pl_log;

void pl__log(const pl_log *log, pl_log_level level, const char *fmt, ...) PL_PRINTF(3, 4);

#endif
