#include "log.h"

#include "str.h"

#include <stdarg.h>
#include <stdio.h>

#define LOG_MESSAGE_BYTES 1024

void pl__log(const pl_log *log, pl_log_level level, const char *fmt, ...)
{
    if (!log || !log->sink || level < log->min_level)
        return;
    char message[LOG_MESSAGE_BYTES];
    va_list args;
    va_start(args, fmt);
    int written = vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    if (written < 0)
        return;
    pl__one_line(message);
    log->sink(level, message, log->user);
}
