#include "error.h"

#include "str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifdef PL_FAULTS
#include <signal.h>
#endif

const char *pl_status_text(pl_status status)
{
    switch (status) {
    case PL_OK:
        return "ok";
    case PL_E_INVALID:
        return "invalid argument";
    case PL_E_RANGE:
        return "out of range";
    case PL_E_NOMEM:
        return "no memory";
    case PL_E_PARSE:
        return "malformed input";
    case PL_E_LIMIT:
        return "limit passed";
    case PL_E_IO:
        return "input/output error";
    case PL_E_NOT_FOUND:
        return "not found";
    case PL_E_CONFLICT:
        return "conflict";
    case PL_E_BUSY:
        return "busy";
    case PL_E_VERSION:
        return "newer version";
    case PL_E_FULL:
        return "no space left";
    case PL_E_NET:
        return "network error";
    case PL_E_CANCELLED:
        return "cancelled";
    case PL_E_UNSUPPORTED:
        return "not supported";
    }
    return "unknown status";
}

/* Formats aside first: an argument may point into the message that is being replaced. */
static void fill(pl_error *err, pl_status code, int32_t detail, const char *fmt, va_list args) PL_PRINTF(4, 0);
static void fill(pl_error *err, pl_status code, int32_t detail, const char *fmt, va_list args)
{
    char msg[PL_ERROR_MSG_BYTES];
    if (vsnprintf(msg, sizeof(msg), fmt, args) < 0)
        msg[0] = '\0';
    pl__one_line(msg);
    memset(err, 0, sizeof(*err));
    err->code = code;
    err->detail = detail;
    memcpy(err->msg, msg, strlen(msg) + 1);
}

pl_status pl__fail(pl_error *reterr, pl_status code, const char *fmt, ...)
{
    if (reterr) {
        va_list args;
        va_start(args, fmt);
        fill(reterr, code, 0, fmt, args);
        va_end(args);
    }
    return code;
}

pl_status pl__fail_detail(pl_error *reterr, pl_status code, int32_t detail, const char *fmt, ...)
{
    if (reterr) {
        va_list args;
        va_start(args, fmt);
        fill(reterr, code, detail, fmt, args);
        va_end(args);
    }
    return code;
}

void pl__error_prefix(pl_error *reterr, const char *fmt, ...)
{
    if (!reterr)
        return;
    char msg[PL_ERROR_MSG_BYTES];
    va_list args;
    va_start(args, fmt);
    int written = vsnprintf(msg, sizeof(msg), fmt, args);
    va_end(args);
    if (written < 0)
        return;
    const char *const parts[] = {": ", reterr->msg};
    size_t used = strlen(msg);
    for (size_t i = 0; i < 2; i++) {
        size_t room = sizeof(msg) - 1 - used;
        size_t n = strlen(parts[i]);
        if (n > room)
            n = room;
        memcpy(msg + used, parts[i], n);
        used += n;
    }
    msg[used] = '\0';
    pl__one_line(msg);
    memcpy(reterr->msg, msg, strlen(msg) + 1);
}

#ifdef PL_FAULTS
void pl__assert_failed(const char *expression, const char *file, int line)
{
    char text[PL_ERROR_MSG_BYTES];
    (void)snprintf(text, sizeof(text), "%s:%d: invariant broken: %s\n", file, line, expression);
    (void)fputs(text, stderr);
    (void)raise(SIGABRT);
}
#endif
