#ifndef PL_OUT_H
#define PL_OUT_H

#include "log.h"
#include "str.h"

/* The only place that prints. Results go to standard output, everything else to standard error. */

/* How a command ended: the exit codes of the program. */
#define PL_EXIT_OK 0
#define PL_EXIT_FAILED 1
#define PL_EXIT_USAGE 2
#define PL_EXIT_STOPPED 3
#define PL_EXIT_INTERRUPTED 130

/* Bad input is 2, what the world did is 1. */
int pl__exit_of(pl_status rc);
/* Writes a result; PL_EXIT_OK, or PL_EXIT_FAILED with a message when it could not be written whole. */
int pl__out_result(pl_view text);
/* A line for people. */
void pl__out_say(const char *fmt, ...) PL_PRINTF(1, 2);
/* "peerless: message"; returns the exit code of err->code. */
int pl__out_error(const pl_error *err);
/* "peerless: message", returns PL_EXIT_USAGE. */
int pl__out_usage(const char *fmt, ...) PL_PRINTF(1, 2);
void pl__out_log_sink(pl_log_level level, const char *message, void *user);
bool pl__out_is_terminal(void);  /* of standard error */
bool pl__out_wants_colour(void); /* a terminal, and NO_COLOR is not set */
/* Replaces the current line of a terminal; "" wipes it. */
void pl__out_status_line(const char *text);

#endif
