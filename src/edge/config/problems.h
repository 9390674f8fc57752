#ifndef PL_PROBLEMS_H
#define PL_PROBLEMS_H

#include "config.h"

#define PL_PROBLEM_BYTES 448

/* What is wrong with a config, in fixed room: recording a problem cannot fail. Problems beyond the maximum are dropped.
 */
typedef struct pl_problem {
    uint32_t line; /* from 1 */
    char text[PL_PROBLEM_BYTES];
} pl_problem;

typedef struct pl_problems {
    pl_problem items[PL_CONFIG_ERRORS_MAX];
    size_t n;
} pl_problems;

bool pl__problems_full(const pl_problems *problems);
/* `where` is the path of keys ("models[2].params"); empty: the file as a whole. */
void pl__problems_add(pl_problems *problems, uint32_t line, const char *where, const char *fmt, ...) PL_PRINTF(4, 5);
/* Sorts by line and writes "file:line: where: what" lines to out (may be NULL); reterr gets the first. PL_E_PARSE, or
 * PL_E_NOMEM. At least one problem. */
pl_status pl__problems_report(pl_problems *problems, const char *file, pl_str *out, pl_error *reterr);

/* The nearest of n names to a misspelt one (insertions, deletions, replacements, swaps), or NULL if none is near. */
const char *pl__nearest_name(const char *name, const char *const *names, size_t n);

#endif
