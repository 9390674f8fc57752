#ifndef STORED_CALLS_H
#define STORED_CALLS_H

#include <stddef.h>

/* Looks into a store's file from outside; fails the test if the file is damaged. 0 where there is no file yet. */
size_t stored_calls(const char *dir, const char *name);
/* Of these, those that ended in this outcome (its number). */
size_t stored_outcomes(const char *dir, const char *name, int outcome);
/* The summary of the newest run, of the last command that came to its end, as JSON; free it. NULL: none did. */
char *stored_summary(const char *dir, const char *name);

#endif
