#include "out.h"

#include "file.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int pl__exit_of(pl_status rc)
{
    switch (rc) {
    case PL_OK:
        return PL_EXIT_OK;
    case PL_E_INVALID:
    case PL_E_RANGE:
    case PL_E_PARSE:
    case PL_E_LIMIT:
    case PL_E_NOT_FOUND:
    case PL_E_CONFLICT:
    case PL_E_VERSION:
    case PL_E_UNSUPPORTED:
        return PL_EXIT_USAGE;
    case PL_E_CANCELLED:
        return PL_EXIT_INTERRUPTED;
    case PL_E_NOMEM:
    case PL_E_IO:
    case PL_E_BUSY:
    case PL_E_FULL:
    case PL_E_NET:
        break;
    }
    return PL_EXIT_FAILED;
}

int pl__out_result(pl_view text)
{
    if (fwrite(text.ptr, 1, text.len, stdout) == text.len && fflush(stdout) == 0)
        return PL_EXIT_OK;
    if (errno != EPIPE) {
        char why[128];

        pl__errno_text(errno, why, sizeof(why));
        (void)fprintf(stderr, "peerless: the result could not be written: %s\n", why);
    }
    return PL_EXIT_FAILED;
}

void pl__out_say(const char *fmt, ...)
{
    va_list args;

    pl__out_status_line("");
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fputc('\n', stderr);
}

int pl__out_error(const pl_error *err)
{
    const char *lead = err->code == PL_E_NOMEM ? "not enough memory: " : "";

    pl__out_say("peerless: %s%s", lead, err->msg[0] ? err->msg : pl_status_text(err->code));
    return pl__exit_of(err->code);
}

int pl__out_usage(const char *fmt, ...)
{
    va_list args;

    pl__out_status_line("");
    (void)fputs("peerless: ", stderr);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fputc('\n', stderr);
    return PL_EXIT_USAGE;
}

void pl__out_log_sink(pl_log_level level, const char *message, void *user)
{
    (void)user;
    pl__out_say("%s%s", level >= PL_LOG_WARN ? "warning: " : "", message);
}

bool pl__out_is_terminal(void)
{
    return isatty(STDERR_FILENO) == 1;
}

bool pl__out_wants_colour(void)
{
    const char *no_color = getenv("NO_COLOR");

    return pl__out_is_terminal() && !(no_color && no_color[0]);
}

void pl__out_status_line(const char *text)
{
    static bool shown; /* is a status line standing on the terminal? */

    if (!pl__out_is_terminal() || (!shown && !text[0]))
        return;
    (void)fprintf(stderr, "\r\033[K%s", text);
    (void)fflush(stderr);
    shown = text[0] != '\0';
}
