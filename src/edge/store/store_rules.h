#ifndef PL_STORE_RULES_H
#define PL_STORE_RULES_H

#include "store.h"

/* The rules that every implementation keeps, and copying. */

/* May `next` take the place of a stored call that ended as `stored`? */
bool pl__store_replaces(pl_outcome stored, pl_outcome next);
/* PL_E_INVALID, PL_E_LIMIT (a body), PL_E_RANGE (a position): mistakes that are refused before anything is written. */
PL_NODISCARD pl_status pl__store_check_writes(const pl_store_write *writes, size_t n, pl_error *reterr);
PL_NODISCARD pl_status pl__store_check_run(const pl_store_run *run, pl_error *reterr);
/* A finished run walked all its items: whatever lies behind them is left from an earlier, longer attempt. */
bool pl__store_run_walked_all(pl_run_state state);

/* Bytes that a write's strings and body need, and their copy: *ret is *src with its pointers into `bytes`. */
size_t pl__store_write_extra_bytes(const pl_store_write *src);
char *pl__store_write_copy(const pl_store_write *src, pl_store_write *ret, char *bytes); /* the byte after the last */
/* Strings (and, with_body, the body) appended to memory, *ret points there. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__store_call_into(const pl_store_call *call, bool with_body, pl_store_call *ret,
                                           pl_str *memory, pl_error *reterr);
PL_NODISCARD pl_status pl__store_run_into(const pl_store_run *run, pl_store_run *ret, pl_str *memory, pl_error *reterr);

#endif
