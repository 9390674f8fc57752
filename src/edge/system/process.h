#ifndef PL_PROCESS_H
#define PL_PROCESS_H

#include "str.h"

#define PL_PROCESS_WORDS_MAX 64u

/* Runs a program (argv NULL-terminated, argv[0] found in PATH; no shell, nothing on its standard input) and collects
 * what it prints. PL_E_NOT_FOUND (no such program), PL_E_LIMIT (more than output's limit), PL_E_CANCELLED (not done
 * within timeout_ms: killed), PL_E_INVALID (it ended with another code than 0; detail has it, or
 * minus the signal), PL_E_IO, PL_E_NOMEM. `errors` gets the end of its standard error in any case. Both must be
 * initialised. */
PL_NODISCARD pl_status pl__process_output(const char *const *argv, uint32_t timeout_ms, pl_str *output, pl_str *errors,
                                          pl_error *reterr);

/* From now on this process leaves no core file, and no other process of the user may read its memory or environment
 * (unless it traces it already): called before the first key is in memory. False where the system has no such thing. */
bool pl__process_hide_memory(void);

#endif
